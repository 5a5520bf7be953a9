"""SLA policies and their clocks: every rule by hand, and random tickets against a plain event loop."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.calendars import CHOSEN, BusinessHours, load_calendar
from cs_metrics.entities import FRAMES, INSTANT
from cs_metrics.errors import DefinitionError, UsageError
from cs_metrics.shipped import configs_folder
from cs_metrics.sla import find_sla, load_sla
from cs_metrics.sla._policies import Policy, SlaPolicies, Target
from cs_metrics.sla.clocks import AS_OF, cycles, is_sla_met

MINUTE, HOUR = 60.0, 3600.0
MONDAY = datetime(2024, 1, 8, tzinfo=UTC)
WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
OFFICE = "timezone: UTC\nhours:\n" + "".join(f"  {day}: '09:00-17:00'\n" for day in WORKDAYS)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> BusinessHours:
    """Monday to Friday, nine to five, UTC."""
    path = tmp_path_factory.mktemp("calendars") / "office.yml"
    path.write_text(OFFICE)
    return BusinessHours((load_calendar(path, "UTC"),))


def at(text: str | None) -> datetime | None:
    """`10:30` on Monday, `+1 10:30` on Tuesday."""
    if text is None:
        return None
    day, _, clock = text.rpartition(" ")
    hour, minute = clock.split(":")
    return MONDAY + timedelta(days=int(day or 0), hours=int(hour), minutes=int(minute))


def sla(*targets: Target) -> SlaPolicies:
    return SlaPolicies("test", "Test", None, (Policy("All", "", (), (), targets),))


def spell_rows(ticket: str, *spells: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    """Spells from (began, status, priority); each ends where the next begins."""
    ends = [began for began, _, _ in spells[1:]] + [None]
    return [
        {
            "source": "s",
            "ticket_id": ticket,
            "began_at": at(began),
            "ended_at": at(ended),
            "status": status,
            "priority": priority,
            "is_open": status not in ("solved", "closed", "deleted"),
        }
        for (began, status, priority), ended in zip(spells, ends, strict=True)
    ]


SPELLS = {
    "source": pl.String, "ticket_id": pl.String, "began_at": INSTANT, "ended_at": INSTANT, "status": pl.String,
    "priority": pl.String, "is_open": pl.Boolean, "is_from_history": pl.Boolean,
}  # fmt: skip
TICKETS = {
    "source": pl.String, "ticket_id": pl.String, "created_at": INSTANT, "first_reply_at": INSTANT,
    "created_by_agent": pl.Boolean, AS_OF: INSTANT,
}  # fmt: skip
WAITS = {
    "source": pl.String, "ticket_id": pl.String, "asked_at": INSTANT, "replied_at": INSTANT, "is_first": pl.Boolean,
}  # fmt: skip


def told(
    policies: SlaPolicies,
    *spells: tuple[str, str, str | None],
    as_of: str = "+4 17:00",
    created: str | None = None,
    reply: str | None = None,
    by_agent: bool = False,
    waits: Sequence[tuple[str, str | None, bool]] | None = None,
    replies: Sequence[str] | None = None,
    hours: BusinessHours | None = None,
    has_history: bool = True,
) -> list[dict[str, Any]]:
    """The cycles of one ticket, as rows."""
    # spells come in any order
    rows = [row | {"is_from_history": has_history} for row in reversed(spell_rows("t", *spells))]
    ticket = {
        "source": "s",
        "ticket_id": "t",
        "created_at": at(created or spells[0][0]),
        "first_reply_at": at(reply),
        "created_by_agent": by_agent,
        AS_OF: at(as_of),
    }
    asked = None
    if waits is not None:
        listed = [("s", "t", at(since), at(until), first) for since, until, first in waits]
        asked = pl.DataFrame(listed, schema=WAITS, orient="row")
    sent = None
    if replies is not None:
        sent = pl.DataFrame(
            [("s", "t", at(each)) for each in replies],
            schema={"source": pl.String, "ticket_id": pl.String, "sent_at": INSTANT},
            orient="row",
        )
    found = cycles(
        policies, pl.DataFrame([ticket], schema=TICKETS), pl.DataFrame(rows, schema=SPELLS), asked, sent, hours
    )
    assert dict(found.schema) == {name: column.dtype for name, column in FRAMES["sla_cycles"].columns.items()}
    return found.sort("clock", "started_at").to_dicts()


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows
    return row


FIRST_REPLY_1H = sla(Target("first_reply_time", None, HOUR, False))
WORK_1H = sla(Target("agent_work", None, HOUR, False))


class TestReplyClocks:
    def test_a_reply_exactly_at_the_target_is_met(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), reply="10:00"))
        assert (row["is_met"], row["is_breached"], row["breached_at"]) == (True, False, None)
        assert (row["elapsed_seconds"], row["due_at"]) == (HOUR, at("10:00"))
        assert (row["started_at"], row["stopped_at"], row["share_left"]) == (at("09:00"), at("10:00"), None)

    def test_a_reply_a_minute_late_is_missed_and_breached_at_the_target(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), reply="10:01"))
        assert (row["is_met"], row["is_breached"], row["breached_at"]) == (False, True, at("10:00"))
        assert row["elapsed_seconds"] == HOUR + MINUTE

    def test_a_target_not_due_yet_is_neither_met_nor_missed(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), as_of="09:45"))
        assert (row["is_met"], row["is_breached"], row["stopped_at"]) == (None, False, None)
        assert (row["elapsed_seconds"], row["share_left"]) == (45 * MINUTE, 0.25)

    def test_at_the_due_instant_itself_nothing_is_breached(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), as_of="10:00"))
        assert (row["is_met"], row["is_breached"], row["share_left"]) == (None, False, 0.0)

    def test_a_running_clock_over_its_target_is_breached_and_neither_met_nor_missed(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), as_of="12:00"))
        assert (row["is_met"], row["is_breached"], row["share_left"]) == (None, True, 0.0)
        assert (row["breached_at"], row["elapsed_seconds"]) == (at("10:00"), 3 * HOUR)

    def test_a_reply_before_the_creation_makes_no_cycle(self) -> None:
        assert told(FIRST_REPLY_1H, ("09:00", "open", None), reply="08:59") == []

    def test_a_reply_with_the_creation_is_met_in_no_time(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), reply="09:00"))
        assert (row["is_met"], row["elapsed_seconds"]) == (True, 0.0)

    def test_a_reply_clock_does_not_pause_while_pending(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), ("09:10", "pending", None), reply="10:30"))
        assert (row["is_met"], row["breached_at"], row["elapsed_seconds"]) == (False, at("10:00"), 1.5 * HOUR)

    def test_a_solve_fulfils_the_first_reply(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), ("09:30", "solved", None), reply="12:00"))
        assert (row["is_met"], row["stopped_at"], row["elapsed_seconds"]) == (True, at("09:30"), 0.5 * HOUR)

    def test_the_breach_of_a_clock_that_a_solve_stopped_is_no_projection(self) -> None:
        row = only(told(FIRST_REPLY_1H, ("09:00", "open", None), ("09:30", "solved", None)))
        assert (row["breached_at"], row["is_breached"], row["due_at"]) == (None, False, at("10:00"))

    def test_a_ticket_opened_by_an_agent_has_no_first_reply_without_a_question(self) -> None:
        assert told(FIRST_REPLY_1H, ("09:00", "open", None), by_agent=True, reply="12:00") == []
        assert told(FIRST_REPLY_1H, ("09:00", "open", None), by_agent=True, reply="12:00", waits=[]) == []

    def test_a_ticket_opened_by_an_agent_counts_from_the_customers_first_message(self) -> None:
        both = sla(Target("first_reply_time", None, HOUR, False), Target("next_reply_time", None, HOUR, False))
        waits = [("11:00", "11:30", True), ("13:00", "15:00", False)]
        next_one, first = sorted(
            told(both, ("09:00", "open", None), by_agent=True, reply="11:30", waits=waits),
            key=lambda row: row["clock"] == "first_reply_time",
        )
        assert (first["started_at"], first["stopped_at"], first["is_met"]) == (at("11:00"), at("11:30"), True)
        assert (next_one["started_at"], next_one["breached_at"]) == (at("13:00"), at("14:00"))

    def test_next_replies_are_the_waits_but_the_first(self) -> None:
        waits = [("09:00", "09:10", True), ("10:00", "10:45", False), ("11:00", None, False)]
        first, second = told(
            sla(Target("next_reply_time", None, 0.5 * HOUR, False)),
            ("09:00", "open", None),
            waits=waits,
            reply="09:10",
            as_of="11:15",
        )
        assert (first["started_at"], first["breached_at"], first["is_met"]) == (at("10:00"), at("10:30"), False)
        assert (second["started_at"], second["is_met"], second["share_left"]) == (at("11:00"), None, 0.5)

    def test_the_wait_of_a_ticket_that_was_never_answered_is_its_first_reply_and_nothing_else(self) -> None:
        both = sla(Target("first_reply_time", None, HOUR, False), Target("next_reply_time", None, HOUR, False))
        row = only(told(both, ("09:00", "open", None), waits=[("09:00", None, False)], as_of="09:30"))
        assert row["clock"] == "first_reply_time"

    def test_next_replies_are_not_told_without_messages(self) -> None:
        assert told(sla(Target("next_reply_time", None, HOUR, False)), ("09:00", "open", None)) == []

    def test_a_solve_stops_the_next_reply_and_the_next_message_after_a_reopening_starts_it_anew(self) -> None:
        spells = [("09:00", "open", None), ("11:00", "solved", None), ("12:00", "open", None)]
        waits = [("09:00", "09:10", True), ("10:50", "12:20", False)]
        policies = sla(Target("next_reply_time", None, 0.5 * HOUR, False))
        before, after = told(policies, *spells, waits=waits, reply="09:10")
        assert (before["started_at"], before["stopped_at"], before["is_met"]) == (at("10:50"), at("11:00"), True)
        assert (after["started_at"], after["stopped_at"], after["is_met"]) == (at("12:00"), at("12:20"), True)

    def test_a_message_to_a_solved_ticket_that_stays_solved_starts_nothing(self) -> None:
        waits = [("09:00", "09:10", True), ("12:00", None, False)]
        policies = sla(Target("next_reply_time", None, HOUR, False))
        assert told(policies, ("09:00", "open", None), ("11:00", "solved", None), waits=waits, reply="09:10") == []

    def test_after_a_reopening_an_unanswered_ticket_waits_for_its_next_reply(self) -> None:
        both = sla(Target("first_reply_time", None, HOUR, False), Target("next_reply_time", None, HOUR, False))
        spells = [("09:00", "open", None), ("09:30", "solved", None), ("12:00", "open", None)]
        first, again = told(both, *spells, waits=[("09:00", "14:00", True)], reply="14:00")
        assert (first["clock"], first["stopped_at"], first["is_met"]) == ("first_reply_time", at("09:30"), True)
        assert (again["clock"], again["started_at"], again["breached_at"]) == (
            "next_reply_time",
            at("12:00"),
            at("13:00"),
        )


class TestUpdateClocks:
    UPDATE = sla(Target("periodic_update", None, HOUR, False))
    PAUSABLE = sla(Target("pausable_update", None, HOUR, False))

    def test_a_periodic_update_runs_from_reply_to_reply_and_a_solve_ends_it(self) -> None:
        rows = told(
            self.UPDATE, ("09:00", "open", None), ("12:00", "solved", None), replies=["09:30", "10:30", "11:45"]
        )
        assert [(row["started_at"], row["stopped_at"], row["is_met"]) for row in rows] == [
            (at("09:30"), at("10:30"), True),
            (at("10:30"), at("11:45"), False),
            (at("11:45"), at("12:00"), True),
        ]
        assert rows[1]["breached_at"] == at("11:30")

    def test_the_reply_that_solves_starts_no_update_and_a_reopening_waits_for_the_next_reply(self) -> None:
        spells = [("09:00", "open", None), ("10:00", "solved", None), ("12:00", "open", None)]
        row = only(told(self.UPDATE, *spells, replies=["10:00", "11:00", "14:00"], as_of="14:30"))
        assert (row["started_at"], row["stopped_at"], row["share_left"]) == (at("14:00"), None, 0.5)

    def test_a_pausable_update_does_not_run_while_pending(self) -> None:
        # 20 minutes open, 2 hours pending, then 40 minutes use the hour up at 12:10
        spells = [("09:00", "open", None), ("09:30", "pending", None), ("11:30", "open", None)]
        row = only(told(self.PAUSABLE, *spells, replies=["09:10"], as_of="12:10"))
        assert (row["elapsed_seconds"], row["is_breached"], row["due_at"]) == (HOUR, False, None)
        row = only(told(self.PAUSABLE, *spells, replies=["09:10"], as_of="13:00"))
        assert (row["breached_at"], row["elapsed_seconds"]) == (at("12:10"), HOUR + 50 * MINUTE)
        assert only(told(self.UPDATE, *spells, replies=["09:10"], as_of="13:00"))["breached_at"] == at("10:10")

    def test_two_replies_at_one_instant_are_one(self) -> None:
        rows = told(self.UPDATE, ("09:00", "open", None), replies=["09:30", "09:30"], as_of="09:45")
        assert len(rows) == 1


class TestWorkClocks:
    def test_agent_work_pauses_while_pending_and_on_hold(self) -> None:
        spells = [
            ("09:00", "new", None), ("09:20", "open", None), ("09:30", "pending", None), ("12:00", "on_hold", None),
            ("13:00", "open", None), ("13:30", "solved", None),
        ]  # fmt: skip
        row = only(told(WORK_1H, *spells))
        assert (row["elapsed_seconds"], row["is_met"], row["stopped_at"]) == (HOUR, True, at("13:30"))
        wait = only(told(sla(Target("requester_wait", None, HOUR, False)), *spells))
        # new and open until 9:30, then on hold from 12:00: the hour is over at 12:30, the sum is 2 hours
        assert (wait["elapsed_seconds"], wait["breached_at"], wait["is_met"]) == (2 * HOUR, at("12:30"), False)

    def test_a_clock_paused_at_as_of_runs_on(self) -> None:
        row = only(told(WORK_1H, ("09:00", "open", None), ("09:30", "pending", None), as_of="15:00"))
        assert (row["stopped_at"], row["is_met"], row["share_left"]) == (None, None, 0.5)

    def test_a_reopening_resumes_the_work_clock(self) -> None:
        spells = [
            ("09:00", "open", None),
            ("09:40", "solved", None),
            ("12:00", "open", None),
            ("12:30", "solved", None),
        ]
        row = only(told(WORK_1H, *spells))
        # 40 minutes before the solve, so that the hour is over 20 minutes after the reopening
        assert (row["elapsed_seconds"], row["breached_at"]) == (70 * MINUTE, at("12:20"))
        assert (row["started_at"], row["stopped_at"], row["is_met"]) == (at("09:00"), at("12:30"), False)

    def test_full_resolution_leaves_out_solved_stretches_and_nothing_else(self) -> None:
        spells = [
            ("09:00", "open", None),
            ("10:00", "pending", None),
            ("11:00", "solved", None),
            ("13:00", "closed", None),
        ]
        row = only(told(sla(Target("full_resolution_time", None, 2 * HOUR, False)), *spells))
        assert (row["elapsed_seconds"], row["is_met"], row["stopped_at"]) == (2 * HOUR, True, at("11:00"))

    def test_a_ticket_that_was_born_solved_has_no_cycle(self) -> None:
        full = sla(Target("full_resolution_time", None, HOUR, False), Target("first_reply_time", None, HOUR, False))
        assert told(full, ("09:00", "solved", None)) == []
        assert told(full, ("09:00", "open", None), ("09:00", "solved", None)) == []

    def test_without_history_only_the_clocks_that_need_none_are_told(self) -> None:
        every = sla(*(Target(clock, None, HOUR, False) for clock in FRAMES["sla_cycles"].columns["clock"].words))
        spells = [("09:00", "open", None), ("10:30", "solved", None)]
        rows = told(every, *spells, reply="09:30", has_history=False)
        assert [(row["clock"], row["is_met"]) for row in rows] == [
            ("first_reply_time", True),
            ("full_resolution_time", False),
        ]


class TestPriorities:
    BY_PRIORITY = sla(
        Target("agent_work", "urgent", HOUR, False),
        Target("agent_work", "normal", 4 * HOUR, False),
    )

    def test_a_priority_raised_late_breaches_then_and_not_before(self) -> None:
        row = only(told(self.BY_PRIORITY, ("09:00", "open", "normal"), ("11:00", "open", "urgent"), as_of="12:00"))
        assert (row["breached_at"], row["priority"], row["target_seconds"]) == (at("11:00"), "urgent", HOUR)

    def test_a_raised_priority_that_is_not_over_yet_counts_from_the_start(self) -> None:
        row = only(told(self.BY_PRIORITY, ("09:00", "open", "normal"), ("09:30", "open", "urgent"), as_of="12:00"))
        assert row["breached_at"] == at("10:00")

    def test_a_priority_lowered_in_time_saves_the_target(self) -> None:
        spells = [("09:00", "open", "urgent"), ("10:00", "open", "normal"), ("12:00", "solved", "normal")]
        row = only(told(self.BY_PRIORITY, *spells))
        assert (row["is_met"], row["priority"], row["target_seconds"]) == (True, "normal", 4 * HOUR)

    def test_a_priority_lowered_after_the_breach_stays_breached(self) -> None:
        row = only(told(self.BY_PRIORITY, ("09:00", "open", "urgent"), ("10:30", "open", "normal"), as_of="11:00"))
        assert (row["is_breached"], row["breached_at"], row["priority"]) == (True, at("10:00"), "urgent")
        assert (row["target_seconds"], row["elapsed_seconds"], row["share_left"]) == (HOUR, 2 * HOUR, 0.0)

    def test_a_lower_target_breaches_a_paused_clock_too(self) -> None:
        spells = [("09:00", "open", "normal"), ("11:00", "pending", "normal"), ("12:00", "pending", "urgent")]
        assert only(told(self.BY_PRIORITY, *spells, as_of="13:00"))["breached_at"] == at("12:00")

    def test_a_lower_target_that_comes_with_the_solve_breaches_nothing(self) -> None:
        spells = [("09:00", "open", "normal"), ("11:00", "solved", "urgent")]
        row = only(told(self.BY_PRIORITY, *spells))
        assert (row["is_met"], row["priority"]) == (True, "normal")

    def test_a_change_at_as_of_itself_is_in_force(self) -> None:
        row = only(told(self.BY_PRIORITY, ("09:00", "open", "normal"), ("11:00", "open", "urgent"), as_of="11:00"))
        assert (row["breached_at"], row["elapsed_seconds"]) == (at("11:00"), 2 * HOUR)

    def test_a_priority_without_target_promises_nothing_meanwhile(self) -> None:
        spells = [("09:00", "open", "low"), ("13:00", "open", "urgent"), ("14:00", "open", "low")]
        assert told(self.BY_PRIORITY, ("09:00", "open", "low")) == []
        row = only(told(self.BY_PRIORITY, *spells))
        assert (row["breached_at"], row["priority"]) == (at("13:00"), "urgent")
        row = only(told(self.BY_PRIORITY, ("09:00", "open", "urgent"), ("09:30", "open", "low"), as_of="15:00"))
        assert (row["is_breached"], row["share_left"], row["target_seconds"]) == (False, None, HOUR)

    def test_a_target_without_priority_holds_for_those_without_own(self) -> None:
        mixed = sla(Target("agent_work", "urgent", HOUR, False), Target("agent_work", None, 8 * HOUR, False))
        for priority, target in (("urgent", HOUR), ("low", 8 * HOUR), (None, 8 * HOUR)):
            row = only(told(mixed, ("09:00", "open", priority), as_of="09:30"))
            assert (row["target_seconds"], row["priority"]) == (target, priority)

    def test_changes_that_are_no_matter_of_the_clock_change_nothing(self) -> None:
        spells = [("09:00", "open", "urgent"), ("09:10", "open", "urgent"), ("09:20", "open", "urgent")]
        assert told(self.BY_PRIORITY, *spells) == told(self.BY_PRIORITY, spells[0])


class TestHours:
    def test_business_hours_stop_at_night_and_calendar_time_does_not(self, office: BusinessHours) -> None:
        for in_business_hours, due in ((True, "+1 10:00"), (False, "18:00")):
            policies = sla(Target("first_reply_time", None, 2 * HOUR, in_business_hours))
            row = only(told(policies, ("16:00", "open", None), reply="+1 10:30", hours=office))
            assert (row["due_at"], row["breached_at"], row["is_met"]) == (at(due), at(due), False)
            assert row["elapsed_seconds"] == (2.5 if in_business_hours else 18.5) * HOUR

    def test_a_reply_at_night_to_a_target_used_up_at_closing_time_is_met(self, office: BusinessHours) -> None:
        policies = sla(Target("first_reply_time", None, HOUR, True))
        row = only(told(policies, ("16:00", "open", None), reply="22:00", hours=office))
        assert (row["is_met"], row["elapsed_seconds"], row["due_at"]) == (True, HOUR, at("17:00"))

    def test_a_paused_clock_breaches_within_opening_hours(self, office: BusinessHours) -> None:
        # half an hour before the pause, half an hour until closing time, the rest the next morning
        spells = [("09:00", "open", None), ("09:30", "pending", None), ("16:30", "open", None)]
        row = only(told(sla(Target("agent_work", None, 2 * HOUR, True)), *spells, hours=office, as_of="+1 12:00"))
        assert (row["breached_at"], row["elapsed_seconds"], row["due_at"]) == (at("+1 10:00"), 4 * HOUR, None)

    def test_a_change_of_priority_may_change_the_hours(self, office: BusinessHours) -> None:
        mixed = sla(Target("agent_work", "normal", 4 * HOUR, True), Target("agent_work", "urgent", 4 * HOUR, False))
        spells = [("16:00", "open", "normal"), ("20:30", "open", "urgent")]
        # until then an opening hour has passed, and 4.5 of the clock's
        row = only(told(mixed, *spells, hours=office, as_of="21:00"))
        assert (row["breached_at"], row["in_business_hours"], row["elapsed_seconds"]) == (at("20:30"), False, 5 * HOUR)

    def test_where_the_calendar_knows_nothing_there_is_no_verdict(self, tmp_path: Path) -> None:
        path = tmp_path / "later.yml"
        path.write_text("timezone: UTC\nversions:\n  - {from: 2024-01-09, hours: {tuesday: '09:00-17:00'}}\n")
        hours = BusinessHours((load_calendar(path, "UTC"),))
        row = only(told(sla(Target("agent_work", None, HOUR, True)), ("09:00", "open", None), hours=hours))
        assert (row["elapsed_seconds"], row["is_breached"], row["is_met"], row["share_left"]) == (None,) * 4

    def test_each_ticket_has_the_hours_of_its_calendar(self, office: BusinessHours) -> None:
        two = BusinessHours((*office.calendars, load_calendar(configs_folder() / "calendars" / "always.yml", "UTC")))
        two = replace(two, rules=(("group", {"Night": 1}),))
        rows = [("s", name, at("16:00"), None, False, at("+1 12:00"), index) for name, index in (("a", 0), ("b", 1))]
        tickets = pl.DataFrame(rows, schema=TICKETS | {CHOSEN: pl.UInt8}, orient="row")
        spells = [row for name in "ab" for row in spell_rows(name, ("16:00", "open", None))]
        policies = sla(Target("agent_work", None, 2 * HOUR, True), Target("first_reply_time", None, 2 * HOUR, True))
        found = cycles(
            policies, tickets, pl.DataFrame(spells, schema={n: SPELLS[n] for n in spells[0]}), None, None, two
        )
        assert found.select("ticket_id", "clock", "breached_at").rows() == [
            ("a", "first_reply_time", at("+1 10:00")),
            ("b", "first_reply_time", at("18:00")),
            ("a", "agent_work", at("+1 10:00")),
            ("b", "agent_work", at("18:00")),
        ]


class TestPopulation:
    def test_tickets_that_match_no_policy_have_no_cycles(self, tmp_path: Path) -> None:
        policies = load(tmp_path, "filter: {all: [{field: x_plan, operator: is, value: gold}]}")
        assert told(policies, ("09:00", "open", None), reply="12:00") == []

    def test_ids_of_two_sources_stay_two_tickets(self) -> None:
        tickets = pl.DataFrame(
            [
                ("a", "1", at("09:00"), at("09:30"), False, at("15:00")),
                ("b", "1", at("09:00"), None, False, at("11:00")),
            ],
            schema=TICKETS,
            orient="row",
        )
        rows = [row | {"source": source} for source in "ab" for row in spell_rows("1", ("09:00", "open", None))]
        spells = {name: dtype for name, dtype in SPELLS.items() if name != "is_from_history"}
        found = cycles(FIRST_REPLY_1H, tickets, pl.DataFrame(rows, schema=spells), None, None, None)
        # b's export says of no ticket when it was replied to, so that nothing is known of it
        assert found.select("source", "is_met").rows() == [("a", True)]

    def test_a_ticket_has_met_its_sla_when_all_cycles_are_met(self) -> None:
        flags = [("a", True, False), ("a", True, False), ("b", True, False), ("b", None, False), ("c", None, True),
                 ("c", True, False), ("d", False, True)]  # fmt: skip
        frame = pl.DataFrame(
            [("s", *row) for row in flags],
            schema={"source": pl.String, "ticket_id": pl.String, "is_met": pl.Boolean, "is_breached": pl.Boolean},
            orient="row",
        )
        assert dict(is_sla_met(frame).select("ticket_id", "is_sla_met").rows()) == {
            "a": True, "b": None, "c": False, "d": False,
        }  # fmt: skip


def load(folder: Path, text: str, targets: str = "[{metric: first_reply_time, target: 60}]") -> SlaPolicies:
    path = folder / "one.yml"
    path.write_text(f"title: One\n{text}\npolicy_metrics: {targets}\n")
    return load_sla(path)


class TestFiles:
    def test_the_shipped_policies_load_and_are_found_by_name(self) -> None:
        for path in sorted((configs_folder() / "sla").glob("*.yml")):
            assert find_sla(path.stem, [configs_folder()]) == load_sla(path)
        assert find_sla("standard", [configs_folder()]).needs_calendar

    def test_an_unknown_sla_is_refused_with_the_nearest_name(self) -> None:
        with pytest.raises(UsageError, match=r"no SLA 'standart'.*Did you mean 'standard'\?"):
            find_sla("standart", [configs_folder()])

    def test_a_later_folder_wins_and_a_path_is_taken_too(self, tmp_path: Path) -> None:
        (tmp_path / "sla").mkdir()
        path = tmp_path / "sla" / "standard.yml"
        path.write_text("title: Ours\npolicy_metrics: [{metric: agent_work, target: 1d}]\n")
        assert find_sla("standard", [configs_folder(), tmp_path]).title == "Ours"
        assert find_sla(str(path), []).title == "Ours"

    def test_targets_are_minutes_or_spans_and_zendesks_names_are_known(self, tmp_path: Path) -> None:
        listed = ", ".join(
            f"{{metric: {name}, target: {target}}}"
            for name, target in (
                ("requester_wait_time", 90), ("agent_work_time", "4h"), ("periodic_update_time", "30min"),
                ("pausable_update_time", "1d"), ("total_resolution_time", 1),
            )
        )  # fmt: skip
        policies = load(tmp_path, "", f"[{listed}]")
        assert [(target.clock, target.seconds) for target in policies.policies[0].targets] == [
            ("requester_wait", 5400.0), ("agent_work", 14400.0), ("periodic_update", 1800.0),
            ("pausable_update", 86400.0), ("full_resolution_time", 60.0),
        ]  # fmt: skip

    def test_policies_are_tried_by_position_and_those_without_come_last(self, tmp_path: Path) -> None:
        path = tmp_path / "several.yml"
        told_ = "policy_metrics: [{metric: agent_work, target: 60}]"
        path.write_text(
            "title: Several\npolicies:\n"
            + "".join(
                f"  - {{title: {title}{position}, {told_}}}\n"
                for title, position in (("x", ""), ("y", ", position: 7"), ("z", ", position: 2"), ("w", ""))
            )
        )
        assert [policy.title for policy in load_sla(path).policies] == ["z", "y", "x", "w"]

    @pytest.mark.parametrize(
        ("condition", "matches"),
        [
            ("{field: organization, operator: is, value: Acme}", [True, False, False]),
            ("{field: organization, operator: is_not, value: Acme}", [False, True, True]),
            ("{field: organization, operator: includes, value: [Acme, Beta]}", [True, True, False]),
            ("{field: organization, operator: not_includes, value: [Acme, Beta]}", [False, False, True]),
            ("{field: organization, operator: present}", [True, True, False]),
            ("{field: organization, operator: not_present}", [False, False, True]),
            ("{field: tags, operator: includes, value: [vip, gold]}", [True, False, False]),
            ("{field: tags, operator: not_includes, value: vip}", [False, True, True]),
            ("{field: tags, operator: present}", [True, False, False]),
            ("{field: priority, operator: less_than, value: urgent}", [False, True, False]),
            ("{field: priority, operator: greater_than_or_equal, value: normal}", [True, True, False]),
            ("{field: reopens, operator: greater_than, value: 1}", [True, False, False]),
            ("{field: reopens, operator: less_than_equal, value: 1}", [False, True, False]),
            ("{field: created_at, operator: less_than, value: 2024-01-09}", [True, False, False]),
            ("{field: created_by_agent, operator: is, value: true}", [True, False, False]),
            ("{field: x_seats, operator: greater_than_equal, value: 10}", [True, False, False]),
            ("{field: x_plan, operator: is, value: gold}", [False, False, False]),
            ("{field: x_plan, operator: is_not, value: gold}", [False, False, False]),
        ],
    )
    def test_conditions(self, tmp_path: Path, condition: str, matches: list[bool]) -> None:
        rows = pl.DataFrame(
            {
                "organization": ["Acme", "Beta", None],
                "tags": [["vip", "new"], [], None],
                "priority": ["urgent", "normal", None],
                "reopens": [2, 1, None],
                "created_at": [at("09:00"), at("+1 09:00"), None],
                "created_by_agent": [True, False, None],
                "x_seats": ["10", "9", "many"],
            }
        )
        for key in ("all", "any"):
            policies = load(tmp_path, f"filter: {{{key}: [{condition}]}}")
            found = rows.with_columns(place=policies.matching(set(rows.columns)))["place"]
            assert [place == 0 for place in found] == matches
            assert policies.absent(set(rows.columns)) == (("x_plan",) if "x_plan" in condition else ())

    def test_all_must_hold_and_one_of_any(self, tmp_path: Path) -> None:
        policies = load(
            tmp_path,
            "filter:\n  all: [{field: group, operator: is, value: A}]\n"
            "  any: [{field: priority, operator: is, value: low}, {field: x_b, operator: present}]",
        )
        rows = pl.DataFrame({"group": ["A", "A", "B"], "priority": ["low", "high", "low"]})
        assert rows.select(policies.matching({"group", "priority"})).to_series().to_list() == [0, None, None]
        assert policies.columns == ("group", "priority", "x_b")

    def test_the_first_policy_that_matches_applies(self, tmp_path: Path) -> None:
        path = tmp_path / "two.yml"
        path.write_text(
            "title: Two\npolicies:\n"
            "  - title: Low\n    filter: {all: [{field: priority, operator: is, value: low}]}\n"
            "    policy_metrics: [{metric: agent_work, target: 60}]\n"
            "  - {title: Rest, policy_metrics: [{metric: agent_work, target: 30}]}\n"
        )
        rows = pl.DataFrame({"priority": ["low", "high", None]})
        assert rows.select(load_sla(path).matching({"priority"})).to_series().to_list() == [0, 1, 1]

    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            ("calender: x", 2, "unknown key 'calender'. Did you mean 'calendar'?"),
            ("calendar: [x]", 2, "calendar: '['x']' must be text"),
            ("position: first", 2, "position: 'first' must be a whole number"),
            ("filter: vip", 2, "filter: this must have `all` or `any`, each a list of conditions"),
            ("filter:\n  every: []", 3, "unknown key 'every'."),
            ("filter:\n  all: vip", 3, "all: this must be a list"),
            ("filter:\n  all: [vip]", 3, "all: 'vip' is not a list of `key: value`"),
            ("filter:\n  all:\n    - {field: group, value: x}", 4, "the key 'operator' is missing"),
            ("filter:\n  all:\n    - {field: group, operator: iss, value: x}", 4, "operator: 'iss' is none of is, "),
            (
                "filter:\n  all:\n    - {field: grup, operator: is, value: x}",
                4,
                "no column 'grup'. Did you mean 'group'?",
            ),
            (
                "filter:\n  all:\n    - field: priority\n      operator: is\n      value: hihg",
                6,
                "Did you mean 'high'?",
            ),
            ("filter:\n  all:\n    - {field: tags, operator: is, value: x}", 4, "use includes or not_includes"),
            ("filter:\n  all:\n    - {field: group, operator: is, value: [x, y]}", 4, "is takes one value"),
            ("filter:\n  all:\n    - {field: group, operator: is}", 4, "is takes one value"),
            ("filter:\n  all:\n    - {field: group, operator: present, value: x}", 4, "present takes no value"),
            ("filter:\n  all:\n    - {field: group, operator: includes, value: []}", 4, "includes takes a list"),
            ("filter:\n  all:\n    - {field: group, operator: less_than, value: x}", 4, "group has no order"),
            ("filter:\n  all:\n    - {field: reopens, operator: is, value: x}", 4, "'x' is not a number"),
            ("filter:\n  all:\n    - {field: escalated, operator: is, value: x}", 4, "escalated is true or false"),
            ("filter:\n  all:\n    - {field: created_at, operator: less_than, value: x}", 4, "'x' is not an instant"),
        ],
    )
    def test_a_wrong_policy_is_refused_with_its_line(self, tmp_path: Path, text: str, line: int, message: str) -> None:
        with pytest.raises(DefinitionError) as caught:
            load(tmp_path, text)
        (problem,) = caught.value.problems
        assert problem.line == line
        assert message in problem.message

    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ("{metric: first_replie_time, target: 60}", "metric: 'first_replie_time' is none of"),
            ("{metric: first_replie_time, target: 60}", "Did you mean 'first_reply_time'?"),
            (
                "{metric: agent_work, target: 60, priority: ugent}",
                "priority: 'ugent' is none of low, normal, high, urgent.",
            ),
            ("{metric: agent_work, target: soon}", "target: 'soon' is not a span of time"),
            ("{metric: agent_work, target: 1.5}", "target: '1.5' must be a whole number of minutes"),
            ("{metric: agent_work, target: 0}", "target: 0 is no time at all"),
            ("{metric: agent_work, target: -5}", "target: -5 is no time at all"),
            (
                "{metric: agent_work, target: 60, business_hours: maybe}",
                "business_hours: 'maybe' must be true or false",
            ),
            ("{metric: agent_work}", "the key 'target' is missing"),
            ("{metric: agent_work, target: 60, hours: 3}", "unknown key 'hours'"),
        ],
    )
    def test_a_wrong_target_is_refused_with_its_line(self, tmp_path: Path, target: str, message: str) -> None:
        path = tmp_path / "bad.yml"
        path.write_text(f"title: Bad\npolicy_metrics:\n  - {target}\n")
        with pytest.raises(DefinitionError) as caught:
            load_sla(path)
        (problem,) = caught.value.problems
        assert problem.line == 3
        assert message in problem.message

    def test_all_problems_of_a_file_come_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.yml"
        path.write_text(
            "policies:\n"  # the title is missing
            "  - title: A\n"
            "    position: 1\n"
            "    policy_metrics:\n"
            "      - {priority: urgent, metric: agent_work, target: 60}\n"
            "      - {priority: urgent, metric: agent_work_time, target: 30}\n"
            "  - title: B\n"
            "    position: 1\n"
            "    policy_metrics: [{metric: agent_wrk, target: 60}]\n"
            "  - title: C\n"
            "  - title: D\n"
            "    policy_metrics: []\n"
            "position: 3\n"
        )
        with pytest.raises(DefinitionError) as caught:
            load_sla(path)
        assert [(problem.line, problem.message) for problem in caught.value.problems] == [
            (1, "the key 'title' is missing"),
            (6, "policy_metrics: agent_work has two targets for priority urgent"),
            (8, "position: 1 is taken by the policy 'A'"),
            (9, "metric: 'agent_wrk' is none of first_reply_time, next_reply_time, periodic_update, pausable_update, "
                "requester_wait, agent_work, full_resolution_time. Did you mean 'agent_work'?"),
            (10, "the key 'policy_metrics' is missing"),
            (12, "policy_metrics: there is none"),
            (13, "'position' belongs to one policy, and this file lists `policies`"),
        ]  # fmt: skip

    def test_an_empty_file_says_what_is_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.yml"
        for text, expected in (
            ("", ["'policies' is missing", "'title' is missing"]),
            ("title: x\npolicies: []\n", ["there is none"]),
            ("title: x\npolicies: 3\n", ["must be a list"]),
        ):
            path.write_text(text)
            with pytest.raises(DefinitionError) as caught:
                load_sla(path)
            assert len(caught.value.problems) == len(expected)
            for problem, part in zip(caught.value.problems, expected, strict=True):
                assert part in problem.message


# --- random tickets against an event loop that knows nothing of the code above ---------------------------------------

TICK = timedelta(minutes=15)
ORIGIN = at("14:00")
LENGTH = 120  # ticks: thirty hours, a night among them


@dataclass
class Story:
    """A ticket's life by tick: at most one change of each kind at a time."""

    status: dict[int, str]
    priority: dict[int, str | None]
    said: dict[int, str]  # "ask" or "reply"
    by_agent: bool
    as_of: int


