"""Zendesk's account CSV and its satisfaction ratings, as `reference/formats.md` section 1 describes the files.

The CSV has Berlin's wall clock without offset and whole minutes; no deleted and no spam tickets; merged ones are closed
with the tag closed_by_merge. First reply, first and full resolution are durations; only the last solve has an instant.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .cast import agent_id, group_id
from .clock import SCHEDULE, local, minutes_between
from .model import DONE, History, Ticket

HEADER = (
    "Summation column", "Id", "Requester", "Requester id", "Requester external id", "Requester email",
    "Requester domain", "Submitter", "Assignee", "Group", "Subject", "Tags", "Status", "Priority", "Via",
    "Ticket type", "Created at",
    "Updated at", "Assigned at", "Organization", "Due date", "Initially assigned at", "Solved at", "Resolution time",
    "Satisfaction Score", "Group stations", "Assignee stations", "Reopens", "Replies", "First reply time in minutes",
    "First reply time in minutes within business hours", "First resolution time in minutes",
    "First resolution time in minutes within business hours", "Full resolution time in minutes",
    "Full resolution time in minutes within business hours", "Agent wait time in minutes",
    "Agent wait time in minutes within business hours", "Requester wait time in minutes",
    "Requester wait time in minutes within business hours", "On hold time in minutes",
    "On hold time in minutes within business hours", "Product [list]",
)  # fmt: skip
STATUS = {"new": "New", "open": "Open", "pending": "Pending", "hold": "On-hold", "solved": "Solved", "closed": "Closed"}
VIA = {"email": "Mail", "web": "Web form", "phone": "Phone call (incoming)", "chat": "Chat"}
Row = dict[str, str]


def ticket_rows(history: History) -> list[Row]:
    """The CSV's rows for the true tickets; the awkward ones are appended by whoever writes the file."""
    return [row(ticket) for ticket in in_csv(history)]


def in_csv(history: History) -> list[Ticket]:
    return [ticket for ticket in history.tickets if not (ticket.deleted or ticket.spam)]


def row(ticket: Ticket) -> Row:
    assigned = [assignment.at for assignment in ticket.assignments if assignment.agent]
    done = ticket.status in DONE
    spans = durations(ticket)
    full = spans["full_resolution_time_in_minutes"]["calendar"]
    cells: dict[str, Any] = {
        "Summation column": 1,
        "Id": ticket.id,
        "Requester": ticket.requester.name,
        "Requester id": ticket.requester.id,
        "Requester email": ticket.requester.email,
        "Requester domain": ticket.requester.email.partition("@")[2],
        "Submitter": ticket.opened_by or ticket.requester.name,
        "Assignee": ticket.assignee,
        "Group": ticket.group,
        "Subject": ticket.subject,
        "Tags": " ".join(ticket.tags),
        "Status": STATUS[ticket.status],
        "Priority": ticket.priority.title() if ticket.priority else None,
        "Via": VIA[ticket.channel],
        "Ticket type": ticket.type.title() if ticket.type else None,
        "Created at": clock(ticket.created),
        "Updated at": clock(ticket.updated),
        "Assigned at": clock(assigned[-1]) if assigned else None,
        "Organization": ticket.organization,
        "Due date": clock(ticket.resolution_due) if ticket.type == "task" else None,
        "Initially assigned at": clock(assigned[0]) if assigned else None,
        "Solved at": clock(ticket.solves[-1]) if done else None,
        "Resolution time": round(full / 60) if full is not None else None,
        "Satisfaction Score": _score(ticket).title(),
        "Group stations": ticket.group_stations,
        "Assignee stations": ticket.assignee_stations,
        "Reopens": len(ticket.reopenings),
        "Replies": len(ticket.replies),
        "Product [list]": ticket.product or "-",
    }
    for key, pair in spans.items():
        label = key.replace("_", " ").capitalize()
        cells[label] = pair["calendar"]
        cells[f"{label} within business hours"] = pair["business"]
    return {name: "" if cells.get(name) is None else str(cells[name]) for name in HEADER}


def durations(ticket: Ticket) -> dict[str, dict[str, int | None]]:
    """The six durations of a metric set, each by the calendar and by the 9-17 schedule.

    Waiting times hold only what has been left again. Time in solved counts as the requester's wait if it was reopened.
    """
    solves = ticket.solves
    ends = {
        "reply_time": ticket.replies[0].at if ticket.replies else None,
        "first_resolution_time": solves[0] if solves else None,
        "full_resolution_time": solves[-1] if solves and ticket.status in DONE else None,
    }
    spans: dict[str, dict[str, int | None]] = {}
    for name, end in ends.items():
        key = ("first_" if name == "reply_time" else "") + f"{name}_in_minutes"
        spans[key] = {
            "calendar": None if end is None else minutes_between(ticket.created, end),
            "business": None if end is None else SCHEDULE.minutes(ticket.created, end),
        }
    waits = {"agent_wait": ("pending",), "requester_wait": ("new", "open", "solved"), "on_hold": ("hold",)}
    reopened_last = ticket.reopenings[-1] if ticket.reopenings else ticket.created
    for name, statuses in waits.items():
        parts = [(a, b) for was, a, b in ticket.spans() if was in statuses and (was != "solved" or b <= reopened_last)]
        spans[f"{name}_time_in_minutes"] = {
            "calendar": sum(minutes_between(a, b) for a, b in parts),
            "business": sum(SCHEDULE.minutes(a, b) for a, b in parts),
        }
    return spans


def ratings(history: History) -> dict[str, Any]:
    """The list endpoint's page: rated tickets only. A comment given later moves updated_at, not created_at."""
    page = []
    for ticket in in_csv(history):
        answer = ticket.answer
        if answer is None or ticket.merged_into:
            continue
        later = timedelta(minutes=3 if answer.comment and ticket.status == "closed" else 0)
        number = 9_000_000 + ticket.id
        page.append({
            "url": f"https://muster.zendesk.com/api/v2/satisfaction_ratings/{number}.json",
            "id": number,
            "assignee_id": agent_id(ticket.assignee) if ticket.assignee else None,
            "group_id": group_id(ticket.group) if ticket.group else None,
            "requester_id": ticket.requester.id,
            "ticket_id": ticket.id,
            "score": "good" if answer.good else "bad",
            "created_at": iso(answer.at),
            "updated_at": iso(answer.at + later),
            "comment": answer.comment,
            "reason": None,
            "reason_id": None,
            "reason_code": None,
        })  # fmt: skip
    return {"satisfaction_ratings": page, "next_page": None, "previous_page": None, "count": len(page)}


def score(ticket: Ticket) -> str:
    """The rating's name in the API: unoffered, offered, good or bad."""
    if ticket.answer:
        return "good" if ticket.answer.good else "bad"
    return "offered" if ticket.offered else "unoffered"


def _score(ticket: Ticket) -> str:
    return {"unoffered": "not offered"}.get(score(ticket), score(ticket))


def clock(instant: datetime) -> str:
    return local(instant).strftime("%Y-%m-%d %H:%M")


def iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
