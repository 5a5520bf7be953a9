"""Jira's REST search: issues, their comments as messages, their changelog as changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from cs_metrics.entities import TEXT
from cs_metrics.readers._base import Columns, Formula, first_filled
from cs_metrics.readers._cells import (
    count,
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
from cs_metrics.readers._headers import present_columns
from cs_metrics.readers._jira_words import (
    CATEGORIES,
    PRIORITIES,
    TYPES,
    differ,
    known_word,
    solved_if_done,
    status,
    status_by,
)
from cs_metrics.readers._json import JsonTable
from cs_metrics.readers._looks import Table


def _person(path: str) -> tuple[str, ...]:
    """How Cloud and Server know a person by."""
    return tuple(f"{path}.{key}" for key in ("accountId", "name", "emailAddress", "displayName"))


def _none_without_comments() -> Formula:
    """Of an issue that nobody commented on there are no messages from which this could be told.

    Only where those of the others tell it: in the Cloud, where accounts have types, comments say who sees them.
    """
    in_cloud = pl.col("_account").is_not_null()
    return Formula(("_comments", "_account"), lambda: pl.when((pl.col("_comments") == 0) & in_cloud).then(0))


ISSUES: Columns = {
    "ticket_id": text("key"),
    "created_at": instant("fields.created"),
    "_resolved_at": instant("fields.resolutiondate"),
    "_category_changed_at": instant("fields.statuscategorychangedate"),
    "_word": known_word("fields.status.name"),
    "_category": replace(words("fields.status.statusCategory.key", table=CATEGORIES), can_fail=False),
    "status": status_by("_word", "_category"),
    "vendor_status": text("fields.status.name"),
    "solved_at": solved_if_done("_category_changed_at"),
    "updated_at": instant("fields.updated"),
    "priority": words("fields.priority.name", table=PRIORITIES),
    "vendor_priority": text("fields.priority.name"),
    "type": renamed("fields.issuetype.name", table=TYPES),
    "assignee": text("fields.assignee.displayName", "fields.assignee.name"),
    "requester": identity(*_person("fields.reporter")),
    "tags": labels("fields.labels"),
    "_comments": count("fields.comment.total"),
    "_account": text("fields.reporter.accountType"),
    "agent_replies": _none_without_comments(),
    "customer_replies": _none_without_comments(),
    "handle_seconds": number("fields.timespent"),
    "_creator": text(*_person("fields.creator")),
    "_reporter": text(*_person("fields.reporter")),
    "_made_by": text("fields.creator.accountType"),
    "_others": differ("_creator", "_reporter"),
    "created_by_agent": Formula(
        ("_others",),
        lambda: pl.col("_others") & (pl.col("_made_by") != "app").fill_null(True),
        optional=("_made_by",),
    ),
}


def _role_of(author: str, account: str) -> pl.Expr:
    """Who a person is to an issue: customers have accounts of their own kind, and whoever reported it is one."""
    return (
        pl.when(pl.col(account) == "app")
        .then(pl.lit("bot"))
        .when((pl.col(account) == "customer") | (pl.col(author) == pl.col("_reporter")))
        .then(pl.lit("customer"))
        .when(pl.col(author).is_not_null())
        .then(pl.lit("agent"))
    )


def _role(author: str, reporter: str) -> Columns:
    return {
        "_author": text(*_person(author)),
        "_reporter": text(*_person(reporter), reporter),  # null where it has none
        "_account": text(f"{author}.accountType"),
        "_role": Formula(("_author", "_reporter"), lambda: _role_of("_author", "_account"), optional=("_account",)),
    }


def _description_and_comments() -> pl.Expr:
    """Of the first comment of an issue two messages: the description before it (true), and itself."""
    is_first = pl.int_range(pl.len()).over("ticket_id") == 0
    return pl.when(is_first).then(pl.lit([True, False])).otherwise(pl.lit([False]))


def _opening(own: str, opening: str) -> Formula:
    return Formula(("_said", own, opening), lambda: pl.when("_said").then(opening).otherwise(own))


COMMENTS: Columns = {
    "_said": Formula(("ticket_id",), _description_and_comments),
    "_id": text("id"),
    "_opening_id": Formula(("ticket_id",), lambda: pl.format("{} description", "ticket_id")),
    "message_id": _opening("_id", "_opening_id"),
    "ticket_id": text("^key"),
    "_sent_at": instant("created"),
    "_created_at": instant("^fields.created"),
    "sent_at": _opening("_sent_at", "_created_at"),
    "_name": text("author.displayName", "author.name"),
    "_creator_name": text("^fields.creator.displayName", "^fields.creator.name"),
    "author": _opening("_name", "_creator_name"),
    "_opened_by": text(*_person("^fields.creator")),
    "_kind": text("^fields.creator.accountType"),
    **_role("author", "^fields.reporter"),
    "author_role": Formula(
        ("_said", "_role", "_opened_by", "_reporter"),
        lambda: pl.when("_said").then(_role_of("_opened_by", "_kind")).otherwise("_role"),
        optional=("_kind",),
    ),
    "_public": flag("jsdPublic"),
    "_restricted": is_filled("visibility.value"),
    "is_public": Formula(
        ("_public",),
        lambda: pl.col("_said") | pl.coalesce("_public", pl.when("_restricted").then(False)),
        optional=("_said", "_restricted"),
    ),
}

IN_COMMENTS = ("fields.comment.comments",)


def issues_as_told(table: Table) -> Columns:
    """The columns of issues; how many replies only where comments say who wrote them when, and for whom.

    Else nobody but the issues without comments would have a number of replies: none.
    """
    headers = (
        {header.casefold() for header in table.inside(IN_COMMENTS).headers} if isinstance(table, JsonTable) else ()
    )
    is_told = {"sent_at", "author_role", "is_public"} <= present_columns(COMMENTS, headers).keys()
    return {
        name: source for name, source in ISSUES.items() if is_told or name not in ("agent_replies", "customer_replies")
    }


FIELDS = {"status": "status", "assignee": "assignee", "priority": "priority"}


def _category_of(word: str) -> Formula:
    """A status's category as far as an issue of this file is in that status now; a changelog does not say it."""

    def look_up(columns: Sequence[pl.Series]) -> pl.Series:
        words_seen, now, category = columns
        known = dict(zip(now, category, strict=True))
        return words_seen.replace_strict(known, default=None, return_dtype=TEXT)

    needs = (word, "_status_now", "_category_now")
    return Formula(needs, lambda: pl.map_batches(needs, look_up, TEXT))


