"""Aircall: Analytics → Call history → Export (CSV), the API's calls and its webhooks (JSON), a row for each call.

JSON counts seconds since 1970. The CSV names the zone of its times in the header (`datetime (UTC)`); a file that has
only a call start time does not: say it with --source-tz. The choice of columns depends on the product's generation.

Only calls that came in have an outcome: answered, else by the reason why not. Who hung up at once or in the menu has
abandoned; who called outside opening hours, or spoke with the voice bot alone, has no outcome: nobody was to answer.
The wait begins with the call, so that greeting and menu are in it; callers who left a message are told without one.
Talk is the time from answering to the end, hold included. The queue is the line that rang; the CSV's team is `x_team`,
and why a call was not answered `x_missed_call_reason`.

What it cannot carry: hold apart from talk, work after the call, whether it was resolved, tickets; in JSON teams and
tags. Unconfirmed: the words `refused` and `AI Call`, headers in other languages. Left out: a CSV that has no other
time than `datetime (tz offset incl.)`, which is that of each line's own zone.
"""

from __future__ import annotations

import re
from itertools import product

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, csv_shape, first_filled, json_shape
from cs_metrics.readers._cells import duration, epoch, flag, instant, is_filled, text, truths, words
from cs_metrics.readers._headings import ZONE_NAME

TIMES = ("datetime", "call start time")
WHY_NOT = ("missed_call_reason", "missed cause", "unanswered call reason")
NOBODY = ("[No associated user]",)
ZONE_IN_HEADER = re.compile(rf"^(datetime)\s*\(({ZONE_NAME})\)$", re.IGNORECASE)

NONE_TO_ANSWER = "none to answer"
DIRECTIONS = {"inbound": "inbound", "outbound": "outbound"}
REASONS = {
    **dict.fromkeys(("short_abandoned", "abandoned_in_ivr", "abandoned_in_classic"), "abandoned"),
    **dict.fromkeys(("no_available_agent", "agents_did_not_answer"), "missed"),
    "out_of_opening_hours": NONE_TO_ANSWER,
}
TYPES = {
    **{word: word for word in ("answered", "abandoned", "missed", "voicemail")},
    "refused": "missed",
    "out of business hours": NONE_TO_ANSWER,
    "ai call": NONE_TO_ANSWER,
}
TYPES_OF_INBOUND = {f"inbound{dash}{word}": meaning for word, meaning in TYPES.items() for dash in (" - ", "-")}
OUTBOUND = ("Outbound", "outbound")
DIRECTION_TYPES = DIRECTIONS | dict.fromkeys(TYPES_OF_INBOUND, "inbound")


def _outcome() -> pl.Expr:
    """What became of a call that came in, by all that the file says of it."""
    happened = pl.coalesce("_type", "_reason")
    return pl.when(pl.col("direction") == "inbound").then(
        pl.when("_is_answered")
        .then(pl.lit("answered"))
        .when((pl.col("_reason") == NONE_TO_ANSWER) | (happened == NONE_TO_ANSWER))
        .then(None)
        .when("_has_voicemail")
        .then(pl.lit("voicemail"))
        .otherwise(pl.coalesce(happened, pl.when(~pl.col("_is_answered")).then(pl.lit("missed"))))
    )


# Who gave up and whom nobody answered only a reason or a type tells apart.
OUTCOME = Formula(("direction", "_is_answered", "_why"), _outcome, optional=("_type", "_reason", "_has_voicemail"))
WAITED = ("answered", "abandoned", "missed")


def _seconds(since: str, until: str) -> pl.Expr:
    return (pl.col(until) - pl.col(since)).dt.total_microseconds() / 1e6


def _after(seconds: pl.Expr) -> pl.Expr:
    return pl.col("started_at") + pl.duration(microseconds=(seconds * 1e6).cast(pl.Int64))