@dataclass
class Clock:
    name: str
    started: int
    ran: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})  # by: in business hours
    last_ran: dict[bool, int] = field(default_factory=lambda: {False: -1, True: -1})
    stopped: int | None = None
    breached: int | None = None
    target: Target | None = None
    priority: str | None = None
    target_now: Target | None = None
    rule: tuple[float, bool] | None = None  # the target that has held since `since`, the ticket unsolved all along
    since: int = 0


RUNS_AS = {
    "requester_wait": {"new", "open", "on_hold"},
    "agent_work": {"new", "open"},
    "pausable_update": {"new", "open", "on_hold"},
}
DONE = ("solved", "closed")


def is_open_tick(tick: int) -> bool:
    moment = ORIGIN + tick * TICK
    return moment.weekday() < 5 and 9 <= moment.hour < 17


def instant(tick: int | None) -> datetime | None:
    return None if tick is None else ORIGIN + tick * TICK


class Loop:
    """Walks a story tick by tick and keeps the clocks as a person with a stopwatch would."""

    def __init__(self, story: Story, policy: Policy) -> None:
        self.story, self.policy = story, policy
        self.clocks: list[Clock] = []

    def running(self, *names: str) -> list[Clock]:
        return [clock for clock in self.clocks if clock.name in names and clock.stopped is None]

    def walk(self) -> list[Clock]:
        story = self.story
        status, priority = story.status[0], story.priority[0]
        unanswered, first_wait_over, first_replied = not story.by_agent, False, False
        for now in range(story.as_of + 1):
            said = story.said.get(now)
            replied = said == "reply"
            if replied:
                for clock in self.running("first_reply_time", "next_reply_time", "periodic_update", "pausable_update"):
                    clock.stopped = now
                if unanswered:
                    first_wait_over = True
                unanswered = False
            elif said == "ask":
                unanswered = True
            was_done = status in DONE
            status, priority = story.status.get(now, status), story.priority.get(now, priority)
            is_done = status in DONE
            if is_done and not was_done:
                for clock in self.running("first_reply_time", "next_reply_time", "periodic_update", "pausable_update"):
                    clock.stopped = now
            if not is_done:
                if unanswered and not self.running("first_reply_time", "next_reply_time"):
                    first = not first_wait_over and not first_replied
                    self.clocks.append(Clock("first_reply_time" if first else "next_reply_time", now))
                    first_replied = True
                if replied:
                    self.clocks += [Clock("periodic_update", now), Clock("pausable_update", now)]
            for name in ("requester_wait", "agent_work", "full_resolution_time"):
                mine = next((clock for clock in self.clocks if clock.name == name), None)
                if mine is None and not is_done:
                    self.clocks.append(Clock(name, now))
                elif mine is not None and is_done != was_done:
                    mine.stopped, mine.rule = now if is_done else None, None
            for clock in self.clocks:
                if clock.stopped is None:
                    self.look(clock, status, priority, now)
        return [clock for clock in self.clocks if clock.target is not None]

    def look(self, clock: Clock, status: str, priority: str | None, now: int) -> None:
        """The target in force, whether it is over by now, and a tick on the clock."""
        target = self.policy.target(clock.name, priority)
        clock.target_now = target
        if target is not None and clock.breached is None:
            clock.target, clock.priority = target, priority
            if clock.ran[target.in_business_hours] * TICK.total_seconds() > target.seconds:
                clock.breached = now
        runs = clock.name not in RUNS_AS or status in RUNS_AS[clock.name]
        rule = (target.seconds, target.in_business_hours) if target is not None else None
        if rule != clock.rule or rule is None:
            clock.rule, clock.since = rule, now
        if now == self.story.as_of or not runs:
            return
        for in_business_hours in (False, True):
            if in_business_hours and not is_open_tick(now):
                continue
            is_mine = target is not None and target.in_business_hours == in_business_hours
            full = is_mine and clock.ran[in_business_hours] * TICK.total_seconds() == target.seconds
            if full and clock.breached is None:
                clock.breached = max(clock.last_ran[in_business_hours], clock.since, clock.started)
            clock.ran[in_business_hours] += 1
            clock.last_ran[in_business_hours] = now + 1


