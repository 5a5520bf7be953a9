"""Files inside files: the members of a zip archive, the sheets of a workbook. Each becomes a file of its own.

They are unpacked piece by piece into a folder that goes when the program ends, since reading takes more than one look.
"""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cs_metrics.errors import DataError
from cs_metrics.readers._files import MEMBER, holds_files, is_hidden, is_xml_workbook, new_file
from cs_metrics.readers._sheets import xlsx_sheets, xml_sheets

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def files_in(path: Path, name: str) -> list[tuple[Path, str]]:
    """(where it lies, what to call it) of every file in an archive or workbook.

    Raises `DataError` for an archive that is broken, locked or empty, or that holds further archives.
    """
    if is_xml_workbook(path):
        return _named(name, xml_sheets(path, name, new_file))
    try:
        with zipfile.ZipFile(path) as archive:
            inside = set(archive.namelist())
            if "xl/workbook.xml" in inside:
                return _named(name, xlsx_sheets(archive, name, new_file))
            if {"content.xml", "[Content_Types].xml"} & inside:
                raise DataError(f"{name}: this is an office document that is not read; save it as .xlsx or CSV")
            found = list(_members(archive, name))
    except DataError:
        raise
    except _BROKEN as error:
        why = "it is locked by a password" if "password" in str(error) else str(error) or type(error).__name__
        advice = "unpack it, or save the sheet as CSV"
        raise DataError(f"{name}: this archive or workbook cannot be opened ({why}): {advice}") from None
    if not found:
        raise DataError(f"{name}: the archive holds no files")
    return found


def _members(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[Path, str]]:
    for member in archive.infolist():
        if member.is_dir() or is_hidden(PurePosixPath(member.filename)):
            continue
        target, inner = new_file(), f"{name}{MEMBER}{member.filename}"
        with archive.open(member) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        if not holds_files(target):
            yield target, inner
        elif is_xml_workbook(target) or _is_workbook(target):
            yield from files_in(target, inner)
        else:
            raise DataError(f"{inner}: an archive inside an archive; unpack {name} first")


def _is_workbook(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return "xl/workbook.xml" in archive.namelist()


def _named(name: str, sheets: list[tuple[str, Path]]) -> list[tuple[Path, str]]:
    """A single sheet goes by the workbook's name."""
    if not sheets:
        raise DataError(f"{name}: the workbook is empty")
    return [(path, name if len(sheets) == 1 else f"{name}{MEMBER}{sheet}") for sheet, path in sheets]
