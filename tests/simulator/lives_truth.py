"""What is right about `lives`, in plain loops from the definitions: per ticket, and as figures of a report.

A figure is (metric, month, total, group) → (value, n), as the opinions in SQL tell it. Months and opening hours are
Berlin's. Stocks and events are by the group of that day, everything else by the group at the export. `lives_sla` adds
what an SLA says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache, cached_property
from operator import itemgetter

from .clock import berlin, local
from .lives import DAY, DONE, GROUPS, PRIORITIES, Life, Said, as_of, lives, word
from .truth import _at

Figure = tuple[float | None, int | None]
Key = tuple[str, str | None, bool, str | None]
Rows = list[tuple[datetime | None, str | None, float | None]]  # date, group, value

MONTHS = [(f"2025-{month:02d}-01", berlin(2025, month + 1, 1)) for month in range(1, 6)]
STATUSES = {
    "new": ("new",),
    "open": ("open",),
    "pending": ("pending",),
    "on_hold": ("on_hold",),
    "requester_wait": ("new", "open", "on_hold"),
    "agent_wait": ("pending",),
    "agent_work": ("new", "open"),
}
UNSOLVED = ("new", "open", "pending", "on_hold")
PEOPLE = [who for group in GROUPS.values() for who in group]


@dataclass(frozen=True, slots=True)
class Spell:
    began: datetime
    ended: datetime | None
    status: str
    group: str
    assignee: str
    priority: str


@dataclass(frozen=True, slots=True)
class Wait:
    asked: datetime
    replied: datetime | None


Clock = Callable[[datetime, datetime], float]


def calendar_seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()


def _openings() -> list[tuple[datetime, datetime]]:
    """Monday to Friday from nine to five, in Berlin."""
    days = [date(2025, 1, 1) + n * DAY for n in range(365)]
    return [
        (berlin(day.year, day.month, day.day, 9), berlin(day.year, day.month, day.day, 17))
        for day in days
        if day.weekday() < 5
    ]


OPENINGS = _openings()


def business_seconds(start: datetime, end: datetime) -> float:
    total = 0.0
    for opens, closes in OPENINGS[bisect_left(OPENINGS, start, key=itemgetter(1)) :]:
        if opens >= end:
            break
        total += (min(end, closes) - max(start, opens)).total_seconds()
    return max(0.0, total)


class Ticket:
    """Everything that a ticket's changes and messages say about it."""

    def __init__(self, life: Life, alone: bool) -> None:
        """`alone`: its figures are told for the ticket itself, not for its group."""
        self.life, self.created, self.alone = life, life.created, alone
        self.has_history = any(one.field == "status" for one in life.changes)

    def label(self, spell: Spell | None = None) -> str:
        return str(self.life.id) if self.alone else (spell or self.life).group

    @cached_property
    def spells(self) -> list[Spell]:
        life, now = self.life, {}
        changes = sorted(life.changes, key=lambda one: (one.at, one.position))
        for name, present in (("group", life.group), ("assignee", life.assignee), ("priority", life.priority)):
            now[name] = next((one.old for one in changes if one.field == name), present)
        never_changed = "open" if life.status in DONE else life.status  # then it has always been what it is
        now["status"] = next((word(one.old) for one in changes if one.field == "status"), never_changed) or "open"
        events = [(max(one.at, life.created), one.field, one.new) for one in changes]
        if not self.has_history and life.status in DONE:
            if "solved_at" not in life.told:
                return []
            events.append((datetime.fromisoformat(life.told["solved_at"]), "status", life.status))
        states = []
        for moment in sorted({life.created, *(at for at, *_ in events)}):
            for at, name, new in events:
                if at == moment:
                    now[name] = word(new) if name == "status" else new
            if not states or states[-1][1] != now:
                states.append((moment, dict(now)))
        ends = [began for began, _ in states[1:]] + [None]
        return [Spell(began, ended, **state) for (began, state), ended in zip(states, ends, strict=True)]

    @cached_property
    def moves(self) -> list[tuple[Spell, Spell]]:
        """Each spell with the one before it; before the first one the ticket was not there."""
        return list(zip(self.spells, self.spells[1:], strict=False))

    @cached_property
    def solves(self) -> list[Spell]:
        return [now for was, now in self.moves if was.status in UNSOLVED and now.status in DONE]

    @cached_property
    def reopenings(self) -> list[Spell]:
        return [now for was, now in self.moves if was.status in DONE and now.status in UNSOLVED]

    @property
    def is_done(self) -> bool:
        return self.life.status in DONE

    @property
    def solved_at(self) -> datetime | None:
        return self.solves[-1].began if self.is_done and self.solves else None

    @property
    def first_solved_at(self) -> datetime | None:
        return self.solves[0].began if self.solves else None

    @property
    def is_told(self) -> bool:
        """What is new or open without a change never changed; what is solved or waits without one has a history that
        is not here: nobody knows how long it was what."""
        return self.has_history or self.life.status in ("new", "open")

    def seconds(self, clock: Clock, wanted: Callable[[Spell], bool]) -> float | None:
        if not self.is_told:
            return None
        return sum(clock(one.began, one.ended or as_of()) for one in self.spells if wanted(one))

    def in_status(self, clock: Clock, name: str) -> float | None:
        return self.seconds(clock, lambda one: one.status in STATUSES[name])

    def booked_wait(self, clock: Clock) -> float | None:
        """Without the status that it is in, however many agents it has had in it."""
        left = [now.began for was, now in self.moves if was.status != now.status]
        return self.seconds(
            clock, lambda one: one.status in STATUSES["requester_wait"] and bool(left) and one.began < left[-1]
        )

    def wait_with_solved(self, clock: Clock) -> float | None:
        """Zendesk's column: new, open, and what lay solved before a reopening."""
        last = max((one.began for one in self.reopenings), default=self.created)
        return self.seconds(
            clock, lambda one: one.status in ("new", "open") or (one.status == "solved" and one.began < last)
        )

    def unassigned(self, clock: Clock) -> float | None:
        return self.seconds(clock, lambda one: one.status in UNSOLVED and not one.assignee)

    def unsolved(self, clock: Clock) -> float | None:
        return self.seconds(clock, lambda one: one.status in UNSOLVED)

    def stations(self, name: str) -> list[str]:
        """Whom it was with, in order; a pause with nobody is no station."""
        held = [holder for one in self.spells if (holder := getattr(one, name))]
        return [now for was, now in zip(["", *held], held, strict=False) if was != now]

    @property
    def assignments(self) -> list[datetime]:
        """When an agent got it; who had it from the start got it then."""
        begins = [self.spells[0].began] if self.spells and self.spells[0].assignee else []
        return begins + [now.began for was, now in self.moves if now.assignee and now.assignee != was.assignee]

    @property
    def is_raised(self) -> bool:
        raised = False
        for was, now in self.moves:
            if was.priority and now.priority:
                raised |= PRIORITIES.index(now.priority) > PRIORITIES.index(was.priority)
        return raised

    # --- messages ---------------------------------------------------------------------------------------------------
    @cached_property
    def public(self) -> list[Said]:
        """What a customer said counts unless marked private, an agent's word only where it is marked public."""
        said = [
            one
            for one in self.life.messages
            if (one.role == "customer" and one.public is not False) or (one.role == "agent" and one.public)
        ]
        return sorted(said, key=lambda one: (one.at, one.role != "customer"))

    @property
    def opening(self) -> Said | None:
        first = self.public[0] if self.public else None
        return first if first and first.at <= self.created + timedelta(seconds=1) else None

    @property
    def after_opening(self) -> list[Said]:
        return self.public[1:] if self.opening else self.public

    @property
    def agent_replies(self) -> int | None:
        return self._told("agent_replies", sum(one.role == "agent" for one in self.after_opening))

    @property
    def customer_replies(self) -> int | None:
        return self._told("customer_replies", sum(one.role == "customer" for one in self.after_opening))

    @property
    def repliers(self) -> set[str]:
        """The agents whom the customer heard; what was sent before the creation was to nobody."""
        earliest = self.created - timedelta(seconds=1)
        return {one.author for one in self.after_opening if one.role == "agent" and one.at >= earliest}

    @property
    def first_reply(self) -> datetime | None:
        replies = [one.at for one in self.after_opening if one.role == "agent" and one.at >= self.created]
        if self.life.messages:
            return replies[0] if replies else None
        stated = self.life.told.get("first_reply_at")
        return datetime.fromisoformat(stated) if stated else None

    def _told(self, name: str, counted: int) -> int | None:
        if self.life.messages:
            return counted
        stated = self.life.told.get(name)
        return int(stated) if stated else None

    @property
    def is_timed_to_reply(self) -> bool:
        return not self.life.by_agent or bool(self.life.messages)

    @cached_property
    def waits(self) -> list[Wait]:
        """From the oldest unanswered message of the customer to the next reply."""
        if not self.life.messages:
            return []
        found: list[Wait] = []
        opened_by_customer = not self.life.by_agent and (self.opening is None or self.opening.role == "customer")
        asked = self.created if opened_by_customer else None
        for one in self.public:
            if (one.role == "customer" and asked is None) or (one.role == "customer" and one is self.opening):
                asked = max(one.at, self.created)
            elif one.role == "agent" and one is not self.opening and asked is not None and one.at >= self.created:
                found.append(Wait(asked, one.at))
                asked = None
        return found if asked is None else [*found, Wait(asked, None)]


