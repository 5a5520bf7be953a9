"""Intercom's exports, as `reference/formats.md` section 5 describes them: datasets, conversations with parts, tickets.

The workspace's clock is New York's, as every header of an instant says. A conversation that an agent began starts with
the customer's first answer; where there was none the CSV leaves `started at` blank, and the API the statistics. New and
open are one state, pending and on hold another. Office hours are Berlin's 9-17, and the API's spans leave out the rest.
Each file has other tickets, but the ratings, which are those of the conversation dataset.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .cast import BOT, agent_id, group_id
from .clock import SCHEDULE
from .files import csv_text, json_wrapped
from .model import DONE, History, Merged, Message, Ticket

ZONE = "America/New_York"
STATE = {"new": "open", "open": "open", "pending": "snoozed", "hold": "snoozed", "solved": "closed", "closed": "closed"}
TICKET_STATE = {"new": "submitted", "open": "in_progress", "hold": "in_progress", "pending": "waiting_on_customer"}
TICKET_STATE |= {"solved": "resolved", "closed": "resolved"}
STARS = {7: 5, 6: 5, 5: 4, 4: 3, 3: 2, 2: 2, 1: 1}
SOURCE = {"email": "email", "web": "conversation", "chat": "conversation", "phone": "phone_call"}
RATING_HEADER = (
    "Conversation ID", f"Updated at ({ZONE})", "Conversation rating", "Conversation rating remark", "Agent rated type",
    "User name", "Company name", "Last survey sent",
)  # fmt: skip


def files(history: History) -> dict[str, bytes]:
    rows = [_row(ticket) for ticket in dataset(history)]
    conversations = [_conversation(ticket) for ticket in with_parts(history)]
    tickets = [_ticket(ticket) for ticket in api_tickets(history)]
    pages = {"type": "pages", "page": 1, "per_page": 150, "total_pages": 1}
    listed = {"type": "conversation.list", "pages": pages, "total_count": len(conversations)}
    ticketed = {"type": "ticket.list", "pages": pages, "total_count": len(tickets)}
    ratings = [_rating_row(ticket) for ticket in dataset(history) if ticket.answer]
    return {
        "intercom/conversations.csv": csv_text([list(rows[0]), *(list(row.values()) for row in rows)]).encode(),
        "intercom/ratings.csv": csv_text([RATING_HEADER, *ratings]).encode(),
        "intercom/conversations.json": json_wrapped(listed | {"conversations": conversations}).encode(),
        "intercom/tickets.json": json_wrapped(ticketed | {"tickets": tickets}).encode(),
    }


def dataset(history: History) -> list[Ticket]:
    return _shown(history)[::5]


def with_parts(history: History) -> list[Ticket]:
    return _shown(history)[1::20]


def api_tickets(history: History) -> list[Ticket]:
    return _shown(history)[2::40]


def _shown(history: History) -> list[Ticket]:
    return [ticket for ticket in history.tickets if not (ticket.deleted or ticket.spam)]


def contacted(ticket: Ticket) -> datetime | None:
    """The customer's first message."""
    return next((message.at for message in ticket.messages if message.role == "customer"), None)


def told(ticket: Ticket) -> Ticket:
    """The ticket as Intercom sees it: it begins with the customer's first message; nobody knows what was merged.

    Where the customer never wrote it stays the agent's, and nothing that agents wrote is an answer.
    """
    first = contacted(ticket)
    begin = first or ticket.created
    heard = [event for event in ticket.events if not isinstance(event, Merged)]
    if first is None:
        events = [each for each in heard if not (isinstance(each, Message) and each != ticket.messages[0])]
    else:
        events = [each for each in heard if not (isinstance(each, Message) and each.at < begin)]
    return replace(ticket, created=begin, opened_by=None if first else ticket.opened_by, events=tuple(events))


def _reply(ticket: Ticket) -> datetime | None:
    return next((message.at for message in told(ticket).replies), None)


