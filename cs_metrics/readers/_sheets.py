"""Workbooks as CSV files, one a sheet, with the standard library: .xlsx, and the XML that is sent as .xls.

Cells come as what they hold, not as what the sheet shows: dates as 2024-01-31 10:00:00, spans as 26:30:00, numbers
with all their digits. Rows keep their numbers. Lines above the table (a report's title, its filters) are left blank.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse

from cs_metrics.errors import DataError
from cs_metrics.readers._headings import heads_questions

Row = tuple[int, list[str]]  # the row's number, its cells

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DAY_ZERO, _DAY_ZERO_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_DATES, _SPANS = {*range(14, 18), 22, *range(27, 32), 34, 35, 36, *range(50, 59)}, {18, 19, 20, 21, 32, 33, 45, 46, 47}
_LITERAL = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)  # text, colours and locales
_TITLE_ROWS = 50  # as many lines at most may stand above a table
_PLACE = re.compile(r"([A-Z]+)(\d+)")


def xlsx_sheets(archive: zipfile.ZipFile, name: str, new_file: Callable[[], Path]) -> list[tuple[str, Path]]:
    """(name, CSV file) of every sheet that holds a table. Raises `DataError` for a broken workbook."""
    try:
        shared, kinds = _shared_strings(archive), _kinds_of_styles(archive)
        zero, sheets = _workbook(archive)
        tables = ((sheet, _xlsx_rows(archive, part, shared, kinds, zero)) for sheet, part in sheets)
        return list(_written(tables, new_file))
    except (ParseError, KeyError, ValueError, IndexError) as error:
        raise DataError(f"{name}: the workbook cannot be read ({error}); save the sheet as CSV") from None


def xml_sheets(path: Path, name: str, new_file: Callable[[], Path]) -> list[tuple[str, Path]]:
    """The same for SpreadsheetML."""
    try:
        with path.open("rb") as stream:
            return list(_written(_xml_tables(stream), new_file))
    except (ParseError, ValueError) as error:
        raise DataError(f"{name}: the workbook cannot be read ({error}); save the sheet as CSV") from None


def _written(sheets: Iterable[tuple[str, Iterable[Row]]], new_file: Callable[[], Path]) -> Iterator[tuple[str, Path]]:
    """Every sheet of more than nothing as a CSV file."""
    for sheet, rows in sheets:
        path, below = new_file(), 0
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            for number, cells in _without_title(rows):
                stream.write("\n" * (number - below - 1))
                writer.writerow(cells)
                below = number
        if below:
            yield sheet, path


def _without_title(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows from the first one on that fills more than half as many cells as the fullest near the top, all as long.

    Empty cells at the end of a row are not in a workbook.
    """
    rest = iter(rows)
    top = [row for _, row in zip(range(_TITLE_ROWS), rest, strict=False)]
    filled = [sum(map(bool, cells)) for _, cells in top]
    is_header = [2 * cells > max(filled) or heads_questions(row) for (_, row), cells in zip(top, filled, strict=True)]
    start = next((place for place, is_one in enumerate(is_header) if is_one), len(top))
    if start == len(top):
        return
    heads = top[start : start + 2] if heads_questions(top[start][1]) else top[start : start + 1]
    width = max(len(cells) for _, cells in heads)
    for number, cells in chain(top[start:], rest):
        yield number, _padded(cells, width)


def _padded(cells: list[str], width: int) -> list[str]:
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return cells + [""] * (width - len(cells)) if any(cells) else []


def _workbook(archive: zipfile.ZipFile) -> tuple[datetime, list[tuple[str, str]]]:
    """(the day that is 0, [(sheet's name, its part of the archive)])."""
    with archive.open("xl/_rels/workbook.xml.rels") as stream:
        targets = {node.get("Id"): node.get("Target", "") for _, node in iterparse(stream)}
    zero, sheets = _DAY_ZERO, []
    with archive.open("xl/workbook.xml") as stream:
        for _, node in iterparse(stream):
            if _tag(node) == "workbookPr" and node.get("date1904") in ("1", "true"):
                zero = _DAY_ZERO_1904
            elif _tag(node) == "sheet":
                part = str(PurePosixPath("xl") / targets[node.get(_RELATION)]).removeprefix("/")
                sheets.append((node.get("name", ""), part))
    return zero, [(sheet, part) for sheet, part in sheets if "chartsheets" not in part]


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    strings = []
    with archive.open("xl/sharedStrings.xml") as stream:
        for _, node in iterparse(stream):
            if _tag(node) == "si":
                strings.append(_text(node))
                node.clear()
    return strings


