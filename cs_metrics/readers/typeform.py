"""Typeform: the responses to one form, Results → Responses → Download (CSV), and the Responses API (JSON), in UTC.

What was asked only the form's owner knows. In the CSV the questions' texts and answers tell the ratings (NPS, CSAT and
CES; a note says which question was taken for which, and which was not and why); a map names what they do not. An answer
is dated by the submission; who has not submitted the form is counted in a note and in no figure. In JSON questions have
no texts, but the kind `nps` is one: other ratings are left out.

A hidden field `ticket_id` is the ticket. What it cannot carry: who was asked and did not answer, so that there is no
response rate; agents and teams, unless hidden fields name them (`x_…`). The network id is no person. Unconfirmed:
whether partial responses come with an empty submit date; choices of several answers in one cell are left as they are.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Columns, Fitted, Formula, Reader, Rows, constant, csv_shape, json_shape
from cs_metrics.readers._cells import instant, number, one_of, text
from cs_metrics.readers._forms import RESPONSE, fitted_to_questions, without_ratings
from cs_metrics.readers._looks import Table
from cs_metrics.readers._remarks import Remark

SUBMITTED = "Submit Date (UTC)"
META = (
    *("#", "Response Type", "Start Date (UTC)", "Stage Date (UTC)", SUBMITTED, "Network ID"),
    *("Tags", "Ending", "ticket_id"),
)

RESPONSES: Columns = {
    RESPONSE: text("#"),
    "ticket_id": text("ticket_id"),
    "answered_at": instant(SUBMITTED),
}


def _survey_id() -> pl.Expr:
    """As in the CSV; only where a form asks twice the answers have to be told apart."""
    asks_twice = pl.col("_is_nps").sum().over("_token") > 1
    return pl.when(asks_twice).then(pl.format("{} nps {}", "_token", "_field")).otherwise(pl.format("{} nps", "_token"))


ANSWERS: Columns = {
    "_token": text("^token", "^response_id"),
    "_field": text("field.id"),
    "survey_id": Formula(("_token", "_field", "_is_nps"), _survey_id),
    "ticket_id": text("^hidden.ticket_id"),
    "answered_at": instant("^submitted_at"),
    "kind": constant("nps"),
    "score": number("number"),
    "scale_min": constant(0.0),
    "scale_max": constant(10.0),
    "_is_nps": one_of("field.type", values=("nps",)),
}

_CSV = csv_shape("form responses", [{"#", SUBMITTED}], {"surveys": without_ratings(RESPONSES)})
_fit_to_questions = fitted_to_questions(RESPONSES, META, as_seen=True)


def _fit(table: Table) -> Fitted:
    """The ratings, and how many have answered and not sent it."""
    fitted = _fit_to_questions(table)
    headers = {header.casefold(): header for header in table.headers}
    filled = [pl.col(headers[name.casefold()]).str.strip_chars().str.len_bytes() > 0 for name in ("#", SUBMITTED)]
    is_left = filled[0] & ~filled[1].fill_null(False)
    count = int(table.collect([is_left.alias("left")])["left"].sum())
    said = f"{table.item.name}: {count:,} of the responses were never submitted: they are in no figure"
    return replace(fitted, remarks=[*fitted.remarks, Remark("not-submitted", said, count)]) if count else fitted


READER = Reader(
    title="Typeform",
    shapes=(
        replace(_CSV, zone="UTC", fit=_fit),
        json_shape(
            "responses JSON",
            [{"landing_id", "token", "submitted_at"}],
            {"surveys": Rows(ANSWERS, only_where="_is_nps", each=("answers",))},
            wrappers=("items",),
        ),
    ),
)
