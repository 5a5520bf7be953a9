"""Qualtrics: the responses to one survey, Data & Analysis → Export data → CSV or TSV.

Three rows head the file: the names of the columns, the questions' texts, and import ids. The second and third are no
responses; where somebody has deleted them it reads the same. Previews, tests and spam are left out.

What was asked only the survey's owner knows, so this reader gives no score: a map names the question's column, its kind
and its scale (`configs/maps/qualtrics.yml` does it for an NPS question), and is given with --map. Who has not answered
is in no such file, so that there is no response rate.

Times are wall clock in the zone that the third row names; where it has been deleted, say it with --source-tz. Left out
since their shape is unconfirmed: JSON and NDJSON exports, and the older format with two heading rows.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.entities import FLAG
from cs_metrics.readers._base import Cell, Columns, Reader, Reading, Rows, csv_shape
from cs_metrics.readers._cells import identity, instant, renamed, text
from cs_metrics.readers._forms import without_questions

CHANNELS = {"email": "email", "anonymous": "link", "sms": "sms", "qr": "qr code"}

# Status in words or in numbers, as the export was told to write answers; the numbers from 8 on are unconfirmed.
NO_RESPONSES = r"survey preview|survey test|spam|survey preview spam|imported spam|1|2|8|9|12"
_NO_RESPONSE = rf"(?i)^(?:{NO_RESPONSES}) \S+$"
_RESPONSE_ID = r" [A-Z]+_\w+$"


def _is_response(cell: pl.Expr, reading: Reading) -> pl.Expr:
    """By status and id together: texts and import ids have no id like R_2EgXOU7K2nTlgqG."""
    return cell.str.contains(_RESPONSE_ID) & ~cell.str.contains(_NO_RESPONSE)


RESPONSES: Columns = {
    "survey_id": text("ResponseId"),
    "answered_at": instant("RecordedDate"),
    "respondent": identity("RecipientEmail"),
    "channel": renamed("DistributionChannel", table=CHANNELS),
    "_is_response": Cell(("Status", "ResponseId"), _is_response, FLAG, joined=True, can_fail=False),
}

_ROWS = Rows(RESPONSES, only_where="_is_response")
_CSV = csv_shape("survey responses", [{"ResponseId", "RecordedDate", "Status"}], {"surveys": _ROWS})
_LACK, _REMEDY = (
    "what was asked only the survey's owner knows",
    "a map (--map) names the rating, as configs/maps/qualtrics.yml does",
)

READER = Reader(title="Qualtrics", shapes=(replace(_CSV, fit=without_questions(_ROWS, _LACK, _REMEDY)),))
