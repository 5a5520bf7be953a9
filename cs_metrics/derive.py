"""Columns that we compute: `entities` says what they mean, this says how. Built only when something asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

import polars as pl

from cs_metrics.calendars import BusinessHours
from cs_metrics.contact_columns import CONTACT_COLUMNS, CONTACT_HELPERS, seconds_between
from cs_metrics.entities import CALENDAR, FRAMES, INSTANT, INTEGER

BUSY_TICKETS, BUSY_DAYS = 50, 30
_SPREAD, _BIAS = 1 << 33, 1 << 32  # seconds from 1834 to 2106: requester and second in one sortable number


def can_derive(frame: str, name: str, have: Set[str]) -> bool:
    """Whether a derived column can be built from the columns at hand."""
    return any(set(way) <= have for way in ways_of(frame, name, have))


def ways_of(frame: str, name: str, have: Set[str]) -> list[tuple[str, ...]]:
    """The sets of columns that each suffice. Who names a calendar wants that one, not the hours of the helpdesk."""
    ways = FRAMES[frame].derived[name].ways
    return [way for way in ways if CALENDAR not in have or not _is_vendors_business(way[0])]


def _is_vendors_business(name: str) -> bool:
    return name.startswith("reported_") and name.endswith("_business_seconds")


def rests_on(frame: str, name: str) -> set[str]:
    """The columns from which one can be had: itself or what it is computed from, and what settles their meaning.

    Among them are the names of other frames and of rules (`changes`, `a calendar`) where a way needs those.
    """
    declared, found, open_ends = FRAMES[frame], set[str](), [name]
    while open_ends:
        column = open_ends.pop()
        if column in found:
            continue
        found.add(column)
        if column in declared.derived:
            open_ends += [each for way in declared.derived[column].ways for each in way]
        if column.endswith("_business_seconds") and column in declared.derived:
            open_ends.append(column.replace("_business", ""))
        open_ends += _HELPERS.get(column, ())
    return found


_HELPERS = {
    "first_reply_seconds": ("reported_durations_exact",),
    "first_resolution_seconds": ("reported_durations_exact", "first_solved_at", "solved_at", "closed_at", "status"),
    "full_resolution_seconds": ("reported_durations_exact", "solved_at", "closed_at", "status"),
    "is_solved": ("solved_at", "status"),
    "next_contact_at": ("status", "closed_at", "is_spam"),
    "is_contact_traceable": ("is_spam",),
    "solved_at": ("status", "closed_at"),
    "first_solved_at": ("created_at", "reported_first_resolution_seconds", "status", "closed_at", "solved_at"),
    "is_satisfied": ("score", "scale_min", "scale_max", "low_is_good"),
    **CONTACT_HELPERS,
}


def settled(frame: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `solved_at`, `first_solved_at` and `is_satisfied` as `entities` defines them."""
    have = set(rows.columns)
    if frame == "tickets":
        return rows.with_columns(_settled_tickets(have))
    if frame == "surveys" and {"score", "scale_min", "scale_max"} <= have:
        by_scale = satisfied_by_scale(pl.col("low_is_good") if "low_is_good" in have else pl.lit(False))
        given = pl.coalesce("is_satisfied", by_scale) if "is_satisfied" in have else by_scale
        return rows.with_columns(given.alias("is_satisfied"))
    return rows


def _settled_tickets(have: Set[str]) -> list[pl.Expr]:
    columns = []
    last = [pl.col(name) for name in ("solved_at", "closed_at") if name in have]
    if last and "status" in have:
        may_be_done = pl.col("status").is_in(["solved", "closed"]) | pl.col("status").is_null()
        columns.append(pl.when(may_be_done).then(pl.coalesce(last)).alias("solved_at"))
    elif last:
        columns.append(pl.coalesce(last).alias("solved_at"))
    first = [pl.col("first_solved_at")] if "first_solved_at" in have else []
    if {"created_at", "reported_first_resolution_seconds"} <= have:
        span = pl.duration(microseconds=(pl.col("reported_first_resolution_seconds") * 1e6).cast(INTEGER))
        first.append(pl.col("created_at") + span)
    if first:
        columns.append(
            pl.coalesce([*first, *(c.alias("first_solved_at") for c in columns[:1])]).alias("first_solved_at")
        )
    return columns


