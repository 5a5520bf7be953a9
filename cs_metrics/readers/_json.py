"""JSON exports as text columns: arrays, one object per line, and objects in the wrappers that vendors put around them.

Only the keys that a shape needs are decoded (descriptions are skipped over, and lists of comments that nobody asks
for); what lies deeper is reached by dotted paths. A value becomes the text that a CSV would hold, so that one set of
converters serves both. Whatever is asked of a file in one go is decoded in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain, product, repeat, takewhile
from operator import attrgetter
from typing import Any

import msgspec
import polars as pl

from cs_metrics.entities import INTEGER
from cs_metrics.readers._csv import MALFORMED, NONE_MALFORMED, ROW, Stage, staged
from cs_metrics.readers._json_columns import OUTER, Each, Keys, Level, Wrapped, completed, keys_of, levels, wrapped
from cs_metrics.readers._json_file import JsonFile as JsonFile
from cs_metrics.readers._json_sample import Joined, JsonSample

_DEPTH = 5  # of wrappers, and of lists around the records
_ASIDE = "|"  # stands before the key of a list beside the records, where a list inside them has its path
_Wrong = tuple[int, int | None, str, str]  # row, its line if it is one, what is wrong, how it begins


class JsonRows:
    """The records, or the items of lists in them, with the same face as a `CsvTable`; `read` fetches some columns."""

    def __init__(
        self, table: JsonTable, each: Each, headers: Iterable[str], read: Callable[[Sequence[str]], pl.DataFrame]
    ) -> None:
        self.item = table.item
        self.headers = tuple(headers)
        self.malformed = NONE_MALFORMED
        self._table, self._each, self._read = table, each, read

    @cached_property
    def sample(self) -> pl.DataFrame:
        """The first rows."""
        return self._table.first.texts(self._each)

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame:
        """The last stage's columns of every row (that meets `where`)."""
        expressions = [column for stage in stages for column in stage] + ([where] if where is not None else [])
        named = {name for expression in expressions for name in expression.meta.root_names()}
        rows = self._read([header for header in self.headers if header in named])
        if numbered:
            rows = rows.with_columns(self._table.numbers(rows[ROW]))
        return staged(rows.lazy(), stages, where).collect()


