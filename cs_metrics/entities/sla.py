"""Promises: the runs of SLA clocks, and the single events from which some helpdesks tell them."""

from __future__ import annotations

from cs_metrics.entities._base import (
    FLAG,
    NUMBER,
    POLICIES,
    PRIORITIES,
    SOURCE,
    TEXT,
    TICKET_LINK,
    Column,
    Frame,
    flag,
    instant,
    seconds,
    text,
)

SLA_CLOCKS = (
    "first_reply_time", "next_reply_time", "periodic_update", "pausable_update", "requester_wait", "agent_work",
    "full_resolution_time",
)  # fmt: skip
SLA_EVENTS = ("start", "pause", "stop", "target", "breach")

SLA_CYCLE = Frame(
    row="one run of one SLA clock: from its start to its stop, or still running",
    key=("ticket_id", "clock", "policy", "started_at"),
    dates=("stopped_at", "started_at", "breached_at"),
    required=("ticket_id", "started_at"),
    columns=SOURCE
    | {
        "ticket_id": text("the ticket"),
        "policy": text("the SLA policy that applies"),
        "clock": Column(TEXT, "what is promised", words=SLA_CLOCKS),
        "priority": Column(TEXT, "the priority whose target counted last", words=PRIORITIES),
        "target_seconds": seconds("the target that counted last"),
        "in_business_hours": Column(FLAG, "whether the target counts opening hours only"),
        "started_at": instant("when the clock started"),
        "stopped_at": instant("when it stopped for good; empty while it runs or is paused"),
        "due_at": instant("when the target is over, of clocks that do not pause"),
        "breached_at": instant("when the target was over while the clock still ran"),
        "elapsed_seconds": seconds("what the clock shows, in its own hours", changes=True),
        "is_breached": Column(FLAG, "the target was over while the clock still ran"),
        "is_met": Column(FLAG, "stopped at or before the target; false if after, empty while it runs"),
        "share_left": Column(NUMBER, "of a running clock: the share of the target left, 0 once breached", changes=True),
        "updated_at": instant("the last change of the record, by which the newest version counts", changes=True),
    },
    links=TICKET_LINK,
    made_of=("tickets",),
    made_by=POLICIES,
    told_by="sla_events",
)

SLA_EVENT = Frame(
    row="one event of a helpdesk's own SLA clock",
    key=("event_id", "is_undone"),  # an event that was taken back is told once more
    dates=("happened_at",),
    required=("event_id", "ticket_id", "happened_at"),
    columns=SOURCE
    | {
        "event_id": text("the event's number; the greater one is the later of two at one instant"),
        "ticket_id": text("the ticket"),
        "happened_at": instant("when it happened"),
        "measure": text("the helpdesk's own name of the clock"),
        "clock": Column(TEXT, "what is promised", words=SLA_CLOCKS),
        "cycle": text("which run of the clock"),
        "event": Column(TEXT, "what happened to the clock", words=SLA_EVENTS),
        "is_undone": flag("taken back, as a breach of a target that was changed"),
        "policy": text("of a target: the SLA policy"),
        "target_seconds": seconds("of a target: how long the clock may run"),
        "in_business_hours": Column(FLAG, "of a target: whether it counts opening hours only"),
    },
    links=TICKET_LINK,
)
