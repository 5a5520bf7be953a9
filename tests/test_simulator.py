"""The simulator is the yardstick for readers and metrics, so it is measured first: repeatable, fresh, right by hand."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import timedelta
from functools import cache

import pytest

from tests.simulator import awkward, freshdesk, lives, lives_truth, truth, zendesk, zendesk_api
from tests.simulator.__main__ import SAMPLE_DATA, sample_files, write
from tests.simulator.accounts import expected_accounts
from tests.simulator.clock import SCHEDULE, berlin, minutes_between
from tests.simulator.history import simulate
from tests.simulator.model import History, Ticket

pytestmark = pytest.mark.slow  # a year simulated several times; what it makes is what the other tests read


@cache
def year() -> History:
    return simulate()


@cache
def samples() -> dict[str, bytes]:
    return sample_files(year())


def ticket(number: int) -> Ticket:
    return next(ticket for ticket in year().tickets if ticket.id == number)


def zendesk_csv() -> list[dict[str, str]]:
    text = (SAMPLE_DATA / "zendesk/tickets.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_two_runs_write_the_same_bytes(tmp_path):
    write(tmp_path / "one")
    write(tmp_path / "two")
    for name in samples():
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_the_committed_samples_are_what_the_simulator_writes():
    committed = {name: (SAMPLE_DATA / name).read_bytes() for name in samples()}
    stale = [name for name, written in samples().items() if unpacked(name, written) != unpacked(name, committed[name])]
    assert stale == [], "run: python -m tests.simulator"


def unpacked(name: str, content: bytes) -> bytes:
    """Another zlib may compress differently."""
    return gzip.decompress(content) if name.endswith(".gz") else content


def test_the_sample_data_stays_small():
    assert sum(path.stat().st_size for path in SAMPLE_DATA.rglob("*") if path.is_file()) < 4_100_000


def test_the_year_has_six_hundred_tickets_and_ends_with_the_last_message():
    assert len(year().tickets) == 600
    assert year().as_of == berlin(2025, 12, 30, 17, 52)


def test_no_event_lies_before_its_ticket_or_after_the_export():
    for one in year().tickets:
        assert all(one.created <= event.at <= year().end for event in one.events), one.id
        assert [event.at for event in one.events] == sorted(event.at for event in one.events), one.id


def test_every_instant_is_a_whole_minute_because_zendesk_knows_no_seconds():
    assert all(event.at.second == event.at.microsecond == 0 for one in year().tickets for event in one.events)


def test_september_is_the_bad_month():
    figures = truth.figures(year())
    reply, csat, created = figures["first_reply_time"], figures["csat"], figures["tickets_created"]
    others = [month for month in truth.MONTHS if month != "2025-09"]
    assert all(reply["2025-09"][0] > 3 * reply[month][0] for month in others)
    assert all(csat["2025-09"][0] < csat[month][0] for month in others)
    assert all(created["2025-09"][0] > created[month][0] for month in others)


def test_the_reply_over_the_start_of_summer_time_took_one_hour():
    one = ticket(502)
    assert (zendesk.row(one)["Created at"], freshdesk.clock(one.replies[0].at)) == (
        "2025-03-30 01:30",
        "2025-03-30 03:30:00",
    )
    assert zendesk.row(one)["First reply time in minutes"] == "60"


def test_the_reply_over_the_end_of_summer_time_took_105_minutes():
    one = ticket(503)
    assert (zendesk.row(one)["Created at"], freshdesk.clock(one.replies[0].at)) == (
        "2025-10-26 02:30",
        "2025-10-26 03:15:00",
    )
    assert minutes_between(one.created, one.replies[0].at) == 105


def test_business_hours_stop_over_the_weekend():
    friday, monday = berlin(2025, 6, 6, 16, 30), berlin(2025, 6, 9, 9, 15)
    assert SCHEDULE.minutes(friday, monday) == 45
    assert SCHEDULE.after(friday, 45) == monday
    assert SCHEDULE.minutes(berlin(2025, 6, 7, 10), berlin(2025, 6, 7, 12)) == 0


def test_a_first_reply_may_come_after_the_first_solve():
    row = zendesk.row(ticket(504))
    assert (row["First resolution time in minutes"], row["First reply time in minutes"]) == ("121", "1630")
    assert (row["Full resolution time in minutes"], row["Reopens"], row["Replies"]) == ("1630", "1", "1")


def test_a_reopened_ticket_has_a_first_resolution_but_no_full_one():
    row = zendesk.row(ticket(506))
    assert (row["Status"], row["Reopens"], row["Satisfaction Score"]) == ("Open", "1", "Bad")
    assert (row["First resolution time in minutes"], row["Full resolution time in minutes"]) == ("90", "")
    assert row["Solved at"] == ""


def test_bots_and_private_notes_are_no_replies():
    row = freshdesk.row(ticket(509), year().end)
    assert row[freshdesk.HEADER.index("First response time (in hrs)")] == "00:00:00"
    assert row[freshdesk.HEADER.index("Initial response time")] == ""
    assert zendesk.row(ticket(509))["Replies"] == "0"


def test_percentiles_are_interpolated_and_shares_counted_by_hand():
    start = berlin(2025, 1, 2)
    few = History(tuple(ticket(number) for number in (501, 502, 503, 504)), (), start, year().end)
    figures = truth.figures(few)
    assert figures["first_reply_time"]["all"] == ((60 + 105) / 2 * 60, 4)
    assert figures["reopen_rate"]["all"] == (0.25, 4)
    assert figures["one_touch_rate"]["2025-05"] == (0.0, 1)
    assert figures["tickets_solved"]["2025-03"] == (1, 1)


def test_a_week_must_pass_before_a_contact_counts_as_resolved_at_first():
    solved = truth.figures(year())["tickets_solved"]["all"][1]
    last_week = year().as_of - timedelta(days=7)
    fresh = sum(row.solved and row.last_solve > last_week for row in truth.seen(year(), "history") if not row.merged)
    assert fresh > 0
    assert truth.figures(year())["first_contact_resolution"]["all"][1] == solved - fresh


def test_every_row_of_the_ticket_csv_is_accounted_for():
    account = expected_accounts(year())["zendesk/tickets.csv"]
    assert account["read"] == len(zendesk_csv())
    assert (account["rejected"], account["duplicates"]) == (2, 1)
    merged = sum("closed_by_merge" in row["Tags"].split() for row in zendesk_csv())
    assert account["excluded"] == {"merged": merged}
    assert account["used"] == truth.figures(year(), "zendesk")["tickets_created"]["all"][0]


@pytest.mark.parametrize(
    "vendor, path",
    [
        ("zendesk", "zendesk/tickets.csv"),
        ("zendesk_api", "zendesk_api"),
        ("freshdesk", "freshdesk/tickets.csv"),
        ("freshdesk_api", "freshdesk_api/tickets.json"),
    ],
)
def test_the_used_rows_of_a_vendor_are_its_created_tickets(vendor, path):
    assert expected_accounts(year())[path]["used"] == truth.figures(year(), vendor)["tickets_created"]["all"][0]


def test_the_incremental_page_has_newer_versions_of_tickets_in_the_account_export():
    older = {one.id: one for one in zendesk_api.exported(year())}
    newer = {one.id: one for one in zendesk_api.changed(year())}
    both = older.keys() & newer.keys()
    assert any(newer[number].updated > older[number].updated for number in both)
    assert all(newer[number].updated >= older[number].updated for number in both)
    assert (older[511].deleted, newer[511].deleted) == (False, True)
    assert len(older.keys() | newer.keys()) == sum(not one.spam for one in year().tickets)


def test_the_ticket_csvs_are_well_formed_and_the_broken_one_is_not():
    told = [f"lives/{name}.csv" for name in ("tickets", "changes", "messages")]
    for name in ("zendesk/tickets.csv", "freshdesk/tickets.csv", "common/surveys.csv", *told):
        with (SAMPLE_DATA / name).open(newline="", encoding="utf-8") as stream:
            assert len({len(row) for row in csv.reader(stream)}) == 1, name
    with (SAMPLE_DATA / "broken/ragged.csv").open(newline="", encoding="utf-8") as stream:
        assert [len(row) - len(zendesk.HEADER) for row in csv.reader(stream)].count(0) == 1 + 18


def test_nobody_awkward_writes_a_second_time():
    regular = {one.requester.id for one in year().tickets}
    for vendor in ("zendesk", "freshdesk"):
        for case in awkward.awkward(vendor):
            assert case.fate == "duplicate" or case.ticket.requester.id not in regular, case.why


def test_the_names_that_break_careless_code_are_in_the_files():
    page = json.loads((SAMPLE_DATA / "zendesk/satisfaction_ratings.json").read_text(encoding="utf-8"))
    assert page["count"] == len(page["satisfaction_ratings"])
    groups = {row["Group"] for row in zendesk_csv()}
    assert {"[red]VIP[/red]", "Versand & Retouren"} <= groups
    assert {"李娜", "Zoë Müller", "Seán O'Brien", "Núria"} <= {row["Assignee"] for row in zendesk_csv()}
    assert "=SUM Ltd" in {row["Organization"] for row in zendesk_csv()}


def life(number: int) -> lives_truth.Ticket:
    return next(one for one in lives_truth.tickets() if one.life.id == number)


def test_a_life_is_told_by_its_changes_right_by_hand():
    hour = 3600.0
    seconds = lives_truth.calendar_seconds
    assert set(lives.AWKWARD) == {one.id for one in lives.lives() if one.id < 1000}
    assert [spell.status for spell in life(901).spells] == ["open", "solved"]
    assert life(901).in_status(seconds, "open") is None
    assert life(915).spells == []
    assert {spell.status for spell in life(916).spells} == {"new"}
    assert life(903).in_status(seconds, "new") == 0.0
    assert (len(life(904).solves), len(life(904).reopenings)) == (0, 0)
    assert life(905).wait_with_solved(seconds) == 28 * hour
    assert (life(906).booked_wait(seconds), life(906).is_raised) == (hour, True)
    assert life(906).in_status(seconds, "open") == (lives.as_of() - life(906).created).total_seconds() - hour
    assert life(911).stations("group") == ["Tier 2", "Tier 1"]
    assert life(912).stations("assignee") == ["Ada", "Kim"]


def test_a_conversation_is_timed_right_by_hand():
    assert [(wait.asked.hour, wait.replied and wait.replied.hour) for wait in life(907).waits] == [(7, 9), (7, None)]
    assert (life(908).first_reply, life(908).agent_replies, len(life(908).waits)) == (None, 0, 1)
    assert life(901).first_reply is not None
    assert life(901).waits == []


def test_business_hours_of_a_life_are_those_of_the_firms_schedule():
    for one in lives_truth.tickets()[:40]:
        start, end = (at.replace(second=0) for at in (one.created, one.created + 9 * lives.DAY))
        assert lives_truth.business_seconds(start, end) == 60 * SCHEDULE.minutes(start, end)


def test_half_are_gone_when_the_curve_says_so():
    """1, 2, 3 and still there, 4, 5 and still there, 6 and still there, 8, 10: the published case."""
    assert lives_truth.kaplan_meier([1, 2, -3, 4, -5, -6, 8, 10]) == 8
    assert lives_truth.kaplan_meier([1, -2, -3]) is None
