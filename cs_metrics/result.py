"""A report's answer: one long frame, and what it stands on. Writers know this and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import polars as pl

from cs_metrics.entities import INTEGER, NUMBER, TEXT

# The columns of Result.frame around the by-columns, in their order.
BEFORE_BY = {
    "metric": TEXT,
    "grain": TEXT,
    "period": pl.Date(),
    "period_end": pl.Date(),
    "complete": pl.Boolean(),
    "total": pl.Boolean(),
}
AFTER_BY = {
    "value": NUMBER,
    "n": INTEGER,
    "of": INTEGER,
    "low": NUMBER,
    "high": NUMBER,
    "previous": NUMBER,
    "change": NUMBER,
    "change_low": NUMBER,
    "change_high": NUMBER,
    "signal": pl.Boolean(),
    "target": NUMBER,
    "met": pl.Boolean(),
    "note": TEXT,
}

COMPONENTS = {"numerator": NUMBER, "denominator": NUMBER, "sum": NUMBER, "sum_squares": NUMBER}


@dataclass(frozen=True)
class Note:
    """Something the reader of a number should know; `code` is stable, `text` is for people."""

    code: str
    text: str
    count: int | None = None


@dataclass(frozen=True)
class Missing:
    """A metric that these files cannot answer, and the columns (or rows) that it would need."""

    metric: str
    label: str
    needs: tuple[str, ...]
    reason: str = ""

    def __str__(self) -> str:
        return self.reason or f"needs {', '.join(self.needs)}"


@dataclass(frozen=True)
class MetricInfo:
    """What a writer must know of a metric."""

    label: str
    meaning: str
    unit: str
    better: str
    topic: str
    frame: str | None
    date: str | None
    interval: str = "none"
    min_n: int = 0
    agg: str | None = None
    dialect_of: str | None = None
    dialect: str | None = None


@dataclass(frozen=True)
class Rule:
    """What one metric says of a KPI over the whole stretch; the value is null where it has none."""

    metric: str
    label: str
    dialect: str | None
    unit: str
    value: float | None


@dataclass(frozen=True)
class Spread:
    """A KPI by several rules: `low` and `high` are the least and the greatest figure of those in its own unit.

    `missing` says why a rule cannot be told, by metric.
    """

    metric: str
    label: str
    unit: str
    low: float | None
    high: float | None
    rules: tuple[Rule, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True)
class Bin:
    """From `lower` to `upper`, null where it is open; where both are the same, that value alone."""

    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class DistributionPart:
    """The values of one by-value (of all, if `by` is empty): how many in each bin, how many `beyond` the target."""

    by: Mapping[str, Any]
    n: int
    percentiles: Mapping[str, float | None]
    beyond: int | None
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Benchmark:
    """A published figure about a metric, in the metric's unit, and where it is from.

    `dialect` is whose rule it follows, none where it is the KPI's own; `told_by` is the metric that tells it, and where
    there is none `definition` says what it is.
    `statistic` is a word for `agg`, `trust` how far its method is known, `published` a URL or a publication. `refused`
    says why it is no figure to be measured by; empty where the definitions are the same.
    """

    metric: str
    label: str
    unit: str
    dialect: str | None
    told_by: str | None
    definition: str | None
    statistic: str
    value: float
    population: str
    n: int | None
    title: str
    source: str
    year: int
    trust: str
    published: str
    refused: str = ""


@dataclass(frozen=True)
class Source:
    """One file: who read it, what it covers, and the account of its rows by frame."""

    path: str
    source: str
    reader: str
    title: str
    shape: str
    as_of: datetime | None
    covers_from: datetime | None
    frames: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Result:
    """`frame` is long: metric · grain · period · … · by-columns · value · n · of · … · note. The rest explains it.

    `by` are the names of the by-columns; `question` is what was asked, as JSON shows it; `targeted` are the metrics
    asked for that have a target. With components asked for, `frame` has those of COMPONENTS as well. `spreads` are
    there where a KPI was asked for by several rules; `benchmarks` are null where nobody asked for them.
    """

    frame: pl.DataFrame
    by: tuple[str, ...]
    question: Mapping[str, Any]
    sources: Sequence[Source]
    metrics: Mapping[str, MetricInfo]
    topics: Mapping[str, str]
    missing: Sequence[Missing] = ()
    notes: Sequence[Note] = field(default_factory=list)
    targeted: Collection[str] = ()
    spreads: Sequence[Spread] = ()
    benchmarks: Sequence[Benchmark] | None = None

    def misses(self) -> pl.DataFrame:
        """The figures of whole periods of the grain asked for that do not meet their target."""
        is_asked = pl.col("grain") == self.question["grain"]
        is_whole = (pl.col("grain") == "all") | pl.col("complete")
        return self.frame.filter(is_asked & is_whole & ~pl.col("met"))

    @property
    def extra(self) -> list[str]:
        """The columns of `frame` behind the usual ones: components, where they were asked for."""
        return [name for name in self.frame.columns if name in COMPONENTS]


@dataclass(frozen=True)
class Distribution:
    """How the values behind a metric's number are spread over `bins`, rising; the last part is that of all rows.

    `unit` is that of one value: of an NPS, whose figure is in points, the answers are scores.

    `closed` says on which side a bin holds its limit: `right` is lower < value ≤ upper. `result` is the metric's figure
    with what it stands on. What is `beyond` the target misses it: greater, or less where more is better.
    """

    result: Result
    metric: str
    info: MetricInfo
    unit: str
    bins: tuple[Bin, ...]
    closed: Literal["left", "right"]
    target: float | None
    parts: tuple[DistributionPart, ...]
