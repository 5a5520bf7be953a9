"""A column read in the few ways that its first cells show, and what is left, cell by cell, in every way there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import polars as pl

Way = Callable[[pl.Expr], pl.Expr]
"""Text → value, null where this is not how the cell is written."""


def first_of(ways: Iterable[Way]) -> Way:
    """The value by the first of the ways that gives one."""
    every = list(ways)
    return lambda cell: pl.coalesce([way(cell) for way in every])


def by_sample(ways: Sequence[Way], thorough: Way, sample: pl.Series | None, dtype: pl.DataType) -> Way:
    """The way that is quick for a column beginning with `sample`, complete for any; without a sample the thorough one.

    The few cells that are written otherwise cost nothing where there are none, and do not have the file read again.
    """
    if sample is None:
        return thorough
    quick = first_of(_that_read(ways, sample))

    def complete(columns: Sequence[pl.Series]) -> pl.Series:
        values, cells = columns
        if values.null_count() == cells.null_count():
            return values
        left = (values.is_null() & (cells.str.len_bytes() > 0)).arg_true()
        read = pl.DataFrame({"cell": cells.gather(left)}).select(thorough(pl.col("cell"))).to_series()
        return values.scatter(left, read)

    return lambda cell: pl.map_batches([quick(cell), cell], complete, dtype, is_elementwise=True)


def _that_read(ways: Sequence[Way], sample: pl.Series) -> Sequence[Way]:
    """The one way that reads all of the sample; else the ways that read something of it; else all of them."""
    cells, read = pl.LazyFrame({"cell": sample}), list[Way]()
    for way in ways:
        found = len(sample) - cells.select(way(pl.col("cell"))).collect().to_series().null_count()
        if found == len(sample):
            return [way]
        if found:
            read.append(way)
    return read or ways
