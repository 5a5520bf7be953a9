"""Rows below the header that describe its columns instead of being data.

Qualtrics writes the questions' texts and import ids there, SurveyMonkey the answers of each question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from zoneinfo import available_timezones

REGIONS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific"
ZONE_NAME = rf"(?:{REGIONS})/[\w+/-]+|UTC"
"""A zone as headers name it; not: "Pays by (Card/Invoice)"."""

_IMPORT_ID = '{"ImportId":'
_ZONE = re.compile(r'"timeZone":\s*"([^"]+)"')
_RESPONDENT = ("respondent id", "collector id")
_THE_ANSWER = ("", "Response", "Open-Ended Response")


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


def heads_questions(names: Sequence[str]) -> bool:
    """Whether a row is the first of two that head the columns of a survey."""
    return {name.strip().casefold() for name in names}.issuperset(_RESPONDENT)


def with_answers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """(the columns' names, how many rows below the header are part of them) where two rows head the columns.

    A question stands over its first column alone. What stands below is added to it, but for words that say that it is
    the answer itself; somebody may have deleted that row.
    """
    if not heads_questions(names):
        return [*names], 0
    keys = [place for place, name in enumerate(names) if name.strip().casefold() in _RESPONDENT]
    below = rows[0] if rows and not any(rows[0][place].strip() for place in keys) else ()
    joined, question = [], ""
    for name, answer in zip_longest(names, below, fillvalue=""):
        question = name.strip() or question
        said = answer.strip()
        joined.append(question if said in _THE_ANSWER else f"{question}: {said}")
    return joined, int(any(cell.strip() for cell in below))  # a blank row is left out anyhow


def _is_known(zone: str) -> bool:
    return zone == "Z" or zone in available_timezones()
