"""A metric's example is its test, its documentation and its proof of meaning: this puts it to the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from cs_metrics.calendars import BusinessHours, find_calendar
from cs_metrics.catalogue import Catalogue
from cs_metrics.definitions import Metric
from cs_metrics.entities import FRAMES, TEXT
from cs_metrics.errors import CsMetricsError
from cs_metrics.question import Question
from cs_metrics.readers import FilePart, Input, all_readers
from cs_metrics.readers._csv import NONE_MALFORMED, ROW, Stage, staged
from cs_metrics.report import build
from cs_metrics.shipped import configs_folder
from cs_metrics.sla import find_sla

_LATER_THAN_ANY_EXAMPLE = datetime(2100, 1, 1, tzinfo=UTC)
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Outcome:
    """What an example expects and what the engine gives; `problem` says in a sentence why the two differ."""

    expected: Mapping[str, float | None]
    found: Mapping[str, float | None]
    problem: str | None


def run_example(metric: Metric, catalogue: Catalogue) -> Outcome:
    """Computes a metric on its example's rows, whose cells are read like those of a file in common columns."""
    example = metric.example
    if example is None:
        return Outcome({}, {}, "the example is missing")
    frame = metric.frame or catalogue.metrics[metric.parts[0]].frame
    rows = {(FRAMES[frame].made_of or (frame,))[0]: example.rows, **example.beside}
    shipped = [configs_folder()]
    calendar = find_calendar(example.calendar, shipped, "UTC") if example.calendar else None
    question = Question(
        now=_LATER_THAN_ANY_EXAMPLE,
        metrics=(metric.name,),
        since=example.since,
        hours=BusinessHours((calendar,)) if calendar else None,
        sla=find_sla(example.sla, shipped) if example.sla else None,
    )
    alone = catalogue.with_metric(metric)
    try:
        result = build([_part(name, listed) for name, listed in rows.items()], question, alone).result
    except CsMetricsError as error:
        return Outcome(example.expect, {}, f"the example cannot be computed: {error}")
    if result.missing:
        return Outcome(example.expect, {}, f"the example cannot be computed: {result.missing[0]}")
    found = result.frame.select("value", "n", "of").row(0, named=True)
    wrong = [
        f"{name} is {found.get(name)}, the example expects {expected}"
        for name, expected in example.expect.items()
        if not _equal(found.get(name), expected)
    ]
    return Outcome(example.expect, found, "; ".join(wrong) or None)


def _equal(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) <= _TOLERANCE * max(1.0, abs(expected))


def _part(frame: str, rows: Sequence[Mapping[str, Any]]) -> FilePart:
    """The rows as if a file in common columns had held them."""
    shape = next(s for s in all_readers()["common"].shapes if s.kind == "csv" and frame in s.frames)
    item = Input(Path("example"), "the example")
    return FilePart(item, "common", shape, _ExampleTable(item, rows), "example")


class _ExampleTable:
    """A few rows with the same face as a file."""

    def __init__(self, item: Input, rows: Sequence[Mapping[str, Any]]) -> None:
        self.item = item
        self.headers = tuple(dict.fromkeys(name for row in rows for name in row))
        columns = {name: [_cell(row.get(name)) for row in rows] for name in self.headers}
        self.sample = pl.DataFrame(columns, schema=dict.fromkeys(self.headers, TEXT))
        self.malformed = NONE_MALFORMED

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame:
        """The last stage's columns of every row (that meets `where`)."""
        rows = self.sample.with_row_index(ROW, 1).with_columns(pl.col(ROW).cast(pl.Int64))
        return staged(rows.lazy(), stages, where).collect()


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
