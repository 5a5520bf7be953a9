"""Surveys in the common columns of design section 4: what a firm writes that has a survey tool of its own."""

from __future__ import annotations

from .model import History
from .zendesk import iso

HEADER = ("survey_id", "sent_at", "answered_at", "ticket_id", "kind", "score", "scale_min", "scale_max", "respondent")


def survey_rows(history: History) -> list[list[str]]:
    return [
        [
            survey.id,
            iso(survey.sent),
            iso(survey.answered) if survey.answered else "",
            str(survey.ticket_id or ""),
            survey.kind,
            "" if survey.score is None else str(survey.score),
            *map(str, survey.scale),
            survey.respondent,
        ]
        for survey in history.surveys
    ]
