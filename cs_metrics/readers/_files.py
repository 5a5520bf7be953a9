"""What a file is by its first bytes: an archive, compressed, in which encoding, or no export at all."""

from __future__ import annotations

import atexit
import bz2
import codecs
import gzip
import io
import lzma
import re
import shutil
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO, cast

import polars as pl

from cs_metrics.errors import DataError, NoExportError

HEAD_BYTES = 1 << 18
STRAY_AS_1252 = "stray-as-1252"
"""How to decode UTF-8 (`errors=`): bytes that are none are Windows-1252."""
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2", b"\xfd7zXZ": "xz"}
_NOT_EXPORTS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as .xlsx or CSV",
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_INSTEAD = "export it as CSV or JSON, or save the pages of the helpdesk's API"
_XML_WORKBOOK = b"urn:schemas-microsoft-com:office:spreadsheet"
MEMBER = "!"
"""Between an archive and what is in it: `export.zip!tickets.csv`."""
_NUMBERS = count()

Progress = Callable[[str, int, int, int], None]
"""Told while a file is read: its name, the bytes that are read, those it has, and the rows so far."""


@dataclass(frozen=True)
class Input:
    """One file to read: where it lies, what to call it, the source's name if given, and whether others lie beside it.

    `progress` is told how far reading has come, if somebody wants to know.
    """

    path: Path
    name: str
    source: str | None = None
    from_folder: bool = False
    progress: Progress | None = field(default=None, compare=False)

    def tell(self, read: int, rows: int, is_done: bool = False) -> None:
        """Says how many bytes are read, as near as that is known, and how many rows that were."""
        if self.progress is not None:
            size = self.path.stat().st_size
            self.progress(self.name, size if is_done else min(read, size - 1), size, rows)


def holds_files(path: Path) -> bool:
    """Whether a file is an archive or a workbook, by its first bytes."""
    return _start(path).startswith(_ZIP) or is_xml_workbook(path)


def is_xml_workbook(path: Path) -> bool:
    """Whether a file is SpreadsheetML (the XML that is sent as .xls)."""
    start = _start(path).replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start[:1] == b"<" and _XML_WORKBOOK in start


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(4096)
    except OSError:
        return b""  # said by whoever reads it


def is_hidden(path: PurePosixPath) -> bool:
    """Whether a file is one that systems leave behind: .DS_Store, __MACOSX, a workbook's lock."""
    return any(part.startswith((".", "~$")) or part == "__MACOSX" for part in path.parts)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cs-metrics-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def new_file() -> Path:
    """A place for a file that is needed until the program ends."""
    return _folder() / str(next(_NUMBERS))


def compression_of(path: Path) -> str | None:
    """gzip, zstd, bz2 or xz by the first bytes, never by the name; None for plain files."""
    with path.open("rb") as stream:
        start = stream.read(8)
    return next((name for magic, name in _COMPRESSIONS.items() if start.startswith(magic)), None)


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, decompressed."""
    match compression_of(path):
        case "gzip":
            return cast("IO[bytes]", gzip.open(path))
        case "bz2":
            return cast("IO[bytes]", bz2.open(path))
        case "xz":
            return cast("IO[bytes]", lzma.open(path))
        case "zstd":  # Python 3.11 cannot, Polars can
            try:
                lines = pl.read_lines(path).to_series()
            except pl.exceptions.PolarsError as error:
                raise EOFError(error) from None
            return io.BytesIO("\n".join(lines.to_list()).encode())
        case _:
            return path.open("rb")


@contextmanager
def readable(item: Input) -> Iterator[None]:
    """Stands around what reads a file's bytes: raises `DataError` where it is packed and damaged, or out of reach."""
    try:
        yield
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None)
        if reason is None:  # not the system's word, but that of what unpacks
            reason = f"it is damaged or cut off ({str(error).splitlines()[0]}); fetch it again"
        raise DataError(f"{item.name}: cannot be read: {reason}") from None


def read_head(item: Input) -> bytes:
    """The first quarter megabyte. Raises `DataError` for what is unreadable, `NoExportError` for what is no export."""
    with readable(item), open_bytes(item.path) as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise NoExportError(f"{item.name}: the file is empty")
    for magic, what in _NOT_EXPORTS.items():
        if head.startswith(magic):
            raise NoExportError(f"{item.name}: this is {what}")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:400]
    if start.startswith(b"<?xml") and b"<html" not in start:
        raise NoExportError(f"{item.name}: this is XML, which no reader reads: {_INSTEAD}")
    if start.startswith(b"<"):
        raise NoExportError(f"{item.name}: this is a web page or XML, not a CSV or JSON export (a login page?)")
    return head


def encoding_of(head: bytes) -> str:
    """utf-8-sig, utf-16 or cp1252, from a byte-order mark or from what decodes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[:400].count(0) > len(head[:400]) // 4:
        return "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"
    # a character cut in two by the end of the head is not a wrong encoding
    return "cp1252" if is_mostly_1252([head[:-3] if len(head) == HEAD_BYTES else head]) else "utf-8-sig"


def is_mostly_1252(pieces: Iterable[bytes]) -> bool:
    """Whether more bytes of a text are no UTF-8 than characters beyond ASCII are UTF-8.

    A few bytes that are none come from programs that cut a text in the midst of a character.
    """
    beyond = Counter[bool]()
    for piece in pieces:
        found = _BEYOND_ASCII.findall(piece.decode("utf-8", errors="surrogateescape"))
        beyond.update("\udc80" <= character <= "\udcff" for character in found)
    return beyond[True] > beyond[False]


def _as_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(STRAY_AS_1252, _as_1252)
