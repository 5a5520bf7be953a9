"""The simulated year: who writes when, and how each ticket goes on until the export.

A firm in Berlin, mostly Monday to Friday 8-18. September is the bad month: half as many tickets again, slow replies,
unhappy customers. Reply and resolution times are log-normal, as in real helpdesks. A ticket's whole story is told first
and then cut off at the export, so that what is open at the end is open for a reason.
"""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random

from .cast import BAD_WORDS, BOT, GOOD_WORDS, GROUP_WEIGHTS, GROUPS, PRODUCTS, SUBJECTS, TAGS, customers, stranger
from .clock import BERLIN, WORKING, berlin, local, minutes_between
from .model import (
    Assignment,
    Channel,
    Customer,
    Deleted,
    Event,
    History,
    MarkedSpam,
    Merged,
    Message,
    Priority,
    Status,
    StatusChange,
    SurveyAnswered,
    SurveyOffered,
    Ticket,
)
from .planted import due, planted
from .surveys import surveys

SEED = 2025
TICKETS = 600
START = berlin(2025, 1, 2)
END = berlin(2025, 12, 30, 17, 58)
HOLIDAYS = {date(2025, month, day) for month, day in ((1, 1), (4, 18), (4, 21), (5, 1), (10, 3), (12, 25), (12, 26))}
HOUR_WEIGHTS = (0, 0, 0, 0, 0, 0, 1, 4, 10, 14, 15, 13, 9, 11, 13, 12, 9, 6, 3, 2, 2, 1.5, 1, 0)
REPLY_MINUTES = {"urgent": 25, "high": 60, "normal": 130, "low": 220, None: 130}  # medians, in working time
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "urgent", None)
CHANNELS: tuple[Channel, ...] = ("email", "web", "phone", "chat")
CLOSES_AFTER = timedelta(days=4)


def simulate(seed: int = SEED, tickets: int = TICKETS, start: datetime = START, end: datetime = END) -> History:
    """The same history for the same arguments, on every machine."""
    rng = Random(seed)
    told = [ticket for ticket in planted() if start <= ticket.created <= end]
    pool = customers()[:-30]  # the rest belong to the planted and the awkward tickets
    arrivals = _arrivals(rng, tickets - len(told), start, end)
    book: list[Ticket] = []
    for number, created in enumerate(arrivals, start=1001):
        book.append(_Story(rng, number, created).tell(book, pool))
    seen = [ticket for whole in [*told, *book] if (ticket := whole.until(end))]
    seen.sort(key=lambda ticket: (ticket.created, ticket.id))
    return History(tuple(seen), surveys(rng, seen, end), start, end)


def _arrivals(rng: Random, count: int, start: datetime, end: datetime) -> list[datetime]:
    days = [local(start).date() + timedelta(days=n) for n in range((local(end).date() - local(start).date()).days + 1)]
    weights = [_busy(day) for day in days]
    moments: list[datetime] = []
    steps = list(accumulate(weights))
    while len(moments) < count:
        day = days[bisect(steps, rng.random() * steps[-1])]
        hour = rng.choices(range(24), HOUR_WEIGHTS)[0]
        moment = datetime(day.year, day.month, day.day, hour, rng.randrange(60), tzinfo=BERLIN).astimezone(UTC)
        if start <= moment <= end - timedelta(minutes=20):
            moments.append(moment)
    return sorted(moments)


def _busy(day: date) -> float:
    if day in HOLIDAYS:
        return 0.05
    weekday = (1.25, 1.1, 1.0, 1.0, 0.9, 0.07, 0.04)[day.weekday()]
    return weekday * (1.5 if day.month == 9 else 1.0)


