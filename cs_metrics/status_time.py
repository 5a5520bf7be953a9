"""What is summed and counted over a ticket's spells: time in a status, solves and reopenings, agents and teams."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from cs_metrics.calendars import BusinessHours
from cs_metrics.entities import INTEGER, NUMBER, PRIORITIES, STATUS_SPANS, WORDS
from cs_metrics.history import DONE, FIELDS, TICKET, UNTIL, is_first, is_last

# What is told by another field's changes than those of the status.
TOLD_BY = {
    "assignee_stations": "assignee",
    "first_assigned_at": "assignee",
    "last_assigned_at": "assignee",
    "group_stations": "group",
    "later_groups": "group",
    "is_priority_raised": "priority",
}
_RANKS = {word: place for place, word in enumerate(PRIORITIES)}


def ticket_columns(spells: pl.DataFrame, asked: Collection[str], hours: BusinessHours | None) -> pl.DataFrame:
    """For each ticket (TICKET) the asked columns that its spells give.

    `spells` stand ticket by ticket in order of time and carry UNTIL, and CHOSEN if needed. What needs the row before or
    after looks at the neighbour and whether it is of the same ticket: a window for each ticket takes ten times as long.
    """
    rows = spells.lazy().with_columns(
        ((pl.col(UNTIL) - pl.col("began_at")).dt.total_microseconds() / 1e6).clip(lower_bound=0).alias("__seconds")
    )
    if hours is not None and any(name.endswith("_business_seconds") for name in asked):
        later = pl.max_horizontal(UNTIL, "began_at")
        rows = rows.with_columns(hours.between(pl.col("began_at"), later).alias("__business"))
    assignee, rank = pl.col("assignee"), pl.col("priority").replace_strict(_RANKS, default=None)
    rows = rows.with_columns(
        _is_station("assignee").alias("__assignee"),
        _is_station("group").alias("__group"),
        # also what an agent gets back counts, which is no new station
        (assignee.is_not_null() & assignee.ne_missing(_before(assignee))).alias("__gets"),
        (rank > _before(rank)).fill_null(False).alias("__raised"),
        # a change of agent or team does not leave the status
        _is_still_to_come(~is_last(TICKET) & (pl.col("status") != pl.col("status").shift(-1))).alias("__left"),
        _is_still_to_come(pl.col("is_reopen")).alias("__woken"),
    )
    known = _gathered(hours is not None)
    return rows.group_by(TICKET).agg(expr.alias(name) for name, expr in known.items() if name in asked).collect()


def _before(column: pl.Expr) -> pl.Expr:
    """The value in the ticket's spell before; null in its first."""
    return pl.when(~is_first(TICKET)).then(column.shift(1))


def _is_station(field: str) -> pl.Expr:
    """Whether somebody has the ticket who was not the last to have it."""
    holder = pl.col(field)
    held = pl.when(is_first(TICKET)).then(holder.fill_null("")).otherwise(holder).forward_fill()
    return holder.is_not_null() & holder.ne_missing(_before(held))


def _is_still_to_come(event: pl.Expr) -> pl.Expr:
    """Whether such a spell is this one or one of the ticket's later ones."""
    return pl.when(event).then(TICKET).backward_fill().eq_missing(pl.col(TICKET))


def _gathered(with_business: bool) -> Mapping[str, pl.Expr]:
    """What is gathered of a ticket's spells: conditions on single rows, found for all at once, and sums over them."""
    began, is_done = pl.col("began_at"), pl.col("status").is_in(DONE)
    solved = pl.when("is_solve").then(began)
    columns = {
        "first_solved_at": solved.min(),
        "solved_at": pl.when(is_done.last()).then(solved.max()),
        "reopens": pl.col("is_reopen").sum().cast(INTEGER),
        "reopens_to_open": (pl.col("is_reopen") & (pl.col("status") == "open")).sum().cast(INTEGER),
        "assignee_stations": pl.col("__assignee").sum().cast(INTEGER),
        "group_stations": pl.col("__group").sum().cast(INTEGER),
        "first_assigned_at": pl.when("__assignee").then(began).min(),
        "last_assigned_at": pl.when("__gets").then(began).max(),
        "later_groups": pl.when("__group").then("group").drop_nulls().slice(1).cast(WORDS.inner),
        "is_priority_raised": pl.col("__raised").any(),
        "first_reopened_at": pl.when("is_reopen").then(began).min(),
    } | {field: pl.col(field).last() for field in FIELDS}
    wait = pl.col("status").is_in(STATUS_SPANS["requester_wait"][1])
    tests = {name: pl.col("status").is_in(statuses) for name, (_, statuses, _) in STATUS_SPANS.items()} | {
        "unassigned": pl.col("is_open") & pl.col("assignee").is_null(),
        "requester_wait_booked": wait & pl.col("__left"),
        "requester_wait_with_solved": pl.col("status").is_in(["new", "open"]) | (is_done & pl.col("__woken")),
    }
    for name, test in tests.items():
        columns[f"{name}_seconds"] = pl.when(test).then("__seconds").sum().cast(NUMBER)
        if with_business:
            # what the calendar does not know is not nothing
            is_known = (test & pl.col("__business").is_null()).any().not_()
            columns[f"{name}_business_seconds"] = pl.when(is_known).then(pl.when(test).then("__business").sum())
    return columns
