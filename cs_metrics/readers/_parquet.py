"""Parquet as text columns, so that what `convert` writes comes back through the same converters as any other file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from cs_metrics.entities import TEXT
from cs_metrics.errors import DataError
from cs_metrics.readers._cells import LIST_SEPARATOR
from cs_metrics.readers._csv import NONE_MALFORMED, ROW, Stage, staged
from cs_metrics.readers._files import Input

PARQUET_MAGIC = b"PAR1"
_SAMPLE_ROWS = 1000


class ParquetTable:
    """A Parquet file with the same face as a `CsvTable`."""

    def __init__(self, item: Input) -> None:
        self.item = item
        self.malformed = NONE_MALFORMED
        with self._readable():
            rows = pl.scan_parquet(item.path, glob=False)
            schema = rows.collect_schema()
            self.headers = tuple(schema.names())
            self._rows = rows.select(_as_text(name, dtype) for name, dtype in schema.items())
            self.sample = self._rows.head(_SAMPLE_ROWS).collect()

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame:
        """The last stage's columns of every row (that meets `where`)."""
        rows = self._rows.with_row_index(ROW, 2).with_columns(pl.col(ROW).cast(pl.Int64)) if numbered else self._rows
        with self._readable():
            return staged(rows, stages, where).collect()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (pl.exceptions.ComputeError, OSError) as error:
            raise DataError(f"{self.item.name}: cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        zoned = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else column
        return zoned.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f") + ("+00:00" if dtype.time_zone else "")
    if isinstance(dtype, pl.List):
        return column.cast(pl.List(TEXT)).list.eval(pl.element() + LIST_SEPARATOR).list.join("")
    return column.cast(TEXT)
