"""Freshdesk: the ticket list, the API's tickets, their conversations, time entries, and satisfaction ratings.

Where they come from: the CSV from Tickets → Export; JSON from the API (`/api/v2/tickets?include=stats`, a ticket with
`include=conversations`, `/api/v2/tickets/ID/conversations`, `/api/v2/time_entries`,
`/api/v2/surveys/satisfaction_ratings`), the old API's tickets with notes, and the JSON of an account export, whose
tickets are written as the old API writes them. An account export in XML is not read, for no source shows its elements:
choose JSON there, or store the API's pages.

Zone: the CSV has a wall clock without an offset; v2 is in UTC, v1 has the account's offset.

What they cannot carry: neither form knows merged tickets or the number of reopens (v2 keeps the last one), no form
holds a history of changes, and conversations leave out the ticket's own text, which is its first message. A ticket with
`include=conversations` has the first ten. Time entries are summed up for tickets that do not say the time tracked on
them; an entry whose timer runs counts as far as it has come.

Unconfirmed: the form of the account export, whose wall clock the CSV has, and "No Agent" and the like for empty cells.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, csv_shape, first_filled, json_shape
from cs_metrics.readers._cells import duration, flag, instant, number, text
from cs_metrics.readers._freshdesk_surveys import CSV_SURVEYS, NOBODY, RATINGS
from cs_metrics.readers._freshdesk_tickets import CSV_TICKETS, JSON_TICKETS
from cs_metrics.readers._freshworks import OF_ZOHO


def _messages(path: str, *ticket: str) -> Columns:
    """Replies and notes: what came in is by the customer, all else by an agent."""
    return {
        "message_id": text(f"{path}id"),
        "ticket_id": text(*ticket),
        "sent_at": instant(f"{path}created_at"),
        "author": text(f"{path}user_id"),
        "_incoming": flag(f"{path}incoming"),
        "author_role": Formula(
            ("_incoming",),
            lambda: pl.when("_incoming").then(pl.lit("customer")).when(~pl.col("_incoming")).then(pl.lit("agent")),
        ),
        "_private": flag(f"{path}private"),
        "is_public": Formula(("_private",), lambda: ~pl.col("_private")),
    }


# Exports hold any choice of columns. Headers are compared without case, so a Freshservice list looks the same but for
# the columns that only it has; the same three columns with one of Zoho's are Zoho's.
ANY_CHOICE = ("Status", "Contact ID", "Agent interactions", "First response time (in hrs)", "Resolution time (in hrs)")
FRESHSERVICE = {"Requester Name", "Requester Email", "Requester VIP", "Requester Location", "Survey Result"}
FRESHSERVICE |= {"Experience Score", "Approval Status"}

TIME_ENTRIES: Columns = {
    "entry_id": text("id"),
    "ticket_id": text("ticket_id"),
    "_executed_at": instant("executed_at"),
    "_created_at": instant("created_at"),
    "worked_at": first_filled("_executed_at", "_created_at"),
    "_exact": number("time_spent_in_seconds"),
    "_spent": duration("time_spent", unit=3600),  # "01:30" is an hour and a half
    "seconds": first_filled("_exact", "_spent"),
    "assignee": text("agent_id"),
    "is_billable": flag("billable"),
    "updated_at": instant("updated_at"),
}

TICKETS = [{"id", "created_at", "responder_id", "fr_escalated"}, {"display_id", "created_at", "responder_id"}]
WRAPPERS = ("helpdesk_ticket", "results")

READER = Reader(
    title="Freshdesk",
    shapes=(
        csv_shape(
            "ticket CSV",
            [{"Ticket ID", "Created time", header} for header in ANY_CHOICE],
            {"tickets": Rows(CSV_TICKETS), "surveys": Rows(CSV_SURVEYS, only_where="_was_answered")},
            without=FRESHSERVICE | OF_ZOHO,
            blanks=NOBODY,
        ),
        json_shape(
            "tickets JSON",
            TICKETS,
            {
                "tickets": Rows(JSON_TICKETS),
                "messages": Rows(_messages("", "^display_id", "^id"), each=("conversations",)),
            },
            without={"department_id"},  # Freshservice
            wrappers=WRAPPERS,
        ),
        json_shape(
            "tickets JSON with notes",
            [signature | {"notes"} for signature in TICKETS],
            {
                "tickets": Rows(JSON_TICKETS),
                "messages": Rows(_messages("note.", "^display_id"), each=("notes",)),
            },
            without={"department_id"},
            wrappers=WRAPPERS,
        ),
        json_shape(
            "conversations",
            [{"id", "ticket_id", "user_id", "incoming", "private", "created_at"}],
            {"messages": Rows(_messages("", "ticket_id"))},
        ),
        json_shape(
            "time entries",
            [{"id", "ticket_id", "agent_id", "time_spent"}, {"id", "ticket_id", "agent_id", "time_spent_in_seconds"}],
            {"work": Rows(TIME_ENTRIES)},
        ),
        json_shape(
            "satisfaction ratings",
            [{"id", "survey_id", "ticket_id", "ratings.default_question", "created_at"}],
            {"surveys": Rows(RATINGS)},
            wrappers=("data",),
        ),
    ),
)
