"""ServiceNow incidents as `reference/formats.md` section 6 describes them: five files, of a sixth of the year each.

A list's export with column names and one with labels (Berlin's wall clock), a page of the Table API with stored values
and references (UTC), the update log with a row for every update (day first, `?` for nothing), and the task SLAs of the
incidents in the first file. An incident knows neither replies nor ratings, nor that it was merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from .clock import SCHEDULE, local
from .files import csv_text, gzipped, json_wrapped
from .model import DONE, Assignment, History, Merged, StatusChange, Ticket

STATE = {"new": 1, "open": 2, "pending": 3, "hold": 3, "solved": 6, "closed": 7}
STATE_NAME = {1: "New", 2: "In Progress", 3: "On Hold", 6: "Resolved", 7: "Closed"}
LOG_STATE = {
    **{"new": "New", "open": "Active", "pending": "Awaiting User Info", "hold": "Awaiting Vendor"},
    **{"solved": "Resolved", "closed": "Closed"},
}
HOLD_REASON = {"pending": "1", "hold": "4"}
HOLD_REASON_NAME = {"1": "Awaiting Caller", "4": "Awaiting Vendor"}
PRIORITY = {"urgent": 1, "high": 2, "normal": 3, "low": 4, None: 5}
PRIORITY_NAME = {1: "1 - Critical", 2: "2 - High", 3: "3 - Moderate", 4: "4 - Low", 5: "5 - Planning"}
CONTACT = {"email": "email", "web": "self-service", "phone": "phone", "chat": "chat"}
NAMES = (
    *("number", "sys_id", "opened_at", "opened_by", "sys_created_on", "sys_updated_on", "sys_mod_count"),
    *("resolved_at", "closed_at", "state", "incident_state", "hold_reason", "active", "priority", "impact", "urgency"),
    *("category", "contact_type", "assignment_group", "assigned_to", "caller_id", "company", "short_description"),
    *("made_sla", "sla_due", "reassignment_count", "reopen_count", "calendar_duration", "business_duration"),
    *("calendar_stc", "business_stc", "time_worked", "escalation", "sys_class_name"),
)
LABELS = {
    **{"Number": "number", "Opened": "opened_at", "Opened by": "opened_by", "Short description": "short_description"},
    **{"Caller": "caller_id", "Priority": "priority", "State": "state", "On hold reason": "hold_reason"},
    **{"Category": "category", "Assignment group": "assignment_group", "Assigned to": "assigned_to"},
    **{"Updated": "sys_updated_on", "Resolved": "resolved_at", "Closed": "closed_at", "Made SLA": "made_sla"},
    **{"Reassignment count": "reassignment_count", "Reopen count": "reopen_count", "Channel": "contact_type"},
    **{"Company": "company", "Resolve time": "calendar_stc"},
}
LOG_NAMES = (
    *("number", "incident_state", "active", "reassignment_count", "reopen_count", "sys_mod_count", "made_sla"),
    *("caller_id", "opened_by", "opened_at", "sys_created_by", "sys_created_at", "sys_updated_by", "sys_updated_at"),
    *("contact_type", "location", "category", "impact", "urgency", "priority", "assignment_group", "assigned_to"),
    *("knowledge", "notify", "problem_id", "closed_code", "resolved_by", "resolved_at", "closed_at"),
)
SLA_NAMES = (
    *("task", "sla", "stage", "has_breached", "start_time", "end_time", "planned_end_time", "original_breach_time"),
    *("duration", "business_duration", "percentage", "business_percentage", "active", "schedule", "timezone"),
)
REFERENCES = {"opened_by": "sys_user", "assigned_to": "sys_user", "caller_id": "sys_user"}
REFERENCES |= {"assignment_group": "sys_user_group", "company": "core_company"}


def files(history: History) -> dict[str, bytes]:
    names = [incident(ticket, history.end) for ticket in of(history, 0).tickets]
    labels = [incident(ticket, history.end) for ticket in of(history, 1).tickets]
    stored = [record(ticket, history.end) for ticket in of(history, 2).tickets]
    log = [[row[name] for name in LOG_NAMES] for ticket in of(history, 3).tickets for row in updates(ticket)]
    slas = [[row[name] for name in SLA_NAMES] for one in of(history, 0).tickets for row in task_slas(one, history.end)]
    return {
        "servicenow/incident.csv": csv_text([NAMES, *([row[name] for name in NAMES] for row in names)]).encode(),
        "servicenow/incident_labels.csv": csv_text(
            [tuple(LABELS), *([as_label(name, row[name]) for name in LABELS.values()] for row in labels)]
        ).encode("cp1252", errors="replace"),
        "servicenow/incident.json.gz": gzipped(json_wrapped({"result": stored})),
        "servicenow/incident_event_log.csv.gz": gzipped(csv_text([LOG_NAMES, *log])),
        "servicenow/task_sla.csv": csv_text([SLA_NAMES, *slas]).encode(),
    }


def of(history: History, part: int) -> History:
    """A sixth of the tickets, as this helpdesk would know them: nothing is merged, and spam is no incident."""
    seen = [ticket for ticket in history.tickets[part::6] if not (ticket.deleted or ticket.spam)]
    plain = [replace(one, events=tuple(e for e in one.events if not isinstance(e, Merged))) for one in seen]
    return replace(history, tickets=tuple(plain))


def number(ticket: Ticket) -> str:
    return f"INC{ticket.id:07d}"


def sys_id(what: str | int) -> str:
    return md5(str(what).encode(), usedforsecurity=False).hexdigest()


def incident(ticket: Ticket, end: datetime) -> dict[str, str]:
    """The row of a list's export: names of people and teams, times of the wall clock, numbers for what has a list."""
    solved = ticket.solves[-1] if ticket.status in DONE else None
    closed = ticket.statuses[-1].at if ticket.status == "closed" else None
    took = round((solved - ticket.created).total_seconds()) if solved else None
    cells: dict[str, Any] = {
        **{"number": number(ticket), "sys_id": sys_id(ticket.id), "opened_at": clock(ticket.created)},
        **{"opened_by": ticket.opened_by or ticket.requester.name, "sys_created_on": clock(ticket.created)},
        **{"sys_updated_on": clock(ticket.updated), "sys_mod_count": len(ticket.events)},
        **{"resolved_at": clock(solved), "closed_at": clock(closed), "state": STATE[ticket.status]},
        **{"incident_state": STATE[ticket.status], "hold_reason": HOLD_REASON.get(ticket.status)},
        **{"active": _flag(ticket.status != "closed"), "priority": PRIORITY[ticket.priority], "impact": 3},
        **{"urgency": 3, "category": ticket.product, "contact_type": CONTACT[ticket.channel]},
        **{"assignment_group": ticket.group, "assigned_to": ticket.assignee, "caller_id": ticket.requester.name},
        **{"company": ticket.organization, "short_description": ticket.subject},
        **{"made_sla": _flag(not late(ticket, end)), "sla_due": clock(ticket.resolution_due)},
        **{"reassignment_count": max(0, ticket.group_stations - 1), "reopen_count": len(ticket.reopenings)},
        "calendar_duration": closed and since_1970((closed - ticket.created).total_seconds()),
        "business_duration": closed and since_1970(60 * SCHEDULE.minutes(ticket.created, closed)),
        **{"calendar_stc": took, "business_stc": solved and 60 * SCHEDULE.minutes(ticket.created, solved)},
        "time_worked": since_1970(360 * len(ticket.replies)) if ticket.replies else None,
        **{"escalation": 0, "sys_class_name": "incident"},
    }
    return {name: "" if cells[name] is None else str(cells[name]) for name in NAMES}


