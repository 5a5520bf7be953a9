"""Stripe: subscriptions, Billing → Subscriptions → Export (CSV), and the API's subscription list (JSON).

All times are UTC: the CSV says so in its headers, the API counts seconds since 1970. One row is one relation: a
customer with several subscriptions, or one who left and came back, has several. It begins after the trial; trials that
never led to a charge, and starts whose first payment failed (`incomplete…`), are excluded as trials. It ends when it
has ended, not when the cancellation was asked for (`Canceled At`), and a planned cancellation is no end yet. Who is
past due or unpaid is still a customer; a trial that was paused for want of a card never became one. Without `Ended At`
the end is that of the period where the cancellation was to wait for it, else the cancellation.

The dashboard's list and the API's hold only live subscriptions unless all are asked for (`status=all`): with nobody in
it who left, everybody seems to stay. Export the status, and the trial's end: without that, trials count as paid. What
they cannot carry: pauses of the past, earlier plans, discounts, usage. The monthly value is amount × quantity by month,
without taxes and coupons; a price for three months counts as one a month where the CSV does not say so. Lists of
customers are left out: who is in them need not have bought anything. Unconfirmed: exports with a row for each item,
whose amounts are added up.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from cs_metrics.entities import FLAG, INSTANT, NUMBER
from cs_metrics.readers._base import Cell, Columns, Formula, Reader, Reading, Rows, csv_shape, json_shape
from cs_metrics.readers._cells import epoch, flag, instant, number, points, text
from cs_metrics.readers._subscriptions import PER_MONTH, ended_unpaid, in_whole_units, trial_came_first

IN_UTC = re.compile(r"^(.+\S) \((UTC)\)$", re.IGNORECASE)
NEVER_STARTED = ("incomplete", "incomplete_expired")
CUSTOMER = ("customer", "customer.id")
STARTS = ("_start", "_created", "_changed", "_trial_start", "_trial_end")


def _amount(*headers: str) -> Cell:
    """`1,234.50`, or `1.234,50` and `12,5` with a decimal comma."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        has_decimal_comma = cell.str.contains(r"^-?[\d.]+,\d{1,2}$")
        continental = cell.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        plain = pl.when(has_decimal_comma).then(continental).otherwise(cell.str.replace_all(",", "", literal=True))
        return plain.cast(NUMBER, strict=False)

    return Cell(headers, convert, NUMBER)


def _start() -> pl.Expr:
    """The old key `start` moves with every change of the plan, so that it speaks last."""
    return pl.coalesce("_start", "_created", "_changed")


def _had_trial() -> pl.Expr:
    return trial_came_first(_start(), "_trial_start", "_trial_end")


def _as_arranged() -> pl.Expr:
    """The end of a cancelled subscription by what the cancellation was to wait for."""
    arranged = pl.when("_waits_for_period").then("_period_end").otherwise("_canceled")
    return pl.when(pl.col("_status") == "canceled").then(arranged)


def _never_paid() -> pl.Expr:
    status, trial_end = pl.col("_status").fill_null(""), pl.col("_trial_end")
    was_given_later = trial_end.is_not_null() & ~_had_trial()
    came_to_nothing = _had_trial() & ((status == "paused") | ended_unpaid(trial_end, pl.col("ended_at")))
    return status.is_in(NEVER_STARTED) | ((status == "trialing") & ~was_given_later) | came_to_nothing


def _began() -> pl.Expr:
    """The first day to be paid; what a running trial will lead to has not happened yet."""
    return pl.when(~pl.col("is_trial")).then(pl.when(_had_trial()).then("_trial_end").otherwise(_start()))


def _monthly_value(amount: Callable[[], pl.Expr]) -> Formula:
    """The sum over the subscription's items, each price once; none if an item has no fixed amount."""

    def build() -> pl.Expr:
        intervals = pl.col("_interval_count").fill_null(1)
        value = amount() * pl.col("_quantity").fill_null(1) * pl.col("_per_month") / intervals
        is_new = pl.struct("_of", "_price").is_first_distinct()
        whole = pl.when(is_new).then(value).sum().over("_of")
        return pl.when(~value.is_null().any().over("_of")).then(whole)

    return Formula(
        ("_amount", "_per_month", "_of"), build, optional=("_quantity", "_interval_count", "_price", "currency")
    )