def satisfied_by_scale(low_is_good: pl.Expr) -> pl.Expr:
    """A happy answer by the width of the scale: the top of 2 or 3, the top two of 4 to 7, 9 and 10 of 0 to 10.

    Of a scale on which the low answers are the good ones it is the other end.
    """
    points = pl.col("scale_max") - pl.col("scale_min") + 1
    from_the_best = pl.when(points <= 3).then(0).when(points <= 11).then(1)
    distance = pl.when(low_is_good).then(pl.col("score") - pl.col("scale_min"))
    return distance.otherwise(pl.col("scale_max") - pl.col("score")) <= from_the_best


def absent_columns(
    frame: str, have: Set[str], names: Iterable[str], hours: BusinessHours | None = None
) -> list[pl.Expr]:
    """Of these columns the ones that settled rows lack and that can be had: row-level derived ones, and flags as no."""
    declared, found = FRAMES[frame], []
    for name in dict.fromkeys(names):
        if name in have:
            continue
        if name in declared.derived and can_derive(frame, name, have):
            column = _row_level(frame, name, have, hours)
            if column is not None:
                found.append(column.alias(name))
        elif name in declared.columns and declared.columns[name].default is not None:
            found.append(pl.lit(declared.columns[name].default).alias(name))
    return found


def _row_level(frame: str, name: str, have: Set[str], hours: BusinessHours | None) -> pl.Expr | None:
    """How one derived column is computed of each row alone; None where it takes more than the row."""
    if name in _ROW_LEVEL:
        return _ROW_LEVEL[name](have)
    if name in _BUSINESS:
        return _business_span(name, have, hours)
    reported = f"reported_{name.replace('_with_solved', '')}"
    return pl.col(reported) if reported in have and (hours is None or not _is_vendors_business(reported)) else None


def _is_solved(have: Set[str]) -> pl.Expr:
    by_date = pl.col("solved_at").is_not_null()
    if "status" not in have:
        return by_date
    by_status = pl.col("status").is_in(["solved", "closed"])
    return pl.coalesce(by_status, by_date) if "solved_at" in have else by_status


def _span(since: str, until: str, reported: str) -> Callable[[Set[str]], pl.Expr]:
    def build(have: Set[str]) -> pl.Expr:
        computed = (pl.col(until) - pl.col(since)).dt.total_microseconds() / 1e6 if {since, until} <= have else None
        stated = pl.col(reported) if reported in have else None
        if computed is not None and stated is not None:
            span = pl.coalesce(computed, stated)
            if "reported_durations_exact" in have:
                exact = pl.col("reported_durations_exact").fill_null(False)
                span = pl.when(exact).then(pl.coalesce(stated, computed)).otherwise(span)
        else:
            (span,) = (each for each in (computed, stated) if each is not None)
        return pl.when(span >= 0).then(span)

    return build


def _full_resolution(have: Set[str]) -> pl.Expr:
    span = _span("created_at", "solved_at", "reported_full_resolution_seconds")(have)
    return pl.when(_is_solved(have)).then(span) if {"status", "solved_at"} & have else span


def _first_resolution(have: Set[str]) -> pl.Expr:
    if {"first_solved_at", "reported_first_resolution_seconds"} & have:
        return _span("created_at", "first_solved_at", "reported_first_resolution_seconds")(have)
    return _full_resolution(have)


def _business_span(name: str, have: Set[str], hours: BusinessHours | None) -> pl.Expr:
    """The open seconds of a span that `name` without "business" measures; without a calendar as reported."""
    if hours is None:
        return pl.col(f"reported_{name}")
    since, seconds = pl.col(_BUSINESS[name]), _ROW_LEVEL[name.replace("_business", "")](have)
    return hours.between(since, since + pl.duration(microseconds=(seconds * 1e6).round().cast(INTEGER)))