def _text(node: Element) -> str:
    """The text of a cell's runs, without its reading aid in Japanese."""
    direct = (child for child in node if _tag(child) in ("t", "r"))
    return "".join(part.text or "" for child in direct for part in child.iter() if _tag(part) == "t")


def _kinds_of_styles(archive: zipfile.ZipFile) -> list[str]:
    """For each cell format whether a number under it is a date, a span, or a number (empty)."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    own: dict[int, str] = {}
    with archive.open("xl/styles.xml") as stream:
        for _, node in iterparse(stream):
            if _tag(node) == "numFmt":
                own[int(node.get("numFmtId", 0))] = _kind(node.get("formatCode", ""))
            elif _tag(node) == "cellXfs":
                numbers = [int(style.get("numFmtId", 0)) for style in node]
                return [own.get(n) or ("date" if n in _DATES else "span" if n in _SPANS else "") for n in numbers]
    return []


def _kind(code: str) -> str:
    bare = _LITERAL.sub("", code).casefold()
    if re.search(r"[yd]", bare):
        return "date"
    return "span" if re.search(r"[hs]", bare) else ""


def _xlsx_rows(
    archive: zipfile.ZipFile, part: str, shared: Sequence[str], kinds: Sequence[str], zero: datetime
) -> Iterator[Row]:
    with archive.open(part) as stream:
        number, rows = 0, None
        for event, node in iterparse(stream, ("start", "end")):
            if event == "start":
                rows = node if rows is None and _tag(node) == "sheetData" else rows
                continue
            if not node.tag.endswith("row"):  # asked of every cell
                continue
            number = int(node.get("r") or number + 1)
            cells: list[str] = []
            for cell in node:
                place = _PLACE.match(cell.get("r", ""))
                column = _column(place[1]) if place else len(cells)
                cells += [""] * (column - len(cells))
                cells.append(_value(cell, shared, kinds, zero))
            yield number, cells
            if rows is not None:
                rows.clear()  # else the whole sheet stays in memory


@cache
def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _value(cell: Element, shared: Sequence[str], kinds: Sequence[str], zero: datetime) -> str:
    held = next((node.text or "" for node in cell if _tag(node) == "v"), "")
    match cell.get("t", "n"):
        case "s":
            return shared[int(held)]
        case "inlineStr":
            return "".join(_text(node) for node in cell if _tag(node) == "is")
        case "b":
            return "true" if held == "1" else "false"
        case "e":
            return ""
        case "n" if held:
            style = int(cell.get("s", 0))
            return _number(held, kinds[style] if style < len(kinds) else "", zero)
    return held


def _number(held: str, kind: str, zero: datetime) -> str:
    if not kind:
        return held.removesuffix(".0")
    seconds = round(float(held) * 86_400)
    if kind == "date" and seconds >= 86_400:
        return f"{zero + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours}:{rest // 60:02}:{rest % 60:02}"


def _xml_tables(stream: IO[bytes]) -> Iterator[tuple[str, Iterable[Row]]]:
    for sheet, rows in groupby(_xml_rows(stream), key=itemgetter(0)):
        yield sheet, map(itemgetter(1), rows)


def _xml_rows(stream: IO[bytes]) -> Iterator[tuple[str, Row]]:
    """(sheet, row) of all sheets one after the other."""
    sheet, number, table = "", 0, None
    for event, node in iterparse(stream, ("start", "end")):
        if event == "start":
            if _tag(node) == "Worksheet":
                sheet, number = _attributes(node).get("Name", ""), 0
            table = node if _tag(node) == "Table" else table
        elif _tag(node) == "Row":
            number = int(_attributes(node).get("Index", number + 1))
            yield sheet, (number, _xml_cells(node))
            if table is not None:
                table.clear()


def _xml_cells(row: Element) -> list[str]:
    cells: list[str] = []
    for cell in (node for node in row if _tag(node) == "Cell"):
        said = _attributes(cell)
        cells += [""] * (int(said.get("Index", len(cells) + 1)) - 1 - len(cells))
        data = next((node for node in cell if _tag(node) == "Data"), None)
        cells.append(_xml_value(data) if data is not None else "")
        cells += [""] * int(said.get("MergeAcross", 0))
    return cells


def _xml_value(data: Element) -> str:
    held = "".join(data.itertext())
    match _attributes(data).get("Type"):
        case "Boolean":
            return "true" if held == "1" else "false"
        case "Error":
            return ""
        case "DateTime":
            return held.removesuffix(".000").replace("T", " ")
    return held


def _tag(node: Element) -> str:
    return node.tag.rpartition("}")[2]


def _attributes(node: Element) -> Mapping[str, str]:
    return {name.rpartition("}")[2]: value for name, value in node.attrib.items()}
