"""A second opinion on every shipped metric: SQL written from the definitions, which reads the same files with DuckDB.

Each `opinions/*.sql` gives (metric, month, total, group, value, n): in all, by month, by group and by both. None of it
comes from the package. The simulator's plain-Python figures are the third opinion; on SLAs they are the second.
An opinion is about the metrics that it tells; together they are about all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import yaml

from cs_metrics.calendars import BusinessHours, find_calendar
from cs_metrics.report import Report
from cs_metrics.sla import find_sla
from tests.asking import ROOT, account, ask, figure, figures, missing, shipped, write
from tests.simulator import lives_sla, lives_truth, truth
from tests.simulator.accounts import expected_accounts
from tests.simulator.history import simulate

pytestmark = pytest.mark.slow  # run by `make slow`, and by .ci/run

_year = cache(simulate)
OPINIONS = Path(__file__).parent / "opinions"
CONFIGS = ROOT / "configs"
SAMPLES = ROOT / "sample_data"
LIVES = {name: str(SAMPLES / f"lives/{name}.csv") for name in ("tickets", "changes", "messages")}
VOICE, SOCIAL, RETENTION = (
    {path.stem for path in CONFIGS.glob(f"metrics/{topic}/*.yml")} for topic in ("voice", "social", "retention")
)
Key = tuple[str, str | None, bool, str | None]  # metric, month, total, group
Told = dict[Key, tuple[float | None, int | None]]


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory) -> str:
    return write(tmp_path_factory.mktemp("helpdesk") / "tickets.csv", list(_helpdesk()))


def test_every_metric_of_zendesks_csv_is_what_sql_says():
    path = str(SAMPLES / "zendesk/tickets.csv")
    _agree(_ours(path, "Europe/Berlin"), _opinion("zendesk", "figures", zone="Europe/Berlin", tickets=path))


def test_every_metric_of_freshdesks_csv_is_what_sql_says():
    path = str(SAMPLES / "freshdesk/tickets.csv")
    _agree(_ours(path, "Europe/Berlin"), _opinion("freshdesk", "figures", zone="Europe/Berlin", tickets=path))


def test_nps_and_ces_are_what_sql_says():
    path = str(SAMPLES / "common/surveys.csv")
    _agree(_ours(path, "Europe/Berlin", by=()), _opinion("surveys", surveys=path))


def test_satisfaction_by_three_rules_is_what_sql_says():
    path = str(SAMPLES / "helpscout/happiness_ratings.json")
    theirs = _opinion("helpscout", ratings=path)
    _agree(_ours(path, "Europe/Berlin", _metrics(theirs), by=()), theirs)


def test_every_metric_of_tickets_in_common_columns_is_what_sql_says(helpdesk):
    _agree(
        _ours(helpdesk, "America/New_York"), _opinion("common", "figures", zone="America/New_York", tickets=helpdesk)
    )


def test_every_metric_of_a_call_log_is_what_sql_says():
    path = str(SAMPLES / "common/calls.csv.gz")
    ours = _ours(path, "Europe/Berlin", VOICE, by=("queue",))
    _agree(ours, _opinion("voice", "figures", zone="Europe/Berlin", calls=path))


def test_every_metric_of_reviews_and_posts_is_what_sql_says():
    path = str(SAMPLES / "common/mentions.csv.gz")
    ours = _ours(path, "America/New_York", SOCIAL, by=("network",))
    _agree(ours, _opinion("social", "figures", zone="America/New_York", mentions=path))


def test_every_metric_of_a_help_centre_is_what_sql_says():
    visits, tickets = str(SAMPLES / "common/visits.csv.gz"), LIVES["tickets"]
    theirs = _opinion("visits", "figures", zone="Europe/Berlin", visits=visits, tickets=tickets)
    of_visits = _only(_metrics(theirs) - {"self_service_ratio", "tickets_created", "net_flow"}, theirs)
    _agree(_ours(visits, "Europe/Berlin", _metrics(of_visits), by=("site",)), of_visits)
    of_both = {key: figure for key, figure in theirs.items() if key[0] == "self_service_ratio" and key[2]}
    assert len(of_both) == 5  # four months, and all of them together
    _agree(_ours([visits, tickets], "Europe/Berlin", _metrics(of_both), by=()), of_both)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC"])
def test_every_metric_of_customers_is_what_sql_says(zone):
    path = str(SAMPLES / "common/customers.csv.gz")
    _agree(_ours(path, zone, RETENTION, by=("region",)), _opinion("customers", zone=zone, customers=path))


def test_every_metric_of_answers_about_tickets_is_what_sql_says():
    files = LIVES | {"surveys": str(SAMPLES / "lives/surveys.csv.gz")}
    told = _opinion("lives_tables", "answers", "figures", zone="Europe/Berlin", **files)
    theirs = _only(_metrics(told) - {"tickets_solved", "net_flow"}, told)
    _agree(_ours(list(files.values()), "Europe/Berlin", _metrics(theirs)), theirs)


def test_our_calendar_counts_the_business_hours_that_zendesk_reports():
    """Its schedule is our weekdays-9-17, so that both ways to a duration must say the same.

    But for ticket 723, of March: its calendar minutes are unreadable, so that a calendar of ours has nothing to go by.
    """
    path = str(SAMPLES / "zendesk/tickets.csv")
    metrics = {f"{name}_business" for name in ("first_reply_time", "first_resolution_time", "full_resolution_time")}
    ours, theirs = (
        {
            key: figure
            for key, figure in _only(metrics, told).items()
            if "reply" not in key[0] or key[1] not in (None, "2025-03-01")
        }
        for told in (
            _ours(path, "Europe/Berlin", metrics, clocked=True),
            _opinion("zendesk", "figures", zone="Europe/Berlin", tickets=path),
        )
    )
    assert _metrics(theirs) == metrics
    _agree(ours, theirs)


def test_every_metric_of_a_history_with_messages_is_what_sql_says():
    _agree(_only(_metrics(_lives_in_sql()), _lives()), _lives_in_sql())


def test_every_metric_of_a_history_with_messages_is_what_the_simulator_knows():
    _agree(_lives(), lives_truth.figures() | _by_event_loop())


def test_what_an_sla_says_is_what_an_event_loop_says():
    """On these metrics there is no SQL: the loop over each ticket's life is the second opinion."""
    theirs = _by_event_loop()
    assert _metrics(theirs) == _metrics(_lives()) - _metrics(_lives_in_sql())
    _agree(_only(_metrics(theirs), _lives()), theirs)


