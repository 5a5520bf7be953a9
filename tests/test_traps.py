"""What looks alike in the exports of several helpdesks and is not: spans, ratings, instants, zones, saved-again files.

Each is read through the reader of its vendor, from cells as the vendors write them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.readers import Loaded, open_exports
from tests.asking import ask, missing

DAY, HOUR, MINUTE = 86_400, 3600, 60
BERLIN = "Europe/Berlin"


def load(tmp_path: Path, content: str | dict[str, Any] | list[Any], zone: str | None = None) -> Loaded:
    path = tmp_path / "download"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    (part,) = open_exports([str(path)])
    return part.load({frame: part.available(frame) for frame in part.columns}, zone)


# A header does not tell the unit of a span: the cells do

ZENDESK = (
    "Summation column,Id,Created at,Status,Resolution time,First reply time in minutes,Full resolution time in minutes"
)
FRESHDESK = "Ticket ID,Status,Created time,Initial response time,First response time (in hrs)"
FRESHSERVICE = "Ticket Id,Created Time,Requester Name,Status,Initial Response Time,First Response Time (in Hrs)"
INTERCOM = "Conversation ID,Conversation started at (UTC),Current conversation state,First response time (seconds)"
HUBSPOT = "Ticket ID,Ticket status,Pipeline,Create date,First agent email response date,"
HUBSPOT += "Time to first agent email reply (HH:mm:ss)"
ZOHO = "ID,Request Id,Created Time,Ticket Owner,Status,First Response Time in Business Hours"
KUSTOMER = {"createdAt": "2024-01-08T09:00:00.000Z", "status": "open", "snoozeCount": 0, "doneCount": 0}
KUSTOMER |= {"firstResponse": {"time": 5_400_000}, "satisfactionLevel": {}, "reopenFromDoneCount": 0}
REPLY, BUSINESS = "reported_first_reply_seconds", "reported_first_reply_business_seconds"
SPANS = {
    "zendesk: minutes": (
        f"{ZENDESK}\n1,7,2024-01-08 09:00,Solved,1604,90,96218\n",
        {REPLY: 90 * MINUTE, "reported_full_resolution_seconds": 96218 * MINUTE},
    ),
    "freshdesk: a clock past a day, under (in hrs)": (
        f"{FRESHDESK}\n7,Open,2024-01-08 09:00:00,2024-01-08 10:00:00,123:04:05\n",
        {BUSINESS: 123 * HOUR + 4 * MINUTE + 5},
    ),
    "freshdesk: decimal hours under the same header": (
        f"{FRESHDESK}\n7,Open,2024-01-08 09:00:00,2024-01-08 10:00:00,12.5\n",
        {BUSINESS: 12.5 * HOUR},
    ),
    "freshdesk: nothing has happened": (f"{FRESHDESK}\n7,Open,2024-01-08 09:00:00,,00:00:00\n", {BUSINESS: None}),
    "freshdesk: answered at night, in no business hours": (
        f"{FRESHDESK}\n7,Open,2024-01-08 23:00:00,2024-01-08 23:30:00,00:00:00\n",
        {BUSINESS: 0},
    ),
    "freshservice: decimal hours": (
        f"{FRESHSERVICE}\n7,2024-01-08 09:00:00,Ann,Open,2024-01-08 10:00:00,1.5\n",
        {BUSINESS: 1.5 * HOUR},
    ),
    "intercom: seconds": (f"{INTERCOM}\n7,2024-01-08 09:00:00,open,5400\n", {REPLY: 5400}),
    "hubspot's csv: a clock, as its header says": (
        f"{HUBSPOT}\n7,New,Support,2024-01-08 09:00,2024-01-09 11:30,26:30:00\n",
        {REPLY: 26.5 * HOUR},
    ),
    "hubspot's api: milliseconds": (
        {
            "results": [
                {
                    "id": "7",
                    "properties": {
                        **{"hs_object_id": "7", "createdate": "2024-01-08T09:00:00Z", "hs_pipeline_stage": "1"},
                        **{"first_agent_reply_date": "2024-01-08T10:30:00Z", "time_to_first_agent_reply": "5400000"},
                    },
                }
            ]
        },
        {REPLY: 5400},
    ),
    "zoho's backup: milliseconds under (business) hours": (
        f"{ZOHO}\n7,101,08/01/2024 09:00:00,Ann,Open,1800000\n",
        {BUSINESS: 1800},
    ),
    "kustomer: milliseconds": (
        {"data": [{"type": "conversation", "id": "7", "attributes": KUSTOMER}]},
        {REPLY: 5400},
    ),
    "servicenow: an instant soon after 1970": (
        "number,sys_id,opened_at,state,time_worked\nINC7,abc,2024-01-08 09:00:00,2,1970-01-02 09:46:18\n",
        {"handle_seconds": DAY + 9 * HOUR + 46 * MINUTE + 18},
    ),
}


@pytest.mark.parametrize("case", SPANS)
def test_a_span_is_read_by_what_its_cell_shows(tmp_path: Path, case: str) -> None:
    content, expected = SPANS[case]
    found = load(tmp_path, content)
    (row,) = found.frames["tickets"].rows(named=True)
    assert {name: row[name] for name in expected} == expected
    assert found.rejects.is_empty()


JIRA = "Issue key,Issue id,Issue Type,Status,Created,Resolved,Custom field ([CHART] Date of First Response),"
JIRA += "Custom field (Time to first response),Custom field (Time to resolution)"


def test_what_jira_writes_of_its_promises_is_the_time_left_and_its_sign_the_verdict(tmp_path: Path) -> None:
    times = "08/Jan/24 9:00 AM,09/Jan/24 9:00 AM,2024-01-08 09:30:00.0"
    lines = [f"S-1,1,Incident,Done,{times},2:15,-0:30", f"S-2,2,Incident,Done,{times},-12:00,"]
    tickets = load(tmp_path, "\n".join([JIRA, *lines, ""])).frames["tickets"]
    verdicts = tickets.select("reported_first_reply_sla_met", "reported_resolution_sla_met").rows()
    assert verdicts == [(True, False), (False, None)]
    assert not {REPLY, BUSINESS, "reported_full_resolution_seconds"} & set(tickets.columns)


KAGGLE = "Ticket ID,Date of Purchase,Ticket Status,First Response Time,Time to Resolution"
ONE = "1,2021-03-22,Closed,2023-06-01 12:15:36,2023-06-01 18:05:38"
MAP = "frames:\n  tickets:\n    ticket_id: Ticket ID\n    solved_at: Time to Resolution\n"


@pytest.mark.parametrize(
    ("line", "column", "value", "rejects"),
    [
        ("first_reply_at: First Response Time", "first_reply_at", "2023-06-01 12:15", 0),
        ("reported_first_reply_seconds: {from: First Response Time, unit: min}", REPLY, None, 1),
    ],
)
def test_an_instant_under_a_spans_header_is_an_instant_and_no_span(tmp_path, line, column, value, rejects):
    (tmp_path / "my.yml").write_text(f"{MAP}    {line}\n")
    (tmp_path / "a.csv").write_text(f"{KAGGLE}\n{ONE}\n")
    (part,) = open_exports([str(tmp_path / "a.csv")], maps=[tmp_path / "my.yml"])
    found = part.load({"tickets": [column]}, None)
    cell = found.frames["tickets"][column]
    assert (cell.dt.strftime("%Y-%m-%d %H:%M") if value else cell).to_list() == [value]
    assert found.rejects.height == rejects


def test_without_a_created_date_no_reply_time_is_made_up_of_another_one(tmp_path: Path) -> None:
    (tmp_path / "my.yml").write_text(f"{MAP}    first_reply_at: First Response Time\n")
    (tmp_path / "a.csv").write_text(f"{KAGGLE}\n{ONE}\n")
    part = open_exports([str(tmp_path / "a.csv")], maps=[tmp_path / "my.yml"])[0]
    assert "created_at" not in part.available("tickets")


# Ratings: each on its own scale and in its own direction

ZENDESK_RATED = "Summation column,Id,Created at,Solved at,Status,Satisfaction Score\n"
ZENDESK_RATED += "1,7,2024-01-08 09:00,2024-01-09 09:00,Solved,"
FRESHDESK_RATED = "Ticket ID,Status,Created time,Resolved time,Survey results\n"
FRESHDESK_RATED += "7,Closed,2024-01-08 09:00:00,2024-01-09 09:00:00,"
INTERCOM_RATED = "Conversation ID,Updated at (UTC),Conversation rating,Last survey sent\n7,2024-01-08 09:00:00,"
JIRA_RATED = "Issue key,Issue id,Issue Type,Status,Created,Resolved,Satisfaction rating\n"
JIRA_RATED += "S-7,7,Incident,Done,08/Jan/24 9:00 AM,09/Jan/24 9:00 AM,"
ZOHO_RATED = (
    "Ticket Id,Created Time (Ticket),Ticket Closed Time (Ticket),Ticket Owner,Status (Ticket),Happiness Rating\n"
)
ZOHO_RATED += "7,2024-01-08 09:00:00,2024-01-09 09:00:00,Ann,Closed,"
RATINGS = {
    "zendesk, words": (ZENDESK_RATED, {"Good": True, "Bad": False}),
    "zendesk, 1 to 5": (ZENDESK_RATED, {"5": True, "4": True, "3": False, "1": False}),
    "freshdesk, words": (FRESHDESK_RATED, {"Extremely Happy": True, "Neutral": False, "Unhappy": False}),
    "intercom, 1 to 5": (INTERCOM_RATED, {"5": True, "4": True, "3": False, "1": False}),
    "jira, 1 to 5": (JIRA_RATED, {"5": True, "4": True, "3": False, "2": False}),
    "zoho, good, ok and bad": (ZOHO_RATED, {"Good": True, "Okay": False, "Bad": False}),
}


@pytest.mark.parametrize("case", RATINGS)
def test_a_rating_is_good_or_bad_by_the_rule_of_its_vendor(tmp_path: Path, case: str) -> None:
    head, verdicts = RATINGS[case]
    for score, is_good in verdicts.items():
        (tmp_path / "a.csv").write_text(f"{head}{score}{',' if case.startswith('intercom') else ''}\n")
        report = ask(str(tmp_path / "a.csv"), "csat")
        assert report.result.frame.select("value", "n").rows() == [(float(is_good), 1)], (score, missing(report))


@pytest.mark.parametrize(("rating", "is_good"), [(1, True), (2, False), (3, False)])
def test_at_help_scout_one_is_the_best(tmp_path: Path, rating: int, is_good: bool) -> None:
    one = {"id": 7, "threadId": 1, "conversationId": 9, "ratingId": rating, "ratingComments": "", "type": "email"}
    own = {"ratingCustomerId": 1, "ratingCreatedAt": "2024-01-08T09:00:00Z", "ratingUserId": 2, "number": 9}
    (tmp_path / "a.json").write_text(json.dumps({"results": [one | own], "count": 1, "page": 1, "pages": 1}))
    report = ask(str(tmp_path / "a.json"), "csat")
    assert report.result.frame.select("value", "n").rows() == [(float(is_good), 1)], missing(report)


@pytest.mark.parametrize(("score", "is_good"), [(103, True), (101, True), (100, False), (-101, False), (-103, False)])
def test_freshdesks_numbers_are_good_by_their_sign(tmp_path: Path, score: int, is_good: bool) -> None:
    rating = {"id": 7, "survey_id": 1, "ticket_id": 9, "created_at": "2024-01-08T09:00:00Z"}
    (tmp_path / "a.json").write_text(json.dumps([rating | {"ratings": {"default_question": score}}]))
    report = ask(str(tmp_path / "a.json"), "csat")
    assert report.result.frame.select("value", "n").rows() == [(float(is_good), 1)], missing(report)


# Zones: a CSV shows the clock on somebody's wall, an API the time in UTC, unless the file says another


def created(found: Loaded) -> str:
    return str(found.frames["tickets"]["created_at"].dt.strftime("%m-%d %H:%M").item())


def test_a_csv_is_local_and_json_is_in_utc(tmp_path: Path) -> None:
    ticket = {"id": 7, "created_at": "2024-07-08T09:00:00Z", "status": "open", "submitter_id": 1, "assignee_id": 2}
    assert created(load(tmp_path, f"{ZENDESK}\n1,7,2024-07-08 09:00,Open,,,\n", BERLIN)) == "07-08 07:00"
    assert created(load(tmp_path, f"{FRESHDESK}\n7,Open,2024-07-08 09:00:00,,\n", BERLIN)) == "07-08 07:00"
    assert created(load(tmp_path, {"tickets": [ticket]}, BERLIN)) == "07-08 09:00"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{HUBSPOT}\n7,New,Support,2024-07-08 09:00 CDT,,\n", "07-08 14:00"),  # the cell ends in a zone
        (f"{INTERCOM.replace('UTC', 'America/New_York')}\n7,2024-07-08 09:00:00,open,\n", "07-08 13:00"),  # the header
    ],
    ids=["cell", "header"],
)
def test_a_zone_in_the_cell_or_the_header_goes_before_what_is_said_of_the_file(tmp_path, content, expected):
    assert created(load(tmp_path, content, BERLIN)) == expected


def test_the_row_of_import_ids_names_the_zone_of_qualtrics_times(tmp_path: Path) -> None:
    rows = [
        "ResponseId,RecordedDate,Status,Q1",
        "Response ID,Recorded Date,Response Type,How likely?",
        '"{""ImportId"":""_recordId""}","{""ImportId"":""recordedDate"",""timeZone"":""America/Denver""}",'
        '"{""ImportId"":""status""}","{""ImportId"":""QID1""}"',
        "R_1,2024-07-08 09:00:00,IP Address,9",
    ]
    found = load(tmp_path, "\n".join([*rows, ""]), BERLIN).frames["surveys"]
    assert found["answered_at"].dt.strftime("%m-%d %H:%M").to_list() == ["07-08 15:00"]


# A CSV that a spreadsheet has saved again


def test_a_zendesk_export_saved_again_has_its_dates_and_its_rounded_ids_are_no_keys(tmp_path: Path) -> None:
    lines = ["1,1.03006E+13,08-04-2023 20:52,Open,,90,", "1,77,13-04-2023 20:52,Open,,90,", ""]
    found = load(tmp_path, "\n".join([ZENDESK, *lines]))
    assert found.frames["tickets"].select("ticket_id", pl.col("created_at").dt.strftime("%m-%d %H:%M")).rows() == [
        ("77", "04-13 20:52")
    ]
    assert found.rejects.select("column", "value").rows() == [("Id", "1.03006E+13")]
    assert "format the column as text" in found.rejects["reason"].item()
