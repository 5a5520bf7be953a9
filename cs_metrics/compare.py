"""What turns figures into statements: is the period whole, what do metrics give together, did it change, is it met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from cs_metrics.definitions import Metric
from cs_metrics.entities import NUMBER, TEXT
from cs_metrics.intervals import components, with_signal
from cs_metrics.plan import Plan
from cs_metrics.question import Question
from cs_metrics.result import AFTER_BY, BEFORE_BY
from cs_metrics.targets import Target

LEFT_TRUNCATED = "left-truncated"
_OF_CHANGE = ("change_low", "change_high", "signal")


def with_periods(figures: pl.DataFrame, plan: Plan, metrics: Mapping[str, Metric]) -> pl.DataFrame:
    """Adds period_end, complete and note to the figures of direct metrics."""
    periods = figures.select("metric", "grain", "period").unique()
    rows: list[tuple[str, str, date | None, date | None, bool, str | None]] = []
    known: dict[tuple[object, ...], tuple[bool, bool]] = {}  # most metrics share what makes a period whole
    kinds = {name: (m.frame, plan.dates_of(m), m.ripens, m.is_stock) for name, m in metrics.items()}
    for name, grain, start in periods.rows():
        end = plan.calendar.next_start(start, grain) if start is not None else None
        alike = (kinds[name], start, end)
        if alike not in known:
            known[alike] = plan.is_complete(metrics[name], start, end), plan.is_settling(metrics[name], start, grain)
        whole, settling = known[alike]
        rows.append((name, grain, start, end, whole and not settling, LEFT_TRUNCATED if settling else None))
    schema = {
        "metric": TEXT,
        "grain": TEXT,
        "period": pl.Date(),
        "period_end": pl.Date(),
        "complete": pl.Boolean(),
        "note": TEXT,
    }
    told = pl.DataFrame(rows, schema=schema, orient="row")
    return figures.join(told, on=["metric", "grain", "period"], how="left", nulls_equal=True)


def with_derived(figures: pl.DataFrame, derived: Sequence[Metric], by: Sequence[str]) -> pl.DataFrame:
    """Adds the metrics of metrics: each part in the same period and for the same by-values, by its own date."""
    keys = ["grain", "period", "period_end", "total", *by]
    found = [figures]
    for metric in derived:
        joined: pl.DataFrame | None = None
        for part in metric.parts:
            rows = figures.filter(pl.col("metric") == part).select(
                *keys,
                pl.col("value").alias(part),
                pl.col("complete").alias(f"{part} complete"),
                pl.col("note").alias(f"{part} note"),
            )
            joined = rows if joined is None else joined.join(rows, on=keys, how="inner", nulls_equal=True)
        assert joined is not None
        value = pl.sql_expr(str(metric.derived)).cast(NUMBER)
        notes = [pl.col(f"{part} note") for part in metric.parts]
        told = {
            "metric": pl.lit(metric.name),
            "value": pl.when(value.is_finite()).then(value),
            "complete": pl.all_horizontal(f"{part} complete" for part in metric.parts),
            "note": pl.coalesce(pl.when(note == LEFT_TRUNCATED).then(note) for note in notes),
        }
        kept = {name: pl.col(name) for name in keys} | told
        found.append(
            joined.select(kept.get(name, pl.lit(None, dtype)).alias(name) for name, dtype in figures.schema.items())
        )
    return pl.concat(found)


def with_change(figures: pl.DataFrame, metrics: Mapping[str, Metric], question: Question) -> pl.DataFrame:
    """Adds previous, change, its limits and signal, where `baselines` have found what is like it."""
    changed = figures.with_columns(
        pl.col("before_value").alias("previous"), (pl.col("value") - pl.col("before_value")).alias("change")
    )
    if not question.intervals:
        return changed.with_columns(pl.lit(None, AFTER_BY[name]).alias(name) for name in _OF_CHANGE)
    return with_signal(changed, metrics, question.confidence)


def with_targets(figures: pl.DataFrame, targets: Mapping[str, Target]) -> pl.DataFrame:
    """Adds the target of each metric that has one, and whether its value meets it."""
    names = list(targets)
    target = pl.col("metric").replace_strict(
        names, [targets[name].value for name in names], default=None, return_dtype=NUMBER
    )
    is_least = pl.col("metric").is_in([name for name in names if targets[name].is_least])
    met = pl.when(is_least).then(pl.col("value") >= target).otherwise(pl.col("value") <= target)
    return figures.with_columns(target.alias("target"), met.alias("met"))


def in_columns(figures: pl.DataFrame, metrics: Mapping[str, Metric], question: Question) -> pl.DataFrame:
    """The columns of a Result, in order; what only served to find them is left behind."""
    if question.intervals:
        figures = figures.with_columns(pl.coalesce("note", "limits").alias("note"))
    else:
        figures = figures.with_columns(pl.lit(None, NUMBER).alias(name) for name in ("low", "high"))
    more = components(metrics) if question.components else []
    return figures.select(*BEFORE_BY, *question.by, *AFTER_BY, *more)
