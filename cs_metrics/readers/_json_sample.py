"""The first records of a JSON file: which keys records have, and how values are spelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import polars as pl

from cs_metrics.readers._json_columns import OUTER, VALUES, Each, texts
from cs_metrics.readers._json_file import FIRST, JsonFile

Joined = Mapping[str, tuple[str, str, str]]
_Record = dict[str, Any]


class JsonSample:
    """The first records in some wrappers, and the first of the lists beside them; `is_whole` where there are no more.

    Keys that are only behind the sample can be added to `late`.
    """

    def __init__(self, file: JsonFile, wrappers: Sequence[str], joined: Joined) -> None:
        self._wrappers, self._joined = wrappers, joined
        self._beside: dict[str, list[_Record]] = {key: [] for key in joined}
        pieces = file.pieces(wrappers, [*joined])
        for key, raws in pieces.lists.items():
            self._beside[key] += file.first(raws[:FIRST]) if raws else []
        values = file.first(pieces.records)
        records = [*islice((record for value in values for record in self._bare(value)), FIRST + 1)]
        self._items: dict[Each, list[_Record]] = {(): records[:FIRST]}
        self.is_whole = len(records) <= FIRST and file.is_small
        self._paths_of, self._spelled = file.leaves, file.spelled
        self.late: dict[Each, list[str]] = {}

    def _bare(self, value: Any) -> Iterator[_Record]:
        if isinstance(value, list):
            for item in value:
                yield from self._bare(item)
        elif isinstance(value, dict):
            inside = [inner for key in self._wrappers if isinstance(inner := value.get(key), (dict, list))]
            if not inside:
                yield value
            for key in self._joined if inside else ():
                items = value.get(key)
                self._beside[key] += items[:FIRST] if isinstance(items, list) else []
            for inner in inside:
                yield from self._bare(inner)

    def headers(self, each: Each) -> tuple[str, ...]:
        """The dotted paths of the records' leaves; of the items of lists, with those of the objects around them."""
        own = [*self._own(each), *self.late.get(each, ())]
        outer = [OUTER + header for header in self.headers(each[:-1])] if each and own else []
        return (*dict.fromkeys([*own, *outer]),)

    def texts(self, each: Each) -> pl.DataFrame:
        """The first cells under every header; what lies beside the records has its own rows."""
        columns = [self._column(each, header).alias(header).to_frame() for header in self.headers(each)]
        return pl.concat(columns, how="horizontal_extend") if columns else pl.DataFrame()

    def _column(self, each: Each, header: str) -> pl.Series:
        if header.startswith(OUTER):
            return self._column(each[:-1], header.removeprefix(OUTER))
        path = header.split(".")
        column = texts([_at(value, path) for value in self._objects(each)])
        for key, (_, _, name) in self._joined.items() if not each else ():
            if path[0] == name and column.null_count() == len(column):
                column = texts([_at(item, path[1:]) for item in self._beside[key]])
        return column

    def _own(self, each: Each) -> list[str]:
        found = dict.fromkeys(self._leaves(self._objects(each)))
        for key, (_, _, name) in self._joined.items() if not each else ():
            items = [item for item in self._beside[key] if isinstance(item, dict)]
            found |= dict.fromkeys(f"{name}.{path}" for item in items for path in _paths(item))
        return [*found]

    def _leaves(self, objects: Sequence[_Record]) -> list[str]:
        """Remembered, for the shapes of all readers ask for those of the same records."""
        these = tuple(map(id, objects))
        if these not in self._paths_of:
            self._paths_of[these] = [*dict.fromkeys(path for value in objects for path in _paths(value))]
        return self._paths_of[these]

    def _objects(self, each: Each) -> list[_Record]:
        if each not in self._items:
            around = self._objects(each[:-1])
            ways = self._spelled(each[-1])
            lists = [_values(value, path) for value in around for path in ways]
            if ways != [each[-1]]:
                lists = [[value] if isinstance(value, dict) else value for value in lists]
            found = [item for items in lists if isinstance(items, list) for item in items if isinstance(item, dict)]
            self._items[each] = found
        return self._items[each]


def _values(value: Any, path: str) -> Any:
    """The list at a path, or the values of the object there."""
    found = _at(value, path.removesuffix(VALUES).split("."))
    return [*found.values()] if path.endswith(VALUES) and isinstance(found, dict) else found


def _at(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _paths(value: _Record, prefix: str = "") -> Iterator[str]:
    """The dotted paths of an object's leaves; a key with a dot in it could not be found again."""
    for key, item in value.items():
        if "." in key:
            continue
        if isinstance(item, dict):
            yield from _paths(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
