"""The bytes of a JSON file: mapped where they lie on the disk as they are, mended where they are no JSON.

What scripts write against the standard can only mean one thing: NaN is null, Infinity a word (which is no number and
will be counted), half a character (of an emoji that was cut) U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from cs_metrics.readers._files import HEAD_BYTES, Input, compression_of, encoding_of, new_file, open_bytes

# What programs write that is no JSON: numbers that are none, and half a character of two (a cut emoji).
_TO_MEND = re.compile(rb"NaN|Infinity|\\u[dD][89a-fA-F]")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|NaN|-?Infinity', re.DOTALL)
_ESCAPE = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)|\\.", re.DOTALL)


def content_of(item: Input) -> bytes | mmap:
    """The file's bytes as UTF-8: mapped where they lie on the disk as they are."""
    with open_bytes(item.path) as stream:
        encoding = encoding_of(stream.read(HEAD_BYTES))
    if encoding == "utf-8-sig" and compression_of(item.path) is None:
        return _mapped(item.path)
    with open_bytes(item.path) as stream:
        content = stream.read()
    return content if encoding == "utf-8-sig" else content.decode(encoding, errors="replace").encode()


def _mapped(path: Path) -> mmap:
    with path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def mended_copy(text: bytes | mmap) -> mmap | None:
    """The mended text as a file of its own; None where there is nothing to mend."""
    path = new_file()
    with path.open("wb") as stream:
        stream.writelines(mended(text))
    return _mapped(path) if path.stat().st_size else None


def mended(text: bytes | mmap) -> Iterator[bytes]:
    """In pieces the text without what is no JSON and can only mean one thing; no pieces where there is none of it.

    NaN is null, Infinity becomes a word (which is no number and will be counted), half a character U+FFFD.
    """
    done = 0
    if not _TO_MEND.search(text):
        return
    for token in _TOKEN.finditer(text):
        right = _right(token[0])
        if right != token[0]:
            yield text[done : token.start()]
            yield right
            done = token.end()
    if done:
        yield text[done:]


def _right(token: bytes) -> bytes:
    if token[:1] != b'"':
        return b"null" if token == b"NaN" else b'"' + token + b'"'
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], token) if b"\\u" in token else token
