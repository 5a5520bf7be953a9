"""A ticket's life, told from its changes: spells in which nothing changed.

A spell is half-open, [began_at, ended_at); the spells of a ticket follow each other without gap from its creation on.
What lies before the creation is cut off; of changes at one instant the last one counts. Before its first known status
a ticket is what that change calls the old one, else open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import polars as pl

from cs_metrics.calendars import CHOSEN
from cs_metrics.entities import INSTANT, PRIORITIES, STATUSES, TEXT

FIELDS = ("status", "group", "assignee", "priority")
DONE = ("solved", "closed")
TICKET, UNTIL = "__ticket", "__until"  # the ticket's row number; ended_at, or as-of while it is still so
_NOTHING = ""  # stands for "no agent", "no team" until gaps are filled
_OTHER_WORDS = {"hold": "on_hold", "onhold": "on_hold", "resolved": "solved"}


def status_word(text: pl.Expr) -> pl.Expr:
    """Our word for a status as a history spells it (`On-hold`, `hold`); null for words that are not ours."""

    def ours(words: pl.Expr) -> pl.Expr:
        plain = words.str.strip_chars().str.to_lowercase().str.replace_all(r"[\s_-]+", "_")
        named = plain.replace(_OTHER_WORDS)
        return pl.when(named.is_in(STATUSES)).then(named)

    return _each_word_once(text, ours)


def _priority_word(text: pl.Expr) -> pl.Expr:
    def ours(words: pl.Expr) -> pl.Expr:
        plain = words.str.strip_chars().str.to_lowercase()
        return pl.when(plain.is_in(PRIORITIES)).then(plain)

    return _each_word_once(text, ours)


def _each_word_once(text: pl.Expr, ours: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """What becomes of words, found once for each of the few that a million cells hold."""

    def found(cells: pl.Series) -> pl.Series:
        words = cells.unique()
        return cells.replace_strict(words, pl.select(ours(pl.lit(words))).to_series(), return_dtype=TEXT)

    return text.map_batches(found, return_dtype=TEXT, is_elementwise=True)


def _as_told(field: str, text: pl.Expr) -> pl.Expr:
    """A field's value in our words, `_NOTHING` for none."""
    if field == "status":
        return status_word(text).fill_null("open")
    if field == "priority":
        return _priority_word(text).fill_null(_NOTHING)
    return text.fill_null(_NOTHING)


def is_first(*names: str) -> pl.Expr:
    """Whether the row before differs in one of these, or is not there."""
    return pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in names).fill_null(True)


def is_last(*names: str) -> pl.Expr:
    """Whether the row after differs in one of these, or is not there."""
    return pl.any_horizontal(pl.col(name) != pl.col(name).shift(-1) for name in names).fill_null(True)


def covered_sources(tickets: pl.DataFrame, changes: pl.DataFrame) -> dict[str, set[str]]:
    """For each field the sources of which changes of it belong to their tickets here."""
    keys = ["source", "ticket_id"]
    linked = changes.lazy().filter(pl.col("field").is_in(FIELDS)).join(tickets.lazy().select(keys), on=keys, how="semi")
    found: dict[str, set[str]] = {}
    for field, source in linked.select("field", "source").unique().collect().rows():
        found.setdefault(field, set()).add(source)
    return found


def covers(tickets: pl.DataFrame, changes: pl.DataFrame) -> bool:
    """Whether every source of the tickets has changes of status here."""
    return set(tickets["source"].unique()) <= covered_sources(tickets, changes).get("status", set())


def unknown_words(changes: pl.DataFrame) -> dict[str, list[str]]:
    """The words in a history of statuses and priorities that are none of ours, by field."""
    words = {"status": status_word, "priority": _priority_word}
    said = {field: changes.filter(pl.col("field") == field)["new"].drop_nulls().unique().sort() for field in words}
    return {
        field: said[field].filter(pl.select(word(pl.lit(said[field])).is_null()).to_series()).to_list()
        for field, word in words.items()
        if len(said[field])
    }


