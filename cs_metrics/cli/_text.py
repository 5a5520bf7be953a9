"""Plain text for people: aligned columns, dates, plurals. No colour, so that it reads the same in a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo


def aligned(rows: Sequence[Sequence[str]], indent: int = 0) -> Iterator[str]:
    """Rows with every column but the last padded to its longest cell."""
    if not rows:
        return
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)] + [row[-1]]
        yield (" " * indent + "  ".join(cells)).rstrip()


def plural(count: int, noun: str) -> str:
    """`1 row`, `1,240 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def day_and_time(instant: datetime, zone: str) -> str:
    """`30 Dec 2025 17:52` in a zone."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y %H:%M}"
