"""How a file comes in: paths, globs, folders and standard input; compression; and what the first bytes say it is."""

from __future__ import annotations

import atexit
import bz2
import gzip
import io
import lzma
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import IO, cast

import polars as pl

from cs_metrics.errors import DataError

HEAD_BYTES = 1 << 18
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2", b"\xfd7zXZ": "xz"}
_NOT_EXPORTS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or Excel workbook: unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV",
}


@dataclass(frozen=True)
class Input:
    """One file to read: where it lies, what to call it, the source's name if given, and whether a folder held it."""

    path: Path
    name: str
    source: str | None = None
    from_folder: bool = False


def expand(arguments: Sequence[str]) -> list[Input]:
    """Paths, globs, folders, `-` and `NAME=path` → files, each once. Raises `DataError` for what is not there."""
    inputs: list[Input] = []
    for argument in arguments:
        source, path = _split_source(argument)
        inputs.extend(_expand_one(path, source))
    unique = {(item.path.resolve(), item.source): item for item in inputs}
    return list(unique.values())


def _split_source(argument: str) -> tuple[str | None, str]:
    name, separator, path = argument.partition("=")
    if separator and name and path and not Path(argument).exists() and "/" not in name:
        return name, path
    return None, argument


def _expand_one(argument: str, source: str | None) -> Iterator[Input]:
    path = Path(argument).expanduser()
    if argument == "-":
        yield Input(_spooled_stdin(), "standard input", source)
    elif path.is_dir():
        found = [p for p in sorted(path.rglob("*")) if p.is_file() and not _is_hidden(p.relative_to(path))]
        if not found:
            raise DataError(f"{argument}: the folder holds no files")
        yield from (Input(p, str(p), source, from_folder=True) for p in found)
    elif path.exists():
        yield Input(path, argument, source)
    elif has_magic(argument) and (matches := sorted(glob(argument, recursive=True))):  # noqa: PTH207 (Path.glob refuses absolute patterns)
        for match in matches:
            yield from _expand_one(match, source)
    else:
        raise DataError(f"{argument}: there is no such file")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.parts)


def _spooled_stdin() -> Path:
    """Standard input as a file, since reading takes more than one look; removed when the program ends."""
    spool = Path(tempfile.mkdtemp(prefix="cs-metrics-"))
    atexit.register(shutil.rmtree, spool, ignore_errors=True)
    target = spool / "standard-input"
    with target.open("wb") as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
    return target


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
            lines = pl.read_lines(path).to_series()
            return io.BytesIO("\n".join(lines.to_list()).encode())
        case _:
            return path.open("rb")


def read_head(item: Input) -> bytes:
    """The first quarter megabyte. Raises `DataError` for what is unreadable, empty, or plainly no export."""
    try:
        with open_bytes(item.path) as stream:
            head = stream.read(HEAD_BYTES)
    except (OSError, EOFError, lzma.LZMAError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DataError(f"{item.name}: cannot be read: {reason}") from None
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise DataError(f"{item.name}: the file is empty")
    for magic, what in _NOT_EXPORTS.items():
        if head.startswith(magic):
            raise DataError(f"{item.name}: this is {what}")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise DataError(f"{item.name}: this is a web page or XML, not a CSV or JSON export (a login page?)")
    return head


def encoding_of(head: bytes) -> str:
    """utf-8-sig, utf-16 or cp1252, from a byte-order mark or from what decodes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[:400].count(0) > len(head[:400]) // 4:
        return "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # a character cut in two by the end of the head is not a wrong encoding
        return "utf-8-sig" if error.start > len(head) - 4 and len(head) == HEAD_BYTES else "cp1252"
    return "utf-8-sig"
