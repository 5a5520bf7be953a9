"""Stocks: what is there at the end of a period, how much of it and how old.

A row is in a stock from one instant up to another. Days decide at which period's end it is there, so that the parts of
a stock by age, the moves in and out and the level all agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from cs_metrics.aggregate import DATE, DAY, PERIOD, split_columns, with_quantile, within
from cs_metrics.definitions import Metric
from cs_metrics.entities import INSTANT, INTEGER, NUMBER
from cs_metrics.periods import Calendar, Grain, local_date
from cs_metrics.question import Window

ENDED, SINCE, KNOWN, _SORTED = "__ended", "__since", "__known", "__sorted"
_AT_ONCE = 10_000_000  # rows times periods that may be in memory together


def held(
    rows: pl.LazyFrame, metric: Metric, by: Sequence[str], window: Window, known_until: pl.Expr, zone: str
) -> pl.DataFrame:
    """The rows that a stock may count: (DAY, by…, ENDED), the days on which each comes and goes, null while it stays.

    A row comes when it begins, or grows `older_than`, and goes when it ends, or is no longer `younger_than`. Nothing
    that happens at or after the window's end, or after as-of, has happened. An aggregation of ages has two columns
    more: SINCE, and KNOWN, the last instant at which the row's age can be told.
    """
    up_to_end = Window(None, window.end)
    came, went = pl.col(DATE), pl.col(str(metric.until))
    condition = [] if metric.where is None else [metric.where.expr.fill_null(False)]
    ages: list[pl.Expr] = []
    if metric.since is not None:
        since = pl.col(metric.since)
        if metric.older_than is not None:
            came = pl.max_horizontal(came, since + metric.older_than)
        if metric.younger_than is not None:
            went = pl.min_horizontal(went, since + metric.younger_than)
        condition.append(since.is_not_null())
        told_at = known_until.dt.round("1ms")  # the last microsecond of a day is its end
        last = told_at if window.end is None else pl.min_horizontal(told_at, pl.lit(window.end))
        ages = [since.alias(SINCE), last.cast(INSTANT).alias(KNOWN)] if metric.gathering.quantile else []
    went = pl.when(went.is_not_null()).then(pl.max_horizontal(came, went))  # what ended before it began was never there
    has_gone = within(went, up_to_end, known_until)
    return (
        rows.filter(within(came, up_to_end, known_until), *condition)
        .select(
            local_date(came, zone).alias(DAY),
            *split_columns(rows, by),
            pl.when(has_gone).then(local_date(went, zone)).alias(ENDED),
            *ages,
        )
        .collect(engine="streaming")
    )


def age(at: pl.Expr) -> pl.Expr:
    """Seconds from SINCE to an instant, or to KNOWN where that is earlier; null before SINCE."""
    told_at = pl.min_horizontal(at, KNOWN)
    return pl.when(told_at >= pl.col(SINCE)).then((told_at - pl.col(SINCE)).dt.total_microseconds() / 1e6)


def stock_figures(
    metric: Metric,
    rows: pl.DataFrame,
    by: Sequence[str],
    starts: Sequence[date],
    grain: Grain,
    calendar: Calendar,
    confidence: float | None = None,
) -> pl.DataFrame:
    """`figures` of a stock at each period's end: come by then, and not gone by then. `rows` are those of `held`."""
    if metric.gathering.quantile:
        if grain == "all":
            of_all = _ages(metric, age(pl.col(KNOWN)), confidence)
            still = rows.lazy().filter(pl.col(ENDED).is_null())
            found = still.group_by(by).agg(of_all) if by else still.select(_as_one(of_all))
            wide = _read_off(found.collect(engine="streaming"), metric, confidence)
            return wide.with_columns(pl.lit(None, pl.Date).alias(PERIOD))
        return _ages_by_period(metric, rows, by, starts, grain, calendar, confidence)
    if grain == "all":
        levels = [pl.col(ENDED).is_null().sum().alias("value"), (pl.len() + pl.col(ENDED).count()).alias("moved")]
        lazy = rows.lazy().group_by(by).agg(levels) if by else rows.lazy().select(levels)
        wide = lazy.with_columns(pl.lit(None, pl.Date).alias(PERIOD)).collect(engine="streaming")
    else:
        wide = _levels(rows, by, starts, grain, calendar)
    return wide.select(PERIOD, *by, *_counts(metric, confidence))


