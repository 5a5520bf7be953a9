"""The only writer to stderr, and the exit codes. stdout is data, stderr is talk.

Rich is imported when there is a colour to show and Polars never, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TextIO

from cs_metrics.errors import CsMetricsError

if TYPE_CHECKING:
    from cs_metrics.result import Result

_NAME = "cs-metrics: "
_STEERING = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


_LARGE = 50 << 20  # bytes; smaller files are read before anyone wonders
_PATIENCE, _STEP = 1.0, 0.1  # seconds before the first line about small files, and between two lines
_ERASE = "\r\x1b[2K"
_is_showing = False  # a line of progress, which whatever is said next must erase


class ExitCode(IntEnum):
    """What a shell may rely on."""

    DONE = 0
    NO = 1  # the answer is no: a target missed, an alarm rang
    USAGE = 2
    DATA = 3
    BUG = 70
    INTERRUPTED = 130


def talk(result: Result) -> None:
    """What to know of a report: the files of which not every row was used, and its notes."""
    for source in result.sources:
        for frame, account in source.frames.items():
            note(account_line(source.path, frame, account))
    for said in result.notes:
        note(said.text)


def note(text: str) -> None:
    """Something worth knowing; nothing for an empty text."""
    if text:
        _say(text, "dim")


def error(problem: CsMetricsError) -> None:
    """One line per problem that the user can act on."""
    for line in str(problem).splitlines() or [type(problem).__name__]:
        _say(_NAME + line, "red")


def bug(problem: BaseException) -> None:
    """Our own mistake: the traceback, and what to do with it."""
    for line in "".join(traceback.format_exception(problem)).splitlines():
        _say(line, "dim")
    _say(f"{_NAME}this is a bug in cs-metrics, not a mistake of yours. Please report it with the lines above.", "red")


def progress(quiet: bool = False) -> Callable[[str, int, int, int], None] | None:
    """What shows a person how far reading has come, one line that is written over; None where nobody looks on."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return None
    started = last = time.monotonic()

    def show(name: str, read: int, size: int, rows: int) -> None:
        global _is_showing
        nonlocal last
        now = time.monotonic()
        if read >= size:
            _erase()
        elif (size >= _LARGE or now - started >= _PATIENCE) and (now - last >= _STEP or not _is_showing):
            known = f"{_mb(read)} of {_mb(size)}" if read else _mb(size)
            line = f"reading {name}: {known}" + (f", {rows:,} rows" if rows else "")
            width = shutil.get_terminal_size().columns - 1
            print(_ERASE + _STEERING.sub("�", line)[:width], end="", file=sys.stderr, flush=True)
            last, _is_showing = now, True

    return show


def _erase() -> None:
    global _is_showing
    if _is_showing:
        print(_ERASE, end="", file=sys.stderr, flush=True)
        _is_showing = False


def _mb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


def _say(text: str, style: str) -> None:
    """Cleaned, since messages quote file names and cells, and a control character could steer the terminal."""
    _erase()
    stream, safe = sys.stderr, _STEERING.sub("�", text)
    if wants_color(stream):
        from rich.console import Console
        from rich.text import Text

        Console(file=stream, force_terminal=True, color_system="standard").print(Text(safe, style), soft_wrap=True)
    else:
        print(safe, file=stream)
    stream.flush()


def wants_color(stream: TextIO) -> bool:
    """Whether a stream is a terminal and nobody asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def account_line(path: str, frame: str, account: Mapping[str, Any]) -> str:
    """`tickets.csv: 587 tickets read, 573 used, 2 rejected, 1 duplicate, 11 merged`; empty where every row was used."""
    lost = [(account.get("rejected", 0), "rejected")]
    duplicates = account.get("duplicates", 0)
    lost.append((duplicates, "duplicate" if duplicates == 1 else "duplicates"))
    lost += [(rows, reason.replace("_", " ")) for reason, rows in account.get("excluded", {}).items()]
    told = [f"{rows:,} {word}" for rows, word in lost if rows]
    if not told:
        return ""
    read, used = account.get("read", 0), account.get("used", 0)
    name = frame.removesuffix("s") if read == 1 else frame
    return f"{path}: {', '.join([f'{read:,} {name} read', f'{used:,} used', *told])}"