def _row(ticket: Ticket) -> dict[str, str]:
    reply, begun = _reply(ticket), told(ticket).created
    close = ticket.solves[-1] if ticket.solves else None
    first_close = ticket.solves[0] if ticket.solves else None
    cells: dict[str, Any] = {
        "Conversation ID": ticket.id,
        f"Conversation started at ({ZONE})": _clock(contacted(ticket)),
        f"Conversation created at ({ZONE})": _clock(ticket.created),
        f"Conversation updated at ({ZONE})": _clock(ticket.updated),
        f"Conversation first replied at ({ZONE})": _clock(reply),
        f"Conversation first closed at ({ZONE})": _clock(first_close),
        f"Conversation last closed at ({ZONE})": _clock(close),
        "Channel": SOURCE[ticket.channel].capitalize().replace("_", " "),
        "Current conversation state": STATE[ticket.status].capitalize(),
        "Conversation priority": ticket.priority.replace("normal", "medium").capitalize()
        if ticket.priority
        else "None",
        "Conversation tag": ", ".join(ticket.own_tags),
        "Title": ticket.subject,
        "Teammate currently assigned": ticket.assignee,
        "Team currently assigned": ticket.group,
        "Last teammate rated": ticket.assignee if ticket.answer else None,
        "Last teammate rating": STARS[ticket.answer.grade] if ticket.answer else None,
        "Last teammate rating remark": ticket.answer.comment if ticket.answer else None,
        "First response time (seconds)": _seconds(begun, reply),
        "First response time, only within office hours (seconds)": _office_seconds(begun, reply),
        "Time to close (seconds)": _seconds(begun, close),
        "Time to close, within office hours (seconds)": _office_seconds(begun, close),
        "Time to first close (seconds)": _seconds(begun, first_close),
        "Handling time (seconds)": 300 * len(ticket.replies),
        "Fin AI Agent involved": "false",
        "Company name": ticket.organization,
        "User ID": ticket.requester.id,
        "User email": ticket.requester.email,
    }
    return {name: "" if value is None else str(value) for name, value in cells.items()}


def _rating_row(ticket: Ticket) -> list[str]:
    answer = ticket.answer
    assert answer is not None
    who = (ticket.requester.name, ticket.organization or "")
    return [str(ticket.id), _clock(answer.at), str(STARS[answer.grade]), answer.comment or "", "Teammate", *who, ""]


def _conversation(ticket: Ticket) -> dict[str, Any]:
    author = {"type": "user", "id": str(ticket.requester.id), "name": ticket.requester.name}
    if ticket.opened_by:
        author = {"type": "admin", "id": str(agent_id(ticket.opened_by)), "name": ticket.opened_by}
    parts = conversation_parts(ticket)
    return {
        "type": "conversation",
        "id": str(ticket.id),
        "title": None,
        "created_at": _epoch(ticket.created),
        "updated_at": _epoch(ticket.updated),
        "waiting_since": None,
        "snoozed_until": None,
        "open": ticket.status not in DONE,
        "state": STATE[ticket.status],
        "read": True,
        "priority": "priority" if ticket.priority in ("high", "urgent") else "not_priority",
        "admin_assignee_id": agent_id(ticket.assignee) if ticket.assignee else 0,
        "team_assignee_id": group_id(ticket.group) if ticket.group else 0,
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": tag, "name": tag} for tag in ticket.own_tags]},
        "conversation_rating": _rating(ticket),
        "source": {
            "type": SOURCE[ticket.channel],
            "id": str(403_000_000 + ticket.id),
            "delivered_as": "admin_initiated" if ticket.opened_by else "customer_initiated",
            "subject": "",
            "body": f"<p>{ticket.messages[0].text}</p>",
            "author": author,
        },
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": str(ticket.requester.id)}]},
        "sla_applied": None,
        "statistics": _statistics(ticket),
        "conversation_parts": {
            "type": "conversation_part.list", "conversation_parts": parts, "total_count": len(parts)
        },
        "ai_agent_participated": False,
    }  # fmt: skip


def _statistics(ticket: Ticket) -> dict[str, Any]:
    """Outbound conversations without an answer have all of them null."""
    first, begun, reply = contacted(ticket), told(ticket).created, _reply(ticket)
    first_close, last_close = (ticket.solves[0], ticket.solves[-1]) if ticket.solves else (None, None)
    numbers = {
        "time_to_admin_reply": _office_seconds(begun, reply),
        "time_to_first_close": _office_seconds(begun, first_close),
        "time_to_last_close": _office_seconds(begun, last_close),
        "first_contact_reply_at": _epoch(first),
        "first_admin_reply_at": _epoch(reply),
        "first_close_at": _epoch(first_close),
        "last_close_at": _epoch(last_close),
        "count_reopens": len(ticket.reopenings),
        "count_assignments": len(ticket.assignments),
        "count_conversation_parts": 1 + len(conversation_parts(ticket)),
        "handling_time": 300 * len(ticket.replies),
    }
    return {"type": "conversation_statistics", **(numbers if first else dict.fromkeys(numbers))}


def _rating(ticket: Ticket) -> dict[str, Any] | None:
    """Null where nobody was asked; without a rating until the customer has answered."""
    if ticket.offered is None:
        return None
    answer = ticket.answer
    return {
        "rating": STARS[answer.grade] if answer else None,
        "remark": answer.comment if answer else None,
        "created_at": _epoch(ticket.offered),
        "updated_at": _epoch(answer.at if answer else ticket.offered),
        "contact": {"type": "contact", "id": str(ticket.requester.id)},
        "teammate": {"type": "admin", "id": agent_id(ticket.assignee)} if ticket.assignee else None,
    }