@dataclass
class _Story:
    """One ticket while it is being told; `now` is when the next thing happens."""

    rng: Random
    number: int
    created: datetime
    events: list[Event] = field(default_factory=list)

    def tell(self, book: list[Ticket], pool: list[Customer]) -> Ticket:
        rng, created = self.rng, self.created
        fate = rng.choices(("ordinary", "merged", "spam", "deleted"), (96, 2.2, 1, 1))[0]
        target = self._open_ticket(book) if fate == "merged" else None
        requester = target.requester if target else self._requester(book, pool)
        if fate in ("spam", "deleted"):
            requester = stranger(self.number, "Win Big" if fate == "spam" else "Test Sender")
        self.bad_month = local(created).month == 9
        self.priority = rng.choices(PRIORITIES, (18, 52, 18, 7, 5))[0]
        self.channel = rng.choices(CHANNELS, (52, 25, 11, 12))[0]
        self.group = rng.choices(list(GROUPS), GROUP_WEIGHTS)[0]
        self.agent = rng.choice(GROUPS[self.group])
        self.customer = requester.name
        opened_by = (
            self.agent if fate == "ordinary" and self.channel in ("email", "phone") and rng.random() < 0.07 else None
        )
        subject = rng.choice(SUBJECTS).format(n=rng.randrange(1000, 9999))
        self._open(opened_by, subject)
        if target:
            at = WORKING.after(created, rng.randrange(3, 60))
            self.events += [Assignment(at, self.group, self.agent), Merged(at, target.id), StatusChange(at, "closed")]
        elif fate == "spam":
            self.events.append(MarkedSpam(WORKING.after(created, rng.randrange(5, 90))))
        elif fate == "deleted":
            self.events.append(Deleted(WORKING.after(created, rng.randrange(5, 900))))
        else:
            self._work(chatty=opened_by is None)
        self.events.sort(key=lambda event: event.at)
        reply_due, solve_due = due(created, self.priority)
        return Ticket(
            self.number, requester, created, self.channel, self.priority,
            rng.choices(("question", "incident", "problem", "task", None), (40, 30, 15, 5, 10))[0],
            rng.choice(PRODUCTS) if rng.random() < 0.8 else None, subject,
            tuple(sorted(rng.sample(TAGS, rng.choice((0, 0, 1, 1, 2, 3))))), opened_by, reply_due, solve_due,
            tuple(self.events),
        )  # fmt: skip

    def _open_ticket(self, book: list[Ticket]) -> Ticket | None:
        """A ticket that is open now, so that its requester can write a second time about the same thing."""
        known = [ticket for ticket in book[-40:] if ticket.requester.id < 6000 and not ticket.merged_into]
        recent = [ticket for ticket in known if not ticket.solves or ticket.solves[0] > self.created]
        return self.rng.choice(recent) if recent else None

    def _requester(self, book: list[Ticket], pool: list[Customer]) -> Customer:
        """Mostly anybody, some more often than others; now and then somebody whose ticket was solved this week."""
        if self.rng.random() < 0.1:
            since = self.created - timedelta(days=6)
            known = [ticket for ticket in book[-60:] if ticket.requester.id < 6000 and ticket.solves]
            recent = [ticket for ticket in known if since <= ticket.solves[0] < self.created]
            if recent:
                return self.rng.choice(recent).requester
        return pool[int(len(pool) * self.rng.random() ** 1.6)]

    def _open(self, opened_by: str | None, subject: str) -> None:
        author = (opened_by, "agent") if opened_by else (self.customer, "customer")
        self.events = [StatusChange(self.created, "new"), Message(self.created, *author, f"Hallo, {subject}")]  # type: ignore[arg-type]
        self.events.append(Assignment(self.created, self.group))
        if self.channel == "chat" or (self.channel == "web" and self.rng.random() < 0.5):
            self._say(self.created + timedelta(minutes=1), "bot", "Wir haben Ihre Nachricht erhalten.")

    def _work(self, chatty: bool) -> None:
        """From the first look to the last solve, with everything that comes between."""
        rng = self.rng
        wait = self._minutes(6 if self.channel == "chat" else REPLY_MINUTES[self.priority], 1.1)
        first_look = WORKING.after(self.created, wait * 0.4)
        now = WORKING.after(self.created, wait)
        if rng.random() < 0.012:
            return  # overlooked for ever
        self.events += [Assignment(first_look, self.group, self.agent), StatusChange(first_look, "open")]
        if rng.random() < 0.14:
            self._hand_over(WORKING.after(first_look, wait * 0.3))
        if rng.random() < 0.3:
            self._say(now, "note", "Kunde hat zwei Verträge.")
        replies = rng.choices((0, 1, 2, 3, 4, 6), (6, 50, 24, 11, 6, 3))[0] if chatty else rng.choice((0, 0, 1))
        stuck_after = rng.randrange(1, 3) if rng.random() < 0.02 else 99
        for turn in range(1, replies + 1):
            self._say(now, "agent", "Bitte prüfen Sie einmal die Einstellung.")
            if turn == stuck_after:
                self._status(now, "open")
                return
            if turn < replies:
                self._status(now, "pending")
                back = self._daytime(now + timedelta(minutes=round(rng.lognormvariate(math.log(240), 1.0))))
                self._say(back, "customer", "Danke, aber es geht noch nicht.")
                self._status(back, "open")
                now = WORKING.after(back, self._minutes(110, 1.0))
                if rng.random() < 0.16:
                    now = self._hold(now)
        if replies and rng.random() < 0.35:
            self._status(now, "pending")
            now = WORKING.after(now, self._minutes(500, 0.8))
        self._solve(now, chance_of_reopening=0.13 if self.bad_month else 0.085)

    def _solve(self, now: datetime, chance_of_reopening: float, surveyed: bool = False) -> None:
        rng = self.rng
        self._status(now, "solved")
        reopens = rng.random() < chance_of_reopening
        back = self._daytime(now + timedelta(minutes=min(5000, round(rng.lognormvariate(math.log(1300), 0.9)))))
        if not surveyed and (not reopens or back > now + timedelta(days=1)) and rng.random() < 0.8:
            surveyed = True
            self._survey(now + timedelta(days=1), back if reopens else now + CLOSES_AFTER, reopens)
        if not reopens:
            closing = (now + CLOSES_AFTER + timedelta(minutes=59)).replace(minute=0)
            self._status(closing, "closed")
            return
        self._say(back, "customer", "Das Problem ist wieder da.")
        self._status(back, "open")
        if rng.random() < 0.12:
            return
        again = WORKING.after(back, self._minutes(200, 1.0))
        if rng.random() < 0.85:
            self._say(again, "agent", "Jetzt sollte es gehen.")
        self._solve(again, chance_of_reopening=0.08, surveyed=surveyed)

    def _survey(self, sent: datetime, before: datetime, reopens: bool) -> None:
        rng = self.rng
        self.events.append(SurveyOffered(sent))
        answered = sent + timedelta(minutes=2 + round(rng.lognormvariate(math.log(300), 1.2)))
        if rng.random() > 0.42 or answered >= before:
            return
        replies = [event.at for event in self.events if isinstance(event, Message) and event.role == "agent"]
        slow = bool(replies) and minutes_between(self.created, replies[0]) > 1440
        good = rng.random() < 0.93 - 0.22 * self.bad_month - 0.35 * reopens - 0.08 * slow
        grade = rng.choices((7, 6, 5), (5, 4, 2))[0] if good else rng.choices((4, 3, 2, 1), (2, 3, 3, 2))[0]
        words = rng.choice(GOOD_WORDS if good else BAD_WORDS) if rng.random() < 0.35 else None
        self.events.append(SurveyAnswered(answered, grade, words))

    def _hold(self, now: datetime) -> datetime:
        self._status(now, "hold")
        now = WORKING.after(now, self._minutes(900, 0.7))
        self._status(now, "open")
        return now

    def _hand_over(self, at: datetime) -> None:
        if self.rng.random() < 0.5:
            self.group = self.rng.choice([group for group in GROUPS if group != self.group])
        self.agent = self.rng.choice([agent for agent in GROUPS[self.group] if agent != self.agent])
        self.events.append(Assignment(at, self.group, self.agent))

    def _say(self, at: datetime, who: str, text: str) -> None:
        author = {"customer": self.customer, "bot": BOT}.get(who, self.agent)
        self.events.append(Message(at, author, "agent" if who == "note" else who, text, public=who != "note"))  # type: ignore[arg-type]

    def _status(self, at: datetime, status: Status) -> None:
        self.events.append(StatusChange(at, status))

    def _minutes(self, median: float, spread: float) -> float:
        return self.rng.lognormvariate(math.log(median * (3.4 if self.bad_month else 1.0)), spread)

    def _daytime(self, moment: datetime) -> datetime:
        """Customers sleep, too: what would come between 23 and 7 o'clock comes after 7."""
        hour = local(moment).hour
        return moment + timedelta(hours=8) if hour >= 23 or hour < 7 else moment
