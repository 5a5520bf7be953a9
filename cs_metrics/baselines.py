"""What each figure is compared with: like with like, or with nothing.

A whole period is compared with the one before or the same a year before, a running one with the same stretch of it, a
stock with the stock at that moment, and a stretch that was asked for with an equal one before it. What is cut by an
edge of the question or of the files, not ripe, or left-truncated is not compared, and nothing is compared with it.

Who waits longest is not yet among yesterday's waits: those of the past are told as they were known as long after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from cs_metrics.compare import with_derived, with_periods
from cs_metrics.definitions import Metric
from cs_metrics.entities import NUMBER
from cs_metrics.figures import compute_figures
from cs_metrics.intervals import with_limits
from cs_metrics.passes import Pass, is_whole, passes, past_of, with_parts, young
from cs_metrics.plan import Plan

_BEFORE = ("value", "n", "low", "high", "variance", "moved")
_COLUMNS = (*(f"before_{name}" for name in _BEFORE), "times_longer")
_PAST = {"period": "__past"}


def with_past(figures: pl.DataFrame, plan: Plan, told: Sequence[Metric]) -> pl.DataFrame:
    """Adds `before_value`, `before_n`, …, and `times_longer`, null where there is nothing like it; the rest as it is.

    `figures` have limits, periods and derived metrics.
    """
    keys = ["metric", "grain", "period", "total", *plan.question.by]
    past = [figures.select(*keys, *(pl.lit(None, NUMBER).alias(name) for name in _COLUMNS)).clear()]
    if plan.question.compare != "none":
        compared = {metric.name: metric for metric in told if metric.compared}
        past.append(_earlier(figures, plan, compared, keys))
        past += [_passed(each, figures, plan, compared, keys) for each in passes(figures, plan, compared)]
    return figures.join(pl.concat(past), on=keys, how="left", nulls_equal=True)


def _as_past(figures: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Figures under the names that they have beside later ones."""
    before = (pl.col(name).cast(NUMBER).alias(f"before_{name}") for name in _BEFORE)
    return figures.select(*(pl.col(name).alias(_PAST.get(name, name)) for name in keys), *before)


def _earlier(figures: pl.DataFrame, plan: Plan, compared: Mapping[str, Metric], keys: Sequence[str]) -> pl.DataFrame:
    """Whole periods that the report has anyway, as the past of later ones."""
    whole = figures.filter(is_whole() & pl.col("metric").is_in(compared) & (pl.col("grain") != "all"))
    starts = whole.select("grain", "period").unique().rows()
    pairs = [(grain, start, *past_of(plan, grain, start)) for grain, start in starts]
    schema = {"grain": figures.schema["grain"], "period": pl.Date(), "__past": pl.Date(), "times_longer": NUMBER}
    new = pl.DataFrame(list(young(plan, whole, compared)), figures.select(keys[:3]).schema, orient="row")
    later = whole.select(keys).join(new, on=keys[:3], how="anti")
    later = later.join(pl.DataFrame(pairs, schema, orient="row"), on=["grain", "period"])
    found = later.join(_as_past(whole, keys), on=[_PAST.get(name, name) for name in keys], nulls_equal=True)
    return found.select(*keys, *_COLUMNS)


def _passed(
    each: Pass, figures: pl.DataFrame, plan: Plan, compared: Mapping[str, Metric], keys: Sequence[str]
) -> pl.DataFrame:
    """The figures of a pass as the past of rows of the report; a count of a by-value that was not there was 0."""
    told = {name: compared[name] for name in each.metrics}
    direct = {metric.name: metric for metric in plan.metrics if metric.name in with_parts(told)}
    derived = [metric for metric in told.values() if metric.parts]
    past_plan = plan.over(each.stretch, list(direct.values()), each.days)
    past = with_limits(compute_figures(past_plan, [each.stretch_grain]), direct, plan.question.confidence)
    past = with_derived(with_periods(past, past_plan, direct), derived, plan.question.by)
    if each.stretch_grain != "all":
        past = past.filter(is_whole())
    pairs = [(start, past_start, times) for start, (past_start, times) in each.periods.items()]
    schema = {"period": pl.Date(), "__past": pl.Date(), "times_longer": NUMBER}
    rows = figures.filter(pl.col("metric").is_in(told) & (pl.col("grain") == each.grain)).select(keys)
    later = rows.join(pl.DataFrame(pairs, schema, orient="row"), on="period", nulls_equal=True)
    before = _as_past(past.with_columns(pl.lit(each.grain).alias("grain")), keys)
    found = later.join(before, on=[_PAST.get(name, name) for name in keys], how="left", nulls_equal=True)
    counts = pl.col("metric").is_in([name for name in direct if direct[name].gathering.counts])
    computed = before.select("metric", "__past").unique().with_columns(pl.lit(True).alias("__computed"))
    found = found.join(computed, on=["metric", "__past"], how="left", nulls_equal=True)
    was_none = counts & pl.col("__computed") & pl.col("before_value").is_null()
    return found.with_columns(
        pl.when(was_none).then(0.0).otherwise(name).alias(name) for name in ("before_value", "before_n", "before_moved")
    ).select(*keys, *_COLUMNS)
