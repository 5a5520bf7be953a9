"""One file per format; the file's name is the format's. Results, the rows behind a number, and rejected cells."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from cs_metrics import discovery
from cs_metrics.errors import check_word
from cs_metrics.writers._base import DurationUnit, Options, Writer
from cs_metrics.writers._files import opened, replacing

if TYPE_CHECKING:
    import polars as pl

    from cs_metrics.result import Distribution, Result

__all__ = [
    "Options",
    "Writer",
    "check",
    "names",
    "replacing",
    "write_distribution",
    "write_rejects",
    "write_result",
    "write_rows",
]


def names() -> list[str]:
    """All formats, sorted; imports none of them."""
    return discovery.module_names(sys.modules[__name__])


def check(format: str, unit: str | None = None) -> DurationUnit | None:
    """The unit, if format and unit are there; else raises `UsageError`. Asked before any file is read."""
    check_word("format", format, names())
    if unit is not None:
        check_word("unit", unit, list(get_args(DurationUnit)))
    return cast("DurationUnit | None", unit)


def write_result(result: Result, format: str, output: Path | None, options: Options) -> None:
    """Writes to `output`, or to stdout if it is None or `-`. Raises `UsageError`."""
    check_word("format", format, names())
    writer = cast(Writer, discovery.load_module(sys.modules[__name__], format))
    with opened(output) as stream:
        writer.write(result, stream, options)


def write_rows(rows: pl.DataFrame, metric: str, format: str, output: Path | None, raw: bool = False) -> None:
    """The rows behind a metric's number, as csv, json, ndjson or table. Raises `UsageError`."""
    from cs_metrics.writers import _rows

    check_word("format for rows", format, list(_rows.FORMATS))
    with opened(output) as stream:
        _rows.FORMATS[format](rows, metric, stream, raw)


def write_distribution(distribution: Distribution, format: str, output: Path | None, options: Options) -> None:
    """A distribution as table, csv or json. Raises `UsageError`."""
    from cs_metrics.writers import _distribution

    check_word("format for a distribution", format, list(_distribution.FORMATS))
    with opened(output) as stream:
        _distribution.FORMATS[format](distribution, stream, options)


def write_rejects(rejects: pl.DataFrame, output: Path) -> None:
    """Cells and rows that could not be read, as CSV; guarded, for a spreadsheet is where people open it."""
    from cs_metrics.writers.csv import write_frame

    with opened(output) as stream:
        write_frame(rejects, stream, raw=False)
