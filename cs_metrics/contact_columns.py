"""Columns that we compute of each call, survey, customer and mention alone: `entities` says what they mean.

Tickets have theirs in `derive`, which joins these to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

import polars as pl

from cs_metrics.entities import INTEGER, NUMBER

_UNKEPT_LIMIT = 0.05
_DEEDS = ("likes", "comments", "shares", "clicks")


def seconds_between(since: str, until: str) -> Callable[[Set[str]], pl.Expr]:
    """The seconds from one instant to another; null where the second lies before the first."""

    def build(have: Set[str]) -> pl.Expr:
        span = (pl.col(until) - pl.col(since)).dt.total_microseconds() / 1e6
        return pl.when(span >= 0).then(span)

    return build


def _is_inbound(have: Set[str]) -> pl.Expr:
    return pl.col("direction").ne_missing("outbound") if "direction" in have else pl.lit(True)


def _of_its_source(told: pl.Expr, have: Set[str]) -> pl.Expr:
    """What is said of all calls of a source together, in each of its rows."""
    return told.over("source") if "source" in have else told


def _is_answered(have: Set[str]) -> pl.Expr:
    by_instant = pl.col("answered_at").is_not_null() if "answered_at" in have else pl.lit(None, pl.Boolean)
    if "outcome" in have:
        # an instant tells that somebody took it; its absence tells nothing where outcomes are told
        is_told = _of_its_source(pl.col("outcome").is_not_null().any(), have)
        return pl.coalesce(pl.col("outcome") == "answered", pl.when(by_instant & is_told).then(True))
    if "talk_seconds" not in have:
        return by_instant
    # where instants are not kept of calls in which people talked, their absence tells nothing of any call
    has_talk = pl.col("talk_seconds") > 0
    unkept = _of_its_source((has_talk & ~by_instant).sum() / has_talk.sum(), have)
    is_kept = (unkept <= _UNKEPT_LIMIT) | unkept.is_nan()  # nobody talked
    return pl.when(is_kept & ~(has_talk & ~by_instant).fill_null(False)).then(by_instant)


def _stated_wait(have: Set[str]) -> list[pl.Expr]:
    return [pl.when(pl.col("wait_seconds") >= 0).then("wait_seconds")] if "wait_seconds" in have else []


def _waiting(have: Set[str]) -> pl.Expr:
    ways = _stated_wait(have)
    if {"started_at", "answered_at"} <= have:
        ways.append(seconds_between("started_at", "answered_at")(have))
    return pl.coalesce(ways)


def _gave_up(have: Set[str]) -> pl.Expr:
    ways = _stated_wait(have)
    if {"started_at", "ended_at"} <= have:
        ways.append(seconds_between("started_at", "ended_at")(have))
    return pl.when(pl.col("outcome") == "abandoned").then(pl.coalesce(ways) if ways else pl.lit(None, NUMBER))


def _handling(have: Set[str]) -> pl.Expr:
    rest = [pl.col(name).fill_null(0) for name in ("hold_seconds", "wrap_seconds") if name in have]
    work = pl.sum_horizontal("talk_seconds", *rest, ignore_nulls=False)
    if not {"outcome", "answered_at"} & have:
        return work
    return pl.when(_is_answered(have).fill_null(True)).then(work)


def _ease_score(have: Set[str]) -> pl.Expr:
    return pl.when(~pl.col("low_is_good")).then("score") if "low_is_good" in have else pl.col("score")


def _is_easy(have: Set[str]) -> pl.Expr:
    above = pl.col("score") - (pl.col("scale_min") + pl.col("scale_max")) / 2
    return pl.when("low_is_good").then(above < 0).otherwise(above > 0) if "low_is_good" in have else above > 0


def _is_dated(have: Set[str]) -> pl.Expr:
    has_left = pl.col("is_churned").fill_null(False) if "is_churned" in have else pl.lit(False)
    return pl.col("started_at").is_not_null() & (pl.col("ended_at").is_not_null() | ~has_left)


def _awaits_reply(have: Set[str]) -> pl.Expr:
    is_others = ~pl.col("is_own_post").fill_null(False) if "is_own_post" in have else pl.lit(True)
    return pl.coalesce("needs_reply", is_others) if "needs_reply" in have else is_others


def _engagements(have: Set[str]) -> pl.Expr:
    deeds = [pl.col(name) for name in _DEEDS if name in have]
    counted = pl.lit(None, INTEGER)
    if deeds:
        is_known = pl.any_horizontal(deed.is_not_null() for deed in deeds)
        counted = pl.when(is_known).then(pl.sum_horizontal(deeds)).cast(INTEGER)
    # an export that states the whole often has some of its parts only
    return pl.coalesce("reported_engagements", counted) if "reported_engagements" in have else counted


CONTACT_COLUMNS: Mapping[str, Callable[[Set[str]], pl.Expr]] = {
    "is_inbound": _is_inbound,
    "is_answered": _is_answered,
    "waiting_seconds": _waiting,
    "gave_up_seconds": _gave_up,
    "handling_seconds": _handling,
    "ease_score": _ease_score,
    "is_easy": _is_easy,
    "follow_up_seconds": seconds_between("answered_at", "followed_up_at"),
    "is_dated": _is_dated,
    "awaits_reply": _awaits_reply,
    "reply_seconds": seconds_between("posted_at", "replied_at"),
    "engagements": _engagements,
}

# What settles the meaning of each, beside the columns from which it can be had.
CONTACT_HELPERS: Mapping[str, tuple[str, ...]] = {
    "is_inbound": ("direction",),
    "is_answered": ("outcome", "answered_at", "talk_seconds"),
    "waiting_seconds": ("wait_seconds", "started_at", "answered_at"),
    "gave_up_seconds": ("wait_seconds", "started_at", "ended_at"),
    "handling_seconds": ("hold_seconds", "outcome", "answered_at"),
    "ease_score": ("low_is_good",),
    "is_easy": ("low_is_good",),
    "is_dated": ("is_churned",),
    "awaits_reply": ("needs_reply", "is_own_post"),
    "engagements": ("reported_engagements", *_DEEDS),
}
