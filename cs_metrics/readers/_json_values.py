"""Decoding JSON that may be broken here and there."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

Scalar = str | int | float | bool | None
Raws = list[msgspec.Raw]
UNDECODABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_SHOWN = 200  # characters of what is set apart


def count_objects(values: Sequence[Any]) -> int:
    """How many of the values are objects, or lists of them."""
    kinds = Counter(map(type, values))
    return sum(number for kind, number in kinds.items() if issubclass(kind, (msgspec.Struct, dict, list)))


def take(raws: Iterator[msgspec.Raw], enough: int) -> Raws:
    """The next pieces that together have so many bytes."""
    taken, size = Raws(), 0
    while size <= enough and (raw := next(raws, None)) is not None:
        taken.append(raw)
        size += len(memoryview(raw))
    return taken


def decode_or_none(raw: msgspec.Raw, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The value; None where it is JSON and cannot be taken: text that is no UTF-8, a number beyond all bounds."""
    try:
        return decoder.decode(raw)
    except UNDECODABLE:
        return None


def line_by_line(text: bytes, decoder: msgspec.json.Decoder[Any]) -> tuple[list[Any], int]:
    """(the values, how many lines are broken); None stands for what is JSON and cannot be taken as a value."""
    values: list[Any] = []
    broken, skimmer = 0, msgspec.json.Decoder(msgspec.Raw)
    for line in text.split(b"\n"):
        try:
            found = skimmer.decode_lines(line)
        except UNDECODABLE:
            broken += 1
        else:
            values += (decode_or_none(raw, decoder) for raw in found)
    return values, broken


@contextmanager
def no_collector() -> Iterator[None]:
    """Decoding makes very many objects and no cycles of them; to search for some takes a fifth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def shown(value: Any) -> str:
    """The beginning of a value that is set apart."""
    return msgspec.json.encode(value)[:_SHOWN].decode("utf-8", errors="replace")


def shown_text(line: bytes) -> str:
    """The beginning of a line that is set apart."""
    return line[:_SHOWN].decode("utf-8", errors="replace").strip()
