"""Typeform's responses to one form, as `reference/formats.md` section 22 describes them.

Traps: `#` is the response; questions with asterisks, line breaks and commas, two of them with one title; hidden fields
in between; times in UTC as the header says; people who did not send the form in have no submit date, though they have
answered; several choices in one cell. The API's answers are lists that name their questions by numbers alone.
"""

from __future__ import annotations

from typing import Any

from .clock import local
from .files import csv_text, json_wrapped
from .model import History
from .responses import Response, responses

RECOMMEND = "How likely are you to *recommend* us,\nif a friend asked?"
SATISFIED = "How satisfied are you with our support?"
EASY = "It was easy to get help, {{field:name}}"
HEADER = ("#", "ticket_id", "plan", RECOMMEND, "Why?", SATISFIED, EASY, "What did you use?", "Why?", "Response Type",
          "Start Date (UTC)", "Stage Date (UTC)", "Submit Date (UTC)", "Network ID", "Tags", "Ending")  # fmt: skip

API_MONTHS = (11, 12)


def files(history: History) -> dict[str, bytes]:
    rows = [row for each in responses(history) for row in of_one(each)]
    items = [item(each) for each in responses(history) if local(each.submitted).month in API_MONTHS]
    page = {"total_items": len(items), "page_count": 1, "items": items}
    return {
        "typeform/responses.csv": csv_text([HEADER, *rows]).encode(),
        "typeform_api/responses.json": json_wrapped(page).encode(),
    }


def of_one(response: Response) -> list[list[str]]:
    """The response, and sometimes one that was left before the end."""
    rows = [row(response, token(response), is_whole=True)]
    return rows + ([row(response, token(response)[::-1], is_whole=False)] if response.ticket % 13 == 0 else [])


def row(response: Response, number: str, is_whole: bool) -> list[str]:
    cells = {
        "#": number,
        "ticket_id": str(response.ticket),
        "plan": ("basic", "pro")[response.ticket % 2],
        RECOMMEND: said(response.nps if is_whole else 0),
        "Why?": response.comment or "",
        SATISFIED: said(response.csat if is_whole else 1),
        EASY: said(response.ces if is_whole else None),
        "What did you use?": ("Chat / E-mail", "Chat", "")[response.ticket % 3],
        "Response Type": "completed" if is_whole else "partial",
        "Start Date (UTC)": response.started.strftime("%Y-%m-%d %H:%M:%S"),
        "Stage Date (UTC)": "" if is_whole else response.submitted.strftime("%Y-%m-%d %H:%M:%S"),
        "Submit Date (UTC)": response.submitted.strftime("%Y-%m-%d %H:%M:%S") if is_whole else "",
        "Network ID": f"{response.ticket % 97:010x}",
    }
    return [cells.get(name, "") for name in HEADER]


def item(response: Response) -> dict[str, Any]:
    answers = [
        {"field": {"id": "hVONkQcnSNRj", "type": kind, "ref": ref}, "type": "number", "number": score}
        for kind, ref, score in (("nps", "friend", response.nps), ("rating", "stars", response.csat))
        if score is not None
    ]
    if response.comment:
        field = {"id": "DlXFaesGBpoF", "type": "long_text", "ref": "why"}
        answers.append({"field": field, "type": "text", "text": response.comment})
    return {
        "landing_id": token(response),
        "token": token(response),
        "landed_at": response.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "submitted_at": response.submitted.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "metadata": {"platform": "other", "network_id": f"{response.ticket % 97:010x}"},
        "hidden": {"ticket_id": str(response.ticket)},
        "calculated": {"score": 0},
        "answers": answers,
    }


def token(response: Response) -> str:
    return f"{response.ticket * 2_654_435_761 % 2**32:08x}" * 4


def said(score: int | None) -> str:
    return "" if score is None else str(score)
