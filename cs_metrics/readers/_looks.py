"""Looking at a file: the first time everything is converted in one pass, and rows with something unread are marked.

Only where there are such rows does a second look fetch them, to say which cell of which row it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import polars as pl

from cs_metrics.readers._cells import text
from cs_metrics.readers._csv import ROW, Stage
from cs_metrics.readers._files import Input
from cs_metrics.readers._json import JsonRows
from cs_metrics.readers._plan import PLACE, Bound, Plan

SUSPECT, _FLAGS, _BLANK = "__suspect", "__flags", "__blank"


class Table(Protocol):
    """A file as text columns: what `CsvTable`, `JsonTable` and `ParquetTable` have in common."""

    item: Input
    malformed: pl.DataFrame

    @property
    def headers(self) -> tuple[str, ...]: ...

    @property
    def sample(self) -> pl.DataFrame: ...

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame: ...


def first_look(table: Table, plans: Mapping[str, Plan]) -> pl.DataFrame:
    """Every result of every row, and whether something in the row was not read (`SUSPECT`)."""
    flags = [flag for plan in plans.values() for flag in plan.suspicions()] or [pl.lit(False)]
    results = [*_once(plan.results() for plan in plans.values()), pl.any_horizontal(flags).alias(SUSPECT)]
    return table.collect(*_texts_and_values(plans), results, numbered=_numbered(plans))


def second_look(
    table: Table, plans: Mapping[str, Plan], slow: Mapping[str, Plan], file: str
) -> tuple[pl.DataFrame, int, bool]:
    """(cells and rows not read, number of blank lines, whether the thorough converters read more than the fast)."""
    flags = [flag for plan in plans.values() for flag in plan.suspicions()]
    marks = [pl.sum_horizontal(flags).alias(_FLAGS), _is_blank(table).alias(_BLANK)]
    texts, values = _texts_and_values(slow)
    columns = [pl.col(ROW, _FLAGS, _BLANK), *(pl.col(each.meta.output_name()) for each in texts), *values]
    stages = (*_texts_and_values(plans), marks, texts, columns)
    suspects = table.collect(*stages, where=pl.col(_FLAGS) > 0, numbered=True)
    rows = suspects.filter(~pl.col(_BLANK)).with_row_index(PLACE)
    rejects = pl.concat(plan.rejects(rows, file) for plan in slow.values())
    recovered = rejects.height < rows[_FLAGS].sum()
    # a cell that two columns are made of, such as a score and its verdict, is one cell
    once = rejects.unique(["frame", PLACE, "column"], keep="first", maintain_order=True).drop(PLACE)
    return once.sort("row", maintain_order=True), suspects.height - rows.height, recovered


def _is_blank(table: Table) -> pl.Expr:
    """Whether nothing stands in the row; what is a record of JSON is never that."""
    if isinstance(table, JsonRows):
        return pl.lit(False)
    return pl.all_horizontal(Bound(text(header), (header,)).text().is_null() for header in table.headers)


def headers_read(plans: Iterable[Plan]) -> list[str]:
    """The headers that these plans read."""
    every = (header for plan in plans for bound in plan.cells.values() for header in bound.headers)
    return [*dict.fromkeys(every)]


def _texts_and_values(plans: Mapping[str, Plan]) -> tuple[list[pl.Expr], list[pl.Expr]]:
    return _once(plan.texts() for plan in plans.values()), _once(plan.values() for plan in plans.values())


def _once(several: Iterable[list[pl.Expr]]) -> list[pl.Expr]:
    """Of equally named expressions, which are equal, the first."""
    named: dict[str, pl.Expr] = {}
    for expressions in several:
        for expression in expressions:
            named.setdefault(expression.meta.output_name(), expression)
    return list(named.values())


def _numbered(plans: Mapping[str, Plan]) -> bool:
    return any(bound.cell.is_row_number for plan in plans.values() for bound in plan.cells.values())
