"""Gorgias: the API's lists of tickets, messages and satisfaction surveys (`/api/tickets`, `/api/messages`, …; JSON).

All times are UTC, with or without an offset. A ticket that is fetched alone carries its messages; the list does not, so
that replies need the list of messages beside it. Gorgias keeps no first reply of its own: it is the first public
message from an agent that no rule has sent. What could not be delivered was seen by nobody and answers nothing.

A ticket is open or closed. A snoozed one is stored as closed with the time at which it comes back: it counts as pending
here as long as that lies behind its close (or there is no close). What is in the trash has left with the deleted ones.
Of surveys only those that were sent are rows, answered or not.

What it cannot carry: reopenings and the first close, SLAs, handling time, which tickets were merged, tags (a list of
objects). Left out: the list of events, and the CSVs of statistics and views, whose columns are unconfirmed.
Unconfirmed: the words for priorities, that a reopened ticket has no close, the names in a message's sender.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, constant, first_filled, json_shape
from cs_metrics.readers._cells import flag, identity, instant, is_filled, number, renamed, text, words

STATUSES = {"open": "open", "closed": "closed"}
PRIORITIES = {"low": "low", "normal": "normal", "high": "high", "critical": "urgent", "urgent": "urgent"}
CHANNELS = {
    **{"email": "email", "chat": "chat", "phone": "phone", "aircall": "phone", "sms": "sms"},
    **{"contact_form": "web", "help-center": "web"},
    **{"facebook": "facebook", "facebook-messenger": "facebook", "facebook-mention": "facebook"},
    **{"instagram-comment": "instagram", "instagram-direct-message": "instagram"},
}


def _status() -> pl.Expr:
    closed, until = pl.col("_status") == "closed", pl.col("_snoozed_until")
    is_snoozed = closed & (until > pl.col("closed_at")).fill_null(until.is_not_null())
    return (
        pl.when("_is_trashed")
        .then(pl.lit("deleted"))
        .when(is_snoozed)
        .then(pl.lit("pending"))
        .otherwise(pl.col("_status"))
    )


def _role() -> pl.Expr:
    by_rule = pl.col("_rule").is_not_null() | (pl.col("_via") == "rule").fill_null(False)
    by_agent = pl.when(by_rule).then(pl.lit("bot")).otherwise(pl.lit("agent"))
    return pl.when("_from_agent").then(by_agent).when(~pl.col("_from_agent")).then(pl.lit("customer"))


TICKETS: Columns = {
    "ticket_id": text("id"),
    "created_at": instant("created_datetime"),
    "closed_at": instant("closed_datetime"),
    "updated_at": instant("updated_datetime"),
    "_status": words("status", table=STATUSES),
    "_snoozed_until": instant("snooze_datetime"),
    "_is_trashed": is_filled("trashed_datetime"),
    "status": Formula(("_status",), _status, optional=("_snoozed_until", "_is_trashed", "closed_at")),
    "vendor_status": text("status"),
    "priority": words("priority", table=PRIORITIES),
    "vendor_priority": text("priority"),
    "channel": renamed("channel", table=CHANNELS),
    "language": text("language"),
    "group": text("assignee_team.name", "assignee_team.id"),
    "assignee": text("assignee_user.name", "assignee_user.id"),
    "requester": identity("customer.id", "customer.email"),
    "is_spam": flag("spam"),
    "created_by_agent": flag("from_agent"),
}

MESSAGES: Columns = {
    "message_id": text("id"),
    "_sent_at": instant("sent_datetime"),
    "_created_at": instant("created_datetime"),
    "sent_at": first_filled("_sent_at", "_created_at"),
    "_from_agent": flag("from_agent"),
    "_rule": text("rule_id"),
    "_via": text("via"),
    "author_role": Formula(("_from_agent",), _role, optional=("_rule", "_via")),
    "author": text("sender.name", "sender.id"),
    "_is_public": flag("public"),
    "_has_failed": is_filled("failed_datetime"),
    "is_public": Formula(
        ("_is_public",),
        lambda: pl.col("_is_public") & ~pl.col("_has_failed").fill_null(False),
        optional=("_has_failed",),
    ),
    "channel": renamed("channel", table=CHANNELS),
}

SURVEYS: Columns = {
    "survey_id": text("id"),
    "ticket_id": text("ticket_id"),
    "kind": constant("csat"),
    "sent_at": instant("sent_datetime"),
    "answered_at": instant("scored_datetime"),
    "score": number("score"),
    "scale_min": constant(1.0),
    "scale_max": constant(5.0),
    "is_answered": Formula(("score",), lambda: pl.col("score").is_not_null()),
    "has_comment": is_filled("body_text"),
    "respondent": identity("customer_id"),
    "_was_sent": is_filled("sent_datetime"),
}

# The keys of whoever has the ticket, which may be nobody on all of them.
HOLDERS = ("assignee_user", "assignee_user.id", "assignee_team", "assignee_team.id")

READER = Reader(
    title="Gorgias",
    shapes=tuple(
        replace(shape, zone="UTC")
        for shape in (
            json_shape(
                "tickets JSON",
                [{"id", "status", "created_datetime", key} for key in HOLDERS],
                {
                    "tickets": Rows(TICKETS),
                    "messages": Rows({**MESSAGES, "ticket_id": text("^id")}, each=("messages",)),
                },
                wrappers=("data",),
            ),
            json_shape(
                "messages JSON",
                [{"id", "ticket_id", "created_datetime", "from_agent", "public"}],
                {"messages": Rows({**MESSAGES, "ticket_id": text("ticket_id")})},
                wrappers=("data",),
            ),
            json_shape(
                "satisfaction surveys",
                [{"id", "ticket_id", "score", "should_send_datetime"}],
                {"surveys": Rows(SURVEYS, only_where="_was_sent")},
                wrappers=("data",),
            ),
        )
    ),
)
