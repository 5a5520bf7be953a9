"""Stripe's subscription export (CSV) and API list (JSON), by `reference/formats.md` section 26.

The API's list is of 1 October with all statuses, the CSV of the last day: a subscription in both is older in the list.
Traps: the cancellation is asked for before the end; planned ends lie ahead; trials that came to nothing, a trial given
to somebody who has long paid, a first payment that was refused, a trial paused for want of a card; several
subscriptions of one customer, at once or one after the other; cents in the API, none in yen; a price for three months.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from .files import csv_text, gzipped, json_wrapped
from .model import History
from .subscriptions import AS_OF, Subscription, of_kinds, subscriptions

HEADER = (
    "id", "Customer ID", "Customer Description", "Customer Email", "Customer Name", "Plan", "Product", "Quantity",
    "Currency", "Interval", "Amount", "Status", "Created (UTC)", "Start Date (UTC)", "Current Period Start (UTC)",
    "Current Period End (UTC)", "Trial Start (UTC)", "Trial End (UTC)", "Canceled At (UTC)", "Cancel At Period End",
    "Ended At (UTC)", "Cancellation Reason", "source (metadata)",
)  # fmt: skip
LISTED = datetime(2025, 10, 1, 7, tzinfo=UTC)
OF_ANOTHER_VENDOR = ("paused", "future", "reactivated", "deleted")


def files(history: History) -> dict[str, bytes]:
    rows = [[row[name] for name in HEADER] for row in (csv_row(one, AS_OF) for one in exported())]
    page = {"object": "list", "url": "/v1/subscriptions", "has_more": False}
    data = [record(one, LISTED) for one in listed()]
    return {
        "stripe/subscriptions.csv": csv_text([HEADER, *rows]).encode(),
        "stripe/subscriptions.json.gz": gzipped(json_wrapped({**page, "data": data})),
    }


def exported() -> list[Subscription]:
    """In the CSV, which does not say how many months a price is for: none of three months is in it."""
    every = of_kinds(subscriptions(), OF_ANOTHER_VENDOR)
    return [one for one in every if one.price.count == 1 and one.started <= AS_OF]


def listed() -> list[Subscription]:
    every = of_kinds(subscriptions(), OF_ANOTHER_VENDOR)
    return [one for one in every if one.started <= LISTED]


def status(one: Subscription, instant: datetime) -> str:
    if one.kind == "refused":
        return "incomplete" if instant < one.started + timedelta(hours=23) else "incomplete_expired"
    if one.leaves and one.leaves <= instant:
        return "canceled"
    if one.trial and one.trial[0] <= instant < one.trial[1]:
        return "trialing"
    if one.kind == "no card":
        return "paused"
    return ("past_due", "unpaid")[one.number % 2] if one.kind == "late" else "active"


def moments(one: Subscription, instant: datetime) -> dict[str, datetime | None]:
    """The instants under the API's names, as they were known."""
    is_over = one.leaves is not None and one.leaves <= instant
    # a period that the cancellation waited for ends with the subscription
    begin, end = one.period(one.leaves - timedelta(minutes=1) if is_over and one.leaves else instant)
    trial = one.trial if one.trial and one.trial[0] <= instant else (None, None)
    return {
        "created": one.started,
        "start_date": one.started,
        "current_period_start": begin,
        "current_period_end": end,
        "trial_start": trial[0],
        "trial_end": trial[1],
        "canceled_at": one.asked if one.asked and one.asked <= instant else None,
        "ended_at": one.leaves if is_over else None,
    }


def waits_for_period(one: Subscription, instant: datetime) -> bool:
    return one.asked is not None and one.asked <= instant and not one.at_once


def csv_row(one: Subscription, instant: datetime) -> dict[str, str]:
    cells = {name: at.strftime("%Y-%m-%d %H:%M") if at else "" for name, at in moments(one, instant).items()}
    return {
        "id": identity(one),
        "Customer ID": customer(one),
        "Customer Description": "",
        "Customer Email": f"kunde{one.customer}@customer.example",
        "Customer Name": f"Kunde {one.customer}",
        "Plan": one.price.plan,
        "Product": "Konto",
        "Quantity": str(one.quantity),
        "Currency": one.price.currency.lower(),
        "Interval": one.price.interval,
        "Amount": f"{one.price.amount}.00",
        "Status": status(one, instant),
        "Created (UTC)": cells["created"],
        "Start Date (UTC)": cells["start_date"],
        "Current Period Start (UTC)": cells["current_period_start"],
        "Current Period End (UTC)": cells["current_period_end"],
        "Trial Start (UTC)": cells["trial_start"],
        "Trial End (UTC)": cells["trial_end"],
        "Canceled At (UTC)": cells["canceled_at"],
        "Cancel At Period End": str(waits_for_period(one, instant)).lower(),
        "Ended At (UTC)": cells["ended_at"],
        "Cancellation Reason": "cancellation_requested" if cells["canceled_at"] else "",
        "source (metadata)": "web",
    }


def record(one: Subscription, instant: datetime) -> dict[str, Any]:
    seconds = {name: int(at.timestamp()) if at else None for name, at in moments(one, instant).items()}
    waits = waits_for_period(one, instant)
    minor = one.price.amount * (1 if one.price.currency == "JPY" else 100)
    price = {
        "id": f"price_{one.price.plan.replace(', ', '_')}",
        "object": "price",
        "currency": one.price.currency.lower(),
        "nickname": one.price.plan,
        "product": "prod_konto",
        "recurring": {"interval": one.price.interval, "interval_count": one.price.count},
        "unit_amount": minor,
    }
    item = {"id": f"si_{one.number}", "object": "subscription_item", "price": price, "quantity": one.quantity}
    return {
        "id": identity(one),
        "object": "subscription",
        "cancel_at": seconds["current_period_end"] if waits else None,
        "cancel_at_period_end": waits,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "currency": one.price.currency.lower(),
        "customer": customer(one),
        "items": {"object": "list", "data": [item], "has_more": False},
        "status": status(one, instant),
        **seconds,
    }


def identity(one: Subscription) -> str:
    return f"sub_1Qx{one.number:06d}"


def customer(one: Subscription) -> str:
    return f"cus_Rk{one.customer:06d}"
