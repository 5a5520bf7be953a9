"""How the sample files become bytes: always the same ones, on every machine."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any


def csv_text(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """Line ends are plain LF, so that git leaves them alone."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def json_lines(items: Iterable[Any]) -> str:
    return "".join(_dump(item) + "\n" for item in items)


def json_array(items: Sequence[Any]) -> str:
    """One object per line: small, and still readable in a diff."""
    return "[\n" + ",\n".join(map(_dump, items)) + "\n]\n"


def json_wrapped(page: dict[str, Any]) -> str:
    """An object whose lists have one object per line."""
    parts = [f"{_dump(key)}: {json_array(v).rstrip() if isinstance(v, list) else _dump(v)}" for key, v in page.items()]
    return "{" + ", ".join(parts) + "}\n"


def gzipped(text: str) -> bytes:
    """Without name and time in it, which would differ from run to run."""
    target = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0) as stream:
        stream.write(text.encode())
    return target.getvalue()


def _dump(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))
