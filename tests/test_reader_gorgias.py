"""Gorgias: the figures of the history, and the traps of its lists of tickets, messages and surveys."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.asking import account, ask, figure, missing
from tests.simulator import gorgias, truth
from tests.simulator.model import DONE
from tests.vendor_files import BERLIN, agrees, frame, load, opened, sample, saved, unmerged, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

TICKETS, MESSAGES = "gorgias/tickets.json.gz", "gorgias/messages.json.gz"
SURVEYS = "gorgias/satisfaction_surveys.json"
SHAPES = {TICKETS: "tickets JSON", MESSAGES: "messages JSON", SURVEYS: "satisfaction surveys"}
DATED = ("tickets_created", "tickets_solved", "backlog", "full_resolution_time", "full_resolution_time_p90")


def figures_of_the_history():
    """With messages an agent's opening is no reply, and the ticket waits for the next one."""
    expected = truth.figures(unmerged(gorgias.part(year())))
    return expected | {"first_reply_time": expected["first_reply_time_with_agent_opened"]}


@pytest.mark.parametrize("name", SHAPES)
def test_each_sample_is_claimed_by_the_reader(tmp_path, name):
    part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("gorgias", SHAPES[name])


@pytest.mark.parametrize("zone", [None, BERLIN, "America/New_York"])
def test_tickets_give_what_the_history_holds_whatever_zone_is_asked_for(zone):
    loaded = load(sample(TICKETS), zone)
    assert loaded.rejects.is_empty()
    true = {str(one.id): one for one in gorgias.part(year()).tickets}
    assert loaded.frames["tickets"]["ticket_id"].to_list() == list(true)
    for row in loaded.frames["tickets"].iter_rows(named=True):
        one = true[row["ticket_id"]]
        assert (row["created_at"], row["updated_at"]) == (one.created, one.updated)
        if one.status != "hold":
            assert row["closed_at"] == (one.solves[-1] if one.status in DONE else None)
        status = {"solved": "closed", "closed": "closed", "hold": "pending"}.get(one.status, "open")
        assert row["status"] == ("deleted" if one.deleted else status)
        assert (row["priority"], row["is_spam"]) == (one.priority, one.spam)
        assert row["channel"] == one.channel
        assert (row["group"], row["assignee"]) == (one.group, one.assignee)
        assert (row["requester"], row["language"]) == (str(one.requester.id), "de")
        assert row["created_by_agent"] == (one.opened_by is not None)


def test_messages_give_what_the_history_holds():
    true = sorted(
        (str(one.id), said.at, "bot" if said.role == "bot" else said.role, said.public, said.author)
        for one in gorgias.part(year()).tickets
        for said in one.messages
    )
    found = frame(sample(MESSAGES), "messages").select("ticket_id", "sent_at", "author_role", "is_public", "author")
    assert sorted(found.rows()) == true
    assert load(sample(MESSAGES)).rejects.is_empty()


def test_surveys_are_those_that_were_sent():
    sent = [one for one in gorgias.part(year()).tickets if one.offered]
    rows = frame(sample(SURVEYS), "surveys")
    assert rows["ticket_id"].to_list() == [str(one.id) for one in sent]
    assert rows["sent_at"].to_list() == [one.offered for one in sent]
    assert rows["answered_at"].to_list() == [one.answer and one.answer.at for one in sent]
    assert rows["score"].to_list() == [one.answer and gorgias.STARS[one.answer.grade] for one in sent]
    assert rows["is_answered"].to_list() == [one.answer is not None for one in sent]
    assert rows["has_comment"].to_list() == [bool(one.answer and one.answer.comment) for one in sent]


def test_the_figures_of_the_tickets_are_those_of_the_history():
    agrees(str(sample(TICKETS)), figures_of_the_history(), DATED)


def test_the_figures_of_tickets_messages_and_surveys_are_those_of_the_history():
    files = [str(sample(name)) for name in SHAPES]
    metrics = (*DATED, "first_reply_time", "agent_replies_per_ticket", "csat", "csat_response_rate")
    expected = figures_of_the_history()
    report = ask(files, metrics, zone=BERLIN)
    for metric in metrics:
        value, n = expected[metric]["all"]
        assert figure(report, metric) == (pytest.approx(value), n), metric
    assert not report.result.missing
    agrees(files, expected, (*DATED, "first_reply_time"))


def test_spam_and_trash_leave_the_population():
    shown = gorgias.part(year()).tickets
    gone = {"deleted": sum(one.deleted for one in shown), "spam": sum(one.spam for one in shown)}
    assert account(ask(str(sample(TICKETS)), "tickets_created"))["excluded"] == gone
    assert all(gone.values())


