"""Who was a customer of the firm, and when: true lives of subscriptions, of which Stripe and Chargebee each tell some.

What is true of a subscription is said here once (`joined`, `left`) and never worked out from what a vendor shows. A
customer may have several, at once or one after the other; some only tried, some will leave on a day that is planned.
All instants are whole minutes; some lie on the first minute of a month, where periods begin and end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Literal

Kind = Literal[
    "plain", "asked to end", "ended at once", "tried", "trying", "refused", "no card", "gift", "paused", "future",
    "reactivated", "deleted", "late",
]  # fmt: skip
DAY = timedelta(days=1)
AS_OF = datetime(2025, 12, 31, 7, tzinfo=UTC)
MONTHS = tuple(datetime(2025, month, 1, tzinfo=UTC) for month in range(1, 13))


@dataclass(frozen=True, slots=True)
class Price:
    """`amount` in whole units of the currency for every `count` intervals."""

    plan: str
    currency: str
    amount: int
    interval: Literal["month", "year"]
    count: int = 1

    @property
    def monthly(self) -> float:
        return self.amount / self.count / (12 if self.interval == "year" else 1)


PRICES = (
    Price("Basic", "EUR", 12, "month"),
    Price("Basic, yearly", "EUR", 120, "year"),
    Price("Pro", "EUR", 48, "month"),
    Price("Pro, quarterly", "EUR", 132, "month", 3),
    Price("Japan", "JPY", 1500, "month"),
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`joined` is the first day to be paid, None if that never came; `left` is when it was over.

    `asked` is when the customer asked to leave, `leaves` the day on which that takes effect, which may be to come.
    """

    number: int
    customer: int
    kind: Kind
    price: Price
    quantity: int
    started: datetime
    joined: datetime | None
    trial: tuple[datetime, datetime] | None = None
    asked: datetime | None = None
    leaves: datetime | None = None
    since: datetime | None = None  # of what its kind says: reactivated, paused or deleted

    @property
    def left(self) -> datetime | None:
        return self.leaves if self.leaves and self.leaves <= AS_OF else None

    @property
    def at_once(self) -> bool:
        return self.asked == self.leaves

    def is_there(self, instant: datetime) -> bool:
        return self.joined is not None and self.joined <= instant and not (self.leaves and self.leaves <= instant)

    def period(self, instant: datetime) -> tuple[datetime, datetime]:
        """The stretch that is paid for, or tried, at an instant."""
        if self.trial and self.trial[0] <= instant < self.trial[1]:
            return self.trial
        begin = self.joined or self.started
        while (end := later(begin, self.price)) <= instant:
            begin = end
        return begin, end


