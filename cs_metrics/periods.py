"""Calendar periods in the report's zone: from, to, last, grain, and when a period is over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

import polars as pl

from cs_metrics.errors import UsageError, did_you_mean
from cs_metrics.zones import FRIENDLY_ZONES, zone_of

Grain = Literal["all", "day", "week", "month", "quarter", "year"]
GRAINS: tuple[str, ...] = get_args(Grain)
_LAST = re.compile(r"^(\d+)\s*([dwmqy])$")
_GRAIN_OF_LETTER: dict[str, Grain] = {"d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # up to when files know that have no row, or no dates at all
_QUIET_WEEKS = 8
_QUIET_SHARE = 0.02  # of what comes in these weeks may fall into hours that still count as quiet


@dataclass(frozen=True)
class Calendar:
    """How dates are cut: the zone, the day on which a week starts (0 = Monday) and the month in which a year does."""

    zone: str = "UTC"
    week_start: int = 0
    year_start: int = 1

    def start_of(self, day: date, grain: Grain) -> date:
        """The first day of the period that holds `day`."""
        if grain == "week":
            return day - timedelta(days=(day.weekday() - self.week_start) % 7)
        if grain in _MONTHS:
            months = (day.month - self.year_start) % 12
            return add_months(day.replace(day=1), -(months % _MONTHS[grain]))
        return day

    def next_start(self, start: date, grain: Grain) -> date:
        """The first day of the period after the one that begins at `start`."""
        if grain in _MONTHS:
            return add_months(start, _MONTHS[grain])
        return start + timedelta(days=7 if grain == "week" else 1)

    def earlier(self, start: date, grain: Grain, by_year: bool) -> date | None:
        """The start of the period that is like the one at `start`: the one before, or the same a year before.

        Days are compared with the same weekday, a week or 52 weeks before; weeks with the ISO week of the same number,
        of which some years have no 53rd.
        """
        if grain in _MONTHS:
            return add_months(start, -12 if by_year else -_MONTHS[grain])
        if not by_year:
            return start - timedelta(days=7)
        if grain == "day":
            return start - timedelta(days=364)
        year, week, _ = (start + timedelta(days=3)).isocalendar()
        try:
            return self.start_of(date.fromisocalendar(year - 1, week, 4), "week")
        except ValueError:
            return None

    def starts(self, first: date, last: date, grain: Grain) -> list[date]:
        """The starts of all periods that hold a day from `first` to `last`."""
        start, found = self.start_of(first, grain), []
        while start <= last:
            found.append(start)
            start = self.next_start(start, grain)
        return found

    def instant(self, day: date) -> datetime:
        """Midnight at the beginning of `day`, in UTC."""
        return self.at_wall(datetime(day.year, day.month, day.day))

    def wall(self, instant: datetime) -> datetime:
        """The wall clock of the zone at an instant, without a zone."""
        return instant.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def at_wall(self, wall: datetime) -> datetime:
        """The instant, in UTC, at which the wall clock shows this; the first one where it does so twice."""
        return wall.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def local_day(self, instant: datetime) -> date:
        """The day on which an instant lies."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def start_expr(self, local_date: pl.Expr, grain: Grain) -> pl.Expr:
        """`start_of` for a column of local dates."""
        if grain == "week":
            shift = f"{self.week_start}d"
            return (
                local_date.dt.offset_by(f"-{shift}").dt.truncate("1w").dt.offset_by(shift)
                if self.week_start
                else (local_date.dt.truncate("1w"))
            )
        if grain in _MONTHS:
            back = f"{(self.year_start - 1) % _MONTHS[grain]}mo"
            if back == "0mo":
                return local_date.dt.truncate(f"{_MONTHS[grain]}mo")
            return (
                local_date.dt.month_start()
                .dt.offset_by(f"-{back}")
                .dt.truncate(f"{_MONTHS[grain]}mo")
                .dt.offset_by(back)
            )
        return local_date


def local_date(instants: pl.Expr, zone: str) -> pl.Expr:
    """The local day of UTC instants."""
    return instants.dt.date() if zone == "UTC" else instants.dt.convert_time_zone(zone).dt.date()


