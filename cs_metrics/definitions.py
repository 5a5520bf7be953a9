"""Metric definitions: YAML files in, frozen objects out, and every problem of every file at once.

The name of a metric is the name of its file, its topic the name of the folder. The keys are those of `_Keys`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, get_args

import msgspec
import polars as pl

from cs_metrics import yamlfile
from cs_metrics.entities import FLAG, FRAMES, INSTANT
from cs_metrics.errors import DefinitionError, Problem, did_you_mean
from cs_metrics.expressions import ColumnAt, ExpressionError, RowExpression, names_in, parse, resolve

Aggregation = Literal[
    "count", "count_distinct", "sum", "mean", "median", "p75", "p90", "p95", "p99", "min", "max", "share", "nps",
    "ratio", "stock",
]  # fmt: skip
Unit = Literal["duration", "share", "count", "points", "score", "ratio", "money"]
Better = Literal["lower", "higher", "neither"]
NUMERIC_AGGREGATIONS = frozenset(get_args(Aggregation)) - {"count", "count_distinct", "share", "stock"}
_SPAN = re.compile(r"^(\d+)\s*(s|min|h|d|w)$")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}


class _Example(msgspec.Struct, forbid_unknown_fields=True):
    rows: list[dict[str, str | int | float | bool | None]]
    expect: dict[str, float | int | None]
    beside: dict[str, list[dict[str, str | int | float | bool | None]]] = {}


class _Keys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of a metric file."""

    label: str
    meaning: str
    unit: Unit
    better: Better
    frame: str | None = None
    date: str | list[str] | None = None
    until: str | None = None
    where: str | None = None
    value: str | None = None
    agg: Aggregation | None = None
    numerator: str | None = None
    denominator: str | None = None
    derived: str | None = None
    ripens: str | None = None
    uniform: list[str] = []
    kpi: bool = False
    compared: bool = True
    beside: list[str] = []
    dialect_of: str | None = None
    dialect: str | None = None
    example: _Example | None = None


@dataclass(frozen=True)
class Example:
    """Rows as in a file in common columns, and the figure that they must give; `beside` are rows of other frames."""

    rows: Sequence[Mapping[str, Any]]
    expect: Mapping[str, float | None]
    beside: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Metric:
    """One KPI: what is counted, on which date, how it is gathered.

    `parts` are the metrics that a derived one is made of (and then `frame`, `dates` and `agg` are empty). `uniform`
    names columns that must hold one value over all rows, such as the ends of a rating scale.
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
    where: RowExpression | None = None
    value: RowExpression | None = None
    agg: Aggregation = "count"
    numerator: RowExpression | None = None
    denominator: RowExpression | None = None
    derived: str | None = None
    parts: tuple[str, ...] = ()
    ripens: timedelta = timedelta(0)
    uniform: tuple[str, ...] = ()
    kpi: bool = False
    compared: bool = True
    beside: tuple[str, ...] = ()
    dialect_of: str | None = None
    dialect: str | None = None
    example: Example | None = field(default=None, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)

    @property
    def measures(self) -> tuple[RowExpression, ...]:
        """What is computed of each row: the value, or numerator and denominator of a ratio."""
        return tuple(expr for expr in (self.value, self.numerator, self.denominator) if expr is not None)

    @cached_property
    def columns(self) -> Mapping[str, ColumnAt]:
        """Every column that the metric names, the dates included."""
        names = {
            name: resolve(self.frame, name)
            for name in (*self.dates, *self.uniform, *([self.until] if self.until else []))
        }
        for expr in (*self.measures, *([self.where] if self.where else [])):
            names |= expr.columns
        return names


def load_metric(path: Path, proven: bool = False) -> Metric:
    """One metric file. Raises `DefinitionError` with all its problems."""
    raw = yamlfile.load(path)
    try:
        keys = msgspec.convert(raw, _Keys)
    except msgspec.ValidationError:  # the first problem only: look at every key for all of them
        raise DefinitionError(_key_problems(raw, path)) from None
    if keys.derived is not None:
        return _derived(keys, raw, path)
    return _direct(keys, raw, path, proven)


def parse_span(text: str) -> timedelta:
    """`14d`, `2w`, `30min` → a span of time. Raises `ValueError`."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a span of time; write 30min, 4h, 7d or 2w")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def _key_problems(raw: yamlfile.Mapping, path: Path) -> Iterator[Problem]:
    fields = {f.name: f for f in msgspec.structs.fields(_Keys)}
    for key, value in raw.items():
        line = raw.lines[key]
        if key not in fields:
            yield Problem(str(path), line, f"unknown key '{key}'.{did_you_mean(key, fields)}")
            continue
        try:
            msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError as error:
            yield Problem(str(path), line, f"{key}: {_plain(error, fields[key].type, value)}")
    for name, described in fields.items():
        if described.required and name not in raw:
            yield Problem(str(path), 1, f"the key '{name}' is missing")


