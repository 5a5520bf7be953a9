"""From rows to figures: one narrow frame per (frame, date), one group-by per grain, whatever the number of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from cs_metrics import survival
from cs_metrics.definitions import Metric
from cs_metrics.entities import INTEGER, NUMBER
from cs_metrics.periods import Calendar, Grain
from cs_metrics.question import Window

DATE, DAY, PERIOD = "__date", "__day", "period"


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
    rows: pl.LazyFrame,
    metrics: Sequence[Metric],
    by: Sequence[str],
    window: Window,
    known_until: pl.Expr,
    silent: Mapping[str, Sequence[str]],
) -> Narrow:
    """Masks each metric's value by its condition and ripeness. `rows` have DATE, DAY and all columns named.

    A row whose own window is not over when the export was made has no value yet, nor has one of a source that is silent
    about what the metric measures: they are in `of` but not in `n`.
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
        if silent.get(metric.name):
            speaks = ~pl.col("source").is_in(list(silent[metric.name]))
            holds = speaks if holds is None else holds & speaks
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
            rules = (condition, str(metric.ripens), str(silent.get(metric.name)))
            key = (measure.sql, *rules, str(metric.agg == "nps"), str(measure.dtype))
            names.append(column(key, masked))
        if metric.gathering.surviving is not None:
            waited = survival.clock(pl.col(DATE), pl.col(str(metric.until)), known_until)
            masked = waited if holds is None else pl.when(holds).then(waited)
            names.append(column(("clock", str(metric.until), condition, str(metric.ripens)), masked))
        values[metric.name] = tuple(names)
    is_inside = within(pl.col(DATE), window, known_until)
    split = split_columns(rows, by)
    kept = (
        rows.filter(is_inside)
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
        value, n = _aggregate(metric, columns[0]), columns[0].count()
    return [
        value.cast(NUMBER).alias(f"{metric.name} value"),
        n.cast(INTEGER).alias(f"{metric.name} n"),
        of.cast(INTEGER).alias(f"{metric.name} of"),
    ]


def _aggregate(metric: Metric, column: pl.Expr) -> pl.Expr:
    how = metric.gathering
    if how.quantile is not None:
        return column.quantile(how.quantile, "linear")
    if how.surviving is not None:
        return survival.time_at(column, how.surviving)
    match metric.agg:
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


def split_columns(rows: pl.LazyFrame, by: Sequence[str]) -> list[pl.Expr]:
    """The by-columns; a list of labels is one value, its labels in their order."""
    schema = rows.collect_schema()
    return [pl.col(n).list.sort().list.join(", ") if isinstance(schema[n], pl.List) else pl.col(n) for n in by]


def within(instant: pl.Expr, window: Window, known_until: pl.Expr) -> pl.Expr:
    """Whether an instant lies in the window and is known of."""
    inside = instant <= known_until
    if window.start is not None:
        inside &= instant >= pl.lit(window.start)
    if window.end is not None:
        inside &= instant < pl.lit(window.end)
    return inside
