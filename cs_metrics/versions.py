"""One row of several with the same key: the newest, and of a ticket what the newest cannot say, from the others.

A file whose kind has no such column says nothing of it; one that has it and leaves it empty says that there is nothing,
and nothing older is put in its place. So a list of tickets and a list of their measures are one row, whatever the order
of the files. What changes over a ticket's life is taken only from a row that is no older than the newest one: by its
own last change, else, in a list that does not date its rows, by the newest instant of the list. Where not even the
newest row has a date, rows are taken to be of one time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import polars as pl

from cs_metrics.dataset import FILE, Dataset, count_out
from cs_metrics.entities import FRAMES, INSTANT
from cs_metrics.result import Note

VERSION = "__version"
_FRESH, _STAMP = "__fresh", "__stamp"
_ASIDE = (FILE, VERSION, "measured_at")  # they say which row it is, not what it says


def each_once(
    frame: str, rows: pl.DataFrame, dataset: Dataset, carried: Mapping[int, Set[str]] | None = None
) -> pl.DataFrame:
    """Of rows with one key the newest stays, then that of the file which can say more, then the fuller, then the
    greater hash: never the order of files, and of several files never what of them the question has read.

    `carried` are by the number of each file the columns that it can say something of; what the newest row's file cannot
    is then completed from the others. All rows but the one that stays are booked as duplicates.
    """
    keys = ["source", *(name for name in FRAMES[frame].key if name in rows.columns)]
    if len(keys) == 1:
        return rows
    looked_at = keys if rows["source"].n_unique() > 1 or len(keys) > 2 else keys[1:]
    digest = rows.select(pl.struct(looked_at).hash() if len(looked_at) > 1 else pl.col(looked_at[0]).hash()).to_series()
    if digest.n_unique() == rows.height:
        return rows
    repeated = digest.is_duplicated()
    cells = [name for name in rows.columns if name not in _ASIDE]
    newest = [pl.col(name).alias("__newest") for name in ("updated_at", VERSION) if name in rows.columns]
    ranked = rows.filter(repeated).with_columns(
        *newest,
        *([] if carried else [_breadth(frame, rows, dataset)]),  # what is completed is whole in any case
        pl.sum_horizontal(pl.col(cells).is_not_null().cast(pl.UInt16)).alias("__filled"),
        pl.struct(cells).hash().alias("__hash"),
    )
    order = [name for name in ("__newest", "__breadth", "__filled", "__hash") if name in ranked.columns]
    ranked = ranked.sort(order, descending=True, nulls_last=True)
    is_first = ranked.select(pl.struct(keys).is_first_distinct()).to_series()
    count_out(dataset, frame, ranked.filter(~is_first), "duplicates")
    ranked = ranked.drop(order)
    kept = ranked.filter(is_first)
    files = {name: [number for number, names in (carried or {}).items() if name in names] for name in cells}
    here = set(ranked[FILE].unique()) if carried and FILE in rows.columns else set()
    partial = [name for name in cells if name not in keys and not here <= set(files[name])]
    if partial:
        whole = _completed(frame, ranked, keys, {name: files[name] for name in partial}, _stamps(frame, rows))
        count = int((whole.select(partial).hash_rows() != kept.select(partial).hash_rows()).sum())
        if count:
            are = f"1 of the {frame} is" if count == 1 else f"{count:,} {frame} are"
            text = f"{are} in files of several kinds: what the newest cannot say is from the others"
            dataset.notes.append(Note("completed", text, count))
        kept = whole
    return pl.concat([rows.filter(~repeated), kept])


def _breadth(frame: str, rows: pl.DataFrame, dataset: Dataset) -> pl.Expr:
    """How many columns of ours the file of each row can fill, read or not."""
    if FILE not in rows.columns:
        return pl.lit(0).alias("__breadth")
    can = {
        place: sum(not n.startswith("x_") for n in part.available(frame)) for place, part in enumerate(dataset.parts)
    }
    return pl.col(FILE).replace_strict(can, return_dtype=pl.UInt16).alias("__breadth")


def _stamps(frame: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The newest instant of each file, by which a list is dated that does not date its rows."""
    dates = [name for name in (*FRAMES[frame].dates, "measured_at") if name in rows.columns]
    return rows.group_by(FILE).agg(pl.max_horizontal(pl.col(name).max() for name in dates).alias(_STAMP))


def _completed(
    frame: str, ranked: pl.DataFrame, keys: Sequence[str], files: Mapping[str, Sequence[int]], stamps: pl.DataFrame
) -> pl.DataFrame:
    """The first row of every key, with those columns that its file does not carry from the first row whose file does.

    `files` are by column the files that carry it.
    """
    own_date = pl.col("updated_at") if "updated_at" in ranked.columns else pl.lit(None, INSTANT)
    newest = own_date.first().over(keys)
    is_fresh = newest.is_null() | (pl.coalesce(own_date, _STAMP) >= newest)
    dated = ranked.join(stamps, on=FILE, how="left", maintain_order="left").with_columns(is_fresh.alias(_FRESH))
    declared = FRAMES[frame].columns

    def told(name: str) -> pl.Expr:
        if name not in files:
            return pl.col(name).first()
        is_carried = pl.col(FILE).is_in(files[name])
        changes = name not in declared or declared[name].changes
        usable = pl.col(_FRESH).fill_null(False) if changes else pl.col(name).is_not_null()
        others = pl.col(name).filter(is_carried & usable).first()
        return pl.when(is_carried.first()).then(pl.col(name).first()).otherwise(others).alias(name)

    own = [name for name in ranked.columns if name not in keys]
    return dated.group_by(keys, maintain_order=True).agg(told(name) for name in own).select(ranked.columns)
