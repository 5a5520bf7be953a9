"""Opening hours in plain Python: when agents work, and what a vendor's business-hours columns say.

Day by day and slow, so that it can be checked by eye. It knows no holidays, on purpose: the sample vendors' schedules
have none. Two clocks are in use: agents work 8-18, but the schedule in the helpdesk's settings says 9-17, as happens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """The UTC instant of a wall-clock time in Berlin (the first one where the clock shows it twice)."""
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def local(instant: datetime) -> datetime:
    """The instant as the firm's wall clock shows it."""
    return instant.astimezone(BERLIN)


def minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes of real time; subtracting two Berlin times would count wall-clock time over a clock change."""
    return round((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 60)


@dataclass(frozen=True, slots=True)
class Clock:
    """Open from `opens` to `closes` o'clock in Berlin, Monday to Friday."""

    opens: int
    closes: int

    def minutes(self, start: datetime, end: datetime) -> int:
        """Open minutes between two instants; zero, not nothing, when they lie wholly outside the hours."""
        total = 0
        for opening, closing in self._openings(local(start).date()):
            if opening >= end:
                return total
            total += max(0, minutes_between(max(opening, start), min(closing, end)))
        raise AssertionError("openings never end")

    def after(self, start: datetime, minutes: float) -> datetime:
        """The instant at which `minutes` open minutes have passed since `start`."""
        left = max(0, round(minutes))
        for opening, closing in self._openings(local(start).date()):
            begin = max(opening, start)
            if begin > closing:
                continue
            here = minutes_between(begin, closing)
            if left <= here:
                return begin + timedelta(minutes=left)
            left -= here
        raise AssertionError("openings never end")

    def _openings(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        while True:
            if day.weekday() < 5:
                opening = datetime.combine(day, time(self.opens), BERLIN).astimezone(UTC)
                yield opening, datetime.combine(day, time(self.closes), BERLIN).astimezone(UTC)
            day += timedelta(days=1)


WORKING = Clock(8, 18)
SCHEDULE = Clock(9, 17)
