"""One file, seen through one shape: which columns it has, and its frames with an account of every row and cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl

from cs_metrics.entities import FRAMES, TEXT
from cs_metrics.readers._base import Cell, Formula, Shape
from cs_metrics.readers._cells import unknown
from cs_metrics.readers._csv import CsvTable
from cs_metrics.readers._day_first import Decided, headers_of, orders, remarks_on
from cs_metrics.readers._files import Input
from cs_metrics.readers._headers import carried_columns, present_columns
from cs_metrics.readers._headers import extra_name as extra_name
from cs_metrics.readers._headers import known_headers as known_headers
from cs_metrics.readers._instants import Instants
from cs_metrics.readers._json import JsonTable
from cs_metrics.readers._json_columns import Each
from cs_metrics.readers._looks import SUSPECT, first_look, headers_read, second_look
from cs_metrics.readers._looks import Table as Table
from cs_metrics.readers._plan import REJECTS, Bound, Plan, make_plan
from cs_metrics.readers._records import NO_ROWS
from cs_metrics.readers._remarks import Remark, on_malformed, on_rejects


@dataclass
class Loaded:
    """A file's frames as they were asked for, and what was not taken. `read` counts rows, blank lines left out."""

    frames: dict[str, pl.DataFrame]
    read: dict[str, int]
    rejected: dict[str, int]
    rejects: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS))


