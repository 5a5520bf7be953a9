"""Spans of time by the pattern of each cell: headers such as "First response time (in hrs)" do not tell the unit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import polars as pl

from cs_metrics.entities import NUMBER
from cs_metrics.readers._base import Cell, Reading
from cs_metrics.readers._ways import Way, by_sample, first_of

# H:MM or H:MM:SS, hours past 24; behind days (`1 09:46:18`) and before the word hours too
_CLOCK = r"^(\d+):([0-5]?\d)(?::([0-5]?\d(?:\.\d+)?))?$"
_CLOCK_AND_WORDS = r"(?i)^(?:(\d+)\s+)?(\d+):([0-5]?\d)(?::([0-5]?\d(?:[.,]\d+)?))?(?:\s*(?:h|hrs?|hours?))?$"
# Three digits behind a comma are as likely thousands: 1,234 is not read, 0,125 and 1,5 are.
_DECIMAL_COMMA = r"^(?:\d+,(?:\d\d?|\d{4,})|0,\d+)$"
_WORDED = (
    r"(?i)^(?:(\d+(?:[.,]\d+)?)\s*d(?:ays?)?[\s,]*)?(?:(\d+(?:[.,]\d+)?)\s*h(?:(?:ou)?rs?)?[\s,]*)?"
    r"(?:(\d+(?:[.,]\d+)?)\s*m(?:in(?:ute)?s?)?[\s,]*)?(?:(\d+(?:[.,]\d+)?)\s*s(?:ec(?:ond)?s?)?)?$"
)
_ISO = r"^P(?:(\d+(?:[.,]\d+)?)D)?(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$"
_SECONDS = (86_400, 3600, 60, 1)  # in a day, an hour, a minute, a second
_SINCE_1970 = r"^197\d-\d\d-\d\d"  # an instant in a year of ours is no span


def duration(*headers: str, unit: float = 3600.0, blanks: tuple[str, ...] = (), signed: bool = False) -> Cell:
    """A span in seconds: `H:MM:SS` (hours may pass 24), `H:MM`, `1 Day 9 Hours`, `2d 4h`, `PT4H30M`, an instant soon
    after 1970, or a plain number of `unit` seconds, with a point or a comma.

    A span before its own beginning is not read: exports write one where the clock was set back or a date was mended.
    With `signed` a minus stands for time that has run out, as in what is left of a promise.
    """
    ways: list[Way] = [partial(_plain, unit=unit), _clock, partial(_decimal_comma, unit=unit)]
    ways += [partial(_parts, pattern=pattern) for pattern in (_CLOCK_AND_WORDS, _WORDED, _ISO)] + [_since_1970]
    ways = [partial(_signed, way=way) if signed else way for way in ways]
    thorough = first_of(ways)

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        return by_sample(ways, thorough, reading.sample, NUMBER)(cell)

    return Cell(headers, convert, NUMBER, blanks)


def _plain(cell: pl.Expr, unit: float) -> pl.Expr:
    span = cell.cast(NUMBER, strict=False) * unit
    return pl.when(span.is_finite() & (span >= 0)).then(span)


def _clock(cell: pl.Expr) -> pl.Expr:
    parts = cell.str.extract_groups(_CLOCK)
    hours, minutes, seconds = (parts.struct[place].cast(NUMBER) for place in range(3))
    return hours * 3600 + minutes * 60 + seconds.fill_null(0)


def _decimal_comma(cell: pl.Expr, unit: float) -> pl.Expr:
    with_point = cell.str.extract(f"({_DECIMAL_COMMA})").str.replace(",", ".", literal=True)
    return with_point.cast(NUMBER) * unit


def _parts(cell: pl.Expr, pattern: str) -> pl.Expr:
    """Days, hours, minutes and seconds, at least one of them."""
    found = cell.str.extract_groups(pattern)
    parts = [found.struct[place].str.replace(",", ".", literal=True).cast(NUMBER) for place in range(len(_SECONDS))]
    spans = [part * seconds for part, seconds in zip(parts, _SECONDS, strict=True)]
    return pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(pl.sum_horizontal(spans))


def _since_1970(cell: pl.Expr) -> pl.Expr:
    """ServiceNow's spans: `1970-01-02 09:46:18` is a day and nearly ten hours."""
    near = pl.when(cell.str.contains(_SINCE_1970)).then(cell.str.replace("T", " ", literal=True))
    span = near.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False).dt.epoch("s").cast(NUMBER)
    return pl.when(span >= 0).then(span)


def _signed(cell: pl.Expr, way: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    span = way(cell.str.replace(r"^[-−]\s*", ""))
    return pl.when(cell.str.contains(r"^[-−]")).then(-span).otherwise(span)
