"""The frame of customers."""

from __future__ import annotations

from cs_metrics.entities._base import FLAG, NUMBER, SOURCE, Column, Derived, Frame, flag, instant, text

CUSTOMER = Frame(
    row="one customer relation; who has several subscriptions or comes back has several",
    key=("customer_id", "relation_id", "started_at"),
    dates=("started_at", "ended_at", "updated_at"),
    required=("customer_id",),
    columns=SOURCE
    | {
        "customer_id": text("the customer's number"),
        "relation_id": text("the subscription's or contract's number, where a customer may have several"),
        "started_at": instant("when the relation began: the first paid day, not the trial's"),
        "ended_at": instant("when it ended; empty while it goes on, also where its end is planned"),
        "is_churned": Column(FLAG, "has left", changes=True),
        "segment": text("the segment", changes=True),
        "plan": text("the plan", changes=True),
        "region": text("the region"),
        "monthly_value": Column(NUMBER, "recurring value a month, in the file's currency", changes=True),
        "currency": text("the currency of monthly_value"),
        "is_trial": flag("never paid: a trial that is running or came to nothing, or a start that failed"),
        "is_deleted": flag("deleted in the billing system"),
        "updated_at": instant("the last change of the record, by which the newest version counts", changes=True),
    },
    derived={
        "is_dated": Derived(
            FLAG,
            "whether one can say from when to when it was there: it has a beginning, and an end if it is over",
            "started_at is there, and ended_at too where is_churned",
            (("started_at", "ended_at"),),
        ),
    },
)
