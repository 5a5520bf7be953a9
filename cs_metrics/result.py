"""A report's answer: one long frame, and what it stands on. Writers know this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
    "signal": pl.Boolean(),
    "target": NUMBER,
    "met": pl.Boolean(),
    "note": TEXT,
}


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

    `by` are the names of the by-columns; `question` is what was asked, as JSON shows it.
    """

    frame: pl.DataFrame
    by: tuple[str, ...]
    question: Mapping[str, Any]
    sources: Sequence[Source]
    metrics: Mapping[str, MetricInfo]
    topics: Mapping[str, str]
    missing: Sequence[Missing] = ()
    notes: Sequence[Note] = field(default_factory=list)
