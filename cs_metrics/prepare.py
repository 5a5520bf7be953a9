"""A frame's rows with every column that a question names: their own, derived, borrowed along a link, or of the clock.

All of it is lazy: what is not asked for in the end is never computed, nor are the rows copied that leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from cs_metrics import derive
from cs_metrics.aggregate import DATE, DAY
from cs_metrics.dataset import Dataset
from cs_metrics.entities import CLOCK_COLUMNS, EXPORTED_AT, FRAMES, WEEKDAYS
from cs_metrics.expressions import ColumnAt, RowExpression
from cs_metrics.periods import local_date

_NO_ROWS = pl.DataFrame()
_OF_LINK, _TEAM = "__of link ", ("group", "assignee")


def prepared(
    dataset: Dataset,
    frame: str,
    dates: Sequence[str],
    columns: Mapping[str, ColumnAt],
    condition: RowExpression | None,
    zone: str,
) -> pl.LazyFrame:
    """The rows that meet the condition, with `columns` under the names by which they were asked for.

    DATE is the first of `dates` that a row fills, DAY its day in `zone`; rows of files without dates have none.
    """
    rows = _with_columns(dataset, frame, columns)
    until = dataset.knowledge[frame].row_until
    dated = [until if name == EXPORTED_AT else pl.col(name) for name in dates]
    rows = rows.with_columns((dated[0] if len(dated) == 1 else pl.coalesce(dated)).alias(DATE))
    has_days = dataset.knowledge[frame].is_dated
    rows = rows.with_columns((local_date(pl.col(DATE), zone) if has_days else pl.lit(None, pl.Date)).alias(DAY))
    clock = {name for name, column in columns.items() if column.column in CLOCK_COLUMNS}
    rows = rows.with_columns(_clock_column(name, zone, until) for name in sorted(clock))
    return rows if condition is None else rows.filter(condition.expr.fill_null(False))


def _with_columns(dataset: Dataset, frame: str, columns: Mapping[str, ColumnAt]) -> pl.LazyFrame:
    own = [column.column for column in columns.values() if not column.link]
    rows = dataset.rows(frame).with_columns(
        derive.absent_columns(frame, dataset.have[frame], own, dataset.clocks.hours)
    )
    for target, key, names in _shared(dataset, frame, own):
        rows = _with_borrowed(dataset, rows, frame, target, key, {f"{_OF_LINK}{name}": name for name in names})
        filled = [
            pl.coalesce(name, f"{_OF_LINK}{name}") if name in dataset.have[frame] else pl.col(f"{_OF_LINK}{name}")
            for name in names
        ]
        rows = rows.with_columns(each.alias(name) for each, name in zip(filled, names, strict=True))
    for link, (target, key) in FRAMES[frame].links.items():
        borrowed = {name: column.column for name, column in columns.items() if column.link == link}
        if borrowed:
            rows = _with_borrowed(dataset, rows, frame, target, key, borrowed)
    return rows


def _shared(dataset: Dataset, frame: str, names: Sequence[str]) -> Iterator[tuple[str, str, list[str]]]:
    """(frame, link, columns) that both ends of a link have and ours lacks: a survey's group is its ticket's.

    A team or agent is also filled in where single rows do not say it; what else has one name may mean another thing.
    """
    for target, key in FRAMES[frame].links.values() if FRAMES[frame].is_read else ():
        if target not in dataset.frames or key not in dataset.have[frame]:
            continue
        both = [name for name in dict.fromkeys(names) if name in FRAMES[frame].columns and name not in ("source", key)]
        both = [name for name in both if name in FRAMES[target].columns and name in dataset.have[target]]
        ours = dataset.frames.get(frame, _NO_ROWS)  # cycles that events tell of have no team of their own
        gaps = [n for n in both if n not in dataset.have[frame] or (n in _TEAM and ours[n].null_count())]
        if gaps:
            yield target, key, gaps


def _with_borrowed(
    dataset: Dataset, rows: pl.LazyFrame, frame: str, target: str, key: str, borrowed: Mapping[str, str]
) -> pl.LazyFrame:
    there = dataset.rows(target)
    absent = derive.absent_columns(target, dataset.have[target], list(borrowed.values()), dataset.clocks.hours)
    there = there.with_columns(absent)
    # of a customer's several relations the newest speaks for it, or what is linked to it would be there twice
    several = [name for name in reversed(FRAMES[target].key[1:]) if name in dataset.have[target]]
    there = there.sort(several) if several else there
    keys = dataset.link_keys(frame, target, key)
    picked = there.select(
        *([pl.col("source")] if "source" in keys else []),
        pl.col(FRAMES[target].key[0]).alias(key),
        *(pl.col(column).alias(name) for name, column in borrowed.items()),
    )
    if several:
        picked = picked.unique(keys, keep="last", maintain_order=True)
    own = rows.drop([name for name in borrowed if name in dataset.have[frame]])
    return own.join(picked, on=keys, how="left")


def _clock_column(name: str, zone: str, until: pl.Expr) -> pl.Expr:
    if name == EXPORTED_AT:
        return until.alias(name)
    local = pl.col(DATE).dt.convert_time_zone(zone)
    if name == "hour":
        return local.dt.hour().alias(name)
    if name == "weekday":
        return (local.dt.weekday() - 1).replace_strict(dict(enumerate(WEEKDAYS)), return_dtype=pl.String).alias(name)
    return pl.col(DAY).alias(name)
