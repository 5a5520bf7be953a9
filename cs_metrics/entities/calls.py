"""The frame of calls."""

from __future__ import annotations

from cs_metrics.entities._base import (
    FLAG,
    SOURCE,
    TEXT,
    TICKET_LINK,
    Column,
    Derived,
    Frame,
    instant,
    seconds,
    span,
    text,
)

CALL_OUTCOMES = ("answered", "abandoned", "missed", "voicemail")

CALL = Frame(
    row="one call",
    key=("call_id",),
    dates=("started_at", "answered_at", "ended_at"),
    required=("call_id", "started_at"),
    columns=SOURCE
    | {
        "call_id": text("the call's number"),
        "ticket_id": text("the ticket it belongs to"),
        "started_at": instant("when it came in"),
        "answered_at": instant("when a person took it"),
        "ended_at": instant("when it ended"),
        "direction": Column(TEXT, "who called whom", words=("inbound", "outbound")),
        "outcome": Column(TEXT, "what became of it", words=CALL_OUTCOMES),
        "wait_seconds": seconds("time before a person answered"),
        "talk_seconds": seconds("time spent talking"),
        "hold_seconds": seconds("time on hold"),
        "wrap_seconds": seconds("work after the call"),
        "assignee": text("the agent"),
        "queue": text("the queue or team"),
        "topic": text("what it was about"),
        "is_resolved": Column(FLAG, "resolved in this call"),
        "updated_at": instant("the last change of the record, by which the newest version counts", changes=True),
    },
    derived={
        "is_inbound": Derived(
            FLAG,
            "a call that came in; one without a direction is taken as such",
            "direction",
            (("direction",), ("call_id",)),
        ),
        "is_answered": Derived(
            FLAG,
            "whether a person took it; empty where nobody was to take it",
            "outcome = 'answered', else whether answered_at is there, if calls with talk_seconds have it",
            (("outcome",), ("answered_at",)),
        ),
        "waiting_seconds": span(
            "time until a person answered or the caller gave up",
            "wait_seconds, else answered_at − started_at",
            ("wait_seconds",),
            ("started_at", "answered_at"),
        ),
        "gave_up_seconds": span(
            "time after which a caller gave up; empty where the export does not say it",
            "wait_seconds, else ended_at − started_at, of abandoned calls",
            ("outcome",),
        ),
        "handling_seconds": span(
            "work on a call that a person took; empty hold or wrap is none",
            "talk_seconds + hold_seconds + wrap_seconds",
            ("talk_seconds", "wrap_seconds"),
        ),
    },
    links=TICKET_LINK,
)
