"""When the clocks of SLA policies start and stop: told from tickets, their spells, the waits and the replies."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from cs_metrics.calendars import CHOSEN
from cs_metrics.entities import INSTANT, TEXT
from cs_metrics.sla._policies import SlaPolicies

AS_OF = "__as_of"  # of each ticket: the instant up to which its source knows
KEYS = ["source", "ticket_id"]
TICK = timedelta(microseconds=1)
_TOLD_WITHOUT_HISTORY = ("first_reply_time", "next_reply_time", "full_resolution_time")


def numbered_tickets(policies: SlaPolicies, tickets: pl.DataFrame) -> pl.DataFrame:
    """The tickets that some policy is for: ticket (a number), policy (its place), as_of, and what starts clocks."""
    by_agent = pl.col("created_by_agent").fill_null(False) if "created_by_agent" in tickets.columns else pl.lit(False)
    replied = pl.col("first_reply_at") if "first_reply_at" in tickets.columns else pl.lit(None, INSTANT)
    knows_replies = pl.lit("first_reply_at" in tickets.columns)
    if "first_reply_at" in tickets.columns and tickets["source"].n_unique() > 1:
        knows_replies = replied.is_not_null().any().over("source")  # of two exports perhaps only one has the column
    return (
        tickets.lazy()
        .with_row_index("ticket")
        .select(
            "ticket",
            *KEYS,
            "created_at",
            pl.col(AS_OF).alias("as_of"),
            *([CHOSEN] if CHOSEN in tickets.columns else []),
            policy=policies.matching(set(tickets.columns)),
            by_agent=by_agent,
            replied_at=replied,
            knows_replies=knows_replies,
        )
        .filter(pl.col("policy").is_not_null())
        .collect()
    )


def numbered_rows(rows: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    """The rows of these tickets with `ticket` in place of their keys."""
    return rows.join(numbered.select("ticket", *KEYS), on=KEYS, maintain_order="left").drop(KEYS)


def open_life(numbered: pl.DataFrame, spells: pl.DataFrame) -> pl.DataFrame:
    """The unsolved stretches in which status and priority stayed the same, and what is known of their tickets."""
    keys = ["ticket", "status", "priority", "is_open"]
    changed = pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(1)) for key in keys)
    told = pl.col("is_from_history") if "is_from_history" in spells.columns else pl.lit(True)
    return (
        spells.lazy()
        .select(
            *KEYS,
            "began_at",
            pl.col("ended_at").is_null().alias("is_last"),
            "status",
            pl.col("priority") if "priority" in spells.columns else pl.lit(None, TEXT).alias("priority"),
            pl.col("is_open").fill_null(True),
            is_from_history=told.fill_null(False),
        )
        .join(numbered.lazy().drop("created_at", "by_agent", "replied_at", "knows_replies"), on=KEYS)
        .filter(pl.col("began_at") <= pl.col("as_of"))
        .sort("ticket", "began_at", "is_last")  # what was solved as it was created has an open spell of no length
        .filter(changed)
        .with_columns(
            ended_at=pl.when(pl.col("ticket") == pl.col("ticket").shift(-1)).then(pl.col("began_at").shift(-1))
        )
        .filter("is_open")
        .drop(*KEYS, "is_last", "is_open")
        .collect()
    )


def unsolved_stretches(life: pl.DataFrame) -> pl.DataFrame:
    """The stretches from the creation or a reopening to the next solve: opened_at, shut_at (null: still unsolved)."""
    goes_on = (pl.col("ticket") == pl.col("ticket").shift(1)) & (pl.col("began_at") == pl.col("ended_at").shift(1))
    about = [name for name in ("ticket", "policy", "as_of", CHOSEN, "is_from_history") if name in life.columns]
    return (
        life.lazy()
        .group_by((~goes_on.fill_null(False)).cum_sum().alias("stretch"), maintain_order=True)
        .agg(pl.col(about).first(), opened_at=pl.col("began_at").first(), shut_at=pl.col("ended_at").last())
        .drop("stretch")
        .collect()
    )


def runs_of(
    clock: str,
    numbered: pl.DataFrame,
    unsolved: pl.DataFrame,
    asked: pl.DataFrame | None,
    replies: pl.DataFrame | None,
) -> pl.DataFrame | None:
    """The cycles of a clock: ticket, started_at, stopped_at, and what `unsolved` knows of it; None if not told."""
    told = unsolved if clock in _TOLD_WITHOUT_HISTORY else unsolved.filter("is_from_history")
    if clock == "first_reply_time":
        return _whileunsolved_stretches(_first_questions(numbered, asked), told).unique("ticket", maintain_order=True)
    if clock == "next_reply_time":
        return None if asked is None else _next_questions(numbered, asked, told)
    if clock in ("periodic_update", "pausable_update"):
        return None if replies is None else _updates(numbered_rows(replies, numbered), told)
    return told.group_by("ticket", maintain_order=True).agg(
        pl.exclude("ticket", "opened_at", "shut_at").first(),
        started_at=pl.col("opened_at").first(),
        stopped_at=pl.col("shut_at").last(),
    )


def _first_questions(numbered: pl.DataFrame, asked: pl.DataFrame | None) -> pl.DataFrame:
    """What first replies answer (ticket, asked_at, replied_at): the creation; of agents' tickets, the first wait."""
    created = numbered.filter(
        ~pl.col("by_agent")
        & pl.col("knows_replies")
        & (pl.col("replied_at").is_null() | (pl.col("replied_at") >= pl.col("created_at")))
    ).select("ticket", pl.col("created_at").alias("asked_at"), "replied_at")
    if asked is None:
        return created
    first = asked.sort("ticket", "asked_at").unique("ticket", keep="first", maintain_order=True)
    first = first.join(numbered.filter("by_agent"), on="ticket", how="semi", maintain_order="left")
    return pl.concat([created, first.select("ticket", "asked_at", "replied_at")]).sort("ticket")


