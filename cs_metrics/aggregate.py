"""From rows to figures: one narrow frame per (frame, date), one group-by per grain, whatever the number of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from cs_metrics import statistics, survival
from cs_metrics.definitions import Metric
from cs_metrics.entities import INTEGER, NUMBER
from cs_metrics.periods import Calendar, Grain
from cs_metrics.question import Window

DATE, DAY, PERIOD = "__date", "__day", "period"
# What a figure's interval and the test of its change rest on, beside value and n; null where its rule needs it not.
SPREAD = ("low", "high", "variance", "skewness", "squares", "numerator", "denominator", "moved")


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
    ahead: timedelta = timedelta(0),
) -> Narrow:
    """Masks each metric's value by its condition and ripeness. `rows` have DATE, DAY and all columns named.

    A row whose own window is not over when the export was made has no value yet, nor has one of a source that is silent
    about what the metric measures, nor a wait that was not over `ahead` of as-of: they are in `of` but not in `n`.
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
            if ahead and metric.is_wait:
                since = (known_until - pl.col(DATE) - ahead).dt.total_microseconds() / 1e6
                value = pl.when(value <= since).then(value)
            masked = value if holds is None else pl.when(holds).then(value)
            rules = (condition, str(metric.ripens), str(silent.get(metric.name)))
            key = (measure.sql, *rules, str(metric.agg == "nps"), str(metric.is_wait), str(measure.dtype))
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


def figures(
    narrowed: Narrow, grain: Grain, calendar: Calendar, total: bool, confidence: float | None = None
) -> pl.DataFrame:
    """(period, by…) and for each metric `NAME value`, `NAME n`, `NAME of`; with `total` over all by-values.

    With a confidence also what its interval rests on, `NAME low` and the like: the columns of SPREAD. Grain `all` has
    the one period null.
    """
    start = calendar.start_expr(pl.col(DAY), grain) if grain != "all" else pl.lit(None, pl.Date)
    by = () if total else narrowed.by
    lists = _listed(narrowed) if confidence is not None else {}
    gathered = [pl.col(name).drop_nulls().sort().alias(list_) for name, list_ in lists.items()]
    for metric in narrowed.metrics:
        gathered += _gathered(metric, narrowed, confidence)
    rows = narrowed.rows.lazy()
    if grain == "all" and not by:
        gathered = [expr.implode() if place < len(lists) else expr for place, expr in enumerate(gathered)]
        wide = rows.select(gathered).with_columns(pl.lit(None, pl.Date).alias(PERIOD)).collect(engine="streaming")
    else:
        wide = rows.with_columns(start.alias(PERIOD)).group_by(PERIOD, *by).agg(gathered).collect(engine="streaming")
    for metric in narrowed.metrics:
        if confidence is not None and metric.gathering.interval == "quantile":
            wide = with_quantile(wide, lists[narrowed.values[metric.name][0]], metric, confidence)
    return wide.drop(lists.values())


def _listed(narrowed: Narrow) -> dict[str, str]:
    """The columns of which quantiles are wanted: one sorted list of each serves them all, with their limits."""
    metrics = [metric for metric in narrowed.metrics if metric.gathering.interval == "quantile"]
    return {name: f"{name} sorted" for metric in metrics for name in narrowed.values[metric.name]}


def with_quantile(wide: pl.DataFrame, ordered: str, metric: Metric, confidence: float) -> pl.DataFrame:
    """Adds a quantile's value, n, limits and variance, read from the column of sorted lists `ordered`.

    The value is interpolated between neighbours (SQL's quantile_cont); a limit is a row's value, null beyond the rows.
    """
    share, values = metric.gathering.quantile or 0.0, pl.col(ordered)
    sizes = wide.select(values.list.len().alias("__n")).to_series()
    known = [(size, *statistics.ranks(size, share, confidence)) for size in sizes.unique() if size]
    schema = {"__n": sizes.dtype, "__low": INTEGER, "__high": INTEGER, "__width": NUMBER}
    placed = wide.with_columns(sizes).join(pl.DataFrame(known, schema, orient="row"), on="__n", how="left")
    at = (pl.col("__n").cast(INTEGER) - 1) * share
    below, above = (values.list.get(place.cast(INTEGER), null_on_oob=True) for place in (at.floor(), at.ceil()))
    low, high = (values.list.get(pl.col(rank) - 1, null_on_oob=True) for rank in ("__low", "__high"))
    found = {
        "value": pl.when(pl.col("__n") > 0).then(below + (above - below) * (at - at.floor())),
        "n": pl.col("__n").cast(INTEGER),
        "low": low,
        "high": high,
        "variance": statistics.quantile_variance(low, high, pl.col("__width")),
    }
    return placed.with_columns(expr.alias(f"{metric.name} {name}") for name, expr in found.items()).drop(schema)


def _gathered(metric: Metric, narrowed: Narrow, confidence: float | None) -> list[pl.Expr]:
    """The aggregates of a metric: value, n, of, and what its interval rests on; those of a list are read off later."""
    condition = narrowed.conditions[metric.name]
    of = pl.len() if condition is None else pl.col(condition).sum()
    columns = [pl.col(name) for name in narrowed.values[metric.name]]
    found = {"of": of.cast(INTEGER)}
    if confidence is None or metric.gathering.interval != "quantile":
        if not columns:
            value, n = of, of
        elif metric.agg == "ratio":
            value, n, _, _ = _ratio(*columns)
        else:
            value, n = _aggregate(metric, columns[0]), columns[0].count()
        found |= {"value": value.cast(NUMBER), "n": n.cast(INTEGER)}
    if confidence is not None and columns:
        found |= _spread(metric, columns, confidence)
    return [expr.alias(f"{metric.name} {name}") for name, expr in found.items()]


def _ratio(above: pl.Expr, below: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr, pl.Expr]:
    """The ratio of two sums over the rows that have both, their number, and the two sums."""
    both = above.is_not_null() & below.is_not_null()
    sums = [pl.when(both).then(column).sum() for column in (above, below)]
    return pl.when(sums[1] != 0).then(sums[0] / sums[1]), both.sum(), sums[0], sums[1]


def _spread(metric: Metric, columns: Sequence[pl.Expr], confidence: float) -> dict[str, pl.Expr]:
    """What `intervals` makes limits of, where value and n do not suffice; the names are those of SPREAD."""
    column = columns[0]
    match metric.gathering.interval:
        case "mean":
            return {"variance": column.var(), "skewness": column.skew()}
        case "sum":
            return {"squares": (column**2).sum()}
        case "nps":
            promoters, detractors = ((answers).sum().cast(NUMBER) for answers in (column >= 9, column <= 6))
            return {"numerator": promoters - detractors, "squares": promoters + detractors}
        case "ratio":
            value, n, above, below = _ratio(*columns)
            residuals = ((columns[0] - value * columns[1]) ** 2).sum()
            squared_error = pl.when((below != 0) & (n > 1)).then(n / (n - 1) * residuals / below**2)
            return {"numerator": above, "denominator": below, "variance": squared_error}
        case "survival":
            low, high = survival.limits(column, metric.gathering.surviving or 0.0, statistics.critical(confidence))
            return {"low": low, "high": high}
        case _:
            return {}


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
        case "mode":  # of equally frequent ones the least
            return column.drop_nulls().mode().min()
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