def tickets(alone: bool = False) -> list[Ticket]:
    """The population: no spam, nothing merged away, deleted or a test, and with them go their changes and messages."""
    return [Ticket(life, alone) for life in lives() if not life.fate and life.status != "deleted"]


@cache
def figures(by_ticket: bool = False) -> dict[Key, Figure]:
    """By group, or by the ticket's own number in its place."""
    every = tickets(by_ticket)
    told: dict[Key, Figure] = {}
    for name, (how, rows) in _series(every).items():
        told |= _by_month_and_group(name, how, rows)
    told |= _stocks(every)
    for key, (value, _) in [*told.items()]:
        if key[0] == "tickets_created":
            solved = told.get(("tickets_solved", *key[1:]), (0, 0))[0]
            told["net_flow", *key[1:]] = ((value or 0) - (solved or 0), None)
        elif key[0] == "tickets_solved" and ("tickets_created", *key[1:]) not in told:
            told["net_flow", *key[1:]] = (-(value or 0), None)
        if key[0] == "active_agents":
            solved = told["tickets_solved", *key[1:]][0]
            told["tickets_per_agent", *key[1:]] = ((solved or 0) / value if value else None, None)
    return told


def created(one: Ticket) -> datetime:
    return one.created


def solved(one: Ticket) -> datetime | None:
    return one.solved_at


