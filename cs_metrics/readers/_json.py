"""JSON exports as text columns: arrays, one object per line, and objects in the wrappers that vendors put around them.

Only the top-level keys that a shape needs are decoded (descriptions and comments are skipped over); what lies deeper is
reached by dotted paths. A value becomes the text that a CSV would hold, so that one set of converters serves both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import polars as pl

from cs_metrics.entities import INTEGER, TEXT
from cs_metrics.errors import DataError
from cs_metrics.readers._cells import LIST_SEPARATOR
from cs_metrics.readers._csv import MALFORMED, ROW, Stage, staged
from cs_metrics.readers._files import Input, encoding_of, open_bytes

_SAMPLE_RECORDS = 200


class JsonFile:
    """The records of a JSON file, still encoded: `roots` with the line or place of each."""

    def __init__(self, item: Input) -> None:
        self.item = item
        with open_bytes(item.path) as stream:
            content = stream.read()
        encoding = encoding_of(content[:4096])
        if encoding.startswith("utf-16"):
            content = content.decode(encoding).encode()
        self.content = content.removeprefix(b"\xef\xbb\xbf").strip()
        self.malformed: list[tuple[int, int, str, str]] = []
        self.roots = list(self._roots())

    def _roots(self) -> Iterator[msgspec.Raw]:
        try:
            if self.content[:1] == b"[":
                yield from msgspec.json.decode(self.content, type=list[msgspec.Raw])
            else:
                yield msgspec.json.decode(self.content, type=msgspec.Raw)
        except msgspec.DecodeError as error:
            yield from self._lines(str(error))

    def _lines(self, whole_error: str) -> Iterator[msgspec.Raw]:
        """One JSON value per line; a line that is none is set apart, unless the file holds no good line at all."""
        good = 0
        for number, line in enumerate(self.content.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                yield msgspec.json.decode(line, type=msgspec.Raw)
                good += 1
            except msgspec.DecodeError:
                if not good:
                    break
                text = line[:200].decode("utf-8", errors="replace")
                self.malformed.append((number, number, "not complete JSON", text))
        if not good:
            raise DataError(f"{self.item.name}: the JSON is broken or cut off: {whole_error}")


class JsonTable:
    """A JSON file seen through one shape's wrappers, with the same face as a `CsvTable`."""

    def __init__(
        self, file: JsonFile, wrappers: Sequence[str], joined: dict[str, tuple[str, str, str]] | None
    ) -> None:
        self.item = file.item
        self.malformed = pl.DataFrame(file.malformed, schema=MALFORMED, orient="row")
        self._wrappers = frozenset(wrappers)
        self._joined = joined or {}
        self._beside: dict[str, list[dict[str, Any]]] = {}
        self._records = [record for root in file.roots for record in self._unwrapped(root)]
        paths: dict[str, None] = {}
        sample = [value for raw in self._records[:_SAMPLE_RECORDS] if isinstance(value := _decoded(raw), dict)]
        for value in self._with_joined(sample):
            paths |= dict.fromkeys(_paths(value))
        self.headers = tuple(paths)
        self.sample = self._text(list(self._with_joined(sample)), self.headers)

    def _unwrapped(self, raw: msgspec.Raw) -> Iterator[msgspec.Raw]:
        if not self._wrappers:
            yield raw
            return
        if bytes(raw[:1]) == b"[":
            for item in msgspec.json.decode(raw, type=list[msgspec.Raw]):
                yield from self._unwrapped(item)
            return
        try:
            keys = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except msgspec.DecodeError:
            yield raw
            return
        inside = [key for key in keys if key in self._wrappers and bytes(keys[key][:1]) in (b"{", b"[")]
        for key in inside:
            yield from self._unwrapped(keys[key])
        if not inside:
            yield raw
        for key in self._joined:
            if inside and key in keys:
                self._beside.setdefault(key, []).extend(msgspec.json.decode(keys[key], type=list[dict[str, Any]]))

    def _with_joined(self, records: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The records with the items of the lists beside them (Zendesk's `metric_sets`) hung under a name."""
        if not self._beside:
            yield from records
            return
        lookups = {
            name: ({str(item.get(their_key)): item for item in self._beside.get(key, [])}, our_key)
            for key, (our_key, their_key, name) in self._joined.items()
        }
        for record in records:
            found = {name: items.get(str(record.get(our_key))) for name, (items, our_key) in lookups.items()}
            yield record | {name: item for name, item in found.items() if item is not None and not record.get(name)}

    def collect(self, *stages: Stage, where: pl.Expr | None = None, numbered: bool = False) -> pl.DataFrame:
        """The last stage's columns of every record (that meets `where`)."""
        expressions = [column for stage in stages for column in stage] + ([where] if where is not None else [])
        named = {name for expression in expressions for name in expression.meta.root_names()}
        headers = [header for header in self.headers if header in named]
        keys = sorted({header.split(".")[0] for header in headers} | {ours for ours, _, _ in self._joined.values()})
        record_type = msgspec.defstruct(
            "Record", [(f"f{i}", Any, None) for i in range(len(keys))], rename={f"f{i}": key for i, key in enumerate(keys)}
        )
        decoder = msgspec.json.Decoder(record_type)
        records: list[dict[str, Any]] = []
        for raw in self._records:
            try:
                record = decoder.decode(raw)
            except msgspec.DecodeError:  # not an object: an error line of the vendor's
                records.append({})
                continue
            records.append({key: getattr(record, f"f{i}") for i, key in enumerate(keys)})
        frame = self._text(list(self._with_joined(records)), headers).with_row_index(ROW, 1)
        return staged(frame.with_columns(pl.col(ROW).cast(INTEGER)).lazy(), stages, where).collect()

    def _text(self, records: Sequence[dict[str, Any]], headers: Sequence[str]) -> pl.DataFrame:
        columns = {header: _column(records, header.split(".")) for header in headers}
        if not columns:  # keep the height
            return pl.DataFrame({"": [None] * len(records)}, schema={"": TEXT})
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, TEXT))


def _column(records: Sequence[dict[str, Any]], path: list[str]) -> list[str | None]:
    if len(path) == 1:
        key = path[0]
        return [_as_text(record.get(key)) for record in records]
    return [_as_text(_at(record, path)) for record in records]


def _at(value: Any, path: list[str]) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return LIST_SEPARATOR.join(text for item in value if (text := _as_text(item)) is not None)
    if isinstance(value, dict):
        return None
    return str(value)


def _decoded(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw)


def _paths(value: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted paths of an object's leaves."""
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _paths(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
