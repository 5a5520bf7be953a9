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

from cs_metrics.entities import FLAG, FRAMES, INTEGER, TEXT
from cs_metrics.readers._base import Cell, Columns, Formula, Reading, Shape
from cs_metrics.readers._csv import ROW, Stage
from cs_metrics.readers._files import Input

REJECTS = pl.Schema({"file": TEXT, "frame": TEXT, "row": INTEGER, "column": TEXT, "value": TEXT, "reason": TEXT})
_SUSPECT = "__suspect"


class Table(Protocol):
    """A file as text columns: what `CsvTable`, `JsonTable` and `FrameTable` have in common."""

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
        """For every frame the columns that this file has, each with where it comes from."""
        return {frame: _present(rows.columns, self._header_of) for frame, rows in self.shape.frames.items()}

    @cached_property
    def extras(self) -> dict[str, str]:
        """Columns that the reader does not know, {x_name: header}; they belong to the file's first frame."""
        known = {
            self._header_of(name)
            for rows in self.shape.frames.values()
            for cell in rows.columns.values()
            if isinstance(cell, Cell)
            for name in cell.headers
        }
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
        return own | (set(self.extras) if frame == next(iter(self.columns)) else set())

    def load(self, wanted: Mapping[str, Iterable[str]], zone: str | None) -> Loaded:
        """The wanted columns of the wanted frames: typed, keys present, in file order."""
        plans = {frame: self._plan(frame, set(names), zone, thorough=False) for frame, names in wanted.items()}
        frame = self._first_look(plans)
        if not frame[_SUSPECT].any():
            return self._split(frame, plans, pl.DataFrame(schema=REJECTS), 0)
        slow = {name: self._plan(name, set(wanted[name]), zone, thorough=True) for name in wanted}
        rejects, blank, recovered = self._second_look(plans, slow)
        if recovered:
            plans, frame = slow, self._first_look(slow)
        return self._split(frame, plans, rejects, blank)

    def _first_look(self, plans: Mapping[str, _Plan]) -> pl.DataFrame:
        texts, values, flags = _stages(plans)
        names = [pl.col(name) for plan in plans.values() for name in plan.names()]
        return self.table.collect(texts, values, [*names, pl.any_horizontal(flags).alias(_SUSPECT)])

    def _second_look(self, plans: Mapping[str, _Plan], slow: Mapping[str, _Plan]) -> tuple[pl.DataFrame, int, bool]:
        """(cells and rows not read, number of blank lines, whether the thorough converters read more than the fast)."""
        texts, values, flags = _stages(plans)
        blank = pl.all_horizontal(_filled((header,), ()).is_null() for header in self.table.headers)
        flagged = [pl.sum_horizontal(flags).alias("__flags"), blank.alias("__blank")]
        columns = [pl.col(ROW, "__flags", "__blank")]
        for plan in slow.values():
            columns += [*plan.values(), *(pl.col(name) for name in plan.text_names())]
        rows = self.table.collect(texts, values, flagged, columns, where=pl.col("__flags") > 0, numbered=True)
        rows, blanks = rows.filter(~pl.col("__blank")), int(rows["__blank"].sum())
        rejects = pl.concat(plan.unread(rows, self.item.name) for plan in slow.values())
        return rejects, blanks, rejects.height < rows["__flags"].sum()

    def _split(
        self, frame: pl.DataFrame, plans: Mapping[str, _Plan], rejects: pl.DataFrame, blank: int
    ) -> Loaded:
        malformed = self.table.malformed
        loaded = Loaded({}, {}, {}, rejects)
        for place, (name, plan) in enumerate(plans.items()):
            rows = frame.select(plan.names()).rename(lambda column: column.partition(".")[2])
            rows = rows.with_columns(formula.build().alias(column) for column, formula in plan.formulas.items())
            if plan.only_where:
                rows = rows.filter(pl.col(plan.only_where))
            read = rows.height - (0 if plan.only_where else blank)
            keys = [key for key in FRAMES[name].required if key in rows.columns]
            kept = rows.drop_nulls(keys) if keys else rows
            first = place == 0  # what could not even be cut into cells counts once, with the file's first frame
            loaded.frames[name] = kept.drop([column for column in kept.columns if column.startswith("_")])
            loaded.read[name] = read + (malformed.height if first else 0)
            loaded.rejected[name] = read - kept.height + (malformed.height if first else 0)
        if malformed.height:
            first_frame = next(iter(self.columns))
            broken = malformed.select(
                pl.lit(self.item.name).alias("file"),
                pl.lit(first_frame).alias("frame"),
                "row",
                pl.lit(None, TEXT).alias("column"),
                pl.col("text").alias("value"),
                pl.format("line {}: {}", "line", "reason").alias("reason"),
            )
            loaded.rejects = pl.concat([loaded.rejects, broken])
        return loaded

    def _header_of(self, name: str) -> str | None:
        return self._headers_folded.get(name.casefold())

    @cached_property
    def _headers_folded(self) -> dict[str, str]:
        return {header.casefold(): header for header in reversed(self.table.headers)}

    def _plan(self, frame: str, names: set[str], zone: str | None, thorough: bool) -> _Plan:
        present = self.columns[frame]
        only_where = self.shape.frames[frame].only_where
        needed = names | {key for key in FRAMES[frame].required if key in present} | ({only_where} if only_where else set())
        formulas: dict[str, Formula] = {}
        cells: dict[str, tuple[Cell, tuple[str, ...]]] = {}
        queue = [name for name in sorted(needed) if name in present]
        while queue:
            name = queue.pop()
            source = present[name]
            if isinstance(source, Formula):
                formulas[name] = source
                queue += [need for need in source.needs if need in present and need not in cells]
            else:
                headers = tuple(header for header in map(self._header_of, source.headers) if header is not None)
                cells[name] = (source, headers if source.joined else headers[:1])
        extras = {name: self.extras[name] for name in names if name in self.extras}
        in_order = {name: formulas[name] for name in present if name in formulas}
        return _Plan(frame, cells, in_order, extras, only_where, zone, None if thorough else self.table.sample)