def first_solved(one: Ticket) -> datetime | None:
    return one.first_solved_at


def _series(every: list[Ticket]) -> dict[str, tuple[str, Rows]]:
    def of(date: Callable[[Ticket], datetime | None], value: Callable[[Ticket], float | None],
           only: Callable[[Ticket], bool] = lambda one: True) -> Rows:  # fmt: skip
        return [(date(one), one.label(), value(one)) for one in every if only(one)]

    found: dict[str, tuple[str, Rows]] = {
        "tickets_created": ("count", of(created, lambda one: 1)),
        "tickets_solved": ("count", of(solved, lambda one: 1)),
        "solved_as_of": ("count", of(solved, lambda one: 1)),
        "solved_events": ("count", [(spell.began, one.label(spell), 1) for one in every for spell in one.solves]),
        "reopened_events": ("count", [(spell.began, one.label(spell), 1) for one in every for spell in one.reopenings]),
        "reopen_rate": ("mean", of(first_solved, lambda one: bool(one.reopenings))),
        "one_touch_rate": ("mean", of(solved, lambda one: _all_known(one.agent_replies, 1) and _one_touch(one))),
        "first_contact_resolution": ("mean", _first_contact(every)),
        **_dialects(every, of),
        "resolution_rate": ("mean", _resolved_in_time(every)),
        "resolution_rate_to_date": ("mean", of(created, lambda one: one.is_done)),
        "agent_replies_per_ticket": ("mean", of(solved, lambda one: one.agent_replies)),
        "interactions_per_ticket": ("mean", of(solved, _interactions)),
        "reassignment_rate": ("mean", of(solved, lambda one: len(one.stations("assignee")) > 1)),
        "handoffs_per_ticket": ("mean", of(solved, lambda one: max(len(one.stations("assignee")) - 1, 0))),
        "group_handoff_rate": ("mean", of(solved, lambda one: len(one.stations("group")) > 1)),
        "agents_per_ticket": ("mean", of(solved, lambda one: len(one.repliers) if one.life.messages else None)),
        "active_agents": (
            "distinct",
            of(solved, lambda one: PEOPLE.index(one.life.assignee), lambda one: bool(one.life.assignee)),
        ),
        "busiest_hour": ("mode", of(created, lambda one: local(one.created).hour)),
        "undated_solves": ("mean", of(created, lambda one: one.solved_at is None, lambda one: one.is_done)),
        "repeat_contact_rate": ("mean", _repeat_contacts(every)),
        "bot_resolution_rate": ("mean", _resolved_by_bots(every)),
        "escalation_rate_by_priority": ("mean", of(created, lambda one: one.is_raised if one.spells else None)),
        "escalation_rate_by_tier": ("mean", of(created, _moved_up)),
        "time_to_resolution_km": (
            "survival",
            of(
                created,
                lambda one: _lasted(one.created, one.solved_at),
                lambda one: not one.is_done or bool(one.solves),
            ),
        ),
        "time_to_first_reply_km": (
            "survival",
            of(created, lambda one: _lasted(one.created, one.first_reply), lambda one: one.is_timed_to_reply),
        ),
    }
    for suffix, clock in (("", calendar_seconds), ("_business", business_seconds)):

        def since(date: Callable[[Ticket], datetime | None], end: Callable[[Ticket], datetime | None],
                  only: Callable[[Ticket], bool] = lambda ticket: True, clock: Clock = clock) -> Rows:  # fmt: skip
            def span(ticket: Ticket) -> float | None:
                until = end(ticket)
                return None if until is None else clock(ticket.created, until)

            return of(date, span, only)

        reply = since(created, lambda one: one.first_reply, lambda one: one.is_timed_to_reply)
        full = since(solved, solved)
        responses = [
            (wait.asked, one.label(), clock(wait.asked, wait.replied) if wait.replied else None)
            for one in every
            for wait in one.waits
        ]
        assigned = [
            (one.solved_at, one.label(), clock(one.assignments[-1], one.solved_at))
            for one in every
            if one.solved_at and one.assignments and one.assignments[-1] <= one.solved_at
        ]
        found |= {
            f"first_reply_time{suffix}": ("median", reply),
            f"first_reply_time_p90{suffix}": ("p90", reply),
            f"average_first_reply_time{suffix}": ("mean", reply),
            f"full_resolution_time{suffix}": ("median", full),
            f"full_resolution_time_p90{suffix}": ("p90", full),
            f"average_resolution_time{suffix}": ("mean", full),
            f"first_resolution_time{suffix}": ("median", since(first_solved, first_solved)),
            f"response_time{suffix}": ("median", responses),
            f"average_response_time{suffix}": ("mean", responses),
            f"first_assignment_time{suffix}": ("median", since(created, lambda one: next(iter(one.assignments), None))),
            f"assignment_to_resolution_time{suffix}": ("median", assigned),
            f"unassigned_time{suffix}": ("median", of(created, lambda one, clock=clock: one.unassigned(clock))),
            f"solve_time{suffix}": (
                "median",
                of(solved, lambda one, clock=clock: one.unsolved(clock), lambda one: one.is_done),
            ),
            f"requester_wait_time_explore{suffix}": (
                "median",
                of(created, lambda one, clock=clock: one.booked_wait(clock)),
            ),
            f"requester_wait_time_zendesk_csv{suffix}": (
                "median",
                of(created, lambda one, clock=clock: one.wait_with_solved(clock)),
            ),
        }
        for name in STATUSES:
            rows = of(created, lambda one, clock=clock, name=name: one.in_status(clock, name))
            found[f"{name}_time{suffix}"] = ("median", rows)
    return found


