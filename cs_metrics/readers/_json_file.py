"""A JSON file in pieces that are still encoded: a document, several one after another, or one object a line.

The file is mapped and never copied as a whole. Of a large document only the ends of its items are found, in one pass
that skips over everything; the pieces are then decoded some megabytes at a time, whatever the size of the file.
"""

from __future__ import annotations

import io
import mmap
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any

import msgspec

from cs_metrics.errors import DataError
from cs_metrics.readers._files import Input, readable
from cs_metrics.readers._json_bytes import content_of, mended_copy
from cs_metrics.readers._json_values import (
    UNDECODABLE,
    Raws,
    Scalar,
    count_objects,
    decode_line,
    decode_or_none,
    line_by_line,
    no_collector,
    shown_text,
    take,
)

FIRST = 200  # records, or items of a list, that stand for all
_PIECE_BYTES, _FIRST_BYTES = 1 << 25, 1 << 16  # decoded at a time: little at first, for who wants a sample only
_PLAIN = re.compile(r"[A-Za-z0-9_ -]+")
_BOM = b"\xef\xbb\xbf"
_Cut = Raws | dict[str, Raws | dict[str, msgspec.Raw] | Scalar] | Scalar
_Root = dict[str, msgspec.Raw] | list[msgspec.Raw] | Scalar


class Pieces:
    """What a file's documents are cut down to: the records, or what they are still wrapped in, and the lists beside."""

    def __init__(self, wrappers: Sequence[str], beside: Sequence[str]) -> None:
        self.wrappers, self.beside = wrappers, beside
        self.records: Raws = []
        self.lists: dict[str, Raws] = {key: [] for key in beside}


