"""The surveys of a form: a row for each rating of each response, once it is known which questions are ratings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import polars as pl

from cs_metrics.entities import FLAG, NUMBER
from cs_metrics.readers._base import Cell, Columns, Fitted, Formula, Rows
from cs_metrics.readers._cells import points
from cs_metrics.readers._looks import Table
from cs_metrics.readers._questions import NO_ANSWERS, NUMBERED, Rating, find_ratings
from cs_metrics.readers._remarks import Remark

RESPONSE = "_survey_id"  # of the response; with what was asked behind it, it is that of a survey


# a blank line would else become as many surveys as there are ratings
_IS_THERE = Cell((), lambda cell, _: cell.is_not_null(), FLAG, is_row_number=True, can_fail=False)


def without_ratings(columns: Columns) -> Rows:
    """A row for each response; among the columns is `RESPONSE`."""
    return Rows({**columns, "survey_id": Formula((RESPONSE,), lambda: pl.col(RESPONSE))})


def fitted_to_questions(columns: Columns, others: Collection[str], as_seen: bool) -> Callable[[Table], Fitted]:
    """What a shape does with a form: see `find_ratings`. A question that somebody left out is an empty answer."""
    folded = {header.casefold() for header in others}

    def fit(table: Table) -> Fitted:
        ratings, remarks = find_ratings(table, folded, as_seen)
        rows = _with_ratings(columns, ratings) if ratings else without_ratings(columns)
        return Fitted({"surveys": rows}, remarks)

    return fit


def without_questions(rows: Rows, lack: str, remedy: str) -> Callable[[Table], Fitted]:
    """What a shape does whose files do not tell what was asked: rows without scores, and a remark on what helps."""

    def fit(table: Table) -> Fitted:
        text = f"{table.item.name}: {lack}, so no rating is read; {remedy}"
        return Fitted({"surveys": rows}, [Remark("survey-question-unclear", text)])

    return fit


def _with_ratings(columns: Columns, ratings: Sequence[Rating]) -> Rows:
    kinds = [rating.kind for rating in ratings]
    answers = {f"_{rating.kind}": _answer(rating) for rating in ratings}

    def by_kind(*values: float | str) -> pl.Expr:
        """For each row the value, or the column's, of what was asked."""
        found = pl.lit(None, NUMBER)
        for kind, value in zip(kinds, values, strict=True):
            found = pl.when(pl.col("_asked") == kind).then(value).otherwise(found)
        return found

    asked: Columns = {
        "_asked": Formula((), lambda: pl.lit(kinds, pl.List(pl.String))),
        "survey_id": Formula((RESPONSE, "_asked"), lambda: pl.format("{} {}", RESPONSE, "_asked")),
        "kind": Formula(("_asked",), lambda: pl.col("_asked")),
        "score": Formula(("_asked", *answers), lambda: by_kind(*answers)),
        "scale_min": Formula(("_asked",), lambda: by_kind(*(rating.least for rating in ratings))),
        "scale_max": Formula(("_asked",), lambda: by_kind(*(rating.most for rating in ratings))),
    }
    return Rows({**columns, **answers, **asked, "_is_there": _IS_THERE}, only_where="_is_there", spread="_asked")


def _answer(rating: Rating) -> Cell:
    """A rating's answers as points."""
    blanks = tuple(spell(word) for word in NO_ANSWERS for spell in (str, str.upper, str.capitalize, str.title))
    if rating.words is not None:
        return points(rating.header, table=rating.words, blanks=blanks)
    return Cell((rating.header,), lambda cell, _: cell.str.extract(NUMBERED).cast(NUMBER), NUMBER, blanks)