def _dialects(every: list[Ticket], of: Callable[..., Rows]) -> dict[str, tuple[str, Rows]]:
    """The same KPIs by the rules of some helpdesks."""

    def replies(test: Callable[[int], bool]) -> Callable[[Ticket], bool | None]:
        return lambda one: None if one.agent_replies is None else test(one.agent_replies)

    def alone(one: Ticket) -> bool | None:
        if not one.is_done or one.reopenings:
            return False
        return len(one.repliers) == 1 if one.life.messages else None

    def one_session(one: Ticket) -> bool | None:
        waited = any(spell.status in ("pending", "on_hold") for spell in one.spells) if one.is_told else None
        if one.reopenings or one.agent_replies == 0 or waited:
            return False
        return None if waited is None or one.agent_replies is None else True

    answered = [(one, wait) for one in every for wait in one.waits if wait.replied]
    waits = [(one, wait, calendar_seconds(wait.asked, wait.replied)) for one, wait in answered]
    return {
        "first_contact_resolution_freshdesk": ("mean", of(solved, replies(lambda n: n == 1))),
        "first_contact_resolution_freshservice": (
            "mean",
            of(solved, lambda one: None if one.customer_replies is None else one.customer_replies == 0),
        ),
        "first_contact_resolution_helpscout": (
            "mean",
            of(solved, replies(lambda n: n == 1), lambda one: bool(one.agent_replies)),
        ),
        "first_contact_resolution_intercom": ("mean", of(created, alone)),
        "one_touch_rate_zendesk": ("mean", of(solved, replies(lambda n: n < 2))),
        "one_touch_rate_zendesk_messaging": ("mean", of(solved, one_session)),
        "reopen_rate_zendesk_csv": (
            "mean",
            of(first_solved, lambda one: any(spell.status == "open" for spell in one.reopenings)),
        ),
        "reopen_rate_dbt": ("mean", of(first_solved, lambda one: len(one.solves) > 1)),
        "average_response_time_freshdesk": ("mean", [(wait.replied, one.label(), took) for one, wait, took in waits]),
        "average_response_time_intercom": ("median", [(one.created, one.label(), took) for one, _, took in waits]),
        "average_response_time_zendesk": (
            "mean",
            [(wait.asked, one.label(), took) for one, wait, took in waits if wait.replied != one.first_reply],
        ),
    }


