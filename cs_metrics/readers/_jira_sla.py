"""Jira's SLA fields: every cycle of every one, over or running, with what the clock showed when it was asked for.

The fields have ids of each site's own (`customfield_10306`) and are known by their cycles. Which promise a field is
about is told by its name alone. A clock pauses, so that `breachTime` is when the target is over if it never pauses
again. What a clock shows is opening hours of the SLA's own calendar, where it has one; the field does not say so.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import TEXT
from cs_metrics.readers._base import Cell, Columns, Formula, first_filled
from cs_metrics.readers._cells import MILLISECONDS, epoch, flag, instant, number, text
from cs_metrics.readers._sla_names import clock_named

CYCLES = "completedCycles|ongoingCycle"
IN_ISSUE = ("fields.customfield_*", CYCLES)
IN_REQUEST = (CYCLES,)


def _time(name: str, key: str) -> Columns:
    """An instant as Jira tells it: as a count of milliseconds, and in words."""
    return {
        f"_{name}_stamp": epoch(f"{key}.epochMillis", unit=MILLISECONDS),
        f"_{name}_said": instant(f"{key}.iso8601"),
        name: first_filled(f"_{name}_stamp", f"_{name}_said"),
    }


_RUNS_ON = pl.col("stopped_at").is_null()
_SHARE = (pl.col("_left") / pl.col("target_seconds")).clip(lower_bound=0)
_CYCLE: Columns = {
    "policy": text("^name"),
    **clock_named("^name"),
    **_time("started_at", "startTime"),
    **_time("stopped_at", "stopTime"),
    **_time("due_at", "breachTime"),
    "target_seconds": number("goalDuration.millis", times=MILLISECONDS),
    "elapsed_seconds": number("elapsedTime.millis", times=MILLISECONDS),
    "_left": number("remainingTime.millis", times=MILLISECONDS),
    "is_breached": flag("breached"),
    "breached_at": Formula(("is_breached", "due_at"), lambda: pl.when("is_breached").then("due_at")),
    "is_met": Formula(
        ("is_breached",),
        lambda: pl.when(~_RUNS_ON).then(~pl.col("is_breached")),
        optional=("stopped_at",),
    ),
    "share_left": Formula(
        ("_left", "target_seconds", "is_breached"),
        lambda: pl.when(_RUNS_ON & (pl.col("target_seconds") > 0)).then(
            pl.when("is_breached").then(0.0).otherwise(_SHARE)
        ),
        optional=("stopped_at",),
    ),
}

ISSUE_CYCLES: Columns = {"ticket_id": text("^^key"), "updated_at": instant("^^fields.updated"), **_CYCLE}

_REQUEST = r"/request/([^/]+)/sla"

REQUEST_CYCLES: Columns = {
    "ticket_id": Cell(("^_links.self",), lambda cell, reading: cell.str.extract(_REQUEST), TEXT),
    **_CYCLE,
}
