"""Our own column names: what `cs-metrics convert` writes, and what anybody can write without a map.

One shape per frame, as CSV (or Parquet) and as JSON. Instants are ISO 8601 with or without an offset, durations
seconds, labels a list or words with commas. A cell of the column `source` says where its row comes from.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import FLAG, FRAMES, INSTANT, INTEGER, NUMBER, WORDS, Column, Frame
from cs_metrics.readers._base import Cell, Columns, Formula, Reader, Rows, Shape, csv_shape, json_shape
from cs_metrics.readers._cells import count, flag, identity, instant, labels, number, text, words

PEOPLE = ("requester", "respondent")  # may be mail addresses, of which only a hash is kept

# What must be beside the key for a file to be ours: a date, or where rows have none, one of the frame's own columns.
BESIDE_THE_KEY = {
    "surveys": ("kind", "answered_at", "sent_at", "score"),
    "customers": ("started_at", "is_churned"),
    "sla_cycles": ("clock", "policy", "is_met", "is_breached"),
    "visits": tuple(name for name, column in FRAMES["visits"].columns.items() if column.dtype == INTEGER),
}

# None of our files has them; nearly every vendor's JSON has an id, and a warehouse's tables of whatever belongs to a
# ticket their mark, beside the same `ticket_id` and `created_at`.
NOT_OURS = {"id", "_id", "_fivetran_synced"}


def cell_of(name: str, column: Column) -> Cell:
    """How one of our columns is read when a file has it under our name."""
    if column.words:
        table = {word: word for word in column.words}
        return words(name, table=table, other="open" if name == "status" else None)
    if name in PEOPLE:
        return identity(name)
    by_type = {INSTANT: instant, INTEGER: count, NUMBER: number, FLAG: flag, WORDS: labels}
    return next((cell(name) for dtype, cell in by_type.items() if dtype == column.dtype), text(name))


def _is_answered() -> pl.Expr:
    """What the file says itself, else from answer and date; unknown where a file holds nothing but answers."""
    answered = pl.col("answered_at").is_not_null() | pl.col("score").is_not_null()
    told = pl.col("_is_answered")
    return pl.when(told.is_not_null().any()).then(told).otherwise(pl.when(~answered.all()).then(answered))


def _columns(name: str, frame: Frame) -> Columns:
    columns: dict[str, Cell | Formula] = {column: cell_of(column, said) for column, said in frame.columns.items()}
    if name == "surveys":
        columns["_is_answered"] = flag("is_answered")
        columns["is_answered"] = Formula((), _is_answered, optional=("_is_answered", "answered_at", "score"))
    return columns


def _signatures(name: str, frame: Frame) -> list[set[str]]:
    return [{*frame.required, beside} for beside in BESIDE_THE_KEY.get(name, frame.required)]


def _shapes(name: str, frame: Frame) -> tuple[Shape, Shape]:
    rows = {name: Rows(_columns(name, frame))}
    signatures = _signatures(name, frame)
    return (
        csv_shape(f"{name} CSV", signatures, rows, without=NOT_OURS),
        json_shape(f"{name} JSON", signatures, rows, without=NOT_OURS),
    )


READER = Reader(
    title="common columns",
    shapes=tuple(shape for name, frame in FRAMES.items() if frame.is_read for shape in _shapes(name, frame)),
)