def test_every_single_ticket_with_its_history_is_what_the_simulator_knows():
    report = _asked(list(LIVES.values()), "Europe/Berlin", clocked=True, by=("ticket_id",))
    ours = _told(report, "ticket_id", split=True)
    theirs = lives_truth.figures(by_ticket=True) | _by_event_loop(by_ticket=True)
    _agree(ours, {key: figure for key, figure in theirs.items() if key[1] is None})


def test_an_agent_who_gets_a_ticket_again_gets_it_then(tmp_path):
    ticket = {"ticket_id": 1, "created_at": "2024-01-08T09:00Z", "status": "solved", "assignee": "Ada"}
    moves = [(10, "assignee", "", "Ada"), (11, "assignee", "Ada", ""), (12, "assignee", "", "Ada"),
             (13, "status", "open", "solved")]  # fmt: skip
    changes = [
        {"ticket_id": 1, "changed_at": f"2024-01-08T{hour}:00Z", "field": name, "old": old, "new": new}
        for hour, name, old, new in moves
    ]
    files = [write(tmp_path / "tickets.csv", [ticket]), write(tmp_path / "changes.csv", changes)]
    assert figure(ask(files, "assignment_to_resolution_time"), "assignment_to_resolution_time") == (3600, 1)


def test_there_is_an_opinion_on_every_shipped_metric(helpdesk):
    told = (
        _opinion("zendesk", "figures", zone="Europe/Berlin", tickets=str(SAMPLES / "zendesk/tickets.csv")),
        _opinion("freshdesk", "figures", zone="Europe/Berlin", tickets=str(SAMPLES / "freshdesk/tickets.csv")),
        _opinion("common", "figures", zone="America/New_York", tickets=helpdesk),
        _opinion("surveys", surveys=str(SAMPLES / "common/surveys.csv")),
        _opinion("helpscout", ratings=str(SAMPLES / "helpscout/happiness_ratings.json")),
        _opinion("voice", "figures", zone="Europe/Berlin", calls=str(SAMPLES / "common/calls.csv.gz")),
        _opinion("social", "figures", zone="America/New_York", mentions=str(SAMPLES / "common/mentions.csv.gz")),
        _opinion(
            "visits",
            "figures",
            zone="Europe/Berlin",
            visits=str(SAMPLES / "common/visits.csv.gz"),
            tickets=LIVES["tickets"],
        ),
        _opinion("customers", zone="UTC", customers=str(SAMPLES / "common/customers.csv.gz")),
        _opinion(
            "lives_tables",
            "answers",
            "figures",
            zone="Europe/Berlin",
            surveys=str(SAMPLES / "lives/surveys.csv.gz"),
            **LIVES,
        ),
        _lives_in_sql(),
        _by_event_loop(),
    )
    assert set().union(*map(_metrics, told)) == set(shipped().metrics)


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
        if vendor == "zendesk_api" and "first_reply_time" in metric:  # its comments tell openings by agents apart
            name = OTHER_NAMES.get(metric, metric) or ""
            known = true.get(name.replace("first_reply_time", "first_reply_time_with_agent_opened"))
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


