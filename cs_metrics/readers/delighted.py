"""Delighted: the API's survey responses and its webhooks (JSON), one record for each answer, seconds since 1970.

A list may mix kinds of surveys: nps is NPS; csat, smileys, stars and thumbs are CSAT; ces is CES, where high is easy.
Surveys of employees (enps) and of a product's fit (pmf) are read and counted, but are in no metric of customers. A
project asks CSAT with 3 or 5 points and CES with 5 or 7, and no record says which: the answers of the file tell it, one
that passes the shorter scale or 20 that do not. Until then the scale is unknown, and with it who is satisfied.

What it cannot carry: who was asked and did not answer, so that there is no response rate; tickets, agents and teams,
unless your own properties name them (`x_person_properties_…`). Unconfirmed: the words for all kinds but nps, and that
thumbs are 0 and 1. Left out: the dashboard's CSV, whose headers are unconfirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from cs_metrics.entities import NUMBER
from cs_metrics.readers._base import Columns, Fitted, Formula, Reader, Rows, json_shape
from cs_metrics.readers._cells import epoch, identity, is_filled, number, text, words
from cs_metrics.readers._looks import Table
from cs_metrics.readers._remarks import Remark
from cs_metrics.readers._scales import top_of_scale

KINDS = {"nps": "nps", "ces": "ces", **dict.fromkeys(("csat", "smileys", "stars", "thumbs"), "csat")}
OF_NO_CUSTOMER = ("enps", "pmf")
SCALES = {"nps": (0, 10), "smileys": (1, 5), "stars": (1, 5), "thumbs": (0, 1)}
TOPS = {"csat": (3, 5), "ces": (5, 7)}

RESPONSES: Columns = {
    "survey_id": text("id"),
    "_type": words("survey_type", table={kind: kind for kind in KINDS}, blanks=OF_NO_CUSTOMER),
    "kind": words("survey_type", table=KINDS, blanks=OF_NO_CUSTOMER),
    "answered_at": epoch("created_at"),
    "score": number("score"),
    "has_comment": is_filled("comment"),
    "respondent": identity("person", "person.id"),
}


def _by_type(values: Mapping[str, float]) -> pl.Expr:
    return pl.col("_type").replace_strict(values, default=None, return_dtype=NUMBER)


def _fit(table: Table) -> Fitted:
    """The responses, with the scales that the answers of the whole file show."""
    kind, score = ({header.casefold(): header for header in table.headers}[name] for name in ("survey_type", "score"))
    seen = table.collect([pl.col(kind).str.to_lowercase(), pl.col(score).cast(NUMBER, strict=False)]).drop_nulls()
    answers = {each: seen.filter(pl.col(kind) == each)[score].to_list() for each in TOPS}
    tops = {each: top_of_scale(max(given), len(given), TOPS[each]) for each, given in answers.items() if given}
    scales = SCALES | {each: (1, top) for each, top in tops.items() if top is not None}
    ends: Columns = {
        "scale_min": Formula(("_type",), lambda: _by_type({each: least for each, (least, _) in scales.items()})),
        "scale_max": Formula(("_type",), lambda: _by_type({each: most for each, (_, most) in scales.items()})),
    }
    remarks = [
        Remark(
            "scale-unknown",
            f"{table.item.name}: {len(answers[each])} answers to {each.upper()} and none above {TOPS[each][0]}: "
            f"whether the scale ends at {' or '.join(map(str, TOPS[each]))} is not told",
            len(answers[each]),
        )
        for each, top in tops.items()
        if top is None
    ]
    return Fitted({"surveys": Rows({**RESPONSES, **ends})}, remarks)


_SURVEYS = json_shape(
    "survey responses",
    [{"survey_type", "score", "permalink"}],
    {"surveys": Rows(RESPONSES)},
    wrappers=("event_data",),
)

READER = Reader(title="Delighted", shapes=(replace(_SURVEYS, fit=_fit),))
