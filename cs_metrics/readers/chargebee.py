"""Chargebee: the API's list of subscriptions with their customers (JSON), times as seconds since 1970 in UTC.

One row is one relation: a customer with several subscriptions, or one who left and came back, has several. It begins
after the trial; trials that are running or came to nothing, and subscriptions that are to start in the future, are
excluded as trials. `cancelled_at` of a subscription that is not renewing lies ahead: that is no end yet. A paused
subscription goes on. Deleted ones are excluded as deleted, so that an older export does not bring them back. Keys
without a value are left out of the file.

What it cannot carry: pauses of the past, earlier plans, and what was before a subscription was reactivated; with an
older export beside it that stretch is a relation of its own. In sites with items for plans the plan is not read. The
monthly value is Chargebee's own `mrr`. Left out: the zip of CSV files, whose headers are unconfirmed. Unconfirmed: the
end of a transferred subscription (taken as its cancellation, else its last change), and whether resuming after a pause
moves `activated_at` (it does not count beside pause dates).
"""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, json_shape
from cs_metrics.readers._cells import epoch, flag, number, text
from cs_metrics.readers._subscriptions import ended_unpaid, in_whole_units, reactivated, trial_came_first


def _start() -> pl.Expr:
    return pl.coalesce("_started", "_activated", "_created")


def _had_trial() -> pl.Expr:
    return trial_came_first(_start(), "_trial_start", "_trial_end")


def _paid_from() -> pl.Expr:
    """The first day to be paid; a trial may be cut short by activating it."""
    return pl.when(_had_trial()).then(pl.min_horizontal("_trial_end", "_activated")).otherwise(_start())


def _began() -> pl.Expr:
    """The last time that it became one to be paid; a trial that is running or came to nothing never did."""
    was_paused = pl.any_horizontal(pl.col("_pause", "_resume").is_not_null())
    again = reactivated(_paid_from(), "_activated") & ~was_paused
    return pl.when(~pl.col("is_trial")).then(pl.when(again).then("_activated").otherwise(_paid_from()))


def _ended() -> pl.Expr:
    """By the status, not by the date: an export may be older than the end that was planned in it."""
    transferred = pl.when(pl.col("_status") == "transferred").then(pl.coalesce("_cancelled", "updated_at"))
    return pl.when(pl.col("_status") == "cancelled").then("_cancelled").otherwise(transferred)


def _never_paid() -> pl.Expr:
    was_given_later = pl.col("_trial_end").is_not_null() & ~_had_trial()
    in_trial = (pl.col("_status") == "in_trial") & ~was_given_later
    came_to_nothing = _had_trial() & ended_unpaid(_paid_from(), _ended())
    return (pl.col("_status") == "future") | in_trial | came_to_nothing


CUSTOMER = ("subscription.customer_id", "customer.id")
STARTS = ("_started", "_activated", "_created", "_trial_start", "_trial_end")

SUBSCRIPTIONS: Columns = {
    "customer_id": text(*CUSTOMER),
    "relation_id": text("subscription.id"),
    "_status": text("subscription.status"),
    "_created": epoch("subscription.created_at"),
    "_started": epoch("subscription.started_at"),
    "_activated": epoch("subscription.activated_at"),
    "_trial_start": epoch("subscription.trial_start"),
    "_trial_end": epoch("subscription.trial_end"),
    "_cancelled": epoch("subscription.cancelled_at"),
    "_pause": epoch("subscription.pause_date"),
    "_resume": epoch("subscription.resume_date"),
    "updated_at": epoch("subscription.updated_at"),
    "is_deleted": flag("subscription.deleted"),
    "plan": text("subscription.plan_id"),
    "region": text("customer.billing_address.country"),
    "currency": text("subscription.currency_code"),
    "_mrr": number("subscription.mrr"),
    "monthly_value": Formula(("_mrr",), lambda: in_whole_units(pl.col("_mrr"), "currency"), optional=("currency",)),
    "started_at": Formula((), _began, optional=(*STARTS, "_pause", "_resume", "is_trial")),
    "ended_at": Formula(("_status", "_cancelled"), _ended, optional=("updated_at",)),
    "is_trial": Formula(("_status",), _never_paid, optional=(*STARTS, "_cancelled", "updated_at")),
}

READER = Reader(
    title="Chargebee",
    shapes=(
        json_shape(
            "subscriptions JSON",
            [{"subscription.id", "subscription.status", who} for who in CUSTOMER],
            {"customers": Rows(SUBSCRIPTIONS)},
            wrappers=("list",),
        ),
    ),
)
