"""SLA cycles as the helpdesk itself has kept them: told from the events of its clocks, and what they say of tickets.

A run of a clock begins with its first start and is over if the last thing that moved it was a stop: a start after a
stop has set it going again. It counts as promised once a target came or a breach was told, and as breached while a
breach stands that was not taken back. Events of one run may lie in several files.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cs_metrics.entities import FRAMES
from cs_metrics.sla._runs import KEYS
from cs_metrics.sla.clocks import is_sla_met

VERDICTS: Mapping[str, str] = {
    "reported_first_reply_sla_met": "first_reply_time",
    "reported_resolution_sla_met": "full_resolution_time",
}
DUES: Mapping[str, str] = {"first_reply_due_at": "first_reply_time", "due_at": "full_resolution_time"}
TOLD = (
    *("source", "ticket_id", "policy", "clock", "target_seconds", "in_business_hours", "started_at", "stopped_at"),
    *("due_at", "breached_at", "is_breached", "is_met", "updated_at"),
)
"""The columns of a cycle that its events tell."""

_MOVES = ("start", "pause", "stop")
_RUN = [*KEYS, "measure", "clock", "cycle"]


def cycles_of(events: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """(cycles with the columns TOLD, how many runs were left out since no event here says when they started)."""
    rows = _whole("sla_events", events)
    undone = rows.filter("is_undone").select("source", "event_id")
    rows = rows.join(undone, on=["source", "event_id"], how="anti")
    rows = rows.sort("happened_at", pl.col("event_id").str.len_chars(), "event_id")
    event, at = pl.col("event"), pl.col("happened_at")
    moves, targets = event.is_in(_MOVES), event == "target"
    runs = rows.group_by(_RUN, maintain_order=True).agg(
        pl.col("policy", "target_seconds", "in_business_hours").filter(targets).last(),
        started_at=at.filter(event == "start").first(),
        stopped_at=pl.when(event.filter(moves).last() == "stop").then(at.filter(moves).last()),
        breached_at=at.filter(event == "breach").first(),
        is_promised=event.is_in(["target", "breach"]).any(),
        updated_at=at.last(),
    )
    promised = runs.filter("is_promised")
    found = promised.filter(pl.col("started_at").is_not_null()).with_columns(
        is_breached=pl.col("breached_at").is_not_null(),
        due_at=pl.col("breached_at"),  # of a target that was met no event says when it would have been over
    )
    found = found.with_columns(is_met=pl.when(pl.col("stopped_at").is_not_null()).then(~pl.col("is_breached")))
    return found.select(TOLD), promised.height - found.height


def is_ticket_met(cycles: pl.DataFrame) -> pl.DataFrame:
    """Per ticket (source, ticket_id, is_sla_met): false with any breach, true if all clocks are stopped and met.

    A clock that was called off, stopped without a verdict, says neither.
    """
    rows = _whole("sla_cycles", cycles)
    return is_sla_met(rows.filter(pl.col("stopped_at").is_null() | pl.col("is_met").is_not_null()))


def told_of_tickets(cycles: pl.DataFrame) -> pl.DataFrame:
    """Per ticket (source, ticket_id, the columns VERDICTS and DUES) the same of each clock alone, and when it was due.

    Without that day a promise that is broken and still open would be dated by nothing, and count nowhere.
    """
    rows = _whole("sla_cycles", cycles).sort("started_at")
    told = rows.select(KEYS).unique()
    for name, clock in VERDICTS.items():
        found = is_ticket_met(rows.filter(clock=clock)).rename({"is_sla_met": name})
        told = told.join(found, on=KEYS, how="left")
    for name, clock in DUES.items():
        last = rows.filter(clock=clock).group_by(KEYS).agg(pl.col("due_at").drop_nulls().last().alias(name))
        told = told.join(last, on=KEYS, how="left")
    return told


def _whole(frame: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with all columns of their frame."""
    absent = {name: said for name, said in FRAMES[frame].columns.items() if name not in rows.columns}
    return rows.with_columns(pl.lit(said.default, said.dtype).alias(name) for name, said in absent.items())
