"""What to know of a file besides its rejects: assumed dates, ids that a spreadsheet has rounded, footers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from cs_metrics.errors import DataError
from cs_metrics.readers._records import NO_ROWS as NO_ROWS

ROUNDED = "a spreadsheet has rounded this id: export again, or format the column as text"
ROUNDED_ID = r"^\d(?:[.,]\d+)?[Ee]\+\d{2,3}$"  # 1.23457E+11, as spreadsheets show and then save long numbers

_SHOWN = 3  # names in a remark


@dataclass(frozen=True)
class Remark:
    """Something to know of a file; `code` is stable, `text` is for people."""

    code: str
    text: str
    count: int | None = None


def on_rejects(rejects: pl.DataFrame, kept: int, file: str) -> Iterator[Remark]:
    """What a frame's rejects tell. Raises `DataError` where rounded ids are why no row was `kept`."""
    rounded = rejects.filter(pl.col("reason") == ROUNDED)
    for (column,), cells in rounded.group_by(["column"], maintain_order=True):
        ids = f"the ids in '{column}' ({cells['value'][0]})"
        if not kept and cells.height * 2 > rejects["row"].n_unique():
            raise DataError(f"{file}: a spreadsheet has rounded {ids}: export again, or format the column as text")
        text = f"{file}: a spreadsheet has rounded {cells.height:,} of {ids}: their rows are left out or not linked"
        yield Remark("rounded-ids", text, cells.height)


def on_malformed(malformed: pl.DataFrame, file: str) -> Iterator[Remark]:
    """How many lines are totals or a footer."""
    count = int(malformed["reason"].is_in(NO_ROWS).sum())
    if count:
        lines = "1 line is a total or a footer" if count == 1 else f"{count:,} lines are totals or a footer"
        yield Remark("no-rows", f"{file}: {lines}, not counted as rows", count)


def on_passed_over(names: Sequence[str]) -> Iterator[Remark]:
    """Which files of a folder or archive are no exports."""
    if names:
        files = "1 file is" if len(names) == 1 else f"{len(names):,} files are"
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        yield Remark("passed-over", f"{files} no export that a reader knows, and passed over: {shown}", len(names))
