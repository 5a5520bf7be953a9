"""Intervals and tests of differences, as formulas and no more: what a figure's rows allow to say of it.

Each formula is written with operators alone, so that it takes numbers as well as Polars expressions. `z` is the normal
quantile of a two-sided interval (`critical`); limits are (low, high). Where a limit does not exist it is None or null,
never an invented number. Which aggregation goes by which formula: `intervals`.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import accumulate
from statistics import NormalDist
from typing import NamedTuple, TypeVar

import polars as pl

Number = TypeVar("Number", float, pl.Expr)
Limits = tuple[Number, Number]

_NORMAL = NormalDist()
_EXACT_BELOW = 30  # counts with exact Poisson limits; above, an approximation within 0.02 % (0.1 % at 99 %)
_EXACT_UP_TO = 1000  # rows with exact binomial ranks; above, an expansion that is off by one rank at most
_EXACT_FREEDOM = 20  # whole degrees of freedom with an exact Student's quantile
_UNLIKELY = 1e-20  # of the likeliest number of hits: where the sum of chances ends


def critical(confidence: float) -> float:
    """The normal quantile of a two-sided interval: 1.96 for 0.95."""
    return _NORMAL.inv_cdf((1 + confidence) / 2)


def wilson(hits: Number, n: Number, z: float) -> Limits[Number]:
    """A share `hits / n`, by Wilson's score (Wilson 1927). 9 of 10 at 95 %: 0.5958–0.9821."""
    share = hits / n
    middle = share + z * z / (2 * n)
    reach = z * _root(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)


def skewed_mean(mean: Number, variance: Number, skewness: Number, n: Number, t: Number) -> Limits[Number]:
    """A mean by Johnson's skewness-corrected t (Johnson 1978) in Hall's monotone form (Hall 1992).

    `variance` is that of the rows, `skewness` their third moment over that of the deviation, `t` Student's quantile.
    Limits are not defined (0 / 0) without any skewness: `student_mean` is its limit there.
    """
    deviation, root = _root(variance), _root(n)

    def undone(at: Number) -> Number:
        return 3 / skewness * (_cube_root(1 + skewness * (at - skewness / (6 * n))) - 1)

    return mean - deviation * undone(t / root), mean - deviation * undone(-t / root)


def student_mean(mean: Number, variance: Number, n: Number, t: Number) -> Limits[Number]:
    """A mean by Student's t."""
    reach = t * _root(variance / n)
    return mean - reach, mean + reach


def student(freedom: pl.Expr, confidence: float) -> pl.Expr:
    """Student's quantile of a two-sided interval: exact for few whole degrees of freedom, else by its expansion.

    Abramowitz and Stegun 26.7.5, which is right to seven digits where it begins.
    """
    z = critical(confidence)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    expanded = pl.lit(z)
    for power, term in enumerate(terms, 1):
        expanded += term / freedom**power
    exact = pl.Series([student_exactly(whole, confidence) for whole in range(1, _EXACT_FREEDOM + 1)])
    is_whole = (freedom == freedom.floor()) & freedom.is_between(1, _EXACT_FREEDOM)
    place = pl.when(is_whole).then(freedom - 1).otherwise(0).cast(pl.UInt32)
    return pl.when(is_whole).then(pl.lit(exact).gather(place)).otherwise(expanded)


@cache
def student_exactly(freedom: int, confidence: float) -> float:
    """Student's quantile for whole degrees of freedom, from its distribution (Abramowitz and Stegun 26.7.3)."""
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        sine, cosine = math.sin(angle), math.cos(angle)
        term, total = (cosine, angle) if freedom % 2 else (1.0, 0.0)
        for step in range(3 if freedom % 2 else 2, freedom + 1, 2):
            total += sine * term
            term *= cosine**2 * (step - 1) / step
        within = total * 2 / math.pi if freedom % 2 else total
        low, high = (angle, high) if within < confidence else (low, angle)
    return math.sqrt(freedom) * math.tan(low)


def nps_variance(promoters: Number, detractors: Number, n: Number) -> Number:
    """The squared standard error of a net promoter score, in points².

    The variance of answers worth +1, 0 and −1, with one answer added that is a quarter promoter, a quarter detractor
    and half passive (the idea of Agresti and Caffo 2000): of few answers that all agree the plain one is 0.
    """
    net = (promoters - detractors) / (n + 1)
    return 10_000 * ((promoters + detractors + 0.5) / (n + 1) - net**2) / (n + 1)


def nps_limits(promoters: Number, detractors: Number, n: Number, z: float) -> Limits[Number]:
    """A net promoter score. 50 promoters, 30 passives, 20 detractors at 95 %: 14.5–44.9 (unadjusted 14.7–45.3)."""
    middle = 100 * (promoters - detractors) / (n + 1)
    reach = z * _root(nps_variance(promoters, detractors, n))
    return middle - reach, middle + reach


def about(value: Number, variance: Number, z: float) -> Limits[Number]:
    """An estimate and the square of its standard error as limits."""
    reach = z * _root(variance)
    return value - reach, value + reach