def of_tickets(tickets: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """The changes of these tickets in their order: TICKET, created_at, at, field, old, new.

    `tickets` are numbered by their rows; changes of other tickets, without an instant or of other fields leave.
    """
    keys = ["source", "ticket_id"]
    numbered = tickets.select(*keys, "created_at").with_row_index(TICKET)
    place = ["position"] if "position" in changes.columns else []
    return (
        changes.lazy()
        .with_row_index("__line")
        .filter(pl.col("field").is_in(FIELDS) & pl.col("changed_at").is_not_null())
        .join(numbered.lazy(), on=keys, how="inner")
        .sort(TICKET, "changed_at", *place, "__line", nulls_last=True)
        .select(
            TICKET,
            "created_at",
            pl.col("changed_at").alias("at"),
            "field",
            pl.col("old") if "old" in changes.columns else pl.lit(None, TEXT).alias("old"),
            "new",
        )
        .collect()
    )


def spells_of(tickets: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """The spells of all tickets: TICKET and the columns of `entities`, and `is_from_history`.

    `tickets` are as of as-of, with `solved_at` settled; those that are solved without instant and without history have
    none. Where the history breaks off before the ticket's own solve, the solve is added.
    """
    told = of_tickets(tickets, changes)
    beginnings = _beginnings(tickets, told)
    told = told.join(beginnings.select(TICKET), on=TICKET, how="semi", maintain_order="left")
    at = pl.max_horizontal("at", "created_at").alias("at")
    new = {field: pl.when(pl.col("field") == field).then(_as_told(field, pl.col("new"))) for field in FIELDS}
    events = [beginnings, told.select(TICKET, at, **new), _solves_beyond(tickets, told)]
    life = (
        pl.concat(events, how="diagonal")
        .lazy()
        .sort(TICKET, "at", maintain_order=True)  # at one instant: the beginning, the changes, the solve beyond them
        .with_columns(pl.col(FIELDS).forward_fill())  # a ticket's first row fills every field
        .filter(is_last(TICKET, "at"))  # of an instant
    )
    same = ~is_first(TICKET)
    unchanged = pl.all_horizontal(pl.col(field) == pl.col(field).shift(1) for field in FIELDS)
    life = life.filter(~(same & unchanged))
    before = pl.when(same).then(pl.col("status").shift(1))
    is_done, was_done = pl.col("status").is_in(DONE), before.is_in(DONE).fill_null(False)
    life = life.with_columns(
        pl.when(~is_last(TICKET)).then(pl.col("at").shift(-1)).alias("ended_at"),
        (is_done & ~was_done).alias("is_solve"),
        (was_done & ~is_done & (pl.col("status") != "deleted")).alias("is_reopen"),
        (~is_done & (pl.col("status") != "deleted")).alias("is_open"),
    )
    of_ticket = tickets.select("source", "ticket_id", "created_at", is_from_history=_with_history(tickets, told))
    source, ticket_id, created_at, is_from_history = (pl.lit(column).gather(TICKET) for column in of_ticket)
    return life.select(
        TICKET,
        source,
        ticket_id,
        created_at,
        pl.col("at").alias("began_at"),
        "ended_at",
        *(pl.when(pl.col(field) != _NOTHING).then(pl.col(field)).alias(field) for field in FIELDS),
        "is_open",
        "is_solve",
        "is_reopen",
        is_from_history,
    ).collect()


def _with_history(tickets: pl.DataFrame, told: pl.DataFrame) -> pl.Series:
    """Of each ticket whether its statuses over time are known.

    Those with a change of status, and in a source that tells of such changes, those still new or open: nothing may have
    happened to them. A ticket that is solved or waits without a change has a history that is not here.
    """
    changed = told.filter(pl.col("field") == "status")[TICKET].unique()
    status = pl.col("status") if "status" in tickets.columns else pl.lit(None, TEXT)
    untouched = pl.col("source").is_in(tickets["source"][changed].unique().implode())
    untouched &= status.is_in(["new", "open"]).fill_null(True)
    return tickets.with_row_index(TICKET).select(pl.col(TICKET).is_in(changed.implode()) | untouched).to_series()


def _beginnings(tickets: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """One row per ticket at its creation, with what every field was then."""
    rows = tickets.select("created_at", *(name for name in (*FIELDS, "solved_at") if name in tickets.columns))
    rows, columns, has_history = rows.with_row_index(TICKET), [], pl.lit(False)
    for field in FIELDS:
        first = told.filter(pl.col("field") == field).filter(is_first(TICKET))
        now = pl.col(field) if field in rows.columns else pl.lit(None, TEXT)
        if field == "status" and "solved_at" in rows.columns:
            now = pl.when(pl.col("solved_at").is_null()).then(now)  # it was not solved before its solve
        given = pl.when(pl.col("changed")).then(pl.col("old")).otherwise(now)
        known = first.select(TICKET, "old", changed=pl.lit(True))
        joined = rows.join(known, on=TICKET, how="left", maintain_order="left")
        columns.append(joined.select(_as_told(field, given).alias(field)).to_series())
        if field == "status":
            has_history = pl.lit(joined["changed"]).fill_null(False)
    begun = rows.select(TICKET, pl.col("created_at").alias("at"), *columns)
    if not {"status", "solved_at"} <= set(rows.columns):
        return begun
    is_undated = pl.col("status").is_in(DONE) & pl.col("solved_at").is_null()
    return begun.filter(rows.select(has_history | ~is_undated.fill_null(False)).to_series())


def _solves_beyond(tickets: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The solves that tickets state and their histories lack: the last known status is an unsolved one before them."""
    if "solved_at" not in tickets.columns:
        return pl.DataFrame(schema={TICKET: pl.UInt32(), "at": INSTANT, "status": TEXT})
    last = told.filter(pl.col("field") == "status").filter(is_last(TICKET))
    last = last.select(TICKET, "at", known=status_word(pl.col("new")))
    status = pl.col("status") if "status" in tickets.columns else pl.lit(None, TEXT)
    lacking = pl.col("known").is_in(DONE).fill_null(False).not_() & (
        pl.col("at").is_null() | (pl.col("at") <= pl.col("solved_at"))
    )
    return (
        tickets.select("created_at", "solved_at", status.alias("status"))
        .with_row_index(TICKET)
        .filter(pl.col("solved_at").is_not_null())
        .join(last, on=TICKET, how="left")
        .filter(lacking)
        .select(
            TICKET,
            pl.max_horizontal("solved_at", "created_at").alias("at"),
            pl.when(pl.col("status").is_in(DONE)).then("status").otherwise(pl.lit("solved")).alias("status"),
        )
    )


def simple_spells(tickets: pl.LazyFrame, columns: Collection[str]) -> pl.LazyFrame:
    """The spells of tickets without history: open from the creation to the solve, and solved from then on.

    Group, assignee and priority are today's. Stays lazy, so that nothing is copied of what is not asked for.
    """
    status = pl.col("status") if "status" in columns else pl.lit(None, TEXT)
    solved_at = pl.col("solved_at") if "solved_at" in columns else pl.lit(None, INSTANT)
    is_done = status.is_in(DONE).fill_null(False)
    same = [name for name in ("source", "ticket_id", "created_at", "group", "assignee", "priority") if name in columns]
    same += [name for name in (TICKET, CHOSEN, UNTIL) if name in columns]
    dated = tickets.filter(~(is_done & solved_at.is_null()))
    ended_at = pl.max_horizontal(solved_at, "created_at")  # what was solved before it began was never open
    opened = dated.select(
        *same,
        pl.col("created_at").alias("began_at"),
        pl.when(solved_at.is_not_null()).then(ended_at).alias("ended_at"),
        pl.when(is_done).then(pl.lit("open")).otherwise(status.fill_null("open")).alias("status"),
        pl.lit(True).alias("is_open"),
        pl.lit(False).alias("is_solve"),
        pl.lit(False).alias("is_reopen"),
        pl.lit(False).alias("is_from_history"),
    )
    if "solved_at" not in columns:
        return opened
    solved = dated.filter(solved_at.is_not_null()).select(
        *same,
        ended_at.alias("began_at"),
        pl.lit(None, INSTANT).alias("ended_at"),
        pl.when(is_done).then(status).otherwise(pl.lit("solved")).alias("status"),
        pl.lit(False).alias("is_open"),
        pl.lit(True).alias("is_solve"),
        pl.lit(False).alias("is_reopen"),
        pl.lit(False).alias("is_from_history"),
    )
    return pl.concat([opened, solved])


def put_back(tickets: pl.DataFrame, changes: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Tickets with their fields as they were at an instant.

    What never changed is as it is now. A ticket solved later without a history of it was open then.
    """
    told = of_tickets(tickets, changes)
    rows = tickets.with_row_index(TICKET)
    later = pl.col("solved_at") > as_of if "solved_at" in tickets.columns else pl.lit(False)
    for field in FIELDS:
        if field not in tickets.columns:
            continue
        of_field = told.filter(pl.col("field") == field)
        last = of_field.filter(pl.col("at") <= as_of).filter(is_last(TICKET)).select(TICKET, then="new")
        next_one = of_field.filter(pl.col("at") > as_of).filter(is_first(TICKET)).select(TICKET, then="old")
        # what the last change made it, else what the next one calls the old value
        then = pl.concat([last, next_one.join(last, on=TICKET, how="anti")]).with_columns(changed=pl.lit(True))
        now = pl.when(later.fill_null(False)).then(pl.lit("open")).otherwise(field) if field == "status" else field
        was = _as_told(field, pl.col("then"))
        value = pl.when(pl.col("changed")).then(pl.when(was != _NOTHING).then(was)).otherwise(now)
        rows = rows.join(then, on=TICKET, how="left", maintain_order="left")
        rows = rows.with_columns(value.alias(field)).drop("then", "changed")
    if "solved_at" in tickets.columns:
        rows = rows.with_columns(pl.when(~later.fill_null(False)).then("solved_at").alias("solved_at"))
    return rows.drop(TICKET)
