"""Freshdesk's ticket list export (CSV), as `reference/formats.md` section 2 describes it.

Traps that the real files have: `Initial response time` is an instant; the two columns "(in hrs)" are HH:MM:SS in
business hours and say 00:00:00 for a ticket that nobody has answered; `Source` is there twice; the statuses are the
firm's own words. The file knows neither reopens nor merges: a merged ticket is a closed ticket like any other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .clock import SCHEDULE, local
from .model import DONE, History, Ticket

HEADER = (
    "Ticket ID", "Subject", "Status", "Priority", "Source", "Type", "Agent", "Group", "Created time", "Due by Time",
    "Resolved time", "Closed time", "Last update time", "Initial response time", "Time tracked",
    "First response time (in hrs)", "Resolution time (in hrs)", "Agent interactions", "Customer interactions",
    "Resolution status", "First response status", "Tags", "Survey results", "Association type", "Every response status",
    "Product", "Source", "Full name", "Title", "Email", "Language", "Contact ID", "Company Name",
)  # fmt: skip
CUSTOM_SOURCE = 26  # the second "Source" is the firm's own field: where the customer heard of it
PRIORITY = {"low": "Low", "normal": "Medium", "high": "High", "urgent": "Urgent", None: "Low"}
SOURCE = {"email": "Email", "web": "Portal", "phone": "Phone", "chat": "Chat"}
TYPE = {"question": "Question", "incident": "Incident", "problem": "Problem", "task": "Feature Request", None: ""}
SURVEY = {
    7: "Extremely Happy", 6: "Very Happy", 5: "Happy", 4: "Neutral", 3: "Unhappy", 2: "Very Unhappy",
    1: "Extremely Unhappy",
}  # fmt: skip
Row = list[str]


def ticket_rows(history: History) -> list[Row]:
    return [row(ticket, history.end) for ticket in in_csv(history)]


def in_csv(history: History) -> list[Ticket]:
    """The list that is exported leaves out the folders Spam and Trash."""
    return [ticket for ticket in history.tickets if not (ticket.deleted or ticket.spam)]


def row(ticket: Ticket, end: datetime) -> Row:
    done = ticket.status in DONE
    solved = ticket.solves[-1] if done else None
    reply = ticket.replies[0].at if ticket.replies else None
    cells: dict[str, Any] = {
        "Ticket ID": ticket.id,
        "Subject": ticket.subject,
        "Status": status(ticket),
        "Priority": PRIORITY[ticket.priority],
        "Type": TYPE[ticket.type],
        "Agent": ticket.assignee or "No Agent",
        "Group": ticket.group or "No Group",
        "Created time": clock(ticket.created),
        "Due by Time": clock(ticket.resolution_due),
        "Resolved time": clock(solved),
        "Closed time": clock(closed_at(ticket)),
        "Last update time": clock(ticket.updated),
        "Initial response time": clock(reply),
        "Time tracked": _hms(6 * len(ticket.replies)),
        "First response time (in hrs)": _hms(SCHEDULE.minutes(ticket.created, reply) if reply else 0),
        "Resolution time (in hrs)": _hms(SCHEDULE.minutes(ticket.created, solved) if solved else 0),
        "Agent interactions": len(ticket.replies),
        "Customer interactions": sum(message.role == "customer" for message in ticket.messages[1:]),
        "Resolution status": verdict(solved, ticket.resolution_due, end, waiting=not done),
        "First response status": verdict(reply, ticket.first_reply_due, end, waiting=not done),
        "Tags": ",".join(ticket.own_tags),
        "Survey results": SURVEY[ticket.answer.grade] if ticket.answer else "",
        "Product": ticket.product or "",
        "Full name": ticket.requester.name,
        "Email": ticket.requester.email,
        "Language": "de",
        "Contact ID": ticket.requester.id,
        "Company Name": ticket.organization or "",
    }
    line = [str(cells.get(name, "")) for name in HEADER]
    line[HEADER.index("Source")] = "Outbound Email" if ticket.opened_by else SOURCE[ticket.channel]
    line[CUSTOM_SOURCE] = ("", "Newsletter", "Empfehlung")[ticket.id % 3]
    return line


def status(ticket: Ticket) -> str:
    """Freshdesk's five words and two of the firm's own; some agents use Pending, some the new word."""
    words = {"new": "Open", "open": "Open", "hold": "Waiting on Third Party", "solved": "Resolved", "closed": "Closed"}
    return words.get(ticket.status) or ("Pending" if ticket.id % 2 else "Waiting on Customer")


def closed_at(ticket: Ticket) -> datetime | None:
    return ticket.statuses[-1].at if ticket.status == "closed" else None


def verdict(done: datetime | None, due: datetime, end: datetime, waiting: bool) -> str:
    """Within SLA, SLA Violated, or blank: the clock still runs, or there was never anything to time."""
    if done is not None:
        return "Within SLA" if done <= due else "SLA Violated"
    return "SLA Violated" if waiting and due < end else ""


def clock(instant: datetime | None) -> str:
    return local(instant).strftime("%Y-%m-%d %H:%M:%S") if instant else ""


def _hms(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"
