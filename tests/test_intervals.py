"""Intervals of figures: golden numbers through the command line, and SciPy's opinion on the rows of every metric."""

from __future__ import annotations

import csv
import io
import json
import math
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy
import polars as pl
import pytest
from scipy import stats as scipy
from typer.testing import CliRunner

from cs_metrics.aggregations import AGGREGATIONS
from cs_metrics.cli import app
from tests.asking import ROOT, ask, shipped, write

SAMPLES = ROOT / "sample_data"
CREATED = "2024-01-08T09:00Z"
OPENED = datetime(2024, 1, 8, 9, tzinfo=UTC)
Z = scipy.norm.ppf(0.975)


def reported(path: str, *options: str) -> list[dict[str, Any]]:
    """The results of a report in JSON, as the next program gets them."""
    said = CliRunner().invoke(app, ["report", path, "-f", "json", "-q", *options])
    assert said.exit_code == 0, said.output
    return json.loads(said.stdout)["results"]


def ratings(hits: int, n: int) -> list[dict[str, Any]]:
    return [survey(place, "csat", 5 if place < hits else 1, 1, 5) for place in range(n)]


def survey(number: int, kind: str, score: int, low: int, high: int) -> dict[str, Any]:
    named = {"survey_id": number, "kind": kind, "answered_at": CREATED}
    return named | {"score": score, "scale_min": low, "scale_max": high}


def replies(*seconds: float) -> list[dict[str, Any]]:
    return [
        {"ticket_id": n, "created_at": CREATED, "first_reply_at": OPENED + timedelta(seconds=s)}
        for n, s in enumerate(seconds)
    ]


@pytest.mark.parametrize(
    "hits, n, low, high", [(9, 10, 0.5958, 0.9821), (10, 10, 0.7225, 1), (0, 10, 0, 0.2775), (170, 200, 0.7939, 0.8929)]
)
def test_a_share_comes_with_wilsons_interval(tmp_path, hits, n, low, high):
    (row,) = reported(write(tmp_path / "surveys.csv", ratings(hits, n)), "-m", "csat")
    assert (row["value"], row["n"], round(row["low"], 4), round(row["high"], 4)) == (hits / n, n, low, high)


def test_an_nps_comes_with_its_adjusted_interval(tmp_path):
    scores = [10] * 50 + [8] * 30 + [3] * 20
    path = write(tmp_path / "surveys.csv", [survey(n, "nps", score, 0, 10) for n, score in enumerate(scores)])
    (row,) = reported(path, "-m", "nps")
    assert (row["value"], round(row["low"], 2), round(row["high"], 2)) == (30, 14.47, 44.93)


def test_the_p90_of_100_rows_lies_between_the_84th_and_the_96th(tmp_path):
    (row,) = reported(write(tmp_path / "t.csv", replies(*range(1, 101))), "-m", "first_reply_time_p90")
    assert (row["low"], row["high"], row["note"]) == (84, 96, None)
    assert row["value"] == pytest.approx(90.1)


def test_the_median_of_20_rows_lies_between_the_6th_and_the_15th(tmp_path):
    (row,) = reported(write(tmp_path / "t.csv", replies(*range(1, 21))), "-m", "first_reply_time")
    assert (row["value"], row["low"], row["high"]) == (10.5, 6, 15)


def test_the_p90_of_20_rows_has_no_upper_limit_and_says_so(tmp_path):
    path = write(tmp_path / "t.csv", replies(*range(60, 1260, 60)))
    (row,) = reported(path, "-m", "first_reply_time_p90")
    assert (row["low"], row["high"], row["note"]) == (900, None, "no-upper-limit")
    assert "≥ 15.0 min" in CliRunner().invoke(app, ["report", path, "-m", "first_reply_time_p90", "-q"]).stdout


def test_confidence_widens_and_no_interval_removes(tmp_path):
    path = write(tmp_path / "surveys.csv", ratings(170, 200))
    (usual,), (sure,), (none,) = (
        reported(path, "-m", "csat", *options) for options in ((), ("--confidence", "0.99"), ("--no-interval",))
    )
    assert sure["low"] < usual["low"] < usual["high"] < sure["high"]
    assert (none["value"], none["low"], none["high"], none["signal"]) == (0.85, None, None, None)


@pytest.mark.parametrize("confidence", ["0.2", "1", "95"])
def test_a_confidence_that_is_none_is_refused(tmp_path, confidence):
    path = write(tmp_path / "surveys.csv", ratings(1, 2))
    said = CliRunner().invoke(app, ["report", path, "--confidence", confidence])
    assert "must be from 0.5 to below 1" in str(said.exception)


