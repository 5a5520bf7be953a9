"""JSON exports as text columns: arrays, one object per line, and objects in the wrappers that vendors put around them.

Only the top-level keys that a shape needs are decoded (descriptions and comments are skipped over); what lies deeper is
reached by dotted paths. A value becomes the text that a CSV would hold, so that one set of converters serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
import polars as pl

from cs_metrics.entities import INTEGER, TEXT
from cs_metrics.errors import DataError
from cs_metrics.readers._cells import LIST_SEPARATOR
from cs_metrics.readers._csv import MALFORMED, ROW, Stage, staged
from cs_metrics.readers._files import HEAD_BYTES, Input, encoding_of, open_bytes

_SAMPLE_RECORDS = 200
_Record = dict[str, Any]
_UNDECODABLE = (msgspec.DecodeError, RecursionError)


class JsonFile:
    """The values of a JSON file, still encoded: one, the items of an array, or one a line with `lines` to each."""

    def __init__(self, item: Input) -> None:
        self.item = item
        with open_bytes(item.path) as stream:
            content = stream.read()
        encoding = encoding_of(content[:HEAD_BYTES])
        if encoding != "utf-8-sig":
            content = content.decode(encoding, errors="replace").encode()
        content = content.removeprefix(b"\xef\xbb\xbf")
        self.lines: list[int] | None = None
        self.malformed: list[tuple[int, int, str, str]] = []
        try:
            whole = msgspec.json.decode(content, type=msgspec.Raw)
            self.roots = msgspec.json.decode(whole, type=list[msgspec.Raw]) if _starts(whole) == b"[" else [whole]
        except _UNDECODABLE as error:
            self._read_lines(content, str(error))

    def _read_lines(self, content: bytes, whole_error: str) -> None:
        """One object per line; a line that is none is set apart, unless that holds for most of them."""
        self.roots, self.lines = [], []
        for number, line in enumerate(content.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                root = msgspec.json.decode(line, type=msgspec.Raw)
            except _UNDECODABLE:
                shown = line[:200].decode("utf-8", errors="replace").strip()
                self.malformed.append((number, number, "not complete JSON", shown))
                continue
            self.roots.append(root)
            self.lines.append(number)
        objects = sum(_starts(root) == b"{" for root in self.roots)
        if objects <= len(self.malformed):  # a single document that is broken has such lines too
            raise DataError(f"{self.item.name}: the JSON is broken or cut off ({whole_error}); export it again")


class JsonTable:
    """A JSON file seen through one shape's wrappers, with the same face as a `CsvTable`."""

    def __init__(self, file: JsonFile, wrappers: Sequence[str], joined: Mapping[str, tuple[str, str, str]]) -> None:
        self.item = file.item
        self.malformed = pl.DataFrame(file.malformed, schema=MALFORMED, orient="row")
        self._file = file
        self._joined = joined
        self._unwrap = _unwrapper(wrappers, [*joined]) if wrappers else None
        self._beside: dict[str, dict[str, _Record]] = {key: {} for key in joined}
        first = (record for root in file.roots[:_SAMPLE_RECORDS] for record in self._unwrapped(root))
        decoded = (_decoded(raw) for _, raw in zip(range(_SAMPLE_RECORDS), first, strict=False))
        sample = self._with_joined([value for value in decoded if isinstance(value, dict)])
        self.headers = tuple(dict.fromkeys(path for value in sample for path in _paths(value)))
        self.sample = _texts(sample, self.headers)

    def look_for(self, paths: Iterable[str]) -> None:
        """Add those of `paths` to the headers that only records behind the sample have.

        Vendors leave out a key that is not set, so that a page may begin with hundreds of tickets without `solved_at`.
        """
        missing: dict[str, set[str]] = {}
        for path in paths:
            if path not in self.headers:
                missing.setdefault(path.split(".")[0], set()).add(path)
        if len(self._records) <= self.sample.height or not missing:
            return
        for record in self._with_joined(self._decoded_records(set(missing))):
            for key in [key for key in missing if record.get(key) is not None]:
                found = {path for path in missing[key] if _is_leaf(record, path.split("."))}
                missing[key] -= found
                self.headers += tuple(sorted(found))
        rest = _texts([], self.headers).select(set(self.headers) - set(self.sample.columns))
        self.sample = pl.concat([self.sample, rest], how="diagonal")

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame:
        """The last stage's columns of every record (that meets `where`)."""
        expressions = [column for stage in stages for column in stage] + ([where] if where is not None else [])
        named = {name for expression in expressions for name in expression.meta.root_names()}
        headers = [header for header in self.headers if header in named]
        records = self._with_joined(self._decoded_records({header.split(".")[0] for header in headers}))
        rows = pl.Series(ROW, [row for row, _ in self._records], INTEGER)
        return staged(_texts(records, headers).with_columns(rows).lazy(), stages, where).collect()

    @cached_property
    def _records(self) -> list[tuple[int, msgspec.Raw]]:
        """(line, or place in the file, and the encoded record) of every record."""
        roots = zip(self._file.lines or [0] * len(self._file.roots), self._file.roots, strict=True)
        records = [(line, record) for line, root in roots for record in self._unwrapped(root)]
        return [(line or place, record) for place, (line, record) in enumerate(records, start=1)]

    def _unwrapped(self, root: msgspec.Raw) -> Iterator[msgspec.Raw]:
        if self._unwrap is None:
            yield root
            return
        if _starts(root) == b"[":
            for item in msgspec.json.decode(root, type=list[msgspec.Raw]):
                yield from self._unwrapped(item)
            return
        inside, beside = self._unwrap(root)
        if not inside:
            yield root
        for record in inside:
            yield from self._unwrapped(record)
        for key, items in beside.items():
            their_key = self._joined[key][1]
            self._beside[key] |= {str(item.get(their_key)): item for item in items}

    def _decoded_records(self, keys: set[str]) -> list[_Record]:
        """The records with these top-level keys; what is no object (a vendor's error line) as an empty one."""
        wanted = sorted(keys | {ours for ours, _, _ in self._joined.values()})
        fields = {f"f{place}": key for place, key in enumerate(wanted)}
        decoder = msgspec.json.Decoder(_struct(fields, Any))
        records: list[_Record] = []
        for _, raw in self._records:
            try:
                record = decoder.decode(raw)
            except _UNDECODABLE:
                records.append({})
            else:
                records.append({key: getattr(record, name) for name, key in fields.items()})
        return records

    def _with_joined(self, records: list[_Record]) -> list[_Record]:
        """The records with the items of the lists beside them (Zendesk's `metric_sets`) hung under a name."""
        for key, (our_key, _, name) in self._joined.items():
            items = self._beside[key]
            for record in records if items else []:
                if not record.get(name):
                    record[name] = items.get(str(record.get(our_key)))
        return records


