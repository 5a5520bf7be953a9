"""SurveyMonkey: one survey's responses, Analyze results → Save as → Export file → All individual responses (CSV, XLSX).

Two rows head the file: the questions, each once and then empty cells for its further columns, and below them the
answers to choose from. They are read as one; with the second row deleted it reads the same. The questions' texts and
answers tell the ratings (NPS, CSAT and CES; a note says which question was taken for which, and which was not and why);
a map names what they do not. An export of numbers instead of the answers' texts counts their places, of which the first
may be the best: but for NPS, numbers are read only where the question says the scale ("from 1 to 5").

Times are the account's wall clock: say its zone with --source-tz. An answer is dated by the end of the response. Custom
Data 1 is taken to be the ticket. What it cannot carry: who was asked and did not answer, so that there is no response
rate; agents and teams. The API's list of responses (JSON) names questions and answers by numbers alone, so that it has
no score. Unconfirmed: dates with AM and PM, the words of responses that are not complete (they count as answered).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, csv_shape, json_shape
from cs_metrics.readers._cells import ISO_FORMATS, identity, instant, one_of, text
from cs_metrics.readers._forms import RESPONSE, fitted_to_questions, without_questions, without_ratings

MONTH_FIRST = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p")

META = (
    *("Respondent ID", "Collector ID", "Start Date", "End Date", "Date Created", "Date Modified", "IP Address"),
    *("Email Address", "First Name", "Last Name", "Custom Data 1"),
)

RESPONSES: Columns = {
    RESPONSE: text("Respondent ID"),
    "ticket_id": text("Custom Data 1"),
    "answered_at": instant("End Date", "Date Modified", formats=(*MONTH_FIRST, *ISO_FORMATS)),
    "respondent": identity("Email Address"),
}

JSON_RESPONSES: Columns = {
    "survey_id": text("id"),
    "ticket_id": text("custom_value"),
    "_modified_at": instant("date_modified"),
    "_is_complete": one_of("response_status", values=("completed",)),
    "answered_at": Formula(("_modified_at", "_is_complete"), lambda: pl.when("_is_complete").then("_modified_at")),
    "respondent": identity("email_address"),
}

_CSV = csv_shape("individual responses", [{"Respondent ID", "Collector ID"}], {"surveys": without_ratings(RESPONSES)})
_JSON = json_shape(
    "responses JSON",
    [{"id", "survey_id", "collector_id", "response_status"}],
    {"surveys": Rows(JSON_RESPONSES)},
    wrappers=("data",),
)
_LACK, _REMEDY = "the interface's list has no texts of questions or answers", "the website's export as CSV has them"

READER = Reader(
    title="SurveyMonkey",
    shapes=(
        replace(_CSV, fit=fitted_to_questions(RESPONSES, META, as_seen=False)),
        replace(_JSON, fit=without_questions(Rows(JSON_RESPONSES), _LACK, _REMEDY)),
    ),
)
