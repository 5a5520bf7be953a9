"""ServiceNow's incident: its fields, whatever file they stand in."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from cs_metrics.entities import INTEGER
from cs_metrics.readers._base import Columns, Formula, first_filled
from cs_metrics.readers._cells import (
    ISO_FORMATS,
    count,
    duration,
    flag,
    identity,
    instant,
    number,
    one_of,
    renamed,
    text,
    words,
)

NOTHING = ("?", "UNKNOWN", "-- None --")
DAY_FIRST = ("%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S")

STATES = {
    **{"1": "new", "2": "open", "3": "on_hold", "4": "pending", "5": "on_hold"},  # 4 and 5 in older instances
    **{"6": "solved", "7": "closed", "8": "closed"},
    **{"new": "new", "active": "open", "in progress": "open", "on hold": "on_hold"},
    **{"awaiting user info": "pending", "awaiting caller": "pending", "awaiting problem": "on_hold"},
    **{"awaiting vendor": "on_hold", "awaiting evidence": "on_hold", "awaiting change": "on_hold"},
    **{"resolved": "solved", "closed": "closed", "canceled": "closed", "cancelled": "closed"},
}
STATE_NAMES = {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed", "8": "Canceled"}
FOR_THE_CALLER = ("1", "Awaiting Caller")  # of the reasons for which an incident is on hold
PRIORITIES = {
    **{"1": "urgent", "2": "high", "3": "normal", "4": "low", "5": "low"},
    **{"1 - critical": "urgent", "2 - high": "high", "3 - moderate": "normal", "3 - medium": "normal"},
    **{"4 - low": "low", "5 - planning": "low"},
    **{"critical": "urgent", "high": "high", "moderate": "normal", "low": "low", "planning": "low"},
}
PRIORITY_NAMES = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Moderate", "4": "4 - Low", "5": "5 - Planning"}
CHANNELS = {
    **{"email": "email", "phone": "phone", "chat": "chat", "self-service": "web", "walk-in": "walk-in"},
    **{"virtual_agent": "bot", "virtual agent": "bot"},
}
LABELS = {
    **{"number": "Number", "opened_at": "Opened", "sys_created_on": "Created", "resolved_at": "Resolved"},
    **{"closed_at": "Closed", "sys_updated_on": "Updated", "state": "State", "incident_state": "Incident state"},
    **{"hold_reason": "On hold reason", "priority": "Priority", "contact_type": "Contact type"},
    **{"assignment_group": "Assignment group", "assigned_to": "Assigned to", "caller_id": "Caller"},
    **{"opened_by": "Opened by", "company": "Company", "category": "Category", "reopen_count": "Reopen count"},
    **{"reassignment_count": "Reassignment count", "made_sla": "Made SLA", "sla_due": "SLA due"},
    **{"calendar_stc": "Resolve time", "business_stc": "Business resolve time", "time_worked": "Time worked"},
    **{"sys_class_name": "Task type"},
}

Paths = Callable[[str], tuple[str, ...]]


def in_csv(name: str) -> tuple[str, ...]:
    return (name, LABELS[name]) if name != "contact_type" else (name, LABELS[name], "Channel")


def bare(name: str) -> tuple[str, ...]:
    return (name,)


def stored(name: str) -> tuple[str, ...]:
    """A field's value in the Table API: bare, or beside its display value. An empty reference is bare text."""
    return f"{name}.value", name


def shown(name: str) -> tuple[str, ...]:
    return f"{name}.display_value", *stored(name)


def on_behalf(named: Paths) -> Columns:
    """Somebody else than the caller opened it."""
    return {
        "_opened_by": text(*named("opened_by"), blanks=NOTHING),
        "_caller": text(*named("caller_id"), blanks=NOTHING),
        "created_by_agent": Formula(("_opened_by", "_caller"), lambda: pl.col("_opened_by") != pl.col("_caller")),
    }


def _once_done(column: str) -> Formula:
    """What an incident carries from its beginning on, but what counts only once it is resolved."""
    done = pl.col("solved_at").is_not_null() & pl.col("status").is_in(["solved", "closed"])
    return Formula((column, "status", "solved_at"), lambda: pl.when(done).then(column))


def incident(of: Paths, named: Paths, formats: tuple[str, ...] = ISO_FORMATS) -> Columns:
    """The columns of an incident. `of` says where a value is, `named` where a name for people is."""
    on_hold_for_them = (pl.col("_state") == "on_hold") & pl.col("_for_caller")
    missed = pl.when(pl.col("_made_sla").not_()).then(False)
    return {
        "ticket_id": text(*of("number")),
        "created_at": instant(*of("opened_at"), *of("sys_created_on"), formats=formats, blanks=NOTHING),
        "_resolved_at": instant(*of("resolved_at"), formats=formats, blanks=NOTHING),
        "closed_at": instant(*of("closed_at"), formats=formats, blanks=NOTHING),
        "solved_at": first_filled("_resolved_at", "closed_at"),
        "updated_at": instant(*of("sys_updated_on"), formats=formats, blanks=NOTHING),
        "due_at": instant(*of("sla_due"), formats=formats, blanks=NOTHING),
        "_state": words(*of("incident_state"), *of("state"), table=STATES, other="open", blanks=NOTHING),
        "_for_caller": one_of(*of("hold_reason"), values=FOR_THE_CALLER),
        "status": Formula(
            ("_state",),
            lambda: pl.when(on_hold_for_them).then(pl.lit("pending")).otherwise("_state"),
            optional=("_for_caller",),
        ),
        "vendor_status": renamed(*named("incident_state"), *named("state"), table=STATE_NAMES, blanks=NOTHING),
        "priority": words(*of("priority"), table=PRIORITIES, blanks=NOTHING),
        "vendor_priority": renamed(*named("priority"), table=PRIORITY_NAMES, blanks=NOTHING),
        "type": text(*of("sys_class_name"), blanks=NOTHING),
        "channel": renamed(*of("contact_type"), table=CHANNELS, blanks=NOTHING),
        "group": text(*named("assignment_group"), blanks=NOTHING),
        "assignee": text(*named("assigned_to"), blanks=NOTHING),
        "requester": identity(*named("caller_id"), blanks=NOTHING),
        "organization": text(*named("company"), blanks=NOTHING),
        "category": text(*named("category"), blanks=NOTHING),
        "reopens": count(*of("reopen_count"), blanks=NOTHING),
        "_handed_over": count(*of("reassignment_count"), blanks=NOTHING),
        "group_stations": Formula(
            ("_handed_over", "group"),
            lambda: pl.col("_handed_over") + pl.col("group").is_not_null().cast(INTEGER),
        ),
        "handle_seconds": duration(*of("time_worked"), unit=1, blanks=NOTHING),
        "_calendar_stc": number(*of("calendar_stc"), blanks=NOTHING),
        "reported_full_resolution_seconds": _once_done("_calendar_stc"),
        "_business_stc": number(*of("business_stc"), blanks=NOTHING),
        "reported_full_resolution_business_seconds": _once_done("_business_stc"),
        "_made_sla": flag(*of("made_sla"), blanks=NOTHING),
        "_met": _once_done("_made_sla"),
        "reported_resolution_sla_met": Formula(("_made_sla", "_met"), lambda: pl.coalesce(missed, "_met")),
    }
