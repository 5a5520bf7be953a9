"""What each aggregation's figures allow to say: their limits, and whether a change is more than chance.

One rule for each word of `aggregations.Interval`; the formulas are those of `statistics`. Everything here looks at the
long frame of figures, a few thousand rows at the most, and never at the rows behind them.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cs_metrics import statistics as stats
from cs_metrics.definitions import Metric

NO_LIMITS, NO_UPPER, NO_LOWER, SKEWED = "no-limits", "no-upper-limit", "no-lower-limit", "skewed"

# Above it one row outweighs the others (it goes from 0 to 1), and no formula makes up for the rows that are not there.
_SKEWED_FROM = 0.5

_KIND = pl.col("__kind")
_SKEWNESS = pl.col("skewness").fill_nan(None)  # equal values, or a single one, have none
_VALUE, _N, _VARIANCE = pl.col("value"), pl.col("n").cast(pl.Float64), pl.col("variance")


def kinds(metrics: Mapping[str, Metric]) -> pl.Expr:
    """The interval's rule for each row of figures."""
    names = {name: "none" if metric.parts else metric.gathering.interval for name, metric in metrics.items()}
    return pl.col("metric").replace_strict(names, default="none", return_dtype=pl.String).alias("__kind")


def with_limits(figures: pl.DataFrame, metrics: Mapping[str, Metric], confidence: float) -> pl.DataFrame:
    """Fills low, high and variance (of the value, not of the rows), and says in `limits` which limit does not exist."""
    z = stats.critical(confidence)
    hits, (promoted, both) = (_VALUE * _N).round(), _nps_parts()
    share_low, share_high = stats.wilson(hits, _N, z)
    nps = stats.nps_limits(promoted, both - promoted, _N, z)
    given = (pl.col("low"), pl.col("high"))
    limits = {
        "share": (
            pl.when(hits > 0).then(share_low).otherwise(0.0),
            pl.when(hits < _N).then(share_high).otherwise(1.0),
        ),
        "count": stats.poisson(_VALUE, confidence),
        "mean": _mean_limits(confidence),
        "nps": (nps[0].clip(-100, 100), nps[1].clip(-100, 100)),
        "sum": stats.about(_VALUE, pl.col("squares"), z),
        "ratio": stats.about(_VALUE, _VARIANCE, z),
        "quantile": given,
        "survival": given,
    }
    variances = {
        "mean": _VARIANCE / _N,
        "nps": stats.nps_variance(promoted, both - promoted, _N),
        "sum": pl.col("squares"),
        "ratio": _VARIANCE,
        "quantile": _VARIANCE,
        "survival": stats.quantile_variance(*given, pl.lit(2 * z)),
    }
    low, high = (_by_rule(_KIND, {name: pair[side] for name, pair in limits.items()}) for side in (0, 1))
    variance = _by_rule(_KIND, variances)
    spans = [name for name, metric in metrics.items() if metric.unit == "duration"]
    is_span = pl.col("metric").is_in(spans) & (_VALUE >= 0)
    low = pl.when(is_span).then(low.clip(0)).otherwise(low)  # nobody waited less than no time
    is_there = _VALUE.is_not_null() & ((_N > 0) | (_KIND == "count"))
    told = figures.with_columns(kinds(metrics)).with_columns(
        pl.when(is_there).then(expr).alias(name)
        for name, expr in (("low", low), ("high", high), ("variance", variance))
    )
    return told.with_columns(pl.when(is_there).then(_lack()).alias("limits")).drop("__kind")


def _nps_parts() -> tuple[pl.Expr, pl.Expr]:
    """Promoters, and promoters and detractors together, from their difference and sum."""
    return (pl.col("squares") + pl.col("numerator")) / 2, pl.col("squares")


def _mean_limits(confidence: float) -> tuple[pl.Expr, pl.Expr]:
    """Null of one row, and where one row outweighs the others."""
    t = stats.student(_N - 1, confidence)
    skewness = pl.when(_SKEWNESS.abs() > 1e-6).then(_SKEWNESS)
    limits = stats.skewed_mean(_VALUE, _VARIANCE, skewness, _N, t)
    plain = stats.student_mean(_VALUE, _VARIANCE, _N, t)
    held = pl.when(_is_skewed()).then(None)
    found = [held.when(skewness.is_null()).then(even).otherwise(bent) for even, bent in zip(plain, limits, strict=True)]
    return found[0], found[1]


def _is_skewed() -> pl.Expr:
    return (_SKEWNESS.abs() / _N.sqrt() > _SKEWED_FROM).fill_null(False)


def _lack() -> pl.Expr:
    no_low, no_high = pl.col("low").is_null(), pl.col("high").is_null()
    return (
        pl.when((_KIND == "mean") & _is_skewed()).then(pl.lit(SKEWED))
        .when((_KIND == "none") | ~(no_low | no_high)).then(None)
        .when(no_low & no_high).then(pl.lit(NO_LIMITS))
        .when(no_high).then(pl.lit(NO_UPPER))
        .otherwise(pl.lit(NO_LOWER))
    )  # fmt: skip


def _by_rule(rule: pl.Expr, found: Mapping[str, pl.Expr]) -> pl.Expr:
    """What each row's rule finds, if it is finite; null where nothing is found by that rule."""
    expr = pl.coalesce(pl.when(rule == name).then(each) for name, each in found.items())
    return pl.when(expr.is_finite()).then(expr)


