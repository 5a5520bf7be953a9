"""Any other file, through a map that the user writes: which of its columns is which of ours, and how it is spelled.

    source: acme                       # optional; else the map's file name
    timezone: Europe/Berlin            # optional; the zone of times without an offset
    frames:
      tickets:
        ticket_id: Case No
        created_at: {from: [Date, Time], format: '%d.%m.%Y %H:%M'}
        status: {from: State, words: {Neu: new, Erledigt: solved}, other: open}
        reported_first_reply_seconds: {from: First response, unit: min}
      surveys:
        only_where: score              # rows in which that cell is filled (or true)
        survey_id: {row: true}
        kind: {value: csat}
        score: Rating

Of an event log, with a row for whatever happened to a case, the rows of a case become one ticket as soon as a column
says `first` or `last` instead of `from`: what its earliest or latest row holds there (`configs/maps/event_log.yml`).

The map claims a file that has the headers of its key and date columns; other headers may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from cs_metrics.entities import FLAG, FRAMES, INSTANT, INTEGER, NUMBER, WORDS, Column
from cs_metrics.errors import DefinitionError, Problem, did_you_mean
from cs_metrics.readers._base import Cell, Formula, Reader, Rows, Shape, constant
from cs_metrics.readers._cells import (
    ISO_FORMATS,
    count,
    duration,
    flag,
    identity,
    instant,
    is_filled,
    labels,
    number,
    one_of,
    renamed,
    row_number,
    text,
    truths,
    words,
)
from cs_metrics.readers._gathered import IS_LAST, gathered
from cs_metrics.readers._starter import starter_map
from cs_metrics.readers.common import PEOPLE
from cs_metrics.yamlfile import Mapping as YamlMapping
from cs_metrics.yamlfile import load

__all__ = ["READER", "load_map", "starter_map"]

READER = Reader("your own map (--map FILE)", ())

UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
TOP_KEYS = ("source", "timezone", "frames")
HEADER_KEYS = ("from", "first", "last")
CELL_KEYS = (*HEADER_KEYS, "value", "row", "format", "words", "other", "one_of", "unit", "separator", "blanks")
_ROW_IS_THERE = "_row_is_there"
_ANY_INSTANT = datetime(2024, 1, 2, 3, 4, 5)  # written in a format to see whether it is one


def load_map(path: Path) -> tuple[str, Shape]:
    """(the source's name, the shape) that a map describes. Raises `DefinitionError` with every problem in it."""
    return _Map(str(path), load(path)).build(path.stem)


class _Map:
    """A map being checked: problems are gathered, so that one run shows them all."""

    def __init__(self, path: str, content: YamlMapping) -> None:
        self.path, self.content = path, content
        self.problems: list[Problem] = []

    def build(self, default_source: str) -> tuple[str, Shape]:
        self._known_keys(self.content, TOP_KEYS)
        source = self._text(self.content, "source") or default_source
        zone = self._zone()
        frames = self.content.get("frames")
        if not isinstance(frames, YamlMapping) or not frames:
            self._problem(self.content, "frames", "a map needs `frames:` with at least one frame, such as tickets")
            raise DefinitionError(self.problems)
        rows = {name: self._rows(frames, name) for name in frames if self._is_frame(frames, name)}
        if self.problems:
            raise DefinitionError(self.problems)
        return source, Shape(self.path, "any", (_signature(rows),), rows, zone=zone)

    def _is_frame(self, frames: YamlMapping, name: str) -> bool:
        if name not in FRAMES:
            hint = did_you_mean(name, FRAMES)
            self._problem(frames, name, f"there is no frame '{name}' ({', '.join(FRAMES)}).{hint}")
        elif not FRAMES[name].is_read:
            self._problem(frames, name, f"{name} are computed from {' and '.join(FRAMES[name].made_of)}: map those")
        elif not isinstance(frames[name], YamlMapping):
            self._problem(frames, name, f"'{name}' needs lines of `column: header`")
        return name in FRAMES and isinstance(frames[name], YamlMapping)

    def _rows(self, frames: YamlMapping, name: str) -> Rows:
        given, frame = frames[name], FRAMES[name]
        columns: dict[str, Cell | Formula] = {}
        ends = {column: end for column, said in given.items() if (end := _end(said))}
        for column, said in given.items():
            if column == "only_where":
                continue
            if column not in frame.columns:
                hint = did_you_mean(column, frame.columns)
                self._problem(given, column, f"{name} have no column '{column}'.{hint}")
            elif (source := self._column(given, column, frame.columns[column], said)) is not None:
                columns[column] = source
        for key in set(frame.key) & set(frame.required) - set(given):
            self._problem(frames, name, f"{name} need the column '{key}', which says which row is which")
        if ends:
            return self._gathered(given, name, columns, ends)
        if "only_where" not in given:
            return Rows(columns)
        flagged = columns.get(str(given["only_where"]))
        if not isinstance(flagged, Cell):
            self._problem(given, "only_where", "`only_where` names a column of this frame that comes from a header")
            return Rows(columns)
        there = flagged if flagged.dtype == FLAG else is_filled(*flagged.headers, blanks=flagged.blanks)
        return Rows(columns | {_ROW_IS_THERE: there}, only_where=_ROW_IS_THERE)

    def _gathered(
        self, given: YamlMapping, name: str, columns: Mapping[str, Cell | Formula], ends: Mapping[str, str]
    ) -> Rows:
        """One row for all that have the same key, in the order of the first date that is told by them."""
        dates = [column for column in ends if isinstance(cell := columns.get(column), Cell) and cell.dtype == INSTANT]
        if not dates:
            self._problem(given, next(iter(ends)), "`first` and `last` need a date that is told by one of them too")
        if "only_where" in given:
            self._problem(given, "only_where", "`only_where` has no meaning beside `first` and `last`")
        keys = set(FRAMES[name].key)
        return Rows(gathered(columns, ends, keys, dates[0]) if dates else {}, only_where=IS_LAST)

    def _column(self, given: YamlMapping, name: str, column: Column, said: Any) -> Cell | Formula | None:
        if not isinstance(said, YamlMapping):
            said = YamlMapping({"from": said})
            said.line, said.lines = given.lines[name], {"from": given.lines[name]}
        before = len(self.problems)
        self._known_keys(said, CELL_KEYS)
        ways = [key for key in (*HEADER_KEYS, "value", "row") if key in said]
        if len(ways) != 1:
            self._problem(given, name, f"'{name}' needs one of: from, first, last, value, row")
            return None
        if "value" in said:
            self._word(said, "value", column, said["value"])
            return constant(said["value"]) if len(self.problems) == before else None
        if "row" in said:
            if said["row"] is not True:
                self._problem(said, "row", "`row: true` takes the row's number")
            return row_number()
        headers = said[ways[0]] if isinstance(said[ways[0]], list) else [said[ways[0]]]
        if not headers or any(not isinstance(header, str) or not header for header in headers):
            self._problem(said, ways[0], f"'{name}' needs a header, or a list of headers to be joined")
        cell = self._cell(said, name, column, tuple(map(str, headers)))
        if cell is None or len(self.problems) > before:
            return None
        blanks, other = self._words_in(said, "blanks"), said.get("other")
        return replace(cell, blanks=blanks, other=other, joined=len(headers) > 1)

    def _cell(self, said: YamlMapping, name: str, column: Column, headers: tuple[str, ...]) -> Cell | None:
        allowed = _options(name, column)
        for key in said:
            if key in CELL_KEYS and key not in (*HEADER_KEYS, "blanks", *allowed):
                self._problem(said, key, f"`{key}` has no meaning for '{name}'")
                return None
        if "words" in said or "other" in said or column.words:
            return self._worded(said, name, column, headers)
        if column.dtype == FLAG:
            values = self._words_in(said, "one_of")
            return one_of(*headers, values=values) if values else flag(*headers)
        if column.dtype == INSTANT:
            return instant(*headers, formats=self._formats(said), strictly="format" in said)
        if name.endswith("_seconds"):
            unit = said.get("unit", "s")
            if unit not in UNITS:
                self._problem(said, "unit", f"`unit` is one of {', '.join(UNITS)}, not {unit!r}")
            return duration(*headers, unit=UNITS.get(unit, 1.0))
        if column.dtype == WORDS:
            return labels(*headers, separator=self._text(said, "separator") or ",")
        if name in PEOPLE:
            return identity(*headers)
        if column.dtype == INTEGER:
            return count(*headers)
        return number(*headers) if column.dtype == NUMBER else text(*headers)

    def _worded(self, said: YamlMapping, name: str, column: Column, headers: tuple[str, ...]) -> Cell | None:
        table = said.get("words", YamlMapping({word: word for word in column.words}))
        if not isinstance(table, YamlMapping):
            self._problem(said, "words", "`words` holds lines of `word in the file: word of ours`")
            return None
        for word, ours in table.items():
            self._word(table if "words" in said else said, word, column, ours)
        if "other" in said:
            self._word(said, "other", column, said["other"])
        if column.dtype == FLAG:
            return truths(*headers, table=table)
        return words(*headers, table=table) if column.words else renamed(*headers, table=table)

    def _word(self, where: YamlMapping, key: str, column: Column, ours: Any) -> None:
        """Check one value of ours: of the column's type, and in its vocabulary if that is closed."""
        kinds = {FLAG: (bool,), INTEGER: (int,), NUMBER: (int, float)}.get(column.dtype, (str,))
        if not isinstance(ours, kinds) or (isinstance(ours, bool) and kinds != (bool,)):
            wanted = {bool: "true or false", int: "a number", str: "text"}[kinds[0]]
            self._problem(where, key, f"{ours!r} is not {wanted}")
        elif column.words and ours not in column.words:
            known = ", ".join(column.words)
            self._problem(where, key, f"'{ours}' is not one of {known}.{did_you_mean(str(ours), column.words)}")

    def _formats(self, said: YamlMapping) -> tuple[str, ...]:
        formats = self._words_in(said, "format")
        for spelling in formats:
            try:
                pl.Series([_ANY_INSTANT]).dt.strftime(spelling)
            except pl.exceptions.PolarsError:
                self._problem(said, "format", f"'{spelling}' is no date format such as '%d.%m.%Y %H:%M'")
        return formats or ISO_FORMATS

    def _words_in(self, said: YamlMapping, key: str) -> tuple[str, ...]:
        listed = said.get(key, [])
        listed = listed if isinstance(listed, list) else [listed]
        if any(isinstance(word, (YamlMapping, list)) for word in listed):
            self._problem(said, key, f"`{key}` is a word or a list of words")
            return ()
        return tuple(map(str, listed))

    def _text(self, said: YamlMapping, key: str) -> str | None:
        value = said.get(key)
        if value is not None and not isinstance(value, str):
            self._problem(said, key, f"`{key}` is not text")
            return None
        return value

    def _zone(self) -> str | None:
        name = self._text(self.content, "timezone")
        try:
            return name and str(ZoneInfo(name))
        except (ValueError, OSError, KeyError):
            self._problem(self.content, "timezone", f"there is no time zone '{name}'; write it like Europe/Berlin")
            return None

    def _known_keys(self, said: YamlMapping, known: tuple[str, ...]) -> None:
        for key in said:
            if key not in known:
                self._problem(said, key, f"'{key}' is not known here ({', '.join(known)}).{did_you_mean(key, known)}")

    def _problem(self, where: YamlMapping, key: str, message: str) -> None:
        self.problems.append(Problem(self.path, where.lines.get(key, where.line), message))


def _end(said: Any) -> str | None:
    """Which row of many a column is read from, where that is said."""
    return next((key for key in ("first", "last") if isinstance(said, YamlMapping) and key in said), None)


def _options(name: str, column: Column) -> tuple[str, ...]:
    """The keys that make sense for a column, by its type."""
    if column.dtype == FLAG:
        return ("words", "one_of")
    if column.dtype == INSTANT:
        return ("format",)
    if column.dtype == WORDS:
        return ("separator",)
    if column.words:
        return ("words", "other")
    if name.endswith("_seconds"):
        return ("unit",)
    return () if column.dtype in (INTEGER, NUMBER) else ("words",)


def _signature(rows: Mapping[str, Rows]) -> frozenset[str]:
    """The headers of the required columns; of all columns where none of the required ones comes from a header."""
    cells = [
        (name.removeprefix("_") in FRAMES[frame].required, header.casefold())
        for frame, each in rows.items()
        for name, cell in each.columns.items()
        if isinstance(cell, Cell)
        for header in cell.headers
    ]
    return frozenset(header for required, header in cells if required) or frozenset(header for _, header in cells)
