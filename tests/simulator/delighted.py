"""Delighted's survey responses (JSON), as `reference/formats.md` section 19 describes them.

One array holds surveys of every kind. Traps: 0 is an answer; an employee survey and one of the product's fit are in
between; `person` is an id, and an object in the webhooks, which deliver December's answers again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from .clock import local
from .files import json_array, json_lines
from .model import History
from .responses import Response, responses

KINDS = {"nps": "nps", "stars": "csat", "ces": "ces"}


def files(history: History) -> dict[str, bytes]:
    return {
        "delighted/survey_responses.json": json_array([*records(history)]).encode(),
        "delighted/webhooks_december.ndjson": json_lines(webhooks(history)).encode(),
    }


def records(history: History) -> Iterator[dict[str, Any]]:
    for place, each in enumerate(responses(history)):
        yield from of_one(each)
        if place % 20 == 0:
            yield record(each, "enps", 2, "9")
            yield record(each, "pmf", 1, "8")


def of_one(response: Response) -> Iterator[dict[str, Any]]:
    for number, (word, kind) in enumerate(KINDS.items(), start=1):
        score = getattr(response, kind)
        if score is not None:
            yield record(response, word, score, str(number))


def record(response: Response, kind: str, score: int, number: str) -> dict[str, Any]:
    return {
        "id": f"{response.ticket}{number}",
        "person": f"{7_000_000 + response.ticket % 300}",
        "survey_type": kind,
        "score": score,
        "comment": response.comment,
        "permalink": f"https://app.delighted.com/r/{response.ticket}{number}",
        "created_at": epoch(response.submitted),
    }


def webhooks(history: History) -> Iterator[dict[str, Any]]:
    for each in responses(history):
        if local(each.submitted).month == 12:
            for sent in of_one(each):
                person = {"id": sent["person"], "email": each.respondent, "name": None}
                data = sent | {"person": person}
                yield {"event_type": "survey_response.created", "event_id": f"e{sent['id']}", "event_data": data}


def epoch(instant: datetime) -> int:
    return int(instant.timestamp())
