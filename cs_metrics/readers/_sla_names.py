"""Which promise an SLA is about, where a helpdesk tells it by the SLA's name alone."""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import FLAG
from cs_metrics.readers._base import Cell, Columns, Formula

_REPLY = r"(?i)respon|\breply"
_SOLVE = r"(?i)resol|\bsolve|\bdone\b"
_ANOTHER = r"(?i)\bclos|approv|review"  # as in "Time to close after resolution"


def clock_named(*headers: str) -> Columns:
    """`clock` by what the name speaks of; null for a promise of another kind."""
    is_of = {"_is_reply": _REPLY, "_is_solve": _SOLVE, "_is_another": _ANOTHER}
    reply, solve = pl.lit("first_reply_time"), pl.lit("full_resolution_time")
    told = pl.when("_is_another").then(None).when("_is_reply").then(reply).when("_is_solve").then(solve)
    return {
        **{name: _speaks_of(headers, pattern) for name, pattern in is_of.items()},
        "clock": Formula(tuple(is_of), lambda: told),
    }


def _speaks_of(headers: tuple[str, ...], pattern: str) -> Cell:
    return Cell(headers, lambda cell, reading: cell.str.contains(pattern), FLAG, can_fail=False)
