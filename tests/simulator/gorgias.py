"""Gorgias' lists of tickets, messages and satisfaction surveys, from `reference/formats.md` section 11.

Traps: instants with and without an offset and with fractions of any length; `opened_datetime` is when an agent first
looked; snoozed tickets are closed ones with a time to come back, with or without an instant of the close; spam and
trash are in the list; a rule's messages come from an agent; notes are messages that are not public; surveys that were
never sent, and sent ones without a score. Nothing tells a merged ticket from a closed one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .cast import BOT, agent_id, group_id
from .files import gzipped, json_wrapped
from .model import DONE, Deleted, History, Message, Ticket

STARS = {7: 5, 6: 5, 5: 4, 4: 3, 3: 2, 2: 2, 1: 1}
PRIORITY = {"low": "low", "normal": "normal", "high": "high", "urgent": "critical", None: None}
CHANNEL = {"email": "email", "web": "contact_form", "phone": "phone", "chat": "chat"}


def part(history: History) -> History:
    """An eighth of the year and the tickets written by hand."""
    return replace(history, tickets=tuple(one for one in history.tickets if one.id < 1000 or one.id % 8 == 3))


def files(history: History) -> dict[str, bytes]:
    shown = part(history).tickets
    surveys = [survey(one) for one in shown if one.offered or one.id % 5 == 1]
    return {
        "gorgias/tickets.json.gz": gzipped(page([ticket(one) for one in shown], "tickets")),
        "gorgias/messages.json.gz": gzipped(page([each for one in shown for each in messages(one)], "messages")),
        "gorgias/satisfaction_surveys.json": page(surveys, "satisfaction-surveys").encode(),
    }


def page(data: list[dict[str, Any]], of: str) -> str:
    meta = {"next_cursor": None, "prev_cursor": None}
    return json_wrapped({"data": data, "meta": meta, "object": "list", "uri": f"/api/{of}?limit=100"})


def ticket(one: Ticket) -> dict[str, Any]:
    snoozed = one.status == "hold"
    return {
        "id": one.id,
        "uri": f"/api/tickets/{one.id}/",
        "external_id": None,
        "status": "closed" if snoozed or one.status in DONE else "open",
        "channel": CHANNEL[one.channel],
        "via": "email" if one.channel == "email" else "api",
        "from_agent": one.opened_by is not None,
        "spam": one.spam,
        "customer": {"id": one.requester.id, "email": one.requester.email, "name": one.requester.name},
        "assignee_user": {"id": agent_id(one.assignee), "name": one.assignee} if one.assignee else None,
        "assignee_team": {"id": group_id(one.group), "name": one.group} if one.group else None,
        "language": "de",
        "subject": one.subject,
        "meta": None,
        "tags": [{"id": place, "name": tag} for place, tag in enumerate(one.own_tags, start=1)],
        "priority": PRIORITY[one.priority],
        "created_datetime": iso(one.created, one.id),
        "opened_datetime": iso(one.created + timedelta(minutes=4), one.id),
        "last_message_datetime": iso(one.messages[-1].at, one.id),
        "updated_datetime": iso(one.updated, one.id),
        "closed_datetime": iso(closed_at(one), one.id),
        "snooze_datetime": iso(one.updated + timedelta(days=9), one.id) if snoozed else None,
        "trashed_datetime": iso(trashed_at(one), one.id),
    }


def messages(one: Ticket) -> list[dict[str, Any]]:
    return [message(one, place, said) for place, said in enumerate(one.messages)]


def message(one: Ticket, place: int, said: Message) -> dict[str, Any]:
    by_bot, by_customer = said.author == BOT, said.role == "customer"
    is_sent = said.public and place > 0
    return {
        "id": one.id * 100 + place,
        "ticket_id": one.id,
        "public": said.public,
        "channel": CHANNEL[one.channel] if said.public else "internal-note",
        "via": "rule" if by_bot else "email" if by_customer else "helpdesk",
        "from_agent": not by_customer,
        "sender": {"id": one.requester.id if by_customer else 1, "name": said.author},
        "rule_id": 17 if by_bot else None,
        "created_datetime": iso(said.at - timedelta(seconds=20 * is_sent), place),
        "sent_datetime": iso(said.at, place) if is_sent else None,
        "failed_datetime": None,
    }


def survey(one: Ticket) -> dict[str, Any]:
    answer = one.answer
    due = (one.solves[0] if one.solves else one.created) + timedelta(days=1)
    return {
        "id": 70_000 + one.id,
        "ticket_id": one.id,
        "customer_id": one.requester.id,
        "score": STARS[answer.grade] if answer else None,
        "body_text": answer.comment if answer else None,
        "meta": None,
        "created_datetime": iso(one.offered or due, one.id),
        "should_send_datetime": iso(one.offered or due, one.id),
        "sent_datetime": iso(one.offered, one.id),
        "scored_datetime": iso(answer.at if answer else None, one.id),
        "uri": f"/api/satisfaction-surveys/{70_000 + one.id}/",
    }


def closed_at(one: Ticket) -> datetime | None:
    """The last close of what is closed; of the snoozed ones every second has one."""
    if one.status == "hold":
        return one.statuses[-1].at if one.id % 2 else None
    return one.solves[-1] if one.status in DONE else None


def trashed_at(one: Ticket) -> datetime | None:
    return next((event.at for event in one.events if isinstance(event, Deleted)), None)


def iso(instant: datetime | None, variety: int) -> str | None:
    """UTC, spelled in one of four ways."""
    if instant is None:
        return None
    return instant.strftime("%Y-%m-%dT%H:%M:%S") + ("", ".000000", "+00:00", ".000+00:00")[variety % 4]
