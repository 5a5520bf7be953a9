"""Freshdesk's API v2: the ticket list with stats and requester, and the satisfaction ratings; both bare arrays.

Here spam and deleted tickets are present, with their flags. There are no reply counts, and only the last reopen.
`fr_escalated` and `is_escalated` say that an SLA time has passed; they are no human escalation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .cast import PRODUCTS, agent_id, group_id, organization_id
from .freshdesk import TYPE, closed_at, in_csv, verdict
from .model import DONE, History, Ticket
from .zendesk import iso

STATUS = {"new": 2, "open": 2, "hold": 7, "solved": 4, "closed": 5}
PRIORITY = {"low": 1, "normal": 2, "high": 3, "urgent": 4, None: 1}
SOURCE = {"email": 1, "web": 2, "phone": 3, "chat": 7}
RATING = {7: 103, 6: 102, 5: 101, 4: 100, 3: -101, 2: -102, 1: -103}


def tickets(history: History) -> list[dict[str, Any]]:
    return [_ticket(ticket, history.end) for ticket in history.tickets]


def ratings(history: History) -> list[dict[str, Any]]:
    page = []
    for ticket in in_csv(history):
        if ticket.answer is None:
            continue
        page.append({
            "id": 43000000 + ticket.id,
            "survey_id": 43000000001,
            "user_id": ticket.requester.id,
            "agent_id": agent_id(ticket.assignee) if ticket.assignee else None,
            "feedback": ticket.answer.comment,
            "group_id": group_id(ticket.group) if ticket.group else None,
            "ticket_id": ticket.id,
            "ratings": {"default_question": RATING[ticket.answer.grade]},
            "created_at": iso(ticket.answer.at),
            "updated_at": iso(ticket.answer.at),
        })  # fmt: skip
    return page


def _ticket(ticket: Ticket, end: datetime) -> dict[str, Any]:
    done = ticket.status in DONE
    solved = ticket.solves[-1] if done else None
    reply = ticket.replies[0].at if ticket.replies else None
    pending = 3 if ticket.id % 2 else 6
    return {
        "cc_emails": [],
        "fwd_emails": [],
        "reply_cc_emails": [],
        "fr_escalated": verdict(reply, ticket.first_reply_due, end, waiting=not done) == "SLA Violated",
        "spam": ticket.spam,
        "deleted": ticket.deleted,
        "email_config_id": None,
        "group_id": group_id(ticket.group) if ticket.group else None,
        "priority": PRIORITY[ticket.priority],
        "requester_id": ticket.requester.id,
        "responder_id": agent_id(ticket.assignee) if ticket.assignee else None,
        "source": 10 if ticket.opened_by else SOURCE[ticket.channel],
        "company_id": organization_id(ticket.organization) if ticket.organization else None,
        "status": STATUS.get(ticket.status, pending),
        "subject": ticket.subject,
        "association_type": None,
        "product_id": 43000000100 + PRODUCTS.index(ticket.product) if ticket.product else None,
        "id": ticket.id,
        "type": TYPE[ticket.type] or None,
        "due_by": iso(ticket.resolution_due),
        "fr_due_by": iso(ticket.first_reply_due),
        "is_escalated": verdict(solved, ticket.resolution_due, end, waiting=not done) == "SLA Violated",
        "custom_fields": {"cf_source": (None, "Newsletter", "Empfehlung")[ticket.id % 3]},
        "created_at": iso(ticket.created),
        "updated_at": iso(ticket.updated),
        "associated_tickets_count": None,
        "tags": list(ticket.own_tags),
        "nr_due_by": None,
        "nr_escalated": False,
        "requester": {"id": ticket.requester.id, "name": ticket.requester.name, "email": ticket.requester.email},
        "stats": {
            "agent_responded_at": _iso(max((message.at for message in ticket.replies), default=None)),
            "requester_responded_at": _iso(
                max((m.at for m in ticket.messages[1:] if m.role == "customer"), default=None)
            ),
            "first_responded_at": _iso(reply),
            "status_updated_at": iso(ticket.statuses[-1].at),
            "reopened_at": _iso(ticket.reopenings[-1] if ticket.reopenings else None),
            "resolved_at": _iso(solved),
            "closed_at": _iso(closed_at(ticket)),
            "pending_since": iso(ticket.statuses[-1].at) if ticket.status == "pending" else None,
        },
    }


def _iso(instant: datetime | None) -> str | None:
    return iso(instant) if instant else None
