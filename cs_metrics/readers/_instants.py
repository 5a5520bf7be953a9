"""Points in time: how a cell that holds one is read, and the one rule for local times where the clocks change."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Literal

import polars as pl

from cs_metrics.entities import INSTANT, INTEGER, NUMBER
from cs_metrics.readers._base import Cell, Reading

ISO_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
_ISO_FRACTIONS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f")
_HAS_OFFSET = re.compile(r"%[:#]?z")
_DAY = timedelta(days=1)  # no gap in any zone is longer, and none begins a day after another one

Way = Callable[[pl.Expr], pl.Expr]


def epoch(*headers: str) -> Cell:
    """Seconds since 1970 in UTC."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        return (cell.cast(NUMBER, strict=False) * 1_000_000).cast(INTEGER, strict=False).cast(INSTANT)

    return Cell(headers, convert, INSTANT)


def instant(*headers: str, formats: tuple[str, ...] = ISO_FORMATS, blanks: tuple[str, ...] = ()) -> Cell:
    """A point in time. With an offset it is taken as it stands; a wall-clock time is read in the source's zone.

    Of an hour that happens twice the first is meant; a time in an hour that is left out is moved on by the gap, as on
    a clock that nobody put forward. (Python's `fold=0`, PEP 495.)
    """
    spellings = (*formats, *_ISO_FRACTIONS)

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        def thorough(cell: pl.Expr) -> pl.Expr:
            return pl.coalesce([way(cell) for way in _ways(spellings, reading.zone, gaps=True)])

        if reading.sample is None:
            return thorough(cell)
        ways = _that_read(_ways(spellings, reading.zone, gaps=False), reading.sample)
        return _completed(pl.coalesce([way(cell) for way in ways]), cell, thorough)

    return Cell(headers, convert, INSTANT, blanks)


def _ways(spellings: tuple[str, ...], zone: str | None, gaps: bool) -> list[Way]:
    return [_utc, *(partial(_placed, spelling, zone, gaps) for spelling in spellings), _with_offset]


def _that_read(ways: list[Way], sample: pl.Series) -> list[Way]:
    """The one way that reads all of the sample; else the ways that read something of it; else all of them."""
    cells, read = pl.LazyFrame({"cell": sample}), []
    for way in ways:
        found = len(sample) - cells.select(way(pl.col("cell"))).collect().to_series().null_count()
        if found == len(sample):
            return [way]
        if found:
            read.append(way)
    return read or ways


def _completed(found: pl.Expr, cell: pl.Expr, thorough: Way) -> pl.Expr:
    """What was found, and beside it what the thorough way makes of the few cells that were not read.

    A time that the clock left out costs nothing so where there is none, and does not have the file read again.
    """

    def complete(columns: Sequence[pl.Series]) -> pl.Series:
        values, cells = columns
        if values.null_count() == cells.null_count():
            return values
        left = (values.is_null() & (cells.str.len_bytes() > 0)).arg_true()
        read = pl.DataFrame({"cell": cells.gather(left)}).select(thorough(pl.col("cell"))).to_series()
        return values.scatter(left, read)

    return pl.map_batches([found, cell], complete, INSTANT, is_elementwise=True)


def _utc(cell: pl.Expr) -> pl.Expr:
    return cell.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False).dt.replace_time_zone("UTC")


def _with_offset(cell: pl.Expr) -> pl.Expr:
    normal = cell.str.replace(r"\s*([+-]\d\d:?\d\d)$", "$1").str.replace(r"[Zz]$", "+00:00")
    normal = normal.str.replace(" ", "T", literal=True)
    return pl.coalesce(
        normal.str.to_datetime(spelling, time_unit="us", strict=False).cast(INSTANT)
        for spelling in ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
    )


def _read(spelling: str, cell: pl.Expr) -> pl.Expr:
    return cell.str.to_datetime(spelling, time_unit="us", strict=False)


def _placed(spelling: str, zone: str | None, gaps: bool, cell: pl.Expr) -> pl.Expr:
    read = _read(spelling, cell)
    if _HAS_OFFSET.search(spelling):
        return read.dt.convert_time_zone("UTC")
    # the day before has the offset of before the gap
    return pl.coalesce(in_zone(read, zone), in_zone(read - _DAY, zone) + _DAY) if gaps else in_zone(read, zone)


def in_zone(wall_clock: pl.Expr, zone: str | None, of_two: Literal["earliest", "latest"] = "earliest") -> pl.Expr:
    """Wall-clock times of `zone` (UTC if None) as UTC instants; null in an hour that is left out."""
    if zone in (None, "UTC"):
        return wall_clock.dt.replace_time_zone("UTC")
    return wall_clock.dt.replace_time_zone(zone, ambiguous=of_two, non_existent="null").dt.convert_time_zone("UTC")
