"""Help Scout: the Mailbox API's conversations, with their threads where asked for (`embed=threads`), and ratings.

All times are UTC, those of a single rating too, which are written without an offset. Closing is the only solve. Each
thread says which status the conversation got with it, `nochange` where none, so that threads tell the history; they
come newest first, and their numbers give the order within a second. A draft was never sent: its conversation leaves
with the deleted ones, and as a thread it is nobody's reply.

Ratings come as the report's rows (`ratingId`: 1 is great, 2 okay, 3 not good) and one by one (`great`, `okay`,
`not_good`). As points they are 3, 2, 1, and only great is satisfied, as in Help Scout's own score.

What it cannot carry: priorities, SLAs, changes of assignee, tags (a list of objects), and which conversations were
merged. Left out: the CSV of the reports, whose headers are unconfirmed; the drill-down list, which has no dates of
creation; threads fetched alone, which do not name their conversation; and aggregates. Unconfirmed: thread types besides
customer, message, note and lineitem, of which chat, phone, reply and beaconchat are taken as messages.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, constant, json_shape
from cs_metrics.readers._cells import count, identity, instant, is_filled, one_of, points, renamed, text, words

STATUSES = {"active": "open", "pending": "pending", "closed": "closed"}
SPAM = ("spam",)
CHANNELS = {"email": "email", "chat": "chat", "phone": "phone"}
ROLES = {"customer": "customer", "user": "agent"}
MESSAGES = ("customer", "message", "note", "chat", "phone", "reply", "beaconchat")
PRIVATE = ("note",)

CONVERSATIONS: Columns = {
    "ticket_id": text("id"),
    "created_at": instant("createdAt"),
    "closed_at": instant("closedAt"),
    "updated_at": instant("userUpdatedAt"),
    "_status": words("status", table=STATUSES, blanks=SPAM),
    "_is_gone": one_of("state", values=("deleted", "draft")),
    "status": Formula(
        ("_status",), lambda: pl.when("_is_gone").then(pl.lit("deleted")).otherwise("_status"), optional=("_is_gone",)
    ),
    "vendor_status": text("status"),
    "is_spam": one_of("status", values=SPAM),
    "channel": renamed("type", table=CHANNELS),
    "group": text("mailboxId"),
    "assignee": text("assignee.id"),
    "requester": identity("primaryCustomer.id", "primaryCustomer.email"),
    "created_by_agent": one_of("createdBy.type", values=("user",)),
}

THREADS: Columns = {
    "message_id": text("id"),
    "ticket_id": text("^id"),
    "sent_at": instant("createdAt"),
    "author_role": words("createdBy.type", table=ROLES),
    "author": text("createdBy.id"),
    "_is_private": one_of("type", values=PRIVATE),
    "_is_published": one_of("state", values=("published",)),
    "is_public": Formula(
        ("_is_private",),
        lambda: ~pl.col("_is_private") & pl.col("_is_published").fill_null(True),
        optional=("_is_published",),
    ),
    "_is_message": one_of("type", values=MESSAGES),
}

STATUS_CHANGES: Columns = {
    "ticket_id": text("^id"),
    "changed_at": instant("createdAt"),
    "field": constant("status"),
    "position": count("id"),
    "new": words("status", table=STATUSES, blanks=("nochange", "spam")),
    "actor_role": words("createdBy.type", table=ROLES),
    "_is_change": one_of("status", values=tuple(STATUSES)),
}

GRADES = {
    **{"1": 3.0, "2": 2.0, "3": 1.0},
    **{"great": 3.0, "okay": 2.0, "not_good": 1.0, "not good": 1.0, "bad": 1.0},
}


def _ratings(grade: str) -> Columns:
    return {
        "kind": constant("csat"),
        "score": points(grade, table=GRADES, blanks=("unknown",)),
        "scale_min": constant(1.0),
        "scale_max": constant(3.0),
    }


# A thread has one rating, which its customer may change; the report does not number ratings otherwise.
REPORT: Columns = {
    "survey_id": text("threadid"),
    "ticket_id": text("id"),
    "answered_at": instant("ratingCreatedAt"),
    "has_comment": is_filled("ratingComments"),
    "respondent": identity("ratingCustomerId"),
    "assignee": text("ratingUserId"),
    "channel": renamed("type", table=CHANNELS),
    **_ratings("ratingId"),
}

RATING: Columns = {
    "survey_id": text("threadId"),
    "ticket_id": text("conversationId"),
    "answered_at": instant("createdAt"),
    "has_comment": is_filled("comments"),
    "respondent": identity("customer.id"),
    "assignee": text("user.id"),
    "group": text("mailboxId"),
    **_ratings("rating"),
}


def _conversations(path: tuple[str, ...]) -> dict[str, Rows]:
    """The frames of conversations that lie under a path of the file's records, or are these themselves."""
    threads = (*path, "_embedded.threads")
    return {
        "tickets": Rows(CONVERSATIONS, each=path),
        "messages": Rows(THREADS, only_where="_is_message", each=threads),
        "changes": Rows(STATUS_CHANGES, only_where="_is_change", each=threads),
    }


CONVERSATION = {"id", "number", "createdAt", "mailboxId"}
READER = Reader(
    title="Help Scout",
    shapes=(
        # what looks like a wrapper is in every conversation too, so that pages are taken as records
        json_shape(
            "pages of conversations", [{"_embedded.conversations"}], _conversations(("_embedded.conversations",))
        ),
        json_shape(
            "conversations",
            [CONVERSATION | {key} for key in ("primaryCustomer.id", "userUpdatedAt")],
            _conversations(()),
        ),
        json_shape(
            "ratings report",
            [{"threadid", "id", "ratingId", "ratingCreatedAt"}],
            {"surveys": Rows(REPORT)},
            wrappers=("results",),
        ),
        replace(
            json_shape(
                "single ratings", [{"threadId", "conversationId", "rating", "createdAt"}], {"surveys": Rows(RATING)}
            ),
            zone="UTC",
        ),
    ),
)