def _ours(
    files: str | list[str], zone: str, metrics: Iterable[str] = (), by: tuple[str, ...] = ("group",),
    clocked: bool = False,
) -> Told:  # fmt: skip
    told: Told = {}
    for split in {(), by}:
        for grain in ("all", "month"):
            told |= _told(_asked(files, zone, clocked, metrics, by=split, grain=grain), *by[:1], split=bool(split))
    return told


def _asked(files: str | list[str], zone: str, clocked: bool, metrics: Iterable[str] = (), **question: Any) -> Report:
    """These metrics, or every shipped one; `clocked` with business hours and an SLA."""
    if clocked:
        question |= {
            "hours": BusinessHours((find_calendar("weekdays-9-17", [CONFIGS], zone),)),
            "sla": find_sla("standard", [CONFIGS]),
        }
    return ask(files, sorted(metrics) or list(shipped().metrics), zone=zone, **question)


def _told(report: Report, by: str = "group", *, split: bool) -> Told:
    return {
        (row["metric"], str(row["period"]) if row["period"] else None, not split or row["total"], row.get(by)): (
            row["value"],
            row["n"],
        )
        for row in report.result.frame.iter_rows(named=True)
    }


@cache
def _lives() -> Told:
    return _ours(list(LIVES.values()), "Europe/Berlin", clocked=True)


def _lives_in_sql() -> Told:
    return {
        **_opinion("lives_tables", "lives", "figures", zone="Europe/Berlin", **LIVES),
        **_opinion("lives_tables", "business", **LIVES),
    }


@cache
def _by_event_loop(by_ticket: bool = False) -> Told:
    """What the shipped SLA says, each clock walked through its ticket's life in plain Python."""
    return lives_sla.figures(yaml.safe_load((CONFIGS / "sla/standard.yml").read_text(encoding="utf-8")), by_ticket)


@cache
def _opinion(*names: str, **variables: str) -> Told:
    """What the last of these files says, after the others have made its tables."""
    with duckdb.connect() as connection:
        for variable, value in variables.items():
            connection.execute(f"set variable {variable} = '{value}'")
        for name in names:
            connection.execute((OPINIONS / f"{name}.sql").read_text(encoding="utf-8"))
        rows = connection.fetchall()
    assert rows
    return {(metric, month and str(month), total, team): (value, n) for metric, month, total, team, value, n in rows}


def _metrics(told: Told) -> set[str]:
    return {metric for metric, *_ in told}


def _only(metrics: set[str], told: Told) -> Told:
    return {key: figure for key, figure in told.items() if key[0] in metrics}


def _agree(ours: Told, theirs: Told) -> None:
    assert _metrics(ours) == _metrics(theirs)
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