@dataclass(frozen=True)
class _Plan:
    """The cells of one frame and how to convert them; column names carry the frame as a prefix."""

    frame: str
    cells: Mapping[str, tuple[Cell, tuple[str, ...]]]
    formulas: Mapping[str, Formula]
    extras: Mapping[str, str]
    only_where: str | None
    zone: str | None
    sample: pl.DataFrame | None

    def names(self) -> list[str]:
        return [f"{self.frame}.{name}" for name in (*self.cells, *self.extras)]

    def text_names(self) -> list[str]:
        return [f"{name} text" for name in self.names()]

    def texts(self) -> list[pl.Expr]:
        """Every cell's text; what follows is built on these, since the scanner would compute a repeated part twice."""
        cells = [_filled(headers, cell.blanks) for cell, headers in self.cells.values()]
        cells += [_filled((header,), ()) for header in self.extras.values()]
        return [cell.alias(name) for cell, name in zip(cells, self.text_names(), strict=True)]

    def values(self) -> list[pl.Expr]:
        """Every cell's value, from its text."""
        return [self._value(name) for name in self.cells] + [
            pl.col(f"{self.frame}.{name} text").alias(f"{self.frame}.{name}") for name in self.extras
        ]

    def suspicions(self) -> list[pl.Expr]:
        """One flag a column, from text and value: a filled cell without a value, or none where the row needs one."""
        flags = []
        for name, (cell, _) in self.cells.items():
            value, written = pl.col(f"{self.frame}.{name}"), pl.col(f"{self.frame}.{name} text")
            if name in FRAMES[self.frame].required and not self.only_where:
                flags.append(value.is_null())
            elif cell.other is not None:
                flags.append(cell.convert(written, Reading(self.zone, None)).is_null() & written.is_not_null())
            elif cell.dtype is not None:
                flags.append(value.is_null() & written.is_not_null())
        return flags

    def unread(self, rows: pl.DataFrame, file: str) -> pl.DataFrame:
        """The cells without a value and the missing keys among `rows`, one line each."""
        found = [pl.DataFrame(schema=REJECTS)]
        for name, (cell, headers) in self.cells.items():
            value, written = pl.col(f"{self.frame}.{name}"), pl.col(f"{self.frame}.{name} text")
            required = name in FRAMES[self.frame].required and not self.only_where
            unread = value if cell.other is None else cell.convert(written, Reading(self.zone, None))
            wrong = unread.is_null() & written.is_not_null()
            kept = f"not read as {_in_words(cell)}" + (f", taken as {cell.other}" if cell.other else "")
            lost = f"the row is left out: no {name}"
            found.append(
                rows.filter(wrong | (value.is_null() if required else pl.lit(False))).select(
                    pl.lit(file).alias("file"),
                    pl.lit(self.frame).alias("frame"),
                    pl.col(ROW).alias("row"),
                    pl.lit(" + ".join(headers)).alias("column"),
                    written.alias("value"),
                    pl.lit(lost if required else kept).alias("reason"),
                )
            )
        return pl.concat(found)

    def _value(self, name: str) -> pl.Expr:
        cell, headers = self.cells[name]
        sample = None
        if self.sample is not None and cell.dtype is not None:
            sample = self.sample.select(_filled(headers, cell.blanks)).to_series().drop_nulls()
        written = pl.col(f"{self.frame}.{name} text")
        value = cell.convert(written, Reading(self.zone, sample))
        if cell.other is not None:
            value = pl.when(written.is_not_null()).then(value.fill_null(cell.other))
        return value.alias(f"{self.frame}.{name}")


def _stages(plans: Mapping[str, _Plan]) -> tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    """(texts, values, suspicions) of all frames."""
    each = plans.values()
    flags = [flag for plan in each for flag in plan.suspicions()]
    return [t for plan in each for t in plan.texts()], [v for plan in each for v in plan.values()], flags or [pl.lit(False)]


def extra_name(header: str) -> str:
    """`Product [list]` → `x_product_list`: the name of a column that no reader knows."""
    return "x_" + re.sub(r"[^0-9a-z]+", "_", header.casefold()).strip("_")


def _filled(headers: tuple[str, ...], blanks: tuple[str, ...]) -> pl.Expr:
    """The text of a cell (or of several, joined by a blank) without blanks around it; null if it holds nothing."""
    stripped = pl.col(headers[0]) if len(headers) == 1 else pl.concat_str(headers, separator=" ")
    stripped = stripped.str.strip_chars()
    return pl.when(~stripped.is_in(["", *blanks]) if blanks else stripped != "").then(stripped)


def _present(columns: Columns, header_of: Callable[[str], str | None]) -> dict[str, Cell | Formula]:
    present: dict[str, Cell | Formula] = {}
    for name, source in columns.items():
        if isinstance(source, Cell):
            found = [header_of(header) is not None for header in source.headers]
            if all(found) if source.joined else any(found):
                present[name] = source
        elif all(need in present for need in source.needs):
            present[name] = source
    return present


def _in_words(cell: Cell) -> str:
    if cell.dtype is None:
        return "text"
    if cell.dtype == FLAG:
        return "yes or no"
    if cell.dtype == TEXT:
        return "a known word"
    return "a date" if cell.dtype.is_temporal() else "a number"