def late(ticket: Ticket, end: datetime) -> bool:
    solved = ticket.solves[-1] if ticket.status in DONE else None
    return (solved or end) > ticket.resolution_due


def as_label(name: str, value: str) -> str:
    """What a list shows to people instead of the value."""
    if name == "state":
        return STATE_NAME[int(value)]
    if name == "priority":
        return PRIORITY_NAME[int(value)]
    if name == "hold_reason":
        return HOLD_REASON_NAME.get(value, "")
    if name == "contact_type":
        return value.capitalize()
    return value


def record(ticket: Ticket, end: datetime) -> dict[str, Any]:
    """The Table API's record: everything is text, times are UTC, and an empty reference is no object."""
    row: dict[str, Any] = incident(ticket, end)
    solved = ticket.solves[-1] if ticket.status in DONE else None
    closed = ticket.statuses[-1].at if ticket.status == "closed" else None
    row |= {"opened_at": utc(ticket.created), "sys_created_on": utc(ticket.created), "resolved_at": utc(solved)}
    row |= {"closed_at": utc(closed), "sys_updated_on": utc(ticket.updated), "sla_due": utc(ticket.resolution_due)}
    for name, table in REFERENCES.items():
        if row[name]:
            value = sys_id(row[name])
            link = f"https://muster.service-now.com/api/now/table/{table}/{value}"
            row[name] = {"link": link, "value": value}
    return row


