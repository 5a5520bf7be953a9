"""Faults that were seen in other people's clocks (`metrics.md`, section 4.6), each a test named after it.

Every test writes its own few rows in common columns; the right number is worked out beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cs_metrics.calendars import BusinessHours, load_calendar
from cs_metrics.catalogue import Catalogue, load_catalogue
from cs_metrics.errors import DefinitionError
from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import drill_down
from cs_metrics.sla import load_sla
from tests.asking import NOW, ROOT, ask, figure, figures, shipped, write

NINE = datetime(2024, 1, 8, 9, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFICE = "timezone: UTC\nhours:\n" + "".join(
    f"  {day}: ['09:00-17:00']\n" for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
)
SUNDAYS = "timezone: Europe/Berlin\nhours:\n  sunday: ['00:00-24:00']\n"


def ticket(number: str, **cells: Any) -> dict[str, Any]:
    return {"ticket_id": number, "created_at": NINE, "status": "open", **cells}


def change(number: str, at: datetime, field: str, old: str | None, new: str | None) -> dict[str, Any]:
    return {"ticket_id": number, "changed_at": at, "field": field, "old": old, "new": new}


def solve(number: str, at: datetime, old: str = "open") -> dict[str, Any]:
    return change(number, at, "status", old, "solved")


def message(number: str, at: datetime, role: str, is_public: bool = True) -> dict[str, Any]:
    name = f"{number} {at:%d %H:%M:%S} {role} {is_public}"
    return {"message_id": name, "ticket_id": number, "sent_at": at, "author_role": role, "is_public": is_public}


@pytest.fixture
def files(tmp_path):
    """Writes the frames that are given and returns their paths."""

    def written(**frames: list[dict[str, Any]]) -> list[str]:
        return [write(tmp_path / f"{name}.csv", rows) for name, rows in frames.items()]

    return written


@pytest.fixture
def hours(tmp_path):
    def loaded(text: str, default_zone: str = "UTC") -> BusinessHours:
        path = tmp_path / "hours.yml"
        path.write_text(text, encoding="utf-8")
        return BusinessHours((load_calendar(path, default_zone),))

    return loaded


@pytest.fixture
def own(tmp_path):
    """The shipped metrics and one, `ours`, of the lines given."""

    def loaded(lines: str) -> Catalogue:
        folder = tmp_path / "configs" / "metrics" / "own"
        folder.mkdir(parents=True, exist_ok=True)
        head = "label: own\nmeaning: own\nunit: count\nbetter: neither\n"
        (folder / "ours.yml").write_text(head + lines, encoding="utf-8")
        return load_catalogue([ROOT / "configs", tmp_path / "configs"])

    return loaded


def values(files: list[str], metric: str, catalogue: Catalogue | None = None, **question: Any) -> dict[str, Any]:
    """{ticket: value} of the rows behind a metric."""
    asked = Question(now=NOW, calendar=Calendar("UTC"), zone_given=True, **question)
    rows = drill_down(metric, open_exports(files), asked, catalogue or shipped())
    return dict(rows.select("ticket_id", "value").rows())


def test_business_time_of_open_tickets_ran_a_thousand_hours_into_the_future(files, hours):
    made = files(
        tickets=[ticket("open"), ticket("waits"), ticket("done", status="solved", updated_at=NINE + 3 * HOUR)],
        changes=[change("waits", NINE + HOUR, "status", "open", "pending"), solve("done", NINE + HOUR)],
    )
    found = values(made, "requester_wait_time_business", hours=hours(OFFICE))
    assert found == {"open": 3 * 3600, "waits": 3600, "done": 3600}  # as-of is noon
    assert values(made, "full_resolution_time_business", hours=hours(OFFICE)) == {"done": 3600}


@pytest.mark.parametrize(
    ("start", "seconds"), [(0, 59), (30, 59), (59, 1), (0, 1), (0, 60)], ids=lambda number: str(number)
)
def test_minutes_counted_the_minute_boundaries_that_were_crossed(files, hours, start, seconds):
    begin = NINE + timedelta(seconds=start)
    end = begin + timedelta(seconds=seconds)
    made = files(tickets=[ticket("a", created_at=begin, status="solved")], changes=[solve("a", end)])
    assert values(made, "full_resolution_time") == {"a": seconds}
    assert values(made, "full_resolution_time_business", hours=hours(OFFICE)) == {"a": seconds}


def test_the_parts_did_not_add_up_to_the_whole_and_business_time_could_exceed_calendar_time(files, hours):
    begin = NINE - timedelta(seconds=29)
    made = files(
        tickets=[ticket("a", created_at=begin, status="solved")],
        changes=[
            change("a", begin + timedelta(seconds=59), "status", "new", "open"),
            change("a", begin + timedelta(seconds=121), "status", "open", "pending"),
            solve("a", begin + timedelta(seconds=122), "pending"),
        ],
    )
    parts = [values(made, metric)["a"] for metric in ("new_time", "open_time", "pending_time")]
    assert parts == [59, 62, 1]
    assert values(made, "full_resolution_time") == {"a": 122}
    assert values(made, "full_resolution_time_business", hours=hours(OFFICE)) == {"a": 93}  # 29 s lay before 9


def test_business_time_stopped_at_52_weeks(files, hours):
    begin = datetime(2022, 1, 3, 9, tzinfo=UTC)  # a Monday, 735 days = 105 weeks before the other
    made = files(tickets=[ticket("a", created_at=begin, status="solved")], changes=[solve("a", NINE)])
    assert values(made, "full_resolution_time") == {"a": 735 * 86400}
    assert values(made, "full_resolution_time_business", hours=hours(OFFICE)) == {"a": 105 * 40 * 3600}


def test_time_wholly_on_the_summer_time_sunday_counted_nothing(files, hours):
    made = files(
        tickets=[
            ticket("across", created_at=datetime(2024, 3, 31, 0, 30, tzinfo=UTC), status="solved"),
            ticket("before", created_at=datetime(2024, 3, 30, 23, 0, tzinfo=UTC), status="solved"),
            ticket("spring", created_at=datetime(2024, 3, 30, 12, tzinfo=UTC), status="solved"),
            ticket("autumn", created_at=datetime(2024, 10, 26, 12, tzinfo=UTC), status="solved"),
        ],
        changes=[
            solve("across", datetime(2024, 3, 31, 2, 30, tzinfo=UTC)),
            solve("before", datetime(2024, 3, 31, 0, 45, tzinfo=UTC)),
            solve("spring", datetime(2024, 4, 1, 12, tzinfo=UTC)),
            solve("autumn", datetime(2024, 10, 28, 12, tzinfo=UTC)),
        ],
    )
    # 01:30 → 04:30 by the wall clock is 2 h; 00:00 → 01:45; the whole day has 23 h in March and 25 h in October
    expected = {"across": 7200, "before": 6300, "spring": 23 * 3600, "autumn": 25 * 3600}
    assert values(made, "full_resolution_time_business", hours=hours(SUNDAYS)) == expected


def test_a_ticket_reopened_and_still_open_had_no_reopens_and_one_never_solved_had_null(files, own):
    made = files(
        tickets=[ticket("reopened"), ticket("never"), ticket("twice", status="solved")],
        changes=[
            solve("reopened", NINE + HOUR),
            change("reopened", NINE + 2 * HOUR, "status", "solved", "open"),
            change("never", NINE + HOUR, "status", "new", "open"),
            solve("twice", NINE + HOUR),
            change("twice", NINE + 2 * HOUR, "status", "solved", "pending"),
            solve("twice", NINE + 3 * HOUR, "pending"),
        ],
    )
    catalogue = own("frame: tickets\ndate: created_at\nvalue: reopens\nagg: sum\n")
    assert values(made, "ours", catalogue) == {"reopened": 1, "never": 0, "twice": 1}
    assert values(made, "reopen_rate") == {"reopened": True, "twice": True}


@pytest.mark.parametrize("word", ["on-hold", "On-hold", "On hold", "hold", "on_hold", "ON HOLD"])
def test_on_hold_with_a_hyphen_fell_out_of_every_status_sum(files, word):
    made = files(
        tickets=[ticket("a", status="solved")],
        changes=[
            change("a", NINE + HOUR, "status", "open", word),
            change("a", NINE + 3 * HOUR, "status", word, "open"),
            solve("a", NINE + 4 * HOUR),
        ],
    )
    assert values(made, "on_hold_time") == {"a": 2 * 3600}
    assert values(made, "requester_wait_time") == {"a": 4 * 3600}
    assert values(made, "solve_time") == {"a": 4 * 3600}
    assert values(made, "agent_work_time") == {"a": 2 * 3600}


def test_no_agent_comment_was_multi_touch_and_a_lone_opening_by_the_agent_one_touch(files, own):
    at = [NINE + minutes * timedelta(minutes=10) for minutes in range(3)]
    names = ("none", "opening", "one", "two")
    made = files(
        tickets=[ticket(name, status="solved", created_by_agent=name == "opening") for name in names],
        changes=[solve(name, NINE + HOUR) for name in names],
        messages=[
            message("none", at[0], "customer"),
            message("opening", at[0], "agent"),
            message("one", at[0], "customer"),
            message("one", at[1], "agent"),
            message("two", at[0], "customer"),
            message("two", at[1], "agent"),
            message("two", at[2], "agent"),
        ],
    )
    catalogue = own("frame: tickets\ndate: created_at\nvalue: agent_replies\nagg: sum\n")
    assert values(made, "ours", catalogue) == {"none": 0, "opening": 0, "one": 1, "two": 2}
    touches = values(made, "one_touch_rate")
    assert touches == {"none": False, "opening": False, "one": True, "two": False}


def test_good_to_bad_and_bad_to_good_were_swapped(files):
    surveys = [
        {
            "survey_id": f"{number}-{month}",
            "ticket_id": number,
            "kind": "csat",
            "is_satisfied": good,
            "answered_at": datetime(2024, month, 9, tzinfo=UTC),
        }
        for number, verdicts in (("better", (False, True)), ("worse", (True, False)))
        for month, good in enumerate(verdicts, 1)
    ]
    made = files(tickets=[ticket("better"), ticket("worse")], surveys=surveys)
    for number, expected in (("better", (0, 1)), ("worse", (1, 0))):
        found = figures(ask(made, "csat", grain="month", where=f"ticket_id = '{number}'"), "csat")
        assert found == {"2024-01-01": (expected[0], 1), "2024-02-01": (expected[1], 1)}


def test_unreplied_was_always_nothing(files, own):
    at = [NINE + minutes * timedelta(minutes=10) for minutes in range(3)]
    made = files(
        tickets=[ticket("replied"), ticket("bot"), ticket("note")],
        messages=[
            *(message(name, at[0], "customer") for name in ("replied", "bot", "note")),
            message("replied", at[1], "agent"),
            message("bot", at[1], "bot"),
            message("note", at[1], "agent", is_public=False),
        ],
    )
    catalogue = own("frame: tickets\ndate: created_at\nwhere: agent_replies = 0\nagg: count\n")
    assert set(values(made, "ours", catalogue)) == {"bot", "note"}
    row = ask(made, "first_reply_time").result.frame.row(0, named=True)
    assert (row["value"], row["n"], row["of"]) == (600, 1, 3)


def test_a_schedule_without_a_zone_gave_no_business_minutes_without_a_word(files, hours):
    zoneless = OFFICE.partition("\n")[2]
    begin = NINE - HOUR  # 08:00 UTC, in Berlin 9 o'clock
    made = files(
        tickets=[ticket("a", created_at=begin, status="solved")],
        changes=[solve("a", begin + timedelta(minutes=90))],
    )
    # the report's zone holds: in Berlin all of it is open, in UTC half an hour
    berlin = values(made, "full_resolution_time_business", hours=hours(zoneless, "Europe/Berlin"))
    assert berlin == {"a": 5400}
    assert values(made, "full_resolution_time_business", hours=hours(zoneless, "UTC")) == {"a": 1800}


def test_a_schedule_of_an_unknown_zone_is_an_error_with_its_line(hours):
    with pytest.raises(DefinitionError, match=r"hours\.yml:1: .*Berlni"):
        hours(OFFICE.replace("timezone: UTC", "timezone: Europe/Berlni"))


def test_tickets_without_a_requester_vanished(files, hours):
    made = files(
        tickets=[ticket("a", status="solved", requester="r1"), ticket("b", status="solved", requester=None)],
        changes=[solve("a", NINE + HOUR), solve("b", NINE + 2 * HOUR)],
        messages=[
            *(message(name, NINE, "customer") for name in "ab"),
            *(message(name, NINE + timedelta(minutes=5), "agent") for name in "ab"),
        ],
    )
    assert figure(ask(made, "tickets_created"), "tickets_created") == (2, 2)
    assert values(made, "full_resolution_time_business", hours=hours(OFFICE)) == {"a": 3600, "b": 7200}
    assert values(made, "first_reply_time") == {"a": 300, "b": 300}
    assert figure(ask(made, "average_response_time"), "average_response_time") == (300, 2)


def test_a_private_note_before_the_first_public_comment_changed_what_counted_as_a_reply(files, own):
    at = [NINE + minutes * timedelta(minutes=10) for minutes in range(6)]
    talk = [(0, "customer", True), (2, "agent", True), (3, "customer", True), (4, "agent", True)]
    note = [(1, "agent", False)]
    made = files(
        tickets=[ticket("plain", status="solved"), ticket("noted", status="solved")],
        changes=[solve("plain", at[5]), solve("noted", at[5])],
        messages=[
            *(message("plain", at[place], role, is_public) for place, role, is_public in talk),
            *(message("noted", at[place], role, is_public) for place, role, is_public in talk + note),
        ],
    )
    replies = own("frame: tickets\ndate: created_at\nvalue: agent_replies\nagg: sum\n")
    assert values(made, "ours", replies) == {"plain": 2, "noted": 2}
    assert values(made, "first_reply_time") == {"plain": 1200, "noted": 1200}
    # 20 and 10 minutes, twice
    assert figure(ask(made, "average_response_time"), "average_response_time") == (900, 4)


def test_history_that_begins_before_the_creation_gave_negative_unassigned_time(files, hours):
    made = files(
        tickets=[ticket("held", status="solved", assignee="Ann"), ticket("left", status="solved", assignee="Bob")],
        changes=[
            change("held", NINE - HOUR, "assignee", None, "Ann"),
            solve("held", NINE + HOUR),
            change("left", NINE - 2 * HOUR, "assignee", None, "Ann"),
            change("left", NINE - HOUR, "assignee", "Ann", None),
            change("left", NINE + HOUR, "assignee", None, "Bob"),
            solve("left", NINE + 2 * HOUR),
        ],
    )
    assert values(made, "unassigned_time") == {"held": 0, "left": 3600}
    assert values(made, "assignment_to_resolution_time")["left"] == 3600
    assert values(made, "requester_wait_time_business", hours=hours(OFFICE)) == {"held": 3600, "left": 7200}


def test_the_breach_of_a_met_wait_target_was_a_projection_after_the_solve(files, own, tmp_path: Path):
    policy = tmp_path / "sla.yml"
    policy.write_text(
        "title: ours\npolicies:\n  - title: all\n    position: 1\n    filter:\n"
        "      all: [{field: organization, operator: is, value: Acme}]\n    policy_metrics:\n"
        "      - {priority: normal, metric: requester_wait, target: 120, business_hours: false}\n",
        encoding="utf-8",
    )
    names = ("met", "paused", "late")
    made = files(
        tickets=[
            *(ticket(name, status="solved", priority="normal", organization="Acme") for name in names[::2]),
            ticket("paused", status="pending", priority="normal", organization="Acme"),
            ticket("newest", created_at=NINE + 7 * DAY),
        ],
        changes=[
            solve("met", NINE + HOUR),
            change("paused", NINE + HOUR, "status", "open", "pending"),
            solve("late", NINE + 3 * HOUR),
        ],
    )
    sla = load_sla(policy)
    catalogue = own("frame: sla_cycles\ndate: breached_at\nagg: count\n")
    asked = Question(now=NOW, calendar=Calendar("UTC"), zone_given=True, sla=sla)
    rows = drill_down("ours", open_exports(made), asked, catalogue)
    assert rows.select("ticket_id", "date").rows() == [("late", NINE + 2 * HOUR)]  # met and paused: none at all
    assert values(made, "sla_attainment", sla=sla) == {"met": True, "late": False}
    assert values(made, "sla_breaches", sla=sla).keys() == {"late"}
