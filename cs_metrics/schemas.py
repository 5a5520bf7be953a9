"""JSON Schemas of the YAML files, by which editors complete and check them: from the structs that load them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cs_metrics.benchmarks import BenchmarkKeys
from cs_metrics.calendars._file import CalendarKeys
from cs_metrics.entities import FRAMES
from cs_metrics.errors import check_word
from cs_metrics.metric_keys import MetricKeys
from cs_metrics.profile import ProfileKeys
from cs_metrics.readers.mapped import CELL_KEYS, TOP_KEYS, UNITS
from cs_metrics.sla import SlaKeys

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def schema_of(kind: str) -> Schema:
    """The JSON Schema of one kind of file. Raises `UsageError` for an unknown kind."""
    check_word("schema", kind, KINDS)
    return {"$schema": _DRAFT, "title": f"cs-metrics {kind}"} | KINDS[kind]()


def schema_text(kind: str) -> str:
    """`schema_of` as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(schema_of(kind)), indent=2).decode()


def _of_struct(struct: type[msgspec.Struct]) -> Callable[[], Schema]:
    return lambda: msgspec.json.schema(struct)


def _map() -> Schema:
    frames = {
        name: {
            "type": "object",
            "description": f"one row is {frame.row}",
            "properties": {"only_where": {"type": "string"}}
            | {column: {"$ref": "#/$defs/cell", "description": said.meaning} for column, said in frame.columns.items()},
            "required": [name for name in frame.key if name in frame.required],
            "additionalProperties": False,
        }
        for name, frame in FRAMES.items()
        if frame.is_read
    }
    text, words = {"type": "string"}, {"type": ["string", "array"]}
    cell_keys: Mapping[str, Schema] = {
        "from": words, "first": words, "last": words, "value": {}, "row": {"const": True}, "format": words,
        "words": {"type": "object"}, "other": {}, "one_of": words, "unit": {"enum": list(UNITS)}, "separator": text,
        "blanks": words,
    }  # fmt: skip
    top: Mapping[str, Schema] = {
        "source": text,
        "timezone": text,
        "frames": {"type": "object", "properties": frames, "additionalProperties": False, "minProperties": 1},
    }
    cell = {"type": "object", "properties": {key: cell_keys[key] for key in CELL_KEYS}, "additionalProperties": False}
    return {
        "type": "object",
        "properties": {key: top[key] for key in TOP_KEYS},
        "required": ["frames"],
        "additionalProperties": False,
        "$defs": {"cell": {"anyOf": [text, {"type": "array", "items": text}, cell]}},
    }


KINDS: Mapping[str, Callable[[], Schema]] = {
    "profile": _of_struct(ProfileKeys),
    "metric": _of_struct(MetricKeys),
    "calendar": _of_struct(CalendarKeys),
    "sla": _of_struct(SlaKeys),
    "benchmark": _of_struct(BenchmarkKeys),
    "map": _map,
}
