"""A JSON file in pieces that are still encoded: a document, several one after another, or one object a line.

The file is mapped and never copied as a whole. Of a large document only the ends of its items are found, in one pass
that skips over everything; the pieces are then decoded some megabytes at a time, whatever the size of the file.
"""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any

import msgspec

from cs_metrics.errors import DataError
from cs_metrics.readers._files import HEAD_BYTES, Input, compression_of, encoding_of, open_bytes

Scalar = str | int | float | bool | None
Raws = list[msgspec.Raw]
Beside = dict[str, Raws]

FIRST = 200  # records, or items of a list, that stand for all
_PIECE_BYTES, _FIRST_BYTES = 1 << 24, 1 << 16  # decoded at a time: little at first, for who wants a sample only
_SHOWN = 200  # characters of what is set apart
_BOM = b"\xef\xbb\xbf"
_UNDECODABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_Cut = Raws | dict[str, Raws | dict[str, msgspec.Raw] | Scalar] | Scalar
_Root = dict[str, msgspec.Raw] | list[msgspec.Raw] | Scalar


class JsonFile:
    """A JSON file. `by_line`: it is one value a line; `has_broken`: some lines turned out to be none."""

    def __init__(self, item: Input) -> None:
        self.item = item
        self.has_broken = False
        self._content = _content(item)
        self._start = len(_BOM) if self._content[: len(_BOM)] == _BOM else 0
        self._view = memoryview(self._content)
        self._cuts: dict[int, tuple[msgspec.Raw, Any]] = {}  # by the id of the piece, which must not be used again
        self.leaves: dict[int, list[str]] = {}  # of the first records, as somebody has found them
        self._outlines: dict[int, tuple[msgspec.Raw, Any]] = {}
        self._roots = self._documents()
        self.by_line = not self._roots

    def _documents(self) -> Raws:
        """The documents of the file; none where it is one value a line. Raises `DataError` where it is neither."""
        whole = msgspec.Raw(self._view[self._start :])
        try:
            self._cut(whole)
        except _UNDECODABLE as error:
            reason = str(error)
        else:
            return [whole]
        if self._begins_with_lines():
            return []
        try:
            return msgspec.json.Decoder(msgspec.Raw).decode_lines(self._view[self._start :])
        except _UNDECODABLE:  # a document cut short has lines that are whole, too
            for _ in self.lines(msgspec.json.Decoder(_Root), reason):
                pass
            return []

    def _begins_with_lines(self) -> bool:
        """Whether the first two lines with something in them are a value each."""
        start, seen = self._start, 0
        while seen < 2 and start < len(self._content):
            end = self._line_end(start)
            line = self._content[start:end]
            start = end
            if not line.strip():
                continue
            try:
                msgspec.json.decode(line, type=msgspec.Raw)
            except _UNDECODABLE:
                return False
            seen += 1
        return True

    def _line_end(self, start: int) -> int:
        return self._content.find(b"\n", start) + 1 or len(self._content)

    def _cut(self, raw: msgspec.Raw) -> Any:
        """A value with its lists cut into items; done once for each, whoever asks."""
        if id(raw) not in self._cuts:
            self._cuts[id(raw)] = (raw, msgspec.json.decode(raw, type=_Cut))
            self._let_go()
        return self._cuts[id(raw)][1]

    def pieces(self, wrappers: Sequence[str], beside: Sequence[str]) -> tuple[Raws, Beside]:
        """(the documents, cut down to what lies in `wrappers` where they are large; what lies beside those)."""
        found: Raws = []
        lists: Beside = {}
        waiting = [*reversed(self._roots)]
        while waiting:
            raw = waiting.pop()
            cut = self._cut(raw) if len(memoryview(raw)) > _PIECE_BYTES else None
            if isinstance(cut, list):
                waiting.extend(reversed(cut))
                continue
            keys = cut if isinstance(cut, dict) else {}
            inside = [value for key in wrappers if isinstance(value := keys.get(key), (list, dict))]
            if not inside:
                found.append(raw)
                continue
            for value in reversed(inside):
                raws = value if isinstance(value, list) else [msgspec.Raw(msgspec.json.encode(value))]
                waiting.extend(reversed(raws))
            for key in beside:
                if isinstance(items := keys.get(key), list):
                    lists.setdefault(key, []).extend(items)
        return found, lists

    def first(self, raws: Raws) -> Iterator[Any]:
        """The values at the beginning of the file, or of these pieces, decoded whole; kept for the next who asks."""
        if self.by_line:
            yield from self._first_lines
        for raw in raws:
            if id(raw) not in self._outlines:
                self._outlines[id(raw)] = (raw, self._outline(raw))
            yield self._outlines[id(raw)][1]

    @cached_property
    def _first_lines(self) -> list[Any]:
        batches = self.lines(msgspec.json.Decoder())
        found: list[Any] = []
        while len(found) <= FIRST and (batch := next(batches, None)):
            found += batch[0]
        return found

    def _outline(self, raw: msgspec.Raw) -> Any:
        """A value decoded whole; of a large one that could not be cut down only the first items of its lists."""
        try:
            cut = self._cut(raw) if len(memoryview(raw)) > _PIECE_BYTES else msgspec.json.decode(raw)
        except _UNDECODABLE:
            return None
        if len(memoryview(raw)) <= _PIECE_BYTES or not isinstance(cut, dict):
            return cut
        return {key: self._outlined(value) for key, value in cut.items()}

    def _outlined(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._outline(item) for item in value[:FIRST]]
        return {key: self._outline(item) for key, item in value.items()} if isinstance(value, dict) else value

    def decoded(self, raws: Raws, decoder: msgspec.json.Decoder[Any]) -> Iterator[tuple[list[Any], None]]:
        """(the values of pieces, no lines), some megabytes at a time; None for one that cannot be decoded."""
        batch, size, enough = list[Any](), 0, _FIRST_BYTES
        for raw in raws:
            try:
                batch.append(decoder.decode(raw))
            except _UNDECODABLE:
                batch.append(None)
            size += len(memoryview(raw))
            if size > enough:
                yield batch, None
                self._let_go()
                batch, size, enough = [], 0, min(enough * 4, _PIECE_BYTES)
        yield batch, None

    def lines(self, decoder: msgspec.json.Decoder[Any], why: str = "") -> Iterator[tuple[list[Any], range]]:
        """(the values, their places from 1 on), some megabytes at a time; lines that are no JSON are left out.

        Raises `DataError` where most lines are none: it is a single document then, and broken (`why`).
        """
        start, place, enough, objects, broken = self._start, 1, _FIRST_BYTES, 0, 0
        while start < len(self._content):
            end = self._line_end(min(start + enough, len(self._content) - 1))
            try:
                values = decoder.decode_lines(self._view[start:end])
            except _UNDECODABLE as error:
                why, (values, missed) = why or str(error), _line_by_line(self._content[start:end], decoder)
                broken += missed
            objects += sum(map(_is_object, values))
            yield values, range(place, place + len(values))
            self._let_go()
            start, place, enough = end, place + len(values), min(enough * 4, _PIECE_BYTES)
        if objects <= broken:
            raise DataError(f"{self.item.name}: the JSON is broken or cut off ({why}); export it again")
        self.has_broken = broken > 0

    @cached_property
    def numbered(self) -> tuple[list[int], list[tuple[int, str]]]:
        """(the line of each value, the lines that are no JSON and how they begin); reads the file once more."""
        numbers: list[int] = []
        broken: list[tuple[int, str]] = []
        decoder = msgspec.json.Decoder(msgspec.Raw)
        with io.BytesIO(self._content) if isinstance(self._content, bytes) else self.item.path.open("rb") as stream:
            stream.seek(self._start)
            for number, line in enumerate(stream, start=1):
                try:
                    numbers += repeat(number, len(decoder.decode_lines(line)))
                except _UNDECODABLE:
                    broken.append((number, line[:_SHOWN].decode("utf-8", errors="replace").strip()))
        return numbers, broken

    def _let_go(self) -> None:
        """Of a mapped file, what has been read need not stay in memory."""
        if isinstance(self._content, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self._content.madvise(mmap.MADV_DONTNEED)


def _content(item: Input) -> bytes | mmap.mmap:
    """The file's bytes as UTF-8: mapped where they lie on the disk as they are."""
    with open_bytes(item.path) as stream:
        encoding = encoding_of(stream.read(HEAD_BYTES))
    if encoding == "utf-8-sig" and compression_of(item.path) is None:
        with item.path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with open_bytes(item.path) as stream:
        content = stream.read()
    return content if encoding == "utf-8-sig" else content.decode(encoding, errors="replace").encode()


def _is_object(value: Any) -> bool:
    return isinstance(value, (msgspec.Struct, dict))


def _line_by_line(text: bytes, decoder: msgspec.json.Decoder[Any]) -> tuple[list[Any], int]:
    """(the values, how many lines are broken); None stands for what is JSON and cannot be taken as a value."""
    values: list[Any] = []
    broken, skimmer = 0, msgspec.json.Decoder(msgspec.Raw)
    for line in text.split(b"\n"):
        try:
            values += decoder.decode_lines(line)
        except _UNDECODABLE:
            try:
                values += [None] * len(skimmer.decode_lines(line))
            except _UNDECODABLE:
                broken += 1
    return values, broken


def shown(value: Any) -> str:
    """The beginning of a value that is set apart."""
    return msgspec.json.encode(value)[:_SHOWN].decode("utf-8", errors="replace")