def due(clock: Clock) -> datetime | None:
    if clock.name not in ("first_reply_time", "next_reply_time", "periodic_update"):
        return None
    left, tick = clock.target.seconds / TICK.total_seconds(), clock.started
    while left:
        left -= not clock.target.in_business_hours or is_open_tick(tick)
        tick += 1
    return instant(tick)


def expected_rows(ticket: str, story: Story, policy: Policy) -> list[tuple[Any, ...]]:
    rows = []
    for clock in Loop(story, policy).walk():
        elapsed = clock.ran[clock.target.in_business_hours] * TICK.total_seconds()
        left = None
        if clock.stopped is None and clock.breached is not None:
            left = 0.0
        elif clock.stopped is None and clock.target_now is not None:
            left = max(0.0, 1 - elapsed / clock.target_now.seconds)
        is_met = None if clock.stopped is None else clock.breached is None
        rows.append(
            (
                ticket, clock.name, clock.priority, clock.target.seconds, clock.target.in_business_hours,
                instant(clock.started), instant(clock.stopped), due(clock), instant(clock.breached), elapsed,
                clock.breached is not None, is_met, left if left is None else round(left, 9),
            )
        )  # fmt: skip
    return rows


def random_story(rng: random.Random) -> Story:
    as_of = rng.randrange(20, LENGTH)
    busy = rng.choice((2, 6, 12))
    ticks = sorted(rng.sample(range(1, as_of + 1), min(busy, as_of)))
    statuses = ("new", "open", "pending", "on_hold", "solved", "solved", "closed")
    status, priority, said = {0: rng.choice(statuses[:4] * 4 + statuses)}, {0: rng.choice((None, "low", "urgent"))}, {}
    for tick in ticks:
        if rng.random() < 0.5:
            status[tick] = rng.choice(statuses)
        if rng.random() < 0.3:
            priority[tick] = rng.choice((None, "low", "high", "urgent"))
        if rng.random() < 0.6:
            said[tick] = rng.choice(("ask", "reply"))
    by_agent = rng.random() < 0.25
    return Story(status, priority, said, by_agent, as_of)