def _all_known(*values: float | None) -> bool | None:
    return None if None in values else True


def _one_touch(one: Ticket) -> bool:
    return one.agent_replies == 1 and not one.reopenings


def _interactions(one: Ticket) -> float | None:
    replies, answers = one.agent_replies, one.customer_replies
    return None if replies is None or answers is None else replies + answers


def _moved_up(one: Ticket) -> bool | None:
    return any(team in ("Tier 2", "Tier 3") for team in one.stations("group")[1:]) if one.spells else None


def _lasted(created: datetime, until: datetime | None) -> float:
    """Seconds; negative where it still waits: less what it has waited, so that 0 is an end at once."""
    return calendar_seconds(created, until) if until else -calendar_seconds(created, as_of()) - 1e-9


def _wrote_again(one: Ticket, solved: datetime) -> bool:
    contacts = [(life.requester, life.created) for life in lives() if life.fate != "spam"]
    return any(who == one.life.requester and solved < at <= solved + 7 * DAY for who, at in contacts)


def _repeat_contacts(every: list[Ticket]) -> Rows:
    judged = [(one, one.solved_at) for one in every if one.solved_at and one.solved_at + 7 * DAY <= as_of()]
    return [(solved, one.label(), _wrote_again(one, solved)) for one, solved in judged if solved]


def _resolved_by_bots(every: list[Ticket]) -> Rows:
    """Solved within a week of the opening, and a week later neither answered by a person nor reopened."""
    rows: Rows = []
    for one in every:
        has_bot = any(said.role == "bot" and said.public for said in one.life.messages)
        opened_by_agent = one.life.by_agent or (one.opening is not None and one.opening.role == "agent")
        unknown = one.is_done and not one.solves
        if has_bot and not opened_by_agent and one.created + 14 * DAY <= as_of() and not unknown:
            solved = one.first_solved_at
            undone = [one.first_reply, *(spell.began for spell in one.reopenings)]
            stays = solved is not None and all(at is None or at > solved + 7 * DAY for at in undone)
            rows.append((one.created, one.label(), stays and solved is not None and solved <= one.created + 7 * DAY))
    return rows


