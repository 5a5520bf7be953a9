"""Retention: of those who were there when a period began, how many are still there when it ends.

Somebody is there at a midnight if a relation covers it: begun before, and not ended before. So who begins or ends at
the very midnight between two periods does it in the second one. Several relations of one customer are one customer:
who left and came back before the period was over is still there, who comes back later has been lost and is new.

A rate of those who were lost needs a length. Where no beginning was asked for, a figure over all is that of a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import polars as pl

from cs_metrics.aggregate import DAY, PERIOD
from cs_metrics.definitions import Metric
from cs_metrics.entities import FRAMES, INTEGER, NUMBER
from cs_metrics.periods import Calendar, Grain
from cs_metrics.question import Window
from cs_metrics.stocks import ENDED

_FIRST, _AFTER, _WHOLE_AFTER = "__first", "__after", "__whole_after"


def who(metric: Metric) -> list[str]:
    """The columns that say whose relation a row is."""
    return ["source", FRAMES[metric.frame].key[0]]


def over_a_year(window: Window, calendar: Calendar, as_of: datetime) -> Window:
    """The window; without a beginning that of the year up to its end, or to as-of."""
    if window.start is not None:
        return window
    last = calendar.local_day(window.end or as_of)
    is_leap_day = (last.month, last.day) == (2, 29)
    return Window(calendar.instant(last.replace(year=last.year - 1, day=28 if is_leap_day else last.day)), window.end)


def turnover_figures(
    metric: Metric,
    rows: pl.DataFrame,
    by: Sequence[str],
    starts: Sequence[date],
    grain: Grain,
    calendar: Calendar,
    window: Window,
) -> pl.DataFrame:
    """(PERIOD, by…, value, n, of) of each period: the share kept or lost of the n who were there at its beginning.

    `rows` are those of `stocks.held`, with `who` beside the by-columns. A by-value is that of the relation at the
    beginning; who is there at the end is kept, under whichever. Over all, the period is the window; see `over_a_year`.
    """
    edges = _edges(starts, grain, calendar, window)
    names = [f"{metric.name} {name}" for name in ("value", "n", "of")]
    if len(edges) < 2:
        schema = {PERIOD: pl.Date(), **{n: rows.schema[n] for n in by}, names[0]: NUMBER, names[1]: INTEGER}
        return pl.DataFrame(schema=schema | {names[2]: INTEGER})
    stretches = _stretches(metric, rows, by, edges)
    last = len(edges) - 1  # the last edge begins nothing
    stays = pl.when(pl.col(_WHOLE_AFTER) > pl.col(_AFTER)).then(pl.col(_AFTER)).otherwise(pl.col(_AFTER) - 1)
    counts = [
        _counted(stretches, by, pl.min_horizontal(until, last), name, last)
        for name, until in (("there", pl.col(_AFTER)), ("kept", stays))
    ]
    told = counts[0].join(counts[1], on=["place", *by], how="left", nulls_equal=True)
    share = pl.col("kept") if metric.gathering.turnover == "kept" else pl.col("there") - pl.col("kept")
    periods = pl.Series([None] if grain == "all" else list(starts), dtype=pl.Date())
    return told.filter(pl.col("there") > 0).select(
        pl.lit(periods).gather(pl.col("place")).alias(PERIOD),
        *by,
        (share / pl.col("there")).alias(names[0]),
        *(pl.col("there").alias(name) for name in names[1:]),
    )


def there_at_start(
    metric: Metric, rows: pl.DataFrame, shown: Sequence[str], calendar: Calendar, window: Window
) -> pl.DataFrame:
    """Those who were there when the window began, each once with its oldest relation: `shown` and `value`, 1 or 0.

    `rows` are those of `stocks.held` with DAY, ENDED and `shown`; the window has a beginning.
    """
    assert window.start is not None
    start = pl.lit(calendar.local_day(window.start))
    is_kept = pl.col(ENDED).is_null().any().over(who(metric))
    value = is_kept if metric.gathering.turnover == "kept" else ~is_kept
    began = (pl.col(DAY) < start) & (pl.col(ENDED).is_null() | (pl.col(ENDED) >= start))
    there = rows.with_columns(value.cast(NUMBER).alias("value")).filter(began).sort(DAY, maintain_order=True)
    return there.unique(who(metric), keep="first", maintain_order=True).select(*shown, "value")


def _edges(starts: Sequence[date], grain: Grain, calendar: Calendar, window: Window) -> list[date]:
    """The days with whose first instant periods begin, and the one after the last of them."""
    if grain != "all":
        return [*starts, calendar.next_start(starts[-1], grain)] if starts else []
    assert window.start is not None
    end = date.max if window.end is None else calendar.local_day(window.end - timedelta(microseconds=1))
    return [calendar.local_day(window.start), end if end == date.max else end + timedelta(days=1)]


def _stretches(metric: Metric, rows: pl.DataFrame, by: Sequence[str], edges: Sequence[date]) -> pl.DataFrame:
    """(by…, first, after, whole after): from which edge up to which somebody is there without a gap at an edge.

    Under one by-value, and as a whole under whichever.
    """
    ordered = pl.Series(list(edges), dtype=pl.Date()).to_physical()
    first, after = (
        pl.Series(ordered.search_sorted(rows[name].to_physical().fill_null(0), side="right")).cast(INTEGER)
        for name in (DAY, ENDED)
    )
    placed = rows.with_columns(
        first.alias(_FIRST), pl.when(pl.col(ENDED).is_null()).then(len(edges)).otherwise(after).alias(_AFTER)
    ).filter(pl.col(_FIRST) < pl.col(_AFTER))
    keys = who(metric)
    whole = placed.with_columns(_joined(keys)).with_columns(
        pl.col(_AFTER).max().over(*keys, "__stretch").alias(_WHOLE_AFTER)
    )
    within = list(dict.fromkeys([*keys, *by]))
    return (
        whole.with_columns(_joined(within))
        .group_by(*within, "__stretch")
        .agg(pl.col(_FIRST).min(), pl.col(_AFTER).max(), pl.col(_WHOLE_AFTER).max())
    )


def _joined(keys: Sequence[str]) -> pl.Expr:
    """Numbers the stretches of each of `keys`: what overlaps or follows at the next edge is one."""
    reached = pl.col(_AFTER).cum_max().shift(1)
    is_new = (pl.col(_FIRST) > reached).fill_null(True)
    return is_new.cum_sum().over(keys, order_by=_FIRST).alias("__stretch")


def _counted(stretches: pl.DataFrame, by: Sequence[str], until: pl.Expr, name: str, places: int) -> pl.DataFrame:
    """(place, by…, name): how many stretches cover each of the first edges, from `first` up to `until`."""
    steps = []
    for at, step in ((pl.col(_FIRST), 1), (until, -1)):
        flow = stretches.filter(pl.col(_FIRST) < until).select(at.cast(INTEGER).alias("place"), *by)
        steps.append(flow.group_by("place", *by).agg((pl.len().cast(INTEGER) * step).alias(name)))
    spine = pl.DataFrame({"place": range(places)}, schema={"place": INTEGER})
    if by:
        spine = spine.join(stretches.select(by).unique(), how="cross")
    every = pl.concat([*steps, spine.with_columns(pl.lit(0, INTEGER).alias(name)).select(steps[0].columns)])
    every = every.group_by("place", *by).agg(pl.col(name).sum())
    level = pl.col(name).cum_sum()
    told = (
        every.with_columns(level.over(by, order_by="place").alias(name))
        if by
        else every.sort("place").with_columns(level)
    )
    return told.filter(pl.col("place") < places)
