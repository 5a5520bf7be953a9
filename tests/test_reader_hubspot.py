"""HubSpot: the figures of the history, and the traps of its export and its API."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.asking import account, ask, figure, missing
from tests.simulator import hubspot, truth
from tests.simulator.cast import agent_id, group_id
from tests.simulator.model import DONE, Merged
from tests.vendor_files import BERLIN, agrees, by_ticket, csv_variants, frame, load, opened, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

CSV, JSON = "hubspot/tickets.csv", "hubspot/tickets.json"
FIGURES = ("tickets_created", "tickets_solved", "first_reply_time", "full_resolution_time", "agent_replies_per_ticket")
STATUS = {"hold": "open", "solved": "closed"}
OPTIONAL = ("Ticket name", "Priority", "Source", "Category", "Associated Contact IDs")


def figures_of(tickets):
    """Nobody knows who opened a ticket or which were merged away."""
    kept = [
        replace(one, opened_by=None, events=tuple(each for each in one.events if not isinstance(each, Merged)))
        for one in tickets
    ]
    return truth.figures(replace(year(), tickets=tuple(kept)))


def test_each_sample_is_claimed_by_the_reader(tmp_path):
    for name, shape in ((CSV, "ticket CSV"), (JSON, "CRM v3 JSON")):
        part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
        assert (part.reader, part.shape.name) == ("hubspot", shape)


@pytest.mark.parametrize("how", csv_variants(CSV))
def test_the_csv_is_claimed_and_says_the_same_however_it_is_saved(tmp_path, how):
    path = saved(tmp_path / "a.csv", csv_variants(CSV, without=OPTIONAL)[how])
    assert opened(path).reader == "hubspot"
    found, expected = frame(path, "tickets"), frame(sample(CSV), "tickets")
    assert found.equals(expected.select(found.columns))


@pytest.mark.parametrize("zone", [BERLIN, "Asia/Tokyo"])
def test_the_csv_gives_what_the_history_holds_for_its_zones_stand_behind_the_times(zone):
    true = {str(ticket.id): ticket for ticket in hubspot.in_csv(year())}
    rows = frame(sample(CSV), "tickets", zone)
    assert rows["ticket_id"].to_list() == list(true)
    for row in rows.iter_rows(named=True):
        ticket = true[row["ticket_id"]]
        reply = ticket.replies[0].at if ticket.replies else None
        solved = ticket.solves[-1] if ticket.status in DONE else None
        assert (row["created_at"], row["first_reply_at"], row["solved_at"]) == (ticket.created, reply, solved)
        assert row["status"] == STATUS.get(ticket.status, ticket.status)
        assert (row["priority"], row["channel"]) == (ticket.priority, ticket.channel)
        assert (row["assignee"], row["organization"]) == (ticket.assignee, ticket.organization)
        assert row["agent_replies"] == len(ticket.replies)
        spans = (row["reported_first_reply_seconds"], row["reported_full_resolution_seconds"])
        assert spans == tuple((at - ticket.created).total_seconds() if at else None for at in (reply, solved))
    assert load(sample(CSV)).rejects.is_empty()


def test_the_json_gives_what_the_history_holds():
    for row, ticket in by_ticket(sample(JSON), hubspot.in_api(year())):
        reply = ticket.replies[0].at if ticket.replies else None
        solved = ticket.solves[-1] if ticket.status in DONE else None
        assert (row["created_at"], row["first_reply_at"], row["solved_at"]) == (ticket.created, reply, solved)
        assert (row["updated_at"], row["due_at"]) == (ticket.updated, ticket.resolution_due)
        assert row["status"] == ("deleted" if ticket.deleted else STATUS.get(ticket.status, ticket.status))
        assert row["vendor_status"] == hubspot.STAGE[ticket.status]
        assert row["group"] == (str(group_id(ticket.group)) if ticket.group else None)
        assert row["assignee"] == (str(agent_id(ticket.assignee)) if ticket.assignee else None)
        assert (row["tags"] or []) == list(ticket.own_tags)
        spans = (row["reported_first_reply_seconds"], row["reported_full_resolution_seconds"])
        assert spans == tuple((at - ticket.created).total_seconds() if at else None for at in (reply, solved))
        late = ticket.first_reply_due < (reply or year().end)
        assert row["reported_first_reply_sla_met"] == (not late if reply or late else None)
    assert load(sample(JSON)).rejects.is_empty()


def test_the_figures_of_the_csv_are_those_of_the_history():
    agrees(str(sample(CSV)), figures_of(hubspot.in_csv(year())), FIGURES)


def test_the_figures_of_the_json_are_those_of_the_history():
    agrees(str(sample(JSON)), figures_of(hubspot.in_api(year())), (*FIGURES, "backlog"))


def test_archived_tickets_are_left_out_and_counted():
    left = account(ask(str(sample(JSON)), "tickets_created"))["excluded"]
    assert left == {"deleted": sum(ticket.deleted for ticket in hubspot.in_api(year()))}


def test_what_it_cannot_carry_is_not_in_the_export():
    lacking = {"csat", "reopen_rate", "one_touch_rate", "requester_wait_time", "response_time"}
    for name in (CSV, JSON):
        assert missing(ask(str(sample(name)), sorted(lacking))).keys() == lacking


def test_ratings_are_read_without_a_scale():
    surveys = frame(sample(JSON), "surveys")
    rated = [ticket for ticket in hubspot.in_api(year()) if ticket.answer]
    assert surveys.select("ticket_id", "score", "answered_at").rows() == [
        (str(ticket.id), hubspot.STARS[ticket.answer.grade], ticket.answer.at) for ticket in rated
    ]
    assert not {"scale_max", "is_satisfied"} & set(surveys.columns)


def table(path, header, *rows):
    return saved(path, [["Ticket ID", "Ticket status", "Pipeline", *header], *rows])


def test_an_abbreviation_behind_a_time_is_its_zone_and_an_unknown_one_leaves_it_to_the_source(tmp_path):
    times = ("2025-09-25 14:03 CDT", "2025-12-25 14:03:10 CET", "2025-09-25 14:03 XYZ", "2025-09-25 14:03")
    rows = [[str(place), "New", "P", time] for place, time in enumerate(times)]
    found = frame(table(tmp_path / "a.csv", ["Create date"], *rows), "tickets", "Asia/Tokyo")
    assert found["created_at"].to_list() == [
        datetime(2025, 9, 25, 19, 3, tzinfo=UTC),
        datetime(2025, 12, 25, 13, 3, 10, tzinfo=UTC),
        datetime(2025, 9, 25, 5, 3, tzinfo=UTC),
        datetime(2025, 9, 25, 5, 3, tzinfo=UTC),
    ]


def test_a_spreadsheets_dates_are_read_day_first_as_the_column_tells(tmp_path):
    rows = [["1", "New", "P", "25/09/2025 14:03"], ["2", "New", "P", "02/10/2025 09:00"]]
    found = frame(table(tmp_path / "a.csv", ["Create date"], *rows), "tickets", "UTC")["created_at"]
    assert [(at.day, at.month, at.hour) for at in found] == [(25, 9, 14), (2, 10, 9)]


def test_durations_pass_24_hours_and_a_zero_of_what_has_not_happened_is_none(tmp_path):
    header = ["Create date", "Time to close (HH:mm:ss)", "Close date", "Time to first agent email reply"]
    rows = (
        ["1", "Closed", "P", "2025-01-01 10:00", "123:04:05", "2025-01-06 13:04", "60000"],
        ["2", "New", "P", "2025-01-01 10:00", "00:00:00", "", ""],
    )
    found = frame(table(tmp_path / "a.csv", header, *rows), "tickets")
    assert found["reported_full_resolution_seconds"].to_list() == [123 * 3600 + 245, None]
    assert found["reported_first_reply_seconds"].to_list() == [60, None]


def test_stages_of_the_firms_own_are_closed_with_a_close_date_and_open_without(tmp_path):
    header = ["Create date", "Close date"]
    rows = (
        ["1", "Erledigt", "P", "2025-01-01 10:00", "2025-01-02 10:00"],
        ["2", "Beim Lieferanten", "P", "2025-01-01 10:00", ""],
        ["3", "Closed (Support Pipeline)", "P", "2025-01-01 10:00", "2025-01-02 10:00"],
        ["4", "Waiting on us (Support Pipeline)", "P", "2025-01-01 10:00", "2025-01-02 10:00"],
    )
    found = frame(table(tmp_path / "a.csv", header, *rows), "tickets")
    assert found["status"].to_list() == ["closed", "open", "closed", "open"]
    assert found["solved_at"].dt.day().to_list() == [2, None, 2, None]  # the last one was reopened
    assert found["vendor_status"][0] == "Erledigt"


def test_empty_text_is_no_value_and_only_the_properties_asked_for_are_there(tmp_path):
    properties = {"createdate": "2025-01-01T10:00:00.000Z", "hs_pipeline_stage": "4", "hs_ticket_priority": ""}
    page = {"results": [{"id": "7", "properties": properties, "archived": False}], "total": 1}
    path = saved(tmp_path / "a.json", page)
    row = frame(path, "tickets").row(0, named=True)
    assert (row["ticket_id"], row["status"], row["priority"]) == ("7", "closed", None)
    assert not {"solved_at", "first_reply_at", "assignee"} & set(opened(path).available("tickets"))
    assert missing(ask(str(path), ("tickets_solved", "first_reply_time"))).keys() == {
        "tickets_solved",
        "first_reply_time",
    }


def test_the_csv_may_have_internal_names(tmp_path):
    header = ["hs_ticket_id", "createdate", "hs_pipeline_stage", "hs_ticket_priority", "time_to_close", "closed_date"]
    row = ["7", "2025-01-01 10:00", "4", "URGENT", "3600000", "2025-01-01 11:00"]
    found = frame(saved(tmp_path / "a.csv", [header, row]), "tickets", "UTC").row(0, named=True)
    assert (found["ticket_id"], found["priority"], found["reported_full_resolution_seconds"]) == ("7", "urgent", 3600)
    assert found["solved_at"] == datetime(2025, 1, 1, 11, tzinfo=UTC)


def test_the_legacy_api_has_objects_of_values_and_milliseconds_since_1970(tmp_path):
    values = {"createdate": "1613507465500", "hs_pipeline_stage": "2", "hs_ticket_priority": "HIGH"}
    properties = {name: {"value": value, "timestamp": 1613507465500, "source": "API"} for name, value in values.items()}
    record = {"objectType": "TICKET", "portalId": 1, "objectId": 176602, "properties": properties}
    row = frame(saved(tmp_path / "a.json", [record]), "tickets").row(0, named=True)
    assert (row["ticket_id"], row["status"], row["priority"]) == ("176602", "pending", "high")
    assert row["created_at"] == datetime(2021, 2, 16, 20, 31, 5, 500000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "met"), [("0", None), ("1", False), ("2", None), ("3", True), ("4", False), ("", None)]
)
def test_codes_of_an_sla_are_verdicts_once_it_is_decided(tmp_path, code, met):
    properties = {
        "createdate": "2025-01-01T10:00:00.000Z", "hs_pipeline_stage": "1", "hs_ticket_priority": None,
        "hs_time_to_close_sla_status": code,
    }  # fmt: skip
    path = saved(tmp_path / "a.json", {"results": [{"id": "7", "properties": properties}]})
    assert frame(path, "tickets")["reported_resolution_sla_met"].to_list() == [met]
    assert load(path).rejects.is_empty()


def test_the_first_reply_is_timed_by_the_span_where_its_date_is_not_there(tmp_path):
    header = ["Create date", "Time to first agent email reply (HH:mm:ss)"]
    rows = (["1", "New", "P", "2025-01-01 10:00", "00:10:00"], ["2", "New", "P", "2025-01-01 10:00", "00:00:00"])
    report = ask(str(table(tmp_path / "a.csv", header, *rows)), "first_reply_time")
    assert figure(report, "first_reply_time") == (600, 1)
