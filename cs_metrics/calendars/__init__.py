"""Business calendars: from `configs/calendars/<name>.yml` to the open seconds between two instants.

An instant is open if its time on the zone's wall lies within the hours of its day, the day is no holiday, and no
closure holds. A holiday closes its day from midnight to midnight, the rest of the night shift before it included. An
hour that the clocks repeat counts twice, one that they leave out has no time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from cs_metrics.calendars import _open_time as open_time
from cs_metrics.calendars._file import CalendarFile, read
from cs_metrics.calendars._hours import national_holidays
from cs_metrics.entities import INSTANT, NUMBER
from cs_metrics.errors import UsageError, did_you_mean

CHOSEN = "__calendar"


@dataclass(frozen=True)
class BusinessCalendar:
    """One calendar file, and the open time that follows from it."""

    file: CalendarFile

    @property
    def name(self) -> str:
        """The file's name, by which it is chosen."""
        return self.file.name

    @property
    def zone(self) -> str:
        """The IANA zone on whose wall the hours are read."""
        return self.file.zone

    @cached_property
    def time(self) -> open_time.OpenTime:
        """F as a table, built when it is first asked for (20 to 40 ms)."""
        file, years = self.file, open_time.YEARS
        closed = [stretch for closure in file.closures for stretch in closure.stretches(years)]
        holidays = national_holidays(file.country, file.subdivision, years) if file.country else ()
        return open_time.build(file.zone, file.versions, closed, holidays)

    def open_seconds(self, instants: pl.Series) -> pl.Series:
        """F(t): the open seconds from 1970-01-01 UTC to each instant; null outside the validity or 1970–2100."""
        return self.time.at(instants) / open_time.SECOND

    def instant_after(self, instants: pl.Series, seconds: pl.Series) -> pl.Series:
        """The first instant t, not before the given one, with F(t) >= F(given) + seconds; null where there is none."""
        whole = (seconds.cast(NUMBER) * open_time.SECOND).round().cast(pl.Int64, strict=False)
        return self.time.reached(instants, whole)

    def open_between(self, starts: pl.Series, ends: pl.Series) -> pl.Series:
        """F(end) − F(start) in seconds, exact to the microsecond, which a difference of `open_seconds` is not."""
        return (self.time.at(ends) - self.time.at(starts)) / open_time.SECOND


@dataclass(frozen=True)
class BusinessHours:
    """Which calendar counts for which ticket: the first by default, others by rules on columns of the ticket.

    A rule is (ticket column, {value: index of the calendar}); the first whose column has such a value wins.
    """

    calendars: tuple[BusinessCalendar, ...]
    rules: tuple[tuple[str, Mapping[str, int]], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The ticket columns that the rules look at."""
        return tuple(dict.fromkeys(column for column, _ in self.rules))

    @property
    def label(self) -> str:
        """What a report says of it: `weekdays-9-17 (Europe/Berlin)`, and which values have another calendar."""
        said = [f"{calendar.name} ({calendar.zone})" for calendar in self.calendars]
        others = [
            f"{column} {', '.join(value for value, at in by_value.items() if at == index)}: {said[index]}"
            for column, by_value in self.rules
            for index in sorted(set(by_value.values()))
        ]
        return "; ".join([said[0], *others])

    def between(self, start: pl.Expr, end: pl.Expr) -> pl.Expr:
        """Open seconds from start to end; null if either is. With rules it needs the column `CHOSEN` beside."""
        return self._by_calendar(BusinessCalendar.open_between, start, end, NUMBER)

    def after(self, start: pl.Expr, seconds: pl.Expr) -> pl.Expr:
        """The instant at which so many open seconds are over; with rules it needs the column `CHOSEN` beside."""
        return self._by_calendar(BusinessCalendar.instant_after, start, seconds, INSTANT)

    def choose(self, have: Set[str]) -> pl.Expr:
        """The index of each ticket's calendar as `CHOSEN` (UInt8), by those rule columns that are there."""
        found = [
            pl.when(pl.col(column) == value).then(pl.lit(index, pl.UInt8))
            for column, by_value in self.rules
            if column in have
            for value, index in by_value.items()
        ]
        return pl.coalesce(*found, pl.lit(0, pl.UInt8)).alias(CHOSEN)

    def _by_calendar(
        self, of: Callable[[BusinessCalendar, pl.Series, pl.Series], pl.Series],
        left: pl.Expr, right: pl.Expr, dtype: pl.DataType,
    ) -> pl.Expr:  # fmt: skip
        # The tables are built here and not when the query runs: there, its threads would each build them, or wait.
        for calendar in self.calendars:
            calendar.time  # noqa: B018
        chosen = [pl.col(CHOSEN)] if self.rules else []

        def compute(given: Sequence[pl.Series]) -> pl.Series:
            heights = {len(series) for series in given}
            height = max(heights) if min(heights) else 0  # a literal has one value, whatever stands beside it
            a, b, *index = (each if len(each) == height else each.new_from_index(0, height) for each in given)
            if not index:
                return of(self.calendars[0], a, b)
            values = pl.repeat(None, height, dtype=dtype, eager=True)
            for number, calendar in enumerate(self.calendars):
                rows = (index[0].fill_null(0) == number).arg_true()
                values = values.scatter(rows, of(calendar, a.gather(rows), b.gather(rows)))
            return values

        return pl.map_batches([left, right, *chosen], compute, return_dtype=dtype, is_elementwise=True)


def find_calendar(word: str, folders: Sequence[Path], default_zone: str) -> BusinessCalendar:
    """A calendar by the name of its file below `FOLDER/calendars`, where later folders win, or by a path.

    Raises `UsageError` where there is none, `DefinitionError` where it is wrong.
    """
    paths = {path.stem: path for folder in folders for path in sorted((folder / "calendars").glob("*.yml"))}
    if word in paths:
        return load_calendar(paths[word], default_zone)
    if Path(word).is_file():
        return load_calendar(Path(word), default_zone)
    hint = did_you_mean(word, paths)
    raise UsageError(f"there is no calendar '{word}', neither a file nor one of {', '.join(sorted(paths))}.{hint}")


def load_calendar(path: Path, default_zone: str) -> BusinessCalendar:
    """One calendar file; `default_zone` is for a file that names none. Raises `DefinitionError` with all problems."""
    return BusinessCalendar(read(path, default_zone))
