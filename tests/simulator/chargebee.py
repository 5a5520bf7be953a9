"""Chargebee's list of subscriptions (JSON), by `reference/formats.md` section 27.

Traps: each row lies under its resource's name; keys without a value are left out; `cancelled_at` of a subscription that
does not renew lies ahead; trials, a start in the future, a pause, a deleted one, one that was reactivated; cents.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .files import gzipped, json_wrapped
from .model import History
from .subscriptions import AS_OF, Subscription, of_kinds, subscriptions

OF_ANOTHER_VENDOR = ("refused", "no card", "gift")


def files(history: History) -> dict[str, bytes]:
    rows = [{"subscription": subscription(one), "customer": customer(one)} for one in listed()]
    page = {"list": rows, "next_offset": '["1765","23000"]'}
    return {"chargebee/subscriptions.json.gz": gzipped(json_wrapped(page))}


def listed() -> list[Subscription]:
    return of_kinds(subscriptions(), OF_ANOTHER_VENDOR)


def status(one: Subscription) -> str:
    if one.left:
        return "cancelled"
    if one.kind in ("future", "paused"):
        return one.kind
    if one.trial and one.trial[1] > AS_OF:
        return "in_trial"
    return "non_renewing" if one.leaves else "active"


def subscription(one: Subscription) -> dict[str, Any]:
    begin, end = one.period(AS_OF)
    is_on = status(one) in ("active", "non_renewing", "in_trial")
    minor = round(one.price.monthly * one.quantity * (1 if one.price.currency == "JPY" else 100))
    happened = [one.started, one.joined, one.asked, one.left, one.since]
    values: dict[str, Any] = {
        "id": identity(one),
        "customer_id": f"cb{one.customer:05d}",
        "plan_id": one.price.plan,
        "status": status(one),
        "currency_code": one.price.currency,
        "billing_period": one.price.count,
        "billing_period_unit": one.price.interval,
        "created_at": min(one.started, AS_OF),
        "started_at": one.started if one.started <= AS_OF else None,
        "activated_at": one.joined,
        "updated_at": max(at for at in happened if at and at <= AS_OF) if one.started <= AS_OF else AS_OF,
        "cancelled_at": one.leaves,
        "cancel_schedule_created_at": one.asked if one.leaves and not one.at_once else None,
        "current_term_start": begin if is_on else None,
        "current_term_end": end if is_on else None,
        "trial_start": one.trial[0] if one.trial else None,
        "trial_end": one.trial[1] if one.trial else None,
        "pause_date": one.since if one.kind == "paused" else None,
        "mrr": minor,
        "deleted": one.kind == "deleted",
        "object": "subscription",
    }
    return {name: _seconds(value) for name, value in values.items() if value is not None}


def customer(one: Subscription) -> dict[str, Any]:
    return {
        "id": f"cb{one.customer:05d}",
        "email": f"kunde{one.customer}@customer.example",
        "billing_address": {"country": ("DE", "FR", "JP")[one.customer % 3]},
        "deleted": False,
        "object": "customer",
    }


def identity(one: Subscription) -> str:
    return f"AzZlG{one.number:05d}"


def _seconds(value: Any) -> Any:
    return int(value.timestamp()) if isinstance(value, datetime) else value
