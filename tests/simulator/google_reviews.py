"""Google Business Profile's reviews (JSON), by `reference/formats.md` section 24.

One location as pages of the API, the other as Takeout's numbered files. Traps: stars are words; fractions of a second
have none to nine digits; ratings without a comment, reviews without a reply; `updateTime` moves when the review is
changed, the reply's own when the reply is; a review is in two files, older in one of them.
"""

from __future__ import annotations

from datetime import datetime
from statistics import fmean
from typing import Any

from .clock import berlin
from .files import json_wrapped
from .model import History
from .reviews import END, LOCATIONS, Review, seen_at

WORDS = ("ONE", "TWO", "THREE", "FOUR", "FIVE")
FRACTIONS = ("", ".5", ".123", ".123456", ".123456789")
OLDER, SPLIT = berlin(2025, 11, 20), berlin(2025, 11, 1)


def files(history: History) -> dict[str, bytes]:
    ours, theirs = ([each for each in seen_at(END) if each.location == place] for place in LOCATIONS)
    early = [each for each in seen_at(OLDER) if each.location == LOCATIONS[1]]
    late = [each for each in theirs if each.posted >= SPLIT]
    page = {"averageRating": round(fmean(one.rating for one in ours), 1), "totalReviewCount": len(ours)}
    return {
        "google_reviews/page.json": json_wrapped({"reviews": [*map(record, ours)], **page}).encode(),
        "google_reviews/reviews-1.json": json_wrapped({"reviews": [*map(record, early)]}).encode(),
        "google_reviews/reviews-2.json": json_wrapped({"reviews": [*map(record, late)]}).encode(),
    }


def record(one: Review) -> dict[str, Any]:
    number = identity(one)
    found: dict[str, Any] = {
        "name": f"accounts/1001/locations/{one.location}/reviews/{number}",
        "reviewId": number,
        "reviewer": {"displayName": one.writer, "profilePhotoUrl": "https://photo.example/a", "isAnonymous": False},
        "starRating": WORDS[one.rating - 1],
        "createTime": iso(one.posted, one.number),
        "updateTime": iso(one.changed[0] if one.changed else one.posted, one.number),
    }
    if one.text:
        found["comment"] = one.text
    if one.last_reply:
        found["reviewReply"] = {"comment": "Vielen Dank!", "updateTime": iso(one.last_reply, one.number + 1)}
    return found


def identity(one: Review) -> str:
    return f"AbFvOq{one.number:04d}"


def iso(instant: datetime, number: int) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}{FRACTIONS[number % len(FRACTIONS)]}Z"
