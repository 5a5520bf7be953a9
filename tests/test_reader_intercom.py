"""Intercom: the figures of the history, and the traps of its datasets, conversations and tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from cs_metrics.errors import DataError
from tests.asking import ask, figure, figures, missing
from tests.simulator import intercom, truth
from tests.simulator.cast import agent_id, group_id
from tests.simulator.model import DONE, Merged
from tests.vendor_files import REAL, agrees, csv_variants, frame, load, opened, real_files, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

DATASET, RATINGS = "intercom/conversations.csv", "intercom/ratings.csv"
CONVERSATIONS, TICKETS = "intercom/conversations.json", "intercom/tickets.json"
SHAPES = {
    DATASET: "conversation dataset CSV",
    RATINGS: "rating dataset CSV",
    CONVERSATIONS: "conversations JSON",
    TICKETS: "tickets JSON",
}
STATUS = {"new": "open", "hold": "pending", "solved": "closed"}
FIGURES = ("tickets_created", "tickets_solved", "first_reply_time", "full_resolution_time")
OPTIONAL = ("Title", "Channel", "Company name", "User email", "Handling time (seconds)")


def seen(tickets):
    return replace(year(), tickets=tuple(intercom.told(ticket) for ticket in tickets))


def figures_of(tickets):
    return truth.figures(seen(tickets))


def wait(ticket):
    """Seconds until the last solve in which the customer waited for the team."""
    return sum((end - start).total_seconds() for status, start, end in ticket.spans() if status in ("new", "open"))


@pytest.mark.parametrize("name", SHAPES)
def test_each_sample_is_claimed_by_the_reader(tmp_path, name):
    part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("intercom", SHAPES[name])


@pytest.mark.parametrize("how", csv_variants(DATASET))
def test_the_dataset_is_claimed_and_says_the_same_however_it_is_saved(tmp_path, how):
    path = saved(tmp_path / "a.csv", csv_variants(DATASET, without=OPTIONAL)[how])
    found, expected = frame(path, "tickets"), frame(sample(DATASET), "tickets")
    assert found.equals(expected.select(name for name in expected.columns if name in found.columns)[found.columns])


@pytest.mark.parametrize("zone", ["Europe/Berlin", None])
def test_the_dataset_gives_what_the_history_holds_whatever_zone_is_asked_for(zone):
    true = {str(ticket.id): ticket for ticket in intercom.dataset(year())}
    rows = frame(sample(DATASET), "tickets", zone)
    assert rows["ticket_id"].to_list() == list(true)
    for row in rows.iter_rows(named=True):
        ticket = true[row["ticket_id"]]
        told, solves = intercom.told(ticket), ticket.solves
        reply = told.replies[0].at if told.replies else None
        assert (row["created_at"], row["updated_at"], row["first_reply_at"]) == (told.created, ticket.updated, reply)
        assert (row["first_solved_at"], row["solved_at"]) == ((solves[0], solves[-1]) if solves else (None, None))
        assert row["status"] == STATUS.get(ticket.status, ticket.status)
        assert row["priority"] == ticket.priority
        assert (row["group"], row["assignee"]) == (ticket.group, ticket.assignee)
        assert row["created_by_agent"] == (told.opened_by is not None)
        assert row["channel"] == ("chat" if ticket.channel == "web" else ticket.channel)
        assert (row["tags"] or []) == list(ticket.own_tags)
        if reply:
            assert row["reported_first_reply_seconds"] == (reply - told.created).total_seconds()
    assert load(sample(DATASET)).rejects.is_empty()


def test_the_figures_of_the_dataset_are_those_of_the_history():
    expected = figures_of(intercom.dataset(year()))
    agrees(str(sample(DATASET)), expected, (*FIGURES, "first_resolution_time", "backlog"))
    agrees([str(sample(DATASET)), str(sample(RATINGS))], expected, ("csat",))


def test_a_rating_on_a_conversation_yields_to_the_rating_dataset():
    both = ask([str(sample(DATASET)), str(sample(RATINGS))], "csat")
    assert figure(both, "csat") == figure(ask(str(sample(RATINGS)), "csat"), "csat")


def test_what_the_dataset_cannot_carry_is_not_in_the_export():
    lacking = {"reopen_rate", "one_touch_rate", "requester_wait_time", "reassignment_rate", "response_time"}
    assert missing(ask(str(sample(DATASET)), sorted(lacking))).keys() == lacking


def test_conversations_give_what_the_history_holds():
    true = {str(ticket.id): ticket for ticket in intercom.with_parts(year())}
    rows = frame(sample(CONVERSATIONS), "tickets")
    assert rows["ticket_id"].to_list() == list(true)
    for row in rows.iter_rows(named=True):
        ticket = true[row["ticket_id"]]
        told, solves = intercom.told(ticket), ticket.solves if intercom.contacted(ticket) else []
        reply = told.replies[0].at if told.replies else None
        assert (row["created_at"], row["updated_at"], row["first_reply_at"]) == (told.created, ticket.updated, reply)
        assert (row["first_solved_at"], row["solved_at"]) == ((solves[0], solves[-1]) if solves else (None, None))
        assert row["status"] == STATUS.get(ticket.status, ticket.status)
        assert row["priority"] == ("high" if ticket.priority in ("high", "urgent") else None)
        assert row["group"] == (str(group_id(ticket.group)) if ticket.group else None)
        assert row["assignee"] == (str(agent_id(ticket.assignee)) if ticket.assignee else None)
        assert row["requester"] == (None if ticket.opened_by else str(ticket.requester.id))
        assert row["created_by_agent"] == (told.opened_by is not None)
    assert load(sample(CONVERSATIONS)).rejects.is_empty()


@pytest.mark.parametrize("name", [CONVERSATIONS, TICKETS])
def test_parts_are_the_messages_behind_the_opening(name):
    of = intercom.with_parts if name == CONVERSATIONS else intercom.api_tickets
    expected = sorted(
        (str(ticket.id), message.at, message.role, message.public)
        for ticket in of(year())
        for message in ticket.messages[1:]
    )
    found = frame(sample(name), "messages").select("ticket_id", "sent_at", "author_role", "is_public")
    assert sorted(found.rows()) == expected


def assigned(ticket):
    """(at, field, new) of the changes of team and agent."""
    team = admin = None
    for each in ticket.assignments:
        if each.group != team:
            yield each.at, "group", str(group_id(each.group))
        if each.agent and each.agent != admin:
            yield each.at, "assignee", str(agent_id(each.agent))
        team, admin = each.group, each.agent or admin


def moved(ticket, words):
    known = [(change.at, words[change.status]) for change in ticket.statuses]
    return [("status", at, word) for (_, was), (at, word) in pairwise(known) if was != word]


@pytest.mark.parametrize("name", [CONVERSATIONS, TICKETS])
def test_parts_are_the_changes_of_status_team_and_agent(name):
    of = intercom.with_parts if name == CONVERSATIONS else intercom.api_tickets
    words = {"new": "open", "open": "open", "pending": "pending", "hold": "pending"} | dict.fromkeys(DONE, "closed")
    if name == TICKETS:
        words = {"new": "new", "open": "open", "pending": "pending", "hold": "open"} | dict.fromkeys(DONE, "solved")
    expected = {(str(one.id), at, field, new) for one in of(year()) for at, field, new in assigned(one)}
    expected |= {(str(one.id), at, field, new) for one in of(year()) for field, at, new in moved(one, words)}
    found = frame(sample(name), "changes").select("ticket_id", "changed_at", "field", "new")
    assert set(found.rows()) == expected
    assert found.height == len(expected)


def test_the_figures_of_conversations_are_those_of_the_history():
    chosen = intercom.with_parts(year())
    report = ask(str(sample(CONVERSATIONS)), (*FIGURES, "reopen_rate", "csat", "csat_response_rate", "backlog"))
    expected = figures_of(chosen)
    for metric in (*FIGURES, "reopen_rate", "csat", "csat_response_rate", "backlog"):
        value, n = expected[metric]["all"]
        assert figure(report, metric) == (pytest.approx(value), n), metric
    waits = sorted(wait(ticket) for ticket in chosen if ticket.status in DONE)
    report = ask(str(sample(CONVERSATIONS)), "requester_wait_time", by="status", grain="all")
    value, n = figures(report, "requester_wait_time")["closed"]
    assert (value, n) == (pytest.approx(truth._at(waits, 0.5)), len(waits))


def test_the_figures_of_tickets_are_those_of_the_history():
    begun = [replace(ticket, opened_by=None) for ticket in intercom.api_tickets(year())]
    kept = [replace(one, events=tuple(each for each in one.events if not isinstance(each, Merged))) for one in begun]
    expected = truth.figures(replace(year(), tickets=tuple(kept)))
    metrics = ("tickets_created", "tickets_solved", "full_resolution_time", "reopen_rate", "first_reply_time")
    report = ask(str(sample(TICKETS)), metrics)
    for metric in metrics:
        value, n = expected[metric]["all"]
        assert figure(report, metric) == (pytest.approx(value), n), metric


DAY = 1_700_000_000  # in November 2023; the times below are seconds after it


def conversation(**changes):
    return {
        "type": "conversation", "id": "1", "created_at": DAY + 1000, "updated_at": DAY + 5000, "state": "open",
        "priority": None, "waiting_since": None,
        "source": {"type": "email", "delivered_as": "customer_initiated"},
        "admin_assignee_id": 0, "team_assignee_id": None, "statistics": None, "conversation_rating": None,
    } | changes  # fmt: skip


def part(kind, at, author="admin", body=None, to=None):
    said = {
        "part_type": kind,
        "body": body,
        "created_at": DAY + at,
        "author": {"type": author, "id": "7"},
        "assigned_to": to,
    }
    return {"type": "conversation_part", "id": f"{kind} {at}", **said}


def with_parts(*parts, **changes):
    return conversation(conversation_parts={"conversation_parts": list(parts), "total_count": len(parts)}, **changes)


def at(second):
    return datetime.fromtimestamp(DAY + second, UTC)


def test_a_single_conversation_and_a_list_of_them_are_read(tmp_path):
    lone = saved(tmp_path / "a.json", conversation())
    listed = saved(tmp_path / "b.json", {"type": "conversation.list", "conversations": [conversation()]})
    for path in (lone, listed):
        row = frame(path, "tickets").row(0, named=True)
        assert (row["ticket_id"], row["created_at"], row["assignee"], row["priority"]) == ("1", at(1000), None, None)


def test_what_was_sent_out_begins_with_the_customers_answer_and_is_the_agents_until_then(tmp_path):
    source = {"type": "email", "delivered_as": "automated"}
    answered = conversation(id="2", source=source, statistics={"first_contact_reply_at": DAY + 3000})
    silent = conversation(id="3", source=source, statistics={"first_contact_reply_at": None})
    rows = frame(saved(tmp_path / "a.json", [conversation(), answered, silent]), "tickets")
    assert rows.select("created_at", "created_by_agent").rows() == [
        (at(1000), False), (at(3000), False), (at(1000), True),
    ]  # fmt: skip


def test_the_older_apis_only_assignee_is_an_agent_or_a_team(tmp_path):
    older = [conversation(id=kind, assignee={"type": kind, "id": "9"}) for kind in ("admin", "team", "nobody_admin")]
    for one in older:
        del one["admin_assignee_id"], one["team_assignee_id"]
    rows = frame(saved(tmp_path / "a.json", older), "tickets")
    assert rows.select("assignee", "group").rows() == [("9", None), (None, "9"), (None, None)]


def test_an_answer_that_closes_or_reopens_is_a_message_and_a_change(tmp_path):
    parts = (
        part("close", 2000, body="<p>Done</p>"),
        part("open", 3000, "user", body="<p>No</p>"),
        part("close", 4000),
        part("note", 4100, body="<p>Hm</p>"),
        part("comment", 4200, "bot", body="<p>Hi</p>"),
        part("participant_added", 4300, body="<p>x</p>"),
    )
    loaded = load(saved(tmp_path / "a.json", with_parts(*parts))).frames
    assert loaded["messages"].select("sent_at", "author_role", "is_public").rows() == [
        (at(2000), "agent", True), (at(3000), "customer", True), (at(4100), "agent", False), (at(4200), "bot", True),
    ]  # fmt: skip
    assert loaded["changes"].select("changed_at", "field", "new").rows() == [
        (at(2000), "status", "closed"), (at(3000), "status", "open"), (at(4000), "status", "closed"),
    ]  # fmt: skip


def test_an_assignment_is_to_a_team_to_an_agent_or_to_nobody(tmp_path):
    parts = (
        part("assignment", 2000, to={"type": "team", "id": "55"}),
        part("assignment", 2100, to={"type": "admin", "id": "7"}),
        part("assignment", 2200, to={"type": "nobody_admin", "id": None}),
    )
    changes = frame(saved(tmp_path / "a.json", with_parts(*parts)), "changes")
    assert changes.select("field", "new").rows() == [("group", "55"), ("assignee", "7"), ("assignee", None)]


def test_a_rating_never_given_says_something_only_where_others_are_unanswered_too(tmp_path):
    asked = {"rating": None, "remark": None, "created_at": DAY + 2000, "updated_at": DAY + 2000}
    given = {"rating": 4, "remark": "ok", "created_at": DAY + 2000, "updated_at": DAY + 2500}
    never = {"rating": None, "remark": None, "created_at": None}
    rated = [conversation(id=str(n), conversation_rating=each) for n, each in enumerate((asked, given, never, None))]
    surveys = frame(saved(tmp_path / "a.json", rated), "surveys")
    assert surveys.select("survey_id", "score", "sent_at", "answered_at", "is_answered", "has_comment").rows() == [
        ("conversation 0 csat", None, at(2000), None, False, False),
        ("conversation 1 csat", 4, at(2000), at(2500), True, True),
    ]
    alone = frame(saved(tmp_path / "b.json", [conversation(conversation_rating=given)]), "surveys")
    assert alone["is_answered"].to_list() == [None]


def test_the_api_times_replies_within_office_hours_and_keeps_the_last_close_of_a_reopened_one(tmp_path):
    numbers = {"time_to_admin_reply": 60, "time_to_last_close": 90}
    numbers |= {"first_admin_reply_at": DAY + 1500, "last_close_at": DAY + 2000}
    path = saved(tmp_path / "a.json", [conversation(statistics=numbers), conversation(id="2", state="closed")])
    row = frame(path, "tickets").row(0, named=True)
    assert row["reported_first_reply_business_seconds"] == 60
    assert "reported_first_reply_seconds" not in row
    assert missing(ask(str(path), "tickets_solved")) == {"tickets_solved": "too many tickets are solved without a date"}


@pytest.mark.parametrize(
    ("zone", "hour"), [("America/New_York", 17), ("UTC", 12), ("Asia/Kolkata", 6), ("Etc/GMT+3", 15)]
)
def test_the_zone_in_the_header_is_that_of_all_times(tmp_path, zone, hour):
    text = f"Conversation ID,Conversation started at ({zone}),Plan (Free/Paid)\n1,2024-01-08 12:00:00,Free\n"
    path = saved(tmp_path / "a.csv", text)
    assert opened(path).shape.zone == zone
    assert frame(path, "tickets")["created_at"].dt.hour().to_list() == [hour]
    assert "x_plan_free_paid" in opened(path).available("tickets")


def test_a_dataset_of_actions_or_of_messages_sent_out_is_not_taken_for_conversations(tmp_path):
    for header in (
        "Conversation ID,Action performed by,Action time (UTC),Conversation started at (UTC)",
        "receipt_id,user_id,first_open,content_title",
    ):
        with pytest.raises(DataError, match="no reader knows this file"):
            opened(saved(tmp_path / "a.csv", header + "\n1,2,3,4\n"))


def test_prodsights_export_has_a_row_for_each_message(tmp_path):
    header = ["message_id", "message_type", "message_created_at", "message_author_type", "message_author_id"]
    header += ["conversation_id", "conversation_state", "conversation_created_at", "conversation_first_response_at"]
    whole = ["c1", "closed", "2017-11-14 21:45:08", "2017-11-14 22:00:08"]
    said = [
        ["m1", "comment", "2017-11-14 21:45:08", "user", "u1"],
        ["m2", "note", "2017-11-14 21:50:00", "admin", "7"],
        ["m3", "comment", "2017-11-14 22:00:08", "admin", "7"],
    ]
    path = saved(tmp_path / "a.csv", [header, *([*message, *whole] for message in said)])
    messages = frame(path, "messages")
    assert messages.select("author_role", "is_public").rows() == [
        ("customer", True), ("agent", False), ("agent", True),
    ]  # fmt: skip
    assert messages["sent_at"].dt.hour().to_list() == [21, 21, 22]
    report = ask(str(path), ("tickets_created", "first_reply_time"), zone="Europe/Berlin")
    assert figure(report, "tickets_created") == (1, 1)
    assert figure(report, "first_reply_time") == (900, 1)


def test_a_tickets_state_is_a_word_or_an_object(tmp_path):
    ticket = {"type": "ticket", "id": "494", "ticket_id": "53", "created_at": DAY + 1000, "admin_assignee_id": "0"}
    words = [{"ticket_state": "submitted"}, {"ticket_state": "resolved"}, {"ticket_state": "waiting_on_customer"}]
    objects = [{"ticket_state": {"category": "in_progress", "internal_label": "Working on it"}}]
    found = [
        frame(saved(tmp_path / "a.json", [ticket | state for state in states]), "tickets")
        for states in (words, objects)
    ]
    assert [row for rows in found for row in rows["status"]] == ["new", "solved", "pending", "open"]
    assert found[1]["vendor_status"].to_list() == ["Working on it"]


@real_files
def test_the_real_conversations_were_sent_out_and_never_answered():
    for name, number in (("get_conversations__successful", "335"), ("post_conversations_search__successful", "378")):
        loaded = load(REAL / f"intercom_json/{name}.json")
        assert loaded.rejects.is_empty()
        row = loaded.frames["tickets"].row(0, named=True)
        assert (row["ticket_id"], row["status"], row["created_by_agent"]) == (number, "closed", True)
        assert (row["requester"], row["assignee"], row["group"]) == (None, "991267715", "5017691")


@real_files
def test_the_real_ticket_is_new_and_has_nobody():
    loaded = load(REAL / "intercom_json/post_tickets_search__successful.json")
    row = loaded.frames["tickets"].row(0, named=True)
    assert (row["ticket_id"], row["status"], row["vendor_status"]) == ("494", "new", "Submitted")
    assert (row["type"], row["assignee"], row["group"]) == ("my-ticket-type-26", None, None)
    assert loaded.frames["changes"].select("field", "old", "new").rows() == [("status", "new", "new")]
