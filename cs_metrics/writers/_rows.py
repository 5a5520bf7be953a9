"""The rows behind one number: what `rows` prints, cell by cell as it is in the frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

import polars as pl

from cs_metrics.writers._base import NOTHING, Options, clean
from cs_metrics.writers._sheet import Cell, Column, Grid, Row, Sheet
from cs_metrics.writers._words import count
from cs_metrics.writers.csv import write_frame
from cs_metrics.writers.ndjson import line


def _csv(rows: pl.DataFrame, metric: str, stream: TextIO, raw: bool) -> None:
    write_frame(rows, stream, raw)


def _json(rows: pl.DataFrame, metric: str, stream: TextIO, raw: bool) -> None:
    found = ",\n".join(line(row) for row in rows.iter_rows(named=True))
    stream.write(f'{{"format": 1,\n"metric": {line(metric)},\n"rows": [\n{found}]}}\n')


def _ndjson(rows: pl.DataFrame, metric: str, stream: TextIO, raw: bool) -> None:
    for row in rows.iter_rows(named=True):
        stream.write(line(row) + "\n")


def _table(rows: pl.DataFrame, metric: str, stream: TextIO, raw: bool) -> None:
    from cs_metrics.writers.table import draw

    columns = tuple(
        Column(clean(name), is_number=dtype.is_numeric(), is_key=place == 0, least=8)
        for place, (name, dtype) in enumerate(rows.schema.items())
    )
    body = tuple(Row(tuple(Cell(_text(value)) for value in row)) for row in rows.iter_rows())
    draw(Sheet((f"{metric} · {count(rows.height, 'rows')}",), (Grid(columns, body),), ()), stream, Options())


def _text(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return f"{value:,.12g}"
    if isinstance(value, list):
        return clean(", ".join(map(str, value)))
    return clean(value.isoformat(" ", "minutes") if hasattr(value, "hour") else str(value))


FORMATS: dict[str, Callable[[pl.DataFrame, str, TextIO, bool], None]] = {
    "csv": _csv,
    "json": _json,
    "ndjson": _ndjson,
    "table": _table,
}
