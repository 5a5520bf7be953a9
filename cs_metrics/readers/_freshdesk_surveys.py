"""Freshdesk's satisfaction: on a row of the ticket list and as a list of ratings. Only answered surveys are in them."""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Columns, Formula, constant
from cs_metrics.readers._cells import identity, instant, is_filled, points, text, truths

NOBODY = ("No Agent", "No Group", "No Company", "No data", "-", "--")

# Seven answers, from 103 over 100 (neutral) to -103; shorter surveys leave out some. The classic one counts 1, 2, 3
# with 1 as the happy end. As points they are 7 to 1, so that neutral is the middle of the scale.
LABELS = ("Extremely Happy", "Very Happy", "Happy", "Neutral", "Unhappy", "Very Unhappy", "Extremely Unhappy")
CODES = ("103", "102", "101", "100", "-101", "-102", "-103")
CLASSIC = {"1": 5.0, "2": 4.0, "3": 3.0}
POINTS = {word: float(7 - place) for ladder in (LABELS, CODES) for place, word in enumerate(ladder)} | CLASSIC
HAPPY = {word: score > 4 for word, score in POINTS.items()}


def _answers(header: str) -> Columns:
    """What an answer says. Only answered surveys are in these files, so nothing can be said about response rates."""
    return {
        "kind": constant("csat"),
        "score": points(header, table=POINTS, blanks=NOBODY),
        "scale_min": constant(1.0),
        "scale_max": constant(7.0),
        "is_satisfied": truths(header, table=HAPPY, blanks=NOBODY),
    }


CSV_SURVEYS: Columns = {
    "survey_id": Formula(("ticket_id",), lambda: pl.format("ticket {} csat", "ticket_id")),
    "ticket_id": text("Ticket ID"),
    "assignee": text("Agent", blanks=NOBODY),
    "group": text("Group", blanks=NOBODY),
    "embedded": constant(True),
    "_was_answered": is_filled("Survey results", blanks=NOBODY),
    **_answers("Survey results"),
}

RATINGS: Columns = {
    "survey_id": text("id"),
    "ticket_id": text("ticket_id"),
    "answered_at": instant("created_at"),
    "has_comment": is_filled("feedback"),
    "respondent": identity("user_id"),
    # agents and groups are numbers here, names in the ticket CSV: they are borrowed from the ticket
    **_answers("ratings.default_question"),
}
