"""What each aggregation's figures allow to say: their limits, and whether a change is more than chance.

One rule for each word of `aggregations.Interval`; the formulas are those of `statistics`. Everything here looks at the
long frame of figures, a few thousand rows at the most, and never at the rows behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from cs_metrics import statistics as stats
from cs_metrics.definitions import Metric

NO_LIMITS, NO_UPPER, NO_LOWER, SKEWED = "no-limits", "no-upper-limit", "no-lower-limit", "skewed"

# Above it one row outweighs the others (it goes from 0 to 1), and no formula makes up for the rows that are not there.
_SKEWED_FROM = 0.5

_KIND = pl.col("__kind")
_SKEWNESS = pl.col("skewness").fill_nan(None)  # equal values, or a single one, have none
_VALUE, _N, _VARIANCE = pl.col("value"), pl.col("n").cast(pl.Float64), pl.col("variance")

_HITS = (_VALUE * _N).round()  # of a share


def kinds(metrics: Mapping[str, Metric]) -> pl.Expr:
    """The interval's rule for each row of figures."""
    names = {name: "none" if metric.parts else metric.gathering.interval for name, metric in metrics.items()}
    return pl.col("metric").replace_strict(names, default="none", return_dtype=pl.String).alias("__kind")


def with_limits(figures: pl.DataFrame, metrics: Mapping[str, Metric], confidence: float) -> pl.DataFrame:
    """Fills low, high and variance (of the value, not of the rows), and says in `limits` which limit does not exist."""
    here, z = _rules_of(metrics), stats.critical(confidence)
    limits = {name: rule(confidence) for name, rule in _LIMITS.items() if name in here}
    variances = {name: rule(z) for name, rule in _VARIANCES.items() if name in here}
    low, high = (_by_rule(_KIND, {name: pair[side] for name, pair in limits.items()}) for side in (0, 1))
    spans = [name for name, metric in metrics.items() if metric.unit == "duration"]
    is_span = pl.col("metric").is_in(spans) & (_VALUE >= 0)
    low = pl.when(is_span).then(low.clip(0)).otherwise(low)  # nobody waited less than no time
    is_there = _VALUE.is_not_null() & ((_N > 0) | (_KIND == "count"))
    told = figures.with_columns(kinds(metrics)).with_columns(
        pl.when(is_there).then(expr).alias(name)
        for name, expr in (("low", low), ("high", high), ("variance", _by_rule(_KIND, variances)))
    )
    return told.with_columns(pl.when(is_there).then(_lack()).alias("limits")).drop("__kind")


def _rules_of(metrics: Mapping[str, Metric]) -> set[str]:
    """The rules that these metrics need: the others' formulas need not be put together."""
    return {metric.gathering.interval for metric in metrics.values() if not metric.parts}


def _share_limits(confidence: float) -> stats.Limits[pl.Expr]:
    low, high = stats.wilson(_HITS, _N, stats.critical(confidence))
    return pl.when(_HITS > 0).then(low).otherwise(0.0), pl.when(_HITS < _N).then(high).otherwise(1.0)


def _nps_limits(confidence: float) -> stats.Limits[pl.Expr]:
    low, high = stats.nps_limits(*_extremes(), _N, stats.critical(confidence))
    return low.clip(-100, 100), high.clip(-100, 100)


def _extremes() -> tuple[pl.Expr, pl.Expr]:
    """Promoters and detractors, from their difference and their sum."""
    return (pl.col("squares") + pl.col("numerator")) / 2, (pl.col("squares") - pl.col("numerator")) / 2


def _mean_limits(confidence: float) -> tuple[pl.Expr, pl.Expr]:
    """Null of one row, and where one row outweighs the others."""
    t = stats.student(_N - 1, confidence)
    skewness = pl.when(_SKEWNESS.abs() > 1e-6).then(_SKEWNESS)
    limits = stats.skewed_mean(_VALUE, _VARIANCE, skewness, _N, t)
    plain = stats.student_mean(_VALUE, _VARIANCE, _N, t)
    held = pl.when(_is_skewed()).then(None)
    found = [held.when(skewness.is_null()).then(even).otherwise(bent) for even, bent in zip(plain, limits, strict=True)]
    return found[0], found[1]


def _given(confidence: float) -> stats.Limits[pl.Expr]:
    """What `aggregate` has read off the rows."""
    return pl.col("low"), pl.col("high")


_LIMITS: Mapping[str, Callable[[float], stats.Limits[pl.Expr]]] = {
    "share": _share_limits,
    "count": lambda confidence: stats.poisson(_VALUE, confidence),
    "mean": _mean_limits,
    "nps": _nps_limits,
    "sum": lambda confidence: stats.about(_VALUE, pl.col("squares"), stats.critical(confidence)),
    "ratio": lambda confidence: stats.about(_VALUE, _VARIANCE, stats.critical(confidence)),
    "quantile": _given,
    "survival": _given,
}
_VARIANCES: Mapping[str, Callable[[float], pl.Expr]] = {
    "mean": lambda z: _VARIANCE / _N,
    "nps": lambda z: stats.nps_variance(*_extremes(), _N),
    "sum": lambda z: pl.col("squares"),
    "ratio": lambda z: _VARIANCE,
    "quantile": lambda z: _VARIANCE,
    "survival": lambda z: stats.quantile_variance(pl.col("low"), pl.col("high"), pl.lit(2 * z)),
}


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
    expr = pl.coalesce(pl.lit(None, pl.Float64), *(pl.when(rule == name).then(each) for name, each in found.items()))
    return pl.when(expr.is_finite()).then(expr)


