"""Zendesk's account JSON export and one page of the incremental export, with the metric set hanging on each ticket.

The account export is of 15 December; the incremental page has everything that changed since 1 December, as of the
last day. So tickets of the overlap are in both, some in a newer version, and the two together are the year.
Spam never became a ticket here; deleted tickets are there with status deleted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .cast import BOT, PRODUCTS, agent_id, group_id, organization_id
from .clock import berlin
from .model import DONE, History, Message, Ticket
from .zendesk import durations, iso, score

EXPORTED = berlin(2025, 12, 15, 8)
SINCE = berlin(2025, 12, 1)
CHANNEL = {"email": "email", "web": "web", "phone": "voice", "chat": "chat"}
SYSTEM_USER = -1


def account_export(history: History) -> list[dict[str, Any]]:
    return [{"ticket": ticket_object(ticket)} for ticket in exported(history)]


def incremental_page(history: History) -> dict[str, Any]:
    tickets = [ticket_object(ticket) for ticket in changed(history)]
    end = max(ticket["generated_timestamp"] for ticket in tickets)
    return {"tickets": tickets, "count": len(tickets), "end_of_stream": True, "end_time": end, "next_page": None}


def exported(history: History) -> list[Ticket]:
    spam = {ticket.id for ticket in history.tickets if ticket.spam}
    return [ticket for ticket in history.until(EXPORTED) if ticket.id not in spam]


def changed(history: History) -> list[Ticket]:
    """By the time of the last change, as that endpoint lists them."""
    tickets = [ticket for ticket in history.tickets if ticket.updated >= SINCE and not ticket.spam]
    return sorted(tickets, key=lambda ticket: (ticket.updated, ticket.id))


def ticket_object(ticket: Ticket) -> dict[str, Any]:
    opener = agent_id(ticket.opened_by) if ticket.opened_by else ticket.requester.id
    product = [{"id": 36000111, "value": _product_tag(ticket.product)}]
    return {
        "url": f"https://muster.zendesk.com/api/v2/tickets/{ticket.id}.json",
        "id": ticket.id,
        "external_id": None,
        "via": {"channel": CHANNEL[ticket.channel], "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": iso(ticket.created),
        "updated_at": iso(ticket.updated),
        "generated_timestamp": int(ticket.updated.timestamp()),
        "type": ticket.type,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.messages[0].text,
        "priority": ticket.priority,
        "status": "deleted" if ticket.deleted else ticket.status,
        "recipient": None,
        "requester_id": ticket.requester.id,
        "submitter_id": opener,
        "assignee_id": agent_id(ticket.assignee) if ticket.assignee else None,
        "organization_id": organization_id(ticket.organization) if ticket.organization else None,
        "group_id": group_id(ticket.group) if ticket.group else None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": iso(ticket.resolution_due) if ticket.type == "task" else None,
        "tags": list(ticket.tags),
        "custom_fields": product,
        "fields": product,
        "satisfaction_rating": _rating(ticket),
        "brand_id": 7200001,
        "allow_channelback": False,
        "from_messaging_channel": False,
        "comments": [_comment(ticket, index, message) for index, message in enumerate(ticket.messages)],
        "metric_set": _metric_set(ticket),
    }


def _metric_set(ticket: Ticket) -> dict[str, Any]:
    """Instants that are not set are absent, not null; the reply time has no "first" in its name here."""
    assigned = [assignment.at for assignment in ticket.assignments if assignment.agent]
    instants: dict[str, datetime | None] = {
        "initially_assigned_at": assigned[0] if assigned else None,
        "assigned_at": assigned[-1] if assigned else None,
        "solved_at": ticket.solves[-1] if ticket.status in DONE else None,
        "status_updated_at": ticket.statuses[-1].at,
        "latest_comment_added_at": ticket.messages[-1].at,
    }
    return {
        "url": f"https://muster.zendesk.com/api/v2/ticket_metrics/{800000 + ticket.id}.json",
        "id": 800000 + ticket.id,
        "ticket_id": ticket.id,
        "created_at": iso(ticket.created),
        "updated_at": iso(ticket.updated),
        "group_stations": ticket.group_stations,
        "assignee_stations": ticket.assignee_stations,
        "reopens": len(ticket.reopenings),
        "replies": len(ticket.replies),
        **{name: iso(instant) for name, instant in instants.items() if instant},
        **{name.replace("first_reply", "reply"): pair for name, pair in durations(ticket).items()},
    }


def _comment(ticket: Ticket, index: int, message: Message) -> dict[str, Any]:
    if message.author == BOT:
        author, channel = SYSTEM_USER, "rule"
    elif message.role == "agent":
        author, channel = agent_id(message.author), "web"
    else:
        author, channel = ticket.requester.id, CHANNEL[ticket.channel]
    return {
        "id": ticket.id * 100 + index,
        "type": "Comment",
        "author_id": author,
        "body": message.text,
        "public": message.public,
        "created_at": iso(message.at),
        "via": {"channel": channel},
    }


def _rating(ticket: Ticket) -> dict[str, Any]:
    answer = ticket.answer
    if answer is None:
        return {"score": score(ticket)}
    return {"score": score(ticket), "id": 9_000_000 + ticket.id, "comment": answer.comment, "reason": None}


def _product_tag(product: str | None) -> str | None:
    return f"product_{1 + PRODUCTS.index(product)}" if product else None
