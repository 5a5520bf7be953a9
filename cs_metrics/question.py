"""What is asked of the files: the same for every front end. No clock and no file system in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cs_metrics.calendars import BusinessHours
from cs_metrics.computed import Clocks
from cs_metrics.errors import UsageError
from cs_metrics.periods import Calendar, Grain, parse_bound, parse_last
from cs_metrics.sla import SlaPolicies
from cs_metrics.targets import Target

Comparison = Literal["previous", "year", "none"]


@dataclass(frozen=True)
class Question:
    """Which metrics, split how, over which stretch of time.

    `metrics` are names or topics (none: the scorecard); `dialects` adds what other helpdesks' rules make of them.
    `since` and `until` are texts as the command line takes them; `until` includes what it names. `last` is like `4w`.
    `where` is one SQL condition per row. `source_zone` places wall-clock times, `calendar.zone` cuts periods; with
    `zone_given` false both are the file's own. `now` is the only clock. `as_of` puts it back. `hours` are the calendars
    in which business time is counted, `sla` what was promised. `compare` says with which earlier stretch of time
    figures are compared, `confidence` is that of intervals and of what is called a signal; without `intervals` there
    are neither. `components` adds the sums and counts behind each figure. `targets` are by metric.
    """

    now: datetime
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    grain: Grain = "all"
    since: str | None = None
    until: str | None = None
    last: str | None = None
    where: str | None = None
    exclude: tuple[str, ...] = ()
    top: int | None = None
    trend: bool = False
    dialects: bool = False
    as_of: datetime | None = None
    calendar: Calendar = field(default_factory=Calendar)
    zone_given: bool = False
    source_zone: str | None = None
    hours: BusinessHours | None = None
    sla: SlaPolicies | None = None
    compare: Comparison = "previous"
    confidence: float = 0.95
    intervals: bool = True
    components: bool = False
    targets: Mapping[str, Target] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.last and (self.since or self.until):
            raise UsageError("--last stands for --from and --to; give one or the other")
        if self.top is not None and (self.top < 1 or not self.by):
            raise UsageError("--top N needs --by and at least 1")
        if self.dialects and not self.metrics:
            raise UsageError("--dialects shows the rules of a metric; name one with -m")

        if not 0.5 <= self.confidence < 1:
            raise UsageError(f"--confidence {self.confidence:g} must be from 0.5 to below 1, such as 0.95")

    @property
    def spread_confidence(self) -> float | None:
        """The confidence where intervals or components are wanted, which rest on more than values and rows."""
        return self.confidence if self.intervals or self.components else None

    @property
    def clocks(self) -> Clocks:
        """The rules by which time is counted."""
        return Clocks(self.hours, self.sla)

    @property
    def file_zone(self) -> str | None:
        """The zone of wall-clock times in the files; None leaves them as they stand."""
        return self.source_zone or (self.calendar.zone if self.zone_given else None)


@dataclass(frozen=True)
class Window:
    """UTC instants: rows dated from `start` on and before `end`. None is open."""

    start: datetime | None = None
    end: datetime | None = None


def window_of(
    question: Question, known_until: datetime, reaches: Callable[[datetime], bool] = lambda end: False
) -> Window:
    """The stretch of time asked for; the last complete periods end with the newest one that is wholly known."""
    calendar = question.calendar
    if question.last:
        count, grain = parse_last(question.last)
        start = calendar.start_of(calendar.local_day(known_until), grain)
        following = calendar.next_start(start, grain)
        end_day = following if reaches(calendar.instant(following)) else start
        start_day = end_day
        for _ in range(count):
            start_day = calendar.start_of(start_day - timedelta(days=1), grain)
        return Window(calendar.instant(start_day), calendar.instant(end_day))
    start_at = parse_bound(question.since, calendar, end=False) if question.since else None
    end_at = parse_bound(question.until, calendar, end=True) if question.until else None
    if start_at and end_at and start_at >= end_at:
        raise UsageError(f"--from {question.since} lies after --to {question.until}")
    return Window(start_at, end_at)