class JsonTable:
    """A JSON file seen through one shape's wrappers, with the same face as a `CsvTable`.

    `inside` shows the items of lists in the records with the same face; `decoded` reads several of these at once.
    `joined` lists lie beside the records and are hung under a name in them (Zendesk's `metric_sets`).
    """

    def __init__(self, file: JsonFile, wrappers: Sequence[str], joined: Joined) -> None:
        self.item = file.item
        self.malformed = NONE_MALFORMED
        self.first = JsonSample(file, wrappers, joined)
        self._file, self._wrappers, self._joined = file, wrappers, joined
        self._faces: dict[Each, JsonRows] = {}

    @property
    def headers(self) -> tuple[str, ...]:
        """The dotted paths of the records' leaves."""
        return self.inside(()).headers

    @property
    def sample(self) -> pl.DataFrame:
        """The first records."""
        return self.inside(()).sample

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame:
        """The last stage's columns of every record (that meets `where`)."""
        return self.inside(()).collect(*stages, where=where, numbered=numbered)

    def inside(self, each: Each) -> JsonRows:
        """The items of the lists `each`, with what is around them; without headers where there are no such lists."""
        if each not in self._faces:
            self._faces[each] = JsonRows(self, each, self.first.headers(each), partial(self._one, each))
        return self._faces[each]

    def look_for(self, known: Mapping[Each, Iterable[tuple[str, ...]]]) -> None:
        """Add the headers that only records behind the sample have, of each group those before the first that is there.

        Vendors leave out a key that is not set, so that a page may begin with hundreds of tickets without `solved_at`.
        """
        missing: dict[Each, set[str]] = {}
        for each, groups in {} if self.first.is_whole else known.items():
            present = {header.casefold() for header in self.inside(each).headers}
            lacking = {path for group in groups for path in _before(group, present) if self._may_have(path)}
            missing |= {each: lacking} if lacking else {}
        found: dict[Each, set[str]] = {each: set() for each in missing}
        for level in self._levels(missing) if missing else []:
            hung = f"{self._joined[level.each[1]][2]}." if level.each[:1] == (_ASIDE,) else ""
            each = () if hung else level.each
            filled = {hung + column.name for column in level.rows.get_columns() if column.null_count() < len(column)}
            if each in missing:
                found[each] |= filled & missing[each]
            if found == missing:
                break
        self.first.late = {each: sorted(headers) for each, headers in found.items()}
        self._faces.clear()

    def _may_have(self, path: str) -> bool:
        """Whether every key of a path stands somewhere; names under which lists are hung stand nowhere."""
        hung = {name for _, _, name in self._joined.values()}
        keys = {*path.lstrip(OUTER).split(".")} - hung
        return all(self._file.may_have(key) for key in sorted(keys, key=len, reverse=True))

    def decoded(self, needs: Mapping[Each, Sequence[str]]) -> dict[Each, JsonRows]:
        """The records, and the items of these lists, with these headers alone, from one pass over the file."""
        rows, apart = self._read(needs)
        held: dict[Each, JsonRows] = {}
        for each, headers in needs.items():
            held[each] = JsonRows(self, each, headers, partial(_columns, rows[each]))
            held[each].malformed = apart[each]
        return held

    def numbers(self, places: pl.Series) -> pl.Series:
        """The lines of these records, where there are lines."""
        if not self._file.by_line:
            return places
        lines, _ = self._file.numbered
        return pl.Series(lines, dtype=INTEGER).gather(places - 1).alias(places.name)

    def _spelled(self, each: Each) -> Iterator[Each]:
        """The lists that one path of lists stands for."""
        return product(*map(self._file.spelled, each))

    def _one(self, each: Each, headers: Sequence[str]) -> pl.DataFrame:
        return self._read({each: headers})[0][each]

    def _read(self, needs: Mapping[Each, Sequence[str]]) -> tuple[dict[Each, pl.DataFrame], dict[Each, pl.DataFrame]]:
        """(the rows at every depth, what is set apart there)."""
        batches: dict[Each, list[pl.DataFrame]] = {}
        wrong: dict[Each, list[_Wrong]] = {}
        for level in self._levels(needs):
            batches.setdefault(level.each, []).append(level.rows)
            what = f"an item of {level.each[-1]} that is no object" if level.each else "no object"
            wrong.setdefault(level.each, []).extend((place, None, what, text) for place, text in level.broken)
        rows = {each: pl.concat(frames) for each, frames in batches.items()}
        rows = {each: self._with_joined(each, frame, rows) for each, frame in rows.items()}
        apart = {each: self._apart(several) for each, several in wrong.items()}
        if self._file.has_broken:
            lines = [(line, line, "not complete JSON", text) for line, text in self._file.numbered[1]]
            apart[()] = pl.concat([apart[()], _malformed(lines)]).sort("row", maintain_order=True)
        self.malformed = apart[()]
        return rows, apart

    def _apart(self, wrong: Sequence[_Wrong]) -> pl.DataFrame:
        found = _malformed(wrong)
        if not wrong or not self._file.by_line:
            return found
        lines = self.numbers(found["row"])
        return found.with_columns(lines, lines.alias("line"))

    def _levels(self, needs: Mapping[Each, Iterable[str]]) -> Iterator[Level]:
        """Batch by batch the rows of the records, of the lists in them, and of the lists beside them."""
        names = {several: each for each in needs for several in self._spelled(each)}
        asked = {several: [*needs[each]] for several, each in names.items()}
        names = {several[:depth]: each[:depth] for several, each in names.items() for depth in range(len(each) + 1)}
        beside: dict[str, Keys] = {}
        for key, (ours, theirs, name) in self._joined.items():
            hung = dict[str, None]()
            for each, headers in asked.items():
                outer = OUTER * len(each)
                paths = [path.removeprefix(f"{outer}{name}.") for path in headers if path.startswith(f"{outer}{name}.")]
                hung |= dict.fromkeys(paths)
                headers += [outer + ours] if paths else []
            if hung:
                beside[key] = keys_of({(): [theirs, *hung]})
        alone = {several for several, each in names.items() if several[-1:] != each[-1:]}
        keys, pieces = keys_of(completed(asked), alone), self._file.pieces(self._wrappers, [*self._joined])
        types = wrapped(keys, self._wrappers, beside, _DEPTH)
        decoder, count = msgspec.json.Decoder(types.kind), 0
        by_line, by_piece = self._file.lines, self._file.decoded
        for values, lines in by_line(decoder) if self._file.by_line else by_piece(pieces.records, decoder):
            records, numbers, aside = _unwrapped(values, lines, types)
            places = range(count + 1, count + len(records) + 1) if numbers is None else numbers
            for level in levels(keys, records, places):
                yield Level(names.get(level.each, level.each), level.rows, level.broken)
            count += len(records)
            for key, items in aside.items():
                yield _aside(key, beside[key], items)
        for key, read in beside.items():
            for values, _ in by_piece(pieces.lists[key], msgspec.json.Decoder(read.kind)):
                yield _aside(key, read, values)

    def _with_joined(self, each: Each, rows: pl.DataFrame, all_rows: Mapping[Each, pl.DataFrame]) -> pl.DataFrame:
        """Rows with what lies beside their records, where these do not say it themselves."""
        outer = OUTER * len(each)
        for key, (ours, theirs, name) in self._joined.items():
            hung = [header for header in rows.columns if header.startswith(f"{outer}{name}.")]
            if (_ASIDE, key) in all_rows and hung and each[:1] != (_ASIDE,):
                beside = all_rows[_ASIDE, key].unique(theirs, keep="last").drop_nulls(theirs)
                paths = [header.removeprefix(f"{outer}{name}.") for header in hung]
                beside = beside.select(theirs, *(pl.col(path).alias(_ASIDE + path) for path in paths))
                rows = rows.join(beside, left_on=outer + ours, right_on=theirs, how="left", maintain_order="left")
                both = [
                    pl.coalesce(header, _ASIDE + path).alias(header) for header, path in zip(hung, paths, strict=True)
                ]
                rows = rows.with_columns(both).drop(_ASIDE + path for path in paths)
        return rows


