"""Freshdesk's tickets with their conversations say what the simulator's history says of replies."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.readers import FilePart, Loaded, open_exports
from tests.asking import ask, figure, figures, missing
from tests.simulator import freshdesk_history, truth
from tests.simulator.__main__ import SAMPLE_DATA
from tests.simulator.cast import agent_id
from tests.simulator.history import simulate
from tests.simulator.model import DONE, History, Ticket
from tests.vendor_files import REAL, real_files

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

FOLDER = SAMPLE_DATA / "freshdesk_history"
SHAPES = {
    "tickets.json": "tickets JSON",
    "conversations.json": "conversations",
    "time_entries.json": "time entries",
    "tickets_with_conversations.json": "tickets JSON",
    "account_export.json": "tickets JSON with notes",
}
MESSAGES = {"conversations.json": 0, "tickets_with_conversations.json": 1, "account_export.json": 2}


@cache
def part(number: int) -> History:
    return freshdesk_history.parts(simulate())[number]


def plain(history: History) -> History:
    """Without what the files cannot tell: tickets that agents opened have their first reply taken for the opening."""
    tickets = tuple(ticket for ticket in history.tickets if not ticket.opened_by)
    return History(tickets, (), history.start, history.end)


def opened(path: Path) -> FilePart:
    return open_exports([str(path)])[0]


def load(path: Path) -> Loaded:
    part = opened(path)
    return part.load({frame: part.available(frame) for frame in part.columns}, None)


def saved(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def without_agents_openings(path: Path, folder: Path) -> str:
    """The file without the tickets that agents opened."""
    records = [record.get("helpdesk_ticket", record) for record in json.loads(path.read_text(encoding="utf-8"))]
    return str(saved(folder / path.name, [record for record in records if record["source"] != 10]))


@pytest.mark.parametrize("name", SHAPES)
def test_each_file_is_claimed_by_one_shape_with_a_bom_and_any_order_of_keys(tmp_path, name):
    records = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    turned = [dict(reversed(record.items())) for record in records]
    path = saved(tmp_path / "download", "\ufeff" + json.dumps(turned))
    part = opened(path)
    assert (part.reader, part.shape.name) == ("freshdesk", SHAPES[name])
    expected, found = load(FOLDER / name), load(path)
    assert {frame: rows.height for frame, rows in found.frames.items()} == {
        frame: rows.height for frame, rows in expected.frames.items()
    }
    assert expected.rejects.is_empty()


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_are_what_people_said_after_the_opening(name):
    found = load(FOLDER / name).frames["messages"]
    columns = ("message_id", "ticket_id", "sent_at", "author_role", "author", "is_public")
    assert found.select(columns).rows() == [
        (str(number), str(ticket.id), message.at, message.role, _author(ticket, message), message.public)
        for ticket in part(MESSAGES[name]).tickets
        for number, message in freshdesk_history.said(ticket)
    ]


def _author(ticket: Ticket, message: Any) -> str:
    return str(agent_id(message.author) if message.role == "agent" else ticket.requester.id)


def test_the_account_export_has_the_old_apis_numbers_and_the_accounts_offset():
    by_id = {str(ticket.id): ticket for ticket in part(2).tickets}
    rows = load(FOLDER / "account_export.json").frames["tickets"]
    assert rows.height == len(by_id)
    for row in rows.iter_rows(named=True):
        ticket = by_id[row["ticket_id"]]
        assert (row["created_at"], row["due_at"]) == (ticket.created, ticket.resolution_due)
        if not ticket.deleted:
            assert row["status"] == {"hold": "on_hold", "new": "open"}.get(ticket.status, ticket.status)
        assert (row["is_spam"], row["status"] == "deleted") == (ticket.spam, ticket.deleted)
        assert row["created_by_agent"] == (ticket.opened_by is not None)


def test_first_replies_and_reply_counts_of_tickets_with_conversations_are_those_of_the_history(tmp_path):
    report = ask(
        without_agents_openings(FOLDER / "tickets_with_conversations.json", tmp_path),
        ["first_reply_time", "agent_replies_per_ticket", "tickets_created", "tickets_solved", "full_resolution_time"],
    )
    figures = truth.figures(plain(part(1)), "freshdesk_api")
    seen = [one for one in plain(part(1)).tickets if not (one.spam or one.deleted)]
    assert figure(report, "first_reply_time") == pytest.approx(figures["first_reply_time"]["all"])
    assert figure(report, "full_resolution_time") == pytest.approx(figures["full_resolution_time"]["all"])
    replies = [len(one.replies) for one in seen if one.status in DONE]
    told = [len(one.replies) for one in seen if one.status in DONE and list(freshdesk_history.said(one))]
    assert len(replies) >= len(told)
    assert figure(report, "agent_replies_per_ticket") == (pytest.approx(sum(told) / len(told)), len(told))


def test_the_conversations_beside_a_list_of_tickets_tell_its_replies():
    files = [str(FOLDER / "tickets.json"), str(FOLDER / "conversations.json")]
    report = ask(files, ["first_reply_time", "response_time"])
    expected = [
        (ticket.replies[0].at - ticket.created).total_seconds()
        for ticket in part(0).tickets
        if ticket.replies and not (ticket.opened_by or ticket.spam or ticket.deleted)
    ]
    assert figure(report, "first_reply_time")[1] == len(expected)
    assert "response_time" not in missing(report)


def test_time_entries_are_the_work_of_their_tickets():
    entries = load(FOLDER / "time_entries.json").frames["work"]
    assert entries.height == sum(len(ticket.replies) for ticket in part(0).tickets)
    files = [str(FOLDER / "tickets.json"), str(FOLDER / "time_entries.json")]
    expected: dict[float | None, int] = {}
    for ticket in part(0).tickets:
        if not (ticket.spam or ticket.deleted):
            minutes = sum(4 + 3 * place for place in range(len(ticket.replies)))
            expected[60 * minutes or None] = expected.get(60 * minutes or None, 0) + 1
    for order in (files, files[::-1]):
        report = ask(order, "tickets_created", by="handle_seconds")
        assert {seconds: n for seconds, (_, n) in figures(report, "tickets_created").items()} == expected


def test_a_time_entry_without_seconds_has_hours_and_minutes(tmp_path):
    entry = {"id": 1, "ticket_id": 2, "agent_id": 3, "time_spent": "101:30", "created_at": "2024-01-01T00:00:00Z"}
    found = load(saved(tmp_path / "a.json", [entry, entry | {"id": 2, "executed_at": "2024-02-01T00:00:00Z"}]))
    assert found.frames["work"].select("seconds", pl.col("worked_at").dt.month()).rows() == [(365400, 1), (365400, 2)]


def test_the_account_export_knows_replies_but_no_solves():
    names = ["first_reply_time", "full_resolution_time", "tickets_solved"]
    report = ask(str(FOLDER / "account_export.json"), names)
    assert set(missing(report)) == {"full_resolution_time", "tickets_solved"}
    expected = [
        (ticket.replies[0].at - ticket.created).total_seconds()
        for ticket in part(2).tickets
        if ticket.replies and not (ticket.opened_by or ticket.spam or ticket.deleted)
    ]
    assert figure(report, "first_reply_time")[1] == len(expected)


def test_tickets_without_stats_and_conversations_lack_every_time(tmp_path):
    ticket = {"id": 1, "created_at": "2024-01-01T00:00:00Z", "responder_id": 2, "fr_escalated": False, "status": 2}
    report = ask(str(saved(tmp_path / "a.json", [ticket])), ["first_reply_time", "full_resolution_time"])
    assert set(missing(report)) == {"first_reply_time", "full_resolution_time"}


def test_an_empty_list_of_conversations_or_notes_gives_no_messages(tmp_path):
    ticket = {"id": 1, "created_at": "2024-01-01T00:00:00Z", "responder_id": 2, "fr_escalated": False, "status": 2}
    for key in ("conversations", "notes"):
        found = load(saved(tmp_path / f"{key}.json", [ticket | {key: []}]))
        assert found.frames["tickets"].height == 1
        assert "messages" not in found.frames or found.frames["messages"].is_empty()


# Real files


@real_files
def test_a_real_list_of_conversations_has_a_private_note_and_a_reply():
    rows = load(REAL / "freshdesk_json/v2_conversations.json").frames["messages"]
    assert rows.select("message_id", "ticket_id", "author_role", "is_public").rows() == [
        ("1", "1", "agent", False),
        ("2", "1", "agent", True),
    ]


@real_files
def test_a_real_ticket_of_the_old_api_has_its_note_and_its_own_number():
    found = load(REAL / "freshdesk_json/v1_ticket_1.json").frames
    assert found["tickets"].select("ticket_id", "group").row(0) == ("1", None)
    assert found["messages"].select("message_id", "ticket_id", "is_public").rows() == [("5006713943", "1", True)]


@real_files
def test_real_time_entries_are_fifteen_ten_and_fifteen_minutes():
    work = load(REAL / "freshdesk_json/v2_time_entries.json").frames["work"]
    assert work.select("ticket_id", "seconds", "is_billable").rows() == [
        ("1", 900, True),
        ("2", 600, True),
        ("3", 900, True),
    ]


@real_files
@pytest.mark.parametrize(("name", "rows"), [("v1_all_tickets", 1), ("v2_all_tickets", 1), ("v2_search_tickets", 2)])
def test_real_lists_of_tickets_are_read(name, rows):
    found = load(REAL / f"freshdesk_json/{name}.json")
    assert found.frames["tickets"].height == rows
    assert found.rejects.is_empty()


@real_files
def test_a_real_ticket_with_stats_has_its_resolution():
    found = load(REAL / "freshdesk_json/v2_ticket_1.json").frames["tickets"]
    assert found["solved_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list() == ["2020-07-24T15:35:21Z"]
