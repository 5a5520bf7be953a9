"""Where output goes: stdout, a device, or a file that is whole or not there at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from cs_metrics.errors import UsageError


@contextmanager
def opened(output: Path | None) -> Iterator[TextIO]:
    """A text stream to `output`; to stdout if it is None or `-`. Raises `UsageError` for what cannot be written.

    A closed pipe is no such error: it is the caller's to end quietly.
    """
    if output is None or str(output) == "-":
        with _told("stdout"):
            _prepare(sys.stdout)
            yield sys.stdout
            sys.stdout.flush()
    elif output.exists() and not output.is_file() and not output.is_dir():  # /dev/null must not become a file
        with _told(str(output)), output.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
    else:
        with replacing(output, make_folder=False) as half, half.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream


@contextmanager
def replacing(output: Path, make_folder: bool = True) -> Iterator[Path]:
    """A path beside `output` to write to, renamed to it at the end and removed on any error.

    Whoever reads `output` sees the old file or the new one. `make_folder`: makes its folder if only that is missing.
    """
    target = output.resolve()  # a link stays a link
    half = target.with_name(f".{target.name}.{os.getpid()}.part")
    with _told(str(output)):
        if target.is_dir():
            raise IsADirectoryError(0, "it is a folder, name a file in it")
        if make_folder and not target.parent.exists():
            target.parent.mkdir()
        try:
            half.touch()
            yield half
            if target.exists():
                shutil.copymode(target, half)
            half.replace(target)
        except BaseException:
            half.unlink(missing_ok=True)
            raise


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turns what the system says into one plain line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except FileNotFoundError:
        raise UsageError(f"cannot write {name}: there is no folder {Path(name).parent}") from None
    except OSError as error:
        raise UsageError(f"cannot write {name}: {error.strerror or error}") from None


def _prepare(stream: TextIO) -> None:
    """What another program reads is UTF-8 with plain line ends, on Windows too; a terminal keeps its own encoding."""
    if isinstance(stream, TextIOWrapper):
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8", newline="\n")
