"""Jira's words: what statuses, priorities and issue types mean, in the CSV and in REST.

Statuses are each firm's own. What is certain is their category (to do, in progress, done); a word can only say more
within it.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.readers._base import Cell, Formula
from cs_metrics.readers._cells import words

DONE, BEGUN = ("solved", "closed"), ("open", "pending", "on_hold")

STATUSES = {
    **dict.fromkeys(("new", "open", "to do", "todo", "backlog", "submitted"), "new"),
    **dict.fromkeys(("reopened", "in progress", "waiting for support", "escalated", "in review"), "open"),
    **dict.fromkeys(("waiting for customer", "waiting on customer", "awaiting customer", "pending"), "pending"),
    **dict.fromkeys(("on hold", "waiting for approval", "waiting for vendor", "waiting for third party"), "on_hold"),
    **dict.fromkeys(("resolved", "done", "completed", "fixed"), "solved"),
    **dict.fromkeys(("closed", "canceled", "cancelled", "declined"), "closed"),
}
CATEGORIES = {
    **{"to do": "new", "in progress": "indeterminate", "done": "done"},
    **{"new": "new", "indeterminate": "indeterminate"},
}
# the five of today, and the five that Server and Data Center began with, which these replaced one by one
PRIORITIES = {
    **{"highest": "urgent", "high": "high", "medium": "normal", "low": "low", "lowest": "low"},
    **{"blocker": "urgent", "critical": "high", "major": "normal", "minor": "low", "trivial": "low"},
}
TYPES = {
    **{word: word for word in ("question", "incident", "problem", "task")},
    **{"[System] Incident": "incident", "[System] Problem": "problem", "[System] Service request": "service request"},
}
CHANNELS = {"portal": "web", "email": "email", "api": "api", "chat": "chat", "phone": "phone", "jira": "web"}


def known_word(*headers: str) -> Cell:
    """Our status by the word alone, null for a word of the firm's own: its category will say."""
    return replace(words(*headers, table=STATUSES), can_fail=False)


def status(word: str, category: str) -> pl.Expr:
    """Our status from the word's meaning and the category: the category says whether it is done."""
    known = pl.col(word)
    by_category = {
        "done": pl.when(known.is_in(DONE)).then(known).otherwise(pl.lit("solved")),
        "indeterminate": pl.when(known.is_in(BEGUN)).then(known).otherwise(pl.lit("open")),
        "new": pl.when(known.is_in(BEGUN)).then(known).otherwise(pl.lit("new")),
    }
    found = known.fill_null("open")
    for name, meaning in by_category.items():
        found = pl.when(pl.col(category) == name).then(meaning).otherwise(found)
    return found


def status_by(word: str, category: str) -> Formula:
    return Formula((word,), lambda: status(word, category), optional=(category,))


def solved_if_done(instant_of: str) -> Formula:
    """Where the workflow sets no resolution, the last change of category is the solve of what is done."""
    done = pl.col("_category") == "done"
    build = pl.coalesce("_resolved_at", pl.when(done).then(pl.col(instant_of)))
    return Formula((), lambda: build, optional=("_resolved_at", instant_of, "_category"))


def differ(one: str, other: str) -> Formula:
    return Formula((one, other), lambda: pl.col(one) != pl.col(other))
