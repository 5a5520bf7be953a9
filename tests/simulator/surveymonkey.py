"""SurveyMonkey's individual responses, as `reference/formats.md` section 21 describes them.

Traps: two heading rows, questions over their first column alone; commas, line breaks and HTML entities in questions; a
choice with several columns; answers as words, of which none says its number; `10 - Extremely likely` at an end of the
scale. The other file is condensed: a blank second row, Date Created and Date Modified. The API's list has no texts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .clock import local
from .files import csv_text, json_wrapped
from .model import History
from .responses import Response, responses

RECOMMEND = "How likely is it that you would recommend us, yesterday&apos;s help\nincluded, to a friend or colleague?"
SATISFIED = "Overall, how satisfied or dissatisfied are you with our support?"
EASY = "Our team made it easy to get my problem solved."
USED = "Which ways of getting help have you tried?"
PAGE = 20
META = ("Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "First Name",
        "Last Name", "Custom Data 1")  # fmt: skip
SATISFACTION = {
    1: "Very dissatisfied", 2: "Somewhat dissatisfied", 3: "Neither satisfied nor dissatisfied",
    4: "Somewhat satisfied", 5: "Very satisfied",
}  # fmt: skip
AGREEMENT = {
    1: "Strongly disagree", 2: "Disagree", 3: "Somewhat disagree", 4: "Neither agree nor disagree",
    5: "Somewhat agree", 6: "Agree", 7: "Strongly agree",
}  # fmt: skip


def files(history: History) -> dict[str, bytes]:
    expanded = [
        [*META, RECOMMEND, SATISFIED, EASY, USED, "", "", "What could we do better?"],
        [
            *[""] * len(META),
            "",
            "Response",
            "Response",
            "Chat",
            "E-mail",
            "Other (please specify)",
            "Open-Ended Response",
        ],
        *([*meta(each), *answers(each), *tried(each), each.comment or ""] for each in responses(history)),
    ]
    names = [{"Start Date": "Date Created", "End Date": "Date Modified"}.get(name, name) for name in META]
    condensed = [
        [*names, RECOMMEND, SATISFIED, EASY],
        [""] * (len(META) + 3),
        *([*meta(each), *answers(each)] for each in responses(history) if local(each.submitted).month > 9),
    ]
    page = {"data": [record(each) for each in in_page(history)], "per_page": PAGE, "page": 1, "total": PAGE}
    return {
        "surveymonkey/expanded.csv": csv_text(expanded).encode(),
        "surveymonkey_condensed/condensed.csv": csv_text(condensed).encode(),
        "surveymonkey_api/responses.json": json_wrapped(page).encode(),
    }


def in_page(history: History) -> list[Response]:
    return responses(history)[:PAGE]


def meta(response: Response) -> list[str]:
    times = [shown(response.started), shown(response.submitted)]
    return [respondent(response), "446111201", *times, "", response.respondent, "", "", str(response.ticket)]


def answers(response: Response) -> list[str]:
    ends = {0: "0 - Not at all likely", 10: "10 - Extremely likely"}
    recommend = "" if response.nps is None else ends.get(response.nps, str(response.nps))
    satisfied = "" if response.csat is None else SATISFACTION[response.csat]
    return [recommend, satisfied, "" if response.ces is None else AGREEMENT[response.ces]]


def tried(response: Response) -> list[str]:
    chat, mail = ("Chat" if response.ticket % 2 else ""), ("E-mail" if response.ticket % 3 else "")
    return [chat, mail, 'Ein Anruf, "sofort"' if response.ticket % 19 == 0 else ""]


def record(response: Response) -> dict[str, Any]:
    stamp = "%Y-%m-%dT%H:%M:%S+00:00"
    return {
        "id": respondent(response),
        "survey_id": "506487016",
        "collector_id": "446111201",
        "recipient_id": "",
        "response_status": "completed",
        "date_created": response.started.strftime(stamp),
        "date_modified": response.submitted.strftime(stamp),
        "total_time": int((response.submitted - response.started).total_seconds()),
        "email_address": response.respondent,
        "custom_value": str(response.ticket),
        "pages": [{"id": "28173422", "questions": [{"id": "73575770", "answers": [{"choice_id": "590722992"}]}]}],
    }


def respondent(response: Response) -> str:
    return str(118_052_000_000 + response.ticket)


def shown(instant: datetime) -> str:
    return local(instant).strftime("%m/%d/%Y %H:%M:%S")
