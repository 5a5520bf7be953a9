"""The words of a calendar file: the hours of a week, and the days and hours in which nobody works.

Everything here is wall-clock time without a zone: seconds of a day, seconds since 1970-01-01T00:00 on the wall.
"""

from __future__ import annotations

import calendar
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise

from cs_metrics.errors import did_you_mean

DAY = 86_400
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Span = tuple[int, int]  # seconds of a day, half-open; past midnight the end is above DAY
Week = tuple[tuple[Span, ...], ...]  # the spans that begin on each weekday, Monday first

EPOCH = date(1970, 1, 1).toordinal()
_NOON = DAY // 2
_SPAN = re.compile(r"^(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)$")
_MOMENT = re.compile(r"^(?:(\d{4})|-)-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?$")
_A_LEAP_YEAR = 2000


@dataclass(frozen=True)
class Version:
    """The hours of a week and the first and last day on which they hold; None is without end."""

    week: Week
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Moment:
    """A point on the wall clock; without a year it comes every year. 24:00 is the next day's midnight."""

    year: int | None
    month: int
    day: int
    seconds: int

    def at(self, year: int) -> int:
        """Seconds since 1970 on the wall. In a year without a 29 February, any time of it is the midnight after."""
        year = self.year or year
        if (self.month, self.day) == (2, 29) and not calendar.isleap(year):
            return (date(year, 3, 1).toordinal() - EPOCH) * DAY
        return (date(year, self.month, self.day).toordinal() - EPOCH) * DAY + self.seconds


@dataclass(frozen=True)
class Closure:
    """A stretch of wall-clock time in which nobody works, half-open, in one year or in every year."""

    begin: Moment
    end: Moment

    def stretches(self, years: Iterable[int]) -> Iterator[Span]:
        """(begin, end) in seconds since 1970 on the wall; a yearly one may run over the end of the year."""
        if self.begin.year is not None:
            yield self.begin.at(0), self.end.at(0)
            return
        over = _order(self.end) < _order(self.begin)
        for year in years:
            yield self.begin.at(year), self.end.at(year + over)


def parse_span(text: str) -> Span:
    """`09:00-12:30` → seconds of the day; `22:00-06:00` ends on the next day. Raises `ValueError`.

    A span that closes before it opens goes past midnight only if it opens at noon or later and closes at noon or
    earlier: all night shifts do, and `11:00-09:00` is a slip.
    """
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(f"'{text}' are no opening hours; write 09:00-17:00")
    opens, closes = _seconds(match[1], match[2], text), _seconds(match[3], match[4], text)
    if opens in (closes, DAY):
        raise ValueError(f"'{text}' has no length; for the whole day write 00:00-24:00")
    if closes < opens:
        if opens < _NOON or closes > _NOON:
            raise ValueError(f"'{text}' closes before it opens")
        closes += DAY
    return opens, closes


def overlaps(week: Week) -> Iterator[tuple[str, str]]:
    """(weekday, what is wrong) for spans that overlap, on their day or running into the next day's."""
    for number, spans in enumerate(week):
        ordered = sorted(spans)
        for before, after in pairwise(ordered):
            if after[0] < before[1]:
                yield WEEKDAYS[number], f"{_said(before)} and {_said(after)} overlap"
        tomorrow = (number + 1) % len(WEEKDAYS)
        following = sorted(week[tomorrow])
        if ordered and following and ordered[-1][1] > following[0][0] + DAY:
            yield WEEKDAYS[number], f"{_said(ordered[-1])} runs into {_said(following[0])} on {WEEKDAYS[tomorrow]}"


def parse_closure(text: str) -> Closure:
    """`2024-06-14T12:00..2024-06-14T18:00`, `2024-06-14`, `--12-24T13:00..--12-24T24:00`. Raises `ValueError`.

    A day as an end is meant to its midnight.
    """
    first, *rest = text.strip().split("..")
    last = rest[0] if rest else first
    begin, end = _moment(first, text), _moment(last, text)
    if len(rest) > 1 or (not rest and "T" in first):
        raise ValueError(f"'{text}' is no stretch of time; write 2024-06-14T12:00..2024-06-14T18:00")
    if (begin.year is None) != (end.year is None):
        raise ValueError(f"'{text}' has a year on one side only")
    if "T" not in last:
        end = Moment(end.year, end.month, end.day, DAY)
    if _order(end) == _order(begin) if begin.year is None else end.at(0) <= begin.at(0):
        raise ValueError(f"'{text}' ends before it begins")
    return Closure(begin, end)


def parse_holiday(text: str) -> Closure:
    """`2018-12-24`, `2018-12-27..2018-12-31`, each year `--01-02` or `--12-24..--12-26`. Raises `ValueError`."""
    if "T" in text:
        raise ValueError(f"'{text}' has a time of day; holidays are whole days, hours stand under 'closures'")
    return parse_closure(text)


def is_country(country: str) -> bool:
    """Whether the package `holidays` knows a country."""
    return country in _countries()


def check_country(country: str, subdivision: str | None) -> None:
    """Whether the package `holidays` knows the country and its subdivision. Raises `LookupError` with what it knows."""
    known = _countries()
    if country not in known:
        hint = did_you_mean(country, known) or " Write its ISO 3166 code, such as DE or US."
        raise LookupError(f"no holidays are known of the country '{country}'.{hint}")
    if subdivision is not None and subdivision not in known[country]:
        have = f"it has {', '.join(known[country])}" if known[country] else "it has none"
        hint = did_you_mean(subdivision, known[country])
        raise LookupError(f"'{country}' has no subdivision '{subdivision}'; {have}.{hint}")


@cache
def national_holidays(country: str, subdivision: str | None, years: range) -> tuple[int, ...]:
    """The public holidays, as days since 1970. Source: the package `holidays`, days moved from a weekend included."""
    import holidays

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the moon decides, the package knows some decades only
        found = holidays.country_holidays(country, subdiv=subdivision, years=years)
    return tuple(sorted(day.toordinal() - EPOCH for day in found))


@cache
def _countries() -> dict[str, list[str]]:
    import holidays

    return holidays.list_supported_countries()


def _moment(part: str, text: str) -> Moment:
    match = _MOMENT.match(part.strip())
    if match is None:
        raise ValueError(f"'{text}' is no date; write 2024-12-24, 2024-12-27..2024-12-31 or, each year, --12-24")
    year, month, day = (int(word) if word else None for word in match.group(1, 2, 3))
    try:
        date(year or _A_LEAP_YEAR, month or 0, day or 0)
    except ValueError as error:
        raise ValueError(f"'{text}' is no date: {error}") from None
    seconds = _seconds(match[4], match[5], text) if match[4] else 0
    return Moment(year, month or 0, day or 0, seconds)


def _seconds(hours: str, minutes: str, text: str) -> int:
    seconds = int(hours) * 3600 + int(minutes) * 60
    if int(minutes) > 59 or seconds > DAY:
        raise ValueError(f"'{text}': there is no {hours}:{minutes} o'clock")
    return seconds


def _order(moment: Moment) -> int:
    return moment.at(_A_LEAP_YEAR)


def _said(span: Sequence[int]) -> str:
    opens, closes = (f"{second // 3600:02d}:{second % 3600 // 60:02d}" for second in (span[0], (span[1] - 1) % DAY + 1))
    return f"{opens}-{closes}"
