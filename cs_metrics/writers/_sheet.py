"""The page that table and md draw: plain cells with a tone, without terminal and markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from cs_metrics.result import MetricInfo
from cs_metrics.writers._base import Options, Tone, change_tone, clean, say, say_change, say_rows

Figure = dict[str, Any]  # a row of Result.frame
RUNNING = "…"
_SYMBOLS = "*†‡§¶"
_RUNNING_SAYS = "not complete: still running, or cut at an edge of the file or of the question"
_NOTE_SAYS = {"left-truncated": "the export begins too late for this figure: what was opened before it is missing"}


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
    """Hands out the marks of the figures that need one, and says below what those stand for."""

    notes: dict[str, str] = field(default_factory=dict)
    is_running_seen: bool = False

    def of(self, row: dict[str, Any]) -> str:
        """The mark of a figure's row; a null needs none."""
        if row["value"] is None:
            return ""
        if row["note"]:
            symbol = _SYMBOLS[len(self.notes) % len(_SYMBOLS)] * (1 + len(self.notes) // len(_SYMBOLS))
            return self.notes.setdefault(row["note"], symbol)
        if row["complete"] is False:
            self.is_running_seen = True
            return RUNNING
        return ""

    def feet(self) -> list[str]:
        """One line per mark."""
        running = [f"{RUNNING} {_RUNNING_SAYS}"] if self.is_running_seen else []
        return running + [f"{mark} {_NOTE_SAYS.get(note, clean(note))}" for note, mark in self.notes.items()]


def value_cell(row: Figure, info: MetricInfo, options: Options, marks: Marks) -> Cell:
    """The figure with its mark; dim while its period is running."""
    mark = marks.of(row)
    tone: Tone = "dim" if mark == RUNNING or row["value"] is None else "plain"
    return Cell(say(row["value"], info.unit, options.unit), tone, mark)


def rows_cell(row: Figure, info: MetricInfo) -> Cell:
    """Empty where a count is its own number of rows."""
    is_itself = info.unit == "count" and row["n"] == row["value"]
    return Cell("" if is_itself else say_rows(row["n"], row["of"]), "dim")


def change_cell(row: Figure, info: MetricInfo) -> Cell:
    """How far it moved from the period before, in the colour of good or bad."""
    return Cell(say_change(row["change"], row["previous"], info.unit), change_tone(row, info.better))
