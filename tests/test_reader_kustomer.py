"""Kustomer: the figures of the history, and the traps of its conversations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.asking import account, ask, figure, figures, missing
from tests.simulator import kustomer, truth
from tests.simulator.cast import agent_id, group_id
from tests.simulator.clock import SCHEDULE
from tests.simulator.model import DONE
from tests.vendor_files import BERLIN, agrees, frame, load, opened, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

JSON = "kustomer/conversations.json.gz"
STATUS = {"new": "open", "pending": "pending", "hold": "pending", "solved": "solved", "closed": "solved"}
FIGURES = (
    "tickets_created", "tickets_solved", "backlog", "full_resolution_time", "full_resolution_time_p90",
    "first_resolution_time", "reopen_rate", "one_touch_rate", "agent_replies_per_ticket", "first_contact_resolution",
    "csat",
)  # fmt: skip


def shown():
    """What was merged away is deleted, so that nothing is known of it, not even as a contact of its requester."""
    part = kustomer.part(year())
    return replace(part, tickets=tuple(one for one in part.tickets if not one.merged_into))


def test_the_sample_is_claimed_by_the_reader(tmp_path):
    part = opened(saved(tmp_path / "download", sample(JSON).read_bytes()))
    assert (part.reader, part.shape.name) == ("kustomer", "conversations JSON")


def test_conversations_give_what_the_history_holds():
    true = {kustomer.hexadecimal(one.id): one for one in kustomer.part(year()).tickets if not one.deleted}
    rows = frame(sample(JSON), "tickets")
    assert rows["ticket_id"].to_list() == list(true)
    for row in rows.iter_rows(named=True):
        one = true[row["ticket_id"]]
        reply = one.replies[0].at if one.replies else None
        assert (row["created_at"], row["updated_at"], row["first_reply_at"]) == (one.created, one.updated, reply)
        assert row["first_solved_at"] == (one.solves[0] if one.solves else None)
        solved = one.solves[-1] if one.status in DONE and not one.merged_into else None
        assert row["solved_at"] == solved
        assert row["status"] == ("deleted" if one.merged_into else STATUS.get(one.status, one.status))
        assert row["priority"] == (one.priority or "normal")
        assert row["channel"] == one.channel
        assert row["group"] == (kustomer.hexadecimal(group_id(one.group)) if one.group else None)
        assert row["assignee"] == (kustomer.hexadecimal(agent_id(one.assignee)) if one.assignee else None)
        assert row["requester"] == kustomer.hexadecimal(one.requester.id)
        assert (row["created_by_agent"], row["is_spam"]) == (one.opened_by is not None, one.spam)
        assert (row["agent_replies"], row["reopens"]) == (len(one.replies), len(one.reopenings))
        assert row["customer_replies"] == sum(said.role == "customer" for said in one.messages[1:])
        for column, end in (("first_reply", reply), ("first_resolution", one.solves[0] if one.solves else None)):
            business = row[f"reported_{column}_business_seconds"]
            assert business == (60 * SCHEDULE.minutes(one.created, end) if end else None)
            assert row[f"reported_{column}_seconds"] == ((end - one.created).total_seconds() if end else None)
        minutes = SCHEDULE.minutes(one.created, solved) if solved else None
        assert row["reported_full_resolution_business_seconds"] == (minutes if minutes is None else 60 * minutes)
    assert load(sample(JSON)).rejects.is_empty()


def test_the_rating_is_that_of_the_satisfaction_level():
    rated = [one for one in kustomer.part(year()).tickets if one.answer and not one.deleted]
    surveys = frame(sample(JSON), "surveys")
    assert surveys["ticket_id"].to_list() == [kustomer.hexadecimal(one.id) for one in rated]
    assert surveys["score"].to_list() == [kustomer.STARS[one.answer.grade] for one in rated]
    assert surveys["embedded"].all()


def test_the_figures_are_those_of_the_history():
    expected = truth.figures(shown())
    expected |= {"csat": expected["csat_by_solved"]}
    agrees(str(sample(JSON)), expected, (*FIGURES, "first_reply_time", "first_reply_time_p90"))


def test_figures_in_business_hours_are_those_of_the_helpdesk():
    """The median over the tickets that are done, of the minutes between 9 and 17 o'clock."""
    spans = [
        60.0 * SCHEDULE.minutes(one.created, one.solves[-1])
        for one in shown().tickets
        if one.status in DONE and not (one.spam or one.deleted)
    ]
    report = ask(str(sample(JSON)), "full_resolution_time_business", zone=BERLIN)
    assert figure(report, "full_resolution_time_business") == (truth._at(sorted(spans), 0.5), len(spans))


def test_what_was_merged_away_leaves_as_deleted_and_its_target_stays():
    part = kustomer.part(year()).tickets
    away = sum(one.merged_into is not None for one in part)
    found = account(ask(str(sample(JSON)), "tickets_created"))["excluded"]
    assert found == {"deleted": away, "spam": sum(one.spam for one in part)}
    assert "x_attributes_mergedtarget" in opened(sample(JSON)).available("tickets")
    assert figures(ask(str(sample(JSON)), "tickets_created"), "tickets_created")[()][0] == 84 - sum(found.values())