# Items of one subscription stand one after the other; `_of` counts the subscriptions.
RELATION: Columns = {
    "started_at": Formula((), _began, optional=(*STARTS, "is_trial")),
    "_arranged_end": Formula(("_status", "_canceled", "_waits_for_period", "_period_end"), _as_arranged),
    "ended_at": Formula(
        (),
        lambda: pl.coalesce("_ended", pl.col("_arranged_end").cast(INSTANT)),
        optional=("_ended", "_arranged_end"),
    ),
    "is_trial": Formula(("_status",), _never_paid, optional=(*STARTS, "ended_at")),
    "updated_at": Formula(
        (),
        lambda: pl.max_horizontal("_created", "_period_start", "_canceled", "_ended"),
        optional=("_created", "_period_start", "_canceled", "_ended"),
    ),
    "currency": Formula(("_currency",), lambda: pl.col("_currency").str.to_uppercase()),
    "_of": Formula(("relation_id",), lambda: pl.col("relation_id").rle_id()),
    "plan": Formula(("_of",), lambda: pl.coalesce("_plan", "_price").first().over("_of"), optional=("_plan", "_price")),
}

CSV_SUBSCRIPTIONS: Columns = {
    "customer_id": text("Customer ID"),
    "relation_id": text("id"),
    "_status": text("Status"),
    "_created": instant("Created"),
    "_start": instant("Start Date"),
    "_changed": instant("Start"),
    "_trial_start": instant("Trial Start"),
    "_trial_end": instant("Trial End"),
    "_period_start": instant("Current Period Start"),
    "_period_end": instant("Current Period End"),
    "_canceled": instant("Canceled At"),
    "_ended": instant("Ended At"),
    "_waits_for_period": flag("Cancel At Period End"),
    "_amount": _amount("Amount", "Plan Amount"),
    "_quantity": number("Quantity"),
    "_per_month": points("Interval", table=PER_MONTH),
    "_interval_count": number("Interval Count"),
    "_currency": text("Currency", "Plan Currency"),
    "_plan": text("Plan", "Product"),
    "_price": text("Plan price ID", "Plan"),
    **RELATION,
    "monthly_value": _monthly_value(lambda: pl.col("_amount")),
}


def _from_api(at: str, places: tuple[str, ...]) -> Columns:
    """`at` stands before the subscription's own keys, an item's price is in one of `places`."""

    def of_price(*keys: str) -> tuple[str, ...]:
        return tuple(f"{place}.{key}" for key in keys for place in places)

    return {
        "customer_id": text(*(f"{at}{key}" for key in CUSTOMER)),
        "relation_id": text(f"{at}id"),
        "_status": text(f"{at}status"),
        "_created": epoch(f"{at}created"),
        "_start": epoch(f"{at}start_date"),
        "_changed": epoch(f"{at}start"),
        "_trial_start": epoch(f"{at}trial_start"),
        "_trial_end": epoch(f"{at}trial_end"),
        "_period_start": epoch(f"{at}current_period_start", "current_period_start"),  # newer versions: of the item
        "_period_end": epoch(f"{at}current_period_end", "current_period_end"),
        "_canceled": epoch(f"{at}canceled_at"),
        "_ended": epoch(f"{at}ended_at"),
        "_waits_for_period": flag(f"{at}cancel_at_period_end"),
        "_amount": number(*of_price("unit_amount", "amount")),
        "_quantity": number("quantity"),
        "_per_month": points(*of_price("recurring.interval", "interval"), table=PER_MONTH),
        "_interval_count": number(*of_price("recurring.interval_count", "interval_count")),
        "_currency": text(f"{at}currency", *of_price("currency")),
        "_plan": text(*of_price("nickname")),
        "_price": text(*of_price("id")),
        **RELATION,
        "monthly_value": _monthly_value(lambda: in_whole_units(pl.col("_amount"), "currency")),
    }


def _is_first_item(subscription: pl.Expr, reading: Reading) -> pl.Expr:
    return (subscription != subscription.shift()).fill_null(True)


ITEMS: Columns = {
    **_from_api("^", ("price", "plan")),
    "_is_first_item": Cell(("^id",), _is_first_item, FLAG, can_fail=False),
}

READER = Reader(
    title="Stripe",
    shapes=(
        csv_shape(
            "subscription CSV",
            [{"id", "Customer ID", "Status", "Canceled At", "Current Period End"}],
            {"customers": Rows(CSV_SUBSCRIPTIONS)},
            header_pattern=IN_UTC,
        ),
        json_shape(
            "subscriptions JSON",
            [{"id", who, "status", "cancel_at_period_end", "items.data"} for who in CUSTOMER],
            {"customers": Rows(ITEMS, only_where="_is_first_item", each=("items.data",))},
            wrappers=("data",),
        ),
        json_shape(
            "subscriptions JSON, one plan each",
            [{"id", who, "status", "cancel_at_period_end", "current_period_end"} for who in CUSTOMER],
            {"customers": Rows(_from_api("", ("plan",)))},
            without={"items.data"},
            wrappers=("data",),
        ),
    ),
)