def check_zone(name: str) -> str:
    """The IANA name of a zone, which may be given by a helpdesk's name. Raises `UsageError` with the nearest one."""
    zone = zone_of(name)
    try:
        if zone is not None:  # what is not a zone of the world, such as `localtime`, only the system knows, not Polars
            pl.Series([], dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
            return zone
    except pl.exceptions.PolarsError:
        pass
    known = (available_timezones() | FRIENDLY_ZONES.keys()) - {name}
    hint = did_you_mean(name, known) or " Write it like Europe/Berlin or UTC."
    raise UsageError(f"there is no time zone '{name}'.{hint}")


def parse_bound(text: str, calendar: Calendar, end: bool) -> datetime:
    """A year, quarter, month, week, day or instant as the UTC instant where it begins, or with `end` is over."""
    text = text.strip()
    if match := re.fullmatch(r"(\d{4})(?:-(?:(\d{2})(?:-(\d{2}))?|W(\d{2})|Q([1-4])))?", text):
        year, month, day, week, quarter = (int(part) if part else None for part in match.groups())
        try:
            if week:
                first, grain = date.fromisocalendar(year or 0, week, 1), "week"
            elif day:
                first, grain = date(year or 0, month or 1, day), "day"
            elif quarter:
                first, grain = date(year or 0, 3 * quarter - 2, 1), "quarter"
            else:
                first, grain = date(year or 0, month or 1, 1), "month" if month else "year"
            return calendar.instant(calendar.next_start(first, grain) if end else first)  # type: ignore[arg-type]
        except (ValueError, OverflowError) as error:
            raise UsageError(f"'{text}' is no date: {error}") from None
    try:
        if not re.match(r"\d{4}-\d{2}-\d{2}[T ]", text):
            raise ValueError
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"'{text}' is no point in time; write 2024, 2024-Q1, 2024-03, 2024-W05, 2024-03-31 or 2024-03-31T18:00"
        ) from None
    placed = instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(calendar.zone))
    return placed.astimezone(UTC) + (timedelta(microseconds=1) if end else timedelta(0))


def parse_last(text: str) -> tuple[int, Grain]:
    """`4w` → (4, "week"). Raises `UsageError`."""
    match = _LAST.match(text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(f"'{text}' is not a number of periods; write 4w, 3m, 2q, 1y or 10d")
    return int(match[1]), _GRAIN_OF_LETTER[match[2]]


@dataclass(frozen=True)
class Knowledge:
    """What a frame's files know of time.

    `as_of`: up to when; `covers_from`: since when; `is_stamped`: as_of was stated, not seen in the data;
    `settling`: how long after `covers_from` stocks and solved-dated figures still miss what came before;
    `until`: what each source knows up to, of which `as_of` is the oldest;
    `activity`: instants (microseconds since 1970, sorted) of the last and first weeks, from which quiet hours are read.
    """

    as_of: datetime
    covers_from: datetime
    is_stamped: bool = False
    settling: timedelta = timedelta(0)
    until: Mapping[str, datetime] = field(default_factory=dict)
    activity: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Int64))

    @property
    def is_dated(self) -> bool:
        """Whether the files say anything of time."""
        return self.as_of > NEVER

    @property
    def row_until(self) -> pl.Expr:
        """Up to when each row's source knows: a helpdesk left behind years ago does not end another's rows."""
        if len(set(self.until.values())) < 2:
            return pl.lit(self.as_of)
        return pl.col("source").replace_strict(self.until, default=self.as_of, return_dtype=pl.Datetime("us", "UTC"))

    @property
    def clock_until(self) -> pl.Expr:
        """Where spans that are not over end for now: `row_until`, of which the last microsecond of a day is its end."""
        return self.row_until.dt.round("1ms")

    def reaches(self, end: datetime) -> bool:
        """Whether everything up to `end` is known: as_of is past it, or nothing more was to be expected before it.

        An export seen on Friday at 17:58 covers its week: as long a silence is usual, and in the weeks before hardly
        anything came between that hour and the end of the week.
        """
        return self.as_of >= end or (not self.is_stamped and self._is_quiet(self.as_of, end, backwards=True))

    def begins_by(self, start: datetime) -> bool:
        """Whether the file covers everything from `start` on, quiet hours before its first row included."""
        return self.covers_from <= start or self._is_quiet(start, self.covers_from, backwards=False)

    def _is_quiet(self, since: datetime, until: datetime, backwards: bool) -> bool:
        """Whether a stretch at the data's edge is one in which, by the eight weeks beside it, nothing was to come."""
        week = 7 * 86400 * 1_000_000
        first, last = (int(at.timestamp() * 1_000_000) for at in (since, until))
        edge, step = (first, -week) if backwards else (last, week)
        lower, upper = sorted((edge, edge + _QUIET_WEEKS * step))
        near = self.activity.filter(self.activity.is_between(lower, upper))
        if len(near) < 2:
            return False
        longest = near.diff().max()
        if not isinstance(longest, int) or last - first > longest:
            return False
        shifts = [step * k for k in range(1, _QUIET_WEEKS + 1)]
        came = sum(int(near.is_between(first + by, last + by, closed="none").sum()) for by in shifts)
        return came <= _QUIET_SHARE * len(near)


def add_months(day: date, months: int) -> date:
    """The first of the month so many months after (before, where negative) that of `day`."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, 1)
