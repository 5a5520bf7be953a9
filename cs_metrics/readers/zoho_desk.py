"""Zoho Desk: ticket reports and list exports (CSV), the data backup's tickets, and the API's ticket list (JSON).

A label that exists in several modules ends in ` (Ticket)`, ` (Contact)` or ` (Account)`, so that one file may hold
`Status` and `Status (Ticket)`: in such a file the plain one is never the ticket's. CSV times are wall clock of the user
or portal, `05 Jan 2024 10:15 AM` in reports and day first in the backup; the JSON's are UTC. The backup (Setup → Data
Administration) has ids in place of names, and `Request Id` is the number that people see.

The spans "in Business Hours" come as milliseconds, as decimal hours or as H:MM: whole thousands throughout, one of them
a minute or more, are milliseconds. There is no solve apart from the close.

What it cannot carry: messages, how many replies, the first close of a reopened ticket. Left out since their shape is
unconfirmed: the metrics endpoint (it does not name its ticket, and its spans are text) and the happiness list.
Unconfirmed: which promise a value of `SLA Violation Type` means that names neither response nor resolution (taken as a
missed resolution), the headers Channel, Tags and Modified Time (Ticket), and whether times in reports ever differ.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import INTEGER
from cs_metrics.readers._base import Columns, Formula, Reader, Rows, constant, csv_shape, json_shape
from cs_metrics.readers._cells import (
    ISO_FORMATS,
    count,
    duration,
    flag,
    identity,
    instant,
    is_filled,
    labels,
    one_of,
    points,
    renamed,
    text,
    words,
)

NOTHING = ("-", "-None-", "null", "N/A")
CSV_DATES = ("%d %b %Y %I:%M %p", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", *ISO_FORMATS)

# Firms add statuses of their own, which are taken as open; the API says by statusType what each of them is.
STATUSES = {"open": "open", "on hold": "on_hold", "escalated": "open", "closed": "closed"}
PRIORITIES = {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"}
TYPES = {word: word for word in ("question", "problem", "incident", "task")} | {"feature": "feature"}
CHANNELS = {word: word for word in ("email", "phone", "web", "chat", "twitter", "facebook", "forums")}
GRADES = {"good": 3.0, "okay": 2.0, "ok": 2.0, "bad": 1.0}

_MILLISECONDS_FROM = 60_000  # no ticket takes that many hours


def _business_span(read_as_hours: str, happened_at: str) -> Formula:
    """The span in seconds. The whole column tells hours from milliseconds, since 5000 alone could stand for both.

    A zero is a span only where the instant of its end is there: a reply at night takes no business time.
    """
    bare = pl.col(read_as_hours) / 3600
    is_milliseconds = (bare.round(6) % 1000 == 0).all() & (bare.max() >= _MILLISECONDS_FROM)
    span = pl.when(is_milliseconds).then(bare / 1000).otherwise(read_as_hours)
    nothing = (pl.col(read_as_hours) == 0) & pl.col(happened_at).is_null()
    return Formula((read_as_hours,), lambda: pl.when(~nothing).then(span), optional=(happened_at,))


def _kept(word: str) -> Formula:
    """Whether that promise was kept. Without a word nothing is known, for not every ticket has an SLA."""
    said = pl.col("_violation").str.to_lowercase()
    other = "resolution" if word == "response" else "response"
    broken = said.str.contains(word, literal=True)
    if word == "resolution":
        broken |= ~said.str.contains(other, literal=True)
    return Formula(
        ("_violation",), lambda: pl.when(said == "not violated").then(True).when(broken).then(False).otherwise(None)
    )


# Handed over so many times, to one more agent than that, if there is any.
STATIONS = Formula(
    ("_reassigned", "assignee"),
    lambda: pl.when(pl.col("assignee").is_not_null()).then(pl.col("_reassigned") + 1).cast(INTEGER),
)
# Zoho's own flag, and its status of that name.
ESCALATED = Formula(
    (),
    lambda: pl.col("_is_escalated").fill_null(False) | pl.col("_has_status_escalated").fill_null(False),
    optional=("_is_escalated", "_has_status_escalated"),
)

# Where one of them is marked as the ticket's, a plain one is another module's: the contact's or the account's.
MARKED = tuple(
    f"{label} (Ticket)"
    for label in ("Created Time", "Status", "Priority", "Category", "Modified Time", "Ticket Closed Time")
)


def _csv_tickets(is_marked: bool) -> Columns:
    """The columns of a file that marks what is the ticket's, or of one with nothing but tickets."""

    def own(label: str) -> str:
        return f"{label} (Ticket)" if is_marked else label

    return {
        "ticket_id": text("Ticket Id", "Request Id", blanks=NOTHING),
        "created_at": instant(own("Created Time"), formats=CSV_DATES, blanks=NOTHING),
        "first_reply_at": instant("Agent Responded Time", formats=CSV_DATES, blanks=NOTHING),
        "closed_at": instant(
            "Ticket Closed Time (Ticket)", "Ticket Closed Time", "Closed Time", formats=CSV_DATES, blanks=NOTHING
        ),
        "updated_at": instant(own("Modified Time"), formats=CSV_DATES, blanks=NOTHING),
        "due_at": instant("Due Date", formats=CSV_DATES, blanks=NOTHING),
        "status": words(own("Status"), table=STATUSES, other="open", blanks=NOTHING),
        "vendor_status": text(own("Status"), blanks=NOTHING),
        "priority": words(own("Priority"), table=PRIORITIES, blanks=NOTHING),
        "vendor_priority": text(own("Priority"), blanks=NOTHING),
        "type": renamed("Classifications", "Ticket Type", table=TYPES, blanks=NOTHING),
        "channel": renamed("Channel", table=CHANNELS, blanks=NOTHING),
        "category": text(own("Category"), blanks=NOTHING),
        "group": text("Team", blanks=NOTHING),
        "assignee": text("Ticket Owner", blanks=NOTHING),
        "requester": identity("Email (Contact)", "Contact Name", "Email", blanks=NOTHING),
        "organization": text("Account Name", blanks=NOTHING),
        "brand": text("Product", blanks=NOTHING),
        "tags": labels("Tags", blanks=NOTHING),
        "reopens": count("Number of Reopen", blanks=NOTHING),
        "_reassigned": count("Number of Reassign", blanks=NOTHING),
        "assignee_stations": STATIONS,
        "handle_seconds": duration("Total Time Spent", unit=60, blanks=NOTHING),
        "_is_escalated": flag("Is Escalated", blanks=NOTHING),
        "_has_status_escalated": one_of(own("Status"), values=("Escalated",)),
        "escalated": ESCALATED,
        "_violation": text("SLA Violation Type", blanks=NOTHING),
        "reported_first_reply_sla_met": _kept("response"),
        "reported_resolution_sla_met": _kept("resolution"),
        "_reply_hours": duration("First Response Time in Business Hours", unit=3600, blanks=NOTHING),
        "reported_first_reply_business_seconds": _business_span("_reply_hours", "first_reply_at"),
        "_resolution_hours": duration("Resolution Time in Business Hours", unit=3600, blanks=NOTHING),
        "reported_full_resolution_business_seconds": _business_span("_resolution_hours", "closed_at"),
    }


