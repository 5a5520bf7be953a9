"""Event logs: many rows of one case, each with an instant, become one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

import polars as pl

from cs_metrics.entities import INSTANT
from cs_metrics.readers._base import Cell, Columns, Formula

IS_LAST = "_is_last"
"""The flag of the one row that stays of a case's rows: the latest, and of those at one instant the lowest in the file.

Rows without a key all stay, to be counted as what they are.
"""


def gathered(columns: Mapping[str, Cell | Formula], ends: Mapping[str, str], keys: Set[str], by: str) -> Columns:
    """The columns of a case, made of those of its rows, which are in the order of the instant `by`.

    `ends` says of which end of the case a column is told, `first` or `last`, by the first row from there that fills it;
    what it does not say is of the last.
    """
    found: dict[str, Cell | Formula] = {}
    over = sorted(keys & columns.keys())
    for name, source in columns.items():
        if isinstance(source, Cell) and name not in keys:
            found[f"_{name}"] = source
            found[name] = Formula((), _at_end(name, by, ends.get(name, "last"), over), (f"_{name}",))
        else:
            found[name] = source
    found[IS_LAST] = Formula((), _is_last(by, over), (f"_{by}",))
    return found


def _at_end(name: str, by: str, end: str, over: list[str]) -> Callable[[], pl.Expr]:
    def build() -> pl.Expr:
        filled = pl.col(f"_{name}").sort_by(f"_{by}", nulls_last=end == "first", maintain_order=True).drop_nulls()
        return (filled.first() if end == "first" else filled.last()).over(over)

    return build


def _is_last(by: str, over: list[str]) -> Callable[[], pl.Expr]:
    def build() -> pl.Expr:
        place = pl.col(f"_{by}").fill_null(pl.lit(0).cast(INSTANT)).rank("ordinal").over(over)
        return (place == pl.len().over(over)) | pl.any_horizontal(pl.col(key).is_null() for key in over)

    return build
