"""What the messages of a ticket say: who opened it, who replied when, and how long the customer waited each time.

A reply is a public message by a person. Bots and automatic replies stop no clock, and a private note is nothing at all;
of an agent's message that does not say whether it is public nothing is assumed. What the customer wrote counts unless
it is marked private. At one instant the customer speaks first, and otherwise the order of the file decides.

The opening message is the first one, if it was sent before the ticket's creation or up to a second after it, or if it
is by an agent who, as the ticket says, opened it. An agent's opening is no reply, so that such a ticket waits for the
second public message by an agent (Zendesk's rule). No clock runs before the creation: an earlier opening counts as sent
at the creation, and other messages more than a second before it stop and start nothing.

Tickets have `source`, `ticket_id`, `created_at` and perhaps `created_by_agent`; messages have `source`, `ticket_id`,
`sent_at`, `author_role`, `is_public` and perhaps `author`. A ticket stands once. Messages of other tickets, and those
without a role or an instant, give nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from cs_metrics.entities import INSTANT, INTEGER, TEXT

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Conversations:
    """The tickets that have messages, and what persons said in them, ticket by ticket in order of time.

    `keys`: source, ticket_id of all tickets; a ticket's number is its place there. `tickets`: ticket (the number),
    source, ticket_id, created_at, created_by_agent (told or seen), has_opening, bot_replies (public messages by bots).
    `said`: ticket, at (not before the creation), author, is_agent, is_opening, is_reply, is_question; of messages that
    clocks do not heed the last two are both false.
    """

    keys: pl.DataFrame
    tickets: pl.DataFrame
    said: pl.DataFrame

    def named(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with source and ticket_id in place of the ticket's number."""
        return pl.concat([self.keys[rows["ticket"]], rows.drop("ticket")], how="horizontal")


def first_replies(held: Conversations) -> pl.DataFrame:
    """One row per ticket that has messages here: source, ticket_id, first_reply_at, agent_replies, customer_replies,
    replying_agents, bot_replies, created_by_agent. Opening messages are no replies; `first_reply_at` is null while
    there is none, `replying_agents` where a reply does not say whose it is.
    """
    is_answer = ~pl.col("is_opening")
    authors = pl.col("author").filter("is_reply")
    replies = held.said.group_by("ticket").agg(
        first_reply_at=pl.col("at").filter("is_reply").min(),
        agent_replies=(is_answer & pl.col("is_agent")).sum().cast(INTEGER),
        customer_replies=(is_answer & ~pl.col("is_agent")).sum().cast(INTEGER),
        replying_agents=pl.when(authors.null_count() == 0).then(authors.n_unique()).cast(INTEGER),
        is_said=pl.lit(True),
    )
    return held.tickets.join(replies, on="ticket", how="left", maintain_order="left").select(
        "source",
        "ticket_id",
        "first_reply_at",
        pl.col("agent_replies", "customer_replies").fill_null(0),
        pl.when("is_said").then("replying_agents").otherwise(0).alias("replying_agents"),
        "bot_replies",
        "created_by_agent",
    )


def public_replies(held: Conversations) -> pl.DataFrame:
    """The replies, in order of time within each ticket: source, ticket_id, sent_at, author."""
    return held.named(held.said.filter("is_reply").select("ticket", pl.col("at").alias("sent_at"), "author"))


def waits(held: Conversations) -> pl.DataFrame:
    """The frame `waits` of `entities`, in order of time within each ticket.

    Messages in a row are one wait that begins with the oldest; a reply to nobody ends none. Where the customer opened
    the ticket and the opening message is not among these (it may be kept as the ticket's description), the first wait
    begins at the creation.
    """
    unsaid = held.tickets.filter(~pl.col("created_by_agent") & ~pl.col("has_opening"))
    spoken = held.said.lazy().filter(pl.col("is_reply") | pl.col("is_question"))
    spoken = spoken.with_columns(
        begins=_is_new_ticket(1),
        ends=_is_new_ticket(-1),
        is_first=pl.col("is_reply") & pl.when("is_reply").then("ticket").is_first_distinct(),
    )
    created = unsaid.lazy().select("ticket", created="created_at", begins=pl.lit(True))
    spoken = spoken.join(created, on=["ticket", "begins"], how="left", maintain_order="left")
    nobody_waits = pl.col("begins") | pl.col("is_reply").shift(1)
    starts = pl.when(pl.col("is_question") & nobody_waits).then("at")
    waited = pl.col("created").is_not_null() | ~nobody_waits
    rows = (
        spoken.with_columns(asked_at=pl.coalesce("created", starts).forward_fill())
        .filter(pl.when("is_reply").then(waited).otherwise("ends"))
        .select(
            "ticket",
            "asked_at",
            replied_at=pl.when("is_reply").then("at"),
            author=pl.when("is_reply").then("author"),
            is_first="is_first",
        )
        .collect()
    )
    silent = unsaid.join(held.said.filter(pl.col("is_reply") | pl.col("is_question")), on="ticket", how="anti")
    unheard = silent.select(
        "ticket",
        asked_at="created_at",
        replied_at=pl.lit(None, INSTANT),
        author=pl.lit(None, TEXT),
        is_first=pl.lit(False),
    )
    return held.named(rows.merge_sorted(unheard.sort("ticket"), "ticket"))


