"""Decoding JSON that may be broken here and there."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from cs_metrics.readers._files import STRAY_AS_1252
from cs_metrics.readers._json_bytes import mended

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
    """The value, bytes that are no UTF-8 in it mended; None where it cannot be taken: a number beyond all bounds."""
    try:
        return decoder.decode(raw)
    except UNDECODABLE:
        pass
    try:
        return decoder.decode(bytes(raw).decode("utf-8", STRAY_AS_1252).encode())
    except UNDECODABLE:
        return None


def decode_line(line: bytes, decoder: msgspec.json.Decoder[Any]) -> list[Any]:
    """The value in a line, mended if need be; an empty list where the line is blank."""
    try:
        return decoder.decode_lines(line)
    except UNDECODABLE:
        if not (better := b"".join(mended(line))):
            raise
        return decoder.decode_lines(better)


def line_by_line(text: bytes, decoder: msgspec.json.Decoder[Any]) -> tuple[list[Any], int]:
    """(the values, how many lines are broken); None stands for what is JSON and cannot be taken as a value."""
    values: list[Any] = []
    broken, skimmer = 0, msgspec.json.Decoder(msgspec.Raw)
    for line in text.split(b"\n"):
        try:
            found = decode_line(line, skimmer)
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