def _end(name: str, key: str) -> Columns:
    """The value before or after, in our words where the field has some."""
    is_field = {field: pl.col("field") == field for field in ("status", "priority")}
    status_then = status(f"_{name}_word", f"_{name}_category")
    value = (
        pl.when(is_field["status"])
        .then(status_then)
        .when(is_field["priority"])
        .then(pl.col(f"_{name}_priority"))
        .otherwise(pl.col(f"_{name}"))
    )
    return {
        f"_{name}": text(key),
        f"_{name}_word": known_word(key),
        f"_{name}_category": _category_of(f"_{name}"),
        f"_{name}_priority": replace(words(key, table=PRIORITIES), can_fail=False),
        name: Formula(("field", f"_{name}_word", f"_{name}_priority", f"_{name}_category"), lambda: value),
    }


CHANGELOG: Columns = {
    "ticket_id": text("^^key"),
    "changed_at": instant("^created"),
    "field": words("field", table=FIELDS),
    "position": count("^id"),  # histories stand newest first; their ids grow
    "_status_now": text("^^fields.status.name"),
    "_category_now": replace(words("^^fields.status.statusCategory.key", table=CATEGORIES), can_fail=False),
    **_end("old", "fromString"),
    **_end("new", "toString"),
    **_role("^author", "^^fields.reporter"),
    "actor_role": first_filled("_role"),
    "_is_told": one_of("field", values=tuple(FIELDS)),  # others hold descriptions, links, ranks
}
