"""From the text of a cell to a typed value: the words in which readers say how a column is written.

Every function returns a `Cell`. A converter gets stripped, non-blank text and gives null where it cannot read a cell:
such cells are counted and never guessed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import polars as pl

from cs_metrics.entities import FLAG, INTEGER, NUMBER, TEXT, WORDS
from cs_metrics.readers._base import Cell, Converter, Reading
from cs_metrics.readers._durations import duration as duration
from cs_metrics.readers._instants import CSV_DATES as CSV_DATES
from cs_metrics.readers._instants import ISO_FORMATS as ISO_FORMATS
from cs_metrics.readers._instants import epoch as epoch
from cs_metrics.readers._instants import instant as instant

Value = TypeVar("Value")

MILLISECONDS = 0.001  # as the unit of spans and stamps
LIST_SEPARATOR = "\x1f"  # after every item of a list that has become one cell, so that lists are told from words

_TRUE, _FALSE = ("true", "yes", "1", "y", "t"), ("false", "no", "0", "n", "f")
_FEW_WORDS = 16
_THOUSANDS = r"^-?\d{1,3}(,\d{3})+$"


def text(*headers: str, blanks: tuple[str, ...] = ()) -> Cell:
    """A word or name, as written."""
    return Cell(headers, _as_written, blanks=blanks)


def unknown(header: str, blanks: tuple[str, ...]) -> Cell:
    """What no reader knows, as written; the items of a list with commas between them."""
    return Cell((header,), _unlisted, blanks=blanks)


def _as_written(cell: pl.Expr, reading: Reading) -> pl.Expr:
    return cell


def _unlisted(cell: pl.Expr, reading: Reading) -> pl.Expr:
    return cell.str.strip_chars_end(LIST_SEPARATOR).str.replace_all(LIST_SEPARATOR, ", ", literal=True)


def renamed(*headers: str, table: Mapping[str, str], blanks: tuple[str, ...] = ()) -> Cell:
    """A word or code under another name where the table has one, else as written."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        spellings = _spellings(table)
        return _by_batch(cell, lambda cells: cells.replace(spellings), TEXT)

    return Cell(headers, convert, blanks=blanks)


def words(*headers: str, table: Mapping[str, str], other: str | None = None, blanks: tuple[str, ...] = ()) -> Cell:
    """A word of a closed table, compared without case; unknown words are unparsed, and `other` if that is given."""
    return Cell(headers, _looked_up(table, TEXT), TEXT, blanks, other)


def truths(*headers: str, table: Mapping[str, bool], blanks: tuple[str, ...] = ()) -> Cell:
    """A word of a closed table that means yes or no."""
    return Cell(headers, _looked_up(table, FLAG), FLAG, blanks)


def points(*headers: str, table: Mapping[str, float], blanks: tuple[str, ...] = ()) -> Cell:
    """A word or code of a closed table that stands for a number."""
    return Cell(headers, _looked_up(table, NUMBER), NUMBER, blanks)


def flag(*headers: str, blanks: tuple[str, ...] = ()) -> Cell:
    """True or false, yes or no, 1 or 0."""
    return truths(*headers, table=dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False), blanks=blanks)


def _looked_up(table: Mapping[str, Any], dtype: pl.DataType) -> Converter:
    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        if reading.sample is not None:  # lowering every cell takes longer than looking it up
            styled = _in_the_style_of(reading.sample, table)
            if len(styled) <= _FEW_WORDS:
                return _compared(cell, styled, dtype)
            return _by_batch(cell, partial(_replaced, table=_spellings(table), dtype=dtype), dtype)
        folded = {word.lower(): value for word, value in table.items()}
        return _by_batch(cell.str.to_lowercase(), partial(_replaced, table=folded, dtype=dtype), dtype)

    return convert


def _compared(cell: pl.Expr, table: Mapping[str, Any], dtype: pl.DataType) -> pl.Expr:
    """A look-up among a few words as comparisons, which the scanner runs on all cores."""
    found = pl.lit(None, dtype)
    for word, value in table.items():
        found = pl.when(cell == word).then(pl.lit(value, dtype)).otherwise(found)
    return found


def _replaced(cells: pl.Series, table: Mapping[str, Any], dtype: pl.DataType) -> pl.Series:
    return cells.replace_strict(table, default=None, return_dtype=dtype)


def _by_batch(cell: pl.Expr, function: Callable[[pl.Series], pl.Series], dtype: pl.DataType) -> pl.Expr:
    """A look-up as the streaming engine can run it; as an expression it would gather the whole file first."""
    return cell.map_batches(function, return_dtype=dtype, is_elementwise=True)


