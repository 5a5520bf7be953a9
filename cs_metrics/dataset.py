"""The frames of all files as one, with the account of every row that was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from cs_metrics.computed import Clocks
from cs_metrics.entities import FRAMES
from cs_metrics.periods import Knowledge
from cs_metrics.readers import FilePart
from cs_metrics.result import Note

FILE, STAYS = "__file", "__stays"


@dataclass
class Account:
    """What became of a frame's rows in one file: read = used + rejected + duplicates + excluded."""

    read: int = 0
    rejected: int = 0
    duplicates: int = 0
    excluded: dict[str, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """The rows that are left."""
        return self.read - self.rejected - self.duplicates - sum(self.excluded.values())

    def as_json(self) -> dict[str, Any]:
        """The account as the report's JSON shows it."""
        lost = {"rejected": self.rejected, "duplicates": self.duplicates, "excluded": self.excluded}
        return {"read": self.read, "used": self.used, **lost}


@dataclass
class Dataset:
    """The frames of all files as one.

    `have` names each frame's columns, also those that hold nothing but nulls; `knowledge` is what each frame's sources
    know of time; `accounts` and `parts` go together; `clocks` are the hours and policies by which time is counted;
    `computed` are the frames that no file holds.
    """

    parts: Sequence[FilePart]
    frames: dict[str, pl.DataFrame]
    have: dict[str, set[str]]
    accounts: list[dict[str, Account]]
    rejects: pl.DataFrame
    notes: list[Note]
    knowledge: dict[str, Knowledge] = field(default_factory=dict)
    clocks: Clocks = field(default_factory=Clocks)
    computed: dict[str, pl.LazyFrame] = field(default_factory=dict)

    def rows(self, frame: str) -> pl.LazyFrame:
        """The rows of a frame that count; those that left are still in `frames`, so that nothing large is copied."""
        if frame in self.computed:
            return self.computed[frame]
        rows = self.frames[frame].lazy()
        return rows.filter(STAYS) if STAYS in self.frames[frame].columns else rows

    def link_keys(self, frame: str, target: str, key: str) -> list[str]:
        """The columns of a link: source and key, or the key alone while both frames have one and the same source."""
        there = [name for name in (frame, FRAMES[frame].told_by, target) if name in self.frames]
        sources = pl.concat([self.frames[name]["source"].unique() for name in there]).n_unique()
        return [key] if sources == 1 else ["source", key]


def count_out(dataset: Dataset, frame: str, rows: pl.DataFrame, reason: str) -> None:
    """Books rows that leave under the file that they came from."""
    if rows.is_empty():
        return
    numbers = rows[FILE].value_counts().rows() if FILE in rows.columns else [(_only_file(dataset, frame), rows.height)]
    for number, count in numbers:
        account = dataset.accounts[number][frame]
        if reason == "duplicates":
            account.duplicates += count
        else:
            account.excluded[reason] = account.excluded.get(reason, 0) + count


def _only_file(dataset: Dataset, frame: str) -> int:
    return next(number for number, accounts in enumerate(dataset.accounts) if frame in accounts)
