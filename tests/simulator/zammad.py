"""Zammad's ticket list (a bare array, once with `expand=true` and once with numbers alone) and its report download.

From `reference/formats.md` section 13. Traps: `close_at` is the first close, and stays on a ticket that is open again;
`owner_id` 1 is nobody; reply and close minutes run on the SLA's calendar and are there for half of the tickets only; a
ticket that an agent opened counts its own opening as the first response; merged and removed tickets are states. Zammad
has no solve apart from the close.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from .cast import agent_id, group_id, organization_id
from .clock import SCHEDULE
from .files import csv_text, json_array
from .model import DONE, History, Ticket

STATE = {"new": 1, "open": 2, "hold": 3, "pending": 3, "solved": 4, "closed": 4}
STATE_NAME = {1: "new", 2: "open", 3: "pending reminder", 4: "closed", 5: "merged", 6: "removed"}
PRIORITY = {"low": 1, "normal": 2, "high": 3, "urgent": 3, None: 2}
PRIORITY_NAME = {1: "1 low", 2: "2 normal", 3: "3 high"}
TYPE = {"email": 1, "web": 11, "phone": 5, "chat": 3}
HEADER = (
    "#", "Title", "State", "Priority", "Group", "Owner", "Customer", "Organization", "Create Channel", "Sender",
    "Tags", "Time Units Total", "Created At", "Updated At", "Closed At", "Close Escalation At", "Close In Min",
    "Close Diff In Min", "First Response At", "First Response Escalation At", "First Response In Min",
    "First Response Diff In Min", "Update Escalation At", "Update In Min", "Update Diff In Min", "Last Contact At",
    "Last Contact Agent At", "Last Contact Customer At", "Article Count", "Escalation At",
)  # fmt: skip


def part(history: History) -> History:
    """A sixth of the year and the tickets written by hand."""
    return replace(history, tickets=tuple(one for one in history.tickets if one.id < 1000 or one.id % 6 < 1))


def files(history: History) -> dict[str, bytes]:
    shown = part(history)
    download = [row(one) for one in shown.tickets if not (one.spam or one.deleted)]
    return {
        "zammad/tickets.json": json_array([ticket(one) | names(one) for one in shown.tickets]).encode(),
        "zammad/report.csv": csv_text([HEADER, *download]).encode(),
        "zammad_numbers/tickets.json": json_array([ticket(one) for one in shown.tickets[:40]]).encode(),
    }


def has_sla(one: Ticket) -> bool:
    return one.id % 4 == 0 or one.id in (502, 504, 505)


def first_response(one: Ticket) -> datetime | None:
    if one.opened_by:
        return one.created
    return one.replies[0].at if one.replies else None


def state(one: Ticket) -> int:
    return 5 if one.merged_into else 6 if one.spam or one.deleted else STATE[one.status]


def ticket(one: Ticket) -> dict[str, Any]:
    reply, closes = first_response(one), one.solves
    sent = [message.at for message in one.replies]
    heard = [message.at for message in one.messages if message.role == "customer"]
    record: dict[str, Any] = {
        "id": 90000 + one.id,
        "group_id": group_id(one.group) if one.group else 1,
        "priority_id": PRIORITY[one.priority],
        "state_id": state(one),
        "organization_id": organization_id(one.organization) if one.organization else None,
        "number": str(one.id),
        "title": one.subject,
        "owner_id": agent_id(one.assignee) if one.assignee else 1,
        "customer_id": one.requester.id,
        "note": None,
        "first_response_at": millis(reply),
        "close_at": millis(closes[0] if closes else None),
        "last_close_at": millis(closes[-1] if closes else None),
        "last_contact_agent_at": millis(sent[-1] if sent else None),
        "last_contact_customer_at": millis(heard[-1] if heard else None),
        "create_article_type_id": TYPE[one.channel],
        "create_article_sender_id": 1 if one.opened_by else 2,
        "article_count": len(one.messages),
        "pending_time": None,
        "type": None,
        "time_unit": None,
        "preferences": {},
        "created_by_id": agent_id(one.opened_by) if one.opened_by else one.requester.id,
        "created_at": millis(one.created),
        "updated_at": millis(one.updated),
        "article_ids": [7 * one.id + place for place in range(len(one.messages))],
        "ticket_time_accounting_ids": [],
    }
    return record | clocks(one)


def clocks(one: Ticket) -> dict[str, Any]:
    """The SLA's columns, all of them null where no SLA applies."""
    said: dict[str, Any] = {"update_escalation_at": None, "update_in_min": None, "update_diff_in_min": None}
    first_close = one.solves[0] if one.solves else None
    for name, done, due in (
        ("first_response", first_response(one), one.first_reply_due),
        ("close", first_close, one.resolution_due),
    ):
        applies = has_sla(one)
        used = SCHEDULE.minutes(one.created, done) if applies and done else None
        allowed = SCHEDULE.minutes(one.created, due)
        said[f"{name}_escalation_at"] = millis(due) if applies else None
        said[f"{name}_in_min"] = used
        said[f"{name}_diff_in_min"] = allowed - used if used is not None else None
    return said | {"escalation_at": millis(one.resolution_due) if has_sla(one) and one.status not in DONE else None}


def names(one: Ticket) -> dict[str, Any]:
    return {
        "group": one.group or "Users",
        "state": STATE_NAME[state(one)],
        "priority": PRIORITY_NAME[PRIORITY[one.priority]],
        "owner": one.assignee or "-",
        "customer": one.requester.email,
        "organization": one.organization,
    }


def row(one: Ticket) -> list[str]:
    keys = {
        "#": "number", "Closed At": "close_at", "Title": "title", "Owner": "owner", "Customer": "customer",
    }  # fmt: skip
    record = ticket(one) | names(one)
    cells = {name: record.get(keys.get(name, name.lower().replace(" ", "_"))) for name in HEADER}
    cells |= {"Create Channel": one.channel, "Sender": "Agent" if one.opened_by else "Customer"}
    cells |= {"Tags": ",".join(one.own_tags)}
    return [
        clock(value) if name.endswith(" At") else "" if value is None else str(value) for name, value in cells.items()
    ]


def clock(instant: str | None) -> str:
    """The download of somebody whose clock shows UTC."""
    return instant[:19].replace("T", " ") if instant else ""


def millis(instant: datetime | None) -> str | None:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z") if instant else None
