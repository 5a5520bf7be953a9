"""The clocks of SLA policies: when each started and stopped, what it shows, whether and when its target was over.

| clock | from | to | runs |
|---|---|---|---|
| first_reply_time | the creation (opened by an agent: the customer's first message) | the first reply | always |
| next_reply_time | the customer's oldest unanswered message | the next reply | always |
| periodic_update, pausable_update | each reply | the next one | always; not while pending |
| requester_wait, agent_work | the creation | the last solve | as new, open or on hold; as new or open |
| full_resolution_time | the creation | the last solve | while unsolved |

A reply is a public one by a person. While a ticket is solved no clock runs: a solve stops the reply and update clocks,
which start anew afterwards, and interrupts the others, which go on after a reopening (Zendesk's rules; its "total
resolution" is the last one). A cycle is one such run, the clock's whole life for the last three.

The target in force is that of the ticket's priority at the moment. A target that comes into force when it is already
over is breached then, not back-dated. A clock that stops exactly at its target has met it.

Spans are added in whole microseconds, so that "exactly" is exact.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cs_metrics.calendars import CHOSEN, BusinessHours
from cs_metrics.entities import FRAMES, INSTANT, INTEGER, PRIORITIES, TEXT
from cs_metrics.sla._policies import SlaPolicies
from cs_metrics.sla._runs import (
    AS_OF,
    KEYS,
    TICK,
    numbered_rows,
    numbered_tickets,
    open_life,
    runs_of,
    unsolved_stretches,
)

__all__ = ["AS_OF", "cycles", "is_sla_met"]

# The statuses in which a clock runs; the others run in every unsolved one.
_RUNS_AS: Mapping[str, tuple[str, ...]] = {
    "pausable_update": ("new", "open", "on_hold"),
    "requester_wait": ("new", "open", "on_hold"),
    "agent_work": ("new", "open"),
}
_WITHOUT_PAUSE = ("first_reply_time", "next_reply_time", "periodic_update")


def cycles(
    policies: SlaPolicies,
    tickets: pl.DataFrame,
    spells: pl.DataFrame,
    waits: pl.DataFrame | None,
    replies: pl.DataFrame | None,
    hours: BusinessHours | None,
) -> pl.DataFrame:
    """The frame `sla_cycles` of `entities`, clock by clock and within each in the order of the tickets and in time.

    `tickets` have source, ticket_id, created_at and AS_OF, the columns of the filters, first_reply_at and
    created_by_agent where they are known, and CHOSEN if `hours` have rules; what they lack of first_reply_at makes no
    cycle. `spells` and `waits` are as `entities` says; spells of tickets without history are marked by
    `is_from_history` false, and then the clocks that need the statuses in between are left out. `replies` are
    (source, ticket_id, sent_at). `waits` and `replies` are None without messages. `hours` may be None only if no
    target needs a calendar.
    """
    numbered = numbered_tickets(policies, tickets)
    life = open_life(numbered, spells)
    unsolved = unsolved_stretches(life)
    asked = None if waits is None else numbered_rows(waits, numbered)
    found = [_EMPTY]
    for clock in policies.clocks:
        rows = runs_of(clock, numbered, unsolved, asked, replies)
        if rows is not None:
            found.append(_clocked(clock, rows, life, _targets(policies, clock), hours))
    names = pl.Series("policy", [policy.title for policy in policies.policies], TEXT)
    told = pl.concat(found)
    places = numbered.select("ticket", *KEYS)
    return (
        told.join(places, on="ticket", how="left", maintain_order="left")
        .with_columns(names.gather(told["policy"]).alias("policy"))
        .select(*FRAMES["sla_cycles"].columns)
    )


def is_sla_met(cycles: pl.DataFrame) -> pl.DataFrame:
    """Per ticket (source, ticket_id, is_sla_met): true if all its cycles are stopped and met, false with any breach."""
    verdict = pl.when(pl.col("is_breached").any()).then(False).when(pl.col("is_met").fill_null(False).all()).then(True)
    return cycles.group_by(KEYS, maintain_order=True).agg(verdict.alias("is_sla_met"))


_EMPTY = pl.DataFrame(
    schema={"ticket": pl.UInt32(), "policy": pl.UInt16()}
    | {
        name: column.dtype
        for name, column in FRAMES["sla_cycles"].columns.items()
        if name not in ("source", "ticket_id", "policy")
    }
)


def _targets(policies: SlaPolicies, clock: str) -> pl.DataFrame:
    """The targets of a clock by policy and priority: limit (microseconds) and in_business_hours."""
    rows = [
        (place, priority, round(target.seconds * 1e6), target.in_business_hours)
        for place, policy in enumerate(policies.policies)
        for priority in (*PRIORITIES, None)
        if (target := policy.target(clock, priority)) is not None
    ]
    schema = {"policy": pl.UInt16(), "priority": TEXT, "limit": INTEGER, "in_business_hours": pl.Boolean()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _clocked(
    clock: str, runs: pl.DataFrame, life: pl.DataFrame, targets: pl.DataFrame, hours: BusinessHours | None
) -> pl.DataFrame:
    """What the clock shows in each of its runs, and its verdict."""
    as_of = pl.col("as_of")
    runs = (
        runs.join(targets, on="policy", how="semi", maintain_order="left")
        .filter(pl.col("started_at") <= as_of)
        .with_columns(stopped_at=pl.when(pl.col("stopped_at") <= as_of).then("stopped_at"))
        .with_row_index("cycle")
    )
    pieces = _pieces(clock, runs, life, targets, hours)
    promised = pieces.filter(pl.col("limit").is_not_null())
    at_last = promised.unique("cycle", keep="last", maintain_order=True)
    totals = pieces.group_by("cycle").agg(
        pl.col("ran").last(),
        pl.col("ran_open").last(),
        limit_now=pl.col("limit").last(),
        is_unknown=(pl.col("limit").is_not_null() & pl.col("shown").is_null()).any(),
    )
    told = (
        runs.join(at_last.select("cycle", "priority", "limit", "in_business_hours"), on="cycle", maintain_order="left")
        .join(totals, on="cycle", how="left", maintain_order="left")
        .join(_breaches(promised, hours), on="cycle", how="left", maintain_order="left")
    )
    is_over = pl.col("breached_at").is_not_null()
    told = told.with_columns(
        *(
            pl.when(is_over).then(f"over_{name}").otherwise(name).alias(name)
            for name in ("priority", "limit", "in_business_hours")
        ),
        is_breached=pl.when(is_over | ~pl.col("is_unknown")).then(is_over),
    ).with_columns(
        elapsed_seconds=pl.when("in_business_hours").then("ran_open").otherwise("ran") / 1e6,
        due_at=_later("started_at", pl.col("limit"), hours) if clock in _WITHOUT_PAUSE else pl.lit(None, INSTANT),
    )
    spare = (1 - pl.col("elapsed_seconds") * 1e6 / pl.col("limit_now")).clip(lower_bound=0)
    return told.with_columns(
        clock=pl.lit(clock),
        target_seconds=pl.col("limit") / 1e6,
        is_met=pl.when(pl.col("stopped_at").is_not_null()).then(~pl.col("is_breached")),
        share_left=pl.when(pl.col("stopped_at").is_null()).then(pl.when("is_breached").then(0.0).otherwise(spare)),
        updated_at=pl.lit(None, INSTANT),  # of records that helpdesks keep
    ).select(*_EMPTY.columns)


def _breaches(promised: pl.DataFrame, hours: BusinessHours | None) -> pl.DataFrame:
    """The first piece of each cycle in which the target in force was over: cycle, breached_at, and over_… of it."""
    over = promised.with_columns(over_at=_over_at(hours)).filter(pl.col("shown") > pl.col("limit"))
    return over.unique("cycle", keep="first", maintain_order=True).select(
        "cycle",
        breached_at="over_at",
        over_priority="priority",
        over_limit="limit",
        over_in_business_hours="in_business_hours",
    )


def _over_at(hours: BusinessHours | None) -> pl.Expr:
    """When the target of a piece was over, if it was over in it.

    A target used up to its last second when the office closes, or when the clock is paused, was over then if the clock
    ever goes on.
    """
    left = pl.col("limit") - (pl.col("shown") - pl.col("ran_here"))
    at = pl.when(left <= 0).then("began_at").otherwise(_later("began_at", left, hours))
    alike = ["cycle", "limit", "in_business_hours"]
    goes_on = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in alike)
    goes_on &= pl.col("began_at") == pl.col("ended_at").shift(1)
    return pl.when(goes_on & (left == 0)).then(None).otherwise(at).forward_fill()


def _pieces(
    clock: str, runs: pl.DataFrame, life: pl.DataFrame, targets: pl.DataFrame, hours: BusinessHours | None
) -> pl.DataFrame:
    """The runs cut where status or priority changed, in order.

    Columns: cycle, began_at, priority, limit and in_business_hours of the target in force, ran and ran_open (calendar
    time and opening hours on the clock at the piece's end), shown (the one that the target counts; null if unknown)
    and ran_here (the piece's part of it); all spans in microseconds.
    """
    started, stopped, as_of = pl.col("started_at"), pl.col("stopped_at"), pl.col("as_of")
    # a stop looks at nothing that begins with it; what begins with as-of is in force then
    until = pl.when(stopped.is_null()).then(as_of + TICK).otherwise(pl.max_horizontal(stopped, started + TICK))
    is_on = pl.col("status").is_in(_RUNS_AS[clock]).fill_null(False) if clock in _RUNS_AS else pl.lit(True)
    cut = (
        runs.lazy()
        .select("cycle", "ticket", "policy", "started_at", "stopped_at", "as_of", *_chosen(runs))
        .join(
            life.lazy().select("ticket", "began_at", "ended_at", "status", "priority"),
            on="ticket",
            maintain_order="left_right",
        )
        .filter((pl.col("began_at") < until) & (pl.col("ended_at").is_null() | (pl.col("ended_at") > started)))
        .with_columns(
            began_at=pl.max_horizontal("began_at", "started_at"),
            ended_at=pl.min_horizontal("ended_at", "stopped_at", "as_of"),
        )
        .join(targets.lazy(), on=["policy", "priority"], how="left", nulls_equal=True, maintain_order="left")
    )
    here = pl.when(is_on).then((pl.col("ended_at") - pl.col("began_at")).dt.total_microseconds()).otherwise(0)
    open_here = pl.lit(None, INTEGER)
    if hours is not None and targets["in_business_hours"].any():
        seconds = hours.between(pl.col("began_at"), pl.col("ended_at"))
        open_here = pl.when(is_on).then((seconds * 1e6).round().cast(INTEGER)).otherwise(0)
    is_known = _summed(pl.col("open_here").is_null().cast(INTEGER)) == 0
    is_business = pl.col("in_business_hours")
    return (
        cut.with_columns(here=here, open_here=open_here)
        .with_columns(
            ran=_summed(pl.col("here")),
            ran_open=pl.when(is_known).then(_summed(pl.col("open_here").fill_null(0))),
        )
        .with_columns(
            shown=pl.when(is_business).then("ran_open").otherwise("ran"),
            ran_here=pl.when(is_business).then("open_here").otherwise("here"),
        )
        .collect()
    )


def _summed(spans: pl.Expr) -> pl.Expr:
    """The running sum within each cycle, as a difference of two sums over all rows: many times as fast as a window."""
    total = spans.cum_sum()
    begins = pl.col("cycle").ne_missing(pl.col("cycle").shift(1))
    return total - pl.when(begins).then(total - spans).forward_fill()


def _chosen(rows: pl.DataFrame) -> list[str]:
    return [CHOSEN] if CHOSEN in rows.columns else []


def _later(start: str, microseconds: pl.Expr, hours: BusinessHours | None) -> pl.Expr:
    """The instant after so much time on the clock, by the row's own hours."""
    calendar = pl.col(start) + pl.duration(microseconds=microseconds)
    if hours is None:
        return calendar
    return pl.when("in_business_hours").then(hours.after(pl.col(start), microseconds / 1e6)).otherwise(calendar)
