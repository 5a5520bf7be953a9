"""Which files an argument of the command line means: a path, a glob, a folder, an archive's members, standard input."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path, PurePosixPath
from typing import IO

from cs_metrics.errors import DataError
from cs_metrics.readers._files import MEMBER, Input, Progress, holds_files, is_hidden, new_file


def expand(arguments: Sequence[str], progress: Progress | None = None) -> list[Input]:
    """Paths, globs, folders, archives, `-` and `NAME=path` → files, each once. Raises `DataError` for what is absent.

    The members of an archive and the sheets of a workbook are files of their own: `export.zip!tickets.csv`.
    """
    found: dict[tuple[Path, str | None, str], Input] = {}
    for argument in arguments:
        source, path = _split_source(argument)
        for item, member in _expand_one(path, source):
            found.setdefault((item.path.resolve(), source, member), replace(item, progress=progress))
    return [inner for (_, _, member), item in found.items() for inner in _inside(item, member)]


def _split_source(argument: str) -> tuple[str | None, str]:
    name, separator, path = argument.partition("=")
    if separator and name and path and not Path(argument).exists() and "/" not in name:
        return name, path
    return None, argument


def _expand_one(argument: str, source: str | None) -> Iterator[tuple[Input, str]]:
    """(a file, the one member that is meant or all of them)."""
    path = Path(argument).expanduser()
    archive, _, member = argument.rpartition(MEMBER)
    if argument == "-":
        yield Input(_spooled(sys.stdin.buffer), "standard input", source), ""
    elif path.is_dir():
        inside = [p for p in sorted(path.rglob("*")) if p.is_file()]
        visible = [p for p in inside if not is_hidden(PurePosixPath(p.relative_to(path).as_posix()))]
        if not visible:
            raise DataError(f"{argument}: the folder holds no files")
        yield from ((Input(p, str(p), source, from_folder=True), "") for p in visible)
    elif path.is_file():
        yield Input(path, argument, source), ""
    elif path.exists():  # a pipe, as of <(zcat …)
        with path.open("rb") as stream:
            yield Input(_spooled(stream), argument, source), ""
    elif has_magic(argument) and (matches := sorted(glob(argument, recursive=True))):  # noqa: PTH207 (Path.glob refuses absolute patterns)
        for match in matches:
            yield from _expand_one(match, source)
    elif archive and Path(archive).expanduser().is_file():
        yield Input(Path(archive).expanduser(), archive, source), member
    else:
        raise DataError(f"{argument}: there is no such file")


def _inside(item: Input, member: str) -> Iterator[Input]:
    """The file itself, or those that are in it."""
    inside = [(item.path, item.name)]
    if holds_files(item.path):
        from cs_metrics.readers._archives import files_in  # what unpacks is loaded where there is something to unpack

        inside = files_in(item.path, item.name)
    if member:
        inside = [(path, name) for path, name in inside if name == f"{item.name}{MEMBER}{member}"]
        if not inside:
            raise DataError(f"{item.name}: there is no '{member}' in it")
    for path, name in inside:
        yield replace(item, path=path, name=name, from_folder=item.from_folder or len(inside) > 1)


def _spooled(stream: IO[bytes]) -> Path:
    """What comes through a pipe as a file, since reading takes more than one look."""
    target = new_file()
    with target.open("wb") as sink:
        shutil.copyfileobj(stream, sink)
    return target