class JsonFile:
    """A JSON file. `by_line`: it is one value a line; `has_broken`: some lines turned out to be none.

    `is_small`: what is shown of its beginning is shown whole.
    """

    def __init__(self, item: Input) -> None:
        self.item = item
        self.has_broken = False
        with readable(item):
            self._content = content_of(item)
        self._start = len(_BOM) if self._content[: len(_BOM)] == _BOM else 0
        self._view = memoryview(self._content)
        self._cuts: dict[int, tuple[msgspec.Raw, Any]] = {}  # by the id of the piece, which must not be used again
        self._is_there: dict[str, bool] = {}  # by key
        self._large: dict[int, tuple[Raws, bool]] = {}
        self.leaves: dict[tuple[int, ...], list[str]] = {}  # of the first records, as somebody has found them
        self._keys: dict[str, list[str]] = {}
        self._outlines: dict[int, tuple[msgspec.Raw, Any]] = {}
        self._roots = self._documents()
        self.by_line = not self._roots
        self.is_small = len(self._content) <= _PIECE_BYTES

    def _documents(self) -> Raws:
        """The documents of the file; none where it is one value a line. Raises `DataError` where it is neither."""
        if not (reason := self._why_not_whole()):
            return [self._whole]
        if self._begins_with_lines():
            return []
        if self._mend() and not (reason := self._why_not_whole()):
            return [self._whole]
        try:
            return msgspec.json.Decoder(msgspec.Raw).decode_lines(self._view[self._start :])
        except UNDECODABLE:  # a document cut short has lines that are whole, too
            for _ in self.lines(msgspec.json.Decoder(_Root), reason):
                pass
            return []

    def _why_not_whole(self) -> str:
        """What keeps the content from being one document, which is then `_whole`; empty if nothing does."""
        self._whole = msgspec.Raw(self._view[self._start :])
        try:
            self._cut(self._whole)
        except UNDECODABLE as error:
            return str(error)
        return ""

    def _mend(self) -> bool:
        """Whether there was something to mend in the content; it is a file of its own then."""
        better = mended_copy(self._content)
        self._content = self._content if better is None else better
        self._view = memoryview(self._content)
        return better is not None

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
                decode_line(line, msgspec.json.Decoder(msgspec.Raw))
            except UNDECODABLE:
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

    def pieces(self, wrappers: Sequence[str], beside: Sequence[str]) -> Pieces:
        """The documents, cut down to what lies in `wrappers` where they are large, and what lies `beside` that."""
        found = Pieces(wrappers, beside)
        self._cut_down(self._roots, found)
        return found

    def _cut_down(self, raws: Raws, found: Pieces) -> None:
        if not self._has_large(raws):
            found.records += raws
            return
        for raw in raws:
            cut = self._cut(raw) if len(memoryview(raw)) > _PIECE_BYTES else None
            if isinstance(cut, list):
                self._cut_down(cut, found)
            elif not isinstance(cut, dict) or not self._cut_open(cut, found):
                found.records.append(raw)

    def _cut_open(self, keys: Mapping[str, Any], found: Pieces) -> bool:
        """Whether something lies in the wrappers of an object; it is cut down then."""
        inside = [value for key in found.wrappers if isinstance(value := keys.get(key), (list, dict))]
        for value in inside:
            if isinstance(value, list):
                self._cut_down(value, found)
                continue
            known = {key: value[key] for key in (*found.wrappers, *found.beside) if key in value}
            below = {key: self._cut(inner) if isinstance(inner, msgspec.Raw) else inner for key, inner in known.items()}
            if not self._cut_open(below, found):
                found.records.append(msgspec.Raw(msgspec.json.encode(value)))
        for key in found.beside if inside else ():
            if isinstance(items := keys.get(key), list):
                found.lists[key] += items
        return bool(inside)

    def _has_large(self, raws: Raws) -> bool:
        """Remembered, since the shapes of all readers ask."""
        if id(raws) not in self._large:
            self._large[id(raws)] = (raws, any(len(memoryview(raw)) > _PIECE_BYTES for raw in raws))
        return self._large[id(raws)][1]

    def may_have(self, key: str) -> bool:
        """Whether a key stands anywhere; a search takes a fraction of what decoding takes. Remembered.

        Plain letters nobody escapes; of a key that can be written in two ways (an accent, a slash) nothing is said.
        """
        if key not in self._is_there:
            self._is_there[key] = not _PLAIN.fullmatch(key) or self._holds(f'"{key}"'.encode())
        return self._is_there[key]

    def _holds(self, sought: bytes) -> bool:
        for start in range(0, len(self._content), _PIECE_BYTES):
            found = self._content.find(sought, start, start + _PIECE_BYTES + len(sought))
            self._let_go()
            if found >= 0:
                return True
        return False

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
        if len(memoryview(raw)) <= _PIECE_BYTES:
            return decode_or_none(raw, msgspec.json.Decoder())
        try:
            return self._outlined(self._cut(raw))
        except UNDECODABLE:
            return None

    def _outlined(self, value: Any) -> Any:
        match value:
            case msgspec.Raw():
                return self._outline(value)
            case list():
                return [self._outlined(item) for item in value[:FIRST]]
            case dict():
                return {key: self._outlined(item) for key, item in value.items()}
            case _:
                return value

    def spelled(self, path: str) -> list[str]:
        """The paths that one stands for: `a|b` for two, and one that ends in `key_*` for every such key of the file.

        Which keys there are is looked up in the whole text, for a field may be filled in the last record alone.
        """
        found = []
        for way in path.split("|"):
            above, _, last = way.rpartition(".")
            found += [f"{above}.{key}" for key in self._keys_like(last)] if "*" in last[1:] else [way]
        return found

    def _keys_like(self, pattern: str) -> list[str]:
        """The keys that hold an object, of any object in the file."""
        if pattern not in self._keys:
            written = re.escape(pattern.encode()).replace(rb"\*", rb"\w+")
            keys = {found[1] for found in re.finditer(rb'"(%s)"\s*:\s*\{' % written, self._content)}
            self._keys[pattern] = sorted(key.decode() for key in keys)
        return self._keys[pattern]

    def decoded(self, raws: Raws, decoder: msgspec.json.Decoder[Any]) -> Iterator[tuple[list[Any], None]]:
        """(the values of pieces, no lines), some megabytes at a time; None for one that cannot be decoded."""
        rest, enough = iter(raws), _FIRST_BYTES
        while batch := take(rest, enough):
            try:
                with no_collector():
                    values = [*map(decoder.decode, batch)]
            except UNDECODABLE:
                values = [decode_or_none(raw, decoder) for raw in batch]
            yield values, None
            self._let_go()
            enough = min(enough * 4, _PIECE_BYTES)

    def lines(self, decoder: msgspec.json.Decoder[Any], why: str = "") -> Iterator[tuple[list[Any], range]]:
        """(the values, their places from 1 on), some megabytes at a time; lines that are no JSON are left out.

        Raises `DataError` where most lines are none: it is a single document then, and broken (`why`).
        """
        start, place, enough, objects, broken = self._start, 1, _FIRST_BYTES, 0, 0
        while start < len(self._content):
            end = self._line_end(min(start + enough, len(self._content) - 1))
            try:
                with no_collector():
                    values = decoder.decode_lines(self._view[start:end])
            except UNDECODABLE as error:
                why, (values, missed) = why or str(error), line_by_line(self._content[start:end], decoder)
                broken += missed
            objects += count_objects(values)
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
                    numbers += repeat(number, len(decode_line(line, decoder)))
                except UNDECODABLE:
                    broken.append((number, shown_text(line)))
        return numbers, broken

    def _let_go(self) -> None:
        """Of a mapped file, what has been read need not stay in memory."""
        if isinstance(self._content, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self._content.madvise(mmap.MADV_DONTNEED)
