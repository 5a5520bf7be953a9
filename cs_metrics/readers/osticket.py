"""osTicket: a queue or search of the agents' panel → Export (CSV, a row per ticket).

Which columns there are, and in which order, is chosen with the queue; a semicolon parts them where the agent's language
has a decimal comma. Labels, words and dates are those of the agent's language and time zone: English labels are known.
A cell that a spreadsheet would run has an apostrophe before it, which goes. A count of zero is an empty cell.

A status is one of the delivered five or the firm's own, of which no more is known than closed, where there is a close
date, or open. The close date goes when a ticket is reopened, and comes with the next close.

What it cannot carry: first replies, messages and changes, the first close of a reopened ticket, how many replies (the
thread's count has notes too), ratings. Whether a target was missed neither: closing a late ticket takes its due dates
and its overdue flag away, so that only those are left that were met. `Merged` says yes of a ticket that others were
merged into as of those, so that it tells neither. Unconfirmed: how the agent's language writes dates, the words of
priorities and statuses. Left out: the JSON of the same rows, whose cells are unconfirmed.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Cell, Columns, Formula, Reader, Reading, Rows, csv_shape, first_filled
from cs_metrics.readers._cells import count, identity, instant, is_filled, renamed, text, words

STATUSES = {"open": "open", "resolved": "solved", "closed": "closed", "archived": "closed", "deleted": "deleted"}
PRIORITIES = {"low": "low", "normal": "normal", "high": "high", "emergency": "urgent"}
CHANNELS = {"web": "web", "email": "email", "phone": "phone", "api": "api", "other": "other"}

_GUARD = r"^'([=+\-@])"


def _unguarded(cell: Cell) -> Cell:
    """The cell without the apostrophe that keeps spreadsheets from running it."""

    def convert(written: pl.Expr, reading: Reading) -> pl.Expr:
        return cell.convert(written.str.replace(_GUARD, "${1}"), reading)

    return replace(cell, convert=convert)


def _status() -> pl.Expr:
    known = pl.col("_status").str.to_lowercase().replace_strict(STATUSES, default=None, return_dtype=pl.String)
    by_date = pl.when(pl.col("closed_at").is_not_null()).then(pl.lit("closed")).otherwise(pl.lit("open"))
    return pl.when(pl.col("_status").is_not_null()).then(pl.coalesce(known, by_date))


TICKETS: Columns = {
    "ticket_id": _unguarded(text("Ticket Number")),
    "created_at": instant("Date Created"),
    "closed_at": instant("Closed Date"),
    "updated_at": instant("Last Updated"),
    "_own_due_at": instant("Due Date"),
    "_sla_due_at": instant("SLA Due Date"),
    "due_at": first_filled("_own_due_at", "_sla_due_at"),  # what an agent has set counts before the SLA's
    "_status": text("Current Status"),
    "status": Formula(("_status",), _status, optional=("closed_at",)),
    "vendor_status": text("Current Status"),
    "priority": words("Priority", table=PRIORITIES),
    "vendor_priority": text("Priority"),
    "category": _unguarded(text("Help Topic")),
    "channel": renamed("Source", table=CHANNELS),
    "group": _unguarded(text("Department", "Team Assigned")),
    "assignee": _unguarded(text("Agent Assigned")),
    "requester": _unguarded(identity("From Email", "From")),
    "_reopens": count("Reopen Count"),
    "_was_reopened": is_filled("Reopen Count"),
    "reopens": Formula(("_reopens", "_was_reopened"), lambda: pl.when("_was_reopened").then("_reopens").otherwise(0)),
}

READER = Reader(
    title="osTicket",
    shapes=(
        csv_shape(
            "ticket CSV",
            [{"Ticket Number", "Date Created", header} for header in ("Help Topic", "SLA Due Date", "Current Status")],
            {"tickets": Rows(TICKETS)},
        ),
    ),
)
