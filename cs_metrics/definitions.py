"""Metric definitions: YAML files in, frozen objects out, and every problem of every file at once.

The name of a metric is the name of its file, its topic the name of the folder. The keys are those of `MetricKeys`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from cs_metrics import metric_checks, yamlfile
from cs_metrics.aggregations import AGGREGATIONS, GATHERED_KEYS, Aggregation, Word
from cs_metrics.entities import FLAG, FRAMES
from cs_metrics.errors import DefinitionError, Problem, did_you_mean
from cs_metrics.expressions import ColumnAt, ExpressionError, RowExpression, names_in, parse, resolve
from cs_metrics.metric_keys import Better, Kpi, MetricKeys, Unit

_SPAN = re.compile(r"^(\d+)\s*(s|min|h|d|w)$")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True)
class Example:
    """Rows as in a file in common columns, and the figure that they must give; `beside` are rows of other frames.

    Of a metric on a computed frame they are rows of the frame that it is computed from. `since`, `calendar` and `sla`
    are those of the question.
    """

    rows: Sequence[Mapping[str, Any]]
    expect: Mapping[str, float | None]
    beside: Mapping[str, Sequence[Mapping[str, Any]]]
    since: str | None = None
    calendar: str | None = None
    sla: str | None = None


@dataclass(frozen=True)
class Metric:
    """One KPI: what is counted, on which date, how it is gathered.

    `parts` are the metrics that a derived one is made of (and then `frame`, `dates` and `agg` are empty). `uniform`
    names columns that must hold one value over all rows, such as the ends of a rating scale. A stock's age counts from
    `since`. `counts_open_of` is the metric that a survival one tells with the open rows counted in. Below `min_n` rows
    a figure is no more than a hint.
    """

    name: str
    topic: str
    path: Path
    label: str
    meaning: str
    unit: Unit
    better: Better
    frame: str = ""
    dates: tuple[str, ...] = ()
    until: str | None = None
    since: str | None = None
    older_than: timedelta | None = None
    younger_than: timedelta | None = None
    where: RowExpression | None = None
    value: RowExpression | None = None
    agg: Word = "count"
    numerator: RowExpression | None = None
    denominator: RowExpression | None = None
    derived: str | None = None
    parts: tuple[str, ...] = ()
    ripens: timedelta = timedelta(0)
    uniform: tuple[str, ...] = ()
    kpi: Kpi = False
    compared: bool = True
    min_n: int = 15
    beside: tuple[str, ...] = ()
    dialect_of: str | None = None
    dialect: str | None = None
    counts_open_of: str | None = None
    example: Example | None = field(default=None, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)

    @property
    def gathering(self) -> Aggregation:
        """What follows from `agg`."""
        return AGGREGATIONS[self.agg]

    @property
    def is_stock(self) -> bool:
        """Whether it is told at a period's end, of what is there then."""
        return self.gathering.is_stock

    @property
    def is_wait(self) -> bool:
        """Whether its values are spans of time that begin at its date: the longer one is, the later it is known."""
        births = {"created_at", "asked_at", "sent_at", "started_at", "posted_at"}
        is_span = self.unit == "duration" and self.value is not None and not self.is_stock
        return is_span and not self.ripens and all(name.rpartition(".")[2] in births for name in self.dates)

    @property
    def ends(self) -> tuple[str, ...]:
        """The instants beside the dates without which it cannot be told."""
        return tuple(name for name in (self.until, self.since) if name is not None)

    @property
    def measures(self) -> tuple[RowExpression, ...]:
        """What is computed of each row: the value, or numerator and denominator of a ratio."""
        return tuple(expr for expr in (self.value, self.numerator, self.denominator) if expr is not None)

    @cached_property
    def columns(self) -> Mapping[str, ColumnAt]:
        """Every column that the metric names, the dates included."""
        names = {name: resolve(self.frame, name) for name in (*self.dates, *self.uniform, *self.ends)}
        for expr in (*self.measures, *([self.where] if self.where else [])):
            names |= expr.columns
        return names


def load_metric(path: Path, proven: bool = False) -> Metric:
    """One metric file. Raises `DefinitionError` with all its problems."""
    raw = yamlfile.load(path)
    try:
        keys = msgspec.convert(raw, MetricKeys)
    except msgspec.ValidationError:  # the first problem only: look at every key for all of them
        raise DefinitionError(yamlfile.key_problems(raw, MetricKeys, path)) from None
    if keys.derived is not None:
        return _derived(keys, raw, path)
    return _direct(keys, raw, path, proven)


