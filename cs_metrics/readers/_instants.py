"""Points in time: how a cell that holds one is read, and the one rule for local times where the clocks change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

import polars as pl

from cs_metrics.entities import INSTANT, INTEGER, NUMBER
from cs_metrics.readers._base import Cell, Reading
from cs_metrics.readers._ways import Way, by_sample, first_of

ISO_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
CSV_DATES = (*ISO_FORMATS, "%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S")
"""ISO, and what a spreadsheet makes of it when it saves the file again."""
_ISO_FRACTIONS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f")
_YEAR_FIRST, _DASHED = r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})\b", "${1}-${2}-${3}"  # 2024/1/8, as from Japan
_HAS_OFFSET = re.compile(r"%[:#]?z")
_DAY = timedelta(days=1)  # no gap in any zone is longer, and none begins a day after another one
# Before it no ticket was opened: 0001, 1900 and 1970 stand for no date, and where a format asks for four digits Polars
# reads the year 24 in 05.01.24, and the year 5 in 05-01-24.
_FIRST = datetime(1980, 1, 1, tzinfo=UTC)

Order = Literal["as declared", "day first", "month first", "unknown"]

_DECLARED = re.compile(r"%(?P<first>[dm])(?P<mark>[/.-])%[dm]")
NUMERIC = r"^(\d{1,2})([/.-])(\d{1,2})[/.-](?:\d{4}|\d\d)(?:[\s,]|$)"
_NUMERIC = re.compile(
    r"(?P<a>\d{1,2})(?P<mark>[/.-])(?P<b>\d{1,2})[/.-](?P<year>\d{4}|\d\d)"
    r"(?:(?P<gap>,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>\.\d+)?)?"
    r"(?P<half>\s*[AaPp]\.?\s?[Mm]\.?)?)?"
)

# Months as German, French, Italian, Spanish and Portuguese abbreviate and write them; no word means two months.
_MONTHS = {
    "Jan": "januar jänner janv. janvier gen. gen gennaio ene. ene enero janeiro",
    "Feb": "februar feber févr. févr février febbraio febrero fevereiro fev. fev",
    "Mar": "märz mär. mär mrz. mrz mars marzo março",
    "Apr": "april avr. avril avr aprile abr. abr abril",
    "May": "mai maggio mag. mag mayo maio",
    "Jun": "juni juin giu. giugno giu junio junho",
    "Jul": "juli juil. juillet juil lug. luglio lug julio julho",
    "Aug": "august août ago. agosto ago",
    "Sep": "september septembre settembre septiembre setembro sept. sept set. set",
    "Oct": "oktober octobre ottobre octubre outubro okt. okt ott. ott out. out",
    "Nov": "november novembre noviembre novembro",
    "Dec": "dezember décembre dicembre diciembre dezembro dez. dez déc. déc dic. dic",
}
_DOTTED = {f"{month.lower()}.": month for month in _MONTHS}
_MONTH_WORDS = _DOTTED | {word: month for month, words in _MONTHS.items() for word in words.split()}
_LONGEST_FIRST = sorted(_MONTH_WORDS, key=len, reverse=True)


def epoch(*headers: str, unit: float = 1.0) -> Cell:
    """A count of seconds since 1970 in UTC, or of `unit` seconds each."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        counted = cell.cast(NUMBER, strict=False) * (unit * 1_000_000)
        return _of_our_time(counted.cast(INTEGER, strict=False).cast(INSTANT))

    return Cell(headers, convert, INSTANT)


def instant(
    *headers: str, formats: tuple[str, ...] = ISO_FORMATS, blanks: tuple[str, ...] = (), strictly: bool = False
) -> Cell:
    """A point in time. With an offset it is taken as it stands; a wall-clock time is read in the source's zone.

    Besides `formats` dates like 3/15/2024 2:30 PM and 15.03.24 are read, day first or month first as the whole column
    tells (`_day_first`); a format such as %d-%m-%Y only says what is meant where the column allows both. Month names
    may be in other languages. `strictly` leaves it at the formats as they stand.

    Of an hour that happens twice the first is meant; a time in an hour that is left out is moved on by the gap, as on
    a clock that nobody put forward. (Python's `fold=0`, PEP 495.)
    """
    return Cell(headers, Instants(formats, strictly), INSTANT, blanks)


@dataclass(frozen=True)
class Instants:
    """The converter of one column of instants; `order` is what is known of its numeric dates."""

    formats: tuple[str, ...]
    strictly: bool = False
    order: Order = "as declared"

    def __call__(self, cell: pl.Expr, reading: Reading) -> pl.Expr:
        thorough = first_of(_plausible(self._ways(reading.zone, gaps=True)))
        quick = self._ways(reading.zone, gaps=False, like=reading.sample) if reading.sample is not None else []
        return by_sample(_plausible(quick), thorough, reading.sample, INSTANT)(cell)

    def settled(self, order: Order) -> Instants:
        """The same for a column whose numeric dates were looked at."""
        return replace(self, order=order)

    def declared(self, mark: str) -> Order | None:
        """What the formats say of numeric dates with this mark between their parts."""
        for spelling in self.formats:
            found = _DECLARED.match(spelling)
            if found and found["mark"] == mark:
                return "day first" if found["first"] == "d" else "month first"
        return None

    def _ways(self, zone: str | None, gaps: bool, like: pl.Series | None = None) -> Iterable[Way]:
        place = partial(_placed, zone=zone, gaps=gaps)
        literal = [s for s in self.formats if self.order == "as declared" or not _DECLARED.match(s)]
        yield _utc
        for spelling in (*literal, *_ISO_FRACTIONS):
            yield partial(place, spelling)
        yield _with_offset
        if self.strictly:
            return
        for spelling in literal:
            if "%b" in spelling or "%B" in spelling:
                yield partial(_placed_in_english, spelling, zone=zone, gaps=gaps)
        for spelling in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d"):
            yield partial(_placed_dashed, spelling, zone=zone, gaps=gaps)
        if self.order in ("day first", "month first"):
            day_first = self.order == "day first"
            if like is not None and len(like) and (usual := _spelled_like(like[0], day_first)):
                yield partial(place, usual)
            yield lambda cell: place("%Y-%m-%d %H:%M:%S%.f", _as_iso(cell, day_first))


