"""What a reader is made of: shapes (kinds of file), and in each shape where every column comes from.

A reader is a module of this folder with a `READER`. Its shapes are declarations: how to know the file by its headers
(or JSON keys), and for each frame which cell becomes which column. Reading itself is done once, in `_load`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from cs_metrics.readers._remarks import Remark

if TYPE_CHECKING:
    from cs_metrics.readers._looks import Table


@dataclass(frozen=True)
class Reading:
    """How cells are to be read: the zone of wall-clock times, and the first non-blank cells of the column.

    With a `sample` a converter may settle for the spellings it finds there, which is fast; without one it must know
    every spelling. Where a fast reading leaves cells unread the loader asks again without a sample.
    """

    zone: str | None
    sample: pl.Series | None


Converter = Callable[[pl.Expr, Reading], pl.Expr]
"""Text without blanks around it → typed column, null where a cell does not convert."""


@dataclass(frozen=True)
class Cell:
    """Where one column comes from: the first of `headers` that the file has, converted.

    For JSON a header is a dotted path (`metric_set.replies`). `blanks` are spellings of an empty cell besides nothing
    at all; `other` is what a word outside a closed table is read as (it is still counted as unparsed). `dtype` is what
    `convert` yields; None means text. `can_fail` is false where anything written has a value (a list of labels, or
    whether a word is among them). `joined` puts all `headers` together, a blank between them; `is_row_number` takes the
    row's number instead of a cell.
    """

    headers: tuple[str, ...]
    convert: Converter
    dtype: pl.DataType | None = None
    blanks: tuple[str, ...] = ()
    other: str | None = None
    joined: bool = False
    is_row_number: bool = False
    can_fail: bool = True

    @property
    def may_be_unread(self) -> bool:
        """Whether a filled cell may turn out to have no value."""
        return self.can_fail and self.dtype is not None


@dataclass(frozen=True)
class Formula:
    """A column computed from other columns of the same row, by our names; names starting with `_` are not kept.

    The file has the column if it has all `needs`, or, where nothing is needed, one of `optional`; a column of
    `optional` that it has not is null.
    """

    needs: tuple[str, ...]
    build: Callable[[], pl.Expr]
    optional: tuple[str, ...] = ()


def constant(value: str | float | bool) -> Formula:
    """The same value in every row."""
    return Formula((), lambda: pl.lit(value))


def first_filled(*columns: str) -> Formula:
    """The first of these columns that a row fills."""
    return Formula((), lambda: pl.coalesce(columns), optional=columns)


def while_done(column: str) -> Formula:
    """What is said of the last solve or close; it stays behind where the ticket is open again."""
    is_done = pl.col("status").is_in(["solved", "closed"])
    return Formula((column, "status"), lambda: pl.when(is_done).then(column))


def unless_nothing_happened(span: str, happened_at: str) -> Formula:
    """A zero is a span only where the instant of its end is there: a reply at night takes no business time."""
    nothing = (pl.col(span) == 0) & pl.col(happened_at).is_null()
    return Formula((span,), lambda: pl.when(~nothing).then(span), optional=(happened_at,))


Columns = Mapping[str, Cell | Formula]


@dataclass(frozen=True)
class Rows:
    """The rows of one frame in a file; `only_where` names a cell that is a flag: where it is false there is no row.

    For JSON `each` leads to lists of objects in the records, each path starting in the items of the list before: the
    frame then has a row for every innermost item. Headers are paths in that item; with `^` before them, in the object
    around its list, with `^^` in the one around that: `Rows(…, each=("changelog.histories", "items"))` reads `field` of
    an item, `^created` of its history and `^^key` of the record. `a|b` stands for the lists under either key, and
    `fields.customfield_*` for those under every such key of the file; one object there is a list of one. `assets.*` are
    the values of an object.

    `spread` names a formula that gives lists: a row becomes one row for each item, none where there is none. Formulas
    over it see the item.
    """

    columns: Columns
    only_where: str | None = None
    each: tuple[str, ...] = ()
    spread: str | None = None


@dataclass(frozen=True)
class Fitted:
    """A shape's frames as one file has them, and what to know of how they were told."""

    frames: Mapping[str, Rows]
    remarks: Sequence[Remark] = ()


@dataclass(frozen=True)
class Shape:
    """One kind of file.

    `signatures`: the file is ours if it has all headers of one of them (compared without case and outer blanks) and
    none of `without`. `blanks` are spellings of an empty cell in columns that the reader does not know. `wrappers`
    (JSON) are keys under which records lie, as one object or as a list; `joined` (JSON) are lists beside the records,
    {key: (the record's key, the list item's key, name to hang it under)}. `zone` is that of times without an offset,
    where it is known for good. `header_pattern` finds it in headers such as `Closed at (Europe/Berlin)`: its first
    group is the header, its second the zone.
    """

    name: str
    kind: str  # csv (and Parquet) | json | any
    signatures: tuple[frozenset[str], ...]
    frames: Mapping[str, Rows]
    without: frozenset[str] = frozenset()
    blanks: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    joined: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    zone: str | None = None
    header_pattern: re.Pattern[str] | None = None
    fit: Callable[[Table], Fitted] | None = None

    def known_as(self, header: str) -> str:
        """A header without the zone in it."""
        return self._in_header(header)[0]

    def folded(self, headers: Sequence[str]) -> frozenset[str]:
        """The headers as signatures have them."""
        return frozenset(self.known_as(header).casefold() for header in headers)

    def of(self, headers: Sequence[str]) -> Shape:
        """This shape with the zone that the first of these headers names."""
        zones = (zone for _, zone in map(self._in_header, headers) if zone)
        return replace(self, zone=next(zones, self.zone))

    def _in_header(self, header: str) -> tuple[str, str | None]:
        found = self.header_pattern.match(header.strip()) if self.header_pattern else None
        return (found[1], "UTC" if found[2].casefold() == "utc" else found[2]) if found else (header, None)

    def claim(self, headers: frozenset[str]) -> frozenset[str]:
        """The largest signature that these casefolded headers hold, empty if none."""
        if self.without & headers:
            return frozenset()
        return max((s for s in self.signatures if s <= headers), key=len, default=frozenset())


@dataclass(frozen=True)
class Reader:
    """One helpdesk: its name for people and its shapes."""

    title: str
    shapes: tuple[Shape, ...]


def csv_shape(
    name: str,
    signatures: list[set[str]],
    frames: Mapping[str, Rows],
    without: set[str] | None = None,
    blanks: tuple[str, ...] = (),
    header_pattern: re.Pattern[str] | None = None,
) -> Shape:
    """A flat CSV with a header row."""
    folded = frozenset(h.casefold() for h in without or ())
    return Shape(name, "csv", _folded(signatures), frames, folded, blanks, header_pattern=header_pattern)


def json_shape(
    name: str,
    signatures: list[set[str]],
    frames: Mapping[str, Rows],
    without: set[str] | None = None,
    wrappers: tuple[str, ...] = (),
    joined: Mapping[str, tuple[str, str, str]] | None = None,
) -> Shape:
    """A JSON array, NDJSON, or objects in wrappers; `headers` of cells and signatures are dotted paths of a record."""
    folded = frozenset(h.casefold() for h in without or ())
    return Shape(name, "json", _folded(signatures), frames, folded, (), wrappers, joined or {})


def _folded(signatures: list[set[str]]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(header.casefold() for header in signature) for signature in signatures)
