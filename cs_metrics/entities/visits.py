"""The frame of visits: what the help centre was used for."""

from __future__ import annotations

from cs_metrics.entities._base import SOURCE, Frame, count, instant, text

VISIT = Frame(
    row="help-centre use in one slot of time",
    key=("site", "slot_start", "page"),
    dates=("slot_start",),
    required=("slot_start",),
    columns=SOURCE
    | {
        "site": text("the help centre"),
        "slot_start": instant("when the slot begins"),
        "page": text("the page"),
    }
    | {
        name: count(name.replace("_", " "))
        for name in (
            *("views", "visitors", "searches", "failed_searches", "votes_up", "votes_down"),
            *("tickets_created", "bot_conversations", "bot_resolved"),
        )
    },
)