def poisson(count: pl.Expr, confidence: float) -> Limits[pl.Expr]:
    """A count of independent events (Garwood 1936); from 30 on by Wilson and Hilferty's approximation (1931)."""
    exact = [poisson_exactly(k, confidence) for k in range(_EXACT_BELOW)]
    place = count.clip(0, _EXACT_BELOW - 1).cast(pl.UInt32)
    z = critical(confidence)
    found = []
    for side, above in enumerate((count * _cubed(count, -z), (count + 1) * _cubed(count + 1, z))):
        below = pl.lit(pl.Series([limits[side] for limits in exact])).gather(place)
        found.append(pl.when(count < _EXACT_BELOW).then(below).otherwise(above))
    return found[0], found[1]


@cache
def poisson_exactly(count: int, confidence: float) -> Limits[float]:
    """The rates at which as many or more, and as many or fewer, would have the chance (1 − confidence) / 2."""
    tail, z = (1 - confidence) / 2, critical(confidence)
    low = _rate(count - 1, 1 - tail, count * _cubed(float(count), -z)) if count else 0.0
    return low, _rate(count, tail, (count + 1) * _cubed(count + 1.0, z))


def _cubed(count: Number, z: float) -> Number:
    return (1 - 1 / (9 * count) + z / (3 * _root(count))) ** 3


def _rate(count: int, chance: float, near: float) -> float:
    """The rate at which `count` or fewer events have this chance, by Newton's method from a rate that is near."""
    rate = max(near, 1e-3)
    for _ in range(8):
        last = math.exp(-rate)
        total = last
        for k in range(1, count + 1):
            last *= rate / k
            total += last
        rate = max(rate + (total - chance) / last, rate / 10)
    return rate


class Ranks(NamedTuple):
    """The ranks (from 1) of the ordered rows that hold a quantile's limits; None where the rows do not reach.

    `width` is how many standard errors lie between them, by the chances of just these ranks.
    """

    low: int | None
    high: int | None
    width: float


@cache
def ranks(n: int, share: float, confidence: float) -> Ranks:
    """A quantile by order statistics (Hahn and Meeker 1991): P(low ≤ B < high) ≥ confidence with B ~ Bin(n, share).

    20 rows: the median lies between the 6th and the 15th, and the 90th percentile has no upper limit.
    """
    tail = (1 - confidence) / 2
    if n > _EXACT_UP_TO:
        z, deviation = critical(confidence), (n * share * (1 - share)) ** 0.5
        skew = (1 - 2 * share) * (z * z - 1) / 6 - 0.5
        low, high = (math.ceil(n * share + side * z * deviation + skew) for side in (-1, 1))
        return Ranks(low, high + 1, 2 * z)
    first, chances = _up_to(n, share)
    below = next(place for place, chance in enumerate(chances) if chance >= tail)
    above = next((place for place, chance in enumerate(chances) if chance >= 1 - tail), len(chances) - 1)
    low, high = first + below, first + above + 1
    if low < 1 or high > n:
        return Ranks(low if low >= 1 else None, high if high <= n else None, math.nan)
    return Ranks(low, high, _quantile(chances[above]) - _quantile(chances[below - 1]))


def _up_to(n: int, share: float) -> tuple[int, list[float]]:
    """A first k, and P(B ≤ k) from there on, up to where nothing likely is left; from the likeliest k outwards."""
    likeliest, odds = int((n + 1) * share), share / (1 - share)
    below, above = [], [1.0]
    for k in range(likeliest, n):
        above.append(above[-1] * (n - k) / (k + 1) * odds)
        if above[-1] < _UNLIKELY:
            break
    last = 1.0
    for k in range(likeliest, 0, -1):
        last *= k / (n - k + 1) / odds
        below.append(last)
        if last < _UNLIKELY:
            break
    terms = [*reversed(below), *above]
    whole = math.fsum(terms)
    return likeliest - len(below), [total / whole for total in accumulate(terms)]


def _quantile(chance: float) -> float:
    return _NORMAL.inv_cdf(min(chance, 1 - 1e-15))


def quantile_variance(low: Number, high: Number, width: Number) -> Number:
    """The squared standard error of a quantile from its limits (Price and Bonett 2001)."""
    return ((high - low) / width) ** 2


def difference_limits(
    value: Number, limits: Limits[Number], other: Number, other_limits: Limits[Number]
) -> Limits[Number]:
    """The interval of `value − other`. 56 of 70 against 48 of 80 at 95 %: 0.2000 (0.0524–0.3339)."""
    difference = value - other
    below = _root((value - limits[0]) ** 2 + (other_limits[1] - other) ** 2)
    above = _root((limits[1] - value) ** 2 + (other - other_limits[0]) ** 2)
    return difference - below, difference + above


def welch_freedom(variance: Number, n: Number, other_variance: Number, other_n: Number) -> Number:
    """The degrees of freedom of a difference of means (Welch 1947); the variances are those of the means."""
    both = (variance + other_variance) ** 2
    return both / (variance**2 / (n - 1) + other_variance**2 / (other_n - 1))


def pooled_variance(variance: Number, n: Number, other_variance: Number, other_n: Number) -> Number:
    """The squared standard error of a difference of means of rows that vary alike (Student); else as `welch_freedom`.

    Of few skewed rows against many, the variance of the few is small where their mean is, and finds what is not there.
    """
    of_rows = (variance * n * (n - 1) + other_variance * other_n * (other_n - 1)) / (n + other_n - 2)
    return of_rows * (1 / n + 1 / other_n)


def _root(value: Number) -> Number:
    return value.sqrt() if isinstance(value, pl.Expr) else math.sqrt(value)


def _cube_root(value: Number) -> Number:
    return value.cbrt() if isinstance(value, pl.Expr) else math.cbrt(value)
