"""Amazon Connect: contact records (CTR) as its data stream delivers them, one JSON object per contact, times in UTC.

Delivery is at least once, and a contact is sent again whenever something is added to it: of several records of one
ContactId the one with the newest LastUpdateTimestamp counts. Each transfer is a contact of its own. Only voice contacts
are calls; chats, tasks and e-mails are left out, since their hold times mean something else.

What it cannot carry: tickets, topics, whether it was resolved, ratings (unless a flow writes them into Attributes), and
whether the person called picked up. A caller who left before reaching a queue has no outcome: nobody was to answer.
Left out because their headers are unconfirmed: the CSV of the historical search; and DescribeContact, which uses other
keys and is one contact at a time. The list of initiation methods may be longer than the one here.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, json_shape
from cs_metrics.readers._cells import instant, is_filled, number, one_of, text, words

INBOUND = ("INBOUND", "TRANSFER", "QUEUE_TRANSFER")
DIRECTIONS = dict.fromkeys(INBOUND, "inbound")
DIRECTIONS |= dict.fromkeys(("OUTBOUND", "EXTERNAL_OUTBOUND", "CALLBACK"), "outbound")
NEITHER = ("API", "DISCONNECT", "MONITOR")  # started by a program, by a flow after a call, by a supervisor

CALLS: Columns = {
    "call_id": text("ContactId"),
    "started_at": instant("InitiationTimestamp"),
    "answered_at": instant("Agent.ConnectedToAgentTimestamp"),
    "ended_at": instant("DisconnectTimestamp"),
    "updated_at": instant("LastUpdateTimestamp"),
    "direction": words("InitiationMethod", table=DIRECTIONS, blanks=NEITHER),
    "wait_seconds": number("Queue.Duration"),
    "talk_seconds": number("Agent.AgentInteractionDuration"),  # hold is not in it
    "hold_seconds": number("Agent.CustomerHoldDuration"),
    "wrap_seconds": number("Agent.AfterContactWorkDuration"),
    "assignee": text("Agent.Username"),
    "queue": text("Queue.Name"),
    # a contact that no agent took, or that reached no queue, has the part all the same: null
    "_was_taken": is_filled(
        "Agent.ConnectedToAgentTimestamp", "Agent.Username", "Agent.AgentInteractionDuration", "Agent"
    ),
    "_was_queued": is_filled("Queue.EnqueueTimestamp", "Queue.Name", "Queue.Duration", "Queue"),
    "outcome": Formula(
        ("direction", "_was_taken"),
        lambda: pl.when((pl.col("direction") == "inbound") & pl.col("_was_queued").is_not_null()).then(
            pl.when("_was_taken").then(pl.lit("answered")).when("_was_queued").then(pl.lit("abandoned"))
        ),
        optional=("_was_queued",),  # without it nothing says which calls were to be answered
    ),
    "_is_call": one_of("Channel", values=("voice",)),
}

READER = Reader(
    title="Amazon Connect",
    shapes=(
        json_shape(
            "contact records",
            [{"ContactId", "InitiationMethod", "AWSContactTraceRecordFormatVersion", "Channel"}],
            {"calls": Rows(CALLS, only_where="_is_call")},
        ),
    ),
)
