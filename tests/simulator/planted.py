"""Tickets written by hand, for days and turns that chance might leave out. Tests name them by number.

| id  | what it shows |
|---|---|
| 501 | the first of the year: 2 January 09:00, answered and solved in 30 minutes |
| 502 | over the start of summer time: created 30 March 01:30, answered 03:30 by the wall clock, which is 60 minutes |
| 503 | over its end: created 26 October 02:30 (the first one of two), answered 03:15, which is 105 minutes |
| 504 | solved without a word, then reopened and only then answered: the first reply comes after the first solve |
| 505 | opened by an agent as a message to the customer and solved in the same minute |
| 506 | solved, rated bad, reopened by the customer and still open at the end |
| 507 | a subject with comma, quotes and a line break |
| 508 | the last one of the year: 30 December 17:52, nobody has answered |
| 509 | only a bot and a private note have answered |
| 510 | on hold at the end, after one reply |
| 511 | open in the JSON account export of 15 December, deleted the day after |
| 512 | open in the JSON account export of 15 December, merged into 510 the day after |
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .cast import BOT, customers, group_of
from .clock import SCHEDULE, berlin
from .model import Assignment, Deleted, Event, Merged, Message, StatusChange, SurveyAnswered, SurveyOffered, Ticket

# Open hours of the 9-17 schedule until a first reply and a solve are due.
TARGETS = {"urgent": (1, 8), "high": (4, 16), "normal": (8, 40), "low": (16, 80), None: (8, 40)}


def planted() -> list[Ticket]:
    zoe, lina, sean = "Zoë Müller", "李娜", "Seán O'Brien"
    return [
        by_hand(501, berlin(2025, 1, 2, 9), zoe, (30, "reply"), (30, "solved"), (30 + 4 * 1440, "closed")),
        by_hand(502, berlin(2025, 3, 30, 1, 30), lina, (60, "reply"), (60, "solved"), (60 + 4 * 1440, "closed")),
        by_hand(503, berlin(2025, 10, 26, 2, 30), lina, (105, "reply"), (105, "solved"), (105 + 4 * 1440, "closed")),
        by_hand(504, berlin(2025, 5, 6, 10), zoe, (121, "solved"), (1600, "customer"), (1600, "open"), (1630, "reply"),
                (1630, "solved"), (1630 + 4 * 1440, "closed")),
        by_hand(505, berlin(2025, 6, 3, 14, 7), sean, (0, "solved"), (4 * 1440, "closed"), opened_by=sean),
        by_hand(506, berlin(2025, 12, 17, 11), sean, (90, "reply"), (90, "solved"), (1530, "offered"), (1600, "bad"),
                (1610, "customer"), (1610, "open"), priority="high"),
        by_hand(507, berlin(2025, 4, 22, 15, 30), zoe, (45, "reply"), (45, "pending"), (300, "solved"),
                (300 + 4 * 1440, "closed"), subject='Lieferung, "dringend",\nbitte heute; danke'),
        by_hand(508, berlin(2025, 12, 30, 17, 52), None),
        by_hand(509, berlin(2025, 12, 23, 10), None, (1, "bot"), (200, "note")),
        by_hand(510, berlin(2025, 12, 11, 9, 45), zoe, (20, "reply"), (25, "hold"), priority="low"),
        by_hand(511, berlin(2025, 12, 12, 16), None, (4 * 1440, "deleted")),
        by_hand(512, berlin(2025, 12, 12, 16, 30), zoe, (4 * 1440, "merged"), (4 * 1440, "closed")),
    ]  # fmt: skip


def due(created: datetime, priority: str | None) -> tuple[datetime, datetime]:
    """The instants by which the first reply and the solve are promised, in the open hours of the schedule."""
    reply, solve = TARGETS[priority]
    return SCHEDULE.after(created, reply * 60), SCHEDULE.after(created, solve * 60)


def by_hand(number: int, created: datetime, agent: str | None, *steps: tuple[int, str], priority: Any = "normal",
            subject: str = "Passwort vergessen", opened_by: str | None = None) -> Ticket:  # fmt: skip
    """A ticket told in steps: minutes after its creation, and what happens then."""
    requester = customers()[-(number % 100)]  # the last thirty customers are kept for this, so that they write once
    author, role = (opened_by, "agent") if opened_by else (requester.name, "customer")
    opening = Message(created, author, role, "Hallo, " + subject)  # type: ignore[arg-type]
    events: list[Event] = [StatusChange(created, "new"), opening]
    events.append(Assignment(created, group_of(agent) if agent else "Technik", agent))
    if agent:
        events.append(StatusChange(created, "open"))
    for minutes, step in steps:
        events.append(_event(created + timedelta(minutes=minutes), step, agent or "Jürgen Groß", requester.name))
    reply_due, solve_due = due(created, priority)
    return Ticket(number, requester, created, "web" if opened_by else "email", priority, "question", None, subject, (),
                  opened_by, reply_due, solve_due, tuple(events))  # fmt: skip


def _event(at: datetime, step: str, agent: str, customer: str) -> Event:
    match step:
        case "reply":
            return Message(at, agent, "agent", "Bitte schön.")
        case "note":
            return Message(at, agent, "agent", "Wer kennt das?", public=False)
        case "bot":
            return Message(at, BOT, "bot", "Wir haben Ihre Nachricht erhalten.")
        case "customer":
            return Message(at, customer, "customer", "Leider nein.")
        case "offered":
            return SurveyOffered(at)
        case "bad":
            return SurveyAnswered(at, 2, "Nicht gelöst")
        case "deleted":
            return Deleted(at)
        case "merged":
            return Merged(at, into=510)
    return StatusChange(at, step)  # type: ignore[arg-type]
