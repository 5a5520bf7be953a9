"""Front: Analytics → export of messages (CSV, a row per message), and the API's list of conversations (JSON).

What is counted is the segment: a conversation that comes back after a time without activity begins another one, so that
a ticket is named by its conversation's number and its segment's. Columns are chosen with the export; these are needed:
Message ID, Conversation ID, Segment, Message date, and Direction for replies. Times are the wall clock of the zone that
was asked for; the API's are seconds since 1970. Replies are told from the messages and belong to whoever wrote them,
not to whom the conversation is assigned. Without the column `Segment start` a segment begins with its first message in
the file, which is too late for those that lie across the export's first day.

What it cannot carry: when something was archived. A segment's end is the end of its activity, archived or not, and the
API's conversations have no date but the first: nothing is said of when tickets were solved. Nor reopenings, notes among
colleagues, SLAs (breaches are tags), ratings, tags in the API (a list of objects). `Reaction time`, `Response time` and
`Total reply time` stay columns of their own, since nothing says whether they are business time. The API numbers
conversations differently: take one of the two.

Left out: the export of activities, whose columns are unconfirmed; the API's messages, which do not name their
conversation; reports, which are totals. Unconfirmed: how dates are written, that `Handle time` is in seconds or a
clock, the words of `Direction` and `Status`.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.entities import FLAG
from cs_metrics.readers._base import Cell, Columns, Formula, Reader, Rows, constant, csv_shape, first_filled, json_shape
from cs_metrics.readers._cells import duration, epoch, flag, identity, instant, labels, one_of, text, words

STATUSES = {
    **{"open": "open", "assigned": "open", "unassigned": "open"},
    **{"snoozed": "pending", "invisible": "pending", "archived": "closed", "deleted": "deleted", "trashed": "deleted"},
}
CATEGORIES = {"open": "open", "waiting": "pending", "resolved": "solved"}
SPAM = ("spam",)
DIRECTIONS = {"inbound": "customer", "outbound": "agent"}


def _sum_of_segment(column: str) -> pl.Expr:
    """The sum over the segment's messages, nothing where none of them has the column."""
    has_some = pl.col(column).count().over("ticket_id") > 0
    return pl.when(has_some).then(pl.col(column).sum().over("ticket_id"))


SEGMENT = replace(text("Conversation ID", "Segment"), joined=True)
IS_FIRST_ROW = Cell(SEGMENT.headers, lambda cell, reading: cell.is_first_distinct(), FLAG, joined=True, can_fail=False)

# Where tickets are in use the category of their status says more than whether something was archived.
STATUS = first_filled("_category", "_status")

# What is said of the segment stands in all of its rows; sums and the earliest message are over all of them.
CSV_TICKETS: Columns = {
    "ticket_id": SEGMENT,
    "_is_first_row": IS_FIRST_ROW,
    "_segment_start": instant("Segment start"),
    "_sent_at": instant("Message date"),
    "_first_sent_at": Formula(("ticket_id", "_sent_at"), lambda: pl.col("_sent_at").min().over("ticket_id")),
    "created_at": first_filled("_segment_start", "_first_sent_at"),
    "updated_at": instant("Last segment activity"),
    "_category": words("Ticket status category", table=CATEGORIES),
    "_status": words("Status", table=STATUSES, other="open", blanks=SPAM),
    "status": STATUS,
    "vendor_status": text("Ticket status name", "Status"),
    "is_spam": one_of("Status", values=SPAM),
    "group": text("Inbox"),
    "assignee": text("Assignee"),
    "requester": identity("Contact handle", "Contact name"),
    "organization": text("Account names"),
    "tags": labels("Tags"),
    "_handled": duration("Handle time", unit=1),
    "handle_seconds": Formula(("ticket_id", "_handled"), lambda: _sum_of_segment("_handled")),
}

MESSAGES: Columns = {
    "message_id": text("Message ID"),
    "ticket_id": SEGMENT,
    "sent_at": instant("Message date"),
    "_role": words("Direction", table=DIRECTIONS),
    "_is_automatic": flag("Autoreply"),
    "author_role": Formula(
        ("_role",),
        lambda: (
            pl.when((pl.col("_role") == "agent") & pl.col("_is_automatic").fill_null(False))
            .then(pl.lit("bot"))
            .otherwise("_role")
        ),
        optional=("_is_automatic",),
    ),
    "_attributed_to": text("Attributed to"),
    "_author": text("Author"),
    "author": first_filled("_attributed_to", "_author"),
    "is_public": constant(True),
}

CONVERSATIONS: Columns = {
    "ticket_id": text("id"),
    "created_at": epoch("created_at"),
    "updated_at": epoch("last_message.created_at"),
    "_category": words("status_category", table=CATEGORIES),
    "_status": words("status", table=STATUSES, other="open", blanks=SPAM),
    "status": STATUS,
    "vendor_status": text("status"),
    "is_spam": one_of("status", values=SPAM),
    "assignee": text("assignee.username", "assignee.email", "assignee.id"),
    "requester": identity("recipient.handle"),
}

READER = Reader(
    title="Front",
    shapes=(
        csv_shape(
            "messages CSV",
            [{"Message ID", "Conversation ID", "Segment", "Message date"}],
            {"tickets": Rows(CSV_TICKETS, only_where="_is_first_row"), "messages": Rows(MESSAGES)},
            without={"Activity ID"},
        ),
        json_shape(
            "conversations JSON",
            [{"id", "status", "created_at", "is_private"}, {"id", "status", "created_at", "_links.related.messages"}],
            {"tickets": Rows(CONVERSATIONS)},
            wrappers=("_results",),
        ),
    ),
)
