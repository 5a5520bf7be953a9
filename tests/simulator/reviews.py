"""What customers wrote about the firm in public, as it truly was; Trustpilot and Google each show some of it.

A review may be answered, the answer edited, and the review itself changed to other stars; all of it within three weeks.
Some say nothing but stars. Nothing of it depends on the tickets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from statistics import fmean

from .cast import BAD_WORDS, GOOD_WORDS
from .clock import berlin, local

START, END = berlin(2025, 1, 2, 9), berlin(2025, 12, 31, 8)
TITLES = ("Top!", 'Never "again", sorry', "Schnell, freundlich", "Ça va", "Hmm; so lala", "")
WRITERS = ("Anna Schmidt", "Søren Ström", "Mei Kim", "Kateřina Nowak", "D. O'Neill", "Rosa García López")
LOCATIONS = ("location-1180", "location-2250")
LANGUAGES = ("de", "en", "fr")
Figure = tuple[float | None, int]


@dataclass(frozen=True, slots=True)
class Review:
    number: int
    posted: datetime
    stars: int
    title: str
    text: str | None
    writer: str
    language: str
    location: str
    changed: tuple[datetime, int] | None = None  # when, and the stars from then on
    replied: datetime | None = None
    reply_edited: datetime | None = None

    def until(self, instant: datetime) -> Review | None:
        """As it stood at an instant; None if it was not there yet."""
        if self.posted > instant:
            return None

        def known(at: datetime | None) -> datetime | None:
            return at if at and at <= instant else None

        changed = self.changed if self.changed and self.changed[0] <= instant else None
        return replace(self, changed=changed, replied=known(self.replied), reply_edited=known(self.reply_edited))

    @property
    def rating(self) -> int:
        return self.changed[1] if self.changed else self.stars

    @property
    def last_reply(self) -> datetime | None:
        return self.reply_edited or self.replied


@cache
def reviews() -> tuple[Review, ...]:
    """Four a week or so, unhappy ones in September, the unhappy ones answered more often and later."""
    rng, found, posted = Random(2324), [], START
    while posted < END:
        bad_month = local(posted).month == 9
        stars = rng.choices((1, 2, 3, 4, 5), (9, 4, 3, 2, 2) if bad_month else (2, 1, 2, 5, 10))[0]
        replied = posted + timedelta(minutes=rng.randrange(30, 14_000)) if rng.random() < 0.8 - 0.1 * stars else None
        edited = replied + timedelta(minutes=rng.randrange(5, 4_000)) if replied and rng.random() < 0.2 else None
        changed = (
            (posted + timedelta(minutes=rng.randrange(60, 20_000)), 4) if stars < 3 and rng.random() < 0.2 else None
        )
        text = rng.choice(GOOD_WORDS if stars > 3 else BAD_WORDS)
        one = Review(
            len(found) + 1, posted, stars, rng.choice(TITLES), text if rng.random() < 0.8 else None,
            rng.choice(WRITERS), rng.choice(LANGUAGES), rng.choice(LOCATIONS), changed, replied, edited,
        )  # fmt: skip
        found.append(one)
        posted += timedelta(minutes=rng.randrange(300, 5_500) // (3 if bad_month else 1))
    return (*found, _planted(len(found) + 1))


def _planted(number: int) -> Review:
    """Answered and changed while one vendor's files were being downloaded: older in one of them than in the other."""
    when, day = berlin(2025, 11, 18, 9), timedelta(days=1)
    return Review(
        number, when, 1, "Nie wieder", "Niemand antwortet.", WRITERS[0], "de", LOCATIONS[1],
        changed=(when + 15 * day, 4), replied=when + 7 * day, reply_edited=when + 14 * day,
    )  # fmt: skip


def seen_at(instant: datetime) -> list[Review]:
    return [seen for one in reviews() if (seen := one.until(instant))]


def figures(rows: Iterable[Review]) -> dict[str, dict[str, Figure]]:
    """(value, n) of their number, their stars and the share answered, in all and by the month of posting in UTC."""
    months: dict[str, list[Review]] = {}
    for one in rows:
        for label in ("all", one.posted.strftime("%Y-%m")):
            months.setdefault(label, []).append(one)
    return {
        "reviews": {label: (len(some), len(some)) for label, some in months.items()},
        "stars": {label: (fmean(one.rating for one in some), len(some)) for label, some in months.items()},
        "answered": {label: (fmean(bool(one.replied) for one in some), len(some)) for label, some in months.items()},
    }