def test_components_let_the_next_program_regroup(tmp_path):
    rows = [row | {"group": "ab"[n % 2]} for n, row in enumerate(replies(10, 20, 60, 20, 90))]
    path = write(tmp_path / "t.csv", rows)
    metrics = ["-m", "average_first_reply_time,resolution_rate_to_date"]
    said = CliRunner().invoke(
        app, ["report", path, *metrics, "--by", "group", "--components", "-f", "csv", "-q", "--totals"]
    )
    told = [row for row in csv.DictReader(io.StringIO(said.stdout)) if row["metric"] == "average_first_reply_time"]
    parts, (total,) = [row for row in told if row["group"]], [row for row in told if not row["group"]]
    assert [(float(row["sum"]), float(row["sum_squares"])) for row in parts] == [(160, 11800), (40, 800)]
    assert sum(float(row["sum"]) for row in parts) / sum(int(row["n"]) for row in parts) == float(total["value"])
    assert sum(float(row["sum_squares"]) for row in parts) == pytest.approx(float(total["sum_squares"]))


def test_components_of_a_share_are_hits_and_rows_and_of_an_nps_its_net_and_its_extremes(tmp_path):
    (share,) = reported(write(tmp_path / "a.csv", ratings(9, 10)), "-m", "csat", "--components")
    assert (share["numerator"], share["denominator"], share["sum_squares"]) == (9, 10, 9)
    scores = [10] * 5 + [8] * 3 + [3] * 2
    path = write(tmp_path / "b.csv", [survey(n, "nps", score, 0, 10) for n, score in enumerate(scores)])
    (nps,) = reported(path, "-m", "nps", "--components")
    assert (nps["numerator"], nps["denominator"], nps["sum_squares"]) == (3, 10, 7)


def test_components_are_not_there_unasked(tmp_path):
    (row,) = reported(write(tmp_path / "a.csv", ratings(9, 10)), "-m", "csat")
    assert "numerator" not in row


def test_a_mean_that_one_row_outweighs_says_read_the_median(tmp_path):
    (row,) = reported(write(tmp_path / "t.csv", replies(*[60] * 30, 40_000)), "-m", "average_first_reply_time")
    assert (row["low"], row["high"], row["note"]) == (None, None, "skewed")


def test_the_limits_of_a_mean_span_of_time_are_spans_of_time(tmp_path):
    replied = ["2024-01-08T09:01Z", "2024-01-08T09:09Z"]
    rows = [{"ticket_id": n, "created_at": "2024-01-08T09:00Z", "first_reply_at": at} for n, at in enumerate(replied)]
    row = ask(write(tmp_path / "t.csv", rows), "average_first_reply_time").result.frame.row(0, named=True)
    assert (row["value"], row["low"]) == (300, 0)
    assert row["high"] > 3000  # Student's t of two rows is 12.7


def test_a_single_row_has_a_value_and_no_interval(tmp_path):
    rows = reported(write(tmp_path / "t.csv", replies(60)), "-m", "average_first_reply_time,first_reply_time")
    assert [(row["value"], row["low"], row["high"], row["note"]) for row in rows] == [(60, None, None, "no-limits")] * 2


def test_equal_rows_leave_their_mean_no_room(tmp_path):
    (row,) = reported(write(tmp_path / "t.csv", replies(60, 60, 60)), "-m", "average_first_reply_time")
    assert (row["value"], row["low"], row["high"], row["note"]) == (60, 60, 60, None)


@pytest.mark.parametrize("by", [(), ("group",)])
@pytest.mark.parametrize(
    "sample",
    ["common/surveys.csv", *(pytest.param(name, marks=pytest.mark.slow) for name in ("zendesk/tickets.csv", "lives"))],
)
def test_every_metrics_limits_are_what_scipy_says_of_its_rows(sample, by):
    files = [str(path) for path in sorted((SAMPLES / sample).glob("*.csv"))] or str(SAMPLES / sample)
    if "surveys" in sample and by:
        by = ("channel",)
    names = [name for name, metric in shipped().metrics.items() if not metric.parts and metric.agg != "ratio"]
    report = ask(files, names, by=by)
    frame = report.result.frame.filter(~pl.col("total"))
    told = 0
    for metric in report.plan.metrics:
        rows = report.plan.rows(metric)
        for figure in frame.filter(pl.col("metric") == metric.name).iter_rows(named=True):
            is_mine = [pl.col(name).eq_missing(pl.lit(figure[name], rows.schema[name])) for name in by]
            mine = rows.filter(*is_mine) if is_mine else rows
            if figure["value"] is None:
                assert figure["low"] is None and figure["high"] is None
                continue
            kind, share = metric.gathering.interval, metric.gathering.quantile
            if kind == "survival":
                low, high = _kaplan_meier(mine, metric.gathering.surviving)
            else:
                low, high = _limits(
                    kind, mine["value"].cast(pl.Float64, strict=False).to_list(), figure["value"], share
                )
            if kind == "mean" and metric.unit == "duration" and low is not None:
                low = max(0.0, low)
            for name, expected in (("low", low), ("high", high)):
                near = None if expected is None else pytest.approx(expected, rel=2e-4, abs=1e-9)
                assert figure[name] == near, (metric.name, name, figure)
            told += 1
    assert told > 10 or sample == "common/surveys.csv"