def _before(group: Iterable[str], present: Container[str]) -> Iterator[str]:
    """The headers before the first that is there."""
    return takewhile(lambda header: header.casefold() not in present, group)


def _unwrapped(
    values: list[Any], lines: Sequence[int] | None, types: Wrapped
) -> tuple[list[Any], Sequence[int] | None, dict[str, list[Any]]]:
    """(the records in these values, the line of each, the items of the lists beside them)."""
    kinds = set(map(type, values))
    if all(issubclass(kind, msgspec.Struct) for kind in kinds):
        kinds = {type(value) for name in types.inner for value in map(attrgetter(name), values)}
    if not any(issubclass(kind, (list, msgspec.Struct)) for kind in kinds):
        return values, lines, {}
    beside: dict[str, list[Any]] = {key: [] for key in types.aside}

    def bare(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            for item in value:
                yield from bare(item)
            return
        held = [each for name in types.inner if isinstance(each := getattr(value, name, None), (list, msgspec.Struct))]
        if not held:
            yield value
            return
        for key, name in types.aside.items():
            if isinstance(items := getattr(value, name), list):
                beside[key] += items
        yield from bare(held)

    found = [[*bare(value)] for value in values]
    numbers = lines and [*chain.from_iterable(map(repeat, lines, map(len, found)))]
    return [*chain.from_iterable(found)], numbers, beside


def _aside(key: str, read: Keys, items: list[Any]) -> Level:
    first, *_ = levels(read, items, [0] * len(items))
    return Level((_ASIDE, key), first.rows, [])


def _columns(rows: pl.DataFrame, headers: Iterable[str]) -> pl.DataFrame:
    return rows.select(ROW, *headers)


def _malformed(apart: Sequence[_Wrong]) -> pl.DataFrame:
    return pl.DataFrame(apart, schema=MALFORMED, orient="row")