def of_tickets(tickets: pl.DataFrame, messages: pl.DataFrame) -> Conversations:
    """The conversations of these tickets; put together once for all that is asked of them."""
    sources = pl.concat([tickets["source"].unique(), messages["source"].unique()]).n_unique()
    keys = ["source", "ticket_id"] if sources > 1 else ["ticket_id"]
    told = pl.col("created_by_agent").fill_null(False) if "created_by_agent" in tickets.columns else pl.lit(False)
    numbered = tickets.select("source", "ticket_id", "created_at", told=told).with_row_index("ticket")
    linked = (
        _classed(messages, keys)
        .join(numbered.lazy().select(*keys, "ticket", "created_at", "told"), on=keys, maintain_order="left")
        .collect()
    )
    said = _said(linked)
    openings = said.filter("is_opening").select("ticket", by_agent="is_agent", has_opening=pl.lit(True))
    bots = linked.group_by("ticket").agg(bot_replies=pl.col("is_bot").sum().cast(INTEGER))
    here = numbered.join(bots, on="ticket", maintain_order="left")
    here = here.join(openings, on="ticket", how="left", maintain_order="left").select(
        "ticket",
        "source",
        "ticket_id",
        "created_at",
        created_by_agent=pl.col("told") | pl.col("by_agent").fill_null(False),
        has_opening=pl.col("has_opening").fill_null(False),
        bot_replies="bot_replies",
    )
    return Conversations(tickets.select("source", "ticket_id"), here, said)


def _classed(messages: pl.DataFrame, keys: list[str]) -> pl.LazyFrame:
    """Messages of known role and instant: by an agent, public by a bot, or said by one person to the other."""
    is_agent, is_public = pl.col("author_role") == "agent", pl.col("is_public")
    is_customer = pl.col("author_role") == "customer"
    known = messages.lazy().filter(pl.col("author_role").is_not_null() & pl.col("sent_at").is_not_null())
    return known.select(
        *keys,
        "sent_at",
        "author" if "author" in messages.columns else pl.lit(None, TEXT).alias("author"),
        is_agent=is_agent,
        is_bot=(pl.col("author_role") == "bot") & is_public.fill_null(False),
        is_said=(is_agent & is_public.fill_null(False)) | (is_customer & is_public.fill_null(True)),
    )


def _said(linked: pl.DataFrame) -> pl.DataFrame:
    """`said` of `Conversations`, of classed messages with their ticket's number, created_at and told."""
    since = pl.col("sent_at") - pl.col("created_at")
    opens = pl.col("is_new") & ((since <= _SECOND) | (pl.col("told") & pl.col("is_agent")))
    is_heeded = pl.col("is_opening") | (since >= -_SECOND)
    return (
        linked.lazy()
        .filter("is_said")
        .sort("ticket", "sent_at", "is_agent", maintain_order=True)
        .with_columns(is_new=_is_new_ticket(1))
        .with_columns(is_opening=opens)
        .select(
            "ticket",
            "author",
            "is_agent",
            "is_opening",
            at=pl.max_horizontal("sent_at", "created_at"),
            is_reply=pl.col("is_agent") & ~pl.col("is_opening") & is_heeded,
            is_question=~pl.col("is_agent") & is_heeded,
        )
        .collect()
    )


def _is_new_ticket(step: int) -> pl.Expr:
    """Whether the row before (step 1) or after (step -1) is of another ticket or not there."""
    return (pl.col("ticket") != pl.col("ticket").shift(step)).fill_null(True)