def tested(metrics: Mapping[str, Metric], confidence: float) -> list[pl.Expr]:
    """change_low, change_high and signal: what a row's change from its `before_…` columns may really be.

    A change is a signal where 0 lies outside. Shares by Newcombe's interval of the difference; means and ratios by the
    tests of Welch and Student; medians, percentiles and survival times by Price and Bonett; means and these also by the
    figures' own limits, put together as Newcombe's are, and always by what reaches furthest: of rows that are whole
    numbers the median jumps, and the errors of few skewed rows are told too small. NPS by its standard errors;
    a stock by what came and went in between (Skellam); counts and sums as rates, for a longer month is no signal (those
    limits are about equal lengths and stand in no column).

    Null where there is no test: a metric of metrics, an extreme, the age of a stock, in which the same tickets stand
    twice, and where fewer than `min_n` rows stand behind either figure (of counts, behind both together).
    """
    z, kind = stats.critical(confidence), kinds(metrics)
    was = {name: pl.col(f"before_{name}") for name in ("value", "low", "high", "variance", "moved")}
    was_n, times_longer = pl.col("before_n").cast(pl.Float64), pl.col("times_longer")
    change, variance = _VALUE - was["value"], _VARIANCE + was["variance"]
    newcombe = stats.difference_limits(_VALUE, (pl.col("low"), pl.col("high")), was["value"], (was["low"], was["high"]))
    pooled = stats.pooled_variance(_VARIANCE, _N, was["variance"], was_n)
    freedom = stats.welch_freedom(_VARIANCE, _N, was["variance"], was_n)
    reach = stats.student(freedom, confidence) * pl.max_horizontal(variance, pooled).sqrt()
    is_equal = variance == 0  # both are of equal rows, and Welch's degrees 0 / 0
    welch = [pl.when(is_equal).then(change).otherwise(change + side * reach) for side in (-1, 1)]
    by_errors = stats.about(change, variance, z)
    at_equal_length = _VALUE - times_longer * was["value"]
    by_kind = {
        "share": newcombe,
        "mean": _widest((welch[0], welch[1]), newcombe),
        "ratio": (welch[0], welch[1]),
        "nps": by_errors,
        "quantile": _widest(by_errors, newcombe),
        "survival": _widest(by_errors, newcombe),
        "count": stats.about(at_equal_length, times_longer * (_VALUE + was["value"]), z),
        "sum": stats.about(at_equal_length, _VARIANCE + times_longer**2 * was["variance"], z),
        "stock": stats.about(change, pl.col("moved") - was["moved"], z),
    }
    stocks = [n for n, m in metrics.items() if not m.parts and m.is_stock and not m.gathering.turnover]
    rule = pl.when(~pl.col("metric").is_in(stocks)).then(kind).when(kind == "count").then(pl.lit("stock"))
    low, high = (_by_rule(rule, {name: pair[side] for name, pair in by_kind.items()}) for side in (0, 1))
    least = {name: metric.min_n for name, metric in metrics.items()}
    min_n = pl.col("metric").replace_strict(least, default=0, return_dtype=pl.Float64)
    enough = pl.when(kind == "count").then(_N + was_n >= min_n).otherwise(pl.min_horizontal(_N, was_n) >= min_n)
    is_shown = ~kind.is_in(["count", "sum"]) | (times_longer == 1) | pl.col("moved").is_not_null()
    return [
        pl.when(enough & is_shown).then(low).alias("change_low"),
        pl.when(enough & is_shown).then(high).alias("change_high"),
        pl.when(enough).then((low > 0) | (high < 0)).alias("signal"),
    ]


def _widest(limits: stats.Limits[pl.Expr], others: stats.Limits[pl.Expr]) -> stats.Limits[pl.Expr]:
    """The limits, where they exist, or others that reach further."""
    low, high = pl.min_horizontal(limits[0], others[0]), pl.max_horizontal(limits[1], others[1])
    return pl.when(limits[0].is_not_null()).then(low), pl.when(limits[1].is_not_null()).then(high)


def components(metrics: Mapping[str, Metric]) -> list[pl.Expr]:
    """numerator, denominator, sum and sum_squares of each figure, so that others can be regrouped from them.

    A share is numerator / denominator, a ratio likewise, an NPS 100 times so; a mean is sum / n. `sum_squares` gives
    the variance back: of rows worth 1 or 0 it is the numerator, of an NPS promoters + detractors.
    """
    kind = kinds(metrics)
    hits = (_VALUE * _N).round()
    variance = pl.when(_N > 1).then(_VARIANCE * _N).otherwise(0.0)  # `with_limits` has made it that of the value
    found = {
        "numerator": pl.when(kind == "share").then(hits).otherwise(pl.col("numerator")),
        "denominator": pl.when(kind.is_in(["share", "nps"])).then(_N).otherwise(pl.col("denominator")),
        "sum": pl.when(kind == "mean").then(_VALUE * _N).when(kind == "sum").then(_VALUE),
        "sum_squares": pl.when(kind == "mean")
        .then(variance * (_N - 1) + _N * _VALUE**2)
        .when(kind == "share")
        .then(hits)
        .otherwise(pl.col("squares")),
    }
    return [expr.alias(name) for name, expr in found.items()]
