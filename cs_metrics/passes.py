"""Which earlier stretch of time each figure is compared with, and what must be computed for it.

A whole period is compared with the one before or the same a year before, a running one with the same stretch of it, and
a stretch that was asked for with an equal one before it. Most pasts of whole periods stand in the report anyway; the
others take a pass over the rows each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from cs_metrics.compare import LEFT_TRUNCATED
from cs_metrics.definitions import Metric
from cs_metrics.periods import Calendar, Grain, add_months
from cs_metrics.plan import Plan
from cs_metrics.question import Window

_INSTANT = timedelta(microseconds=1)
_LONG_WAIT = timedelta(weeks=4)  # so much later hardly a wait is still to end


@dataclass(frozen=True)
class Pass:
    """Figures to compute beside those of the report: of a stretch, at a grain, for these periods of the report.

    `periods` leads from a period of the report to the one of the pass that is its past (null: the stretch itself) and
    says how much longer it is; `days` is how long before it that lies.
    """

    grain: Grain
    stretch: Window
    stretch_grain: Grain
    metrics: tuple[str, ...]
    periods: Mapping[date | None, tuple[date | None, float]]
    days: timedelta


def passes(figures: pl.DataFrame, plan: Plan, compared: Mapping[str, Metric]) -> list[Pass]:
    """All that must be computed beside the figures of the report, which have periods; `compared` are by name."""
    found = [*_whole_ones(figures, plan, compared), *_running(figures, plan, compared)]
    found += _stretches(plan, compared) if "all" in figures["grain"] else []
    return [each for each in found if each.metrics]  # of a metric of metrics the files may hold one part only


def is_whole() -> pl.Expr:
    """Whether a figure can be compared, and others with it."""
    return pl.col("complete") & pl.col("note").ne_missing(LEFT_TRUNCATED)


def past_of(plan: Plan, grain: Grain, start: date) -> tuple[date | None, float | None]:
    """The period with which a whole one is compared, and how much longer it is itself."""
    past = plan.calendar.earlier(start, grain, plan.question.compare == "year")
    if past is None:
        return None, None
    return past, _days(plan.calendar, start, grain) / _days(plan.calendar, past, grain)


def _days(calendar: Calendar, start: date, grain: Grain) -> int:
    return (calendar.next_start(start, grain) - start).days


def _whole_ones(figures: pl.DataFrame, plan: Plan, compared: Mapping[str, Metric]) -> Iterator[Pass]:
    """The past of whole periods that the report has not: before the stretch that was asked for, or as known then."""
    known = min((each.covers_from for each in plan.dataset.knowledge.values()), default=None)
    whole = figures.filter(is_whole() & pl.col("metric").is_in(compared) & (pl.col("grain") != "all"))
    new = young(plan, whole, compared)
    passes: dict[tuple[Grain, timedelta, tuple[str, ...]], dict[date | None, tuple[date, float]]] = {}
    periods = whole.group_by("grain", "period", maintain_order=True).agg(pl.col("metric").unique(maintain_order=True))
    starts = set(periods.select("grain", "period").rows())
    for grain, start, names in periods.rows():
        past, times_longer = past_of(plan, grain, start)
        if past is None or times_longer is None or known is None:
            continue
        lacking = [name for name in names if (grain, past) not in starts or (name, grain, start) in new]
        if lacking and plan.calendar.instant(plan.calendar.next_start(past, grain)) > known:
            passes.setdefault((grain, start - past, tuple(lacking)), {})[start] = past, times_longer
    for (grain, days, metrics), pasts in passes.items():
        first, last = (edge(past for past, _ in pasts.values()) for edge in (min, max))
        stretch = Window(plan.calendar.instant(first), plan.calendar.instant(plan.calendar.next_start(last, grain)))
        yield Pass(grain, stretch, grain, metrics, pasts, days)


def young(plan: Plan, whole: pl.DataFrame, compared: Mapping[str, Metric]) -> set[tuple[str, Grain, date]]:
    """(metric, grain, start) of the whole periods of which long waits are not over yet."""
    waits = {metric.name: plan.knowledge(metric).as_of for metric in plan.metrics if metric.is_wait}
    known = {
        name: max(waits[part] for part in with_parts({name: metric}) if part in waits)
        for name, metric in compared.items()
        if waits.keys() & with_parts({name: metric})
    }
    periods = whole.filter(pl.col("metric").is_in(known)).select("metric", "grain", "period", "period_end").unique()
    return {
        (name, grain, start)
        for name, grain, start, end in periods.rows()
        if known[name] - plan.calendar.instant(end) < _LONG_WAIT
    }


def _running(figures: pl.DataFrame, plan: Plan, compared: Mapping[str, Metric]) -> Iterator[Pass]:
    """The same stretch of an earlier period, for periods in which the files end."""
    open_ones = figures.filter(~pl.col("complete") & (pl.col("grain") != "all"))
    metrics: dict[tuple[Grain, date, date, datetime], list[str]] = {}
    for name, grain, start, end in open_ones.select("metric", "grain", "period", "period_end").unique().rows():
        for metric in [m for m in plan.metrics if m.name == name and _is_timely(plan, m)]:
            as_of = plan.knowledge(metric).as_of
            if _is_cut_by_as_of_alone(plan, metric, start, end) and metric.name in with_parts(compared):
                metrics.setdefault((grain, start, end, as_of), []).append(name)
    for (grain, start, _, as_of), names in sorted(metrics.items()):
        past = plan.calendar.earlier(start, grain, plan.question.compare == "year")
        if past is None:
            continue
        elapsed = plan.calendar.wall(as_of) - _midnight(start) + _INSTANT
        past_end = min(_midnight(past) + elapsed, _midnight(plan.calendar.next_start(past, grain)))
        stretch = Window(plan.calendar.instant(past), plan.calendar.at_wall(past_end))
        kept = [name for name in names if _is_covered(plan, name, stretch)]
        times_longer = elapsed / (past_end - _midnight(past))
        yield Pass(grain, stretch, "all", _told(kept, compared), {start: (None, times_longer)}, start - past)


def _is_timely(plan: Plan, metric: Metric) -> bool:
    """Whether a figure is settled as of as-of: nothing to ripen, and one as-of for all its sources."""
    return not metric.ripens and len(set(plan.knowledge(metric).until.values())) < 2


def _is_cut_by_as_of_alone(plan: Plan, metric: Metric, start: date, end: date) -> bool:
    known, window = plan.knowledge(metric), plan.window
    begins, ends = plan.calendar.instant(start), plan.calendar.instant(end)
    if (window.start is not None and begins < window.start) or (window.end is not None and ends > window.end):
        return False
    return begins <= known.as_of < ends and _is_covered(plan, metric.name, Window(begins, ends))


def _is_covered(plan: Plan, name: str, stretch: Window) -> bool:
    """Whether the files hold a stretch from its beginning on, with all that a stock or a late solve needs of before."""
    metric = next(metric for metric in plan.metrics if metric.name == name)
    start = stretch.start
    if start is None or plan.is_settling(metric, plan.calendar.local_day(start), "day"):
        return False
    return metric.is_stock or plan.knowledge(metric).begins_by(start)


def _stretches(plan: Plan, compared: Mapping[str, Metric]) -> Iterator[Pass]:
    """For figures over all of a stretch that was asked for: the equal one before it, or a year before."""
    window = plan.window
    if window.start is None:
        return
    passes: dict[tuple[Window, float, timedelta], list[str]] = {}
    for metric in plan.metrics:
        known = plan.knowledge(metric)
        is_over = window.end is not None and known.reaches(window.end + metric.ripens)
        if metric.name not in with_parts(compared) or not (is_over or _is_timely(plan, metric)):
            continue
        begins, until = plan.calendar.wall(window.start), plan.calendar.wall(known.as_of) + _INSTANT
        ends = plan.calendar.wall(window.end) if window.end is not None else until
        past = _moved(begins, begins, ends, plan.question.compare == "year")
        past_end = _moved(ends, begins, ends, plan.question.compare == "year")
        if not is_over:
            past_end, ends = min(past_end, past + (until - begins)), until
        stretch = Window(plan.calendar.at_wall(past), plan.calendar.at_wall(past_end))
        asked = Window(window.start, window.end)
        if past < past_end and _is_covered(plan, metric.name, stretch) and _is_covered(plan, metric.name, asked):
            passes.setdefault((stretch, (ends - begins) / (past_end - past), begins - past), []).append(metric.name)
    for (stretch, times_longer, days), names in passes.items():
        yield Pass("all", stretch, "all", _told(names, compared), {None: (None, times_longer)}, days)


def _moved(at: datetime, begins: datetime, ends: datetime, by_year: bool) -> datetime:
    """An edge of a stretch, put back: whole months by months, all else by whole weeks, so that weekdays agree."""
    if all(edge == datetime(edge.year, edge.month, 1) for edge in (begins, ends)):
        months = 12 if by_year else 12 * (ends.year - begins.year) + ends.month - begins.month
        return _midnight(add_months(at.date(), -months))
    return at - timedelta(weeks=52 if by_year else -((begins - ends) // timedelta(weeks=1)))


def _told(names: Sequence[str], compared: Mapping[str, Metric]) -> tuple[str, ...]:
    """Those of the metrics to compare that follow from these direct ones."""
    return tuple(name for name, metric in compared.items() if {*(metric.parts or (name,))} <= {*names})


def with_parts(compared: Mapping[str, Metric]) -> set[str]:
    """The direct metrics behind those that are compared."""
    return {name for metric in compared.values() for name in (metric.parts or (metric.name,))}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
