"""What is summed and counted over a ticket's spells: time in a status, solves and reopenings, agents and teams."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from cs_metrics.calendars import BusinessHours
from cs_metrics.entities import INTEGER, NUMBER, PRIORITIES, STATUS_SPANS, WORDS
from cs_metrics.history import DONE, FIELDS, TICKET, UNTIL

# What is told by another field's changes than those of the status.
TOLD_BY = {
    "assignee_stations": "assignee",
    "first_assigned_at": "assignee",
    "last_assigned_at": "assignee",
    "group_stations": "group",
    "later_groups": "group",
    "is_priority_raised": "priority",
}


def ticket_columns(spells: pl.DataFrame, asked: Collection[str], hours: BusinessHours | None) -> pl.DataFrame:
    """For each ticket (TICKET) the asked columns that its spells give. `spells` carry UNTIL, and CHOSEN if needed."""
    rows = spells.lazy().with_columns(
        ((pl.col(UNTIL) - pl.col("began_at")).dt.total_microseconds() / 1e6).clip(lower_bound=0).alias("__seconds")
    )
    if hours is not None and any(name.endswith("_business_seconds") for name in asked):
        later = pl.max_horizontal(UNTIL, "began_at")
        rows = rows.with_columns(hours.between(pl.col("began_at"), later).alias("__business"))
    for field in ("assignee", "group"):
        held = pl.col(field).forward_fill().over(TICKET)
        previous = held.shift(1).over(TICKET)
        is_station = pl.col(field).is_not_null() & (previous.is_null() | (previous != pl.col(field)))
        rows = rows.with_columns(is_station.alias(f"__{field}"))
    before = pl.col("assignee").shift(1).over(TICKET)
    gets = pl.col("assignee").is_not_null() & pl.col("assignee").ne_missing(before)
    rows = rows.with_columns(gets.alias("__gets"))  # also what an agent gets back counts, which is no new station
    rank = pl.col("priority").replace_strict({word: n for n, word in enumerate(PRIORITIES)}, default=None)
    rows = rows.with_columns((rank > rank.shift(1).over(TICKET)).fill_null(False).alias("__raised"))
    known = _gathered(hours is not None)
    return rows.group_by(TICKET).agg(expr.alias(name) for name, expr in known.items() if name in asked).collect()


def _gathered(with_business: bool) -> Mapping[str, pl.Expr]:
    began, is_done = pl.col("began_at"), pl.col("status").is_in(DONE)
    stations = pl.col("group").filter(pl.col("__group"))
    columns = {
        "first_solved_at": began.filter(pl.col("is_solve")).min(),
        "solved_at": pl.when(is_done.last()).then(began.filter(pl.col("is_solve")).max()),
        "reopens": pl.col("is_reopen").sum().cast(INTEGER),
        "reopens_to_open": (pl.col("is_reopen") & (pl.col("status") == "open")).sum().cast(INTEGER),
        "assignee_stations": pl.col("__assignee").sum().cast(INTEGER),
        "group_stations": pl.col("__group").sum().cast(INTEGER),
        "first_assigned_at": began.filter(pl.col("__assignee")).min(),
        "last_assigned_at": began.filter(pl.col("__gets")).max(),
        "later_groups": stations.slice(1).cast(WORDS.inner),
        "is_priority_raised": pl.col("__raised").any(),
    } | {field: pl.col(field).last() for field in FIELDS}
    run = pl.col("status").rle_id()
    booked = run < run.max()  # a change of agent or team does not leave the status
    wait = pl.col("status").is_in(STATUS_SPANS["requester_wait"][1])
    tests = {name: pl.col("status").is_in(statuses) for name, (_, statuses, _) in STATUS_SPANS.items()} | {
        "unassigned": pl.col("is_open") & pl.col("assignee").is_null(),
        "requester_wait_booked": wait & booked,
        "requester_wait_with_solved": pl.col("status").is_in(["new", "open"])
        | (is_done & pl.col("is_reopen").reverse().cum_sum().reverse().gt(0)),
    }
    for name, test in tests.items():
        columns[f"{name}_seconds"] = pl.col("__seconds").filter(test).sum().cast(NUMBER)
        if with_business:
            spans = pl.col("__business").filter(test)
            # what the calendar does not know is not nothing
            columns[f"{name}_business_seconds"] = pl.when(spans.null_count() == 0).then(spans.sum())
    return columns