def random_policy(rng: random.Random) -> Policy:
    targets = [
        Target(clock, priority, 900.0 * rng.choice((1, 2, 4, 8, 12, 12, 20, 40)), rng.random() < 0.5)
        for clock in FRAMES["sla_cycles"].columns["clock"].words
        for priority in (None, "low", "high", "urgent")
        if rng.random() < 0.6
    ]
    return Policy("Random", "", (), (), tuple(targets))


def frames_of(stories: Sequence[Story]) -> tuple[pl.DataFrame, ...]:
    """Tickets, spells, waits and replies of the stories, as history and messages would give them."""
    tickets, spells, waits, replies = [], [], [], []
    for number, story in enumerate(stories):
        name = ("s", str(number))
        asks = [tick for tick, what in sorted(story.said.items()) if what == "ask"]
        sent = [tick for tick, what in sorted(story.said.items()) if what == "reply"]
        replies += [(*name, instant(tick)) for tick in sent]
        tickets.append((*name, ORIGIN, instant(sent[0] if sent else None), story.by_agent, instant(story.as_of)))
        asked = None if story.by_agent else 0
        for tick in sorted({*asks, *sent}):
            if tick in sent and asked is not None:
                waits.append((*name, instant(asked), instant(tick), tick == sent[0]))
                asked = None
            elif tick not in sent and asked is None:
                asked = tick
        if asked is not None:
            waits.append((*name, instant(asked), None, False))
        begins = sorted({*story.status, *story.priority})
        status = priority = None
        for place, tick in enumerate(begins):
            status, priority = story.status.get(tick, status), story.priority.get(tick, priority)
            ended = instant(begins[place + 1]) if place + 1 < len(begins) else None
            spells.append((*name, instant(tick), ended, status, priority, status not in DONE, True))
    sent_schema = {"source": pl.String, "ticket_id": pl.String, "sent_at": INSTANT}
    return tuple(
        pl.DataFrame(rows, schema=schema, orient="row")
        for rows, schema in ((tickets, TICKETS), (spells, SPELLS), (waits, WAITS), (replies, sent_schema))
    )


