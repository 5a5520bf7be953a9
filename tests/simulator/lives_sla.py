"""What an SLA says of `lives`: each clock walked through its ticket's life, as a person with a stopwatch would.

The policies come as the mapping that `configs/sla/standard.yml` is. Of a filter only `tags includes` is known here.
A clock stops with a solve, and a reply clock starts anew after a reopening, where work and wait clocks go on. The
target is that of the priority of the moment: a lower one that comes too late is over then, and not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .lives import as_of
from .lives_truth import (
    OPENINGS,
    UNSOLVED,
    Clock,
    Figure,
    Key,
    Rows,
    Spell,
    Ticket,
    _by_month_and_group,
    business_seconds,
    calendar_seconds,
    tickets,
    unsolved_stretches,
)

Policy = dict[str, Any]
Run = tuple[datetime, datetime | None]
RUNS_AS = {
    "requester_wait": ("new", "open", "on_hold"),
    "agent_work": ("new", "open"),
    "pausable_update": ("new", "open", "on_hold"),
}
UNITS = {"min": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Target:
    seconds: float
    clock: Clock


@dataclass(slots=True)
class Cycle:
    ticket: Ticket
    clock: str
    started: datetime
    stopped: datetime | None
    breached: datetime | None = None
    share_left: float | None = None


def figures(sla: dict[str, Any], by_ticket: bool = False) -> dict[Key, Figure]:
    """By group, or by the ticket's own number in its place."""
    every = [(one, list(cycles(one, sla))) for one in tickets(by_ticket)]
    known = [cycle for _, found in every for cycle in found]
    at_risk = [one for one in known if one.breached is None and one.share_left is not None and one.share_left < 0.25]
    by_ticket: Rows = []
    for one, found in every:
        if one.solved_at and found and any(cycle.breached for cycle in found):
            by_ticket.append((one.solved_at, one.label(), False))
        elif one.solved_at and found and all(cycle.stopped for cycle in found):
            by_ticket.append((one.solved_at, one.label(), True))
    series: dict[str, tuple[str, Rows]] = {
        "sla_attainment": ("mean", [(one.stopped, one.ticket.label(), one.breached is None) for one in known]),
        "sla_attainment_by_ticket": ("mean", by_ticket),
        "sla_breaches": ("count", [(one.breached, one.ticket.label(), 1) for one in known]),
        "sla_breached_open": ("count", [(one.breached, one.ticket.label(), 1) for one in known if not one.stopped]),
        "sla_at_risk": ("count", [(one.started, one.ticket.label(), 1) for one in at_risk]),
    }
    told: dict[Key, Figure] = {}
    for name, (how, rows) in series.items():
        told |= _by_month_and_group(name, how, rows)
    return told


def cycles(one: Ticket, sla: dict[str, Any]) -> Iterator[Cycle]:
    policy = next(each for each in sorted(sla["policies"], key=lambda each: each["position"]) if _is_for(each, one))
    for clock in dict.fromkeys(each["metric"] for each in policy["policy_metrics"]):
        for started, stopped in _runs(one, clock):
            if cycle := _walked(one, policy, clock, started, stopped):
                yield cycle


def _is_for(policy: Policy, one: Ticket) -> bool:
    for condition in policy.get("filter", {}).get("all", ()):
        assert (condition["field"], condition["operator"]) == ("tags", "includes")
        if not set(condition["value"]) & set(one.life.tags):
            return False
    return True


def _target(policy: Policy, clock: str, priority: str) -> Target | None:
    """The priority's own target, else the one for all others."""
    listed = [each for each in policy["policy_metrics"] if each["metric"] == clock]
    for wanted in (priority, None):
        for each in listed:
            if each.get("priority") == wanted:
                number = each["target"].rstrip("minhd")
                seconds = float(number) * UNITS[each["target"][len(number) :]]
                return Target(seconds, business_seconds if each.get("business_hours") else calendar_seconds)
    return None


