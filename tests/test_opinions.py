"""A second opinion on every shipped metric: SQL written from the definitions, which reads the same files with DuckDB.

Each `opinions/*.sql` gives (metric, month, total, group, value, n): in all, by month, by group and by both. None of it
comes from the package. The simulator's plain-Python figures are the third opinion.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from tests.asking import ROOT, account, ask, figure, figures, missing, shipped, write
from tests.simulator import truth
from tests.simulator.accounts import expected_accounts
from tests.simulator.history import simulate

_year = cache(simulate)
OPINIONS = Path(__file__).parent / "opinions"
SAMPLES = ROOT / "sample_data"
Key = tuple[str, str | None, bool, str | None]  # metric, month, total, group
Told = dict[Key, tuple[float | None, int | None]]


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory) -> str:
    return write(tmp_path_factory.mktemp("helpdesk") / "tickets.csv", list(_helpdesk()))


def test_every_metric_of_zendesks_csv_is_what_sql_says():
    path = str(SAMPLES / "zendesk/tickets.csv")
    _agree(_ours(path, "Europe/Berlin"), _opinion("zendesk", tickets=path))


def test_every_metric_of_freshdesks_csv_is_what_sql_says():
    path = str(SAMPLES / "freshdesk/tickets.csv")
    _agree(_ours(path, "Europe/Berlin"), _opinion("freshdesk", tickets=path))


def test_nps_and_ces_are_what_sql_says():
    path = str(SAMPLES / "common/surveys.csv")
    _agree(_ours(path, "Europe/Berlin", by=()), _opinion("surveys", surveys=path))


def test_every_metric_of_tickets_in_common_columns_is_what_sql_says(helpdesk):
    _agree(_ours(helpdesk, "America/New_York"), _opinion("common", tickets=helpdesk))


def test_there_is_an_opinion_on_every_shipped_metric(helpdesk):
    zendesk, freshdesk = str(SAMPLES / "zendesk/tickets.csv"), str(SAMPLES / "freshdesk/tickets.csv")
    told = (
        *_opinion("zendesk", tickets=zendesk),
        *_opinion("freshdesk", tickets=freshdesk),
        *_opinion("common", tickets=helpdesk),
        *_opinion("surveys", surveys=str(SAMPLES / "common/surveys.csv")),
    )
    assert {metric for metric, *_ in told} == set(shipped().metrics)


# The simulator's own names where they differ from ours; what a sample's tickets lack is in truth.LACKS.
OTHER_NAMES = {
    "average_first_reply_time": "first_reply_time_mean",
    "average_resolution_time": "full_resolution_time_mean",
    "csat": "csat_by_solved",
    "csat_response_rate": "csat_response_rate_by_solved",
    "resolution_sla_attainment": None,  # the simulator dates it by creation
    "first_reply_sla_attainment": "sla_first_reply_met",
}


@pytest.mark.parametrize(
    "vendor, files",
    [
        ("zendesk", ["zendesk/tickets.csv"]),
        ("zendesk_api", ["zendesk_api/tickets.ndjson.gz", "zendesk_api/incremental.json"]),
        ("freshdesk", ["freshdesk/tickets.csv"]),
    ],
)
def test_the_samples_say_what_the_simulator_knows(vendor, files):
    report = ask([str(SAMPLES / name) for name in files], list(shipped().metrics), grain="month", zone="Europe/Berlin")
    in_all = ask([str(SAMPLES / name) for name in files], list(shipped().metrics), zone="Europe/Berlin")
    true = truth.figures(_year(), vendor)
    compared = 0
    for metric in report.result.metrics:
        known = true.get(OTHER_NAMES.get(metric, metric) or "")
        if known is None:
            continue
        compared += 1
        found = figures(report, metric)
        for month in truth.MONTHS:
            assert _same(found.get(f"{month}-01", (None, 0)), known[month]), (metric, month, found.get(f"{month}-01"))
        assert _same(figure(in_all, metric), known["all"]), (metric, figure(in_all, metric), known["all"])
    assert compared >= 9


def test_ratings_with_instants_of_their_own_say_what_the_simulator_knows():
    files = [str(SAMPLES / "zendesk/tickets.csv"), str(SAMPLES / "zendesk/satisfaction_ratings.json")]
    found = figures(ask(files, "csat", grain="month", zone="Europe/Berlin"), "csat")
    known = truth.figures(_year(), "history")["csat"]
    assert {month: found[f"{month}-01"] for month in truth.MONTHS} == {
        month: (pytest.approx(known[month][0]), known[month][1]) for month in truth.MONTHS
    }


@pytest.mark.parametrize(
    "path", ["zendesk/tickets.csv", "freshdesk/tickets.csv", "zendesk_api", "freshdesk_api/tickets.json"]
)
def test_the_fate_of_every_ticket_is_what_the_simulator_knows(path):
    report = ask(str(SAMPLES / path), "tickets_created", zone="Europe/Berlin")
    assert account(report) == expected_accounts(_year())[path]


@pytest.mark.parametrize(
    "least, most, happy",
    [
        (0, 1, {1}),
        (1, 3, {3}),
        (1, 4, {3, 4}),
        (1, 5, {4, 5}),
        (1, 6, {5, 6}),
        (1, 7, {6, 7}),
        (1, 10, {9, 10}),
        (0, 10, {9, 10}),
    ],
)
def test_the_top_of_a_scale_is_happy(tmp_path, least, most, happy):
    rows = [
        {
            "survey_id": score,
            "kind": "csat",
            "answered_at": "2024-01-08",
            "score": score,
            "scale_min": least,
            "scale_max": most,
        }
        for score in range(least, most + 1)
    ]
    found = figure(ask(write(tmp_path / "surveys.csv", rows), "csat"), "csat")
    assert found == (pytest.approx(len(happy) / len(rows)), len(rows))


def test_effort_on_two_scales_has_no_mean(tmp_path):
    row = {"kind": "ces", "answered_at": "2024-01-08", "scale_min": 1}
    rows = [{**row, "survey_id": 1, "score": 5, "scale_max": 5}, {**row, "survey_id": 2, "score": 7, "scale_max": 7}]
    assert "more than one" in missing(ask(write(tmp_path / "surveys.csv", rows), "ces"))["ces"]


def _ours(path: str, zone: str, by: tuple[str, ...] = ("group",)) -> Told:
    told: Told = {}
    for split in {(), by}:
        for grain in ("all", "month"):
            for row in ask(path, list(shipped().metrics), by=split, grain=grain, zone=zone).result.frame.iter_rows(
                named=True
            ):
                month = str(row["period"]) if row["period"] else None
                told[row["metric"], month, not split or row["total"], row.get("group")] = (row["value"], row["n"])
    return told


@cache
def _opinion(name: str, **variables: str) -> Told:
    with duckdb.connect() as connection:
        for variable, value in variables.items():
            connection.execute(f"set variable {variable} = '{value}'")
        rows = connection.execute((OPINIONS / f"{name}.sql").read_text(encoding="utf-8")).fetchall()
    assert rows
    return {(metric, month and str(month), total, team): (value, n) for metric, month, total, team, value, n in rows}


def _agree(ours: Told, theirs: Told) -> None:
    assert {metric for metric, *_ in ours} == {metric for metric, *_ in theirs}
    differing = [
        f"{key}: ours {ours.get(key)}, theirs {theirs.get(key)}"
        for key in sorted(ours.keys() | theirs.keys(), key=str)
        if not _same(ours.get(key, (None, 0)), theirs.get(key, (None, 0)))
    ]
    assert not differing, "\n".join(differing[:20])


def _same(one: tuple[float | None, int | None], other: tuple[float | None, int | None]) -> bool:
    """Equal to nine digits; no rows at all are the same as nothing said."""
    (value, n), (other_value, other_n) = one, other
    if not (value or n or other_value or other_n):
        return True
    if value is None or other_value is None:
        return value is other_value and n == other_n
    return n == other_n and abs(value - other_value) <= 1e-9 * max(1.0, abs(value))


def _helpdesk() -> Iterator[dict[str, Any]]:
    """A made-up half year with holes: empty cells, spam, merges, duplicates, a mailbox, people who come back."""
    rng = Random(20240101)
    start, end = datetime(2024, 1, 1, 5, tzinfo=UTC), datetime(2024, 6, 28, 21, 30, tzinfo=UTC)
    for number in range(900):
        row = _ticket(rng, number, start, end)
        yield row
        if number % 37 == 0:
            yield {
                **row,
                "updated_at": start - timedelta(days=1),
                "status": "open",
                "solved_at": None,
                "agent_replies": 99,
            }


def _ticket(rng: Random, number: int, start: datetime, end: datetime) -> dict[str, Any]:
    def later(than: datetime, hours: float) -> datetime | None:
        moment = than + timedelta(seconds=round(rng.lognormvariate(0, 1.3) * hours * 3600))
        return moment if moment <= end else None

    def sometimes(share: float, value: Any, otherwise: Any = None) -> Any:
        return value if rng.random() < share else otherwise

    def met(done: datetime | None, due: datetime) -> bool | None:
        return done <= due if done else (False if due < end else None)

    created = start + (end - start) * rng.random()
    created = created.replace(microsecond=0)
    is_mailbox = number % 9 == 0
    if is_mailbox:
        created = start + timedelta(days=40, minutes=number * 30)
    replied, solved = sometimes(0.9, later(created, 3)), sometimes(0.9, later(created, 60))
    is_deleted, is_test = rng.random() < 0.03, rng.random() < 0.03
    person = sometimes(0.95, rng.randrange(150))
    reopens = sometimes(0.1, rng.randrange(1, 3), 0)
    first_solved = created + (solved - created) / 2 if solved and reopens else solved
    done = solved is not None and rng.random() > 0.05
    due, reply_due = created + timedelta(days=3), created + timedelta(hours=4)
    return {
        "ticket_id": f"T-{number}",
        "created_at": created,
        "first_reply_at": sometimes(0.02, created - timedelta(minutes=5), replied),
        "first_solved_at": sometimes(0.9, first_solved and first_solved.replace(microsecond=0)),
        "solved_at": solved if done and rng.random() < 0.85 else None,
        "closed_at": solved + timedelta(hours=1) if done and solved and solved + timedelta(hours=1) <= end else None,
        "updated_at": end if number == 1 else max(filter(None, (created, replied, solved))),
        "due_at": sometimes(0.8, due),
        "first_reply_due_at": sometimes(0.7, reply_due),
        "status": "deleted" if is_deleted else rng.choice(["solved", "closed"] if done else ["new", "open", "pending"]),
        "requester": None if is_deleted or is_test else "box@firm.example" if is_mailbox else person,
        "group": rng.choice(["Billing", "Technik, intern", "Ü \"quoted\"", None]),
        "agent_replies": sometimes(0.95, rng.randrange(4)),
        "customer_replies": sometimes(0.95, rng.randrange(3)),
        "reopens": sometimes(0.95, reopens),
        "assignee_stations": sometimes(0.95, rng.randrange(4)),
        "is_spam": sometimes(0.04, True),
        "is_merged": sometimes(0.05, True, False),
        "is_test": is_test or None,
        "created_by_agent": sometimes(0.1, True),
        "escalated": sometimes(0.1, True),
        "reported_first_reply_sla_met": sometimes(0.9, met(replied, reply_due)),
        "reported_resolution_sla_met": sometimes(0.9, met(solved, due)),
    }  # fmt: skip