def parse_span(text: str) -> timedelta:
    """`14d`, `2w`, `30min` → a span of time. Raises `ValueError`."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a span of time; write 30min, 4h, 7d or 2w")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def _derived(keys: MetricKeys, raw: yamlfile.Mapping, path: Path) -> Metric:
    needless = [key for key in ("frame", "date", "where", "agg", *GATHERED_KEYS) if key in raw]
    problems = [Problem(str(path), raw.lines[key], f"a derived metric has no '{key}'") for key in needless]
    text = str(keys.derived)
    names: tuple[str, ...] = ()
    try:
        names = names_in(text)
        pl.LazyFrame(schema=dict.fromkeys(names, pl.Float64)).select(pl.sql_expr(text)).collect_schema()
    except (ExpressionError, pl.exceptions.PolarsError) as error:
        problems.append(Problem(str(path), raw.lines["derived"], f"derived: '{text}' cannot be read: {error}"))
    if problems:
        raise DefinitionError(problems)
    return Metric(**_common(keys, raw, path), derived=text, parts=names)


@dataclass
class _Reading:
    """The keys of a metric on one frame as they are read, with what is wrong with them."""

    keys: MetricKeys
    raw: yamlfile.Mapping
    path: Path
    frame: str
    proven: bool
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, key: str, message: str) -> None:
        """Notes what is wrong, at the line of the key."""
        self.problems.append(Problem(str(self.path), self.raw.lines.get(key, 1), message))

    def expression(self, key: str) -> RowExpression | None:
        """The row-level SQL under a key."""
        text = getattr(self.keys, key)
        try:
            return parse(text, self.frame, self.proven) if text is not None else None
        except ExpressionError as error:
            self.wrong(key, f"{key}: {error}")
            return None

    def span(self, key: str) -> timedelta | None:
        """The span of time under a key."""
        text = getattr(self.keys, key)
        try:
            return parse_span(text) if text else None
        except ValueError as error:
            self.wrong(key, f"{key}: {error}")
            return None


def _direct(keys: MetricKeys, raw: yamlfile.Mapping, path: Path, proven: bool) -> Metric:
    read = _Reading(keys, raw, path, keys.frame or "", proven)
    frame, agg = read.frame, keys.agg
    if keys.frame is None:
        read.wrong("frame", "the key 'frame' is missing")
    elif frame not in FRAMES:
        read.wrong("frame", f"frame: '{frame}' is none of {', '.join(FRAMES)}.{did_you_mean(frame, FRAMES)}")
    elif agg is None:
        read.wrong("agg", "the key 'agg' is missing (or 'derived')")
    if read.problems or agg is None:  # without these nothing else can be judged
        raise DefinitionError(read.problems)
    metric = Metric(
        **_common(keys, raw, path),
        frame=frame,
        dates=tuple([keys.date] if isinstance(keys.date, str) else keys.date or ()),
        until=keys.until,
        since=keys.since,
        older_than=read.span("older_than"),
        younger_than=read.span("younger_than"),
        where=read.expression("where"),
        value=read.expression("value"),
        agg=agg,
        numerator=read.expression("numerator"),
        denominator=read.expression("denominator"),
        ripens=read.span("ripens") or timedelta(0),
        uniform=tuple(keys.uniform),
    )
    for key, message in _misfits(metric, keys, raw):
        read.wrong(key, message)
    if read.problems:
        raise DefinitionError(read.problems)
    return metric


def _misfits(metric: Metric, keys: MetricKeys, raw: yamlfile.Mapping) -> Iterator[metric_checks.Finding]:
    """What does not go together in a metric whose keys can be read one by one."""
    if not metric.dates:
        yield "date", "the key 'date' is missing: which date puts a row into a period?"
    if metric.where is not None and metric.where.dtype != FLAG:
        yield "where", f"where: '{keys.where}' is not a condition"
    yield from metric_checks.gathering(metric.agg, {key for key in raw if raw[key] is not None})
    yield from metric_checks.ages(metric.since, metric.older_than, metric.younger_than)
    for key, names in (("date", metric.dates), ("until", [metric.until]), ("since", [metric.since])):
        yield from metric_checks.instants(key, [name for name in names if name], metric.frame)
    for key in ("value", "numerator", "denominator"):
        if (expr := getattr(metric, key)) is not None:
            yield from metric_checks.measure(key, expr, metric.agg)
    if keys.example is not None:
        yield from metric_checks.example(keys.example.rows, metric.frame)


def _common(keys: MetricKeys, raw: yamlfile.Mapping, path: Path) -> dict[str, Any]:
    return {
        "name": path.stem,
        "topic": path.parent.name,
        "path": path,
        "lines": raw.lines,
        "label": keys.label,
        "meaning": keys.meaning.strip(),
        "unit": keys.unit,
        "better": keys.better,
        "kpi": keys.kpi,
        "compared": keys.compared,
        "min_n": keys.min_n,
        "beside": tuple(keys.beside),
        "dialect_of": keys.dialect_of,
        "dialect": keys.dialect,
        "counts_open_of": keys.counts_open_of,
        "example": keys.example and Example(**msgspec.structs.asdict(keys.example)),
    }