def with_signal(figures: pl.DataFrame, metrics: Mapping[str, Metric], confidence: float) -> pl.DataFrame:
    """Adds change_low, change_high and signal: what a row's change from its `before_…` columns may really be.

    A change is a signal where 0 lies outside. Shares by Newcombe's interval of the difference; means and ratios by the
    tests of Welch and Student; medians, percentiles and survival times by Price and Bonett; means and these also by the
    figures' own limits, put together as Newcombe's are, and always by what reaches furthest: of rows that are whole
    numbers the median jumps, and the errors of few skewed rows are told too small. NPS by its standard errors;
    a stock by what came and went in between (Skellam); counts and sums as rates, for a longer month is no signal (those
    limits are about equal lengths and stand in no column).

    Null where there is no test: a metric of metrics, an extreme, the age of a stock, in which the same tickets stand
    twice, and where fewer than `min_n` rows stand behind either figure (of counts, behind both together).
    """
    here = {*_rules_of(metrics), "stock"}
    by_kind = {name: rule(confidence) for name, rule in _CHANGES.items() if name in here}
    stocks = [n for n, m in metrics.items() if not m.parts and m.is_stock and not m.gathering.turnover]
    rule = pl.when(~pl.col("metric").is_in(stocks)).then(_KIND).when(_KIND == "count").then(pl.lit("stock"))
    low, high = (_by_rule(pl.col("__rule"), {name: pair[side] for name, pair in by_kind.items()}) for side in (0, 1))
    least = {name: metric.min_n for name, metric in metrics.items()}
    min_n = pl.col("metric").replace_strict(least, default=0, return_dtype=pl.Float64)
    rows = pl.when(_KIND == "count").then(_N + _WAS_N).otherwise(pl.min_horizontal(_N, _WAS_N))
    is_shown = ~_KIND.is_in(["count", "sum"]) | (_TIMES_LONGER == 1) | pl.col("moved").is_not_null()
    limits = pl.col("change_low", "change_high")
    return (  # step by step, for together they are a plan that takes longer than it saves
        figures.with_columns(kinds(metrics))
        .with_columns(rule.alias("__rule"), (rows >= min_n).alias("__enough"), is_shown.alias("__shown"))
        .with_columns(low.alias("change_low"), high.alias("change_high"))
        .with_columns(pl.when("__enough").then(limits))
        .with_columns(((pl.col("change_low") > 0) | (pl.col("change_high") < 0)).alias("signal"))
        .with_columns(pl.when("__shown").then(limits))
        .drop("__kind", "__rule", "__enough", "__shown")
    )


_WAS = {name: pl.col(f"before_{name}") for name in ("value", "low", "high", "variance", "moved")}
_WAS_N, _TIMES_LONGER = pl.col("before_n").cast(pl.Float64), pl.col("times_longer")
_CHANGE = _VALUE - _WAS["value"]


def _newcombe(confidence: float) -> stats.Limits[pl.Expr]:
    limits, others = (pl.col("low"), pl.col("high")), (_WAS["low"], _WAS["high"])
    return stats.difference_limits(_VALUE, limits, _WAS["value"], others)


def _by_errors(confidence: float) -> stats.Limits[pl.Expr]:
    return stats.about(_CHANGE, _VARIANCE + _WAS["variance"], stats.critical(confidence))


def _welch(confidence: float) -> stats.Limits[pl.Expr]:
    variance = _VARIANCE + _WAS["variance"]
    pooled = stats.pooled_variance(_VARIANCE, _N, _WAS["variance"], _WAS_N)
    freedom = stats.welch_freedom(_VARIANCE, _N, _WAS["variance"], _WAS_N)
    reach = stats.student(freedom, confidence) * pl.max_horizontal(variance, pooled).sqrt()
    is_equal = variance == 0  # both are of equal rows, and Welch's degrees 0 / 0
    low, high = (pl.when(is_equal).then(_CHANGE).otherwise(_CHANGE + side * reach) for side in (-1, 1))
    return low, high


def _as_rates(variance: pl.Expr, confidence: float) -> stats.Limits[pl.Expr]:
    """At equal length, for a longer month is no change."""
    return stats.about(_VALUE - _TIMES_LONGER * _WAS["value"], variance, stats.critical(confidence))


_CHANGES: Mapping[str, Callable[[float], stats.Limits[pl.Expr]]] = {
    "share": _newcombe,
    "mean": lambda confidence: _widest(_welch(confidence), _newcombe(confidence)),
    "ratio": _welch,
    "nps": _by_errors,
    "quantile": lambda confidence: _widest(_by_errors(confidence), _newcombe(confidence)),
    "survival": lambda confidence: _widest(_by_errors(confidence), _newcombe(confidence)),
    "count": lambda confidence: _as_rates(_TIMES_LONGER * (_VALUE + _WAS["value"]), confidence),
    "sum": lambda confidence: _as_rates(_VARIANCE + _TIMES_LONGER**2 * _WAS["variance"], confidence),
    "stock": lambda confidence: stats.about(_CHANGE, pl.col("moved") - _WAS["moved"], stats.critical(confidence)),
}


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
    variance = pl.when(_N > 1).then(_VARIANCE * _N).otherwise(0.0)  # `with_limits` has made it that of the value
    found = {
        "numerator": pl.when(kind == "share").then(_HITS).otherwise(pl.col("numerator")),
        "denominator": pl.when(kind.is_in(["share", "nps"])).then(_N).otherwise(pl.col("denominator")),
        "sum": pl.when(kind == "mean").then(_VALUE * _N).when(kind == "sum").then(_VALUE),
        "sum_squares": pl.when(kind == "mean")
        .then(variance * (_N - 1) + _N * _VALUE**2)
        .when(kind == "share")
        .then(_HITS)
        .otherwise(pl.col("squares")),
    }
    return [expr.alias(name) for name, expr in found.items()]
