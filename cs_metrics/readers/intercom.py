"""Intercom: Reports → export of a conversation dataset (CSV), the API's conversations and tickets (JSON).

A dataset's CSV, its ratings too, has the workspace's wall clock, whose zone stands in brackets in the headers; the API
has seconds since 1970. A conversation is taken to begin with the customer's first message, as `Conversation started at`
says it, so that a message sent out to a customer starts no clock. `closed` is no end for good, for any answer opens a
conversation again; what is snoozed counts as pending, whoever it waits for.

Reply and close times of the API leave out the hours outside office hours, so they are business times here. Lists of
conversations lack the parts: messages and changes come with conversations fetched one by one, messages only with their
bodies. The opening message is not among the parts. The CSV counts no reopenings and no replies, and its rating has no
date (the rating dataset has). Not carried: which target of an SLA was missed, tags and companies of the API.
Unconfirmed: the spelling of the CSV's states, channels and priorities, that a rating was answered when it was last
updated, whether an agent's words with an assignment are public (taken as unknown), any ticket state but `submitted`.
Also read: Prodsight's "IntercomExport" CSV with a row per message, in UTC.
"""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, constant, csv_shape, json_shape
from cs_metrics.readers._cells import (
    count,
    epoch,
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
from cs_metrics.readers._headings import ZONE_NAME
from cs_metrics.readers._intercom_parts import NOBODY, PART_CHANGES, PART_MESSAGES, ROLES, TICKET_CHANGES, TICKET_STATES

ZONE_IN_HEADER = re.compile(rf"^(.*\S) \(({ZONE_NAME})\)$")

STATES = {"open": "open", "snoozed": "pending", "closed": "closed"}
PRIORITIES = {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent", "priority": "high"}
NO_PRIORITY = ("none", "None", "not_priority", "Not priority")
CHANNELS = {"conversation": "chat", "messenger": "chat", "email": "email", "phone_call": "phone", "phone call": "phone"}
CUSTOMERS = ("user", "lead", "contact")
OUTBOUND = ("admin_initiated", "automated", "campaigns_initiated", "operator_initiated")


def _rated(score: str, remark: str) -> Columns:
    return {
        "kind": constant("csat"),
        "score": number(score),
        "scale_min": constant(1.0),
        "scale_max": constant(5.0),
        "has_comment": is_filled(remark),
    }


def _survey_of(ticket: str) -> Columns:
    return {
        "survey_id": Formula(("ticket_id",), lambda: pl.format("conversation {} csat", "ticket_id")),
        "ticket_id": text(ticket),
    }


CSV_TICKETS: Columns = {
    "ticket_id": text("Conversation ID"),
    "_started_at": instant("Conversation started at"),
    "_created_at": instant("Conversation created at"),
    "created_at": Formula(
        (), lambda: pl.coalesce("_started_at", "_created_at"), optional=("_started_at", "_created_at")
    ),
    "updated_at": instant("Conversation updated at"),
    "first_reply_at": instant("Conversation first replied at"),
    "first_solved_at": instant("Conversation first closed at"),
    "solved_at": instant("Conversation last closed at"),
    "status": words("Current conversation state", table=STATES, other="open"),
    "vendor_status": text("Current conversation state"),
    "priority": words("Conversation priority", table=PRIORITIES, blanks=NO_PRIORITY),
    "vendor_priority": text("Conversation priority"),
    "type": text("Ticket type"),
    "channel": renamed("Channel", "Conversation source", table=CHANNELS),
    "group": text("Team currently assigned"),
    "assignee": text("Teammate currently assigned"),
    "requester": identity("User ID", "User email", "User name"),
    "organization": text("Company name", "Company ID"),
    "category": text("Topics"),
    "tags": labels("Conversation tag"),
    "created_by_agent": Formula(("_started_at",), lambda: pl.col("_started_at").is_null()),
    "handle_seconds": number("Handling time (seconds)"),
    "reported_first_reply_seconds": number("First response time (seconds)"),
    "reported_first_reply_business_seconds": number("First response time, only within office hours (seconds)"),
    "reported_first_resolution_seconds": number("Time to first close (seconds)"),
    "reported_first_resolution_business_seconds": number("Time to first close, within office hours (seconds)"),
    "reported_full_resolution_seconds": number("Time to close (seconds)"),
    "reported_full_resolution_business_seconds": number("Time to close, within office hours (seconds)"),
}

CSV_SURVEYS: Columns = {
    **_survey_of("Conversation ID"),
    **_rated("Last teammate rating", "Last teammate rating remark"),
    "assignee": text("Last teammate rated"),
    "embedded": constant(True),
    "_was_rated": is_filled("Last teammate rating"),
}

RATINGS: Columns = {
    "_rated_at": text("Updated at"),
    "survey_id": Formula(
        ("ticket_id", "_rated_at"), lambda: pl.format("conversation {} csat {}", "ticket_id", "_rated_at")
    ),
    "ticket_id": text("Conversation ID"),
    "answered_at": instant("Updated at"),
    **_rated("Conversation rating", "Conversation rating remark"),
    "_was_rated": is_filled("Conversation rating"),
}

# A row per message; what is said of the conversation stands in all of its rows.
MESSAGE_TICKETS: Columns = {
    "ticket_id": text("conversation_id"),
    "created_at": instant("conversation_created_at"),
    "first_reply_at": instant("conversation_first_response_at"),
    "solved_at": instant("conversation_closed_at"),
    "status": words("conversation_state", table=STATES, other="open"),
    "vendor_status": text("conversation_state"),
    "tags": labels("conversation_tags"),
    "brand": text("app_name"),
}
MESSAGES: Columns = {
    "message_id": text("message_id"),
    "ticket_id": text("conversation_id"),
    "sent_at": instant("message_created_at"),
    "author_role": words("message_author_type", table=ROLES),
    "author": identity("message_author_id"),
    "_type": text("message_type"),
    "is_public": Formula(("_type",), lambda: pl.col("_type").str.to_lowercase() != "note"),
}


def _assigned(kind: str, own: str) -> Formula:
    """The newer API's own key, else the older one's only assignee, which may be an agent or a team."""
    older = pl.when(pl.col("_assignee_type") == kind).then("_assignee")
    return Formula((), lambda: pl.coalesce(own, older), optional=(own, "_assignee", "_assignee_type"))


CONVERSATIONS: Columns = {
    "ticket_id": text("id"),
    "_created_at": epoch("created_at"),
    "_is_outbound": one_of("source.delivered_as", values=OUTBOUND),
    "_contacted_at": epoch("statistics.first_contact_reply_at", "first_contact_reply.created_at"),
    "created_at": Formula(
        ("_created_at",),
        lambda: pl.coalesce(pl.when("_is_outbound").then("_contacted_at"), "_created_at"),
        optional=("_is_outbound", "_contacted_at"),
    ),
    "created_by_agent": Formula(
        ("_is_outbound",),
        lambda: pl.col("_is_outbound") & pl.col("_contacted_at").is_null(),
        optional=("_contacted_at",),
    ),
    "updated_at": epoch("updated_at"),
    "first_reply_at": epoch("statistics.first_admin_reply_at"),
    "first_solved_at": epoch("statistics.first_close_at"),
    "solved_at": epoch("statistics.last_close_at"),
    "status": words("state", table=STATES, other="open"),
    "vendor_status": text("state"),
    "priority": words("priority", table=PRIORITIES, blanks=NO_PRIORITY),
    "vendor_priority": text("priority"),
    "channel": renamed("source.type", table=CHANNELS),
    "_admin": text("admin_assignee_id", blanks=NOBODY),
    "_team": text("team_assignee_id", blanks=NOBODY),
    "_assignee": text("assignee.id", blanks=NOBODY),
    "_assignee_type": text("assignee.type"),
    "assignee": _assigned("admin", "_admin"),
    "group": _assigned("team", "_team"),
    "_author": identity("source.author.id"),
    "_is_customers": one_of("source.author.type", values=CUSTOMERS),
    "requester": Formula(("_author", "_is_customers"), lambda: pl.when("_is_customers").then("_author")),
    "reopens": count("statistics.count_reopens"),
    "handle_seconds": number("statistics.handling_time"),
    "reported_first_reply_business_seconds": number("statistics.time_to_admin_reply"),
    "reported_first_resolution_business_seconds": number("statistics.time_to_first_close"),
    "reported_full_resolution_business_seconds": number("statistics.time_to_last_close"),
}

# A rating is there from when it is asked for. Where none is unanswered nothing can be said about response rates.
CONVERSATION_SURVEYS: Columns = {
    **_survey_of("id"),
    **_rated("conversation_rating.rating", "conversation_rating.remark"),
    "sent_at": epoch("conversation_rating.created_at"),
    "_updated_at": epoch("conversation_rating.updated_at"),
    "answered_at": Formula(
        ("score", "_updated_at"), lambda: pl.when(pl.col("score").is_not_null()).then("_updated_at")
    ),
    "_was_asked": is_filled("conversation_rating.created_at", "conversation_rating.rating"),
    "is_answered": Formula(
        ("score", "_was_asked"),
        lambda: pl.when((pl.col("_was_asked") & pl.col("score").is_null()).any()).then(pl.col("score").is_not_null()),
    ),
    "assignee": text("conversation_rating.teammate.id"),
    "respondent": identity("conversation_rating.contact.id"),
}


TICKETS: Columns = {
    "ticket_id": text("id"),  # of a ticket's two numbers the one that conversations share
    "created_at": epoch("created_at"),
    "updated_at": epoch("updated_at"),
    "status": words("ticket_state.category", "ticket_state", table=TICKET_STATES, other="open"),
    "vendor_status": text("ticket_state_internal_label", "ticket_state.internal_label", "ticket_state"),
    "type": text("ticket_type.name"),
    "group": text("team_assignee_id", blanks=NOBODY),
    "assignee": text("admin_assignee_id", blanks=NOBODY),
}
CLOCKS = (
    "Conversation started at",
    "Conversation created at",
    "Conversation updated at",
    "Conversation last closed at",
)
SPANS = ("First response time (seconds)", "Time to close (seconds)", "Time to first close (seconds)")
PARTS, TICKET_PARTS = ("conversation_parts.conversation_parts",), ("ticket_parts.ticket_parts",)
CONVERSATION_KEYS = ("statistics", "statistics.type", "source.delivered_as", "waiting_since", "conversation_rating")

READER = Reader(
    title="Intercom",
    shapes=(
        csv_shape(
            "conversation dataset CSV",
            [{"Conversation ID", header} for header in (*CLOCKS, *SPANS)],
            {"tickets": Rows(CSV_TICKETS), "surveys": Rows(CSV_SURVEYS, only_where="_was_rated")},
            without={"Action time", "Action performed by", "Conversation rating"},
            header_pattern=ZONE_IN_HEADER,
        ),
        csv_shape(
            "rating dataset CSV",
            [{"Conversation ID", "Updated at", "Conversation rating"}],
            {"surveys": Rows(RATINGS, only_where="_was_rated")},
            header_pattern=ZONE_IN_HEADER,
        ),
        replace(
            csv_shape(
                "IntercomExport CSV",
                [{"message_id", "message_author_type", "message_created_at", "conversation_id"}],
                {"tickets": Rows(MESSAGE_TICKETS), "messages": Rows(MESSAGES)},
            ),
            zone="UTC",
        ),
        json_shape(
            "conversations JSON",
            [{"id", "created_at", "state", key} for key in CONVERSATION_KEYS],
            {
                "tickets": Rows(CONVERSATIONS),
                "surveys": Rows(CONVERSATION_SURVEYS, only_where="_was_asked"),
                "messages": Rows(PART_MESSAGES, only_where="_is_message", each=PARTS),
                "changes": Rows(PART_CHANGES, only_where="_is_change", each=PARTS),
            },
            wrappers=("conversations",),
        ),
        json_shape(
            "tickets JSON",
            [
                {"id", "ticket_id", "created_at", "ticket_state"},
                {"id", "ticket_id", "created_at", "ticket_state.category"},
            ],
            {
                "tickets": Rows(TICKETS),
                "messages": Rows(PART_MESSAGES, only_where="_is_message", each=TICKET_PARTS),
                "changes": Rows(TICKET_CHANGES, only_where="_is_change", each=TICKET_PARTS),
            },
            wrappers=("tickets",),
        ),
    ),
)
