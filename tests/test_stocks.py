"""Stocks against a direct count at every period's end: levels, parts by age, ages, groups, and the rows behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import polars as pl
import pytest

from cs_metrics import stocks
from cs_metrics.aggregate import DATE, PERIOD
from cs_metrics.definitions import Metric
from cs_metrics.entities import INSTANT, TEXT
from cs_metrics.errors import DefinitionError
from cs_metrics.periods import Calendar, Grain
from cs_metrics.question import Window
from tests.asking import ask, figure, figures, own, shipped, write

pytestmark = pytest.mark.slow  # run by `make slow`, and by .ci/run

PARTS = ["backlog_under_1d", "backlog_1d_to_7d", "backlog_7d_to_30d", "backlog_over_30d"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)  # summer time begins in New York and Berlin within the weeks that follow
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Spell:
    """A stretch of a ticket's life, half-open; the last one has no end."""

    ticket: int
    created_at: datetime
    began_at: datetime
    ended_at: datetime | None
    group: str | None
    is_open: bool

    def is_there(self, at: datetime, inclusive: bool) -> bool:
        """Whether it is open just before an instant or, where things happen up to as-of, at it."""
        has_begun = self.began_at <= at if inclusive else self.began_at < at
        if self.ended_at is None:
            return self.is_open and has_begun
        has_ended = self.ended_at <= at if inclusive else self.ended_at < at
        return self.is_open and has_begun and not has_ended


def random_spells(random: Random) -> list[Spell]:
    """Tickets of six weeks that change hands and are solved and reopened, often on the hour and at local midnights."""
    spells = []
    for ticket in range(random.randint(1, 25)):
        at = created = BEGIN - 20 * DAY + random.randint(0, 24 * 60) * HOUR
        for left in reversed(range(random.randint(1, 4))):
            until = at + random.choice([0, 1, 5, 24, 48, 7 * 24, 30 * 24, random.randint(0, 900)]) * HOUR
            group = random.choice(["a", "b", None])
            spells.append(Spell(ticket, created, at, until if left else None, group, random.random() < 0.7))
            at = until
    return spells


def held(
    metric: str, spells: Sequence[Spell], by: Sequence[str], as_of: datetime, zone: str, end: datetime | None = None
) -> pl.DataFrame:
    columns = {"created_at": INSTANT, "began_at": INSTANT, "ended_at": INSTANT, "group": TEXT, "is_open": pl.Boolean()}
    rows = pl.DataFrame([[getattr(spell, name) for name in columns] for spell in spells], columns, orient="row")
    dated = rows.lazy().with_columns(pl.col("began_at").alias(DATE))
    return stocks.held(dated, shipped().metrics[metric], by, Window(None, end), pl.lit(as_of), zone)


def told(
    metric: str, spells: Sequence[Spell], by: Sequence[str], as_of: datetime, grain: Grain, calendar: Calendar
) -> dict[tuple[Any, ...], tuple[float | None, int]]:
    """(value, n) by period and by-values, periods from BEGIN to as-of."""
    starts = [] if grain == "all" else calendar.starts(calendar.local_day(BEGIN), calendar.local_day(as_of), grain)
    rows = held(metric, spells, by, as_of, calendar.zone)
    found = stocks.stock_figures(shipped().metrics[metric], rows, by, starts, grain, calendar)
    keys = [PERIOD, *by]
    return {
        tuple(row[name] for name in keys): (row[f"{metric} value"], row[f"{metric} n"])
        for row in found.iter_rows(named=True)
        if row[f"{metric} of"]
    }