def _runs(one: Ticket, clock: str) -> Iterator[Run]:
    """From when to when a clock runs, pauses included; an end of None is still to come."""
    stretches = list(unsolved_stretches(one))
    if clock in ("first_reply_time", "next_reply_time"):
        first, others = _reply_runs(one, stretches)
        yield from first if clock == "first_reply_time" else others
    elif clock == "pausable_update":
        replies = sorted({said.at for said in one.after_opening if said.role == "agent" and said.at >= one.created})
        for at, following in zip(replies, [*replies[1:], None], strict=False):
            for began, ended in stretches:
                if began <= at and (ended is None or at < ended):
                    yield at, _earlier(following, ended)
    elif stretches and (clock == "full_resolution_time" or one.is_told):
        yield stretches[0][0], stretches[-1][1]


def _reply_runs(one: Ticket, stretches: list[Run]) -> tuple[list[Run], list[Run]]:
    """The first unsolved part of the first wait is the first reply; every other part of any wait is a next reply."""
    waits: list[Run] = [(wait.asked, wait.replied) for wait in one.waits]
    if not one.life.messages:  # what is stated of the first reply is all that is known
        began, ended = stretches[0] if stretches else (None, None)
        known = began is not None and not one.life.by_agent and (one.first_reply is None or one.first_reply >= began)
        return ([(began, _earlier(one.first_reply, ended))] if known and began else []), []
    parts = [
        [
            (max(asked, began), _earlier(replied, ended))
            for began, ended in stretches
            if (ended is None or asked < ended) and (replied is None or began < replied or asked == replied >= began)
        ]
        for asked, replied in waits
    ]
    first = parts[0][:1] if parts else []
    return first, [part for n, found in enumerate(parts) for part in (found[1:] if n == 0 else found)]


def _walked(one: Ticket, policy: Policy, clock: str, started: datetime, stopped: datetime | None) -> Cycle | None:
    """The clock through every stretch with one status and priority; None if nothing was ever promised."""
    cycle = Cycle(one, clock, started, stopped)
    shown: dict[Clock, float] = {calendar_seconds: 0.0, business_seconds: 0.0}
    promised, target = False, None
    used_up: datetime | None = None  # when what is promised now was used up to the second, and not over yet
    for spell in one.spells:
        begin, end = max(spell.began, started), _earlier(_earlier(spell.ended, stopped), as_of())
        assert end is not None
        if not _is_in(spell, started, stopped):
            continue
        if spell.status not in UNSOLVED:
            used_up = None  # solved in time, to the second: over from the reopening on
            continue
        was, target = target, _target(policy, clock, spell.priority)
        runs = spell.status in RUNS_AS.get(clock, UNSOLVED)
        before = dict(shown)
        if runs:
            shown = {each: total + each(begin, end) for each, total in shown.items()}
        used_up = used_up if target == was else None
        if target:
            promised = True
            left = target.seconds - before[target.clock]
            if cycle.breached is None and shown[target.clock] >= target.seconds:
                used_up = used_up or (begin if left <= 0 else after(target.clock, begin, left))
                cycle.breached = used_up if shown[target.clock] > target.seconds else None
    if not promised:
        return None
    if stopped is None and cycle.breached is not None:
        cycle.share_left = 0.0
    elif stopped is None and target is not None:
        cycle.share_left = max(0.0, 1 - shown[target.clock] / target.seconds)
    return cycle


def _is_in(spell: Spell, started: datetime, stopped: datetime | None) -> bool:
    """A stop looks at nothing that begins with it, unless the clock ran for no time at all."""
    begins_in_time = stopped is None or spell.began < stopped or spell.began <= started
    return begins_in_time and (spell.ended is None or spell.ended > started)


def after(clock: Clock, start: datetime, seconds: float) -> datetime:
    """The first instant at which so much time has passed."""
    if clock is calendar_seconds:
        return start + timedelta(seconds=seconds)
    for opens, closes in OPENINGS:
        if closes > start:
            begin = max(opens, start)
            here = (closes - begin).total_seconds()
            if seconds <= here:
                return begin + timedelta(seconds=seconds)
            seconds -= here
    raise AssertionError("the calendar ends too early")


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