def _plausible(ways: Iterable[Way]) -> list[Way]:
    def plausible(way: Way) -> Way:
        return lambda cell: _of_our_time(way(cell))

    return [*map(plausible, ways)]


def _of_our_time(read: pl.Expr) -> pl.Expr:
    """Instants without those before `_FIRST`; a look at each batch costs less than to compute them twice."""

    def kept(batch: pl.Series) -> pl.Series:
        is_none = batch < _FIRST
        return pl.select(pl.when(~is_none).then(batch)).to_series() if is_none.any() else batch

    return read.map_batches(kept, INSTANT, is_elementwise=True)


def _spelled_like(cell: str, day_first: bool) -> str | None:
    """The format of a numeric date such as `3/15/2024 2:30 PM`."""
    found = _NUMERIC.fullmatch(cell.strip())
    if found is None or found["fraction"]:
        return None
    parts = ("%d", "%m") if day_first else ("%m", "%d")
    date = found["mark"].join((*parts, "%Y" if len(found["year"]) == 4 else "%y"))
    if found["hour"] is None:
        return date
    seconds = ":%S" if found["second"] else ""
    clock = f"%I:%M{seconds} %p" if found["half"] else f"%H:%M{seconds}"
    return f"{date}{',' if ',' in found['gap'] else ''} {clock}"


def _as_iso(cell: pl.Expr, day_first: bool) -> pl.Expr:
    """A numeric date in any of its spellings as `2024-3-15 14:30:0`; nothing for other cells."""
    parts = cell.str.strip_chars().str.extract_groups(f"^{_NUMERIC.pattern.replace('(?P<', '(?<')}$").struct
    first, second = parts["a"], parts["b"]
    year, hour, half = parts["year"], parts["hour"].cast(INTEGER), parts["half"].str.strip_chars()
    past_noon = pl.when(half.str.contains("^[Pp]")).then(12).otherwise(0)
    of_day = pl.when(half.is_null()).then(hour).otherwise(hour % 12 + past_noon)
    return pl.concat_str(
        *(pl.when(year.str.len_bytes() == 2).then("20" + year).otherwise(year), pl.lit("-")),
        *((second, pl.lit("-"), first) if day_first else (first, pl.lit("-"), second)),
        *(pl.lit(" "), of_day.fill_null(0).cast(pl.String), pl.lit(":"), parts["minute"].fill_null("0")),
        *(pl.lit(":"), parts["second"].fill_null("0"), parts["fraction"].fill_null("")),
    )


def _in_english(cell: pl.Expr) -> pl.Expr:
    """The cell with the names of its months and halves of the day in English."""
    months = [_MONTH_WORDS[word] for word in _LONGEST_FIRST]
    named = cell.str.to_lowercase().str.replace_many(_LONGEST_FIRST, months, leftmost=True)
    return named.str.replace(r"([ap])\.\s?m\.", "${1}m")


def _utc(cell: pl.Expr) -> pl.Expr:
    return cell.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False).dt.replace_time_zone("UTC")


def _with_offset(cell: pl.Expr) -> pl.Expr:
    normal = cell.str.replace(r"\s*([+-]\d\d:?\d\d)$", "$1").str.replace(r"[Zz]$", "+00:00")
    normal = normal.str.replace(" ", "T", literal=True)
    return pl.coalesce(
        normal.str.to_datetime(spelling, time_unit="us", strict=False).cast(INSTANT)
        for spelling in ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
    )


def _placed(spelling: str, cell: pl.Expr, zone: str | None, gaps: bool) -> pl.Expr:
    read = cell.str.to_datetime(spelling, time_unit="us", strict=False)
    if _HAS_OFFSET.search(spelling):
        return read.dt.convert_time_zone("UTC")
    # the day before has the offset of before the gap
    return pl.coalesce(in_zone(read, zone), in_zone(read - _DAY, zone) + _DAY) if gaps else in_zone(read, zone)


def _placed_in_english(spelling: str, cell: pl.Expr, zone: str | None, gaps: bool) -> pl.Expr:
    return _placed(spelling, _in_english(cell), zone, gaps)


def _placed_dashed(spelling: str, cell: pl.Expr, zone: str | None, gaps: bool) -> pl.Expr:
    return _placed(spelling, cell.str.replace(_YEAR_FIRST, _DASHED), zone, gaps)


def in_zone(wall_clock: pl.Expr, zone: str | None, of_two: Literal["earliest", "latest"] = "earliest") -> pl.Expr:
    """Wall-clock times of `zone` (UTC if None) as UTC instants; null in an hour that is left out."""
    if zone in (None, "UTC"):
        return wall_clock.dt.replace_time_zone("UTC")
    return wall_clock.dt.replace_time_zone(zone, ambiguous=of_two, non_existent="null").dt.convert_time_zone("UTC")
