"""Help Scout's conversations with threads (API pages), ratings report and single ratings, by `formats.md` section 9.

Traps: `ratingId` 1 is the best; threads come newest first and say `nochange` where the status stays; line items are no
messages and notes are private; a conversation keeps its `closedAt` when it is open again; who assigned something is a
line item, too; the single rating's time has no offset; `_embedded` is in the page and in every conversation.
There is one closed status, no priority, and neither bots (their messages are not in the threads) nor merged-away
conversations are told from others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from .cast import agent_id, group_id
from .files import json_array, json_lines
from .model import History, Message, StatusChange, Ticket

STATUS = {"new": "active", "open": "active", "hold": "active", "pending": "pending", "solved": "closed"}
STATUS |= {"closed": "closed"}
GRADE = {7: (1, "great"), 6: (1, "great"), 5: (1, "great"), 4: (2, "okay"), 3: (3, "not_good"), 2: (3, "not_good")}
GRADE |= {1: (3, "not_good")}


def part(history: History) -> History:
    """A tenth of the year and the tickets written by hand."""
    return replace(history, tickets=tuple(one for one in history.tickets if one.id < 1000 or one.id % 10 == 3))


def files(history: History) -> dict[str, bytes]:
    shown = part(history).tickets
    pages = [page(shown[start : start + 50], start // 50 + 1) for start in range(0, len(shown), 50)]
    rated = [one for one in shown if one.answer and not (one.spam or one.deleted)]
    report = {"facets": {}, "results": [report_row(one) for one in rated], "page": 1, "pages": 1, "count": len(rated)}
    return {
        "helpscout/conversations.ndjson": json_lines(pages).encode(),
        "helpscout/happiness_ratings.json": json_lines([report]).encode(),
        "helpscout_single/ratings.json": json_array([rating(one) for one in rated[:40]]).encode(),
    }


def page(tickets: tuple[Ticket, ...], number: int) -> dict[str, Any]:
    return {
        "_embedded": {"conversations": [conversation(one) for one in tickets]},
        "_links": {"self": {"href": "..."}},
        "page": {"size": 50, "totalElements": len(tickets), "totalPages": 3, "number": number},
    }


def conversation(one: Ticket) -> dict[str, Any]:
    closes = one.solves
    return {
        "id": conversation_id(one),
        "number": one.id,
        "threads": sum(message.role != "bot" for message in one.messages),
        "type": {"web": "email"}.get(one.channel, one.channel),
        "folderId": 11,
        "status": "spam" if one.spam else STATUS[one.status],
        "state": "deleted" if one.deleted else "published",
        "subject": one.subject,
        "mailboxId": group_id(one.group) if one.group else None,
        "assignee": user(one.assignee) if one.assignee else None,
        "createdBy": author(one, one.messages[0]),
        "createdAt": iso(one.created),
        "closedBy": 14 if closes else None,
        "closedAt": iso(closes[-1]) if closes else None,
        "userUpdatedAt": iso(one.updated),
        "customerWaitingSince": {"time": iso(one.created), "friendly": "20 hours ago"},
        "source": {"type": "email", "via": "user" if one.opened_by else "customer"},
        "tags": [{"id": 9150, "color": "#929499", "tag": tag} for tag in one.own_tags],
        "primaryCustomer": {"id": one.requester.id, "type": "customer", "email": one.requester.email},
        "customFields": [],
        "_embedded": {"threads": list(threads(one))[::-1]},
        "_links": {"self": {"href": "..."}},
    }


def threads(one: Ticket) -> Iterator[dict[str, Any]]:
    """Oldest first. The status that an instant ends with goes with its last message, else with a line item."""
    told = [event for event in one.events if isinstance(event, (Message, StatusChange))]
    was, number = "", 1
    for at, events in groupby(told, key=lambda event: event.at):
        at_once = list(events)
        said = [event for event in at_once if isinstance(event, Message) and event.role != "bot"]
        words = [STATUS[event.status] for event in at_once if isinstance(event, StatusChange)]
        status = words[-1] if words and words[-1] != was else "nochange"
        was = words[-1] if words else was
        messages: list[Message | None] = [*said] or ([None] if status != "nochange" else [])
        for message in messages:
            yield thread(one, number, at, message, status if message is messages[-1] else "nochange")
            number += 1


def thread(one: Ticket, number: int, at: datetime, said: Message | None, status: str) -> dict[str, Any]:
    kind = "lineitem" if said is None else "customer" if said.role == "customer" else "message"
    return {
        "id": conversation_id(one) * 100 + number,
        "type": "note" if said and not said.public else kind,
        "status": status,
        "state": "published",
        "action": {"type": "manual-workflow" if said is None else "default", "text": ""},
        "source": {"type": "email", "via": "customer" if kind == "customer" else "user"},
        "createdBy": author(one, said) if said else user(one.assignee or "Tom Baker"),
        "assignedTo": user(one.assignee) if one.assignee else None,
        "to": [],
        "createdAt": iso(at),
    }


def author(one: Ticket, said: Message) -> dict[str, Any]:
    if said.role == "customer":
        return {"id": one.requester.id, "type": "customer", "email": one.requester.email}
    return user(said.author)


def user(name: str) -> dict[str, Any]:
    return {"id": agent_id(name), "type": "user", "first": name.split()[0], "last": name.split()[-1]}


def report_row(one: Ticket) -> dict[str, Any]:
    assert one.answer
    return {
        "number": one.id,
        "threadid": rated_thread(one),
        "threadCreatedAt": iso(one.answer.at - timedelta(days=1)),
        "id": conversation_id(one),
        "type": {"web": "email"}.get(one.channel, one.channel),
        "ratingId": GRADE[one.answer.grade][0],
        "ratingCustomerId": one.requester.id,
        "ratingComments": one.answer.comment or "",
        "ratingCreatedAt": iso(one.answer.at),
        "ratingCustomerName": one.requester.name,
        "ratingUserId": agent_id(one.assignee) if one.assignee else None,
        "ratingUserName": one.assignee,
    }


def rating(one: Ticket) -> dict[str, Any]:
    assert one.answer
    return {
        "id": 5_000_000 + one.id,
        "customer": {"id": one.requester.id, "email": one.requester.email},
        "threadId": rated_thread(one),
        "conversationId": conversation_id(one),
        "conversationNumber": one.id,
        "mailboxId": group_id(one.group) if one.group else None,
        "rating": GRADE[one.answer.grade][1],
        "user": {"id": agent_id(one.assignee)} if one.assignee else None,
        "comments": one.answer.comment or "",
        "createdAt": iso(one.answer.at).removesuffix("Z"),
        "modifiedAt": iso(one.answer.at).removesuffix("Z"),
    }


def conversation_id(one: Ticket) -> int:
    return 700_000 + one.id


def rated_thread(one: Ticket) -> int:
    return conversation_id(one) * 100 + 1


def iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
