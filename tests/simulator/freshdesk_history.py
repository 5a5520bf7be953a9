"""Freshdesk tickets with what was said on them, as `reference/formats.md` section 2 describes the files.

Three sets of tickets, each in a shape of its own: the API's list with conversations and time entries beside it, tickets
that hold their conversations, and the old API's tickets with notes, which is what an account export is made of. A
ticket's own text is its description and in none of these lists; automatic replies are in none either. The old API
writes the account's offset and has no stats.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from .cast import agent_id, group_id
from .clock import local
from .files import json_array
from .freshdesk import TYPE, status
from .freshdesk_api import PRIORITY, SOURCE, tickets
from .model import History, Message, Ticket
from .zendesk import iso

EACH = 28
NAMES = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
NUMBERS = {"Open": 2, "Pending": 3, "Resolved": 4, "Closed": 5, "Waiting on Customer": 6, "Waiting on Third Party": 7}


def files(history: History) -> dict[str, bytes]:
    listed, nested, exported = parts(history)
    holding = [
        ticket | {"conversations": [*conversations(one)]}
        for ticket, one in zip(tickets(nested), nested.tickets, strict=True)
    ]
    return {
        "freshdesk_history/tickets.json": json_array(tickets(listed)).encode(),
        "freshdesk_history/conversations.json": json_array(
            [said for ticket in listed.tickets for said in conversations(ticket)]
        ).encode(),
        "freshdesk_history/time_entries.json": json_array(
            [entry for ticket in listed.tickets for entry in time_entries(ticket)]
        ).encode(),
        "freshdesk_history/tickets_with_conversations.json": json_array(holding).encode(),
        "freshdesk_history/account_export.json": json_array(
            [{"helpdesk_ticket": _old(ticket)} for ticket in exported.tickets]
        ).encode(),
    }


def parts(history: History) -> tuple[History, History, History]:
    """Every eighth ticket, dealt to the three sets in turn."""
    chosen = history.tickets[:: len(history.tickets) // (3 * EACH)][: 3 * EACH]
    one, two, three = (History(tuple(chosen[n::3]), (), history.start, history.end) for n in range(3))
    return one, two, three


def conversations(ticket: Ticket) -> Iterator[dict[str, Any]]:
    for number, message in said(ticket):
        yield {
            "body": f"<div>{message.text}</div>",
            "id": number,
            "incoming": message.role == "customer",
            "private": not message.public,
            "user_id": agent_id(message.author) if message.role == "agent" else ticket.requester.id,
            "support_email": None,
            "source": 0 if message.public else 2,
            "ticket_id": ticket.id,
            "created_at": iso(message.at),
            "updated_at": iso(message.at),
        }


def time_entries(ticket: Ticket) -> Iterator[dict[str, Any]]:
    """One entry for every reply, each a little longer than the one before."""
    for place, reply in enumerate(ticket.replies):
        minutes = 4 + 3 * place
        yield {
            "billable": place % 2 == 0,
            "note": None,
            "id": ticket.id * 100 + place,
            "timer_running": False,
            "agent_id": agent_id(reply.author),
            "ticket_id": ticket.id,
            "time_spent": f"{minutes // 60:02}:{minutes % 60:02}",
            "time_spent_in_seconds": minutes * 60,
            "executed_at": iso(reply.at),
            "start_time": iso(reply.at),
            "created_at": iso(reply.at),
            "updated_at": iso(reply.at),
        }


def said(ticket: Ticket) -> Iterator[tuple[int, Message]]:
    """What people said after the opening, with a number."""
    people = [message for message in ticket.messages[1:] if message.role != "bot"]
    return ((ticket.id * 100 + place, message) for place, message in enumerate(people))


def _old(ticket: Ticket) -> dict[str, Any]:
    return {
        "created_at": _with_offset(ticket.created),
        "deleted": ticket.deleted,
        "display_id": ticket.id,
        "due_by": _with_offset(ticket.resolution_due),
        "frDueBy": _with_offset(ticket.first_reply_due),
        "fr_escalated": False,
        "group_id": group_id(ticket.group) if ticket.group else None,
        "id": 5_007_000_000 + ticket.id,
        "isescalated": False,
        "notes": [{"note": _note(ticket, *one)} for one in said(ticket)],
        "priority": PRIORITY[ticket.priority],
        "priority_name": NAMES[PRIORITY[ticket.priority]],
        "requester_id": ticket.requester.id,
        "responder_id": agent_id(ticket.assignee) if ticket.assignee else None,
        "source": 10 if ticket.opened_by else SOURCE[ticket.channel],
        "spam": ticket.spam,
        "status": NUMBERS[status(ticket)],
        "status_name": status(ticket),
        "ticket_type": TYPE[ticket.type] or None,
        "updated_at": _with_offset(ticket.updated),
    }


def _note(ticket: Ticket, number: int, message: Message) -> dict[str, Any]:
    return {
        "body": message.text,
        "created_at": _with_offset(message.at),
        "deleted": False,
        "id": number,
        "incoming": message.role == "customer",
        "private": not message.public,
        "source": 0 if message.public else 2,
        "user_id": agent_id(message.author) if message.role == "agent" else ticket.requester.id,
    }


def _with_offset(instant: datetime) -> str:
    return local(instant).isoformat(timespec="seconds")
