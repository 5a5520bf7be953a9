"""What customers answered in a form after their ticket: NPS, CSAT and CES, and the figures counted in plain loops.

Every survey tool's file is written from these, so that all of them have to give the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .clock import local
from .model import History
from .truth import MONTHS, Figure

STARS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 5}


@dataclass(frozen=True, slots=True)
class Response:
    """One form sent in: `nps` from 0 to 10, `csat` from 1 to 5, `ces` from 1 to 7, each None where it was left out."""

    ticket: int
    respondent: str
    started: datetime
    submitted: datetime
    nps: int | None
    csat: int | None
    ces: int | None
    comment: str | None


def responses(history: History) -> list[Response]:
    return [
        Response(
            ticket=one.id,
            respondent=one.requester.email,
            started=one.answer.at - timedelta(seconds=40 + one.id % 200),
            submitted=one.answer.at + timedelta(seconds=one.id % 60),
            nps=None if one.id % 11 == 0 else min(10, max(0, one.answer.grade * 2 - 4 + one.id % 3)),
            csat=None if one.id % 17 == 0 else STARS[one.answer.grade],
            ces=None if one.id % 7 == 0 else min(7, max(1, one.answer.grade - 1 + one.id % 3)),
            comment=one.answer.comment,
        )
        for one in history.tickets
        if one.answer and not (one.spam or one.deleted)
    ]


def figures(history: History) -> dict[str, dict[str, Figure]]:
    """{metric: {"all" or month: (value, n)}}, by the month of the answer in Berlin."""
    points: dict[str, list[tuple[str, float]]] = {"nps": [], "csat": [], "ces": []}
    for each in responses(history):
        month = f"{local(each.submitted):%Y-%m}"
        if each.nps is not None:
            points["nps"].append((month, 100.0 if each.nps >= 9 else 0.0 if each.nps >= 7 else -100.0))
        if each.csat is not None:
            points["csat"].append((month, float(each.csat >= 4)))
        if each.ces is not None:
            points["ces"].append((month, float(each.ces)))
    result: dict[str, dict[str, Figure]] = {}
    for metric, pairs in points.items():
        result[metric] = {}
        for label in ("all", *MONTHS):
            values = [value for month, value in pairs if label in ("all", month)]
            result[metric][label] = (sum(values) / len(values) if values else None, len(values))
    return result