def _next_questions(numbered: pl.DataFrame, asked: pl.DataFrame, unsolved: pl.DataFrame) -> pl.DataFrame:
    """The waits beyond the first; a first wait that outlived a solve is a next one after the reopening."""
    by_agent = numbered.select("ticket", "by_agent")
    waits = asked.sort("ticket", "asked_at").join(by_agent, on="ticket", maintain_order="left")
    leads = pl.col("ticket") != pl.col("ticket").shift(1)
    # an unanswered wait has ended with no reply, the first one neither
    is_first = leads.fill_null(True) & (pl.col("by_agent") | pl.col("replied_at").is_null())
    waits = waits.select("ticket", "asked_at", "replied_at", opens=pl.col("is_first").fill_null(False) | is_first)
    runs = _whileunsolved_stretches(waits, unsolved)
    is_its_first_run = pl.struct("ticket", "asked_at").is_first_distinct()
    return runs.filter(~(pl.col("opens") & is_its_first_run))


def _updates(replies: pl.DataFrame, unsolved: pl.DataFrame) -> pl.DataFrame:
    """From each reply to an unsolved ticket to the next one; a reply with the solve, or after it, starts nothing."""
    sent = replies.select("ticket", asked_at="sent_at").unique().sort("ticket", "asked_at")
    upcoming = pl.when(pl.col("ticket") == pl.col("ticket").shift(-1)).then(pl.col("asked_at").shift(-1))
    runs = _whileunsolved_stretches(sent.with_columns(replied_at=upcoming), unsolved)
    return runs.filter(pl.col("started_at") == pl.col("asked_at"))


def _whileunsolved_stretches(spans: pl.DataFrame, unsolved: pl.DataFrame) -> pl.DataFrame:
    """The parts of spans (ticket, asked_at, replied_at) in which the ticket was unsolved: started_at, stopped_at."""
    asked, replied, shut = pl.col("asked_at"), pl.col("replied_at"), pl.col("shut_at")
    ends_later = replied.is_null() | (pl.col("opened_at") < pl.max_horizontal(replied, asked + TICK))
    return (
        spans.lazy()
        .join(unsolved.lazy(), on="ticket", maintain_order="left_right")
        .filter(ends_later & (shut.is_null() | (shut > asked)))
        .with_columns(
            started_at=pl.max_horizontal("asked_at", "opened_at"), stopped_at=pl.min_horizontal("replied_at", "shut_at")
        )
        .drop("opened_at", "shut_at")
        .collect()
    )