def counted(
    spells: Sequence[Spell], as_of: datetime, grain: Grain, calendar: Calendar, bounds: Mapping[str, timedelta | None]
) -> dict[tuple[date | None, str | None], list[float]]:
    """The ages, in seconds, of what is there at each period's end, by period and group; counted one by one."""
    starts: list[date | None] = [None]
    if grain != "all":
        starts = [*calendar.starts(calendar.local_day(BEGIN), calendar.local_day(as_of), grain)]
    found: dict[tuple[date | None, str | None], list[float]] = {}
    for start in starts:
        end = as_of if start is None else calendar.instant(calendar.next_start(start, grain))
        inclusive = start is None or end > as_of
        at = min(end, as_of)
        for spell in spells:
            grown = spell.created_at + (bounds["older_than"] or timedelta(0))
            is_old = bounds["older_than"] is None or (grown <= at if inclusive else grown < at)
            too_old = spell.created_at + (bounds["younger_than"] or timedelta(0))
            is_young = bounds["younger_than"] is None or (at < too_old if inclusive else at <= too_old)
            if spell.is_there(at, inclusive) and is_old and is_young:
                found.setdefault((start, spell.group), []).append((at - spell.created_at).total_seconds())
    return found


def cases(count: int) -> Iterator[tuple[list[Spell], datetime, Calendar]]:
    random = Random(31)
    for _ in range(count):
        as_of = BEGIN + random.randint(30 * 24, 60 * 24) * HOUR
        yield random_spells(random), as_of, Calendar(random.choice(ZONES), random.choice([0, 6]))


def bounds(metric: Metric) -> dict[str, timedelta | None]:
    return {"older_than": metric.older_than, "younger_than": metric.younger_than}


@pytest.mark.parametrize("grain", ["all", "day", "week", "month"])
@pytest.mark.parametrize("name", ["backlog", *PARTS])
def test_a_stock_is_a_direct_count_at_every_periods_end(name, grain):
    for spells, as_of, calendar in cases(25):
        expected = counted(spells, as_of, grain, calendar, bounds(shipped().metrics[name]))
        assert told(name, spells, ["group"], as_of, grain, calendar) == {
            key: (len(ages), len(ages)) for key, ages in expected.items()
        }


@pytest.mark.parametrize("grain", ["all", "day", "week", "month"])
def test_the_median_age_is_that_of_the_rows_there_at_every_periods_end(grain, monkeypatch):
    monkeypatch.setattr(stocks, "_AT_ONCE", 50)  # so that periods are taken in several portions
    for spells, as_of, calendar in cases(25):
        expected = counted(spells, as_of, grain, calendar, {"older_than": None, "younger_than": None})
        assert told("backlog_age", spells, ["group"], as_of, grain, calendar) == {
            key: (pytest.approx(median(ages)), len(ages)) for key, ages in expected.items()
        }
        of_all: dict[tuple[Any, ...], list[float]] = {}
        for (start, _), ages in expected.items():
            of_all.setdefault((start,), []).extend(ages)
        assert told("backlog_age_p90", spells, [], as_of, grain, calendar) == {
            key: (pytest.approx(pl.Series(ages).quantile(0.9, "linear")), len(ages)) for key, ages in of_all.items()
        }


@pytest.mark.parametrize("grain", ["all", "day", "week", "month"])
def test_the_parts_by_age_and_the_groups_add_up_to_the_stock(grain):
    for spells, as_of, calendar in cases(10):
        whole = told("backlog", spells, [], as_of, grain, calendar)
        by_group = told("backlog", spells, ["group"], as_of, grain, calendar)
        parts = [told(name, spells, [], as_of, grain, calendar) for name in PARTS]
        for key, (value, _) in whole.items():
            assert sum(part.get(key, (0, 0))[0] or 0 for part in parts) == value
            assert sum(of_group or 0 for (start, _), (of_group, _) in by_group.items() if (start,) == key) == value


