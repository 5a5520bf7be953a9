"""Kustomer: the API's conversations (`/v1/conversations`, `/v1/customers/…/conversations`, searches; JSON).

All times are UTC and all spans milliseconds. Users, teams, tags and customers come as ids. Done is the only solve, and
what is snoozed counts as pending, whoever it waits for. A conversation that the team began (`direction` out) opens with
a message of its own, which is no reply. Reopenings are `reopenFromDoneCount`, not `reopenCount`. `satisfaction` is 0
where nobody has rated; the rating is that of `satisfactionLevel`, and has no date here. An imported conversation
(`importedAt`) lacks the times of replies and of the first and last done.

What it cannot carry: messages and changes, SLAs, unanswered surveys, handling time. Left out: the data export's CSV, of
whose headers those of the dates are unconfirmed. Unconfirmed: that automatic answers are not among the outbound
messages; that `mergedTarget` marks the conversation that others were merged into, which stays here, and that those are
marked as deleted.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import INTEGER
from cs_metrics.readers._base import (
    Cell,
    Columns,
    Formula,
    Reader,
    Reading,
    Rows,
    constant,
    first_filled,
    json_shape,
    while_done,
)
from cs_metrics.readers._cells import (
    LIST_SEPARATOR,
    MILLISECONDS,
    count,
    duration,
    flag,
    identity,
    instant,
    is_filled,
    labels,
    number,
    one_of,
    renamed,
    text,
    words,
)

STATUSES = {"open": "open", "snoozed": "pending", "done": "solved"}
PRIORITIES = {"1": "low", "2": "low", "3": "normal", "4": "high", "5": "urgent"}  # 5 is the highest
CHANNELS = {"voice": "phone", "form": "web"}
NOT_RATED = ("0",)


def _first(cell: pl.Expr, reading: Reading) -> pl.Expr:
    return cell.str.split(LIST_SEPARATOR).list.first()


def _last(cell: pl.Expr, reading: Reading) -> pl.Expr:
    return cell.str.strip_chars_end(LIST_SEPARATOR).str.split(LIST_SEPARATOR).list.last()


def _without_opening(messages: str, direction: str) -> Formula:
    """The messages of one side, without the one that opened the conversation."""
    opened = (pl.col("_direction").str.to_lowercase() == direction).fill_null(False)
    rest = pl.col(messages) - opened.cast(INTEGER)
    return Formula((messages, "_direction"), lambda: rest.clip(lower_bound=0))


CONVERSATIONS: Columns = {
    "ticket_id": text("id"),
    "created_at": instant("attributes.createdAt"),
    "updated_at": instant("attributes.updatedAt"),
    "first_reply_at": instant("attributes.firstResponse.createdAt"),
    "first_solved_at": instant("attributes.firstDone.createdAt"),
    "_last_done_at": instant("attributes.lastDone.createdAt"),
    "solved_at": while_done("_last_done_at"),
    "_status": words("attributes.status", table=STATUSES, other="open"),
    "_is_deleted": flag("attributes.deleted"),
    "status": Formula(
        ("_status",),
        lambda: pl.when("_is_deleted").then(pl.lit("deleted")).otherwise("_status"),
        optional=("_is_deleted",),
    ),
    "vendor_status": text("attributes.status"),
    "priority": words("attributes.priority", table=PRIORITIES),
    "vendor_priority": text("attributes.priority"),
    "_channel": Cell(("attributes.channels",), _first),
    "channel": Formula(("_channel",), lambda: pl.col("_channel").replace(CHANNELS)),
    "_team": Cell(("attributes.assignedTeams",), _last),
    "_queue": text("relationships.queue.data.id"),
    "group": first_filled("_team", "_queue"),
    "assignee": Cell(("attributes.assignedUsers",), _last),
    "requester": identity("relationships.customer.data.id"),
    "brand": text("relationships.brand.data.id"),
    "tags": labels("attributes.tags"),
    "_direction": text("attributes.direction"),
    "created_by_agent": one_of("attributes.direction", values=("out",)),
    "_outbound": count("attributes.outboundMessageCount"),
    "_inbound": count("attributes.inboundMessageCount"),
    "agent_replies": _without_opening("_outbound", "out"),
    "customer_replies": _without_opening("_inbound", "in"),
    "reopens": count("attributes.reopenFromDoneCount"),
    "is_spam": flag("attributes.spam"),
    "reported_first_reply_seconds": duration("attributes.firstResponse.time", unit=MILLISECONDS),
    "reported_first_reply_business_seconds": duration("attributes.firstResponse.businessTime", unit=MILLISECONDS),
    "reported_first_resolution_seconds": duration("attributes.firstDone.time", unit=MILLISECONDS),
    "reported_first_resolution_business_seconds": duration("attributes.firstDone.businessTime", unit=MILLISECONDS),
    "_last_done_span": duration("attributes.lastDone.time", unit=MILLISECONDS),
    "reported_full_resolution_seconds": while_done("_last_done_span"),
    "_last_done_business_span": duration("attributes.lastDone.businessTime", unit=MILLISECONDS),
    "reported_full_resolution_business_seconds": while_done("_last_done_business_span"),
}

SURVEYS: Columns = {
    "survey_id": Formula(("ticket_id",), lambda: pl.format("conversation {} csat", "ticket_id")),
    "ticket_id": text("id"),
    "kind": constant("csat"),
    "score": number("attributes.satisfactionLevel.rating", blanks=NOT_RATED),
    "scale_min": constant(1.0),
    "scale_max": constant(5.0),
    "channel": renamed("attributes.satisfactionLevel.channel", table=CHANNELS),
    "respondent": identity("relationships.customer.data.id"),
    "embedded": constant(True),
    "_was_rated": is_filled("attributes.satisfactionLevel.rating", blanks=NOT_RATED),
}

OWN = ("reopenFromDoneCount", "firstDone", "firstDone.createdAt")
READER = Reader(
    title="Kustomer",
    shapes=(
        json_shape(
            "conversations JSON",
            [{"id", "attributes.createdAt", f"attributes.{key}"} for key in OWN],
            {"tickets": Rows(CONVERSATIONS), "surveys": Rows(SURVEYS, only_where="_was_rated")},
            wrappers=("data",),
        ),
    ),
)