def _counts(metric: Metric, confidence: float | None) -> list[pl.Expr]:
    """Value, n and of; and how many ever came or went, by which a change of the level is judged."""
    moved = [pl.col("moved").cast(NUMBER).alias(f"{metric.name} moved")] if confidence is not None else []
    return [
        pl.col("value").cast(NUMBER).alias(f"{metric.name} value"),
        *(pl.col("value").cast(INTEGER).alias(f"{metric.name} {name}") for name in ("n", "of")),
        *moved,
    ]


def _ages(metric: Metric, ages: pl.Expr, confidence: float | None) -> list[pl.Expr]:
    """Value, n and of of the rows of a group, whose ages these are; the first two are read off a list later."""
    of = pl.len().cast(INTEGER).alias(f"{metric.name} of")
    if confidence is not None:
        return [ages.drop_nulls().sort().alias(_SORTED), of]
    return [
        ages.quantile(metric.gathering.quantile or 0, "linear").alias(f"{metric.name} value"),
        ages.count().cast(INTEGER).alias(f"{metric.name} n"),
        of,
    ]


def _read_off(wide: pl.DataFrame, metric: Metric, confidence: float | None) -> pl.DataFrame:
    """What `_ages` has left in a list, as figures."""
    return wide if confidence is None else with_quantile(wide, _SORTED, metric, confidence).drop(_SORTED)


def _as_one(of_all: Sequence[pl.Expr]) -> list[pl.Expr]:
    """The aggregates of a group for all rows together: outside of groups a list has to be asked for."""
    return [expr.implode() if expr.meta.output_name() == _SORTED else expr for expr in of_all]


def _levels(
    rows: pl.DataFrame, by: Sequence[str], starts: Sequence[date], grain: Grain, calendar: Calendar
) -> pl.DataFrame:
    """(PERIOD, by…, value, moved): how many rows are there at each period's end, by what came and went until then."""
    flows = []
    for column, step in ((DAY, 1), (ENDED, -1)):
        dated = rows.lazy().drop_nulls(column).with_columns(calendar.start_expr(pl.col(column), grain).alias(PERIOD))
        size = pl.len().cast(INTEGER)
        flow = dated.group_by(PERIOD, *by).agg((size * step).alias("value"), size.alias("moved"))
        flows.append(flow.collect(engine="streaming"))
    spine = pl.DataFrame({PERIOD: list(starts)}, schema={PERIOD: pl.Date()})
    if by:
        spine = spine.join(rows.select(by).unique(), how="cross")
    still = spine.with_columns(pl.lit(0, INTEGER).alias(name) for name in ("value", "moved")).select(flows[0].columns)
    every = pl.concat([*flows, still]).group_by(PERIOD, *by).agg(pl.col("value", "moved").sum()).sort(PERIOD)
    level = pl.col("value", "moved").cum_sum()
    every = every.with_columns(level.over(by) if by else level)
    return every.filter(pl.col(PERIOD).is_in(list(starts)))


def _ages_by_period(
    metric: Metric,
    rows: pl.DataFrame,
    by: Sequence[str],
    starts: Sequence[date],
    grain: Grain,
    calendar: Calendar,
    confidence: float | None,
) -> pl.DataFrame:
    """The rows once for each period at whose end they are there, some periods at a time, and grouped."""
    ends = pl.Series([calendar.instant(calendar.next_start(start, grain)) for start in starts], dtype=INSTANT)
    days = pl.Series(list(starts), dtype=pl.Date())
    place = {
        name: days.to_physical().search_sorted(rows[name].to_physical().fill_null(0), side="right").cast(INTEGER) - 1
        for name in (DAY, ENDED)
    }
    placed = rows.select(
        *by,
        SINCE,
        KNOWN,
        place[DAY].clip(0).alias("first"),
        pl.when(pl.col(ENDED).is_null()).then(len(starts)).otherwise(place[ENDED]).alias("after"),
    ).filter(pl.col("first") < pl.col("after"))
    times = placed.select((pl.col("after") - pl.col("first")).sum()).item()
    step = max(1, len(starts) * _AT_ONCE // max(times, 1))
    found = []
    for begin in range(0, max(len(starts), 1), step):
        first, after = pl.col("first").clip(begin), pl.col("after").clip(upper_bound=begin + step)
        there = placed.lazy().filter(first < after).with_columns(pl.int_ranges(first, after).alias(PERIOD))
        aged = there.explode(PERIOD).select(PERIOD, *by, age(pl.lit(ends).gather(pl.col(PERIOD))).alias("age"))
        wide = aged.group_by(PERIOD, *by).agg(_ages(metric, pl.col("age"), confidence)).collect()
        found.append(_read_off(wide, metric, confidence))
    return pl.concat(found).with_columns(pl.lit(days).gather(pl.col(PERIOD)).alias(PERIOD))