Unwrap = Callable[[msgspec.Raw], tuple[list[msgspec.Raw], dict[str, list[_Record]]]]


def _unwrapper(wrappers: Sequence[str], beside: Sequence[str]) -> Unwrap:
    """What finds (the values under the wrappers, the lists beside them) in an object, skipping everything else."""
    inner = {f"f{place}": key for place, key in enumerate(wrappers)}
    lists = {f"g{place}": key for place, key in enumerate(beside)}
    decoder = msgspec.json.Decoder(_struct(inner | lists, msgspec.Raw))

    def unwrap(raw: msgspec.Raw) -> tuple[list[msgspec.Raw], dict[str, list[_Record]]]:
        try:
            found = decoder.decode(raw)
        except _UNDECODABLE:
            return [], {}
        values = [value for name in inner if (value := getattr(found, name)) is not None]
        inside = [value for value in values if _starts(value) in (b"{", b"[")]
        if not inside:
            return [], {}
        decoded = {key: _decoded(value) for name, key in lists.items() if (value := getattr(found, name)) is not None}
        return inside, {key: items for key, items in decoded.items() if isinstance(items, list)}

    return unwrap


def _struct(fields: Mapping[str, str], kind: Any) -> type[msgspec.Struct]:
    """A type that has only these keys: the decoder skips all others without building anything."""
    optional = [(name, kind, None) for name in fields]
    return msgspec.defstruct("Keys", optional, rename=dict(fields))


def _starts(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:64]).lstrip()[:1]


def _texts(records: Sequence[_Record], headers: Sequence[str]) -> pl.DataFrame:
    if not headers:  # keep the height
        return pl.DataFrame({"": [None] * len(records)}, schema={"": TEXT})
    columns = {header: _column(records, header.split(".")) for header in headers}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, TEXT))


def _column(records: Sequence[_Record], path: list[str]) -> list[str | None]:
    if len(path) == 1:
        key = path[0]
        return [_as_text(record.get(key)) for record in records]
    return [_as_text(_at(record, path)) for record in records]


def _at(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _is_leaf(record: _Record, path: Sequence[str]) -> bool:
    found = _at(record, path)
    return found is not None and not isinstance(found, dict)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "".join(text + LIST_SEPARATOR for item in value if (text := _as_text(item)) is not None)
    if isinstance(value, dict):
        return None
    return str(value)


def _decoded(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw)


def _paths(value: _Record, prefix: str = "") -> Iterator[str]:
    """The dotted paths of an object's leaves; a key with a dot in it could not be found again."""
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _paths(item, f"{prefix}{key}.")
        elif "." not in key:
            yield f"{prefix}{key}"