_ROW_LEVEL: dict[str, Callable[[Set[str]], pl.Expr]] = {
    "is_solved": _is_solved,
    "first_reply_seconds": _span("created_at", "first_reply_at", "reported_first_reply_seconds"),
    "first_resolution_seconds": _first_resolution,
    "full_resolution_seconds": _full_resolution,
    "first_assignment_seconds": seconds_between("created_at", "first_assigned_at"),
    "assignment_to_resolution_seconds": seconds_between("last_assigned_at", "solved_at"),
    "first_reopened_at": lambda have: pl.lit(None, INSTANT),  # the history gives it, where there is one
    "response_seconds": seconds_between("asked_at", "replied_at"),
    "spell_seconds": seconds_between("began_at", "__until"),
    "reopens_to_open": lambda have: pl.col("reopens"),
    **CONTACT_COLUMNS,
}
_BUSINESS = {  # each with the instant from which its span runs
    "first_reply_business_seconds": "created_at",
    "first_resolution_business_seconds": "created_at",
    "full_resolution_business_seconds": "created_at",
    "first_assignment_business_seconds": "created_at",
    "assignment_to_resolution_business_seconds": "last_assigned_at",
    "response_business_seconds": "asked_at",
    "spell_business_seconds": "began_at",
}
OVER_THE_WHOLE_FRAME = frozenset({"next_contact_at", "is_contact_traceable"})


def next_contacts(rows: pl.DataFrame, asked: Iterable[str]) -> tuple[list[pl.Series], int]:
    """`next_contact_at` and `is_contact_traceable` of settled tickets, before anything leaves the population.

    Merged-away tickets are contacts, spam is none. Requesters with more than 50 tickets in any 30 days are mailboxes
    or integrations: theirs cannot be traced. Returns the columns asked for and the number of tickets left out so.
    """
    several = rows["source"].n_unique() > 1
    who = pl.concat_str("source", "requester", separator="\x1f") if several else pl.col("requester")
    is_solved = rows["solved_at"].is_not_null() if "solved_at" in rows.columns else pl.lit(False)
    keyed = rows.select(
        # ranks of hashes: two of a million requesters fall together once in a hundred million files
        code=pl.when(pl.col("requester").is_not_null()).then(who.hash().rank("dense").cast(INTEGER)) * _SPREAD,
        created=pl.col("created_at").dt.epoch("s") + _BIAS,
        # a ticket "solved" before it was opened is not its own next contact
        solved=pl.max_horizontal("solved_at", "created_at").dt.epoch("s").add(_BIAS)
        if "solved_at" in rows.columns
        else pl.lit(None, INTEGER),
    ).with_columns(pl.when(is_solved).then("solved").alias("solved"))
    is_spam = (
        rows["is_spam"].fill_null(False)
        if "is_spam" in rows.columns
        else pl.Series([False]).new_from_index(0, rows.height)
    )
    contacts = keyed.filter(~is_spam).select(at=pl.col("code") + pl.col("created")).drop_nulls().sort("at")
    busy = _busy_requesters(contacts["at"])
    is_busy = (
        (keyed["code"] // _SPREAD).is_in(busy.implode())
        if len(busy)
        else pl.Series([False]).new_from_index(0, rows.height)
    )
    columns = []
    if "next_contact_at" in asked:
        solves = keyed.select(at=pl.col("code") + pl.col("solved")).with_row_index("row").drop_nulls().sort("at")
        met = solves.join_asof(
            contacts.with_columns(next="at"), on="at", strategy="forward", allow_exact_matches=False
        ).filter(pl.col("next") // _SPREAD == pl.col("at") // _SPREAD)
        seconds = pl.Series([None], dtype=INTEGER).new_from_index(0, rows.height).scatter(met["row"], met["next"])
        next_at = pl.from_epoch(seconds % _SPREAD - _BIAS, "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
        columns.append(next_at.alias("next_contact_at"))
    if "is_contact_traceable" in asked:
        columns.append((rows["requester"].is_not_null() & ~is_busy.fill_null(False)).alias("is_contact_traceable"))
    return columns, int(is_busy.sum())


def _busy_requesters(contacts: pl.Series) -> pl.Series:
    """Codes of requesters whose 51st next contact lies within 30 days of some contact; `contacts` is sorted."""
    later = contacts.shift(-BUSY_TICKETS)
    return (contacts.filter((later - contacts) <= BUSY_DAYS * 86400) // _SPREAD).unique()
