"""Intercom's parts: what was said in a conversation or on a ticket, and what was done to it. One part may be both."""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import FLAG
from cs_metrics.readers._base import Cell, Columns, Formula
from cs_metrics.readers._cells import epoch, one_of, text, words

TICKET_STATES = {"submitted": "new", "in_progress": "open", "waiting_on_customer": "pending", "resolved": "solved"}
ROLES = {
    **{"user": "customer", "lead": "customer", "contact": "customer"},
    **{"admin": "agent", "bot": "bot", "team": "system"},
}
NOBODY = ("0",)

# What a part does, beside what it says: any of them can have a text.
MOVES = {
    **{"open": "open", "close": "closed", "snoozed": "pending"},
    **{"unsnoozed": "open", "timer_unsnooze": "open", "assign_and_reopen": "open"},
}
PUBLIC = {"comment": True, "open": True, "close": True, "snoozed": True, "unsnoozed": True, "note": False}
SAYING = "|".join((*PUBLIC, "assignment", "assign_and_reopen"))


def _says_something(cell: pl.Expr) -> pl.Expr:
    return cell.str.contains(rf"^(?:{SAYING})\s+\S")


PART_MESSAGES: Columns = {
    "message_id": text("id"),
    "ticket_id": text("^id"),
    "sent_at": epoch("created_at"),
    "author_role": words("author.type", table=ROLES),
    "author": text("author.id"),
    "_part": text("part_type"),
    "is_public": Formula(
        ("_part",), lambda: pl.col("_part").replace_strict(PUBLIC, default=None, return_dtype=pl.Boolean)
    ),
    "_is_message": Cell(
        ("part_type", "body"), lambda cell, _: _says_something(cell), FLAG, can_fail=False, joined=True
    ),
}

_IS_MOVE = pl.col("_part").is_in(list(MOVES))
_IS_TEAM = (pl.col("_to_type") == "team").fill_null(False)
_ASSIGNED = pl.when(_IS_TEAM).then(pl.lit("group")).otherwise(pl.lit("assignee"))
PART_ASSIGNMENT: Columns = {
    "ticket_id": text("^id"),
    "changed_at": epoch("created_at"),
    "actor_role": words("author.type", table=ROLES),
    "_part": text("part_type"),
    "_to": text("assigned_to.id", blanks=NOBODY),
    "_to_type": text("assigned_to.type"),
}
PART_CHANGES: Columns = {
    **PART_ASSIGNMENT,
    "_is_change": one_of("part_type", values=(*MOVES, "assignment")),
    # to assign and reopen at once is two changes, of which a part's one row tells the second
    "field": Formula(
        ("_part",),
        lambda: pl.when(_IS_MOVE).then(pl.lit("status")).otherwise(_ASSIGNED),
        optional=("_to_type",),
    ),
    "new": Formula(
        ("_part",),
        lambda: pl.when(_IS_MOVE).then(pl.col("_part").replace_strict(MOVES, default=None)).otherwise("_to"),
        optional=("_to",),
    ),
}

_IS_STATE = pl.col("_part").str.starts_with("ticket_state")


def _state(name: str, otherwise: pl.Expr) -> Formula:
    word = pl.col(name).replace_strict(TICKET_STATES, default="open", return_dtype=pl.String)
    said = pl.when(pl.col(name).is_not_null()).then(word)
    return Formula(("_part",), lambda: pl.when(_IS_STATE).then(said).otherwise(otherwise), optional=(name, "_to"))


TICKET_CHANGES: Columns = {
    **PART_ASSIGNMENT,
    "_is_change": Cell(
        ("part_type",), lambda cell, _: cell.str.contains("^(?:ticket_state|assignment$)"), FLAG, can_fail=False
    ),
    "_state": text("ticket_state"),
    "_state_before": text("previous_ticket_state"),
    "field": Formula(  # a change that does not say to which state is none
        ("_part",),
        lambda: pl.when(~_IS_STATE).then(_ASSIGNED).when(pl.col("_state").is_not_null()).then(pl.lit("status")),
        optional=("_to_type", "_state"),
    ),
    "old": _state("_state_before", pl.lit(None, pl.String)),
    "new": _state("_state", pl.col("_to")),
}