def _limits(kind: str, values: Sequence[float], value: float, share: float | None) -> tuple[float | None, float | None]:
    n = len(values)
    match kind:
        case "share":
            limits = scipy.binomtest(int(sum(values)), n).proportion_ci(method="wilson")
            return limits.low, limits.high
        case "count":
            low = scipy.chi2.ppf(0.025, 2 * value) / 2 if value else 0
            return low, scipy.chi2.ppf(0.975, 2 * value + 2) / 2
        case "quantile":
            low, high = (int(scipy.binom.ppf(tail, n, share)) for tail in (0.025, 0.975))
            ordered = sorted(values)
            return ordered[low - 1] if low >= 1 else None, ordered[high] if high < n else None
        case "mean":
            return _mean(numpy.array(values))
        case "nps":
            promoters, detractors = sum(v >= 9 for v in values), sum(v <= 6 for v in values)
            counts = [promoters + 0.25, detractors + 0.25, n - promoters - detractors + 0.5]
            middle = (counts[0] - counts[1]) / (n + 1)
            reach = Z * math.sqrt(((counts[0] + counts[1]) / (n + 1) - middle**2) / (n + 1))
            return max(-100, 100 * (middle - reach)), min(100, 100 * (middle + reach))
        case "sum":
            reach = Z * math.sqrt(sum(v * v for v in values))
            return value - reach, value + reach
    return None, None


def _mean(values: numpy.ndarray) -> tuple[float | None, float | None]:
    n = len(values)
    if n < 2:
        return None, None
    is_equal = values.min() == values.max()  # of which SciPy says that it cannot be trusted
    skewness, t = 0.0 if is_equal else float(scipy.skew(values)), scipy.t.ppf(0.975, n - 1)
    if abs(skewness) / math.sqrt(n) > 0.5:
        return None, None
    mean, deviation = values.mean(), values.std(ddof=1)
    if abs(skewness) < 1e-6 or deviation == 0:
        return mean - t * deviation / math.sqrt(n), mean + t * deviation / math.sqrt(n)
    bent = [3 / skewness * (numpy.cbrt(1 + skewness * (x / math.sqrt(n) - skewness / (6 * n))) - 1) for x in (t, -t)]
    return mean - deviation * bent[0], mean - deviation * bent[1]


def _kaplan_meier(rows: pl.DataFrame, surviving: float) -> tuple[float | None, float | None]:
    """Where the limits of SciPy's survival curve get to the share: log-log limits, event times only."""
    data = scipy.CensoredData.right_censored(rows["value"].to_numpy(), ~rows["is_event"].to_numpy())
    curve = scipy.ecdf(data).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # undefined where nobody, or everybody, still waits
        limits = curve.confidence_interval(0.95, method="log-log")
    found = []
    for limit in (limits.low, limits.high):
        reached = [t for t, p in zip(limit.quantiles, limit.probabilities, strict=True) if p <= surviving * (1 + 1e-12)]
        found.append(reached[0] if reached else None)
    return found[0], found[1]


def test_every_aggregation_but_an_extreme_and_what_is_counted_once_has_a_rule():
    none = {word for word, how in AGGREGATIONS.items() if how.interval == "none"}
    assert none == {"min", "max", "mode", "count_distinct"}


def test_a_ratios_interval_is_that_of_its_linearisation(tmp_path):
    catalogue = tmp_path / "configs/metrics/own"
    catalogue.mkdir(parents=True)
    (catalogue / "replies_per_touch.yml").write_text(
        "label: x\nmeaning: x\nunit: ratio\nbetter: lower\nframe: tickets\ndate: created_at\nagg: ratio\n"
        "numerator: agent_replies\ndenominator: customer_replies\n"
    )
    pairs = [(1, 2), (3, 2), (0, 1), (5, 4), (2, 2), (1, 1), (7, 3), (2, 5)]
    rows = [{"ticket_id": n, "created_at": CREATED, "agent_replies": a, "customer_replies": c}
            for n, (a, c) in enumerate(pairs)]  # fmt: skip
    path = write(tmp_path / "t.csv", [*rows, {"ticket_id": 99, "created_at": CREATED, "agent_replies": 4}])
    (row,) = reported(path, "--configs", str(tmp_path / "configs"), "-m", "replies_per_touch")
    above, below = (numpy.array(side, dtype=float) for side in zip(*pairs, strict=True))
    ratio = above.sum() / below.sum()
    error = math.sqrt(((above - ratio * below) ** 2).sum() * len(pairs) / (len(pairs) - 1)) / below.sum()
    assert (row["value"], row["n"], row["of"]) == (ratio, 8, 9)
    assert (row["low"], row["high"]) == pytest.approx((ratio - Z * error, ratio + Z * error))
