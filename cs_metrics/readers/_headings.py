"""Rows below the header that describe its columns instead of being data: Qualtrics' question texts and import ids."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zoneinfo import available_timezones

_IMPORT_ID = '{"ImportId":'
_ZONE = re.compile(r'"timeZone":\s*"([^"]+)"')


def headings(rows: Sequence[Sequence[str]]) -> tuple[int, str | None]:
    """(how many of the first rows are headings too, the zone that they name for the file's times).

    They end with the row of import ids; somebody may have deleted the texts above it.
    """
    for number, cells in enumerate(rows[:2], start=1):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if filled and all(cell.startswith(_IMPORT_ID) for cell in filled):
            zones = (found[1] for cell in filled if (found := _ZONE.search(cell)))
            return number, next(({"Z": "UTC"}.get(zone, zone) for zone in zones if _is_known(zone)), None)
    return 0, None


def _is_known(zone: str) -> bool:
    return zone == "Z" or zone in available_timezones()
