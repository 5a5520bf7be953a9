"""osTicket's export of a queue (CSV), from `reference/formats.md` section 14 and the program's own `class.export.php`.

Traps: a BOM and semicolons, as for an agent whose language has a decimal comma; a guard before cells that begin like a
formula; counts of zero are empty; a status of the firm's own, one of them closed; no close date after a reopening, and
no due date and no overdue flag once a late ticket was closed; `Merged` of both sides of a merge; a due date that an
agent has set before the SLA's; the thread's count with notes in it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from .clock import local
from .files import csv_text
from .model import DONE, History, Ticket

HEADER = (
    "Ticket Number", "Date Created", "Subject", "From", "From Email", "Priority", "Department", "Help Topic", "Source",
    "Current Status", "Last Updated", "SLA Due Date", "SLA Plan", "Due Date", "Closed Date", "Overdue", "Merged",
    "Linked", "Answered", "Agent Assigned", "Team Assigned", "Thread Count", "Reopen Count", "Attachment Count",
    "Task Count", "Company",
)  # fmt: skip
PRIORITY = {"low": "Low", "normal": "Normal", "high": "High", "urgent": "Emergency", None: "Normal"}
SOURCE = {"email": "Email", "web": "Web", "phone": "Phone", "chat": "Other"}
TOPICS = {"Router": "Hardware / Router", "Konto & Vertrag": "-Konto & Vertrag", "Zubehör": "+Zubehör"}


def part(history: History) -> History:
    """A seventh of the year and the tickets written by hand."""
    return replace(history, tickets=tuple(one for one in history.tickets if one.id < 1000 or one.id % 7 == 4))


def files(history: History) -> dict[str, bytes]:
    shown = part(history).tickets
    targets = {one.merged_into for one in shown}
    listed = [one for one in shown if not (one.deleted or one.spam)]
    rows = [cells(one, history.end, is_target=one.id in targets) for one in listed]
    text = csv_text([HEADER, *([guarded(row.get(name, "")) for name in HEADER] for row in rows)], ";")
    return {"osticket/tickets.csv": b"\xef\xbb\xbf" + text.encode()}


def cells(one: Ticket, end: datetime, is_target: bool) -> dict[str, str]:
    by_agent, by_sla = due_dates(one)
    return {
        "Ticket Number": f"{one.id:06}",
        "Date Created": clock(one.created),
        "Subject": one.subject,
        "From": one.requester.name,
        "From Email": one.requester.email,
        "Priority": PRIORITY[one.priority],
        "Department": one.group or "Support",
        "Help Topic": TOPICS.get(one.product or "", one.product or ""),
        "Source": SOURCE[one.channel],
        "Current Status": status(one),
        "Last Updated": clock(one.updated),
        "SLA Due Date": clock(by_sla),
        "SLA Plan": "Default SLA (18 hours - Active)",
        "Due Date": clock(by_agent),
        "Closed Date": clock(closed_at(one)),
        "Overdue": yes(one.status not in DONE and one.resolution_due < end),
        "Merged": yes(is_target or one.merged_into is not None),
        "Linked": "",
        "Answered": yes(bool(one.replies)),
        "Agent Assigned": one.assignee or "",
        "Thread Count": counted(len(one.messages)),
        "Reopen Count": counted(len(one.reopenings)),
        "Company": one.organization or "",
    }


def status(one: Ticket) -> str:
    """What was solved without a reply has a status of the firm's own, as what is on hold has."""
    if one.status == "hold":
        return "Waiting for parts"
    if one.status == "solved":
        return "Resolved" if one.replies else "No answer needed"
    return "Closed" if one.status == "closed" else "Open"


def closed_at(one: Ticket) -> datetime | None:
    return one.solves[-1] if one.status in DONE else None


def due_dates(one: Ticket) -> tuple[datetime | None, datetime | None]:
    """(the one that an agent has set, the SLA's): a close takes those away that are over."""
    by_agent = one.resolution_due + timedelta(hours=1) if one.id % 3 == 0 else None
    closed = closed_at(one)
    dates = [due if due and (closed is None or due > closed) else None for due in (by_agent, one.resolution_due)]
    return dates[0], dates[1]


def guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def yes(is_so: bool) -> str:
    return "Yes" if is_so else ""


def counted(number: int) -> str:
    return str(number or "")


def clock(instant: datetime | None) -> str:
    return local(instant).strftime("%Y-%m-%d %H:%M:%S") if instant else ""
