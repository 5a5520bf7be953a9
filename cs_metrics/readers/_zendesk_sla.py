"""Zendesk's ticket metric events: when each clock started, stopped and passed its target, one event a row.

A ticket becomes a row where the file has the start of its first reply clock, which is its creation; an incremental
export that begins later has no such event of older tickets, and they are left out.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Columns, Formula
from cs_metrics.readers._cells import count, flag, instant, one_of, text

_EVENT = ("_metric", "_instance", "_type", "_undone", "_time", "ticket_id")


def _verdict(metric: str, instance: int | None = None) -> Formula:
    """Missed by a breach that still stands; met if a target applied and the clock stopped last; else it still runs."""

    def build() -> pl.Expr:
        own = pl.col("_metric") == metric
        own = own & (pl.col("_instance") == instance) if instance is not None else own
        breached = (own & (pl.col("_type") == "breach") & ~pl.col("_undone").fill_null(False)).any()
        applied = (own & (pl.col("_type") == "apply_sla")).any()
        is_move = own & pl.col("_type").is_in(["activate", "pause", "fulfill"])
        stopped = pl.col("_type").filter(is_move).sort_by(pl.col("_time").filter(is_move)).last() == "fulfill"
        return (
            pl.when(breached.over("ticket_id"))
            .then(False)
            .when(applied.over("ticket_id") & stopped.over("ticket_id").fill_null(False))
            .then(True)
        )

    return Formula(("_metric", "_instance", "_type", "_time", "ticket_id"), build, optional=("_undone",))


METRIC_EVENTS: Columns = {
    "ticket_id": text("ticket_id"),
    "_metric": text("metric"),
    "_instance": count("instance_id"),
    "_type": text("type"),
    "_undone": flag("deleted"),
    "_time": instant("time"),
    "created_at": instant("time"),
    "_is_creation": replace(one_of("metric", "instance_id", "type", values=("reply_time 1 activate",)), joined=True),
    "reported_first_reply_sla_met": _verdict("reply_time", 1),
    "reported_resolution_sla_met": _verdict("resolution_time"),
}
