"""Zendesk's satisfaction: on a ticket's row, as a list of ratings, and as answers to the newer survey.

Ratings are good or bad, or 1–5 with the newer survey. On a ticket's row they have no date.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import TEXT
from cs_metrics.readers._base import Cell, Columns, Formula, constant
from cs_metrics.readers._cells import identity, instant, is_filled, number, text, truths

EMPTY = ("-",)  # how the CSV writes a drop-down without a choice

# Scores come bare or as good_with_comment; words of a ticket to which no survey went are no survey at all.
UNASKED = ("Not Offered", "Not offered", "not offered", "unoffered", "Unoffered", "-")
OFFERED = ("Offered", "offered")
GOOD, BAD = ((word, f"{word}_with_comment", f"{word}_without_comment") for word in ("good", "bad"))
NUMBERS = {"5": True, "4": True, "3": False, "2": False, "1": False}
SATISFIED = dict.fromkeys(GOOD, True) | dict.fromkeys(BAD, False) | NUMBERS
ANSWERED = dict.fromkeys(SATISFIED, True) | {"offered": False}
WORDS = tuple(spelling for word in (*GOOD, *BAD) for spelling in (word, word.capitalize()))


def _scores(header: str) -> Columns:
    """What one score cell says: good and bad have no points, 1–5 have."""
    return {
        "score": number(header, blanks=(*UNASKED, *OFFERED, *WORDS)),
        "scale_min": Formula(("score",), lambda: pl.when(pl.col("score").is_not_null()).then(1.0)),
        "scale_max": Formula(("score",), lambda: pl.when(pl.col("score").is_not_null()).then(5.0)),
        "is_satisfied": truths(header, table=SATISFIED, blanks=(*UNASKED, *OFFERED)),
    }


def embedded(header: str) -> Columns:
    """The survey on a ticket's row: offered or answered, nobody knows when."""
    return {
        "survey_id": Formula(("ticket_id",), lambda: pl.format("ticket {} csat", "ticket_id")),
        "kind": constant("csat"),
        "is_answered": truths(header, table=ANSWERED, blanks=UNASKED),
        "embedded": constant(True),
        "_was_asked": is_filled(header, blanks=UNASKED),
        **_scores(header),
    }


CSV_SURVEYS: Columns = {
    "ticket_id": text("Id"),
    "assignee": text("Assignee", blanks=EMPTY),
    "group": text("Group", blanks=EMPTY),
    **embedded("Satisfaction Score"),
}

VIEW_SURVEYS: Columns = {
    "ticket_id": text("ID"),
    "assignee": text("Assignee", blanks=EMPTY),
    "group": text("Group", blanks=EMPTY),
    **embedded("Satisfaction"),
}

JSON_SURVEYS: Columns = {
    "ticket_id": text("id", "_id"),
    "assignee": text("assignee_id"),
    "group": text("group_id"),
    "respondent": identity("requester_id"),
    **embedded("satisfaction_rating.score"),
}

RATINGS: Columns = {
    "survey_id": text("id"),
    "ticket_id": text("ticket_id"),
    "kind": constant("csat"),
    "sent_at": instant("created_at"),
    "_updated_at": instant("updated_at"),
    "_answered": truths("score", table=ANSWERED, blanks=UNASKED),
    "answered_at": Formula(("_answered", "_updated_at"), lambda: pl.when("_answered").then("_updated_at")),
    # Where no offered rating is listed the answered ones stand alone, and a response rate of 100 % would be a lie.
    "is_answered": Formula(("_answered",), lambda: pl.when(~pl.col("_answered").all()).then("_answered")),
    "has_comment": is_filled("comment"),
    "respondent": identity("requester_id"),
    # agents and groups are numbers here, names in the ticket CSV: they are borrowed from the ticket
    **_scores("score"),
}


# The newer survey asks for 1 to 5 and says itself which answers are good; a text answer has no rating. The ticket is
# named in a second list beside the answers, as zen:ticket:35436.
_SUBJECT = r'"zen:ticket:(\d+)"'
CATEGORIES = {"good": True, "bad": False, "neutral": False}

SURVEY_RESPONSES: Columns = {
    "survey_id": text("^id"),
    "ticket_id": Cell(("^subjects",), lambda cell, reading: cell.str.extract(_SUBJECT), TEXT, can_fail=False),
    "kind": constant("csat"),
    "answered_at": instant("created_at"),
    "score": number("rating"),
    "scale_min": constant(1.0),
    "scale_max": constant(5.0),
    "is_satisfied": truths("rating_category", table=CATEGORIES),
    "has_comment": is_filled("comment"),
    "respondent": identity("^responder_id"),
    "_is_rating": is_filled("rating"),
}
