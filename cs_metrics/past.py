"""The past as it was: rows put back to an instant, without what happened or was overwritten later."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from cs_metrics import history
from cs_metrics.entities import FRAMES

UNBORN = "__unborn"


def put_back(frame: str, rows: pl.DataFrame, changes: pl.DataFrame | None, as_of: datetime) -> pl.DataFrame:
    """The rows as they were known at an instant; UNBORN marks those that were not there yet.

    What is overwritten over a ticket's life is known only from its `changes`: unless every source has them, those
    columns are gone.
    """
    declared = FRAMES[frame].columns
    kept: set[str] = set()
    if frame == "tickets" and changes is not None and history.covers(rows, changes):
        rows = history.put_back(rows, changes, as_of)
        kept = {*history.FIELDS, "solved_at"}
    known = [name for name in rows.columns if name in kept or name not in declared or not declared[name].changes]
    rows = rows.select(known)
    now = pl.lit(as_of)
    births = (*FRAMES[frame].required, "started_at")  # customers are there without dates too
    born = next((name for name in births if name in FRAMES[frame].dates and name in known), None)
    dates = [name for name in FRAMES[frame].dates if name in known and name != born]
    later = [pl.when(pl.col(name) <= now).then(pl.col(name)).alias(name) for name in dates]
    if "created_at" in known:
        spans = [n for n in ("reported_first_reply_seconds", "reported_first_resolution_seconds") if n in known]
        later += [
            pl.when(pl.col("created_at") + pl.duration(seconds=pl.col(n)) <= now).then(pl.col(n)).alias(n)
            for n in spans
        ]
    if frame == "surveys" and "answered_at" in known:
        answers = [n for n in ("score", "is_satisfied", "is_answered", "has_comment") if n in known]
        is_in = pl.col("answered_at").is_null() | (pl.col("answered_at") <= now)
        later += [pl.when(is_in).then(pl.col(name)).alias(name) for name in answers]
    verdicts = {"is_met": "stopped_at", "is_breached": "breached_at"} if frame == "sla_cycles" else {}
    later += [
        pl.when(~(pl.col(at) > now).fill_null(False)).then(pl.col(name)).alias(name)
        for name, at in verdicts.items()
        if {name, at} <= set(known)
    ]
    unborn = pl.col(born) > now if born else pl.lit(False)
    if "embedded" in known and rows["embedded"].any():
        # a rating read off a ticket has no date: it lies before no day, and the unanswered ones cannot be counted
        unborn = pl.col("embedded")
        rows = rows.with_columns(pl.lit(None, declared["is_answered"].dtype).alias("is_answered"))
    return rows.with_columns(later).with_columns(unborn.fill_null(False).alias(UNBORN))