def check_random(seeds: range, office: BusinessHours) -> int:
    compared = 0
    for seed in seeds:
        rng = random.Random(seed)
        policy = random_policy(rng)
        stories = [random_story(rng) for _ in range(40)]
        found = cycles(SlaPolicies("random", "Random", None, (policy,)), *frames_of(stories), office)
        columns = [name for name in FRAMES["sla_cycles"].columns if name not in ("source", "policy", "updated_at")]
        rows = found.with_columns(pl.col("share_left").round(9)).select(columns).rows()
        key = [columns.index(name) for name in ("ticket_id", "clock", "started_at")]
        expected = [row for n, story in enumerate(stories) for row in expected_rows(str(n), story, policy)]
        for mine, theirs in zip(*(sorted(r, key=lambda x: [x[k] for k in key]) for r in (rows, expected)), strict=True):
            assert mine == theirs, (seed, stories[int(mine[0])], policy)
        compared += len(rows)
    return compared


@pytest.mark.slow
def test_random_tickets_agree_with_a_plain_event_loop(office: BusinessHours) -> None:
    assert check_random(range(15), office) > 1500


@pytest.mark.slow
def test_many_random_tickets_agree_with_a_plain_event_loop(office: BusinessHours) -> None:
    assert check_random(range(1000, 1100), office) > 12_000