def conversation_parts(ticket: Ticket) -> list[dict[str, Any]]:
    """What was said and done behind the opening; an answer that closes or opens again is one part with a text."""
    texts = {(message.at, message.role): message for message in ticket.messages[1:] if message.public}
    moves: list[tuple[datetime, str, Message | None]] = []
    for was, now in zip(ticket.statuses, ticket.statuses[1:], strict=False):
        before, after = STATE[was.status], STATE[now.status]
        if before == after:
            continue
        kind = {"closed": "close", "snoozed": "snoozed"}.get(after) or (
            "open" if before == "closed" else "timer_unsnooze" if was.status == "hold" else "unsnoozed"
        )
        said = texts.get((now.at, "customer" if after == "open" else "agent")) if kind in ("open", "close") else None
        moves.append((now.at, kind, said))
    merged = [said for _, _, said in moves if said]
    parts = [(at, _part(ticket, at, kind, said)) for at, kind, said in moves]
    parts += [
        (message.at, _part(ticket, message.at, "comment" if message.public else "note", message))
        for message in ticket.messages[1:]
        if message not in merged
    ]
    parts += _assignments(ticket)
    ordered = sorted(parts, key=lambda part: part[0])
    return [part | {"id": str(ticket.id * 100 + place)} for place, (_, part) in enumerate(ordered)]


def _assignments(ticket: Ticket) -> list[tuple[datetime, dict[str, Any]]]:
    parts, team, admin = [], None, None
    for assignment in ticket.assignments:
        if assignment.group != team:
            to = {"type": "team", "id": str(group_id(assignment.group))}
            parts.append((assignment.at, _part(ticket, assignment.at, "assignment", None) | {"assigned_to": to}))
        if assignment.agent and assignment.agent != admin:
            to = {"type": "admin", "id": str(agent_id(assignment.agent))}
            parts.append((assignment.at, _part(ticket, assignment.at, "assignment", None) | {"assigned_to": to}))
        team, admin = assignment.group, assignment.agent or admin
    return parts


def _part(ticket: Ticket, at: datetime, kind: str, said: Message | None) -> dict[str, Any]:
    author = {"type": "bot", "id": "1", "name": "Operator"}
    if said and said.role == "customer":
        author = {"type": "user", "id": str(ticket.requester.id), "name": said.author}
    elif said and said.author != BOT:
        author = {"type": "admin", "id": str(agent_id(said.author)), "name": said.author}
    return {
        "type": "conversation_part",
        "part_type": kind,
        "body": f"<p>{said.text}</p>" if said else None,
        "created_at": _epoch(at),
        "author": author,
        "assigned_to": None,
    }


def _ticket(ticket: Ticket) -> dict[str, Any]:
    parts = [(m.at, _part(ticket, m.at, "comment" if m.public else "note", m)) for m in ticket.messages[1:]]
    for was, now in zip(ticket.statuses, ticket.statuses[1:], strict=False):
        before, after = TICKET_STATE[was.status], TICKET_STATE[now.status]
        if before != after:
            part = _part(ticket, now.at, "ticket_state_updated_by_admin", None)
            parts.append((now.at, part | {"ticket_state": after, "previous_ticket_state": before}))
    parts = sorted([*parts, *_assignments(ticket)], key=lambda part: part[0])
    listed = [part | {"type": "ticket_part", "id": str(ticket.id * 100 + n)} for n, (_, part) in enumerate(parts)]
    return {
        "type": "ticket",
        "id": str(ticket.id),
        "ticket_id": str(ticket.id - 1000),
        "ticket_attributes": {"_default_title_": ticket.subject, "_default_description_": None},
        "ticket_state": TICKET_STATE[ticket.status],
        "ticket_type": {"type": "ticket_type", "id": "117", "name": ticket.type or "other", "category": "Customer"},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": str(ticket.requester.id)}]},
        "admin_assignee_id": str(agent_id(ticket.assignee)) if ticket.assignee else "0",
        "team_assignee_id": str(group_id(ticket.group)) if ticket.group else "0",
        "created_at": _epoch(ticket.created),
        "updated_at": _epoch(ticket.updated),
        "ticket_parts": {"type": "ticket_part.list", "ticket_parts": listed, "total_count": len(listed)},
        "open": ticket.status not in DONE,
        "category": "Customer",
        "is_shared": True,
    }


def _clock(instant: datetime | None) -> str:
    return instant.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M:%S") if instant else ""


def _epoch(instant: datetime | None) -> int | None:
    return int(instant.timestamp()) if instant else None


def _seconds(start: datetime, end: datetime | None) -> int | None:
    return int((end - start).total_seconds()) if end else None


def _office_seconds(start: datetime, end: datetime | None) -> int | None:
    return 60 * SCHEDULE.minutes(start, end) if end else None
