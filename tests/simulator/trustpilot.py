"""Trustpilot's review export (CSV) and API list (JSON), by `reference/formats.md` section 23.

The CSV was downloaded on 1 December; the API's list has what was posted since October, as of the last day, so that the
reviews in both are older in the CSV. Traps: times are UTC by their headers; titles with quotes and commas, texts with
line breaks; a review of a title alone; the stars of some were changed later; `companyReply` is null without a reply.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .clock import berlin
from .files import csv_text, json_wrapped
from .model import History
from .reviews import END, Review, seen_at

DOWNLOADED, LISTED_FROM = berlin(2025, 12, 1, 8), berlin(2025, 10, 1)
HEADER = (
    "Review Created (UTC)", "Review Consumer User Id", "Review Username", "Review User Email", "Review Title",
    "Review Content", "Review Stars", "Source Of Review", "Review Id", "Location Name", "Domain Url", "Webshop Name",
    "Business Unit Id", "Business Reply Date (UTC)",
)  # fmt: skip
UNIT = "5a7b1c"


def files(history: History) -> dict[str, bytes]:
    rows = [[row[name] for name in HEADER] for row in map(csv_row, seen_at(DOWNLOADED))]
    page = {"links": [{"href": "https://api.trustpilot.example/v1/reviews", "rel": "self"}]}
    return {
        "trustpilot/reviews.csv": csv_text([HEADER, *rows]).encode(),
        "trustpilot/reviews.json": json_wrapped({**page, "reviews": [record(each) for each in listed()]}).encode(),
    }


def listed() -> list[Review]:
    return [each for each in seen_at(END) if each.posted >= LISTED_FROM]


def csv_row(one: Review) -> dict[str, str]:
    return {
        "Review Created (UTC)": clock(one.posted),
        "Review Consumer User Id": f"c{one.number:05d}",
        "Review Username": one.writer,
        "Review User Email": f"writer{one.number}@customer.example",
        "Review Title": one.title,
        "Review Content": one.text or "",
        "Review Stars": str(one.rating),
        "Source Of Review": "Organic",
        "Review Id": identity(one),
        "Location Name": one.location,
        "Domain Url": "firm.example",
        "Webshop Name": "Firm",
        "Business Unit Id": UNIT,
        "Business Reply Date (UTC)": clock(one.replied) if one.replied else "",
    }


def record(one: Review) -> dict[str, Any]:
    return {
        "id": identity(one),
        "consumer": {"id": f"c{one.number:05d}", "displayName": one.writer},
        "businessUnit": {"id": UNIT, "identifyingName": "firm.example"},
        "stars": one.rating,
        "title": one.title,
        "text": one.text,
        "language": one.language,
        "createdAt": iso(one.posted),
        "updatedAt": iso(one.changed[0]) if one.changed else None,
        "companyReply": {"text": "Thank you.", "createdAt": iso(one.replied)} if one.replied else None,
        "numberOfLikes": one.number % 3,
        "status": "active",
        "isVerified": one.number % 2 == 0,
        "referenceId": None,
    }


def identity(one: Review) -> str:
    return f"67a{one.number:021x}"


def clock(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S")


def iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")
