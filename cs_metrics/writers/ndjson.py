"""One JSON object per line and figure: the `results` of the json format, for `jq` and for reading in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, TextIO

import msgspec

from cs_metrics.result import AFTER_BY, BEFORE_BY, Result
from cs_metrics.writers._base import Options


def write(result: Result, stream: TextIO, options: Options) -> None:
    """Total rows only on demand, as in CSV: whoever reads line by line adds up."""
    for figure in figures(result):
        if options.totals or not figure["total"]:
            stream.write(line(figure) + "\n")


def figures(result: Result) -> Iterator[dict[str, Any]]:
    """The frame's rows, with the by-values under `by`."""
    for row in result.frame.iter_rows(named=True):
        yield {
            **{name: row[name] for name in BEFORE_BY},
            "by": {name: row[name] for name in result.by},
            **{name: row[name] for name in (*AFTER_BY, *result.extra)},
        }


def line(value: object) -> str:
    """JSON on one line; instants as `2024-02-29T18:00:00+00:00`, where msgspec alone would write `Z`."""
    return msgspec.json.encode(_plain(value)).decode()


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
