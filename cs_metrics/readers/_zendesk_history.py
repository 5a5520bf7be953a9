"""Zendesk's history: what audits, comments and ticket events say of messages and of changes of a ticket's fields.

Comments name their writer by number only. Zendesk's own user (-1) and what comes by way of a rule are the system; the
requester is the customer, and so is who is in copy, unless that is a follower or the assignee (only agents are);
everybody else on a ticket whose requester is known is an agent. In a list of audits the requester is known from the
audit that created the ticket, in a list of comments from the users beside it. Where neither is there, there are no
roles.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.entities import TEXT
from cs_metrics.readers._base import Columns, Formula, Rows, first_filled
from cs_metrics.readers._cells import LIST_SEPARATOR, count, epoch, flag, instant, one_of, renamed, text, words
from cs_metrics.readers._zendesk_tickets import CHANNELS, STATUSES

SYSTEM_USER = "-1"
RULES = ("rule", "system", "automation")  # ways by which no person writes: triggers, automations, Zendesk itself
COMMENTS = ("Comment", "VoiceComment")
EDITS = ("Create", "Change")
FIELDS = {"status": "status", "priority": "priority", "group_id": "group", "assignee_id": "assignee"}
STAFF = ("agent", "admin")


def _is_listed(author: str, people: str) -> pl.Expr:
    """Whether the author is in a list of numbers that has become one cell."""
    listed = pl.lit(LIST_SEPARATOR) + pl.col(people)
    return listed.str.contains(pl.lit(LIST_SEPARATOR) + pl.col(author) + pl.lit(LIST_SEPARATOR), literal=True)


def _role(author: str) -> Formula:
    """The role of an author; there if anything in the file can tell roles, null where nothing tells this one."""

    def build() -> pl.Expr:
        writer = pl.col(author)
        by_rule = pl.any_horizontal(pl.col(way).str.to_lowercase().is_in(RULES) for way in ("_via", "_audit_via"))
        in_copy = _is_listed(author, "_collaborators") | _is_listed(author, "_in_copy")
        of_the_team = _is_listed(author, "_followers") | (writer == pl.col("_assignee"))
        known, said = pl.col("_requester").is_not_null(), pl.col("_user_role")
        # where one person on a ticket has no role nobody has, or the ticket would look unanswered
        return (
            pl.when(writer.is_null() | ~(known | said.is_not_null()))
            .then(pl.lit(None, TEXT))
            .when(by_rule.fill_null(False) | (writer == SYSTEM_USER))
            .then(pl.lit("system"))
            .when((writer == pl.col("_requester")) | (said == "end-user"))
            .then(pl.lit("customer"))
            .when(said.is_in(STAFF))
            .then(pl.lit("agent"))
            .when(in_copy.fill_null(False) & ~of_the_team.fill_null(False))
            .then(pl.lit("customer"))
            .when(known)
            .then(pl.lit("agent"))
        )

    people = ("_collaborators", "_in_copy", "_followers", "_assignee")
    return Formula((author, "_is_known"), build, ("_via", "_audit_via", "_requester", "_user_role", *people))


ANYTHING_TOLD = {"_is_known": Formula((), lambda: pl.lit(True), optional=("_requester", "_user_role"))}


def _on_ticket(up: str) -> Columns:
    """Of the ticket that lies above: its number and its people."""
    return {
        "ticket_id": text(f"{up}id", f"{up}_id"),
        "_requester": text(f"{up}requester_id"),
        "_collaborators": text(f"{up}collaborator_ids"),
        "_in_copy": text(f"{up}email_cc_ids"),
        "_followers": text(f"{up}follower_ids"),
        "_assignee": text(f"{up}assignee_id"),
        **ANYTHING_TOLD,
    }


# In a list of audits every row has its ticket's number, and one of a ticket's rows says who its requester is.
IN_LIST: Columns = {
    "ticket_id": text("^ticket_id"),
    "_named": text("field_name"),
    "_set_to": text("value"),
    "_requester": Formula(
        ("_named", "_set_to", "ticket_id"),
        lambda: pl.col("_set_to").filter(pl.col("_named") == "requester_id").last().over("ticket_id"),
    ),
    **ANYTHING_TOLD,
}

_COMMENT: Columns = {
    "message_id": text("id"),
    "author": text("author_id"),
    "is_public": flag("public"),
    "_via": text("via.channel", "via"),
    "channel": renamed("via.channel", "via", table=CHANNELS),
}

COMMENTS_ON_TICKETS: Columns = {
    **_COMMENT,
    "sent_at": instant("created_at"),
    **_on_ticket("^"),
    "author_role": _role("author"),
}
COMMENTS_IN_LIST: Columns = {
    **_COMMENT,
    "sent_at": instant("created_at"),
    "ticket_id": text("ticket_id"),
    "_user_role": text("user.role"),
    **ANYTHING_TOLD,
    "author_role": _role("author"),
}

# An audit is one update; its events are the comment and the changes made by it, each with a way of its own if that
# differs from the audit's.
_COMMENT_EVENT: Columns = {
    **_COMMENT,
    "sent_at": instant("^created_at"),
    "_is_comment": one_of("type", values=COMMENTS),
    "_author": text("author_id"),
    "_audit_author": text("^author_id"),
    "author": first_filled("_author", "_audit_author"),
    "_audit_via": text("^via.channel"),
    "channel": renamed("^via.channel", table=CHANNELS),
    "author_role": _role("author"),
}
_CHANGE_EVENT: Columns = {
    "_is_change": replace(
        one_of("type", "field_name", values=tuple(f"{edit} {name}" for edit in EDITS for name in FIELDS)), joined=True
    ),
    "changed_at": instant("^created_at"),
    "field": words("field_name", table=FIELDS),
    "position": count("id"),
    "old": renamed("previous_value", table=STATUSES),
    "new": renamed("value", table=STATUSES),
    "_via": text("via.channel"),
    "_audit_via": text("^via.channel"),
    "_audit_author": text("^author_id"),
    "actor_role": _role("_audit_author"),
}
AUDITS_ON_TICKETS = {
    "messages": Rows({**_COMMENT_EVENT, **_on_ticket("^^")}, "_is_comment", ("audits", "events")),
    "changes": Rows({**_CHANGE_EVENT, **_on_ticket("^^")}, "_is_change", ("audits", "events")),
}
AUDITS_IN_LIST = {
    "changes": Rows({**_CHANGE_EVENT, **IN_LIST}, "_is_change", ("audits", "events")),
    "messages": Rows({**_COMMENT_EVENT, **IN_LIST}, "_is_comment", ("audits", "events")),
}


def _changed_field() -> pl.Expr:
    of = {"_status": "status", "_priority": "priority", "_group": "group", "_agent": "assignee"}
    named = [pl.when(pl.col(column).is_not_null()).then(pl.lit(field)) for column, field in of.items()]
    return pl.coalesce(*named, pl.lit("other"))


# The incremental export writes a changed field under its own name, one in each child event; what it took away from an
# agent or a team is not told. Who wrote a comment is told only with `include=comment_events`.
_CHILD: Columns = {
    "ticket_id": text("^ticket_id"),
    "_told_at": instant("^created_at"),
    "_stamp": epoch("^timestamp"),
    "_set_to": text("requester_id"),
    "_requester": Formula(("_set_to", "ticket_id"), lambda: pl.col("_set_to").drop_nulls().last().over("ticket_id")),
    **ANYTHING_TOLD,
    "_via": text("via.channel", "via"),
    "_audit_via": text("^via"),
    "_updater": text("^updater_id"),
}
CHILD_EVENTS = {
    "changes": Rows(
        {
            **_CHILD,
            "_is_change": one_of("event_type", values=EDITS),
            "changed_at": first_filled("_told_at", "_stamp"),
            "position": count("id"),
            "_status": renamed("status", table=STATUSES),
            "_priority": text("priority"),
            "_group": text("group_id"),
            "_agent": text("assignee_id"),
            "_before": renamed("previous_value", table=STATUSES),
            "new": first_filled("_status", "_priority", "_group", "_agent"),
            "field": Formula((), _changed_field, ("_status", "_priority", "_group", "_agent")),
            "old": Formula(("_before", "new"), lambda: pl.when(pl.col("new").is_not_null()).then("_before")),
            "actor_role": _role("_updater"),
        },
        "_is_change",
        ("child_events",),
    ),
    "messages": Rows(
        {
            **_CHILD,
            "_is_comment": one_of("event_type", values=COMMENTS),
            "message_id": text("id"),
            "sent_at": first_filled("_told_at", "_stamp"),
            "_author": text("author_id"),
            "author": first_filled("_author", "_updater"),
            "_public": flag("public"),
            "_comment_public": flag("comment_public"),
            "is_public": first_filled("_public", "_comment_public"),
            "author_role": _role("author"),
        },
        "_is_comment",
        ("child_events",),
    ),
}
