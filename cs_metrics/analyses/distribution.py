"""How a metric's values are spread: bins, percentiles, and what lies beyond a target.

Durations fall into bins whose limits people say (5 min, 4 h, 1 d), each about twice the one before, so that the axis is
logarithmic; scores and other numbers into even steps. No value is lost: what is 0 or less than 0, and what lies beyond
the last limit, has a bin of its own. A limit belongs to the side on which a target is met: 4 h is within "at most 4 h".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import polars as pl

from cs_metrics.catalogue import Catalogue
from cs_metrics.definitions import Metric
from cs_metrics.entities import INTEGER, NUMBER
from cs_metrics.errors import UsageError
from cs_metrics.question import Question
from cs_metrics.readers import FilePart
from cs_metrics.report import build, need, with_rows
from cs_metrics.result import Bin, Distribution, DistributionPart
from cs_metrics.targets import Target, misfits, parse_value

PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_MINUTE, _HOUR, _DAY, _WEEK = 60.0, 3600.0, 86400.0, 604800.0
_SPANS = (
    *(1.0, 5.0, 15.0, 30.0, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, _DAY, 2 * _DAY, 4 * _DAY),
    *(_WEEK, 2 * _WEEK, 4 * _WEEK, 13 * _WEEK, 26 * _WEEK, 52 * _WEEK, 104 * _WEEK, 208 * _WEEK, 520 * _WEEK),
)
_LEAST = math.ulp(0.0)  # the number next to 0: what divides 0 from what is more or less
_SINGLE_VALUES = 20  # whole numbers over no more than this many get a bin each
_STEPS = 12
_TAIL = 0.01  # of the values at either end that even steps need not reach
_OF_ALL_ROWS = ("nps", "sum")  # whose target is not one for single rows
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WHY_NOT = {
    "share": "is a share: its rows say yes or no",
    "ratio": "is a ratio of two sums",
    "count": "counts rows",
    "count_distinct": "counts different values",
    "stock": "counts rows",
}


def distribution(
    name: str, parts: Sequence[FilePart], question: Question, catalogue: Catalogue, target: str | None = None
) -> Distribution:
    """The distribution of the values behind a metric's number, split as the question says; as many as its n.

    `target` is a span of time (`4h`) for a duration, else a number; without one it is the question's, if that has one.
    Raises `UsageError` for a metric that has no number per row or a target that does not fit it, `DataError` where
    these files cannot tell it.
    """
    metric = with_rows(name, catalogue, question.clocks)
    _refuse(metric)
    is_of_rows = metric.agg not in _OF_ALL_ROWS
    aim = _target(metric, target, catalogue) if target else question.targets.get(name) if is_of_rows else None
    limit = None if aim is None else aim.value
    question = replace(question, grain="all", trend=False, compare="none", intervals=False)  # values, not figures
    report = build(parts, question, catalogue)
    need(report.result, [name])
    by = tuple(question.by)
    values = report.plan.measured(metric, by).select(*by, pl.col("value").cast(NUMBER))
    is_least = metric.better == "higher" if aim is None else aim.is_least
    closed: Literal["left", "right"] = "left" if is_least else "right"
    cuts, bins = _axis(values["value"], metric.unit, limit, closed)
    place = pl.Series(cuts, dtype=NUMBER).search_sorted(values["value"], side="left" if closed == "right" else "right")
    binned = values.with_columns(pl.Series("bin", place).cast(INTEGER))
    used = sorted(binned["bin"].unique())
    shown = range(used[0], used[-1] + 1) if used else range(0)
    found = [*_parts(binned, by, limit, closed, shown), *(_parts(binned, (), limit, closed, shown) if by else [])]
    info = report.result.metrics[name]
    unit = "score" if metric.agg == "nps" else info.unit
    return Distribution(report.result, name, info, unit, tuple(bins[at] for at in shown), closed, limit, tuple(found))


def _refuse(metric: Metric) -> None:
    how = metric.gathering
    if how.surviving is not None:
        told = f"; ask for {metric.counts_open_of}" if metric.counts_open_of else ""
        raise UsageError(f"{metric.name} counts waits that are not over, and nobody knows how long they will be{told}")
    is_aged = how.is_stock and how.quantile is not None
    value = metric.value.dtype if metric.value is not None else None
    if metric.agg in _WHY_NOT or not (is_aged or (value is not None and value.is_numeric())):
        why = _WHY_NOT.get(metric.agg, "has no number per row")
        raise UsageError(f"{metric.name} {why}, and only numbers of single rows have a distribution")


def _target(metric: Metric, text: str, catalogue: Catalogue) -> Target:
    try:
        value, unit = (float(text), None) if _NUMBER.fullmatch(text) else parse_value(text)
    except ValueError as error:
        raise UsageError(f"--target: {error}") from None
    target = Target(value, metric.better == "higher", unit)
    for _, problem in misfits({metric.name: target}, catalogue):
        raise UsageError(f"--target {text}: {problem}")
    return target


def _parts(
    binned: pl.DataFrame, by: Sequence[str], limit: float | None, closed: str, shown: range
) -> Iterator[DistributionPart]:
    """One part per by-value, the greatest first; without `by` the one of all rows."""
    value = pl.col("value")
    is_beyond = pl.lit(None) if limit is None else value > limit if closed == "right" else value < limit
    facts = [
        pl.len().alias("n"),
        is_beyond.sum().alias("beyond"),
        *(value.quantile(share, "linear").alias(name) for name, share in PERCENTILES.items()),
    ]
    counts: dict[tuple[Any, ...], dict[int, int]] = {}
    for *words, at, rows in binned.group_by(*by, "bin").len().iter_rows():
        counts.setdefault(tuple(words), {})[at] = rows
    groups = binned.group_by(by).agg(facts).sort("n", *by, descending=[True, *[False] * len(by)]) if by else None
    for row in (binned.select(facts) if groups is None else groups).iter_rows(named=True):
        key = tuple(row[name] for name in by)
        inside = counts.get(key, {})
        yield DistributionPart(
            by=dict(zip(by, key, strict=True)),
            n=row["n"],
            percentiles={name: row[name] for name in PERCENTILES},
            beyond=None if limit is None else row["beyond"],
            counts=tuple(inside.get(at, 0) for at in shown),
        )


def _axis(values: pl.Series, unit: str, limit: float | None, closed: str) -> tuple[list[float], list[Bin]]:
    """(cuts, bins): rising limits, and one bin more than these: below the first, between each two, above the last."""
    if values.is_empty():
        return [], [Bin(None, None)]
    if unit == "duration":
        return _time_axis(values.filter(values > 0), limit, closed)
    least, low, high, most = (float(values.quantile(share, "linear") or 0) for share in (0.0, _TAIL, 1 - _TAIL, 1.0))
    is_whole = bool((values == values.round()).all())
    if least == most:
        return [], [Bin(least, least)]
    if is_whole and high - least <= _SINGLE_VALUES:
        last = most if most - least <= _SINGLE_VALUES else math.ceil(high)
        singles = [float(value) for value in range(int(least), int(last) + 1)]
        cuts = singles if closed == "right" else [value + 1 for value in singles]
        return cuts, [*(Bin(value, value) for value in singles), Bin(cuts[-1], None)]
    low, high = (low, high) if low < high else (least, most)
    step = _step((high - low) / _STEPS, is_whole)
    marks = [float(f"{number * step:.12g}") for number in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return _with_ends(marks, limit)


def _time_axis(positive: pl.Series, limit: float | None, closed: str) -> tuple[list[float], list[Bin]]:
    """The spans of time around the values above 0, the limit among them; before them what is 0, and what is less."""
    least, most = (float(value or 0) for value in positive.quantile([0.0, 1.0], "linear"))
    begin = max((span for span in _SPANS if span < least), default=0.0)
    spans = {*(span for span in _SPANS if span >= begin), *([limit] if limit is not None and limit > 0 else [])}
    while max(spans) < most:
        spans.add(2 * max(spans))
    cuts, bins = _with_ends([0.0, *sorted(spans)], None)
    divided = [-_LEAST, 0.0] if closed == "right" else [0.0, _LEAST]
    return [*divided, *cuts[1:]], [bins[0], Bin(0.0, 0.0), *bins[1:]]


def _with_ends(marks: Sequence[float], limit: float | None) -> tuple[list[float], list[Bin]]:
    inside = limit is not None and marks[0] < limit < marks[-1]
    cuts = sorted({*marks, *([limit] if inside and limit is not None else [])})
    return cuts, [Bin(lower, upper) for lower, upper in pairwise([None, *cuts, None])]


def _step(least: float, is_whole: bool) -> float:
    """The next of 1, 2, 5, 10, … times a power of ten; of whole numbers 1 at least."""
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
    return max(1.0, step) if is_whole else step
