"""Retention against a plain loop over every customer, at every period's beginning and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cs_metrics import stocks
from cs_metrics.aggregate import DATE, PERIOD
from cs_metrics.entities import INSTANT, TEXT
from cs_metrics.periods import Calendar, Grain
from cs_metrics.question import Window
from cs_metrics.report import drill_down
from cs_metrics.retention import over_a_year, turnover_figures, who
from tests.asking import ask, figure, figures, seeds, shipped, write

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
AS_OF = datetime(2024, 7, 3, 15, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Told = dict[tuple[Any, ...], tuple[float, int]]


@dataclass(frozen=True)
class Relation:
    """One stretch of one customer under one plan; without an end it goes on."""

    customer: str
    began: datetime
    ended: datetime | None
    plan: str | None

    def covers(self, at: datetime) -> bool:
        """Whether it is there at a midnight, which belongs to what comes after it; what is yet to come is not known."""
        has_ended = self.ended is not None and self.ended <= AS_OF and self.ended < at
        return self.began <= AS_OF and self.began < at and not has_ended and self.began != self.ended


def random_relations(random: Random, zone: str) -> list[Relation]:
    """Customers who join, leave, come back and change plans, often at the very midnights between periods."""
    found = []
    for customer in range(random.randint(1, 12)):
        at = BEGIN - random.randint(0, 120) * DAY
        for _ in range(random.randint(1, 4)):
            began = at + random.choice([0, 0, 1, 6, 30, 31, 60]) * DAY + random.choice([0, 0, 5, 23]) * HOUR
            ended = began + random.choice([0, 1, 10, 31, 45, 90]) * DAY + random.choice([0, 0, 7]) * HOUR
            edge = midnight(date(2024, random.randint(1, 6), 1), zone)
            began, ended = random.choice([(began, ended), (began, ended), (edge, edge + 20 * DAY), (edge - DAY, edge)])
            is_last = random.random() < 0.3
            last = random.choice([None, AS_OF + 50 * DAY, AS_OF])  # planned to end, and ended as the export was made
            found.append(
                Relation(f"c{customer}", began, last if is_last else ended, random.choice(["a", "b", "b", None]))
            )
            at = ended + random.choice([-20, 0, 0, 1, 40]) * DAY  # overlapping, on the spot, later
    return found


def midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def by_loop(relations: Sequence[Relation], edges: Sequence[date], zone: str, by_plan: bool, lost: bool) -> Told:
    """(share, customers at the start) by place and plan: who was there under it, and who is still there at all."""
    told: Told = {}
    for place, (start, end) in enumerate(pairwise(edges)):
        begins, ends = midnight(start, zone), midnight(end, zone)
        for plan in {each.plan for each in relations} if by_plan else {None}:
            own = [each for each in relations if not by_plan or each.plan == plan]
            at_start = {each.customer for each in own if each.covers(begins)}
            at_end = {each.customer for each in relations if each.covers(ends)}
            if at_start:
                kept = len(at_start & at_end)
                share = (len(at_start) - kept if lost else kept) / len(at_start)
                told[(place, plan) if by_plan else (place,)] = (pytest.approx(share), len(at_start))
    return told


def by_engine(
    relations: Sequence[Relation], metric: str, by: Sequence[str], grain: Grain, starts: Sequence[date],
    window: Window, calendar: Calendar,
) -> Told:  # fmt: skip
    asked = shipped().metrics[metric]
    columns: Mapping[str, pl.DataType] = {
        "source": TEXT, "customer_id": TEXT, "started_at": INSTANT, "ended_at": INSTANT, "plan": TEXT,
    }  # fmt: skip
    rows = pl.DataFrame([("s", r.customer, r.began, r.ended, r.plan) for r in relations], columns, orient="row")
    dated = rows.lazy().with_columns(pl.col("started_at").alias(DATE), pl.lit(True).alias("is_dated"))
    there = stocks.held(dated, asked, [*who(asked), *by], window, pl.lit(AS_OF), calendar.zone)
    found = turnover_figures(asked, there, by, starts, grain, calendar, window)
    places = {start: place for place, start in enumerate(starts)} | {None: 0}
    assert found[f"{metric} n"].equals(found[f"{metric} of"], check_names=False)
    columns_read = found.select(PERIOD, *by, f"{metric} value", f"{metric} n")
    return {(places[period], *names): (value, n) for period, *names, value, n in columns_read.iter_rows()}


@pytest.mark.parametrize("seed", seeds(150, quick=25))
def test_retention_is_what_a_loop_over_the_customers_says(seed: int) -> None:
    random = Random(seed)
    calendar = Calendar(random.choice(["UTC", "Europe/Berlin", "America/New_York"]))
    relations = random_relations(random, calendar.zone)
    grain: Grain = random.choice(["week", "month", "month", "quarter"])
    starts = calendar.starts(date(2023, 10, 1), date(2024, 7, 3), grain)
    edges = [*starts, calendar.next_start(starts[-1], grain)]
    for metric, lost in (("customer_retention_rate", False), ("churn_rate", True)):
        for by in ((), ("plan",)):
            found = by_engine(relations, metric, by, grain, starts, Window(), calendar)
            assert found == by_loop(relations, edges, calendar.zone, bool(by), lost)


@pytest.mark.parametrize("seed", seeds(60, quick=15))
def test_from_one_day_to_another_it_is_one_period(seed: int) -> None:
    random = Random(seed)
    calendar = Calendar(random.choice(["UTC", "Europe/Berlin"]))
    relations = random_relations(random, calendar.zone)
    start, end = date(2024, 2, 1), random.choice([date(2024, 3, 1), date(2024, 6, 17), None])
    window = Window(calendar.instant(start), calendar.instant(end) if end else None)
    found = by_engine(relations, "customer_retention_rate", (), "all", [], window, calendar)
    assert found == by_loop(relations, [start, end or date(2030, 1, 1)], calendar.zone, False, False)


def relation(customer: str, began: str, ended: str | None = None, **more: Any) -> dict[str, Any]:
    return {"customer_id": customer, "started_at": began, "ended_at": ended, **more}


FIRM = [
    relation("stays", "2023-05-01"),
    relation("leaves", "2023-05-01", "2024-02-10"),
    relation("leaves at midnight", "2023-05-01", "2024-03-01"),  # in March, not in February
    relation("joins at midnight", "2024-02-01"),  # new in February
    relation("visits", "2024-02-05", "2024-02-20"),
    relation("gone, nobody knows when", "2023-05-01", is_churned=True),
    relation("will leave", "2023-06-01", "2040-01-01"),
    relation("begins backwards", "2023-09-01", "2023-08-01"),
    relation("asked as of", "2024-03-31"),
]


def test_joiners_and_leavers_at_the_edges_of_months_belong_to_the_month_that_begins(tmp_path):
    path = write(tmp_path / "customers.csv", FIRM)
    found = figures(ask(path, "customer_retention_rate", grain="month", since="2024-01-01"), "customer_retention_rate")
    assert found == {
        "2024-01-01": (1.0, 4),  # stays, leaves, leaves at midnight, will leave
        "2024-02-01": (pytest.approx(3 / 4), 4),
        "2024-03-01": (pytest.approx(3 / 4), 4),  # without who leaves, and with who joined in February
    }
    lost = figures(ask(path, "churn_rate", grain="month", since="2024-01-01"), "churn_rate")
    assert lost == {period: (pytest.approx(1 - value), n) for period, (value, n) in found.items()}


def test_the_rows_behind_retention_are_the_customers_at_the_beginning(tmp_path):
    report = ask(write(tmp_path / "customers.csv", FIRM), "customer_retention_rate", since="2024-02-01")
    assert figure(report, "customer_retention_rate") == (pytest.approx(2 / 4), 4)
    rows = report.plan.rows(report.plan.metrics[0])
    assert dict(rows.select("customer_id", "value").rows()) == {
        "stays": 1.0, "leaves": 0.0, "leaves at midnight": 0.0, "will leave": 1.0,
    }  # fmt: skip
    assert drill_down("churn_rate", report.plan.dataset.parts, report.plan.question, shipped())["value"].sum() == 2


def test_over_all_it_is_that_of_the_last_year_and_it_is_said(tmp_path):
    """As of 31 March 2024: of those there on 31 March 2023, which is nobody; a year later it is of four."""
    report = ask(write(tmp_path / "customers.csv", FIRM), "customer_retention_rate")
    assert figure(report, "customer_retention_rate") == (None, 0)
    later = write(tmp_path / "later.csv", [*FIRM, relation("new", "2025-01-15")])
    report = ask(later, ["customer_retention_rate", "churn_rate"])
    assert figure(report, "customer_retention_rate") == (pytest.approx(2 / 4), 4)
    assert [note.text for note in report.result.notes if note.code == "of-a-year"] == [
        "Customer retention rate and Churn rate: over all, of the year since 2024-01-15; see --from"
    ]
    assert set(report.plan.rows(report.plan.metrics[0])["customer_id"]) == {
        "stays", "leaves", "leaves at midnight", "will leave",
    }  # fmt: skip
    assert not [note for note in ask(later, "churn_rate", since="2024-01-01").result.notes if note.code == "of-a-year"]


@pytest.mark.parametrize(
    "end, start", [("2024-02-29", "2023-02-28"), ("2025-02-28", "2024-02-28"), ("2024-03-01", "2023-03-01")]
)
def test_a_year_before_a_leap_day_begins_on_the_day_before_it(end, start):
    calendar = Calendar("Europe/Berlin")
    window = Window(None, calendar.instant(date.fromisoformat(end)))
    assert over_a_year(window, calendar, AS_OF) == Window(calendar.instant(date.fromisoformat(start)), window.end)


def test_a_file_of_customers_alone_has_a_scorecard_of_its_own(tmp_path):
    report = ask(write(tmp_path / "customers.csv", FIRM), trend=True)
    assert list(report.result.metrics) == ["churn_rate", "churned_share", "customer_retention_rate"]
    assert report.result.missing == []
    assert figure(report, "churned_share") == (1.0, 1)