def later(instant: datetime, price: Price) -> datetime:
    months = instant.year * 12 + instant.month - 1 + price.count * (12 if price.interval == "year" else 1)
    return instant.replace(year=months // 12, month=months % 12 + 1)


@cache
def subscriptions() -> tuple[Subscription, ...]:
    """A hundred customers at random, then one of each kind by hand."""
    rng = Random(2627)
    found: list[Subscription] = []
    for customer in range(1, 101):
        started = datetime(2024, 6, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(560 * 24 * 60))
        started = started.replace(day=min(started.day, 28))  # so that every month has that day
        if customer % 9 == 0:
            started = started.replace(day=1, hour=0, minute=0)
        kind = rng.choices(("plain", "asked to end", "ended at once", "tried", "late"), (45, 25, 12, 10, 8))[0]
        first = _life(len(found) + 1, customer, kind, rng, started)
        found.append(first)
        if first.left and first.joined and customer % 3 == 0:  # comes back
            again = (first.left + rng.randrange(20, 90) * DAY).replace(day=min(first.left.day, 28))
            if again < AS_OF:
                found.append(_life(len(found) + 1, customer, "plain", rng, again))
        elif customer % 7 == 0:  # has two at once
            found.append(_life(len(found) + 1, customer, rng.choice(("plain", "asked to end")), rng, started))
    return (*found, *_by_hand(len(found) + 1))


def _life(number: int, customer: int, kind: Kind, rng: Random, started: datetime) -> Subscription:
    price, quantity = rng.choice(PRICES), rng.choice((1, 1, 1, 2, 5))
    trial = None
    if kind == "tried" or rng.random() < 0.3:
        started = started.replace(day=min(started.day, 14))
        trial = (started, started + 14 * DAY)
    joined: datetime | None = trial[1] if trial else started
    if kind == "tried":
        assert trial
        ends = trial[1] if number % 2 else started + 5 * DAY
        if ends <= AS_OF:
            return Subscription(number, customer, kind, price, quantity, started, None, trial, started + 5 * DAY, ends)
        kind = "trying"
    if joined and joined > AS_OF:
        return Subscription(number, customer, "trying", price, quantity, started, None, trial)
    one = Subscription(number, customer, kind, price, quantity, started, joined, trial)
    if kind in ("plain", "late") or joined is None:
        return one
    asked = joined + timedelta(minutes=rng.randrange(2 * 24 * 60, 300 * 24 * 60))
    if asked > AS_OF:
        return Subscription(number, customer, "plain", price, quantity, started, joined, trial)
    leaves = asked if kind == "ended at once" else one.period(asked)[1]
    return Subscription(number, customer, kind, price, quantity, started, joined, trial, asked, leaves)


def _by_hand(number: int) -> list[Subscription]:
    def at(month: int, day: int, hour: int = 0) -> datetime:
        return datetime(2025, month, day, hour, tzinfo=UTC)

    basic, pro = PRICES[0], PRICES[2]
    trial = (at(3, 4), at(3, 18))
    lives: list[tuple[Kind, Price, datetime, datetime | None, dict[str, object]]] = [
        ("asked to end", basic, at(2, 1), at(2, 1), {"asked": at(5, 9), "leaves": at(6, 1)}),  # on the edges of months
        (
            "asked to end",
            basic,
            at(2, 20),
            at(2, 20),
            {"asked": at(12, 24), "leaves": datetime(2026, 1, 20, tzinfo=UTC)},
        ),
        ("refused", basic, at(4, 10, 9), None, {}),
        ("no card", pro, at(3, 4), None, {"trial": trial}),
        ("gift", pro, at(1, 15), at(1, 15), {"trial": (at(12, 15), datetime(2026, 1, 15, tzinfo=UTC))}),
        ("trying", pro, at(12, 24), None, {"trial": (at(12, 24), datetime(2026, 1, 7, tzinfo=UTC))}),
        ("paused", pro, at(3, 4), at(3, 18), {"trial": trial, "since": at(9, 1)}),
        ("future", pro, datetime(2026, 2, 1, tzinfo=UTC), None, {}),
        ("reactivated", basic, at(1, 7), at(10, 7, 12), {"since": at(10, 7, 12)}),  # what was before is not told
        ("deleted", basic, at(5, 6), at(5, 6), {"since": at(8, 1)}),
    ]
    return [
        Subscription(number + place, 900 + place, kind, price, 1, started, joined, **more)  # type: ignore[arg-type]
        for place, (kind, price, started, joined, more) in enumerate(lives)
    ]


def customers_at(instant: datetime, those: Iterable[Subscription]) -> set[int]:
    """Who was a customer at an instant, each once."""
    return {one.customer for one in those if one.is_there(instant)}


def worth_at(instant: datetime, currency: str, those: Iterable[Subscription]) -> float:
    """What all subscriptions of a currency bring a month."""
    there = [one for one in those if one.is_there(instant) and one.price.currency == currency]
    return sum(one.price.monthly * one.quantity for one in there)


def of_kinds(those: Sequence[Subscription], without: tuple[Kind, ...]) -> list[Subscription]:
    return [one for one in those if one.kind not in without]
