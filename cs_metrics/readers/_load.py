"""One file, seen through one shape: which columns it has, and its frames with an account of every row and cell.

A first look converts everything in one pass and marks the rows in which something was not read. Only where there are
such rows does a second look fetch them, to say which cell of which row it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import polars as pl

from cs_metrics.entities import FRAMES, TEXT
from cs_metrics.readers._base import Cell, Columns, Formula, Shape
from cs_metrics.readers._cells import text, unknown
from cs_metrics.readers._csv import ROW, Stage
from cs_metrics.readers._files import Input
from cs_metrics.readers._plan import REJECTS, Bound, Plan, make_plan

_SUSPECT, _FLAGS, _BLANK = "__suspect", "__flags", "__blank"


class Table(Protocol):
    """A file as text columns: what `CsvTable`, `JsonTable` and `ParquetTable` have in common."""

    item: Input
    headers: tuple[str, ...]
    sample: pl.DataFrame
    malformed: pl.DataFrame

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame: ...


@dataclass
class Loaded:
    """A file's frames as they were asked for, and what was not taken. `read` counts rows, blank lines left out."""

    frames: dict[str, pl.DataFrame]
    read: dict[str, int]
    rejected: dict[str, int]
    rejects: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS))


@dataclass
class FilePart:
    """One input file bound to the shape that claimed it."""

    item: Input
    reader: str
    shape: Shape
    table: Table
    source: str

    @cached_property
    def columns(self) -> dict[str, dict[str, Cell | Formula]]:
        """For every frame in this file the columns that it has, each with where it comes from."""
        present = {frame: _present(rows.columns, self._header_of) for frame, rows in self.shape.frames.items()}
        flags = {frame: rows.only_where for frame, rows in self.shape.frames.items()}
        return {frame: columns for frame, columns in present.items() if flags[frame] in (None, *columns)}

    @cached_property
    def extras(self) -> dict[str, str]:
        """Columns that the reader does not know, {x_name: header}; they belong to the file's first frame."""
        known = {self._header_of(name) for name in known_headers(self.shape)}
        names: dict[str, str] = {}
        for header in self.table.headers:
            if header not in known and (name := extra_name(header)) not in names:
                names[name] = header
        return names

    def available(self, frame: str) -> set[str]:
        """Our names of the columns that this file fills in `frame`, extras included."""
        if frame not in self.columns:
            return set()
        own = {name for name in self.columns[frame] if not name.startswith("_")}
        return own | (set(self.extras) if frame == self._first_frame else set())

    def load(self, wanted: Mapping[str, Iterable[str]], zone: str | None) -> Loaded:
        """The wanted columns of the wanted frames and their keys: typed, keys filled, in file order."""
        wanted = {frame: names for frame, names in wanted.items() if frame in self.columns}
        zone = self.shape.zone or zone
        plans = {frame: self._plan(frame, names, zone, self.table.sample) for frame, names in wanted.items()}
        read = self._first_look(plans)
        rejects, blank = pl.DataFrame(schema=REJECTS), 0
        if read[_SUSPECT].any():
            slow = {frame: self._plan(frame, names, zone, None) for frame, names in wanted.items()}
            rejects, blank, recovered = self._second_look(plans, slow)
            if recovered:
                plans, read = slow, self._first_look(slow)
        loaded = Loaded({}, {}, {}, rejects)
        for frame, plan in plans.items():
            rows = plan.rows(read)
            keys = [key for key in FRAMES[frame].required if key in rows.columns]
            kept = rows.drop_nulls(keys) if keys else rows
            asked = {*keys, *wanted[frame]}
            loaded.frames[frame] = kept.select(name for name in kept.columns if name in asked)
            loaded.read[frame] = rows.height - (0 if plan.only_where else blank)
            loaded.rejected[frame] = loaded.read[frame] - kept.height
        self._add_malformed(loaded)
        return loaded

    def _first_look(self, plans: Mapping[str, Plan]) -> pl.DataFrame:
        flags = [flag for plan in plans.values() for flag in plan.suspicions()] or [pl.lit(False)]
        results = [*_once(plan.results() for plan in plans.values()), pl.any_horizontal(flags).alias(_SUSPECT)]
        return self.table.collect(*_texts_and_values(plans), results, numbered=_numbered(plans))

    def _second_look(self, plans: Mapping[str, Plan], slow: Mapping[str, Plan]) -> tuple[pl.DataFrame, int, bool]:
        """(cells and rows not read, number of blank lines, whether the thorough converters read more than the fast)."""
        flags = [flag for plan in plans.values() for flag in plan.suspicions()]
        blank = pl.all_horizontal(Bound(text(header), (header,)).text().is_null() for header in self.table.headers)
        marks = [pl.sum_horizontal(flags).alias(_FLAGS), blank.alias(_BLANK)]
        texts, values = _texts_and_values(slow)
        columns = [pl.col(ROW, _FLAGS, _BLANK), *(pl.col(each.meta.output_name()) for each in texts), *values]
        stages = (*_texts_and_values(plans), marks, texts, columns)
        suspects = self.table.collect(*stages, where=pl.col(_FLAGS) > 0, numbered=True)
        rows = suspects.filter(~pl.col(_BLANK))
        rejects = pl.concat(plan.rejects(rows, self.item.name) for plan in slow.values())
        recovered = rejects.height < rows[_FLAGS].sum()
        # a cell that two columns are made of, such as a score and its verdict, is one cell
        once = rejects.unique(["frame", "row", "column"], keep="first", maintain_order=True)
        return once.sort("row", maintain_order=True), suspects.height - rows.height, recovered

    def _add_malformed(self, loaded: Loaded) -> None:
        """What could not even be cut into cells counts once, with the file's first frame."""
        malformed = self.table.malformed
        if not malformed.height or not loaded.frames:
            return
        frame = self._first_frame if self._first_frame in loaded.frames else next(iter(loaded.frames))
        loaded.read[frame] += malformed.height
        loaded.rejected[frame] += malformed.height
        broken = malformed.select(
            pl.lit(self.item.name).alias("file"),
            pl.lit(frame).alias("frame"),
            "row",
            pl.lit(None, TEXT).alias("column"),
            pl.col("text").alias("value"),
            pl.format("line {}: {}", "line", "reason").alias("reason"),
        )
        loaded.rejects = pl.concat([loaded.rejects, broken])

    @property
    def _first_frame(self) -> str:
        return next(iter(self.shape.frames))

    def _header_of(self, name: str) -> str | None:
        return self._headers_folded.get(name.casefold())

    @cached_property
    def _headers_folded(self) -> dict[str, str]:
        return {header.casefold(): header for header in reversed(self.table.headers)}

    def _plan(self, frame: str, names: Iterable[str], zone: str | None, sample: pl.DataFrame | None) -> Plan:
        present = self.columns[frame]
        bound = {name: self._bound(cell) for name, cell in present.items() if isinstance(cell, Cell)}
        if frame == self._first_frame:
            extras = {name: header for name, header in self.extras.items() if name not in bound}
            bound |= {name: Bound(unknown(header, self.shape.blanks), (header,)) for name, header in extras.items()}
        rows = self.shape.frames[frame]
        return make_plan(frame, rows.columns, present, names, bound, rows.only_where, zone, sample)

    def _bound(self, cell: Cell) -> Bound:
        if cell.is_row_number:
            return Bound(cell, self.table.headers)
        headers = tuple(header for header in map(self._header_of, cell.headers) if header is not None)
        return Bound(cell, headers if cell.joined else headers[:1])


def known_headers(shape: Shape) -> set[str]:
    """Every header or path that the shape's columns read."""
    return {
        header
        for rows in shape.frames.values()
        for cell in rows.columns.values()
        if isinstance(cell, Cell)
        for header in cell.headers
    }


def extra_name(header: str) -> str:
    """`Product [list]` → `x_product_list`: the name of a column that no reader knows; `x_product` stays as it is."""
    words = re.sub(r"\W+", "_", header.casefold()).strip("_")
    return words if words.startswith("x_") else f"x_{words}"


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


def _present(columns: Columns, header_of: Callable[[str], str | None]) -> dict[str, Cell | Formula]:
    """The columns that a file with these headers has, formulas over others of them included, in any order."""

    def has(name: str) -> bool:
        source = columns.get(name)
        if isinstance(source, Formula):
            some = not source.optional or any(map(has, source.optional))
            return all(map(has, source.needs)) if source.needs else some
        if source is None or source.is_row_number:
            return source is not None
        found = [header_of(header) is not None for header in source.headers]
        return all(found) if source.joined else any(found)

    return {name: source for name, source in columns.items() if has(name)}