def _plain(error: msgspec.ValidationError, wanted: Any, value: object) -> str:
    words = [word for word in get_args(wanted) if isinstance(word, str)] or [
        word for option in get_args(wanted) for word in get_args(option) if isinstance(word, str)
    ]
    if words:
        return f"'{value}' is none of {', '.join(words)}.{did_you_mean(str(value), words)}"
    return str(error)


def _derived(keys: _Keys, raw: yamlfile.Mapping, path: Path) -> Metric:
    needless = [
        key for key in ("frame", "date", "until", "where", "value", "agg", "numerator", "denominator") if key in raw
    ]
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


def _direct(keys: _Keys, raw: yamlfile.Mapping, path: Path, proven: bool) -> Metric:
    problems: list[Problem] = []

    def wrong(key: str, message: str) -> None:
        problems.append(Problem(str(path), raw.lines.get(key, 1), message))

    frame = keys.frame
    if frame is None:
        wrong("frame", "the key 'frame' is missing")
        raise DefinitionError(problems)
    if frame not in FRAMES:
        wrong("frame", f"frame: '{frame}' is none of {', '.join(FRAMES)}.{did_you_mean(frame, FRAMES)}")
        raise DefinitionError(problems)
    if keys.agg is None:
        wrong("agg", "the key 'agg' is missing (or 'derived')")
        raise DefinitionError(problems)

    def expression(key: str, text: str | None) -> RowExpression | None:
        if text is None:
            return None
        try:
            return parse(text, frame, proven)
        except ExpressionError as error:
            wrong(key, f"{key}: {error}")
            return None

    where, value = expression("where", keys.where), expression("value", keys.value)
    numerator, denominator = expression("numerator", keys.numerator), expression("denominator", keys.denominator)
    dates = tuple([keys.date] if isinstance(keys.date, str) else keys.date or ())
    if not dates:
        wrong("date", "the key 'date' is missing: which date puts a row into a period?")
    for key, names in (("date", dates), ("until", (keys.until,) if keys.until else ())):
        for name in names:
            try:
                if resolve(frame, name).dtype != INSTANT:
                    wrong(key, f"{key}: '{name}' is not a point in time")
            except ExpressionError as error:
                wrong(key, f"{key}: {error}")
    needed = {"ratio": ("numerator", "denominator"), "stock": ("until",), "count": ()}.get(keys.agg, ("value",))
    for key in needed:
        if raw.get(key) is None:
            wrong("agg", f"agg: {keys.agg} needs the key '{key}'")
    for key, expr in (("value", value), ("numerator", numerator), ("denominator", denominator)):
        if expr is not None:
            problems += _measure_problems(key, expr, keys.agg, raw, path)
    if where is not None and where.dtype != FLAG:
        wrong("where", f"where: '{keys.where}' is not a condition")
    try:
        ripens = parse_span(keys.ripens) if keys.ripens else timedelta(0)
    except ValueError as error:
        wrong("ripens", f"ripens: {error}")
    if keys.example is not None:
        for row in keys.example.rows:
            for name in row:
                if name not in FRAMES[frame].columns and not name.startswith("x_"):
                    hint = did_you_mean(name, FRAMES[frame].columns)
                    wrong("example", f"example: {frame} have no column '{name}'.{hint}")
    if problems:
        raise DefinitionError(problems)
    return Metric(
        **_common(keys, raw, path),
        frame=frame,
        dates=dates,
        until=keys.until,
        where=where,
        value=value,
        agg=keys.agg,
        numerator=numerator,
        denominator=denominator,
        ripens=ripens,
        uniform=tuple(keys.uniform),
    )


def _measure_problems(key: str, expr: RowExpression, agg: str, raw: yamlfile.Mapping, path: Path) -> Iterator[Problem]:
    line = raw.lines.get(key, 1)
    for name, column in expr.columns.items():
        if column.link:
            yield Problem(
                str(path), line, f"{key}: '{name}' is a column of {column.frame}; a metric measures its own rows"
            )
    if agg == "share" and expr.dtype != FLAG:
        yield Problem(str(path), line, f"{key}: '{expr.text}' is not true or false, as a share needs")
    if agg in NUMERIC_AGGREGATIONS and not expr.dtype.is_numeric():
        yield Problem(str(path), line, f"{key}: '{expr.text}' is not a number, as {agg} needs")


def _common(keys: _Keys, raw: yamlfile.Mapping, path: Path) -> dict[str, Any]:
    example = keys.example
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
        "beside": tuple(keys.beside),
        "dialect_of": keys.dialect_of,
        "dialect": keys.dialect,
        "example": example and Example(example.rows, cast("dict[str, float | None]", example.expect), example.beside),
    }
