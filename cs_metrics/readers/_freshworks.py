"""What Freshdesk and Freshservice have in common."""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Formula, first_filled

OF_ZOHO = {"Ticket Owner", "SLA Violation Type", "Created Time (Ticket)"}  # beside `Ticket Id` and `Created Time`

PRIORITIES = {
    **{"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"},
    **{"1": "low", "2": "normal", "3": "high", "4": "urgent"},
}
PRIORITY_NAMES = {"1": "Low", "2": "Medium", "3": "High", "4": "Urgent"}
VERDICTS = {"within sla": True, "sla violated": False}

SOLVED_AT = first_filled("_resolved_at", "closed_at")  # a ticket closed without being resolved is solved by that
HANDLED = Formula(("_tracked",), lambda: pl.when(pl.col("_tracked") > 0).then("_tracked"))  # 0: none was logged
STATUS = Formula(
    ("_status",), lambda: pl.when("_deleted").then(pl.lit("deleted")).otherwise("_status"), optional=("_deleted",)
)


def verdict(done_at: str, due_at: str, overdue: str, *told_by: str) -> Formula:
    """Met or missed by the two instants. Not done: missed once it is flagged as overdue, unknown before that.

    Without stats every ticket looks undone and only misses would show, so this needs the instants, and what they are
    `told_by`: a close stands in for a resolution that a ticket lacks, not for those that a file does not tell.
    """
    done, due = pl.col(done_at), pl.col(due_at)
    flagged = pl.when(pl.col(overdue)).then(False)
    return Formula((done_at, due_at, *told_by), lambda: pl.coalesce(done <= due, flagged), optional=(overdue,))
