"""The common frames as files that any program reads, and that `report` reads back to the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from cs_metrics.dataset import FILE
from cs_metrics.entities import FRAMES
from cs_metrics.errors import check_word
from cs_metrics.population import load_population
from cs_metrics.question import Question
from cs_metrics.readers import FilePart

FORMATS = {"parquet": ".parquet", "csv": ".csv", "ndjson": ".ndjson"}
_LIST_SEPARATOR = ", "


def convert_files(parts: Sequence[FilePart], question: Question, extras: bool) -> dict[str, pl.DataFrame]:
    """Every frame that the files hold, with all columns of ours that they fill; with `extras` the others too.

    What leaves the population (spam, merged-away tickets, duplicates) is left in except duplicates, so that the same
    report can be made from the result.
    """
    wanted: dict[str, set[str]] = {}
    for part in parts:
        for frame in part.columns:
            names = {name for name in part.available(frame) if extras or not name.startswith("x_")}
            wanted.setdefault(frame, set()).update(names)
    dataset = load_population(parts, wanted, question.file_zone, question.now, keep_all=True)
    found = {}
    for frame, rows in dataset.frames.items():
        declared = [name for name in FRAMES[frame].columns if name in rows.columns]
        others = sorted(name for name in rows.columns if name.startswith("x_"))
        filled = [
            name
            for name in (*declared, *others)
            if rows[name].null_count() < rows.height or name in FRAMES[frame].required
        ]
        keys = [name for name in FRAMES[frame].key if name in rows.columns]
        found[frame] = rows.select([name for name in filled if name != FILE]).sort("source", *keys)
    return found


def format_of(output: Path, asked: str | None) -> str:
    """The format by name, else by the file's ending, else Parquet. Raises `UsageError`."""
    if asked is not None:
        check_word("format", asked, FORMATS)
        return asked
    return next((name for name, ending in FORMATS.items() if output.name.endswith(ending)), "parquet")


def write_frame(rows: pl.DataFrame, target: Path, format: str) -> None:
    """One frame as a file; instants in UTC with offset, lists in CSV joined by commas. Cells are never altered."""
    if format == "parquet":
        rows.write_parquet(target)
        return
    instants = [
        pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        for name, dtype in rows.schema.items()
        if dtype == pl.Datetime
    ]
    rows = rows.with_columns(instants)
    if format == "ndjson":
        rows.write_ndjson(target)
        return
    lists = [pl.col(name).list.join(_LIST_SEPARATOR) for name, dtype in rows.schema.items() if dtype == pl.List]
    rows.with_columns(lists).write_csv(target)
