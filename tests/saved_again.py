"""What becomes of an export that somebody opens and saves again: in a spreadsheet, in an editor, by a script."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

Lines = Sequence[Sequence[str]]

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DATE = re.compile(r"\d{4}-\d\d-\d\d[ ]\d\d:\d\d(:\d\d)?")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?")
_DAY_ZERO = datetime(1899, 12, 30)


def lines_of(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def as_csv(lines: Lines, delimiter: str = ",", end: str = "\n") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(lines)
    return stream.getvalue()


def by_spreadsheet(lines: Lines, spelling: str) -> list[list[str]]:
    """The lines with what a spreadsheet takes for dates in the spelling of somebody's country; seconds are lost."""
    return [[_dated(cell, spelling) for cell in line] for line in lines]


def _dated(cell: str, spelling: str) -> str:
    return datetime.fromisoformat(cell).strftime(spelling) if _DATE.fullmatch(cell) else cell


def as_workbook(lines: Lines) -> bytes:
    """An .xlsx of one sheet whose dates and numbers are dates and numbers."""
    rows = ""
    for number, line in enumerate(lines, start=1):
        cells = (_cell(cell, f"{_letters(place)}{number}") for place, cell in enumerate(line))
        rows += f'<row r="{number}">{"".join(cells)}</row>'
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
    return zipped(
        {
            "[Content_Types].xml": b"<Types/>",
            "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>'
            '<sheet name="Export" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<Links><Relationship Id="r1" Target="worksheets/1.xml"/></Links>',
            "xl/styles.xml": f"<styleSheet {MAIN}>{styles}</styleSheet>",
            "xl/worksheets/1.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        }
    )


def _cell(cell: str, place: str) -> str:
    if not cell:
        return ""
    if _DATE.fullmatch(cell):
        return f'<c r="{place}" s="1"><v>{(datetime.fromisoformat(cell) - _DAY_ZERO).total_seconds() / 86400}</v></c>'
    if _NUMBER.fullmatch(cell):
        return f'<c r="{place}"><v>{cell}</v></c>'
    text = cell.replace("&", "&amp;").replace("<", "&lt;")
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(place: int) -> str:
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(65 + last)


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def documents(text: str) -> list[Any]:
    """The values of a JSON text: one, or several one after the other."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        found.append(value)
        place += len(text[place:]) - len(text[place:].lstrip())
    return found


def as_lines(values: Iterable[Any], end: str = "\n") -> str:
    return "".join(json.dumps(value) + end for value in values)


def everywhere(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A JSON value with every object in it changed, the innermost first."""
    if isinstance(value, list):
        return [everywhere(item, change) for item in value]
    if isinstance(value, dict):
        return change({key: everywhere(item, change) for key, item in value.items()})
    return value
