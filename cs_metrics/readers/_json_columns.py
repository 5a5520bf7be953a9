"""The keys of JSON records that are asked for, as a type that skips all others, and their values as text columns.

Lists of objects inside the records become rows of their own, each with what is asked for of the objects around it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import chain, compress, count, repeat
from operator import attrgetter, or_
from types import GenericAlias
from typing import Any

import msgspec
import polars as pl

from cs_metrics.entities import INTEGER, TEXT
from cs_metrics.readers._cells import LIST_SEPARATOR
from cs_metrics.readers._csv import ROW
from cs_metrics.readers._json_values import Scalar, shown

Each = tuple[str, ...]
"""Paths of lists, each inside the items of the one before; () are the records themselves.

A path may stand for several (`completed|ongoing`, `fields.customfield_*`); an object there is then a list of one. One
that ends in `.*` leads to all values of an object (`{"4": {…}, "7": {…}}`).
"""

_EXACT = 2**53  # beyond it decimal numbers leave out whole ones
OUTER = "^"  # before a header: a key of the object around the list
VALUES = ".*"  # behind a path: all values of the object there


@dataclass
class Keys:
    """The keys of an object that are read: `header` is set where the value itself is, `items` where it is a list."""

    below: dict[str, Keys] = field(default_factory=dict)
    header: str | None = None
    items: Keys | None = None
    outer: tuple[str, ...] = ()  # of a list's items: the headers of the object around them
    is_alone: bool = False  # of a list's items: one may stand in the place of the list
    is_mapped: bool = False  # of a list's items: they are the values of an object

    def at(self, path: str) -> Keys:
        """The place of a dotted path, made if need be."""
        place = self
        for key in path.split("."):
            place = place.below.setdefault(key, Keys())
        return place

    @cached_property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """The fields of a type that has only these keys."""
        return [(f"f{number}", keys.kind, None) for number, keys in enumerate(self.below.values())]

    @cached_property
    def names(self) -> dict[str, str]:
        """What the fields are called in the file."""
        return {f"f{number}": key for number, key in enumerate(self.below)}

    @cached_property
    def type(self) -> type[msgspec.Struct]:
        """A type that has only these keys: the decoder skips all others without building anything."""
        return msgspec.defstruct("Keys", self.fields, rename=self.names, gc=False)

    @cached_property
    def kind(self) -> Any:
        """The type of a value here: whatever the file holds, it can be decoded."""
        if self.header is not None and not self.below and self.items is None:
            return Any
        if self.items and self.items.is_mapped:
            return _either(GenericAlias(dict, (str, self.items.kind)), Scalar)
        item = self.items.kind if self.items else Any if self.header is not None else msgspec.Raw
        own = self.items.type if self.items and self.items.is_alone else self.type
        return _either(own, GenericAlias(list, item), Scalar)


def completed(needs: Mapping[Each, Iterable[str]]) -> dict[Each, list[str]]:
    """The needs with what they imply: the rows around each list, and there the headers named with `OUTER`."""
    every: dict[Each, dict[str, None]] = {(): {}}
    for each, headers in needs.items():
        for depth in range(len(each) + 1):
            every.setdefault(each[:depth], {})
        every[each] |= dict.fromkeys(headers)
    for each in sorted(every, key=len, reverse=True):
        if each:
            every[each[:-1]] |= dict.fromkeys(_outer(every[each]))
    return {each: [*every[each]] for each in sorted(every, key=len)}


def keys_of(needs: Mapping[Each, Sequence[str]], alone: Container[Each] = ()) -> Keys:
    """The keys that completed needs are made of, at every depth; one item of `alone` may stand without its list."""
    root = Keys()
    for each, headers in needs.items():
        items = root
        for depth, path in enumerate(each, start=1):
            place = items.at(path.removesuffix(VALUES))
            is_mapped = path.endswith(VALUES)
            place.items = items = place.items or Keys(is_alone=each[:depth] in alone, is_mapped=is_mapped)
        items.outer = _outer(headers)
        for header in headers:
            if not header.startswith(OUTER):
                items.at(header).header = header
    return root


def _outer(headers: Iterable[str]) -> tuple[str, ...]:
    return tuple(header.removeprefix(OUTER) for header in headers if header.startswith(OUTER))


@dataclass
class Wrapped:
    """The type of records in wrappers and lists, and the fields of the wrappers and of the lists beside the records."""

    kind: Any
    inner: tuple[str, ...]
    aside: dict[str, str]  # {key: field}


def wrapped(root: Keys, wrappers: Sequence[str], aside: Mapping[str, Keys], depth: int) -> Wrapped:
    """The type of a record that may lie in up to `depth` wrappers and lists.

    A key may be in both: `metric_sets` has been seen as an object in each ticket and as a list beside them.
    """
    field_of = {key: name for name, key in root.names.items()}
    for number, key in enumerate([*wrappers, *aside]):
        field_of.setdefault(key, f"w{number}")
    names = {name: key for key, name in field_of.items()}
    kinds = {key: keys.kind for key, keys in root.below.items()}
    for key, items in aside.items():
        own = root.below[key].type if key in root.below else Scalar
        kinds[key] = _either(own, GenericAlias(list, items.kind), Scalar)
    kind = root.kind
    for _ in range(depth):
        kinds |= dict.fromkeys(wrappers, kind)
        fields = [(field_of[key], kinds[key], None) for key in field_of]
        record = msgspec.defstruct("Wrapper", fields, rename=names, gc=False)
        kind = _either(record, GenericAlias(list, kind), Scalar)
    return Wrapped(kind, tuple(field_of[key] for key in wrappers), {key: field_of[key] for key in aside})


def _either(first: Any, *others: Any) -> Any:
    return reduce(or_, others, first)


@dataclass
class Level:
    """The rows that one batch of records gives at one depth."""

    each: Each
    rows: pl.DataFrame
    broken: list[tuple[int, str]]  # (record's number, what stands there instead of an object)


def levels(keys: Keys, objects: Sequence[Any], numbers: Sequence[int]) -> Iterator[Level]:
    """The records as rows, then the items of their lists: text columns, and the number of the record in `ROW`."""
    yield from _levels(keys, (), objects, pl.DataFrame({ROW: pl.Series(numbers, dtype=INTEGER)}))


def _levels(keys: Keys, each: Each, values: Sequence[Any], around: pl.DataFrame) -> Iterator[Level]:
    """`around` has the columns that a row has from outside: its number, and those of the objects around it."""
    broken: list[tuple[int, str]] = []
    if not all(issubclass(kind, msgspec.Struct) for kind in set(map(type, values))):
        is_object = [isinstance(value, msgspec.Struct) for value in values]
        wrong = [(value, place) for place, value in enumerate(values) if not is_object[place]]
        broken = [(around[ROW][place], shown(value)) for value, place in wrong]
        values = [*compress(values, is_object)]
        around = around.filter(pl.Series(is_object, dtype=pl.Boolean))
    columns: dict[str, pl.Series] = {}
    lists: list[tuple[str, Keys, list[Any]]] = []
    _gather(keys, values, "", columns, lists)
    rows = around.hstack([column.alias(header) for header, column in columns.items()])
    yield Level(each, rows, broken)
    for path, items, found in lists:
        if items.is_mapped:
            found = [[*value.values()] if type(value) is dict else value for value in found]
        if items.is_alone:
            found = [[value] if type(value) is items.type else value for value in found]
        lengths = [len(value) if type(value) is list else 0 for value in found]
        inside = [*chain.from_iterable(compress(found, lengths))]
        owners = pl.Series([*chain.from_iterable(map(repeat, count(), lengths))], dtype=pl.UInt32)
        outer = [rows[header].alias(OUTER + header) for header in items.outer]
        yield from _levels(items, (*each, path), inside, pl.DataFrame([rows[ROW], *outer])[owners])


def _gather(
    keys: Keys,
    objects: Sequence[Any],
    path: str,
    columns: dict[str, pl.Series],
    lists: list[tuple[str, Keys, list[Any]]],
) -> None:
    """The values under the keys of these objects, those of a depth side by side, however deep the keys lie."""
    for (name, _, _), (key, inner) in zip(keys.fields, keys.below.items(), strict=True):
        values = [*map(attrgetter(name), objects)]
        if inner.header is not None:
            columns[inner.header] = texts(values)
        if inner.items is not None:
            lists.append((path + key + VALUES * inner.items.is_mapped, inner.items, values))
        if inner.below:
            if set(map(type, values)) != {inner.type}:
                nothing = inner.type()
                values = [value if type(value) is inner.type else nothing for value in values]
            _gather(inner, values, f"{path}{key}.", columns, lists)


def texts(values: Sequence[Any]) -> pl.Series:
    """Values as the text that a CSV would hold."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {str}:
        return pl.Series(values, dtype=TEXT)
    if not kinds:
        return pl.Series([None], dtype=TEXT).new_from_index(0, len(values))
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean).cast(TEXT)
    if kinds == {int}:
        try:
            return pl.Series(values, dtype=INTEGER).cast(TEXT)
        except (OverflowError, TypeError, pl.exceptions.PolarsError):
            pass
    if kinds == {list}:
        try:
            joined = [None if v is None else LIST_SEPARATOR.join(v) + LIST_SEPARATOR if v else "" for v in values]
            return pl.Series(joined, dtype=TEXT)
        except TypeError:  # not of words only
            pass
    return pl.Series([*map(_text, values)], dtype=TEXT)


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))  # an id of a column with gaps, which dataframes save as 123.0
        case int() | float():
            return str(value)
        case list():
            return "".join(text + LIST_SEPARATOR for item in value if (text := _text(item)) is not None)
        case dict():  # in a list; a reader may look into it for a name
            return msgspec.json.encode(value).decode()
        case _:
            return None
