"""What is to be read for one frame of one file, as Polars expressions in three stages: texts, values, results.

The stages are evaluated one after the other because Polars' scanner computes a repeated part of an expression twice;
for the same reason equal cells of two frames (a ticket's id, a survey's ticket) are read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from cs_metrics.entities import FLAG, FRAMES, INTEGER, NUMBER, TEXT
from cs_metrics.readers._base import Cell, Columns, Formula, Reading, Rows
from cs_metrics.readers._csv import ROW
from cs_metrics.readers._remarks import ROUNDED, ROUNDED_ID

PLACE = "__place"  # of a row among those looked at: items of one record share its number
_LINKS = ("ticket_id", "requester", "respondent")
REJECTS = pl.Schema({"file": TEXT, "frame": TEXT, "row": INTEGER, "column": TEXT, "value": TEXT, "reason": TEXT})


@dataclass(frozen=True)
class Bound:
    """A cell and the headers of this file that it reads.

    `as_written` leaves blanks around the cell alone, which saves a third of the time: a number or date with blanks
    around it is then not read, and the thorough look that follows strips them.
    """

    cell: Cell
    headers: tuple[str, ...]
    as_written: bool = False

    @property
    def text_name(self) -> str:
        if self.cell.is_row_number:
            return "row number"
        return f"text of {self.headers} {'as written' if self.as_written else 'stripped'} without {self.cell.blanks}"

    @property
    def name(self) -> str:
        return f"{self.text_name} as {id(self.cell.convert)} {self.cell.other}"

    def text(self) -> pl.Expr:
        """The cell without blanks around it (several joined by a blank); null if it holds nothing."""
        if self.cell.is_row_number:  # of every row with something in it
            return pl.when(pl.any_horizontal(pl.col(self.headers).str.strip_chars() != "")).then(pl.col(ROW).cast(TEXT))
        whole = pl.col(self.headers[0]) if len(self.headers) == 1 else pl.concat_str(self.headers, separator=" ")
        if self.as_written:
            return pl.when(~whole.is_in(self.cell.blanks)).then(whole) if self.cell.blanks else whole
        stripped = whole.str.strip_chars()
        empty = stripped.is_in(["", *self.cell.blanks]) if self.cell.blanks else stripped == ""
        return pl.when(~empty).then(stripped)

    def value(self, reading: Reading) -> pl.Expr:
        return self.cell.convert(pl.col(self.text_name), reading)

    def unread(self) -> pl.Expr:
        """Whether the cell holds something that did not become a value."""
        value = pl.col(self.name)
        has_none = value.is_null() | ~value.is_finite() if self.cell.dtype == NUMBER else value.is_null()
        return has_none & (pl.col(self.text_name).str.len_bytes() > 0)

    def result(self) -> pl.Expr:
        """The value (infinities are none), or what a word that is in no table is taken as."""
        value = pl.col(self.name)
        if self.cell.dtype == NUMBER:
            return pl.when(value.is_finite()).then(value).alias(self.name)
        if self.cell.other is None:
            return value
        is_filled = pl.col(self.text_name).str.len_bytes() > 0
        return pl.when(is_filled).then(value.fill_null(self.cell.other)).alias(self.name)


@dataclass(frozen=True)
class Plan:
    """The cells of one frame and the formulas over them; `sample` is None where every spelling is to be tried.

    `must` are the cells without which a row is left out. Formulas stand in the order in which they can be computed;
    `absent` are columns that they could use and this file has not.
    """

    frame: str
    cells: Mapping[str, Bound]
    formulas: Mapping[str, Formula]
    absent: Mapping[str, pl.DataType]
    must: frozenset[str]
    only_where: str | None
    zone: str | None
    sample: pl.DataFrame | None
    spread: str | None = None

    def texts(self) -> list[pl.Expr]:
        return [bound.text().alias(bound.text_name) for bound in self.cells.values()]

    def values(self) -> list[pl.Expr]:
        samples, values = self._samples(), []
        for name, bound in self.cells.items():
            value = bound.value(Reading(self.zone, samples.get(bound.text_name)))
            if self._is_id(name):
                value = pl.when(~pl.col(bound.text_name).str.contains(ROUNDED_ID)).then(value)
            values.append(value.alias(bound.name))
        return values

    def results(self) -> list[pl.Expr]:
        return [bound.result() for bound in self.cells.values()]

    def suspicions(self) -> list[pl.Expr]:
        """One flag a cell: filled and without a value, or without a value that the row needs."""
        return [
            self._lacking(bound) if name in self.must else bound.unread()
            for name, bound in self.cells.items()
            if name in self.must or bound.cell.may_be_unread or self._is_id(name)
        ]

    def rejects(self, rows: pl.DataFrame, file: str) -> pl.DataFrame:
        """The cells without a value and the missing keys among `rows`, one line each, with the row's place."""
        found = [pl.DataFrame(schema={**REJECTS, PLACE: pl.UInt32})]
        for name, bound in self.cells.items():
            if name in self.must:
                wrong, reason = self._lacking(bound), f"the row is left out: no {name.removeprefix('_')}"
            elif bound.cell.may_be_unread:
                taken = f", taken as {bound.cell.other}" if bound.cell.other else ""
                wrong, reason = bound.unread(), f"not read as {_in_words(bound.cell)}{taken}"
            elif self._is_id(name):
                wrong, reason = bound.unread(), ROUNDED
            else:
                continue
            is_rounded = pl.col(bound.text_name).str.contains(ROUNDED_ID) & pl.lit(self._is_id(name))
            found.append(
                rows.filter(wrong).select(
                    pl.lit(file).alias("file"),
                    pl.lit(self.frame).alias("frame"),
                    pl.col(ROW).cast(INTEGER).alias("row"),
                    pl.lit(" + ".join(bound.headers)).alias("column"),
                    pl.col(bound.text_name).alias("value"),
                    pl.when(is_rounded).then(pl.lit(ROUNDED)).otherwise(pl.lit(reason)).alias("reason"),
                    PLACE,
                )
            )
        return pl.concat(found)

    def rows(self, read: pl.DataFrame) -> pl.DataFrame:
        """This frame's columns out of what was read, formulas included, rows without keys still in it."""
        rows = read.select(pl.col(bound.name).alias(name) for name, bound in self.cells.items())
        rows = rows.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in self.absent.items())
        for name, formula in self.formulas.items():
            computed = formula.build() if name.startswith("_") else formula.build().cast(FRAMES[self.frame].dtype(name))
            rows = rows.with_columns(computed.alias(name))
            if name == self.spread:
                rows = rows.explode(name).drop_nulls(name)
        # formulas may look at the rows around: a ticket's first event says who opened it
        return (rows.filter(self.only_where) if self.only_where else rows).drop(self.absent)

    def _is_id(self, name: str) -> bool:
        """Whether a column tells whose row this is, so that two that were rounded alike would be taken for one."""
        cell = self.cells[name].cell
        return cell.dtype is None and not cell.is_row_number and (name in self.must or name in _LINKS)

    def _lacking(self, bound: Bound) -> pl.Expr:
        lacking = pl.col(bound.name).is_null()
        told_by = self.cells.get(self.only_where or "")
        return lacking & pl.col(told_by.name) if told_by else lacking

    def _samples(self) -> dict[str, pl.Series]:
        """The first filled cells by text name, of the columns for which a sample matters."""
        if self.sample is None:
            return {}
        texts = {bound.text_name: bound.text() for bound in self.cells.values() if bound.cell.may_be_unread}
        taken = self.sample.select(text.alias(name) for name, text in texts.items())
        return {column.name: column.drop_nulls() for column in taken.get_columns()}


