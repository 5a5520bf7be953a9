"""What turns figures into statements: is the period whole, what was it before, and what do metrics give together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from cs_metrics.definitions import Metric
from cs_metrics.entities import NUMBER, TEXT
from cs_metrics.plan import Plan
from cs_metrics.result import AFTER_BY, BEFORE_BY

LEFT_TRUNCATED = "left-truncated"


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
        found.append(
            joined.select(
                pl.lit(metric.name).alias("metric"),
                *keys,
                pl.when(value.is_finite()).then(value).alias("value"),
                pl.lit(None, pl.Int64).alias("n"),
                pl.lit(None, pl.Int64).alias("of"),
                pl.all_horizontal(f"{part} complete" for part in metric.parts).alias("complete"),
                pl.coalesce(f"{part} note" for part in metric.parts).alias("note"),
            ).select(figures.columns)
        )
    return pl.concat(found)


def with_previous(figures: pl.DataFrame, metrics: Mapping[str, Metric], by: Sequence[str]) -> pl.DataFrame:
    """Adds `previous` and `change` where a whole period follows a whole one; the columns of a Result, in order.

    What is incomplete, unripe, left-truncated or declared `compared: false` is not compared.
    """
    compared = [name for name, metric in metrics.items() if metric.compared]
    series = ["metric", "grain", "total", *by]
    whole = pl.col("complete") & pl.col("note").is_null() & pl.col("metric").is_in(compared)
    before = pl.when(whole).then(pl.col("value")).shift(1).over(series, order_by="period")
    figures = figures.with_columns(pl.when(whole & (pl.col("grain") != "all")).then(before).alias("previous"))
    figures = figures.with_columns((pl.col("value") - pl.col("previous")).alias("change"))
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in AFTER_BY.items() if name not in figures.columns]
    return figures.with_columns(absent).select(*BEFORE_BY, *by, *AFTER_BY)