def test_a_part_begins_at_its_age_to_the_instant():
    created = datetime(2024, 3, 1, 12, tzinfo=UTC)
    spell = [Spell(1, created, created, None, None, True)]

    def at(as_of: datetime) -> list[int]:
        there = (held(name, spell, [], as_of, "UTC") for name in PARTS)
        return [rows[stocks.ENDED].null_count() for rows in there]

    instant = timedelta(microseconds=1)
    assert at(created) == at(created + DAY - instant) == [1, 0, 0, 0]
    assert at(created + DAY) == at(created + 7 * DAY - instant) == [0, 1, 0, 0]
    assert at(created + 7 * DAY) == at(created + 30 * DAY - instant) == [0, 0, 1, 0]
    assert at(created + 30 * DAY) == at(created + 900 * DAY) == [0, 0, 0, 1]


def test_what_would_grow_old_after_as_of_or_after_the_window_has_not_yet():
    created = datetime(2024, 3, 1, 12, tzinfo=UTC)
    spell = [Spell(1, created, created, None, None, True)]
    late = created + 100 * DAY
    assert held("backlog_1d_to_7d", spell, [], created + 12 * HOUR, "UTC").is_empty()
    assert held("backlog_1d_to_7d", spell, [], late, "UTC", end=created + DAY).is_empty()
    young = held("backlog_under_1d", spell, [], late, "UTC", end=created + DAY)
    assert young[stocks.ENDED].to_list() == [None]
    old = held("backlog_age", spell, [], late, "UTC", end=created + 3 * DAY)
    assert old.select(stocks.age(pl.col(stocks.KNOWN))).item() == 3 * 86400


def test_a_day_of_summer_time_has_its_23_hours_in_an_age():
    created = datetime(2024, 3, 30, 23, tzinfo=UTC)  # midnight in Berlin, 31 March
    spell = [Spell(1, created, created, None, None, True)]
    found = told("backlog_age", spell, [], created + 3 * DAY, "day", Calendar("Europe/Berlin"))
    assert found[(date(2024, 3, 31),)] == (23 * 3600, 1)
    assert found[(date(2024, 4, 1),)] == (47 * 3600, 1)


# through the whole engine, on tickets

STOCK = "frame: tickets\ndate: created_at\nuntil: solved_at\nagg: stock\n"
AGED = STOCK.replace("stock", "stock_median") + "since: created_at\n"


@pytest.fixture
def desk(tmp_path: Path) -> str:
    """As of 31 January 12:00: two of Billing open for 30 and 10 days, one of Sales for 12 hours, two are solved."""
    as_of = datetime(2024, 1, 31, 12, tzinfo=UTC)
    rows = [
        {"ticket_id": 1, "created_at": as_of - 30 * DAY, "group": "Billing"},
        {"ticket_id": 2, "created_at": as_of - 10 * DAY, "group": "Billing"},
        {"ticket_id": 3, "created_at": as_of - 12 * HOUR, "group": "Sales"},
        {"ticket_id": 4, "created_at": as_of - 20 * DAY, "group": "Sales", "solved_at": as_of},
        {"ticket_id": 5, "created_at": as_of - 5 * DAY, "group": "Sales", "solved_at": as_of - 4 * DAY - 6 * HOUR},
    ]
    return write(tmp_path / "desk.csv", rows)


def test_ages_by_group_and_week_and_the_rows_behind_them(desk, tmp_path):
    catalogue = own(tmp_path, age=AGED)
    report = ask(desk, "age", catalogue, by="group")
    assert figures(report, "age") == {"Billing": (20 * 86400, 2), "Sales": (43200, 1)}
    assert figure(report, "age") == (10 * 86400, 3)
    rows = report.plan.rows(catalogue.metrics["age"])
    assert rows.select("ticket_id", "group", "value").rows() == [
        ("1", "Billing", 30.0 * 86400),
        ("2", "Billing", 10.0 * 86400),
        ("3", "Sales", 43200.0),
    ]
    weeks = figures(ask(desk, "age", catalogue, grain="week"), "age")
    assert weeks["2024-01-01"] == (6.5 * 86400, 1)  # 1, opened on 1 January at noon
    assert weeks["2024-01-22"] == (17.5 * 86400, 3)  # 1, 4 and 2, open for 27.5, 17.5 and 7.5 days
    assert weeks["2024-01-29"] == (10 * 86400, 3)  # the week of as-of: until then