def updates(ticket: Ticket) -> Iterator[dict[str, str]]:
    """A row for every update, each with the whole incident as it was after it."""
    status, group, agent, groups, reopens = "new", None, None, list[str](), 0
    for count, event in enumerate(ticket.events):
        if isinstance(event, StatusChange):
            reopens += status in DONE and event.status not in DONE
            status = event.status
        elif isinstance(event, Assignment):
            group, agent = event.group, event.agent
            groups += [group] if groups[-1:] != [group] else []
        solves = [at for at in ticket.solves if at <= event.at]
        solved = solves[-1] if status in DONE else None
        cells: dict[str, Any] = {
            **{"number": number(ticket), "incident_state": LOG_STATE[status], "active": _FLAG[status != "closed"]},
            **{"reassignment_count": max(0, len(groups) - 1), "reopen_count": reopens, "sys_mod_count": count},
            **{"made_sla": _FLAG[(solved or event.at) <= ticket.resolution_due]},
            **{"caller_id": f"Caller {ticket.requester.id}", "opened_by": f"Opened by  {ticket.requester.id % 97}"},
            **{"opened_at": log_clock(ticket.created), "sys_created_at": log_clock(ticket.created)},
            **{"sys_updated_at": log_clock(event.at), "contact_type": CONTACT[ticket.channel].capitalize()},
            **{"sys_updated_by": f"Updated by {count}", "category": ticket.product, "impact": "2 - Medium"},
            **{"urgency": "2 - Medium", "priority": PRIORITY_NAME[PRIORITY[ticket.priority]]},
            **{"assignment_group": group, "assigned_to": agent, "knowledge": "FALSE", "notify": "Do Not Notify"},
            **{"resolved_at": log_clock(solved), "closed_at": log_clock(event.at if status == "closed" else None)},
        }
        yield {name: "?" if cells.get(name) in (None, "") else str(cells[name]) for name in LOG_NAMES}


def changes(ticket: Ticket) -> list[tuple[datetime, str, str | None, str | None]]:
    """(when, field, before, after) of what differs between two rows of the log, in our words."""
    ours = {"hold": "on_hold"}
    told, status, group, agent = list[tuple[datetime, str, str | None, str | None]](), None, None, None
    for count, event in enumerate(ticket.events):
        before = {"status": status, "group": group, "assignee": agent}
        if isinstance(event, StatusChange):
            status = ours.get(event.status, event.status)
        elif isinstance(event, Assignment):
            group, agent = event.group, event.agent
        after = {"status": status, "group": group, "assignee": agent}
        told += [(event.at, name, before[name], after[name]) for name in after if count and before[name] != after[name]]
    return told


def task_slas(ticket: Ticket, end: datetime) -> Iterable[dict[str, str]]:
    """The response and the resolution SLA of an incident; the first one ends with the first reply."""
    reply = ticket.replies[0].at if ticket.replies else None
    solved = ticket.solves[-1] if ticket.status in DONE else None
    for name, stop, due in (
        ("Priority response", reply, ticket.first_reply_due),
        ("Priority resolution", solved, ticket.resolution_due),
    ):
        called_off = stop is None and ticket.status in DONE  # solved without a reply
        over = stop or (ticket.solves[-1] if called_off else end)
        share = 100 * SCHEDULE.minutes(ticket.created, over) / (SCHEDULE.minutes(ticket.created, due) or 1)
        cells: dict[str, Any] = {
            **{"task": number(ticket), "sla": name, "has_breached": _flag(over > due)},
            "stage": "completed" if stop else "cancelled" if called_off else "in_progress",
            **{"start_time": clock(ticket.created), "end_time": clock(over if stop or called_off else None)},
            **{"planned_end_time": clock(due), "original_breach_time": clock(due)},
            "duration": since_1970((over - ticket.created).total_seconds()),
            "business_duration": since_1970(60 * SCHEDULE.minutes(ticket.created, over)),
            **{"percentage": f"{share:.2f}", "business_percentage": f"{share:.2f}"},
            **{"active": _flag(not stop and not called_off), "schedule": "9-17 weekdays", "timezone": "Europe/Berlin"},
        }
        yield {name: str(value) for name, value in cells.items()}


def clock(instant: datetime | None) -> str:
    return f"{local(instant):%Y-%m-%d %H:%M:%S}" if instant else ""


def utc(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}" if instant else ""


def log_clock(instant: datetime | None) -> str:
    """`29/2/2016 01:16`: day and month without a zero before them."""
    return f"{local(instant).day}/{local(instant).month}/{local(instant):%Y %H:%M}" if instant else ""


def since_1970(seconds: float) -> str:
    """A span as the instant so long after the beginning of 1970."""
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%Y-%m-%d %H:%M:%S}"


_FLAG = {True: "TRUE", False: "FALSE"}


def _flag(value: bool) -> str:
    return "true" if value else "false"
