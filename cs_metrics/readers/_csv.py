"""Two ways into a CSV. Both give every cell as text, and the same rows.

Fast: Polars' own scanner, for UTF-8 with `\\n` or `\\r\\n`. All columns are projected, since the scanner silently
shifts an over-long row when only some are; and since it silently fills an over-short row, the separators are counted
whenever a row ends in an empty cell. Careful, whenever the fast way fails or cannot be used: Python's `csv`, which
keeps line numbers and sets rows with too many or too few cells, and rows with stray quotes, apart.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import islice

import polars as pl

from cs_metrics.entities import INTEGER, TEXT
from cs_metrics.errors import NoExportError
from cs_metrics.readers._files import (
    HEAD_BYTES,
    STRAY_AS_1252,
    Input,
    compression_of,
    encoding_of,
    is_mostly_1252,
    open_bytes,
    readable,
)
from cs_metrics.readers._headings import headings, with_answers
from cs_metrics.readers._records import BELOW_TABLE, table_records

Stage = Sequence[pl.Expr]
"""Expressions evaluated together; the next stage may use their names. What the last stage names is what is kept."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r'"[^"]*"')
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_BLANK_LINE = re.compile(rb"\n(?=\r?\n)")
_MARK_IN_1252 = "ï»¿"  # the byte-order mark of UTF-8, in a file that is none
_UTF_8 = "utf-8-sig"
ROW = "__row"  # the row's number as a spreadsheet shows it: the header is row 1
MALFORMED = pl.Schema({"row": INTEGER, "line": INTEGER, "reason": TEXT, "text": TEXT})
NONE_MALFORMED = MALFORMED.to_frame()  # built once: a JSON file is looked at through many tables
_LAST_EMPTY, _BELOW = "__last_empty", "__below_table"
_SAMPLE_ROWS, _BATCH_ROWS, _CHUNK = 1000, 50_000, 1 << 22
_ALL_COLUMNS = pl.QueryOptFlags(projection_pushdown=False)


class CsvTable:
    """A CSV file as text columns. `headers` are unique; `sample` holds the first rows; `malformed` fills on reading.

    `zone` is that of its times where rows below the header say it.
    """

    def __init__(self, item: Input, head: bytes) -> None:
        self.item = item
        self.malformed = NONE_MALFORMED
        self.encoding = encoding_of(head)
        text = head.decode(self.encoding, errors=STRAY_AS_1252 if self.encoding == _UTF_8 else "replace")
        self._has_separator_line = text[:5].lstrip('"').casefold().startswith("sep=")
        first_end = _LINE_END.search(text)
        first_outside = _LINE_END.search(_QUOTED.sub("", text))
        self._carriage_returns = first_outside is not None and first_outside[0] == "\r"
        if self._has_separator_line:
            first, text = _LINE_END.split(text, maxsplit=1) if first_end else (text, "")
            self.delimiter = first.strip('"')[4:5] or ","
        else:
            self.delimiter = _sniffed_delimiter(text)
        if len(head) == HEAD_BYTES:  # the last line is cut
            text = text.rpartition("\r" if self._carriage_returns else "\n")[0]
        lines = io.StringIO(text, newline="")
        reader = csv.reader(lines, delimiter=self.delimiter)
        names = next((row for row in _lenient(reader) if any(cell.strip() for cell in row)), [])
        rows = [row for _, row in zip(range(_SAMPLE_ROWS), _lenient(reader), strict=False) if len(row) == len(names)]
        self._headings, self.zone = headings(rows)
        if not self._headings:
            names, self._headings = with_answers(names, rows)
        self.headers = _unique(names)
        rows = rows[self._headings :]
        columns = zip(*rows, strict=True) if rows else ([] for _ in names)
        self.sample = pl.DataFrame([pl.Series(n, v, TEXT) for n, v in zip(self.headers, columns, strict=True)])
        self.is_fast = (
            self.encoding == _UTF_8
            and not self._has_separator_line
            and not self._carriage_returns
            and bool(text.partition("\n")[0].strip())
            and compression_of(item.path) in (None, "gzip", "zstd")
        )

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame:
        """The last stage's columns of every row (that meets `where`); with `numbered`, expressions may name `ROW`."""
        if self.is_fast:
            try:
                frame = self._scanned(stages, where, numbered)
            except (pl.exceptions.PolarsError, OSError):  # which of the two it is, the careful way says
                frame = None
            if frame is not None:
                return frame
            self.is_fast = False
        return staged(self._careful.lazy(), stages, where).collect()

    def _scanned(self, stages: Sequence[Stage], where: pl.Expr | None, numbered: bool) -> pl.DataFrame | None:
        """The fast way; None where the file turns out to hold rows with too few cells, totals or a footer."""
        rows = pl.scan_csv(
            self.item.path,
            separator=self.delimiter,
            infer_schema=False,
            with_column_names=lambda _: list(self.headers),
            skip_rows_after_header=self._headings,
            row_index_name=ROW if numbered else None,
            row_index_offset=2 + self._headings if numbered else 0,
            glob=False,
        )
        if where is not None:  # a second look at some rows: the first one has checked the shape
            return staged(rows, stages, where).collect(engine="streaming", optimizations=_ALL_COLUMNS)
        last_empty = pl.col(self.headers[-1]).is_null().alias(_LAST_EMPTY)
        below_table = pl.col(self.headers[0]).map_batches(self._below(), pl.Boolean, is_elementwise=True).alias(_BELOW)
        checked = (*stages[:-1], [*stages[-1], last_empty, below_table])
        ends_empty = bool(self.sample.height and self.sample[self.headers[-1]].str.len_bytes().fill_null(0).min() == 0)
        with ThreadPoolExecutor(1) as beside:  # where rows end in empty cells, count while the scanner reads
            counting = beside.submit(self._count_separators) if ends_empty else None
            frame = staged(rows, checked, None).collect(engine="streaming", optimizations=_ALL_COLUMNS)
        if frame[_BELOW].any():
            return None
        if frame[_LAST_EMPTY].any():
            separators = counting.result() if counting else self._count_separators()
            if not self._is_rectangular(frame.height, separators):
                return None
        return frame.drop(_LAST_EMPTY, _BELOW)

    def _below(self) -> Callable[[pl.Series], pl.Series]:
        """Whether first cells begin like totals and footers; tells on the way how many rows have come by."""
        seen, sampled = 0, self.sample.height or 1
        a_row = sum(cells.str.len_bytes().sum() for cells in self.sample.get_columns()) / sampled + len(self.headers)

        def below(cells: pl.Series) -> pl.Series:
            nonlocal seen
            seen += len(cells)
            self.item.tell(int(seen * a_row), seen)
            has_letters = cells > "@"  # numbers, which most ids are, need no closer look
            return cells.str.contains(BELOW_TABLE) if has_letters.any() else has_letters

        return below

    def _count_separators(self) -> int:
        delimiter = self.delimiter.encode()
        return sum(len(text) - len(text.translate(None, delimiter)) for text in self._outside_quotes())

    def _is_rectangular(self, height: int, separators: int) -> bool:
        """Whether every row but blank lines has all its separators; over-long rows have already failed."""
        between = len(self.headers) - 1
        if not between:
            return False
        missing = between * (height + 1 + self._headings) - separators
        if missing <= 0:
            return not missing
        blank_lines, before = 0, b""
        for text in self._outside_quotes():
            blank_lines += len(_BLANK_LINE.findall(before + text))
            before = text[-2:] if text.endswith(b"\n\r") else text[-1:]
        return missing == blank_lines * between

    def _outside_quotes(self) -> Iterator[bytes]:
        """The file's bytes in pieces, with what stands between two quotes left out (a quote stays in its place)."""
        is_inside = False
        with open_bytes(self.item.path) as stream:
            while chunk := stream.read(_CHUNK):
                if b'"' in chunk:
                    parts = chunk.split(b'"')
                    yield b'"'.join(parts[is_inside::2])
                    is_inside ^= len(parts) % 2 == 0
                elif not is_inside:
                    yield chunk

    @cached_property
    def _careful(self) -> pl.DataFrame:
        with readable(self.item):
            if self.encoding != _UTF_8:
                return self._parsed(self.encoding, "replace")
            try:
                return self._parsed(self.encoding, "strict")
            except UnicodeError:
                with open_bytes(self.item.path) as lines:
                    of_1252 = is_mostly_1252(lines)
                return self._parsed("cp1252", "replace") if of_1252 else self._parsed(_UTF_8, STRAY_AS_1252)

    def _parsed(self, encoding: str, errors: str) -> pl.DataFrame:
        schema = {ROW: INTEGER} | dict.fromkeys(self.headers, TEXT)
        batches, batch = [pl.DataFrame(schema=schema)], list[tuple[int, list[str]]]()
        malformed: list[tuple[int, int, str, str]] = []

        def flush() -> None:
            cells = zip(*(row for _, row in batch), strict=True)
            columns = [pl.Series(name, values, TEXT) for name, values in zip(self.headers, cells, strict=True)]
            batches.append(pl.DataFrame([pl.Series(ROW, [number for number, _ in batch], INTEGER), *columns]))
            batch.clear()

        source = open_bytes(self.item.path)
        with io.TextIOWrapper(source, encoding=encoding, errors=errors, newline="") as lines:
            if self._has_separator_line:
                lines.readline()
            records = table_records(lines, self.delimiter, len(self.headers))
            for number, line, row, reason in islice(records, self._headings, None):
                if reason is None:
                    batch.append((number, row))
                else:
                    malformed.append((number, line, reason, self.delimiter.join(row)))
                if len(batch) == _BATCH_ROWS:
                    flush()
                    self.item.tell(source.tell(), number)
        if batch:
            flush()
        self.malformed = pl.DataFrame(malformed, schema=MALFORMED, orient="row")
        return pl.concat(batches)


def staged(rows: pl.LazyFrame, stages: Sequence[Stage], where: pl.Expr | None) -> pl.LazyFrame:
    """The rows taken through the stages; those that do not meet `where` are dropped before the last one."""
    for stage in stages[:-1]:
        rows = rows.with_columns(stage)
    return (rows.filter(where) if where is not None else rows).select(stages[-1])


def _lenient(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows up to the first one that cannot be parsed: enough for a sample."""
    try:
        yield from reader
    except csv.Error:
        return


def _sniffed_delimiter(text: str) -> str:
    """The separator that cuts the header line into most cells."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    cells = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in (",", ";", "\t", "|")}
    return max(cells, key=lambda mark: cells[mark])


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Headers without blanks around them; repeated ones as `Source`, `Source.1`, …; empty ones by their place."""
    unique: list[str] = []
    for place, name in enumerate(names, start=1):
        base = name.strip().lstrip("\ufeff").removeprefix(_MARK_IN_1252) or f"column {place}"
        candidate, copies = base, 0
        while candidate in unique:
            copies += 1
            candidate = f"{base}.{copies}"
        unique.append(candidate)
    return tuple(unique)


def read_csv_head(item: Input, head: bytes) -> CsvTable:
    """The table of a CSV file. Raises `NoExportError` where there is no header row of text."""
    text = head.decode(encoding_of(head), errors="replace")
    if len(_CONTROLS.findall(text)) > len(text) // 50:  # a single one may have come into a cell
        raise NoExportError(f"{item.name}: this is a binary file, not a CSV or JSON export")
    if len(head) == HEAD_BYTES and not _LINE_END.search(text):
        raise NoExportError(
            f"{item.name}: the first line goes on for more than {len(text):,} characters: no header row"
        )
    return CsvTable(item, head)
