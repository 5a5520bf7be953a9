"""Zendesk's tickets: rows of the account CSV and of a view's CSV, objects of the API, and their metric sets.

The CSVs have the account's wall clock without an offset, the account CSV beside exact minutes; the JSON has UTC.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Columns, Formula, constant
from cs_metrics.readers._cells import (
    CSV_DATES,
    count,
    has_word,
    identity,
    instant,
    labels,
    number,
    renamed,
    text,
    words,
)
from cs_metrics.readers._zendesk_surveys import EMPTY

MERGED = "closed_by_merge"  # the tag is all that tells a merged-away ticket from a closed one

STATUSES = {
    **{"new": "new", "open": "open", "pending": "pending", "hold": "on_hold", "on-hold": "on_hold"},
    **{"on hold": "on_hold", "solved": "solved", "closed": "closed", "deleted": "deleted"},
}
PRIORITIES = {word: word for word in ("low", "normal", "high", "urgent")}
TYPES = {word: word for word in ("question", "incident", "problem", "task")}
CHANNELS = {
    **{"mail": "email", "email": "email", "web": "web", "web form": "web", "chat": "chat", "api": "api"},
    **{"voice": "phone", "phone call (incoming)": "phone", "phone call (outgoing)": "phone", "voicemail": "phone"},
}


def _differ(one: str, other: str) -> Formula:
    return Formula((one, other), lambda: pl.col(one) != pl.col(other))


def _minutes(label: str) -> Columns:
    return {
        f"reported_{name}{clock}_seconds": number(f"{written}{label}{hours}", times=60)
        for name, written in {
            "first_reply": "First reply time",
            "first_resolution": "First resolution time",
            "full_resolution": "Full resolution time",
            "requester_wait": "Requester wait time",
            "agent_wait": "Agent wait time",
            "on_hold": "On hold time",
        }.items()
        for clock, hours in (("", ""), ("_business", " within business hours"))
    }


CSV_TICKETS: Columns = {
    "ticket_id": text("Id"),
    "created_at": instant("Created at", formats=CSV_DATES),
    "solved_at": instant("Solved at", formats=CSV_DATES),
    "updated_at": instant("Updated at", formats=CSV_DATES),
    "due_at": instant("Due date", formats=CSV_DATES),
    "status": words("Status", table=STATUSES, other="open"),
    "vendor_status": text("Status"),
    "priority": words("Priority", table=PRIORITIES, blanks=EMPTY),
    "vendor_priority": text("Priority", blanks=EMPTY),
    "type": renamed("Ticket type", table=TYPES, blanks=EMPTY),
    "channel": renamed("Via", table=CHANNELS),
    "group": text("Group", blanks=EMPTY),
    "assignee": text("Assignee", blanks=EMPTY),
    "requester": identity("Requester id", "Requester email", "Requester"),
    "organization": text("Organization", blanks=EMPTY),
    "brand": text("Brand", blanks=EMPTY),
    "tags": labels("Tags", separator=" "),
    "agent_replies": count("Replies"),
    "reopens": count("Reopens"),
    "assignee_stations": count("Assignee stations"),
    "group_stations": count("Group stations"),
    "is_merged": has_word("Tags", word=MERGED),
    "_requester": text("Requester"),
    "_submitter": text("Submitter"),
    "created_by_agent": _differ("_requester", "_submitter"),
    **_minutes(" in minutes"),
    "reported_durations_exact": constant(True),
}


# A view has the columns that the team gave it, under the titles of the screen; no source shows such a file (u).
VIEW_TICKETS: Columns = {
    "ticket_id": text("ID"),
    "created_at": instant("Requested", formats=CSV_DATES),
    "solved_at": instant("Solved", formats=CSV_DATES, blanks=EMPTY),
    "updated_at": instant("Updated", formats=CSV_DATES, blanks=EMPTY),
    "due_at": instant("Due date", formats=CSV_DATES, blanks=EMPTY),
    "status": words("Status", "Ticket status", table=STATUSES, other="open"),
    "vendor_status": text("Status", "Ticket status"),
    "priority": words("Priority", table=PRIORITIES, blanks=EMPTY),
    "vendor_priority": text("Priority", blanks=EMPTY),
    "type": renamed("Type", "Ticket type", table=TYPES, blanks=EMPTY),
    "channel": renamed("Channel", "Via", table=CHANNELS, blanks=EMPTY),
    "group": text("Group", blanks=EMPTY),
    "assignee": text("Assignee", blanks=EMPTY),
    "requester": identity("Requester", blanks=EMPTY),
    "organization": text("Organization", blanks=EMPTY),
    "brand": text("Brand", blanks=EMPTY),
    "tags": labels("Tags", separator=" ", blanks=EMPTY),
    "is_merged": has_word("Tags", word=MERGED),
}


def _metrics(*names: str) -> Columns:
    """A metric set's columns; `names` are what it may hang under, "" where the record itself is one.

    Messaging tickets have their reply time in seconds, all others in minutes, and one file holds both.
    """

    def at(path: str) -> tuple[str, ...]:
        return tuple(f"{name}.{path}" if name else path for name in names)

    return {
        "solved_at": instant(*at("solved_at")),
        "agent_replies": count(*at("replies")),
        "reopens": count(*at("reopens")),
        "assignee_stations": count(*at("assignee_stations")),
        "group_stations": count(*at("group_stations")),
        "_reply_in_minutes": number(*at("reply_time_in_minutes.calendar"), times=60),
        "_reply_in_seconds": number(*at("reply_time_in_seconds.calendar")),
        "reported_first_reply_seconds": Formula(
            ("_reply_in_minutes",),
            lambda: pl.coalesce("_reply_in_seconds", "_reply_in_minutes"),
            optional=("_reply_in_seconds",),
        ),
        "reported_first_reply_business_seconds": number(*at("reply_time_in_minutes.business"), times=60),
        **{
            f"reported_{name}{clock}_seconds": number(*at(f"{name}_time_in_minutes.{key}"), times=60)
            for name in ("first_resolution", "full_resolution", "requester_wait", "agent_wait", "on_hold")
            for clock, key in (("", "calendar"), ("_business", "business"))
        },
    }


JSON_TICKETS: Columns = {
    "ticket_id": text("id", "_id"),
    "created_at": instant("created_at"),
    "updated_at": instant("updated_at"),
    "due_at": instant("due_at"),
    "status": words("status", table=STATUSES, other="open"),
    "vendor_status": text("status"),
    "priority": words("priority", table=PRIORITIES),
    "vendor_priority": text("priority"),
    "type": renamed("type", table=TYPES),
    "channel": renamed("via.channel", "via", table=CHANNELS),
    "group": text("group_id"),
    "assignee": text("assignee_id"),
    "requester": identity("requester_id"),
    "organization": text("organization_id"),
    "brand": text("brand_id"),
    "tags": labels("tags"),
    "is_merged": has_word("tags", word=MERGED),
    "_requester": text("requester_id"),
    "_submitter": text("submitter_id"),
    "created_by_agent": _differ("_requester", "_submitter"),
    **_metrics("metric_set", "metric_sets", "metrics"),  # the second and third in search results and some exports
}

# The list of metrics alone knows no status; its `updated_at` is not the ticket's, whose own row is to be the newer.
METRIC_TICKETS: Columns = {
    "ticket_id": text("ticket_id"),
    "created_at": instant("created_at"),
    "measured_at": instant("updated_at"),
    **_metrics(""),
}
