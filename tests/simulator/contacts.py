"""What a firm has beside its tickets, in our own column names: calls, customers, mentions, visits, survey answers.

Half a year of 2025 (the answers belong to the tickets of `lives`). Rows are awkward on purpose: see `AWKWARD`. Nothing
here is told by `truth`; the opinions in SQL and the loops of the tests are the second word on these files.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from . import lives
from .clock import berlin
from .files import csv_text, gzipped
from .model import History

START, END = datetime(2025, 1, 6, 7, tzinfo=UTC), datetime(2025, 6, 27, 16, 45, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

CALL_HEADER = (
    "call_id", "started_at", "answered_at", "ended_at", "updated_at", "direction", "outcome", "wait_seconds",
    "talk_seconds", "hold_seconds", "wrap_seconds", "assignee", "queue", "is_resolved",
)  # fmt: skip
CUSTOMER_HEADER = ("customer_id", "started_at", "ended_at", "is_churned", "region", "plan")
MENTION_HEADER = (
    "mention_id", "posted_at", "replied_at", "network", "rating", "needs_reply", "is_own_post", "sentiment", "likes",
    "comments", "shares", "clicks", "impressions", "followers",
)  # fmt: skip
VISIT_HEADER = (
    "site", "slot_start", "page", "views", "visitors", "searches", "failed_searches", "tickets_created",
    "bot_conversations", "bot_resolved",
)  # fmt: skip
SURVEY_HEADER = (
    "survey_id", "ticket_id", "kind", "sent_at", "answered_at", "score", "scale_min", "scale_max", "is_answered",
    "low_is_good",
)  # fmt: skip

AWKWARD = {
    "call 1": "there twice: the newer record says that it was answered",
    "call 2": "gave up after exactly 5 seconds, which is no short call",
    "call 3": "gave up after 4.9 seconds; only start and end tell",
    "call 4": "answered after exactly 20 seconds",
    "call 5": "ended before it was answered, says its clock: nobody knows how long the caller waited",
    "call 6": "left before anybody was to take it: no outcome",
    "customer back": "left in February and came back in the same month; left again in March and came back in May",
    "customer midnight": "began and ended at the very midnights of Berlin between two months",
    "customer planned": "its end lies in 2040",
    "customer gone": "has left, nobody knows when",
    "customer unborn": "began nobody knows when",
    "customer twice": "two relations at once, of which one ends",
    "answer 1": "bad, then good, then bad again: not recovered",
    "answer 2": "bad and good at one instant; the survey's number says which came last",
}


def files(history: History) -> dict[str, bytes]:
    tables: dict[str, tuple[tuple[str, ...], Iterator[dict[str, Any]]]] = {
        "common/calls.csv.gz": (CALL_HEADER, _calls(Random(21))),
        "common/customers.csv.gz": (CUSTOMER_HEADER, _customers(Random(22))),
        "common/mentions.csv.gz": (MENTION_HEADER, _mentions(Random(23))),
        "common/visits.csv.gz": (VISIT_HEADER, _visits(Random(24))),
        "lives/surveys.csv.gz": (SURVEY_HEADER, _answers(Random(25))),
    }
    return {
        name: gzipped(csv_text([header, *([_cell(row.get(column)) for column in header] for row in rows)]))
        for name, (header, rows) in tables.items()
    }


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        spelled = value.astimezone(UTC).isoformat(timespec="milliseconds" if value.microsecond else "seconds")
        return spelled.replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _moment(rng: Random) -> datetime:
    """Some second of the half year, mostly in working hours."""
    day = START.replace(hour=0) + rng.randrange((END - START).days) * DAY
    return day + timedelta(seconds=round(min(86399.0, max(0.0, rng.gauss(11.5, 3.2) * 3600))))


def _calls(rng: Random) -> Iterator[dict[str, Any]]:
    yield from _awkward_calls()
    for number in range(10, 420):
        at = _moment(rng)
        direction = rng.choices(["inbound", "outbound", None], [80, 12, 8])[0]
        outcome = rng.choices(["answered", "abandoned", "missed", "voicemail", None], [70, 14, 4, 6, 6])[0]
        wait = round(rng.lognormvariate(3.0, 0.9), rng.choice([0, 0, 1]))
        row = {
            "call_id": number, "started_at": at, "direction": direction, "outcome": outcome, "updated_at": at + HOUR,
            "queue": rng.choice(["Billing", "Technik, 2nd", None]),
            "wait_seconds": rng.choice([wait, wait, wait, None]),
        }  # fmt: skip
        if outcome == "answered":
            talk = rng.randrange(20, 900)
            answered = at + timedelta(seconds=wait)
            row |= {
                "answered_at": rng.choice([answered, None]), "ended_at": answered + talk * SECOND,
                "talk_seconds": rng.choice([talk, talk, talk, talk, None]),
                "hold_seconds": rng.choice([None, 0, rng.randrange(60)]), "wrap_seconds": rng.choice([None, 30, 0, 75]),
                "assignee": rng.choice(["Ada", "Kim", "Zoë"]),
                "is_resolved": rng.choice([True, True, True, False, None]),
            }  # fmt: skip
        elif outcome:
            row |= {"ended_at": at + timedelta(seconds=wait), "talk_seconds": rng.choice([0, None]), "hold_seconds": 0}
        yield row


def _awkward_calls() -> Iterator[dict[str, Any]]:
    at = berlin(2025, 3, 30, 1, 59)  # a minute before summer time begins
    inbound = {"direction": "inbound", "queue": "Billing", "started_at": at, "updated_at": at + HOUR}
    yield inbound | {"call_id": 1, "outcome": "missed", "wait_seconds": 9}
    yield inbound | {
        "call_id": 1, "outcome": "answered", "wait_seconds": 11, "talk_seconds": 100, "wrap_seconds": 20,
        "updated_at": at + 2 * HOUR, "is_resolved": True,
    }  # fmt: skip
    yield inbound | {"call_id": 2, "outcome": "abandoned", "wait_seconds": 5}
    yield inbound | {"call_id": 3, "outcome": "abandoned", "ended_at": at + 4.9 * SECOND}
    yield inbound | {"call_id": 4, "outcome": "answered", "wait_seconds": 20, "talk_seconds": 60, "wrap_seconds": 1}
    yield inbound | {"call_id": 5, "outcome": "answered", "answered_at": at - MINUTE, "wait_seconds": -60}
    yield inbound | {"call_id": 6, "wait_seconds": 2, "ended_at": at + 2 * SECOND}
    yield inbound | {"call_id": 7, "outcome": "answered", "started_at": END, "wait_seconds": 3, "talk_seconds": 5}


def _customers(rng: Random) -> Iterator[dict[str, Any]]:
    yield from _awkward_customers()
    for number in range(140):
        began = START - timedelta(days=rng.randrange(-120, 700), seconds=rng.randrange(86400))
        if rng.random() < 0.1:
            began = berlin(2025, rng.randrange(1, 6), 1)
        for _ in range(rng.choice([1, 1, 1, 2])):
            ended = began + timedelta(days=rng.randrange(10, 500), seconds=rng.randrange(86400))
            stays = ended > END or rng.random() < 0.35
            yield {
                "customer_id": f"c{number}", "started_at": began, "ended_at": None if stays else ended,
                "is_churned": rng.choice([not stays, None]), "region": rng.choice(["north", "süd", None]),
                "plan": rng.choice(["basic", "plus"]),
            }  # fmt: skip
            if stays:
                break
            began = ended + rng.choice([0, 3, 25, 60]) * DAY
            if began > END:
                break


def _awkward_customers() -> Iterator[dict[str, Any]]:
    def relation(name: str, began: datetime | None, ended: datetime | None = None, **more: Any) -> dict[str, Any]:
        return {"customer_id": name, "started_at": began, "ended_at": ended, "region": "north", "plan": "plus"} | more

    long_ago = berlin(2023, 5, 2)
    yield relation("back", long_ago, berlin(2025, 2, 5, 12))
    yield relation("back", berlin(2025, 2, 20, 9), berlin(2025, 3, 7, 9), plan="basic")
    yield relation("back", berlin(2025, 5, 3, 9), region="süd")
    yield relation("midnight", berlin(2025, 2, 1), berlin(2025, 4, 1))
    yield relation("planned", long_ago, datetime(2040, 1, 1, tzinfo=UTC))
    yield relation("gone", long_ago, is_churned=True)
    yield relation("unborn", None, berlin(2025, 3, 3))
    yield relation("twice", long_ago, berlin(2025, 3, 12))
    yield relation("twice", berlin(2024, 6, 1), region="süd")
    yield relation("backwards", berlin(2025, 1, 20), berlin(2025, 1, 10))
    yield relation("as of", END)


def _mentions(rng: Random) -> Iterator[dict[str, Any]]:
    for number in range(260):
        at = _moment(rng)
        is_own = rng.random() < 0.3
        row: dict[str, Any] = {
            "mention_id": f"m{number}", "posted_at": at, "network": rng.choice(["Trustpilot", "Mastodon", "Google"]),
            "is_own_post": is_own or None, "needs_reply": rng.choices([None, True, False], [6, 3, 1])[0],
        }  # fmt: skip
        if is_own:
            row |= {
                name: rng.choice([rng.randrange(40), 0, None]) for name in ("likes", "comments", "shares", "clicks")
            }
            row |= {"impressions": rng.choice([0, None, rng.randrange(100, 3000)]), "followers": rng.choice([900, 950])}
        else:
            replied = at + timedelta(minutes=round(rng.lognormvariate(6, 1.4)))
            is_backwards = rng.random() < 0.03
            row |= {
                "rating": rng.choice([1, 2, 3, 4, 5, 5, 5, None]),
                "replied_at": at - HOUR if is_backwards else rng.choice([replied, None]) if replied <= END else None,
                "sentiment": rng.choice(["positive", "positive", "neutral", "negative", None]),
            }
        yield row


def _visits(rng: Random) -> Iterator[dict[str, Any]]:
    for day in range((END - START).days + 1):
        for site in ("en", "de"):
            if rng.random() < 0.2:
                continue
            visitors, searches, bot = rng.randrange(400), rng.choice([0, rng.randrange(90)]), rng.choice([0, 25, None])
            yield {
                "site": site, "slot_start": START.replace(hour=rng.choice([0, 22, 23])) + day * DAY,
                "page": rng.choice(["home", "faq"]), "views": 3 * visitors,
                "visitors": rng.choice([visitors, visitors, visitors, None]), "searches": rng.choice([searches, None]),
                "failed_searches": rng.choice([searches // 4, searches // 3, None]),
                "tickets_created": rng.choice([rng.randrange(20), None]), "bot_conversations": bot,
                "bot_resolved": None if bot is None else rng.randrange(bot + 1),
            }  # fmt: skip


def _answers(rng: Random) -> Iterator[dict[str, Any]]:
    """Ratings of the tickets of `lives`, some rated several times, some by who never said anything."""
    number = 0

    def answer(ticket: object, kind: str, sent: datetime, answered: datetime | None, score: int, least: int,
               most: int, **more: Any) -> dict[str, Any]:  # fmt: skip
        nonlocal number
        number += 1
        is_in = answered is not None and answered <= lives.END
        return {
            "survey_id": f"a{number:03}", "ticket_id": ticket, "kind": kind, "sent_at": sent,
            "answered_at": answered if is_in else None, "score": score if is_in else None, "scale_min": least,
            "scale_max": most, "is_answered": is_in, **more,
        }  # fmt: skip

    for life in lives.lives():
        said = [one.at for one in life.messages]
        sent = max([life.created, *said[: rng.randrange(3)]]) + rng.randrange(1, 40) * HOUR
        if life.id in (914, 916) or sent > lives.END or rng.random() < 0.25:
            continue
        for again in range(rng.choice([1, 1, 2, 3])):
            answered = rng.choice([sent + (1 + 30 * again) * HOUR + rng.randrange(3600) * SECOND, None])
            yield answer(life.id, "csat", sent, answered, rng.choice([1, 2, 2, 3, 4, 5]), 1, 5)
        if rng.random() < 0.4:
            yield answer(life.id, "nps", sent, sent + rng.randrange(1, 90) * HOUR, rng.randrange(11), 0, 10)
        if rng.random() < 0.4:
            low = {"low_is_good": rng.choice([True, None])}
            yield answer(life.id, "ces", sent, sent + rng.randrange(1, 90) * HOUR, rng.randrange(1, 8), 1, 7, **low)
    at = berlin(2025, 4, 2, 10)
    for score, later in ((1, 0), (5, 2), (2, 4)):
        yield answer(916, "csat", at, at + later * HOUR, score, 1, 5)
    for score in (1, 5):
        yield answer(914, "csat", at, at + HOUR, score, 1, 5)
    yield answer(None, "csat", at, at + HOUR, 1, 1, 5)
    yield answer(77777, "nps", at, at + HOUR, 3, 0, 10)
