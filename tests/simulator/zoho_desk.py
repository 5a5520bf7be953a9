"""Zoho Desk's ticket report and data backup (CSV) and its API's ticket list, from `reference/formats.md` section 10.

Traps: labels with and without ` (Ticket)` in one file; `05 Jan 2024 10:15 AM` here and `05/01/2024 10:15` in the
backup; spans in business hours as decimal hours in the report and as milliseconds in the backup; `-` for nothing and
literal `null`; an 18-digit id beside the number that people see; counts as text in the API; ids for owners in the
backup. There is no solve apart from the close, and a closed ticket that is opened again has no closing time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from .cast import agent_id, group_id, organization_id
from .clock import SCHEDULE, local
from .files import csv_text, json_wrapped
from .model import DONE, History, Ticket

REPORT = (
    "Ticket Id", "Subject", "Status (Ticket)", "Status", "Priority (Ticket)", "Category (Ticket)", "Sub Category",
    "Classifications", "Ticket Owner", "Team", "Ticket Type", "Created Time (Ticket)", "Created Time",
    "Created By (Ticket)", "Ticket Closed Time (Ticket)", "Due Date", "SLA Violation Type", "Email (Contact)",
    "Phone (Ticket)", "Account Name", "Product", "Number of Reopen", "Number of Reassign",
    "First Response Time in Business Hours", "Resolution Time in Business Hours", "Total Time Spent", "Is Escalated",
    "Is First Call Resolution", "Sentiment", "Happiness Rating",
)  # fmt: skip
BACKUP = (
    "ID", "Request Id", "Subject", "Created Time", "Ticket Closed Time", "Agent Responded Time", "Status", "Channel",
    "Email", "Ticket Owner", "Priority", "First Response Time in Business Hours", "Resolution Time in Business Hours",
)  # fmt: skip
STATUS = {"new": "Open", "open": "Open", "hold": "On Hold", "solved": "Closed", "closed": "Closed"}
PRIORITY = {"low": "Low", "normal": "Medium", "high": "High", "urgent": "High", None: "-None-"}
CLASSIFICATION = {"question": "Question", "problem": "Problem", "incident": "Others", "task": "Feature", None: "-"}
CHANNEL = {"email": "Email", "web": "Web", "phone": "Phone", "chat": "Chat"}


def part(history: History) -> History:
    """A quarter of the year and the tickets written by hand."""
    return replace(history, tickets=tuple(one for one in history.tickets if one.id < 1000 or one.id % 4 == 2))


def files(history: History) -> dict[str, bytes]:
    shown = part(history)
    listed = [one for one in shown.tickets if not (one.deleted or one.spam)]
    reports = [[cells(one, shown.end).get(name, "") for name in REPORT] for one in listed]
    backup = [[backup_cells(one).get(name, "") for name in BACKUP] for one in listed]
    page = [ticket(one, shown.end) for one in shown.tickets if not one.deleted]
    return {
        "zoho_desk/report.csv": csv_text([REPORT, *reports]).encode(),
        "zoho_desk_backup/Cases.csv": csv_text([BACKUP, *backup]).encode(),
        "zoho_desk_api/tickets.json": json_wrapped({"data": page}).encode(),
    }


def status(one: Ticket) -> str:
    """Waiting for the customer is a status of the firm's own."""
    return STATUS.get(one.status, "Waiting on Customer")


def cells(one: Ticket, end: datetime) -> dict[str, str]:
    closed, reply = closed_at(one), reply_at(one)
    return {
        "Ticket Id": str(one.id),
        "Subject": one.subject,
        "Status (Ticket)": status(one),
        "Status": "Active",  # the contact's
        "Priority (Ticket)": PRIORITY[one.priority],
        "Category (Ticket)": one.product or "-",
        "Classifications": CLASSIFICATION[one.type],
        "Ticket Owner": one.assignee or "-",
        "Team": one.group or "-",
        "Ticket Type": "-None-",
        "Created Time (Ticket)": clock(one.created),
        "Created Time": clock(one.created.replace(year=2019)),  # the contact's
        "Ticket Closed Time (Ticket)": clock(closed) or "-",
        "Due Date": clock(one.resolution_due),
        "SLA Violation Type": violation(one, end),
        "Email (Contact)": one.requester.email,
        "Phone (Ticket)": "null",
        "Account Name": one.organization or "-",
        "Product": one.product or "N/A",
        "Number of Reopen": str(len(one.reopenings)),
        "Number of Reassign": str(max(one.assignee_stations - 1, 0)),
        "First Response Time in Business Hours": hours(one.created, reply),
        "Resolution Time in Business Hours": hours(one.created, closed),
        "Total Time Spent": str(6 * len(one.replies)),
        "Is Escalated": "true" if one.group_stations > 1 else "false",
        "Is First Call Resolution": "No",
        "Sentiment": "NEUTRAL",
        "Happiness Rating": happiness(one),
    }


