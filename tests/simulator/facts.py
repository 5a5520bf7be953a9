"""What one ticket row says, in the fewest words that the figures need.

A file cannot tell everything that happened, so the figures are counted from facts as a file shows them: the facts of
the true tickets in it, and the facts of the awkward rows that a reader must use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .model import DONE, Ticket


@dataclass(frozen=True, slots=True)
class Fact:
    ticket_id: int
    requester: int
    created: datetime
    status: str
    first_reply: datetime | None = None  # if an agent opened the ticket: the first public message after the opening
    first_solve: datetime | None = None
    last_solve: datetime | None = None  # only while it is solved or closed
    replies: int = 0
    reopens: int = 0
    opened_by_agent: bool = False
    merged: bool = False
    offered: datetime | None = None
    answered: datetime | None = None
    grade: int | None = None
    first_reply_due: datetime | None = None
    resolution_due: datetime | None = None

    @property
    def solved(self) -> bool:
        """Solved now, and it is known since when; a solved ticket without a date is in no stock and no solved count."""
        return self.last_solve is not None


def fact(ticket: Ticket) -> Fact:
    answer = ticket.answer
    return Fact(
        ticket_id=ticket.id,
        requester=ticket.requester.id,
        created=ticket.created,
        status=ticket.status,
        first_reply=ticket.replies[0].at if ticket.replies else None,
        first_solve=ticket.solves[0] if ticket.solves else None,
        last_solve=ticket.solves[-1] if ticket.solves and ticket.status in DONE else None,
        replies=len(ticket.replies),
        reopens=len(ticket.reopenings),
        opened_by_agent=ticket.opened_by is not None,
        merged=ticket.merged_into is not None,
        offered=ticket.offered,
        answered=answer.at if answer else None,
        grade=answer.grade if answer else None,
        first_reply_due=ticket.first_reply_due,
        resolution_due=ticket.resolution_due,
    )
