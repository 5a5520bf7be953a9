"""Zendesk Talk: its calls, and its legs (one for each person on a call), put together to calls.

Durations are whole seconds. Neither list says when a call was answered or when it ended. `abandoned_on_hold` is a call
that a person had answered. Legs know no direction and no queue, and nothing of callers who gave up.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Columns, Formula
from cs_metrics.readers._cells import flag, instant, number, one_of, text, words

DIRECTIONS = {"inbound": "inbound", "outbound": "outbound"}
OUTCOMES = {
    **{"completed": "answered", "abandoned_on_hold": "answered", "voicemail": "voicemail", "not_answered": "missed"},
    **dict.fromkeys(("abandoned", "abandoned_in_queue", "abandoned_in_ivr", "abandoned_in_voicemail"), "abandoned"),
}


def _if_answered(name: str) -> Formula:
    """Nobody talked on a call that nobody answered: its zero is none."""
    return Formula((name, "outcome"), lambda: pl.when(pl.col("outcome") == "answered").then(name))


CALLS: Columns = {
    "call_id": text("id"),
    "ticket_id": text("ticket_id"),
    "started_at": instant("created_at"),
    "direction": words("direction", table=DIRECTIONS),
    "_status": words("completion_status", table=OUTCOMES),
    "_to_voicemail": flag("voicemail"),
    "outcome": Formula(
        ("_status",),
        lambda: pl.when("_to_voicemail").then(pl.lit("voicemail")).otherwise("_status"),
        optional=("_to_voicemail",),
    ),
    "wait_seconds": number("wait_time"),
    "_talk": number("talk_time"),
    "talk_seconds": _if_answered("_talk"),
    "_hold": number("hold_time"),
    "hold_seconds": _if_answered("_hold"),
    "_wrap": number("wrap_up_time"),
    "wrap_seconds": _if_answered("_wrap"),
    "assignee": text("agent_id"),
    "queue": text("call_group_id"),
}


def _of_agents(name: str) -> Formula:
    """The sum over the legs of a call on which an agent talked; a call without such a leg has none."""
    sums = pl.col(name).filter("_is_answered").sum().over("call_id")
    return Formula(
        (name, "_is_answered", "call_id"),
        lambda: pl.when(pl.col("_is_answered").any().over("call_id")).then(sums),
    )


# Every leg becomes the row of its whole call, so that the legs of one call are one row many times.
LEGS: Columns = {
    "call_id": text("call_id"),
    "_created_at": instant("created_at"),
    "started_at": Formula(("_created_at", "call_id"), lambda: pl.col("_created_at").min().over("call_id")),
    "_agent": text("agent_id"),
    "_is_completed": one_of("completion_status", values=("completed",)),
    "_is_answered": Formula(
        ("_agent", "_is_completed"), lambda: pl.col("_agent").is_not_null() & pl.col("_is_completed").fill_null(False)
    ),
    "outcome": Formula(
        ("_is_answered", "call_id"),
        lambda: pl.when(pl.col("_is_answered").any().over("call_id")).then(pl.lit("answered")),
    ),
    "_talk": number("talk_time"),
    "talk_seconds": _of_agents("_talk"),
    "_hold": number("hold_time"),
    "hold_seconds": _of_agents("_hold"),
    "_wrap": number("wrap_up_time"),
    "wrap_seconds": _of_agents("_wrap"),
    "assignee": Formula(
        ("_agent", "_is_answered", "_created_at", "call_id"),
        lambda: pl.col("_agent").filter("_is_answered").last().over("call_id", order_by="_created_at"),
    ),
}
