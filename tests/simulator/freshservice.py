"""Freshservice's ticket list export (CSV) and its API's ticket list, by `reference/formats.md` section 3.

Traps: `Ticket Id` with a small d, otherwise Freshdesk's columns in capitals; two columns called `Others`; the columns
"(in Hrs)" are H:MM:SS and say 00:00:00 for what has not happened; `Initial Response Time` is an instant.
The API's list is wrapped in `tickets`, has `department_id` for the organization and holds spam and deleted tickets too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from .cast import agent_id, group_id, organization_id
from .clock import SCHEDULE, local
from .files import csv_text, json_wrapped
from .model import DONE, History, Ticket

HEADER = (
    "Subject", "Type", "Status", "Urgency", "Impact", "Priority", "Group", "Agent", "Company", "Description",
    "Category", "Sub-Category", "Item", "Source", "Resolution Note", "Experience Score", "Association type",
    "Requester Location", "Requester VIP", "Ticket Id", "Requester Name", "Requester Email", "Created Time",
    "Due by Time", "Resolved Time", "Closed Time", "Last Updated Time", "Initial Response Time", "Time Tracked",
    "First Response Time (in Hrs)", "Resolution Time (in Hrs)", "Agent interactions", "Customer interactions",
    "Resolution Status", "First Response Status", "Tags", "Survey Result", "Approval Status", "Others", "Others",
)  # fmt: skip
STATUS = {"new": 2, "open": 2, "pending": 3, "hold": 3, "solved": 4, "closed": 5}
STATUS_NAME = {2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed"}
PRIORITY = {"low": 1, "normal": 2, "high": 3, "urgent": 4, None: 1}
PRIORITY_NAME = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
SOURCE = {"email": "Email", "web": "Portal", "phone": "Phone", "chat": "Chat"}
SOURCE_NUMBER = {"email": 1, "web": 2, "phone": 3, "chat": 4}


def part(history: History) -> History:
    """A quarter of the year and the tickets written by hand: a list is capped, and so is a sample."""
    return replace(history, tickets=tuple(one for one in history.tickets if one.id < 1000 or one.id % 4 == 0))


def files(history: History) -> dict[str, bytes]:
    shown = part(history)
    listed = [one for one in shown.tickets if not (one.deleted or one.spam)]
    page = [ticket(one, shown.end) for one in shown.tickets]
    return {
        "freshservice/tickets.csv": csv_text([HEADER, *(row(one, shown.end) for one in listed)]).encode(),
        "freshservice_api/tickets.json": json_wrapped({"tickets": page}).encode(),
    }


def row(one: Ticket, end: datetime) -> list[str]:
    solved, closed, reply = instants(one)
    cells: dict[str, Any] = {
        "Subject": one.subject,
        "Type": "Incident" if one.type == "incident" else "Service Request",
        "Status": STATUS_NAME[STATUS[one.status]],
        "Urgency": "Medium",
        "Impact": "Low",
        "Priority": PRIORITY_NAME[PRIORITY[one.priority]],
        "Group": one.group or "",
        "Agent": one.assignee or "",
        "Company": one.organization or "",
        "Category": one.product or "",
        "Source": SOURCE[one.channel],
        "Requester VIP": "false",
        "Ticket Id": one.id,
        "Requester Name": one.requester.name,
        "Requester Email": one.requester.email,
        "Created Time": clock(one.created),
        "Due by Time": clock(one.resolution_due),
        "Resolved Time": clock(solved),
        "Closed Time": clock(closed),
        "Last Updated Time": clock(one.updated),
        "Initial Response Time": clock(reply),
        "Time Tracked": hms(6 * len(one.replies)),
        "First Response Time (in Hrs)": hms(SCHEDULE.minutes(one.created, reply) if reply else 0),
        "Resolution Time (in Hrs)": hms(SCHEDULE.minutes(one.created, solved) if solved else 0),
        "Agent interactions": len(one.replies),
        "Customer interactions": customer_messages(one),
        "Resolution Status": verdict(solved, one.resolution_due, end, one),
        "First Response Status": verdict(reply, one.first_reply_due, end, one),
        "Tags": ",".join(one.own_tags),
        "Survey Result": "",
        "Approval Status": "Not Requested",
    }
    return [str(cells.get(name, "")) for name in HEADER]


def ticket(one: Ticket, end: datetime) -> dict[str, Any]:
    solved, closed, reply = instants(one)
    return {
        "id": one.id,
        "subject": one.subject,
        "status": STATUS[one.status],
        "priority": PRIORITY[one.priority],
        "source": SOURCE_NUMBER[one.channel],
        "type": "Incident" if one.type == "incident" else "Service Request",
        "urgency": 2,
        "impact": 1,
        "category": one.product,
        "sub_category": None,
        "item_category": None,
        "department_id": organization_id(one.organization) if one.organization else None,
        "group_id": group_id(one.group) if one.group else None,
        "requester_id": one.requester.id,
        "responder_id": agent_id(one.assignee) if one.assignee else None,
        "workspace_id": 2,
        "due_by": iso(one.resolution_due),
        "fr_due_by": iso(one.first_reply_due),
        "is_escalated": verdict(solved, one.resolution_due, end, one) == "SLA Violated",
        "fr_escalated": verdict(reply, one.first_reply_due, end, one) == "SLA Violated",
        "spam": one.spam,
        "deleted": one.deleted,
        "created_at": iso(one.created),
        "updated_at": iso(one.updated),
        "tags": list(one.own_tags),
        "custom_fields": {"location": None},
        "stats": {
            "first_responded_at": iso(reply),
            "resolved_at": iso(solved),
            "closed_at": iso(closed),
            "opened_at": iso(one.created),
            "inbound_count": customer_messages(one),
            "outbound_count": len(one.replies),
        },
    }


def instants(one: Ticket) -> tuple[datetime | None, datetime | None, datetime | None]:
    """(last solve, close, first reply), as far as they hold now."""
    solved = one.solves[-1] if one.status in DONE else None
    closed = one.statuses[-1].at if one.status == "closed" else None
    return solved, closed, one.replies[0].at if one.replies else None


def customer_messages(one: Ticket) -> int:
    return sum(message.role == "customer" for message in one.messages[1:])


def verdict(done: datetime | None, due: datetime, end: datetime, one: Ticket) -> str:
    if done is not None:
        return "Within SLA" if done <= due else "SLA Violated"
    return "SLA Violated" if one.status not in DONE and due < end else ""


def clock(instant: datetime | None) -> str:
    return local(instant).strftime("%Y-%m-%d %H:%M:%S") if instant else ""


def iso(instant: datetime | None) -> str | None:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None


def hms(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"
