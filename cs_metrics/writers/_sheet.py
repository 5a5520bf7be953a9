"""The page that table and md draw: plain cells with a tone, without terminal and markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from cs_metrics.result import MetricInfo
from cs_metrics.writers._base import (
    NOTHING,
    Options,
    Tone,
    change_tone,
    clean,
    say,
    say_change,
    say_coverage,
    say_interval,
)

Figure = dict[str, Any]  # a row of Result.frame
RUNNING = "…"
_SYMBOLS = "*†‡§¶"
_RUNNING_SAYS = "not complete: still running, or cut at an edge of the file or of the question"
_NOTE_SAYS = {
    "left-truncated": "the export begins too late for this figure: what was opened before it is missing",
    "skewed": "skewed: a few rows outweigh the others, read the median",
}
_LIMITS = ("no-limits", "no-upper-limit", "no-lower-limit")  # the interval's own cell says so


@dataclass(frozen=True)
class Cell:
    """`mark` stands behind the text and is explained below the grid; numbers stay aligned without it."""

    text: str = ""
    tone: Tone = "plain"
    mark: str = ""


@dataclass(frozen=True)
class Column:
    """How a column may be drawn on a narrow page.

    Keys are repeated where the grid is split and may be cut to `least` characters, in the middle, since names differ at
    both ends. `is_series`: a bar per period, of which the oldest go first.
    """

    label: str
    is_number: bool = True
    is_key: bool = False
    least: int = 0
    is_series: bool = False


@dataclass(frozen=True)
class Row:
    """A heading has one cell and stands across the columns."""

    cells: tuple[Cell, ...]
    kind: Literal["plain", "heading", "total"] = "plain"


@dataclass(frozen=True)
class Grid:
    """A table; without a title it stands for itself."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""


@dataclass(frozen=True)
class Sheet:
    """From top to bottom. The first head line begins with what a reader looks for first, up to the first ` · `."""

    head: tuple[str, ...]
    grids: tuple[Grid, ...]
    feet: tuple[str, ...]


@dataclass
class Marks:
    """Hands out the marks of the figures that need one, and says below what those stand for.

    `confidence` is that of the signals, which are counted as they are shown.
    """

    confidence: float = 0.95
    notes: dict[str, str] = field(default_factory=dict)
    is_running_seen: bool = False
    signals: int = 0
    tests: int = 0

    def of(self, row: dict[str, Any]) -> str:
        """The mark of a figure's row; a null needs none."""
        if row["value"] is None:
            return ""
        if row["note"] and row["note"] not in _LIMITS:
            symbol = _SYMBOLS[len(self.notes) % len(_SYMBOLS)] * (1 + len(self.notes) // len(_SYMBOLS))
            return self.notes.setdefault(row["note"], symbol)
        if row["complete"] is False:
            self.is_running_seen = True
            return RUNNING
        return ""

    def feet(self) -> list[str]:
        """One line per mark."""
        running = [f"{RUNNING} {_RUNNING_SAYS}"] if self.is_running_seen else []
        notes = [f"{mark} {_NOTE_SAYS.get(note, clean(note))}" for note, mark in self.notes.items()]
        return [*running, *notes, *self._chance()]

    def _chance(self) -> list[str]:
        """How many changes would be marked if nothing had changed."""
        if not self.tests:
            return []
        marked = "▲▼ more than chance" if self.signals else "No change is more than chance"
        tested = "1 change" if self.tests == 1 else f"{self.tests} changes"
        level, alone = f"{100 * self.confidence:g} %", f"{(1 - self.confidence) * self.tests:.1f}"
        return [f"{marked} at {level}; of {tested} tested here {alone} would be marked by chance alone"]


def value_cell(row: Figure, info: MetricInfo, options: Options, marks: Marks) -> Cell:
    """The figure with its mark; dim while its period is running, and where too few rows stand behind it."""
    mark = marks.of(row)
    is_weak = info.interval not in ("none", "count") and row["n"] is not None and row["n"] < info.min_n
    tone: Tone = "dim" if mark == RUNNING or row["value"] is None or is_weak else "plain"
    return Cell(say(row["value"], info.unit, options.unit), tone, mark)


def interval_cell(row: Figure, info: MetricInfo, options: Options) -> Cell:
    """The limits of the figure; counts that are their own rows have theirs too."""
    return Cell(say_interval(row, info.unit, options.unit), "dim")


def rows_cell(row: Figure, info: MetricInfo) -> Cell:
    """How many rows stand behind the figure; empty where a count is its own number of rows."""
    is_itself = info.unit == "count" and row["n"] == row["value"]
    return Cell("" if is_itself else NOTHING if row["n"] is None else f"{row['n']:,}", "dim")


def coverage_cell(row: Figure, info: MetricInfo) -> Cell:
    """How much of what could have had a value has one, where that is little."""
    return Cell(say_coverage(row, info.frame), "dim")


def change_cell(row: Figure, info: MetricInfo, marks: Marks) -> Cell:
    """How far it moved, in the colour of good or bad where that is more than chance."""
    is_signal = row["signal"] is True
    if row["change"] is not None and row["signal"] is not None:
        marks.tests += 1
        marks.signals += is_signal
    said = say_change(row["change"], row["previous"], info.unit, is_signal)
    return Cell(said, change_tone(row, info.better))
