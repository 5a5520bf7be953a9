"""Zendesk's ticket metric events: when each clock started, stopped, got a target and passed it, one event a row.

A page holds a hundred events, so that those of one ticket lie in several files: they are read one by one, and cycles
are told from all of them together. A ticket becomes a row where a file has the start of its first reply clock, which is
its creation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Cell, Columns, Formula, first_filled
from cs_metrics.readers._cells import count, flag, instant, number, one_of, text, words

MEASURES = {
    **{"periodic_update_time": "periodic_update", "pausable_update_time": "pausable_update"},
    **{"requester_wait_time": "requester_wait", "agent_work_time": "agent_work"},
    **{"resolution_time": "full_resolution_time", "reply_time": "next_reply_time"},  # the first one is told apart
}
EVENTS = {
    **{"activate": "start", "pause": "pause", "fulfill": "stop", "breach": "breach"},
    **{"apply_sla": "target", "apply_group_sla": "target"},
}

CREATIONS: Columns = {
    "ticket_id": text("ticket_id"),
    "created_at": instant("time"),
    "_is_creation": replace(one_of("metric", "instance_id", "type", values=("reply_time 1 activate",)), joined=True),
}


def _of_target(name: str, cell: Callable[[str], Cell], *keys: str) -> Columns:
    """What a target says, of the ticket's policy or of its group's (that key is unconfirmed)."""
    paths = [f"{kind}.{key}" for key in keys for kind in ("sla", "group_sla")]
    cells = {f"_{name}_{place}": cell(path) for place, path in enumerate(paths)}
    return {**cells, name: first_filled(*cells)}


def _seconds(path: str) -> Cell:
    return number(path, times=1 if path.endswith("_in_seconds") else 60)


SLA_EVENTS: Columns = {
    "event_id": text("id"),
    "ticket_id": text("ticket_id"),
    "happened_at": instant("time"),
    "measure": text("metric"),
    "cycle": text("instance_id"),
    "_instance": count("instance_id"),
    "_clock": replace(words("metric", table=MEASURES), can_fail=False),  # of groups' clocks we have no words
    "clock": Formula(
        ("_clock", "measure"),
        lambda: (
            pl.when((pl.col("measure") == "reply_time") & (pl.col("_instance") == 1))
            .then(pl.lit("first_reply_time"))
            .otherwise("_clock")
        ),
        optional=("_instance",),
    ),
    "event": replace(words("type", table=EVENTS), can_fail=False),  # others measure, and move no clock
    "_is_event": one_of("type", values=tuple(EVENTS)),
    "is_undone": flag("deleted"),
    **_of_target("policy", text, "policy.title"),
    **_of_target("target_seconds", _seconds, "target_in_seconds", "target"),
    **_of_target("in_business_hours", flag, "business_hours"),
}