def test_what_it_cannot_carry_is_not_in_the_export():
    lacking = {"response_time", "requester_wait_time", "reassignment_rate", "csat_response_rate", "reopened_events"}
    lacking |= {"first_reply_sla_attainment", "resolution_sla_attainment"}
    assert missing(ask(str(sample(JSON)), sorted(lacking))).keys() == lacking


def conversation(number="a", **attributes):
    said = {
        "createdAt": "2024-01-08T09:00:00.250Z", "status": "done", "direction": "in", "reopenFromDoneCount": 0,
        "outboundMessageCount": 1, "inboundMessageCount": 1, "assignedUsers": [], "assignedTeams": [], "channels": [],
    }  # fmt: skip
    return {"type": "conversation", "id": number, "attributes": said | attributes, "relationships": {}}


def page(*data):
    return {"meta": {"pageSize": 100, "page": 1}, "links": {"self": "…", "next": None}, "data": list(data)}


def test_a_page_a_list_and_a_single_conversation_are_read(tmp_path):
    for content in (page(conversation()), [conversation()], {"data": conversation()}, conversation()):
        rows = frame(saved(tmp_path / "a.json", content), "tickets")
        assert rows["ticket_id"].to_list() == ["a"]
        assert rows["created_at"].to_list() == [datetime(2024, 1, 8, 9, 0, 0, 250_000, UTC)]


def test_spans_are_milliseconds(tmp_path):
    reply = {"time": 241653, "businessTime": 0, "createdAt": "2024-01-08T09:04:01.903Z"}
    row = frame(saved(tmp_path / "a.json", page(conversation(firstResponse=reply))), "tickets").row(0, named=True)
    assert row["reported_first_reply_seconds"] == 241.653
    assert row["reported_first_reply_business_seconds"] == 0


def test_the_last_of_several_users_and_teams_has_it_and_without_a_team_its_queue_does(tmp_path):
    queue = {"queue": {"data": {"type": "queue", "id": "q"}}}
    held = conversation(assignedUsers=["u1", "u2"], assignedTeams=["t1", "t2"], channels=["voice", "email"])
    rows = frame(saved(tmp_path / "a.json", page(held, conversation("b") | {"relationships": queue})), "tickets")
    assert rows.select("assignee", "group", "channel").rows() == [("u2", "t2", "phone"), (None, "q", None)]


def test_a_last_done_of_what_is_open_again_is_no_solve(tmp_path):
    done = {"time": 60_000, "businessTime": 60_000, "createdAt": "2024-01-08T09:01:00.250Z"}
    both = {"firstDone": done, "lastDone": done}
    rows = [conversation("a", **both), conversation("b", status="open", reopenFromDoneCount=1, **both)]
    path = saved(tmp_path / "a.json", page(*rows))
    assert frame(path, "tickets")["solved_at"].is_null().to_list() == [False, True]
    report = ask(str(path), ("tickets_solved", "full_resolution_time", "reopen_rate"))
    assert (figure(report, "tickets_solved"), figure(report, "full_resolution_time")) == ((1, 1), (60, 1))
    assert figure(report, "reopen_rate") == (0.5, 2)


def test_the_message_that_opens_a_conversation_is_no_reply_on_either_side(tmp_path):
    rows = [conversation(), conversation("b", direction="out", outboundMessageCount=2, inboundMessageCount=0)]
    rows.append(conversation("c", outboundMessageCount=None, inboundMessageCount=None))
    found = frame(saved(tmp_path / "a.json", page(*rows)), "tickets")
    assert found.select("agent_replies", "customer_replies", "created_by_agent").rows() == [
        (1, 0, False), (1, 0, True), (None, None, False),
    ]  # fmt: skip


def test_an_imported_conversation_without_times_is_in_no_stock_and_no_solved_count(tmp_path):
    done = {"time": 60_000, "createdAt": "2024-01-08T09:01:00.250Z"}
    imported = conversation("b", importedAt="2024-01-09T00:00:00.000Z")
    path = saved(tmp_path / "a.json", page(conversation(firstDone=done, lastDone=done), imported))
    report = ask(str(path), ("tickets_created", "tickets_solved"))
    assert (figure(report, "tickets_created"), figure(report, "tickets_solved")) == ((2, 2), (1, 1))
    assert "solved-undated" in {note.code for note in report.result.notes}


def test_a_satisfaction_of_zero_is_no_rating(tmp_path):
    rows = [
        conversation("a", satisfaction=0, satisfactionLevel={"sentByTeams": [], "answers": []}),
        conversation("b", satisfaction=100, satisfactionLevel={"rating": 5, "score": 1}),
        conversation("c", satisfaction=0, satisfactionLevel={"rating": 0}),
    ]
    surveys = frame(saved(tmp_path / "a.json", page(*rows)), "surveys")
    assert surveys.select("ticket_id", "score", "scale_max").rows() == [("b", 5, 5)]