@dataclass
class FilePart:
    """One input file bound to the shape that claimed it.

    `day_first` is what the user says of dates that allow both; `remarks` gathers what loading finds, by its text.
    """

    item: Input
    reader: str
    shape: Shape
    table: Table
    source: str
    day_first: bool | None = None
    remarks: dict[str, Remark] = field(default_factory=dict)
    _folded: dict[Each, dict[str, str]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def columns(self) -> dict[str, dict[str, Cell | Formula]]:
        """For every frame in this file the columns that it has, each with where it comes from."""
        return {
            frame: {name: self._ordered(source, self.shape.frames[frame].each) for name, source in columns.items()}
            for frame, columns in self._declared.items()
        }

    @cached_property
    def _declared(self) -> dict[str, dict[str, Cell | Formula]]:
        """The same as the shape has them."""
        present: dict[str, dict[str, Cell | Formula]] = {}
        for frame, rows in self.shape.frames.items():
            headers = self._headers(rows.each)
            columns = present_columns(rows.columns, headers)
            if (headers or not rows.each) and rows.only_where in (None, *columns):
                present[frame] = columns
        return present

    def _ordered(self, source: Cell | Formula, each: Each) -> Cell | Formula:
        """The cell with what its whole column tells of the order of day and month."""
        if not isinstance(source, Cell) or not isinstance(source.convert, Instants):
            return source
        decided = self._orders[each].get(headers_of(self.bound(source, each)))
        return replace(source, convert=source.convert.settled(decided.order)) if decided else source

    @cached_property
    def _orders(self) -> dict[Each, dict[str, Decided]]:
        """By list and header the order of day and month in columns that have numeric dates."""
        bounds: dict[Each, list[Bound]] = {}
        for frame, columns in self._declared.items():
            each = self.shape.frames[frame].each
            cells = [source for source in columns.values() if isinstance(source, Cell)]
            bounds.setdefault(each, []).extend(self.bound(cell, each) for cell in cells)
        return {each: orders(self.rows_of(each), several, self.day_first) for each, several in bounds.items()}

    @cached_property
    def extras(self) -> dict[str, str]:
        """Columns that the reader does not know, {x_name: header}; they belong to the file's first frame."""
        groups = known_headers(self.shape)
        lists = {each[0].casefold() for each in groups if each}
        known = {header.casefold() for group in groups[()] for header in group} | lists
        names: dict[str, str] = {}
        for header in self.table.headers if not self.shape.frames[self._first_frame].each else ():
            plain = self.shape.known_as(header)
            if plain.casefold() not in known and (name := extra_name(plain)) not in names:
                names[name] = header
        return names

    def available(self, frame: str) -> set[str]:
        """Our names of the columns that this file fills in `frame`, extras included."""
        if frame not in self.columns:
            return set()
        own = {name for name in self.columns[frame] if not name.startswith("_")}
        return own | (set(self.extras) if frame == self._first_frame else set())

    def carried(self, frame: str) -> set[str]:
        """Our names of the columns of which this file says something in `frame`, if only that there is nothing."""
        rows = self.shape.frames[frame]
        return carried_columns(rows.columns, self._headers(rows.each).keys(), isinstance(self.table, JsonTable)) | (
            set(self.extras) if frame == self._first_frame else set()
        )

    def load(self, wanted: Mapping[str, Iterable[str]], zone: str | None) -> Loaded:
        """The wanted columns of the wanted frames and their keys: typed, keys filled, in file order."""
        wanted = {frame: names for frame, names in wanted.items() if frame in self.columns}
        zone = self.shape.zone or (self.table.zone if isinstance(self.table, CsvTable) else None) or zone
        by_list: dict[Each, dict[str, Iterable[str]]] = {}
        for frame, names in wanted.items():
            by_list.setdefault(self.shape.frames[frame].each, {})[frame] = names
        fast = {each: self._plans(names, zone, is_fast=True) for each, names in by_list.items()}
        slow = {each: self._plans(names, zone, is_fast=False) for each, names in by_list.items()}
        loaded = Loaded({}, {}, {})
        for each, table in self._tables(fast).items():
            self._remark(remarks_on(fast[each].values(), self._orders[each], self.item.name))
            self._load_from(table, fast[each], slow[each], wanted, loaded)
            if each and table.malformed.height:
                self._add_malformed(loaded, table.malformed, next(iter(by_list[each])))
        if self.table.malformed.height and loaded.frames:
            first = self._first_frame if self._first_frame in loaded.frames else next(iter(loaded.frames))
            self._add_malformed(loaded, self.table.malformed, first)
            self._remark(on_malformed(self.table.malformed, self.item.name))
        for frame, rows in loaded.frames.items():
            self._remark(on_rejects(loaded.rejects.filter(pl.col("frame") == frame), rows.height, self.item.name))
        self.item.tell(0, max(loaded.read.values(), default=0), is_done=True)
        return loaded

    def _remark(self, found: Iterable[Remark]) -> None:
        self.remarks |= {remark.text: remark for remark in found}

    def _plans(self, wanted: Mapping[str, Iterable[str]], zone: str | None, is_fast: bool) -> dict[str, Plan]:
        return {frame: self._plan(frame, names, zone, is_fast) for frame, names in wanted.items()}

    def _tables(self, plans: Mapping[Each, Mapping[str, Plan]]) -> Mapping[Each, Table]:
        """The rows for the plans of each list (`()` where there is none); of JSON just what they need, read at once."""
        if not isinstance(self.table, JsonTable):
            return dict.fromkeys(plans, self.table)
        needs = {each: headers_read(several.values()) for each, several in plans.items()}
        return self.table.decoded(needs) if needs else {}

    def _load_from(
        self,
        table: Table,
        plans: Mapping[str, Plan],
        slow: Mapping[str, Plan],
        wanted: Mapping[str, Iterable[str]],
        loaded: Loaded,
    ) -> None:
        """Add the frames of these plans, which have their rows in common."""
        read, blank = first_look(table, plans), 0
        if read[SUSPECT].any():
            rejects, blank, recovered = second_look(table, plans, slow, self.item.name)
            loaded.rejects = pl.concat([loaded.rejects, rejects])
            if recovered:
                plans, read = slow, first_look(table, slow)
        for frame, plan in plans.items():
            rows = plan.rows(read)
            keys = [key for key in FRAMES[frame].required if key in rows.columns]
            kept = rows.drop_nulls(keys) if keys else rows
            asked = {*keys, *wanted[frame]}
            loaded.frames[frame] = kept.select(name for name in kept.columns if name in asked)
            loaded.read[frame] = rows.height - (0 if plan.only_where else blank)
            loaded.rejected[frame] = loaded.read[frame] - kept.height

    def _add_malformed(self, loaded: Loaded, malformed: pl.DataFrame, frame: str) -> None:
        """Count with a frame what could not even be cut into cells."""
        rows = malformed.height - int(malformed["reason"].is_in(NO_ROWS).sum())
        loaded.read[frame] += rows
        loaded.rejected[frame] += rows
        line = pl.when(pl.col("line").is_not_null()).then(pl.format("line {}: {}", "line", "reason"))
        broken = malformed.select(
            pl.lit(self.item.name).alias("file"),
            pl.lit(frame).alias("frame"),
            "row",
            pl.lit(None, TEXT).alias("column"),
            pl.col("text").alias("value"),
            pl.coalesce(line, "reason").alias("reason"),
        )
        loaded.rejects = pl.concat([loaded.rejects, broken])

    @property
    def _first_frame(self) -> str:
        return next(iter(self.shape.frames))

    def rows_of(self, each: Each) -> Table:
        """The rows that a list of lists gives, of a file that has lists; with `()` the file's own."""
        return self.table.inside(each) if each and isinstance(self.table, JsonTable) else self.table

    def _headers(self, each: Each) -> dict[str, str]:
        """The headers of a list's rows by their casefolded spelling."""
        if each not in self._folded:
            table = self.rows_of(each) if not each or isinstance(self.table, JsonTable) else None
            self._folded[each] = (
                {self.shape.known_as(header).casefold(): header for header in reversed(table.headers)} if table else {}
            )
        return self._folded[each]

    def _plan(self, frame: str, names: Iterable[str], zone: str | None, is_fast: bool) -> Plan:
        rows, present = self.shape.frames[frame], self.columns[frame]
        bound = {name: self.bound(cell, rows.each) for name, cell in present.items() if isinstance(cell, Cell)}
        if frame == self._first_frame:
            extras = {name: header for name, header in self.extras.items() if name not in bound}
            bound |= {name: Bound(unknown(header, self.shape.blanks), (header,)) for name, header in extras.items()}
        sample = self.rows_of(rows.each).sample if is_fast else None
        return make_plan(frame, rows, present, names, bound, zone, sample)

    def bound(self, cell: Cell, each: Each) -> Bound:
        """A cell with the headers that the rows of a list have for it."""
        headers = self._headers(each)
        if cell.is_row_number:
            return Bound(cell, tuple(headers.values()))
        found = tuple(headers[header.casefold()] for header in cell.headers if header.casefold() in headers)
        return Bound(cell, found if cell.joined else found[:1])
