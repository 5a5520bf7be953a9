"""Zendesk Support: the account's CSV and JSON exports, API pages with metric sets, satisfaction ratings.

Neither form says when a ticket was closed. The CSV has the account's wall clock without an offset beside exact minutes;
the JSON has instants in UTC. Satisfaction is on the ticket (good or bad, or 1–5 with the newer survey), without a date.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, constant, csv_shape, json_shape
from cs_metrics.readers._cells import (
    ISO_FORMATS,
    count,
    has_word,
    identity,
    instant,
    is_filled,
    labels,
    number,
    renamed,
    text,
    truths,
    words,
)

EMPTY = ("-",)  # how the CSV writes a drop-down without a choice
MERGED = "closed_by_merge"  # the tag is all that tells a merged-away ticket from a closed one
RESAVED = ("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S")  # what a spreadsheet makes of the CSV's dates

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

# Scores come bare or as good_with_comment; words of a ticket to which no survey went are no survey at all.
UNASKED = ("Not Offered", "Not offered", "not offered", "unoffered", "Unoffered", "-")
OFFERED = ("Offered", "offered")
GOOD, BAD = ((word, f"{word}_with_comment", f"{word}_without_comment") for word in ("good", "bad"))
NUMBERS = {"5": True, "4": True, "3": False, "2": False, "1": False}
SATISFIED = dict.fromkeys(GOOD, True) | dict.fromkeys(BAD, False) | NUMBERS
ANSWERED = dict.fromkeys(SATISFIED, True) | {"offered": False}
WORDS = tuple(spelling for word in (*GOOD, *BAD) for spelling in (word, word.capitalize()))


def _scores(header: str) -> Columns:
    """What one score cell says: good and bad have no points, 1–5 have."""
    return {
        "score": number(header, blanks=(*UNASKED, *OFFERED, *WORDS)),
        "scale_min": Formula(("score",), lambda: pl.when(pl.col("score").is_not_null()).then(1.0)),
        "scale_max": Formula(("score",), lambda: pl.when(pl.col("score").is_not_null()).then(5.0)),
        "is_satisfied": truths(header, table=SATISFIED, blanks=(*UNASKED, *OFFERED)),
    }


def _embedded(header: str) -> Columns:
    """The survey on a ticket's row: offered or answered, nobody knows when."""
    return {
        "survey_id": Formula(("ticket_id",), lambda: pl.format("ticket {} csat", "ticket_id")),
        "kind": constant("csat"),
        "is_answered": truths(header, table=ANSWERED, blanks=UNASKED),
        "embedded": constant(True),
        "_was_asked": is_filled(header, blanks=UNASKED),
        **_scores(header),
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
    "created_at": instant("Created at", formats=(*ISO_FORMATS, *RESAVED)),
    "solved_at": instant("Solved at", formats=(*ISO_FORMATS, *RESAVED)),
    "updated_at": instant("Updated at", formats=(*ISO_FORMATS, *RESAVED)),
    "due_at": instant("Due date", formats=(*ISO_FORMATS, *RESAVED)),
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

CSV_SURVEYS: Columns = {
    "ticket_id": text("Id"),
    "assignee": text("Assignee", blanks=EMPTY),
    "group": text("Group", blanks=EMPTY),
    **_embedded("Satisfaction Score"),
}


def _metric(path: str) -> tuple[str, ...]:
    """The metric set hangs under another name in search results and in some exports."""
    return tuple(f"{name}.{path}" for name in ("metric_set", "metric_sets", "metrics"))


def _metric_minutes() -> Columns:
    return {
        f"reported_{name}{clock}_seconds": number(*_metric(f"{name}_time_in_minutes.{key}"), times=60)
        for name in ("first_resolution", "full_resolution", "requester_wait", "agent_wait", "on_hold")
        for clock, key in (("", "calendar"), ("_business", "business"))
    }


JSON_TICKETS: Columns = {
    "ticket_id": text("id", "_id"),
    "created_at": instant("created_at"),
    "solved_at": instant(*_metric("solved_at")),
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
    "agent_replies": count(*_metric("replies")),
    "reopens": count(*_metric("reopens")),
    "assignee_stations": count(*_metric("assignee_stations")),
    "group_stations": count(*_metric("group_stations")),
    "is_merged": has_word("tags", word=MERGED),
    "_requester": text("requester_id"),
    "_submitter": text("submitter_id"),
    "created_by_agent": _differ("_requester", "_submitter"),
    # Messaging tickets have their reply time in seconds, all others in minutes, and one file holds both.
    "_reply_in_minutes": number(*_metric("reply_time_in_minutes.calendar"), times=60),
    "_reply_in_seconds": number(*_metric("reply_time_in_seconds.calendar")),
    "reported_first_reply_seconds": Formula(
        ("_reply_in_minutes",),
        lambda: pl.coalesce("_reply_in_seconds", "_reply_in_minutes"),
        optional=("_reply_in_seconds",),
    ),
    "reported_first_reply_business_seconds": number(*_metric("reply_time_in_minutes.business"), times=60),
    **_metric_minutes(),
}

JSON_SURVEYS: Columns = {
    "ticket_id": text("id", "_id"),
    "assignee": text("assignee_id"),
    "group": text("group_id"),
    "respondent": identity("requester_id"),
    **_embedded("satisfaction_rating.score"),
}

RATINGS: Columns = {
    "survey_id": text("id"),
    "ticket_id": text("ticket_id"),
    "kind": constant("csat"),
    "sent_at": instant("created_at"),
    "_updated_at": instant("updated_at"),
    "_answered": truths("score", table=ANSWERED, blanks=UNASKED),
    "answered_at": Formula(("_answered", "_updated_at"), lambda: pl.when("_answered").then("_updated_at")),
    # Where no offered rating is listed the answered ones stand alone, and a response rate of 100 % would be a lie.
    "is_answered": Formula(("_answered",), lambda: pl.when(~pl.col("_answered").all()).then("_answered")),
    "has_comment": is_filled("comment"),
    "respondent": identity("requester_id"),
    # agents and groups are numbers here, names in the ticket CSV: they are borrowed from the ticket
    **_scores("score"),
}

READER = Reader(
    title="Zendesk Support",
    shapes=(
        csv_shape(
            "account CSV",
            [
                {"Summation column", "Id", "Created at"},
                {"Id", "Created at", "Requester wait time in minutes", "Assignee stations"},
            ],
            {"tickets": Rows(CSV_TICKETS), "surveys": Rows(CSV_SURVEYS, only_where="_was_asked")},
            blanks=EMPTY,
        ),
        json_shape(
            "tickets JSON",
            [
                {"id", "created_at", "status", "submitter_id", "assignee_id"},
                {"_id", "created_at", "status", "submitter_id"},
            ],
            {"tickets": Rows(JSON_TICKETS), "surveys": Rows(JSON_SURVEYS, only_where="_was_asked")},
            wrappers=("ticket", "tickets", "results"),
            joined={"metric_sets": ("id", "ticket_id", "metric_set")},
        ),
        json_shape(
            "satisfaction ratings",
            [{"id", "ticket_id", "requester_id", "assignee_id", "score", "created_at"}],
            {"surveys": Rows(RATINGS)},
            wrappers=("satisfaction_ratings", "satisfaction_rating"),
        ),
    ),
)
