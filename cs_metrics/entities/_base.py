"""What a frame and a column are, the words that several frames share, and how a line of a frame is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
TEXT, INTEGER, NUMBER, FLAG, WORDS = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean(), pl.List(pl.String())

STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed", "deleted")
PRIORITIES = ("low", "normal", "high", "urgent")
AUTHOR_ROLES = ("customer", "agent", "bot", "system")

# What a column may rest on beside columns of its own frame; they stand among a frame's columns where they are there.
HISTORY, MESSAGES, CALENDAR, POLICIES = "changes", "messages", "a calendar (--calendar)", "an SLA (--sla)"
CYCLES, WORK = "sla_cycles", "work"


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    `words` closes the vocabulary; `default` is what an absent column or empty cell means; `changes` marks what is
    overwritten during a ticket's life, so that an export cannot say what it was in the past.
    """

    dtype: pl.DataType
    meaning: str
    words: tuple[str, ...] = ()
    default: bool | None = None
    changes: bool = False


@dataclass(frozen=True)
class Derived:
    """A column that we compute. `ways` are the sets of columns that each suffice, best first; `derive` builds it."""

    dtype: pl.DataType
    meaning: str
    formula: str
    ways: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Frame:
    """What one row is, its key (with `source`), its dates, the columns a row cannot do without, and its links."""

    row: str
    key: tuple[str, ...]
    dates: tuple[str, ...]
    required: tuple[str, ...]
    columns: Mapping[str, Column]
    derived: Mapping[str, Derived] = field(default_factory=dict)
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # {prefix: (frame, our column)}
    made_of: tuple[str, ...] = ()  # the frames it is computed from
    made_by: str = ""  # the rule that computes it; where the question names none, it is what the files say
    told_by: str = ""  # the frame of single events from which files tell its rows, too

    @property
    def is_read(self) -> bool:
        """Whether files may hold it: whatever is not computed, and what only a rule computes."""
        return not self.made_of or bool(self.made_by)

    def dtype(self, name: str) -> pl.DataType:
        """The type of a column of ours; extra columns (`x_…`) are text."""
        known = self.columns.get(name) or self.derived.get(name)
        return known.dtype if known else TEXT


def instant(meaning: str, changes: bool = False) -> Column:
    """A moment, UTC."""
    return Column(INSTANT, meaning, changes=changes)


def text(meaning: str, changes: bool = False) -> Column:
    """Words, names, ids."""
    return Column(TEXT, meaning, changes=changes)


def count(meaning: str, changes: bool = False) -> Column:
    """A whole number of things."""
    return Column(INTEGER, meaning, changes=changes)


def seconds(meaning: str, changes: bool = False) -> Column:
    """A duration, in seconds."""
    return Column(NUMBER, f"{meaning}, in seconds", changes=changes)


def flag(meaning: str) -> Column:
    """What is false unless the export says so."""
    return Column(FLAG, meaning, default=False)


def span(meaning: str, formula: str, *ways: tuple[str, ...]) -> Derived:
    """A computed duration, in seconds, that each of these ways suffices to tell."""
    return Derived(NUMBER, f"{meaning}, in seconds", formula, ways)


SOURCE = {"source": text("the reader's name, the account, or NAME of NAME=path")}
TICKET_LINK = {"ticket": ("tickets", "ticket_id")}
