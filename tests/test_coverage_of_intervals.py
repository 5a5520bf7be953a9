"""Simulations: how often intervals hold the truth, and how often a change is called one where nothing changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy
import polars as pl
import pytest

from cs_metrics.catalogue import load_catalogue
from tests.asking import ROOT, ask

pytestmark = pytest.mark.slow

RUNS, COMPARISONS = 4_000, 2_000
OWN = {
    "mean": "agg: mean\nvalue: handle_seconds",
    "median": "agg: median\nvalue: handle_seconds",
    "p90": "agg: p90\nvalue: handle_seconds",
    "sum": "agg: sum\nvalue: handle_seconds",
    "share": "agg: share\nvalue: handle_seconds > 60",
    "ratio": "agg: ratio\nnumerator: handle_seconds\ndenominator: agent_replies",
    "count": "agg: count",
    "survival_median": "agg: survival_median\nuntil: solved_at",
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "metrics/own").mkdir(parents=True)
    for name, how in OWN.items():
        text = f"label: x\nmeaning: x\nunit: score\nbetter: neither\nframe: tickets\ndate: created_at\n{how}\n"
        (folder / f"metrics/own/own_{name}.yml").write_text(text)
    return load_catalogue([ROOT / "configs", folder])


def tickets(path: Path, runs: int, n: int, **columns: numpy.ndarray) -> str:
    """`runs` groups of `n` tickets of January in common columns; each column has runs × n values."""
    pl.DataFrame(
        {
            "ticket_id": numpy.arange(runs * n).astype(str),
            "created_at": [datetime(2024, 1, 2, tzinfo=UTC)] * (runs * n),
            "group": numpy.repeat(numpy.arange(runs), n).astype(str),
            **columns,
        }
    ).write_parquet(path)
    return str(path)


def held(report, truth: float) -> float:
    """The share of the groups whose limits hold the truth; a limit that does not exist holds everything."""
    told = report.result.frame.filter(~pl.col("total"))
    low, high = pl.col("low").fill_null(-numpy.inf), pl.col("high").fill_null(numpy.inf)
    assert told.height == RUNS
    return told.select(((low <= truth) & (pl.lit(truth) <= high)).mean()).item()


@pytest.mark.parametrize("p", [0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95])
def test_a_shares_interval_holds_it_in_92_to_98_of_100_cases(tmp_path, catalogue, p):
    hits = numpy.random.default_rng(int(100 * p)).random(RUNS * 50) < p
    path = tickets(tmp_path / "t.parquet", RUNS, 50, handle_seconds=numpy.where(hits, 100.0, 10.0))
    assert 0.92 <= held(ask(path, "own_share", catalogue, by="group"), p) <= 0.98


@pytest.mark.parametrize("sigma", [0.25, 0.5, 0.75, 1.0])
def test_the_interval_of_a_log_normal_mean_holds_it_in_93_to_97_of_100_cases(tmp_path, catalogue, sigma):
    values = numpy.random.default_rng(int(100 * sigma)).lognormal(0, sigma, RUNS * 200)
    path = tickets(tmp_path / "t.parquet", RUNS, 200, handle_seconds=values)
    assert 0.93 <= held(ask(path, "own_mean", catalogue, by="group"), numpy.exp(sigma**2 / 2)) <= 0.97


@pytest.mark.parametrize("n", [20, 51, 200])
@pytest.mark.parametrize("name, quantile", [("own_median", 0.0), ("own_p90", 1.2815515655446004)])
def test_the_interval_of_a_quantile_holds_it_in_at_least_95_of_100_cases(tmp_path, catalogue, name, quantile, n):
    values = numpy.random.default_rng(n).lognormal(5, 1, RUNS * n)
    path = tickets(tmp_path / "t.parquet", RUNS, n, handle_seconds=values)
    noise = 2 * (0.95 * 0.05 / RUNS) ** 0.5  # of the simulation itself
    assert held(ask(path, name, catalogue, by="group"), numpy.exp(5 + quantile)) >= 0.95 - noise


@pytest.mark.parametrize("promoters, detractors", [(0.05, 0.05), (0.9, 0.05), (0.05, 0.9), (0.5, 0.2), (0.3, 0.3)])
def test_the_interval_of_an_nps_holds_it_in_92_to_98_of_100_cases(tmp_path, promoters, detractors):
    draw = numpy.random.default_rng(int(1000 * promoters)).random(RUNS * 50)
    scores = numpy.where(draw < promoters, 10, numpy.where(draw < promoters + detractors, 3, 8))
    report = ask(surveys(tmp_path / "s.parquet", RUNS, 50, scores), "nps", by="group")
    assert 0.92 <= held(report, 100 * (promoters - detractors)) <= 0.98


def surveys(path: Path, runs: int, n: int, scores: numpy.ndarray, **more: list[datetime]) -> str:
    pl.DataFrame(
        {
            "survey_id": numpy.arange(runs * n).astype(str),
            "answered_at": [datetime(2024, 1, 2, tzinfo=UTC)] * (runs * n),
            "group": numpy.repeat(numpy.arange(runs), n).astype(str),
            "kind": ["nps"] * (runs * n),
            "score": scores,
            "scale_min": numpy.zeros(runs * n),
            "scale_max": numpy.full(runs * n, 10.0),
            **more,
        }
    ).write_parquet(path)
    return str(path)


def months(n: int, runs: int = COMPARISONS) -> list[datetime]:
    """Half of each group's rows in January, half in February, and one row of March, for the months to be whole."""
    dates = [datetime(2024, 1 + (place % n >= n // 2), 1 + place % 28, tzinfo=UTC) for place in range(n * runs)]
    dates[-1] = datetime(2024, 3, 2, tzinfo=UTC)
    return dates


def called(report, metric: str) -> float:
    february = (pl.col("period") == datetime(2024, 2, 1)) & ~pl.col("total") & (pl.col("metric") == metric)
    told = report.result.frame.filter(february).drop_nulls("signal")
    assert told.height >= 0.95 * COMPARISONS
    return told["signal"].mean()


@pytest.mark.parametrize("n", [60, 300])
@pytest.mark.parametrize("name", ["mean", "median", "p90", "sum", "share", "ratio", "survival_median"])
def test_where_nothing_changed_at_most_6_of_100_changes_are_called_signals(tmp_path, catalogue, name, n):
    if name == "p90" and n == 60:
        n = 120  # under 36 rows a p90 has no upper limit, and no test
    random = numpy.random.default_rng(n)
    size, created = COMPARISONS * n, months(n)
    seconds = random.lognormal(4, 1, size)
    path = tickets(
        tmp_path / "t.parquet", COMPARISONS, n, handle_seconds=seconds, created_at=created,
        agent_replies=random.integers(1, 6, size), status=numpy.full(size, "solved"),
        solved_at=pl.Series(created) + pl.Series((seconds * 1e6).astype(int)).cast(pl.Duration("us")),
    )  # fmt: skip
    assert called(ask(path, f"own_{name}", catalogue, by="group", grain="month"), f"own_{name}") <= 0.06


@pytest.mark.parametrize("name", ["mean", "median", "p90"])
@pytest.mark.parametrize("kind", ["two values", "whole minutes"])
def test_where_nothing_changed_at_most_6_of_100_changes_of_whole_numbers_are_called_signals(
    tmp_path, catalogue, name, kind
):
    random, n, size = numpy.random.default_rng(5), 120, COMPARISONS * 120
    values = random.integers(1, 3, size) if kind == "two values" else numpy.ceil(random.lognormal(1, 1, size))
    path = tickets(tmp_path / "t.parquet", COMPARISONS, n, handle_seconds=values.astype(float), created_at=months(n))
    assert called(ask(path, f"own_{name}", catalogue, by="group", grain="month"), f"own_{name}") <= 0.06


@pytest.mark.parametrize("few", ["first", "last"])
@pytest.mark.parametrize("name", ["mean", "median", "share", "ratio"])
def test_where_nothing_changed_at_most_6_of_100_changes_from_or_to_few_rows_are_called_signals(
    tmp_path, catalogue, name, few
):
    """20 rows against 300, of values of which one in fifty is great."""
    random, n = numpy.random.default_rng(6), 320
    size, in_january = COMPARISONS * n, 20 if few == "first" else 300
    created = [datetime(2024, 1 + (place % n >= in_january), 1 + place % 28, tzinfo=UTC) for place in range(size)]
    created[-1] = datetime(2024, 3, 2, tzinfo=UTC)
    values = random.lognormal(4, 1, size) + 10_000 * (random.random(size) < 0.02)
    path = tickets(
        tmp_path / "t.parquet", COMPARISONS, n, handle_seconds=values, agent_replies=random.integers(1, 6, size),
        created_at=created,
    )  # fmt: skip
    assert called(ask(path, f"own_{name}", catalogue, by="group", grain="month"), f"own_{name}") <= 0.06


def test_where_nothing_changed_at_most_6_of_100_changes_of_an_nps_are_called_signals(tmp_path):
    scores = numpy.random.default_rng(1).choice([10, 8, 3], COMPARISONS * 100, p=[0.5, 0.3, 0.2])
    path = surveys(tmp_path / "s.parquet", COMPARISONS, 100, scores, answered_at=months(100))
    assert called(ask(path, "nps", by="group", grain="month"), "nps") <= 0.06


def test_where_nothing_changed_at_most_6_of_100_changes_of_a_count_are_called_signals(tmp_path, catalogue):
    """January has 31 days and February 29: at one rate they differ by more than nothing."""
    random = numpy.random.default_rng(3)
    counts = [random.poisson(2.0 * days, COMPARISONS) for days in (31, 29)]
    groups = numpy.concatenate([numpy.repeat(numpy.arange(COMPARISONS), each) for each in counts]).astype(str)
    created = [datetime(2024, 1 + later, 2, tzinfo=UTC) for later in (0, 1) for _ in range(counts[later].sum())]
    created[-1] = datetime(2024, 3, 2, tzinfo=UTC)
    created[0] = datetime(2024, 1, 1, tzinfo=UTC)
    path = tickets(tmp_path / "t.parquet", 1, len(groups), group=groups, created_at=created)
    assert called(ask(path, "own_count", catalogue, by="group", grain="month"), "own_count") <= 0.06


def test_where_nothing_changed_at_most_6_of_100_changes_of_a_stock_are_called_signals(tmp_path):
    """Tickets come at one rate, from months before, and stay ten days on average: the stock only wavers."""
    random = numpy.random.default_rng(4)
    runs, rate, days = COMPARISONS, 1.5, 153
    counts = random.poisson(rate * days, runs)
    start = datetime(2023, 10, 1, tzinfo=UTC)
    day = pl.Series(random.random(counts.sum()) * days)
    created = pl.select(
        (pl.lit(start) + (day * 86400e6).cast(pl.Int64).cast(pl.Duration("us"))).alias("at")
    ).to_series()
    stays = pl.Series((random.exponential(10, counts.sum()) * 86400e6).astype(int)).cast(pl.Duration("us"))
    groups = numpy.repeat(numpy.arange(runs), counts).astype(str)
    frame = pl.DataFrame({"ticket_id": numpy.arange(counts.sum()).astype(str), "created_at": created, "group": groups,
                          "solved_at": created + stays})  # fmt: skip
    as_of = datetime(2024, 3, 2, tzinfo=UTC)
    known = frame.with_columns(
        solved_at=pl.when(pl.col("solved_at") <= as_of).then("solved_at"),
        status=pl.when(pl.col("solved_at") <= as_of).then(pl.lit("solved")).otherwise(pl.lit("open")),
    )
    known.write_parquet(tmp_path / "t.parquet")
    report = ask(str(tmp_path / "t.parquet"), "backlog", by="group", grain="month")
    assert called(report, "backlog") <= 0.06
