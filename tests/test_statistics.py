"""Formulas against published numbers and SciPy."""

from __future__ import annotations

import math

import polars as pl
import pytest
from scipy import stats as scipy

from cs_metrics import statistics as ours

Z = ours.critical(0.95)


def test_the_normal_quantile_of_95_percent_is_1_96():
    assert pytest.approx(1.959963984540054) == Z


@pytest.mark.parametrize(
    "hits, n, low, high", [(9, 10, 0.5958, 0.9821), (10, 10, 0.7225, 1), (0, 10, 0, 0.2775), (170, 200, 0.7939, 0.8929)]
)
def test_wilsons_interval_is_as_published(hits, n, low, high):
    assert [round(limit, 4) for limit in ours.wilson(float(hits), float(n), Z)] == [low, high]


def test_the_difference_of_two_shares_is_newcombes_published_example():
    low, high = ours.difference_limits(56 / 70, ours.wilson(56.0, 70.0, Z), 48 / 80, ours.wilson(48.0, 80.0, Z))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_an_nps_of_50_30_20_lies_within_less_than_a_point_of_its_plain_interval():
    low, high = ours.nps_limits(50.0, 20.0, 100.0, Z)
    assert (round(low, 1), round(high, 1)) == (14.5, 44.9)
    assert abs(low - 14.7) <= 0.6 and abs(high - 45.3) <= 0.6


def test_unanimous_answers_still_leave_room():
    assert ours.nps_variance(20.0, 0.0, 20.0) > 0


@pytest.mark.parametrize("n, share, low, high", [(20, 0.5, 6, 15), (100, 0.9, 84, 96), (20, 0.9, 15, None)])
def test_the_ranks_around_a_quantile_are_as_published(n, share, low, high):
    assert ours.ranks(n, share, 0.95)[:2] == (low, high)


def test_too_few_rows_have_no_limits_at_all():
    assert ours.ranks(1, 0.5, 0.95)[:2] == (None, None)
    assert ours.ranks(5, 0.5, 0.95)[:2] == (None, None)
    assert ours.ranks(6, 0.5, 0.95)[:2] == (1, 6)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("share", [0.5, 0.75, 0.9, 0.95, 0.99])
def test_ranks_hold_the_confidence_and_are_scipys(share, confidence):
    tail = (1 - confidence) / 2
    for n in [*range(1, 60), 100, 333, 1000]:
        binomial = scipy.binom(n, share)
        low, high = int(binomial.ppf(tail)), int(binomial.ppf(1 - tail)) + 1
        ranks = ours.ranks(n, share, confidence)
        assert (ranks.low, ranks.high) == (low if low >= 1 else None, high if high <= n else None)
        if ranks.low is not None and ranks.high is not None:
            assert binomial.cdf(high - 1) - binomial.cdf(low - 1) >= confidence
            width = scipy.norm.ppf(binomial.cdf(high - 1)) - scipy.norm.ppf(binomial.cdf(low - 1))
            assert ranks.width == pytest.approx(width, rel=1e-6)


def test_beyond_a_thousand_rows_ranks_are_off_by_one_at_most():
    for n in (1001, 5000, 123_456, 2_000_000):
        for share in (0.5, 0.9, 0.99):
            low, high, _ = ours.ranks(n, share, 0.95)
            binomial = scipy.binom(n, share)
            assert abs(low - int(binomial.ppf(0.025))) <= 1 and abs(high - int(binomial.ppf(0.975)) - 1) <= 1


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_poisson_limits_are_exact_where_counts_are_small_and_near_it_above(confidence):
    counts = [*range(35), 50, 100, 1204, 1_000_000]
    low, high = ours.poisson(pl.col("count"), confidence)
    found = pl.DataFrame({"count": counts}, schema={"count": pl.Float64}).select(low.alias("low"), high.alias("high"))
    tail = (1 - confidence) / 2
    for count, (low, high) in zip(counts, found.rows(), strict=True):
        exact_low = scipy.chi2.ppf(tail, 2 * count) / 2 if count else 0
        exact_high = scipy.chi2.ppf(1 - tail, 2 * count + 2) / 2
        accuracy = 1e-9 if count < 30 else 1e-3 if confidence == 0.99 else 2e-4
        assert low == pytest.approx(exact_low, rel=accuracy, abs=1e-12)
        assert high == pytest.approx(exact_high, rel=accuracy)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_students_quantile_is_scipys(confidence):
    freedoms = [*range(1, 21), 14.7, 21, 199, 1e6]
    frame = pl.DataFrame({"f": freedoms}, schema={"f": pl.Float64})
    found = frame.select(ours.student(pl.col("f"), confidence)).to_series()
    for freedom, quantile in zip(freedoms, found, strict=True):
        exact = scipy.t.ppf((1 + confidence) / 2, freedom)
        assert quantile == pytest.approx(exact, rel=1e-9 if freedom <= 20 and freedom % 1 == 0 else 2e-5)


def test_without_skewness_a_means_interval_is_students():
    bent = ours.skewed_mean(10.0, 4.0, 1e-5, 25.0, 2.0639)
    assert bent == pytest.approx(ours.student_mean(10.0, 4.0, 25.0, 2.0639), abs=1e-4)
    assert bent == pytest.approx((10 - 2.0639 * 2 / 5, 10 + 2.0639 * 2 / 5), abs=1e-4)


def test_a_skewed_means_interval_leans_to_the_long_tail():
    """By hand: g⁻¹(x) = 3/γ (∛(1 + γ(x − γ/6n)) − 1) with γ = 2, n = 25, s = 2 and x = ±2.0639/5."""
    low, high = ours.skewed_mean(10.0, 4.0, 2.0, 25.0, 2.0639)
    undone = [1.5 * (math.copysign(abs(1 + 2 * (x - 2 / 150)) ** (1 / 3), 1 + 2 * (x - 2 / 150)) - 1)
              for x in (2.0639 / 5, -2.0639 / 5)]  # fmt: skip
    assert (low, high) == pytest.approx((10 - 2 * undone[0], 10 - 2 * undone[1]))
    assert high - 10 > 10 - low


def test_welchs_degrees_of_freedom_are_scipys():
    one, other = [3.0, 4.0, 9.0, 1.0, 7.0], [2.0, 2.5, 3.0, 2.2, 2.9, 2.1, 3.3]
    said = scipy.ttest_ind(one, other, equal_var=False)
    variances = [scipy.tvar(rows) / len(rows) for rows in (one, other)]
    assert ours.welch_freedom(variances[0], 5.0, variances[1], 7.0) == pytest.approx(said.df)


def test_the_variance_of_a_quantile_is_that_of_a_normal_one():
    """Price and Bonett: of many normal rows the median's standard error is √(π/2n)."""
    rows = scipy.norm.ppf([(place + 0.5) / 4001 for place in range(4001)])
    low, high, width = ours.ranks(4001, 0.5, 0.95)
    assert ours.quantile_variance(rows[low - 1], rows[high - 1], width) == pytest.approx(math.pi / 2 / 4001, rel=0.02)
