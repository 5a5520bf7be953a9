"""How many local times of a file fell into an hour that happens twice, or into one that is left out.

Those times were read by rule (see `instant`), not by knowledge, so that people may want to know how many they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cs_metrics.entities import INSTANT
from cs_metrics.readers._base import Cell, Reading
from cs_metrics.readers._instants import in_zone
from cs_metrics.readers._json_columns import Each
from cs_metrics.readers._load import FilePart
from cs_metrics.readers._plan import Bound

_ELSEWHERE = "Etc/GMT-14"  # no helpdesk's zone, and far from UTC


@dataclass(frozen=True)
class ClockChanges:
    """Of one column the cells in a repeated hour, and those in a missing one."""

    repeated: int
    missing: int


def clock_changes(part: FilePart, zone: str | None) -> dict[str, ClockChanges]:
    """By the file's column what the changes of the clock made of its local times; columns without any are left out.

    `zone` is that of times without an offset, unless the file's reader knows it. Reads the file once more; not at all
    where local times are taken as UTC.
    """
    zone = part.shape.zone or zone
    if zone in (None, "UTC"):
        return {}
    found: dict[str, ClockChanges] = {}
    for each in dict.fromkeys(part.shape.frames[frame].each for frame in part.columns):
        found |= _changes_in(part, each, zone)
    return {name: changes for name, changes in found.items() if changes.repeated or changes.missing}


def tells_local_times(part: FilePart) -> bool:
    """Whether there are times without an offset in a flat file's first rows, and no zone of them is known."""
    if part.shape.kind != "csv" or part.shape.zone is not None:
        return False
    cells = (cell for columns in part.columns.values() for cell in columns.values() if isinstance(cell, Cell))
    for bound in (part.bound(cell, ()) for cell in cells if cell.dtype == INSTANT):
        texts = part.table.sample.select(bound.text().alias(bound.text_name))
        readings = [Reading(place, texts.to_series().drop_nulls()) for place in (None, _ELSEWHERE)]
        here, elsewhere = (texts.select(bound.value(reading)).to_series() for reading in readings)
        if (here != elsewhere).any():
            return True
    return False


def _changes_in(part: FilePart, each: Each, zone: str) -> dict[str, ClockChanges]:
    """The same for the rows of one list, or with `()` the file's own."""
    table = part.rows_of(each)
    cells = {
        ".".join((*each, " + ".join(bound.headers))): bound
        for frame, columns in part.columns.items()
        if part.shape.frames[frame].each == each
        for bound in (part.bound(cell, each) for cell in columns.values() if isinstance(cell, Cell))
        if bound.cell.dtype == INSTANT
    }
    if not cells:
        return {}
    clocks = table.collect(
        [bound.text().alias(bound.text_name) for bound in cells.values()],
        [
            bound.value(Reading(place, _filled(bound, table.sample))).alias(f"{name} {place}")
            for name, bound in cells.items()
            for place in (None, _ELSEWHERE)
        ],
        [_wall_clock(f"{name} {None}", f"{name} {_ELSEWHERE}").alias(name) for name in cells],
    )
    return {
        name: ClockChanges(*clocks.select(_is_repeated(name, zone).sum(), missing=_is_missing(name, zone).sum()).row(0))
        for name in cells
    }


def _filled(bound: Bound, sample: pl.DataFrame) -> pl.Series:
    return sample.select(bound.text()).to_series().drop_nulls()


def _wall_clock(as_utc: str, elsewhere: str) -> pl.Expr:
    """The time as written, without a zone; null where the cell tells its zone, so that it is the same elsewhere."""
    return pl.when(pl.col(as_utc) != pl.col(elsewhere)).then(pl.col(as_utc).dt.replace_time_zone(None))


def _is_repeated(column: str, zone: str) -> pl.Expr:
    return in_zone(pl.col(column), zone) != in_zone(pl.col(column), zone, "latest")


def _is_missing(column: str, zone: str) -> pl.Expr:
    return pl.col(column).is_not_null() & in_zone(pl.col(column), zone).is_null()
