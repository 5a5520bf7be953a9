"""From rows to figures: one narrow frame per (frame, date), one group-by per grain, whatever the number of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from cs_metrics.definitions import Metric
from cs_metrics.entities import INTEGER, NUMBER
from cs_metrics.periods import Calendar, Grain
from cs_metrics.question import Window

DATE, DAY, PERIOD, ENDED = "__date", "__day", "period", "__ended"
_QUANTILES = {"median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Narrow:
    """The rows of one frame and date, with nothing but the day, the by-columns, and for each metric what it counts.

    `values` and `conditions` name each metric's columns; metrics with one value and condition share them.
    """

    rows: pl.DataFrame
    by: tuple[str, ...]
    metrics: Sequence[Metric]
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: Mapping[str, str | None] = field(default_factory=dict)


def narrow(
    rows: pl.LazyFrame, metrics: Sequence[Metric], by: Sequence[str], window: Window, known_until: pl.Expr
) -> Narrow:
    """Masks each metric's value by its condition and ripeness. `rows` have DATE, DAY and all columns named.

    A row whose own window is not over when the export was made has no value yet: it is in `of` but not in `n`.
    """
    columns: dict[str, pl.Expr] = {}
    conditions: dict[str, str | None] = {}
    values: dict[str, tuple[str, ...]] = {}
    shared: dict[tuple[str, ...], str] = {}

    def column(key: tuple[str, ...], expr: pl.Expr) -> str:
        if key not in shared:
            shared[key] = f"__{len(shared)}"
            columns[shared[key]] = expr
        return shared[key]

    for metric in metrics:
        holds = metric.where.expr.fill_null(False) if metric.where else None
        condition = metric.where.sql if metric.where else ""
        conditions[metric.name] = column(("where", condition), holds) if holds is not None else None
        if metric.ripens:
            ripe = pl.col(DATE) + metric.ripens <= known_until
            holds = ripe if holds is None else holds & ripe
        names = []
        for measure in metric.measures:
            value = (
                measure.expr
                if measure.dtype == pl.Boolean or metric.agg in ("count", "count_distinct")
                else measure.expr.cast(NUMBER)
            )
            if metric.agg == "nps":
                value = pl.when(value.is_between(0, 10)).then(value)
            masked = value if holds is None else pl.when(holds).then(value)
            key = (measure.sql, condition, str(metric.ripens), str(metric.agg == "nps"), str(measure.dtype))
            names.append(column(key, masked))
        values[metric.name] = tuple(names)
    within = _within(pl.col(DATE), window, known_until)
    split = _split_columns(rows, by)
    kept = (
        rows.filter(within)
        .select(DAY, *split, *(expr.alias(name) for name, expr in columns.items()))
        .collect(engine="streaming")
    )
    return Narrow(kept, tuple(by), metrics, values, conditions)


def finite(narrowed: Narrow) -> tuple[Narrow, int]:
    """Without infinities and not-a-numbers (a division by zero in a metric's SQL), and how many there were."""
    floats = [name for name, dtype in narrowed.rows.schema.items() if dtype.is_float() and name.startswith("__")]
    if not floats:
        return narrowed, 0
    odd = narrowed.rows.select(pl.sum_horizontal((~pl.col(name).is_finite()).sum() for name in floats)).item()
    if not odd:
        return narrowed, 0
    rows = narrowed.rows.with_columns(
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in floats
    )
    return Narrow(rows, narrowed.by, narrowed.metrics, narrowed.values, narrowed.conditions), int(odd)


def figures(narrowed: Narrow, grain: Grain, calendar: Calendar, total: bool) -> pl.DataFrame:
    """(period, by…) and for each metric `NAME value`, `NAME n`, `NAME of`; with `total` over all by-values.

    Grain `all` has the one period null.
    """
    start = calendar.start_expr(pl.col(DAY), grain) if grain != "all" else pl.lit(None, pl.Date)
    by = () if total else narrowed.by
    gathered = [expr for metric in narrowed.metrics for expr in _gathered(metric, narrowed)]
    rows = narrowed.rows.lazy()
    if grain == "all" and not by:
        return rows.select(gathered).with_columns(pl.lit(None, pl.Date).alias(PERIOD)).collect(engine="streaming")
    return rows.with_columns(start.alias(PERIOD)).group_by(PERIOD, *by).agg(gathered).collect(engine="streaming")


def _gathered(metric: Metric, narrowed: Narrow) -> list[pl.Expr]:
    """The three aggregates of a metric: value, n and of."""
    condition = narrowed.conditions[metric.name]
    of = pl.len() if condition is None else pl.col(condition).sum()
    columns = [pl.col(name) for name in narrowed.values[metric.name]]
    if not columns:
        value, n = of, of
    elif metric.agg == "ratio":
        both = columns[0].is_not_null() & columns[1].is_not_null()
        above, below = (pl.when(both).then(column).sum() for column in columns)
        value, n = pl.when(below != 0).then(above / below), both.sum()
    else:
        value, n = _aggregate(metric.agg, columns[0]), columns[0].count()
    return [
        value.cast(NUMBER).alias(f"{metric.name} value"),
        n.cast(INTEGER).alias(f"{metric.name} n"),
        of.cast(INTEGER).alias(f"{metric.name} of"),
    ]


def _aggregate(word: str, column: pl.Expr) -> pl.Expr:
    if word in _QUANTILES:
        return column.quantile(_QUANTILES[word], "linear")
    match word:
        case "count":
            return column.count()
        case "count_distinct":
            return column.drop_nulls().n_unique()
        case "sum":
            return pl.when(column.count() > 0).then(column.sum())
        case "nps":
            points = 100 * ((column >= 9).sum().cast(INTEGER) - (column <= 6).sum().cast(INTEGER))
            return pl.when(column.count() > 0).then(points / column.count())
        case "min":
            return column.min()
        case "max":
            return column.max()
        case _:  # mean, share
            return column.mean()


def stock(rows: pl.LazyFrame, metric: Metric, by: Sequence[str], window: Window, known_until: pl.Expr) -> pl.DataFrame:
    """The rows that a stock may count: (DAY, by…, ENDED), the day of the end null while it is not over.

    Nothing that happens at or after the window's end, or after as-of, has happened.
    """
    open_end = Window(None, window.end)
    held = rows.filter(_within(pl.col(DATE), open_end, known_until))
    held = held.filter(metric.where.expr.fill_null(False)) if metric.where else held
    has_ended = _within(pl.col(str(metric.until)), open_end, known_until)
    return held.select(DAY, *_split_columns(rows, by), pl.when(has_ended).then(pl.col(ENDED)).alias(ENDED)).collect(
        engine="streaming"
    )


def stock_figures(
    metric: Metric, rows: pl.DataFrame, by: Sequence[str], starts: Sequence[date], grain: Grain, calendar: Calendar
) -> pl.DataFrame:
    """`figures` of a stock at each period's end: begun by then, and not ended by then."""
    if grain == "all":
        counted = (
            rows.filter(pl.col(ENDED).is_null()).group_by(by).len("value")
            if by
            else (rows.select(pl.col(ENDED).null_count().alias("value")))
        )
        return _as_stock(metric, counted.with_columns(pl.lit(None, pl.Date).alias(PERIOD)), by)
    flows = []
    for column, step in ((DAY, 1), (ENDED, -1)):
        dated = rows.lazy().drop_nulls(column).with_columns(calendar.start_expr(pl.col(column), grain).alias(PERIOD))
        flow = dated.group_by(PERIOD, *by).agg((pl.len().cast(INTEGER) * step).alias("value"))
        flows.append(flow.collect(engine="streaming"))
    change = pl.concat(flows).group_by(PERIOD, *by).agg(pl.col("value").sum())
    spine = pl.DataFrame({PERIOD: list(starts)}, schema={PERIOD: pl.Date()})
    if by:
        spine = spine.join(rows.select(by).unique(), how="cross")
    every = pl.concat([change, spine.with_columns(pl.lit(0, INTEGER).alias("value")).select(change.columns)])
    every = every.group_by(PERIOD, *by).agg(pl.col("value").sum()).sort(PERIOD)
    level = pl.col("value").cum_sum()
    every = every.with_columns((level.over(by) if by else level).alias("value"))
    return _as_stock(metric, every.filter(pl.col(PERIOD).is_in(list(starts))), by)


def _as_stock(metric: Metric, counted: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    value = pl.col("value").cast(INTEGER)
    numbers = {"value": value.cast(NUMBER), "n": value, "of": value}
    return counted.select(PERIOD, *by, *(number.alias(f"{metric.name} {name}") for name, number in numbers.items()))


def _split_columns(rows: pl.LazyFrame, by: Sequence[str]) -> list[pl.Expr]:
    """The by-columns; a list of labels is one value, its labels in their order."""
    schema = rows.collect_schema()
    return [pl.col(n).list.sort().list.join(", ") if isinstance(schema[n], pl.List) else pl.col(n) for n in by]


def _within(instant: pl.Expr, window: Window, known_until: pl.Expr) -> pl.Expr:
    inside = instant <= known_until
    if window.start is not None:
        inside &= instant >= pl.lit(window.start)
    if window.end is not None:
        inside &= instant < pl.lit(window.end)
    return inside
