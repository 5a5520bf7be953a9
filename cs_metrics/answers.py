"""What stands around a survey's answer: the other answers about its ticket, and whether a person came back on it.

Only answers of the population are looked at, and of messages those that are public and by people.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import FLAG

ORDER = frozenset({"is_first_answer", "last_is_satisfied"})
FOLLOW_UP = frozenset({"has_conversation", "followed_up_at", "follow_up_seconds"})
_SUBJECT = ["source", "ticket_id"]
_ROW = "__row"


def with_order(surveys: pl.DataFrame, stays: pl.Expr) -> pl.DataFrame:
    """With `is_first_answer` and `last_is_satisfied`; at one instant the survey's number decides.

    Answers without a ticket, an instant or a verdict stand in no order: theirs are null.
    """
    if not {*_SUBJECT, "kind", "answered_at", "is_satisfied"} <= set(surveys.columns):
        return surveys
    numbered = surveys.with_row_index(_ROW)
    told = [pl.col(name).is_not_null() for name in ("ticket_id", "answered_at", "is_satisfied")]
    subject = [*_SUBJECT, "kind"]
    ordered = numbered.filter(stays, *told).sort("answered_at", "survey_id")
    found = ordered.select(
        _ROW,
        pl.struct(subject).is_first_distinct().alias("is_first_answer"),
        pl.col("is_satisfied").last().over(subject).alias("last_is_satisfied"),
    )
    return numbered.join(found, on=_ROW, how="left", maintain_order="left").drop(_ROW)


def with_follow_up(surveys: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """With `followed_up_at` and `has_conversation`, of answers that name a ticket; null for the others."""
    if not {"ticket_id", "answered_at"} <= set(surveys.columns):
        return surveys
    numbered = surveys.with_row_index(_ROW)
    asked = numbered.select(_ROW, *_SUBJECT, "answered_at").drop_nulls().sort("answered_at")
    by_people = (pl.col("author_role") == "agent") & pl.col("is_public").fill_null(False)
    replies = messages.filter(by_people).select(*_SUBJECT, followed_up_at="sent_at").drop_nulls().sort("followed_up_at")
    next_reply = asked.join_asof(
        replies,
        left_on="answered_at",
        right_on="followed_up_at",
        by=_SUBJECT,
        strategy="forward",
        allow_exact_matches=False,
        coalesce=False,
        check_sortedness=False,
    ).select(_ROW, "followed_up_at")
    spoken = messages.select(_SUBJECT).unique().with_columns(pl.lit(True).alias("has_conversation"))
    joined = numbered.join(next_reply, on=_ROW, how="left", maintain_order="left")
    joined = joined.join(spoken, on=_SUBJECT, how="left", maintain_order="left")
    is_told = pl.col("ticket_id").is_not_null()
    verdict = pl.when(is_told).then(pl.col("has_conversation").fill_null(False)).cast(FLAG)
    return joined.with_columns(verdict.alias("has_conversation")).drop(_ROW)
