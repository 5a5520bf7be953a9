"""Everything that can go wrong and that a user can act on.

The bottom layer: imports nothing of ours. Each error is one plain line for the person at the terminal
(what, where, what to do); a traceback is kept for our own bugs. `exit_code` is part of the public contract.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar


class CsMetricsError(Exception):
    """A problem that the user can act on. `str(error)` is the whole message."""

    exit_code: ClassVar[int] = 2


class UsageError(CsMetricsError):
    """The question cannot be asked like this: an unknown metric, column, format or period."""


class DataError(CsMetricsError):
    """The files cannot be read, recognised, or do not hold what was asked for by name."""

    exit_code: ClassVar[int] = 3


class NoExportError(DataError):
    """A sound file that is no export, or none that a reader knows: in a folder of others it can be passed over."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a definition or settings file; `line` counts from 1, 0 where there is no line."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


class DefinitionError(CsMetricsError):
    """One or more YAML files are wrong; all problems at once, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`" Did you mean 'x'?"` for the nearest known word, else an empty string; ready to be appended to a sentence."""
    by_folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f" Did you mean '{by_folded[near[0]]}'?" if near else ""


def check_word(kind: str, word: str, known: Collection[str]) -> None:
    """Raises `UsageError` for a word that is none of the known ones, such as a format."""
    if word not in known:
        raise UsageError(f"there is no {kind} '{word}', only {', '.join(known)}.{did_you_mean(word, known)}")