def test_a_part_by_age_has_its_tickets_behind_it(desk, tmp_path):
    catalogue = own(
        tmp_path,
        young=STOCK + "since: created_at\nyounger_than: 1d\n",
        middle=STOCK + "since: created_at\nolder_than: 1d\nyounger_than: 30d\n",
        old=STOCK + "since: created_at\nolder_than: 30d\n",
        everything=STOCK,
    )
    report = ask(desk, ["young", "middle", "old", "everything"], catalogue)
    behind = {name: report.plan.rows(catalogue.metrics[name]) for name in ("young", "middle", "old", "everything")}
    assert {name: rows["ticket_id"].to_list() for name, rows in behind.items()} == {
        "young": ["3"],
        "middle": ["2"],
        "old": ["1"],
        "everything": ["1", "2", "3"],
    }
    assert all(figure(report, name) == (rows.height, rows.height) for name, rows in behind.items())
    days = ask(desk, ["young", "middle", "old", "everything"], catalogue, grain="day", by="group")
    assert figures(days, "middle")["2024-01-27", "Sales"] == (1, 1)  # 4; 5 was solved before it was a day old
    for key, (value, _) in figures(days, "everything").items():
        assert sum(figures(days, name)[key][0] or 0 for name in ("young", "middle", "old")) == value


def test_a_group_without_anything_open_has_no_age_and_counts_nothing(desk, tmp_path):
    catalogue = own(tmp_path, age=AGED, everything=STOCK)
    months = ask(desk, ["age", "everything"], catalogue, grain="day", by="group")
    assert figures(months, "age")["2024-01-02", "Sales"] == (None, 0)
    assert figures(months, "everything")["2024-01-02", "Sales"] == (0, 0)


@pytest.mark.parametrize(
    "text, line, words",
    [
        (AGED.replace("since: created_at\n", ""), 8, "stock_median needs the key 'since'"),
        (AGED.replace("until: solved_at\n", ""), 7, "stock_median needs the key 'until'"),
        (AGED.replace("since: created_at", "since: creatd_at"), 9, "Did you mean 'created_at'?"),
        (AGED.replace("since: created_at", "since: reopens"), 9, "'reopens' is not a point in time"),
        (AGED + "older_than: 1d\n", 10, "stock_median does not look at it"),
        (STOCK + "older_than: 1d\n", 9, "The key 'since' is missing"),
        (STOCK + "since: created_at\nolder_than: 1 day\n", 10, "is not a span of time"),
        (STOCK + "since: created_at\nyounger_than: soon\n", 10, "is not a span of time"),
        (STOCK + "since: created_at\nolder_than: 7d\nyounger_than: 1w\n", 11, "nothing is that young"),
        (STOCK + "numerator: reopens\n", 9, "stock does not look at it"),
    ],
)
def test_a_mistake_in_its_file_is_said_with_its_line(tmp_path, text, line, words):
    with pytest.raises(DefinitionError) as caught:
        own(tmp_path, ours=text)
    said = [f"{problem.line}: {problem.message}" for problem in caught.value.problems]
    assert any(each.startswith(f"{line}: ") and words in each for each in said), said


def test_an_example_of_a_computed_frame_is_written_in_tickets(tmp_path):
    example = "example:\n  calendar: weekdays-9-17\n  rows:\n    - {ticket_id: a, %s: x}\n  expect: {value: 1}\n"
    spells = "frame: spells\ndate: began_at\nuntil: ended_at\nwhere: is_open\nagg: stock\n"
    given = own(tmp_path, ours=spells + example % "organization").metrics["ours"].example
    assert given is not None and given.calendar == "weekdays-9-17" and given.sla is None
    with pytest.raises(DefinitionError, match="tickets have no column 'began_at'"):
        own(tmp_path, ours=spells + example % "began_at")
