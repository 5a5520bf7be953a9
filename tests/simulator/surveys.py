"""NPS and CES of the same firm: sent by a survey tool, not by the helpdesk, so they have a file of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from .clock import berlin, local
from .model import Survey, Ticket

WAVES = ((2025, 2, 10), (2025, 5, 12), (2025, 8, 11), (2025, 11, 10))


def surveys(rng: Random, tickets: Sequence[Ticket], end: datetime) -> tuple[Survey, ...]:
    """Four NPS waves to customers of the last 90 days, and a CES question after every fourth solved ticket."""
    asked: list[Survey] = []
    for wave in WAVES:
        sent = berlin(*wave, 10)
        recent = [ticket for ticket in tickets if sent - timedelta(days=90) < ticket.created < sent]
        people = {ticket.requester.id: ticket.requester for ticket in recent if ticket.requester.id < 6000}
        for person in list(people.values())[:70]:
            answer = sent + timedelta(minutes=rng.randrange(5, 6000)) if rng.random() < 0.45 else None
            unhappy = local(sent).month > 10
            weights = (1, 1, 1, 2, 2, 4, 5, 10, 14, 12, 12) if not unhappy else (2, 2, 3, 3, 4, 6, 7, 10, 11, 8, 6)
            score = rng.choices(range(11), weights)[0]
            asked.append(_survey(len(asked), "nps", sent, answer, None, score, (0, 10), person.email))
    for ticket in tickets:
        if ticket.id % 4 or not ticket.solves or ticket.merged_into:
            continue
        sent = ticket.solves[0] + timedelta(hours=2)
        if sent > end:
            continue
        answer = sent + timedelta(minutes=rng.randrange(3, 3000)) if rng.random() < 0.4 else None
        easy = (3, 4, 5, 6, 6, 4, 2) if local(ticket.created).month == 9 else (1, 1, 2, 3, 7, 9, 6)
        score = rng.choices(range(1, 8), easy)[0]
        answer = answer if answer and answer <= end else None
        asked.append(_survey(len(asked), "ces", sent, answer, ticket.id, score, (1, 7), ticket.requester.email))
    return tuple(asked)


def _survey(number: int, kind: str, sent: datetime, answer: datetime | None, ticket: int | None, score: int,
            scale: tuple[int, int], respondent: str) -> Survey:  # fmt: skip
    return Survey(f"S{number + 1:04d}", kind, sent, answer, ticket, score if answer else None, scale, respondent)  # type: ignore[arg-type]
