"""One SQL expression per row: checked, with our column names quoted, and turned into Polars.

`value` and `where` of a metric and `--where` are written in it. What looks at more than its own row (aggregates,
windows, subqueries) or at the clock is refused here, before any data is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import polars as pl

from cs_metrics.entities import CLOCK_COLUMNS, FRAMES, INSTANT, NUMBER, WEEKDAYS
from cs_metrics.errors import did_you_mean
from cs_metrics.sqltext import (
    TYPES,
    WORDS,
    ExpressionError,
    Token,
    bracketed,
    comparisons,
    forgiving,
    refuse,
    tokens_of,
)

__all__ = ["ColumnAt", "ExpressionError", "RowExpression", "names_in", "parse", "resolve"]


@dataclass(frozen=True)
class ColumnAt:
    """A name resolved: the frame that owns the column, its name there, and the link it is borrowed along, if any."""

    frame: str
    column: str
    link: str | None = None

    @property
    def dtype(self) -> pl.DataType:
        return CLOCK_COLUMNS.get(self.column) or FRAMES[self.frame].dtype(self.column)


@dataclass(frozen=True)
class RowExpression:
    """A checked expression on the rows of `frame`; `columns` are the names in it, each with where it comes from."""

    text: str
    frame: str
    sql: str
    columns: Mapping[str, ColumnAt]

    @cached_property
    def expr(self) -> pl.Expr:
        """The expression over columns called as they are written; the time between two instants as seconds.

        Raises `ExpressionError`.
        """
        span = self._as_written.dt.total_microseconds() / 1_000_000
        return span if isinstance(self._type_as_written, pl.Duration) else self._as_written

    @property
    def dtype(self) -> pl.DataType:
        """The type of its result, without reading any data. Raises `ExpressionError`."""
        return NUMBER if isinstance(self._type_as_written, pl.Duration) else self._type_as_written

    @cached_property
    def _as_written(self) -> pl.Expr:
        try:
            return pl.sql_expr(self.sql)
        except pl.exceptions.PolarsError as error:
            raise ExpressionError(f"'{self.text}' cannot be read: {_first_line(error)}") from None

    @cached_property
    def _type_as_written(self) -> pl.DataType:
        schema = {name: column.dtype for name, column in self.columns.items()}
        try:
            found = pl.LazyFrame(schema=schema).select(self._as_written.alias("_")).collect_schema()
        except pl.exceptions.PolarsError as error:
            raise ExpressionError(f"'{self.text}' does not fit its columns: {_first_line(error)}") from None
        if "_" not in found:
            raise ExpressionError(f"'{self.text}' is not one value per row")
        return found["_"]

    @property
    def is_row_by_row(self) -> bool:
        """The law, tried on a probe: of several rows together it gives what it gives of each alone."""
        if not self.columns:
            return True
        probe = pl.DataFrame({name: _probe(column.dtype) for name, column in self.columns.items()})
        value = self.expr.alias("_")
        try:
            together = probe.with_columns(value)["_"]
            alone = pl.concat(probe[place : place + 1].with_columns(value)["_"] for place in range(probe.height))
        except pl.exceptions.ShapeError:
            return False
        except pl.exceptions.PolarsError:
            return True  # a cast that the probe's words do not survive says nothing about rows
        return together.equals(alone, null_equal=True)


def resolve(frame: str, name: str) -> ColumnAt:
    """Where a column name leads from a frame: its own column, a clock column, an extra one, or one along a link.

    A frame's own column wins; `ticket.group` asks for the borrowed one. Raises `ExpressionError` with the nearest name.
    """
    own = FRAMES[frame]
    if name in own.columns or name in own.derived:
        return ColumnAt(frame, name)
    if name in CLOCK_COLUMNS or name.startswith("x_"):
        return ColumnAt(frame, name)
    prefix, dot, rest = name.partition(".")
    for link, (target, _) in own.links.items():
        there = FRAMES[target]
        if dot and link == prefix and (rest in there.columns or rest in there.derived or rest.startswith("x_")):
            return ColumnAt(target, rest, link)
        if not dot and (name in there.columns or name in there.derived):
            return ColumnAt(target, name, link)
    known = [*own.columns, *own.derived, *CLOCK_COLUMNS, *(c for t, _ in own.links.values() for c in FRAMES[t].columns)]
    raise ExpressionError(f"{frame} have no column '{name}'.{did_you_mean(name, known)}")


def parse(text: str, frame: str, proven: bool = False) -> RowExpression:
    """A checked expression. Raises `ExpressionError` in words for the person who wrote it.

    `proven` spares the trial on sample rows: the tests have made it for what is shipped.
    """
    tokens = tokens_of(text)
    refuse(tokens, text)
    columns: dict[str, ColumnAt] = {}
    sql = []
    for place, (kind, token) in enumerate(tokens):
        if kind == "quoted" or (kind == "name" and _is_column(tokens, place, frame)):
            name = token[1:-1] if kind == "quoted" else token
            columns[name] = resolve(frame, name)
            token = f'"{name}"'
        elif kind == "number" and not token.isdecimal():
            token = f"{token}::DOUBLE"  # Polars reads 1.5 as a Decimal: few digits, and an error on a division by zero
        sql.append(token)
    _check_words(tokens, columns)
    parsed = RowExpression(text, frame, " ".join(bracketed(forgiving(sql))), columns)
    _ = parsed.dtype
    if not proven and not parsed.is_row_by_row:
        raise ExpressionError(
            f"'{text}' looks at more than one row; an expression is about one, and `agg` gathers them"
        )
    return parsed


def names_in(text: str) -> tuple[str, ...]:
    """The names in an expression over names that are no columns; refuses what `parse` refuses."""
    tokens = tokens_of(text)
    refuse(tokens, text)
    following = [*(token for _, token in tokens[1:]), ""]
    names = (token for (kind, token), after in zip(tokens, following, strict=True) if kind == "name" and after != "(")
    return tuple(dict.fromkeys(name for name in names if name.upper() not in WORDS | TYPES))


def _is_column(tokens: list[Token], place: int, frame: str) -> bool:
    token, upper = tokens[place][1], tokens[place][1].upper()
    following = tokens[place + 1] if place + 1 < len(tokens) else ("", "")
    before = tokens[place - 1][1].upper() if place else ""
    if before in ("::", "AS") and upper in TYPES:
        return False
    if following[1] == "(" and upper != "IN" and upper not in WORDS:
        return False  # a function
    if upper in ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL") and following[0] == "text":
        return False
    own = FRAMES[frame]
    return token in own.columns or token in own.derived or token in CLOCK_COLUMNS or upper not in WORDS


def _check_words(tokens: list[Token], columns: Mapping[str, ColumnAt]) -> None:
    """A word compared with a column of closed vocabulary must be one of its words: a typo would match nothing."""
    for column, literal in comparisons(tokens):
        at = columns.get(column)
        declared = FRAMES[at.frame].columns.get(at.column) if at else None
        known_words = WEEKDAYS if at and at.column == "weekday" else declared.words if declared else ()
        word = literal[1:-1].replace("''", "'")
        if not known_words or word in known_words:
            continue
        vendor = f" For the helpdesk's own words use vendor_{column}." if column in ("status", "priority") else ""
        known = ", ".join(known_words)
        raise ExpressionError(f"'{word}' is not a {column} here ({known}).{did_you_mean(word, known_words)}{vendor}")


def _probe(dtype: pl.DataType) -> pl.Series:
    """Two different values of a type."""
    if dtype == INSTANT or dtype == pl.Date:
        return pl.Series([datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 3, 4, tzinfo=UTC)]).cast(dtype)
    if isinstance(dtype, pl.List):
        return pl.Series([["1"], ["1", "2"]], dtype=dtype)
    if dtype == pl.Boolean:
        return pl.Series([True, False])
    return pl.Series(["1", "2"] if dtype == pl.String else [1, 2], dtype=dtype)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