def _first_contact(every: list[Ticket]) -> Rows:
    """At most one reply, no reopening, nothing else by the requester in the week after; a week must have passed."""
    rows: Rows = []
    for one in every:
        solved = one.solved_at
        if solved and solved + 7 * DAY <= as_of():
            again = _wrote_again(one, solved)
            known = one.agent_replies is not None
            quick = (one.agent_replies or 0) <= 1 and not one.reopenings and not again
            rows.append((solved, one.label(), quick if known or not quick else None))
    return rows


def _resolved_in_time(every: list[Ticket]) -> Rows:
    rows: Rows = []
    for one in every:
        if one.created + 14 * DAY <= as_of() and not (one.is_done and not one.solves):
            in_time = one.solved_at is not None and one.solved_at <= one.created + 14 * DAY
            rows.append((one.created, one.label(), in_time))
    return rows


def _stocks(every: list[Ticket]) -> dict[Key, Figure]:
    """Open just before each month's end, or at as-of; ages up to that instant."""
    told: dict[Key, Figure] = {}
    tick = timedelta(microseconds=1)
    for month, end in [*MONTHS, (None, as_of() + tick)]:
        now = min(end, as_of() + tick)
        there = [
            (spell, one)
            for one in every
            for spell in one.spells
            if spell.status in UNSOLVED and spell.began < now and (spell.ended is None or spell.ended >= now)
        ]
        for total, group in [(True, None), *((False, name) for name in {one.label(spell) for spell, one in there})]:
            here = [(spell, one) for spell, one in there if total or one.label(spell) == group]
            ages = sorted(calendar_seconds(one.created, min(end, as_of())) for _, one in here)
            counts = {
                "backlog": ages,
                "backlog_under_1d": [age for age in ages if age < 86400],
                "backlog_1d_to_7d": [age for age in ages if 86400 <= age < 7 * 86400],
                "backlog_7d_to_30d": [age for age in ages if 7 * 86400 <= age < 30 * 86400],
                "backlog_over_30d": [age for age in ages if age >= 30 * 86400],
                "backlog_unassigned": [spell for spell, _ in here if not spell.assignee],
            }
            for name, counted in counts.items():
                told[name, month, total, group or None] = (len(counted), len(counted))
            told["backlog_age", month, total, group or None] = (_at(ages, 0.5), len(ages))
            told["backlog_age_p90", month, total, group or None] = (_at(ages, 0.9), len(ages))
    return told


def _by_month_and_group(name: str, how: str, rows: Rows) -> dict[Key, Figure]:
    parts: dict[Key, list[float]] = {}
    for at, group, value in rows:
        if at is not None and value is not None:
            for month in (None, f"{local(at):%Y-%m}-01"):
                for key in ((name, month, True, None), (name, month, False, group or None)):
                    parts.setdefault(key, []).append(float(value))
    return {key: (_gathered(how, values), len(values)) for key, values in parts.items()}


def _gathered(how: str, values: list[float]) -> float | None:
    match how:
        case "count":
            return len(values)
        case "mean":
            return sum(values) / len(values)
        case "distinct":
            return len(set(values))
        case "mode":
            return min(set(values), key=lambda value: (-values.count(value), value))
        case "survival":
            return kaplan_meier(values)
    return _at(sorted(values), {"median": 0.5, "p90": 0.9}[how])


def kaplan_meier(values: Iterable[float]) -> float | None:
    """The time by which half have had their end: S(t) = Π (1 − d/n) over the ends, those at risk being n."""
    waited = sorted((abs(round(value, 6)), value < 0) for value in values)
    surviving = Fraction(1)
    for at in sorted({span for span, is_open in waited if not is_open}):
        at_risk = sum(span >= at for span, _ in waited)
        ended = sum(span == at and not is_open for span, is_open in waited)
        surviving *= 1 - Fraction(ended, at_risk)
        if surviving <= Fraction(1, 2):
            return at
    return None


def unsolved_stretches(one: Ticket) -> Iterator[tuple[datetime, datetime | None]]:
    """From creation or reopening to the solve."""
    began: datetime | None = None
    for spell in one.spells:
        if spell.status in UNSOLVED:
            began = began or spell.began
        elif began is not None:
            yield began, spell.began
            began = None
    if began is not None:
        yield began, None