def make_plan(
    frame: str,
    rows: Rows,
    present: Columns,
    names: Iterable[str],
    bind: Mapping[str, Bound],
    zone: str | None,
    sample: pl.DataFrame | None,
) -> Plan:
    """The plan for `names`, the frame's required columns and all that these are computed from.

    `rows` are as the shape has them, `present` the columns that this file has; `bind` holds its cells by our names,
    extra columns included.
    """
    cells: dict[str, Bound] = {}
    formulas: dict[str, Formula] = {}
    absent: dict[str, pl.DataType] = {}

    def add(name: str) -> None:
        if name in bind:
            cells[name] = replace(bind[name], as_written=sample is not None and bind[name].cell.may_be_unread)
        elif name in present and name not in formulas:
            formula = present[name]
            assert isinstance(formula, Formula)
            for need in (*formula.needs, *formula.optional):
                add(need)
            formulas[name] = formula
        elif name not in present:
            absent[name] = _dtype(frame, name, rows.columns)

    def below(name: str) -> set[str]:
        source = present.get(name)
        return set().union(*map(below, source.needs)) if isinstance(source, Formula) else {name}

    required = [name for name in FRAMES[frame].required if name in present]
    asked = sorted(name for name in names if name in present or name in bind)
    for name in (*required, *asked, *([rows.only_where] if rows.only_where else [])):
        add(name)
    must = frozenset[str]().union(*map(below, required))
    return Plan(frame, cells, formulas, absent, must, rows.only_where, zone, sample, rows.spread)


def _dtype(frame: str, name: str, columns: Columns) -> pl.DataType:
    source = columns.get(name)
    return source.dtype if isinstance(source, Cell) and source.dtype else FRAMES[frame].dtype(name)


def _in_words(cell: Cell) -> str:
    if cell.dtype == FLAG:
        return "yes or no"
    if cell.dtype == TEXT:
        return "a known word"
    return "a date" if cell.dtype is not None and cell.dtype.is_temporal() else "a number"