def backup_cells(one: Ticket) -> dict[str, str]:
    closed, reply = closed_at(one), reply_at(one)
    return {
        "ID": str(long_id(one)),
        "Request Id": str(one.id),
        "Subject": one.subject,
        "Created Time": day_first(one.created),
        "Ticket Closed Time": day_first(closed),
        "Agent Responded Time": day_first(reply),
        "Status": status(one),
        "Channel": CHANNEL[one.channel],
        "Email": one.requester.email,
        "Ticket Owner": str(agent_id(one.assignee)) if one.assignee else "",
        "Priority": PRIORITY[one.priority],
        "First Response Time in Business Hours": milliseconds(one.created, reply),
        "Resolution Time in Business Hours": milliseconds(one.created, closed),
    }


def ticket(one: Ticket, end: datetime) -> dict[str, Any]:
    closed = closed_at(one)
    return {
        "id": str(long_id(one)),
        "ticketNumber": str(one.id),
        "subject": one.subject,
        "status": status(one),
        "statusType": {"hold": "On Hold", "solved": "Closed", "closed": "Closed"}.get(one.status, "Open"),
        "createdTime": iso(one.created),
        "modifiedTime": iso(one.updated),
        "closedTime": iso(closed),
        "dueDate": iso(one.resolution_due),
        "customerResponseTime": iso(one.created),
        "onholdTime": None,
        "channel": CHANNEL[one.channel],
        "priority": PRIORITY[one.priority] if one.priority else None,
        "category": one.product,
        "classification": CLASSIFICATION[one.type] if one.type else None,
        "language": "German",
        "departmentId": str(group_id(one.group)) if one.group else None,
        "contactId": str(one.requester.id),
        "accountId": str(organization_id(one.organization)) if one.organization else None,
        "productId": None,
        "assigneeId": str(agent_id(one.assignee)) if one.assignee else None,
        "team": None,
        "threadCount": str(len(one.messages)),
        "commentCount": "0",
        "isSpam": one.spam,
        "isOverDue": one.status not in DONE and one.resolution_due < end,
        "cf": {"cf_region": None},
    }


def closed_at(one: Ticket) -> datetime | None:
    return one.solves[-1] if one.status in DONE else None


def reply_at(one: Ticket) -> datetime | None:
    return one.replies[0].at if one.replies else None


def violation(one: Ticket, end: datetime) -> str:
    """Only what is over and late is violated; while the clock runs there is nothing to say."""
    closed, reply = closed_at(one), reply_at(one)
    late_reply = reply is not None and reply > one.first_reply_due
    if closed is None:
        return "Response Violation" if late_reply else "-"
    late = closed > one.resolution_due
    both = {(True, True): "Response and Resolution Violation", (True, False): "Response Violation"}
    return both.get((late_reply, late), "Resolution Violation" if late else "Not Violated")


def happiness(one: Ticket) -> str:
    if one.answer is None:
        return "-"
    return "GOOD" if one.answer.good else "OKAY" if one.answer.grade == 4 else "BAD"


def long_id(one: Ticket) -> int:
    return 125000000004000000 + 7 * one.id


def clock(instant: datetime | None) -> str:
    return local(instant).strftime("%d %b %Y %I:%M %p") if instant else ""


def day_first(instant: datetime | None) -> str:
    return local(instant).strftime("%d/%m/%Y %H:%M:%S") if instant else ""


def iso(instant: datetime | None) -> str | None:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z") if instant else None


def hours(start: datetime, end: datetime | None) -> str:
    return f"{SCHEDULE.minutes(start, end) / 60:.4f}" if end else "-"


def milliseconds(start: datetime, end: datetime | None) -> str:
    return str(SCHEDULE.minutes(start, end) * 60_000) if end else ""