def test_what_it_cannot_carry_is_not_in_the_export():
    lacking = {"reopen_rate", "one_touch_rate", "first_contact_resolution", "reassignment_rate", "requester_wait_time"}
    lacking |= {"resolution_sla_attainment", "first_reply_sla_attainment"}
    assert missing(ask([str(sample(name)) for name in SHAPES], sorted(lacking))).keys() == lacking
    alone = {"first_reply_time", "agent_replies_per_ticket", "response_time", "csat"}
    assert missing(ask(str(sample(TICKETS)), sorted(alone))).keys() == alone


def ticket(**changes):
    return {
        "id": 1, "status": "open", "channel": "email", "from_agent": False, "spam": False, "assignee_user": None,
        "assignee_team": None, "created_datetime": "2024-01-08T09:00:00.123456", "opened_datetime": None,
        "updated_datetime": "2024-01-08T12:00:00", "closed_datetime": None, "snooze_datetime": None,
        "trashed_datetime": None, "messages": [],
    } | changes  # fmt: skip


def message(minute, from_agent=True, **changes):
    return {
        "id": minute, "ticket_id": 1, "public": True, "via": "helpdesk", "from_agent": from_agent, "rule_id": None,
        "created_datetime": f"2024-01-08T09:{minute:02}:00", "sent_datetime": None, "failed_datetime": None,
    } | changes  # fmt: skip


def test_a_ticket_fetched_alone_carries_its_messages(tmp_path):
    said = [message(0, from_agent=False), message(30)]
    report = ask(str(saved(tmp_path / "a.json", ticket(messages=said))), ("first_reply_time", "tickets_created"))
    assert figure(report, "first_reply_time") == (pytest.approx(1800 - 0.123456), 1)
    assert figure(report, "tickets_created") == (1, 1)


def test_a_reply_by_a_rule_a_note_and_a_message_that_failed_stop_no_clock(tmp_path):
    said = [
        message(1, rule_id=4), message(2, via="rule"), message(3, public=False),
        message(4, failed_datetime="2024-01-08T09:05:00"), message(20), message(0, from_agent=False),
    ]  # fmt: skip
    path = saved(tmp_path / "a.json", ticket(created_datetime="2024-01-08T09:00:00", messages=said))
    assert figure(ask(str(path), "first_reply_time"), "first_reply_time") == (1200, 1)
    assert figure(ask(str(path), "response_time"), "response_time") == (1200, 1)


def test_what_waited_to_be_sent_counts_from_when_it_was_sent(tmp_path):
    path = saved(tmp_path / "a.json", {"data": [message(1, sent_datetime="2024-01-08T09:07:00"), message(2)]})
    sent = frame(path, "messages")["sent_at"].to_list()
    assert sent == [datetime(2024, 1, 8, 9, minute, tzinfo=UTC) for minute in (7, 2)]


def test_a_snoozed_ticket_is_pending_until_it_is_closed_after_that(tmp_path):
    closed = ticket(status="closed", closed_datetime="2024-01-10T09:00:00")
    rows = [
        ticket(id=1, status="closed", snooze_datetime="2024-01-11T09:00:00"),
        closed | {"id": 2, "snooze_datetime": "2024-01-11T09:00:00"},
        closed | {"id": 3, "snooze_datetime": "2024-01-09T09:00:00"},
        closed | {"id": 4},
        ticket(id=5, snooze_datetime="2024-01-09T09:00:00"),
    ]
    path = saved(tmp_path / "a.json", {"data": rows, "meta": {"next_cursor": None}, "object": "list"})
    assert frame(path, "tickets")["status"].to_list() == ["pending", "pending", "closed", "closed", "open"]
    assert figure(ask(str(path), "tickets_solved"), "tickets_solved") == (2, 2)


def test_a_survey_without_a_score_is_no_zero_and_one_that_was_never_sent_is_none(tmp_path):
    asked = {"ticket_id": 1, "customer_id": 5, "score": None, "body_text": None, "should_send_datetime": None}
    asked |= {"sent_datetime": "2024-01-08T09:00:00", "scored_datetime": None}
    rows = [asked | {"id": 1}, asked | {"id": 2, "score": 4, "scored_datetime": "2024-01-08T10:00:00"}]
    rows.append(asked | {"id": 3, "sent_datetime": None})
    report = ask(str(saved(tmp_path / "a.json", {"data": rows})), ("csat", "csat_response_rate"))
    assert (figure(report, "csat"), figure(report, "csat_response_rate")) == ((1.0, 1), (0.5, 2))
