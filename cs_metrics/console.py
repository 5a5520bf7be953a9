"""The only writer to stderr, and the exit codes. stdout is data, stderr is talk.

Rich is imported when there is a colour to show and Polars never, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TextIO

from cs_metrics.errors import CsMetricsError

if TYPE_CHECKING:
    from cs_metrics.result import Result

_NAME = "cs-metrics: "
_STEERING = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


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


def _say(text: str, style: str) -> None:
    """Cleaned, since messages quote file names and cells, and a control character could steer the terminal."""
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