JSON_CALLS: Columns = {
    "call_id": text("id"),
    "started_at": epoch("started_at"),
    "answered_at": epoch("answered_at"),
    "ended_at": epoch("ended_at"),
    "direction": words("direction", table=DIRECTIONS),
    "assignee": text("user.name"),
    "queue": text("number.name"),
    "_is_done": truths("status", table={"done": True, "initial": False, "answered": False}),
    "_reason": words("missed_call_reason", table=REASONS),
    "x_missed_call_reason": text("missed_call_reason"),
    "_why": first_filled("_reason"),
    "_has_voicemail": is_filled("voicemail"),
    "_is_answered": Formula(  # of a call that still rings nobody knows
        ("answered_at", "ended_at"),
        lambda: pl.when(pl.any_horizontal("_is_done", pl.col("answered_at", "ended_at").is_not_null())).then(
            pl.col("answered_at").is_not_null()
        ),
        optional=("_is_done",),
    ),
    "outcome": OUTCOME,
    "wait_seconds": Formula(
        ("outcome", "started_at", "answered_at"),
        lambda: pl.when(pl.col("outcome").is_in(WAITED)).then(
            pl.coalesce(_seconds("started_at", "answered_at"), _seconds("started_at", "ended_at"))
        ),
        optional=("ended_at",),
    ),
    "talk_seconds": Formula(("answered_at", "ended_at"), lambda: _seconds("answered_at", "ended_at")),
}

CSV_CALLS: Columns = {
    "call_id": text("call id (internal)", "call id", "call id (uuid)"),  # the first is that of the API
    "started_at": instant(*TIMES),
    "direction": words("direction", "call direction", "call direction - type", table=DIRECTION_TYPES),
    "assignee": text("user", blanks=NOBODY),
    "queue": text("line"),
    "_answered": flag("answered"),
    "_type": words("call type", "call direction - type", table=TYPES | TYPES_OF_INBOUND, blanks=OUTBOUND),
    "_reason": words(*WHY_NOT, table=REASONS),
    "x_missed_call_reason": text(*WHY_NOT),
    "_why": first_filled("_type", "_reason"),
    "_has_voicemail": is_filled("voicemail", blanks=("No", "no")),
    "_is_answered": Formula(
        (),
        lambda: pl.coalesce(
            "_answered", pl.col("_type") == "answered", pl.when(pl.col("_reason").is_not_null()).then(False)
        ),
        optional=("_answered", "_type", "_reason"),
    ),
    "outcome": OUTCOME,
    "_total": duration("duration (total)", unit=1),
    "_in_call": duration("duration (in call)", "in-call duration", "in call duration", unit=1),
    "_waiting": duration("waiting time", unit=1),
    "_wait": Formula(
        (),
        lambda: pl.coalesce("_waiting", pl.col("_total") - pl.when("_is_answered").then("_in_call").otherwise(0.0)),
        optional=("_waiting", "_total", "_in_call", "_is_answered"),
    ),
    "wait_seconds": Formula(("outcome", "_wait"), lambda: pl.when(pl.col("outcome").is_in(WAITED)).then("_wait")),
    "talk_seconds": Formula(
        ("_is_answered",),
        lambda: pl.when("_is_answered").then(pl.coalesce("_in_call", pl.col("_total") - pl.col("_waiting"))),
        optional=("_in_call", "_total", "_waiting"),
    ),
    "answered_at": Formula(
        ("started_at", "_is_answered", "_wait"), lambda: pl.when("_is_answered").then(_after(pl.col("_wait")))
    ),
    "ended_at": Formula(("started_at", "_total"), lambda: _after(pl.col("_total"))),
}  # fmt: skip

_CSV_KEYS = (
    *product(("call id (internal)", "call id (uuid)"), TIMES, (*WHY_NOT, "call type", "call direction - type")),
    *product(("call id",), TIMES, WHY_NOT),
)

READER = Reader(
    title="Aircall",
    shapes=(
        csv_shape(
            "call history", [set(keys) for keys in _CSV_KEYS], {"calls": Rows(CSV_CALLS)}, header_pattern=ZONE_IN_HEADER
        ),
        json_shape(
            "calls JSON",
            [{"id", "raw_digits", "direction", "started_at"}],
            {"calls": Rows(JSON_CALLS)},
            wrappers=("calls", "call", "data"),
        ),
    ),
)
