"""Help Scout: the figures of the history from conversations with threads and from ratings, and the traps of both."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.asking import account, ask, figure, missing
from tests.simulator import helpscout, truth
from tests.simulator.model import Merged
from tests.vendor_files import REAL, agrees, frame, load, opened, real_files, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

PAGES, REPORT = "helpscout/conversations.ndjson", "helpscout/happiness_ratings.json"
SINGLE = "helpscout_single/ratings.json"
WAITING = ("new", "open", "hold")
STATUS = {"active": "open", "pending": "pending", "closed": "closed"}


def shown():
    return {str(helpscout.conversation_id(one)): one for one in helpscout.part(year()).tickets}


def without_merges():
    """The history as Help Scout tells it: what was merged away is a closed conversation like any other."""
    part = helpscout.part(year())
    tickets = [replace(one, events=tuple(e for e in one.events if not isinstance(e, Merged))) for one in part.tickets]
    return replace(part, tickets=tuple(tickets))


def test_each_sample_is_claimed_by_the_reader(tmp_path):
    shapes = {PAGES: "pages of conversations", REPORT: "ratings report", SINGLE: "single ratings"}
    for name, shape in shapes.items():
        for mark in (b"", b"\xef\xbb\xbf"):
            part = opened(saved(tmp_path / "download", mark + sample(name).read_bytes()))
            assert (part.reader, part.shape.name) == ("helpscout", shape)


def test_conversations_alone_say_the_same_as_pages_of_them(tmp_path):
    pages = [json.loads(line) for line in sample(PAGES).read_text().splitlines()]
    alone = [each for page in pages for each in page["_embedded"]["conversations"]]
    for content in (alone, "\n".join(map(json.dumps, alone))):
        path = saved(tmp_path / "a.json", content)
        assert opened(path).shape.name == "conversations"
        for name in ("tickets", "messages", "changes"):
            found, expected = frame(path, name), frame(sample(PAGES), name)
            known = [column for column in expected.columns if not column.startswith("x_")]
            assert found.select(known).equals(expected.select(known))


def test_the_conversations_are_those_of_the_history():
    true, rows = shown(), frame(sample(PAGES), "tickets")
    assert set(rows["ticket_id"]) == set(true)
    for row in rows.iter_rows(named=True):
        one = true[row["ticket_id"]]
        assert (row["created_at"], row["updated_at"]) == (one.created, one.updated)
        assert row["status"] == (
            "deleted" if one.deleted else None if one.spam else STATUS[helpscout.STATUS[one.status]]
        )
        assert (row["is_spam"], row["created_by_agent"]) == (one.spam, one.opened_by is not None)
        assert row["closed_at"] == (one.solves[-1] if one.solves else None)
        assert row["channel"] == {"web": "email"}.get(one.channel, one.channel)
    assert load(sample(PAGES)).rejects.is_empty()


def test_the_messages_are_those_of_the_history_without_line_items():
    true = shown()
    found = frame(sample(PAGES), "messages").sort("ticket_id", "sent_at", "message_id")
    said = [
        (key, message.at, message.role, message.public)
        for key, one in sorted(true.items())
        for message in one.messages
        if message.role != "bot"
    ]
    assert found.select("ticket_id", "sent_at", "author_role", "is_public").rows() == said


def test_the_changes_of_status_are_those_of_the_history_and_nochange_is_none():
    true = shown()
    found = frame(sample(PAGES), "changes").sort("ticket_id", "changed_at")
    expected = []
    for key, one in sorted(true.items()):
        at_the_end = {change.at: STATUS[helpscout.STATUS[change.status]] for change in one.statuses}
        was = None
        for at, word in at_the_end.items():
            if word != was:
                expected.append((key, at, "status", word))
            was = word
    assert found.select("ticket_id", "changed_at", "field", "new").rows() == expected


def test_the_figures_are_those_of_the_history():
    expected = truth.figures(without_merges())
    expected = expected | {"first_reply_time": expected["first_reply_time_with_agent_opened"]}
    metrics = ("tickets_created", "tickets_solved", "backlog", "first_reply_time", "first_resolution_time")
    metrics += ("full_resolution_time", "reopen_rate", "one_touch_rate")
    agrees(str(sample(PAGES)), expected, metrics)


def test_the_requesters_wait_is_told_from_the_threads():
    history, waits = without_merges(), []
    for one in history.tickets:
        if not (one.spam or one.deleted):
            spans = [*one.spans(), (one.status, one.statuses[-1].at, history.as_of)]
            waiting = [(until - since).total_seconds() for status, since, until in spans if status in WAITING]
            waits.append(sum(waiting))
    found = figure(ask(str(sample(PAGES)), "requester_wait_time"), "requester_wait_time")
    assert found == (pytest.approx(statistics.median(waits)), len(waits))


@pytest.mark.parametrize("name", [REPORT, SINGLE])
def test_ratings_give_the_csat_of_the_history_one_being_the_best(name):
    rated = [one for one in shown().values() if one.answer and not (one.spam or one.deleted)]
    rated = rated if name == REPORT else rated[:40]
    surveys = frame(sample(name), "surveys", "America/New_York")
    assert surveys["answered_at"].to_list() == [one.answer.at for one in rated]
    assert surveys["ticket_id"].to_list() == [str(helpscout.conversation_id(one)) for one in rated]
    assert surveys["has_comment"].to_list() == [bool(one.answer.comment) for one in rated]
    row = ask([str(sample(PAGES)), str(sample(name))], "csat").result.frame.row(0, named=True)
    assert (row["n"], row["value"]) == (len(rated), pytest.approx(sum(one.answer.good for one in rated) / len(rated)))


def test_a_rating_that_comes_in_both_shapes_counts_once():
    both = ask([str(sample(REPORT)), str(sample(SINGLE))], "csat")
    singles = len(json.loads(sample(SINGLE).read_text()))
    assert account(both, "surveys")["duplicates"] == singles


def test_what_it_cannot_carry_is_not_in_the_export():
    lacking = {"csat", "csat_response_rate", "reassignment_rate", "first_reply_sla_attainment"}
    found = missing(ask(str(sample(PAGES)), sorted(lacking)))
    assert {"csat", "csat_response_rate"} <= found.keys()


def conversation(**changes):
    base = {"id": 1, "number": 9, "createdAt": "2024-01-01T09:00:00Z", "mailboxId": 3, "status": "active"}
    return base | {"state": "published", "userUpdatedAt": "2024-01-01T09:00:00Z"} | changes


def test_spam_is_spam_and_drafts_and_deleted_ones_are_no_conversations(tmp_path):
    rows = [conversation(id=n, state=state, status=status) for n, (state, status) in enumerate(
        [("published", "active"), ("published", "spam"), ("draft", "active"), ("deleted", "closed")])]  # fmt: skip
    report = ask(str(saved(tmp_path / "a.json", rows)), "tickets_created")
    assert account(report)["used"] == 1
    assert account(report)["excluded"] == {"spam": 1, "deleted": 2}


def test_a_thread_held_back_is_no_reply_and_the_order_within_a_second_is_that_of_the_numbers(tmp_path):
    at = "2024-01-01T10:00:00Z"
    thread = {"createdAt": at, "createdBy": {"id": 5, "type": "user"}, "type": "message", "state": "published"}
    threads = [
        thread | {"id": 12, "status": "closed", "type": "lineitem"},
        thread | {"id": 11, "status": "pending"},
        thread | {"id": 10, "status": "nochange", "state": "draft"},
    ]
    path = saved(tmp_path / "a.json", conversation(_embedded={"threads": threads}))
    assert frame(path, "messages")["is_public"].to_list() == [True, False]
    changes = frame(path, "changes").sort("position")
    assert changes["new"].to_list() == ["pending", "closed"]


def test_a_rating_that_nobody_knows_is_no_answer(tmp_path):
    base = {"threadId": 1, "conversationId": 2, "createdAt": "2024-01-01T10:00:00"}
    words = ("great", "Okay", "not_good", "Bad", "unknown")
    rows = [base | {"threadId": n, "rating": word} for n, word in enumerate(words)]
    found = load(saved(tmp_path / "a.json", rows))
    assert found.frames["surveys"]["score"].to_list() == [3, 2, 1, 1, None]
    assert found.rejects.is_empty()


@real_files
def test_the_examples_of_the_documentation():
    folder = REAL / "helpscout_json"
    row = frame(folder / "list_conversations.json", "tickets").row(0, named=True)
    assert (row["ticket_id"], row["status"], row["assignee"], row["group"]) == ("10", "closed", "99", "13")
    assert row["closed_at"] == datetime(2012, 3, 16, 14, 7, 23, tzinfo=UTC)
    assert frame(folder / "get_conversation.json", "tickets")["ticket_id"].to_list() == ["123"]
    rating = frame(folder / "get_rating.json", "surveys", "Europe/Berlin").row(0, named=True)
    assert (rating["score"], rating["scale_max"], rating["ticket_id"]) == (3, 3, "123")
    assert rating["answered_at"] == datetime(2017, 12, 12, 12, 12, 13, tzinfo=UTC)