CSV_SURVEYS: Columns = {
    "survey_id": Formula(("ticket_id",), lambda: pl.format("ticket {} csat", "ticket_id")),
    "ticket_id": text("Ticket Id", "Request Id", blanks=NOTHING),
    "assignee": text("Ticket Owner", blanks=NOTHING),
    "group": text("Team", blanks=NOTHING),
    "kind": constant("csat"),
    "embedded": constant(True),
    "_was_rated": is_filled("Happiness Rating", blanks=NOTHING),
    "score": points("Happiness Rating", table=GRADES, blanks=NOTHING),
    "scale_min": constant(1.0),
    "scale_max": constant(3.0),
}

JSON_TICKETS: Columns = {
    "ticket_id": text("ticketNumber"),  # of the two numbers the one that people see
    "created_at": instant("createdTime"),
    "closed_at": instant("closedTime"),
    "updated_at": instant("modifiedTime"),
    "due_at": instant("dueDate"),
    "first_reply_due_at": instant("responseDueDate"),
    "status": words("statusType", "status", table=STATUSES, other="open"),
    "vendor_status": text("status"),
    "priority": words("priority", table=PRIORITIES, blanks=NOTHING),
    "vendor_priority": text("priority", blanks=NOTHING),
    "type": renamed("classification", table=TYPES, blanks=NOTHING),
    "channel": renamed("channel", table=CHANNELS),
    "category": text("category", blanks=NOTHING),
    "language": text("language"),
    "group": text("departmentId"),
    "assignee": text("assigneeId"),
    "requester": identity("contactId"),
    "organization": text("accountId"),
    "brand": text("productId"),
    "is_spam": flag("isSpam"),
    "_is_escalated": flag("isEscalated"),
    "_has_status_escalated": one_of("status", values=("Escalated",)),
    "escalated": ESCALATED,
}


def _csv_frames(is_marked: bool) -> dict[str, Rows]:
    return {"tickets": Rows(_csv_tickets(is_marked)), "surveys": Rows(CSV_SURVEYS, only_where="_was_rated")}


READER = Reader(
    title="Zoho Desk",
    shapes=(
        csv_shape(
            "ticket report",
            [{"Ticket Id", header} for header in MARKED],
            _csv_frames(is_marked=True),
            blanks=NOTHING,
        ),
        csv_shape(
            "ticket list",
            [{"Ticket Id", "Created Time", "Ticket Owner"}, {"Ticket Id", "Created Time", "SLA Violation Type"}],
            _csv_frames(is_marked=False),
            without={*MARKED},
            blanks=NOTHING,
        ),
        csv_shape(
            "data backup",
            [{"ID", "Request Id", "Created Time", "Ticket Owner"}],
            _csv_frames(is_marked=False),
            blanks=NOTHING,
        ),
        json_shape(
            "tickets JSON",
            [{"ticketNumber", "createdTime", key} for key in ("customerResponseTime", "departmentId")],
            {"tickets": Rows(JSON_TICKETS)},
            wrappers=("data",),
        ),
    ),
)
