"""Who leaves the population, and for which reason: nothing is dropped silently."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cs_metrics import derive
from cs_metrics.dataset import STAYS, Dataset, count_out
from cs_metrics.entities import TEXT
from cs_metrics.expressions import RowExpression
from cs_metrics.past import UNBORN
from cs_metrics.result import Note

FLAG_REASONS = {
    "is_spam": "spam",
    "is_merged": "merged",
    "is_test": "test",
    "is_trial": "trial",
    "is_deleted": "deleted",
}

ANSWERS = frozenset({"score", "is_satisfied"})  # one of them filled is an answer


def exclude_rows(dataset: Dataset, exclude: Sequence[RowExpression]) -> None:
    """Takes rows out of the population, tickets first: what hangs on an excluded ticket leaves with it."""
    gone = None
    for frame in sorted(dataset.frames, key=lambda name: name != "tickets"):
        rows = dataset.frames.pop(frame)
        if frame == "surveys":
            rows = _with_answered(_surveys_over_embedded(dataset, rows))
        named = [name for test in exclude if test.frame == frame for name in test.columns]
        absent = derive.absent_columns(frame, set(rows.columns), named)
        rows = rows.with_columns(absent)
        for name in sorted(set(named) - set(rows.columns)):
            dataset.notes.append(Note("exclude-unknown", f"nothing is excluded by {name}: it is not in these files"))
        tests = _reasons(frame, rows, exclude)
        if gone is not None and "ticket_id" in rows.columns and frame != "tickets":
            keys = (
                ["source", "ticket_id"]
                if len({*rows["source"].unique(), *gone["source"].unique()}) > 1
                else ["ticket_id"]
            )
            left_with = rows.select(keys).join(
                gone.select(*keys, "__ticket"), on=keys, how="left", maintain_order="left"
            )
            rows = rows.with_columns(left_with["__ticket"])
        leaves = [test.fill_null(False) for _, test in tests]
        leaves += [pl.col("__ticket").is_not_null()] if "__ticket" in rows.columns else []
        is_left = rows.select(pl.any_horizontal(leaves)).to_series() if leaves else pl.Series([False])
        if is_left.any():
            reasons: list[pl.Expr] = [pl.when(test).then(pl.lit(reason)) for reason, test in tests]
            reasons += [pl.col("__ticket")] if "__ticket" in rows.columns else []
            left = rows.filter(is_left).with_columns(pl.coalesce(reasons).cast(TEXT).alias("__excluded"))
            if frame == "tickets" and "ticket_id" in left.columns:
                gone = left.select("source", "ticket_id", __ticket="__excluded")
            for reason in left["__excluded"].unique().sort():
                count_out(dataset, frame, left.filter(pl.col("__excluded") == reason), reason)
        rows = rows.drop([UNBORN, "__ticket", *(column.meta.output_name() for column in absent)], strict=False)
        dataset.frames[frame] = rows.with_columns((~is_left).alias(STAYS)) if is_left.any() else rows


def _reasons(frame: str, rows: pl.DataFrame, exclude: Sequence[RowExpression]) -> list[tuple[str, pl.Expr]]:
    have = set(rows.columns)
    reasons = [("deleted", pl.col("status") == "deleted")] if frame == "tickets" and "status" in have else []
    reasons += [(reason, pl.col(flag)) for flag, reason in FLAG_REASONS.items() if flag in have]
    reasons += [("profile", test.expr) for test in exclude if frame == test.frame and set(test.columns) <= have]
    if UNBORN in have:
        reasons.append(("after_as_of", pl.col(UNBORN)))
    return reasons


def _surveys_over_embedded(dataset: Dataset, rows: pl.DataFrame) -> pl.DataFrame:
    """Without ratings read off a ticket's row where there is a survey row of the same ticket and kind."""
    if not {"embedded", "ticket_id", "kind"} <= set(rows.columns) or not rows["embedded"].any():
        return rows
    keys = ["source", "ticket_id", "kind"]
    is_embedded = pl.col("embedded").fill_null(False)
    own = rows.filter(~is_embedded).select(keys).unique()
    if own.is_empty():
        return rows
    doubled = rows.filter(is_embedded).join(own, on=keys, how="semi")
    count_out(dataset, "surveys", doubled, "duplicates")
    return pl.concat([rows.filter(~is_embedded), rows.filter(is_embedded).join(own, on=keys, how="anti")])


def _with_answered(rows: pl.DataFrame) -> pl.DataFrame:
    """Answers are answered; but only where a source lists the unanswered too does that say how many answer."""
    answers = [pl.col(name).is_not_null() for name in sorted(ANSWERS) if name in rows.columns]
    if "is_answered" not in rows.columns or not answers or not rows["is_answered"].null_count():
        return rows
    lists_unanswered = (~pl.col("is_answered")).any().over("source", "kind")
    told = pl.when(lists_unanswered & pl.any_horizontal(answers)).then(pl.lit(True))
    return rows.with_columns(pl.coalesce("is_answered", told).alias("is_answered"))
