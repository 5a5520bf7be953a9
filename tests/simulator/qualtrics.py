"""Qualtrics' survey responses (CSV), by `reference/formats.md` section 20: the firm's NPS and CES surveys.

Traps: three heading rows, the second with line breaks and quotes, the third with the zone of the times; a row for each
response and none for who did not answer; previews, tests and spam among them; the other file has codes for words, and
somebody has deleted its second and third row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from .clock import local
from .files import csv_text
from .model import History, Survey

HEADER = (
    "StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate",
    "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference",
    "LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage",
)  # fmt: skip
TEXTS = (
    "Start Date", "End Date", "Response Type", "IP Address", "Progress", "Duration (in seconds)", "Finished",
    "Recorded Date", "Response ID", "Recipient Last Name", "Recipient First Name", "Recipient Email",
    "External Data Reference", "Location Latitude", "Location Longitude", "Distribution Channel", "User Language",
)  # fmt: skip
IMPORT_IDS = (
    "startDate", "endDate", "status", "ipAddress", "progress", "duration", "finished", "recordedDate", "_recordId",
    "recipientLastName", "recipientFirstName", "recipientEmail", "externalDataReference", "locationLatitude",
    "locationLongitude", "distributionChannel", "userLanguage",
)  # fmt: skip
QUESTION = 'On a scale of 0 to 10:\n\nWould you recommend "us" to a friend?'
ZONE = "Europe/Berlin"
NO_RESPONSES = ("Survey Preview", "Survey Test", "Spam")


def files(history: History) -> dict[str, bytes]:
    nps = [row(each, "IP Address", "True") for each in answered(history, "nps")]
    no_responses = [row(each, word, "True") for each, word in zip(answered(history, "nps"), NO_RESPONSES, strict=False)]
    for number, each in enumerate(no_responses):
        each[HEADER.index("ResponseId")] = f"R_preview{number}"
    nps_rows = [[*each, group(each[-1]), "", "Konto"] for each in [*no_responses, *nps]]
    names = [*HEADER, "Q1", "Q1_NPS_GROUP", "Q2_TEXT", "Segment"]
    texts = [*TEXTS, QUESTION, f"{QUESTION} - Group", "Why?", "Segment"]
    ids = [*map(import_id, IMPORT_IDS), import_id("QID1"), import_id("QID1_NPS_GROUP"), import_id("QID2_TEXT")]
    ces = [row(each, "0", "1") for each in answered(history, "ces")]
    return {
        "qualtrics/nps.csv": csv_text([names, texts, [*ids, import_id("Segment")], *nps_rows]).encode(),
        "qualtrics/ces_without_texts.csv": csv_text([[*HEADER, "Q1"], *ces]).encode(),
    }


def answered(history: History, kind: str) -> Sequence[Survey]:
    return [each for each in history.surveys if each.kind == kind and each.answered]


def row(survey: Survey, status: str, finished: str) -> list[str]:
    assert survey.answered
    recorded = local(survey.answered).strftime("%Y-%m-%d %H:%M:%S")
    cells = {
        "StartDate": local(survey.sent).strftime("%Y-%m-%d %H:%M:%S"),
        "EndDate": recorded,
        "Status": status,
        "Progress": "100",
        "Duration (in seconds)": "42",
        "Finished": finished,
        "RecordedDate": recorded,
        "ResponseId": response_id(survey),
        "RecipientEmail": survey.respondent,
        "ExternalReference": str(survey.ticket_id or ""),
        "DistributionChannel": "email",
        "UserLanguage": "DE",
    }
    return [*(cells.get(name, "") for name in HEADER), str(survey.score)]


def response_id(survey: Survey) -> str:
    return f"R_2EgXOU7K{survey.id}"


def group(score: str) -> str:
    return "Promoter" if int(score) >= 9 else "Passive" if int(score) >= 7 else "Detractor"


def import_id(name: str) -> str:
    zone = {"timeZone": ZONE} if name in ("startDate", "endDate", "recordedDate") else {}
    return json.dumps({"ImportId": name, **zone}, separators=(",", ":"))