_SPELLED: tuple[Callable[[str], str], ...] = (str, str.lower, str.capitalize, str.title, str.upper)


def _spellings(table: Mapping[str, Value]) -> dict[str, Value]:
    """The table under the usual spellings of its words: as given, small, Capital, Title and CAPITALS."""
    return {spell(word): value for spell in reversed(_SPELLED) for word, value in table.items()}


def _in_the_style_of(sample: pl.Series, table: Mapping[str, Value]) -> dict[str, Value]:
    """The table under the one spelling that has most of the sample's words."""
    seen = set(sample.unique())
    tables = [{spell(word): value for word, value in table.items()} for spell in _SPELLED]
    return max(tables, key=lambda spelled: len(seen & spelled.keys()))


def number(*headers: str, times: float = 1.0, blanks: tuple[str, ...] = ()) -> Cell:
    """A decimal number, multiplied by `times` (60 turns minutes into seconds)."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        parsed = cell.cast(NUMBER, strict=False)
        return parsed * times if times != 1.0 else parsed

    return Cell(headers, convert, NUMBER, blanks)


def count(*headers: str, blanks: tuple[str, ...] = ()) -> Cell:
    """A whole number; `3.0` and `1,234` are such too, `3.5` and `1,23` are not."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        whole = cell.cast(INTEGER, strict=False)
        if reading.sample is not None:
            return whole
        decimal = cell.cast(NUMBER, strict=False)
        in_thousands = pl.when(cell.str.contains(_THOUSANDS)).then(cell.str.replace_all(",", "", literal=True))
        return pl.coalesce(
            whole,
            pl.when(decimal == decimal.floor()).then(decimal).cast(INTEGER, strict=False),
            in_thousands.cast(INTEGER, strict=False),
        )

    return Cell(headers, convert, INTEGER, blanks)


def has_word(*headers: str, word: str) -> Cell:
    """Whether a list of labels holds `word`."""
    pattern = rf"(?:^|[\s,;{LIST_SEPARATOR}]){re.escape(word)}(?:$|[\s,;{LIST_SEPARATOR}])"

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        # the plain search is cheap and mostly says no; only where it says yes does the pattern decide
        return (
            pl.when(cell.str.contains(word, literal=True))
            .then(cell.str.contains(pattern))
            .otherwise(pl.when(cell.is_not_null()).then(False))
        )

    return Cell(headers, convert, FLAG, can_fail=False)


def one_of(*headers: str, values: tuple[str, ...], blanks: tuple[str, ...] = ()) -> Cell:
    """Whether the cell is one of these words, without case."""
    folded = [value.casefold() for value in values]
    return Cell(headers, lambda cell, reading: cell.str.to_lowercase().is_in(folded), FLAG, blanks, can_fail=False)


def is_filled(*headers: str, blanks: tuple[str, ...] = ()) -> Cell:
    """Whether the cell holds anything."""
    return Cell(headers, lambda cell, reading: cell.is_not_null(), FLAG, blanks, can_fail=False)


def row_number() -> Cell:
    """The row's number in the file, where rows have no id of their own."""
    return Cell((), lambda cell, reading: cell, is_row_number=True)


def labels(*headers: str, separator: str = ",", blanks: tuple[str, ...] = ()) -> Cell:
    """A list of labels in one cell."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        parts = (
            pl.when(cell.str.contains(LIST_SEPARATOR, literal=True))
            .then(cell.str.split(LIST_SEPARATOR))
            .otherwise(cell.str.split(separator))
        )
        return parts.list.eval(pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != ""))

    return Cell(headers, convert, WORDS, blanks, can_fail=False)


def identity(*headers: str, blanks: tuple[str, ...] = ()) -> Cell:
    """Who it was: an id or name as written; a mail address becomes a keyed hash, the same on every machine."""

    def hashed(cells: pl.Series) -> pl.Series:
        addresses = cells.filter(cells.str.contains("@", literal=True)).unique()
        return cells.replace({address: _hash(address) for address in addresses}) if len(addresses) else cells

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        return _by_batch(cell, hashed, TEXT)

    return Cell(headers, convert, blanks=blanks)


def _hash(address: str) -> str:
    digest = hashlib.blake2b(address.strip().casefold().encode(), digest_size=10, key=b"cs-metrics requester")
    return f"mail-{digest.hexdigest()}"
