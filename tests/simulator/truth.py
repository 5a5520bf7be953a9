"""The figures of the simulated year, counted in plain Python loops by the definitions, from what a file shows.

`figures(history, vendor)` gives `{metric: {"all" or "2025-01"…"2025-12": (value, n)}}`: n rows stand behind the value;
times are seconds, shares go from 0 to 1, months are Berlin's. Vendors: `history` (everything that happened), `zendesk`
and `freshdesk` (the folders with the CSVs, awkward rows included), `zendesk_api` and `freshdesk_api`. A metric that a
vendor's files do not have the columns for is not in the result (`LACKS`).

Deleted, spam and merged-away tickets leave the population. Freshdesk's files cannot tell merged from closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Literal

from . import awkward, freshdesk
from .clock import berlin, local
from .facts import Fact, fact
from .model import DONE, WEEK, History

Vendor = Literal["history", "zendesk", "zendesk_api", "freshdesk", "freshdesk_api"]
Figure = tuple[float | None, int]
Series = list[tuple[datetime | None, float]]
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]

_NO_RATING_DATE = {"csat", "csat_good_bad"}
_NO_OFFERS = {"csat_response_rate", "csat_response_rate_by_solved"}
_NO_REOPENS = {"first_resolution_time", "reopen_rate", "one_touch_rate", "first_contact_resolution"}
_NO_SLA = {"sla_first_reply_met", "sla_resolution_met"}
_NO_NEUTRAL = {"csat_good_bad", "csat_good_bad_by_solved"}
LACKS: dict[Vendor, set[str]] = {
    "history": set(),
    "zendesk": _NO_SLA | _NO_NEUTRAL | {"csat_response_rate"},
    "zendesk_api": _NO_SLA | _NO_NEUTRAL | _NO_RATING_DATE | {"csat_response_rate"},
    "freshdesk": _NO_REOPENS | _NO_OFFERS | _NO_RATING_DATE,
    "freshdesk_api": _NO_REOPENS | _NO_OFFERS | {"agent_replies_per_ticket"},
}


@cache
def figures(history: History, vendor: Vendor = "history") -> dict[str, dict[str, Figure]]:
    population = [row for row in seen(history, vendor) if not row.merged]
    contacts = seen(history, vendor)  # a merged-away ticket is still a contact of its requester
    result = {
        "tickets_created": _count((row.created, 1) for row in population),
        "tickets_solved": _count((row.last_solve, 1) for row in population if row.solved),
        "backlog": _backlog(history, population),
        **_times("first_reply_time", _first_replies(population, agent_opened=False)),
        **_times("first_reply_time_with_agent_opened", _first_replies(population, agent_opened=True)),
        **_times("full_resolution_time", _spans(population, "last_solve")),
        "first_resolution_time": _percentile(_spans(population, "first_solve"), 0.5),
        "reopen_rate": _mean([(row.first_solve, row.reopens > 0) for row in population if row.first_solve]),
        "one_touch_rate": _mean([(r.last_solve, r.replies == 1 and r.reopens == 0) for r in population if r.solved]),
        "first_contact_resolution": _mean(_first_contact(history, population, contacts)),
        "agent_replies_per_ticket": _mean([(row.last_solve, row.replies) for row in population if row.solved]),
        **_satisfaction(population),
        "sla_first_reply_met": _mean(_verdicts(history, population, "first_reply", "first_reply_due")),
        "sla_resolution_met": _mean(_verdicts(history, population, "last_solve", "resolution_due")),
    }
    return {name: figure for name, figure in result.items() if name not in LACKS[vendor]}


@cache
def seen(history: History, vendor: Vendor) -> list[Fact]:
    """The usable rows of a vendor's files without duplicates, spam and deleted ones; merged ones marked if it shows."""
    true = [fact(ticket) for ticket in history.tickets if not (ticket.deleted or ticket.spam)]
    match vendor:
        case "zendesk":
            return true + awkward.facts("zendesk")
        case "freshdesk":
            return [replace(row, merged=False) for row in true] + awkward.facts("freshdesk")
        case "freshdesk_api":
            return [replace(row, merged=False) for row in true]
    return true


def survey_figures(history: History) -> dict[str, dict[str, Figure]]:
    """NPS and CES from `common/surveys.csv`, by the answer's month; the response rates by the month of sending."""
    answers = [(survey.kind, survey.answered, survey.score) for survey in history.surveys if survey.score is not None]
    nps = [(at, score) for kind, at, score in answers if kind == "nps"]
    ces = [(at, score) for kind, at, score in answers if kind == "ces"]
    points = [(at, 100.0 if score >= 9 else -100.0 if score <= 6 else 0.0) for at, score in nps]
    result = {"nps": _mean(points), "ces": _mean(ces), "ces_easy_share": _mean([(at, score >= 5) for at, score in ces])}
    for kind in ("nps", "ces"):
        sent = [(survey.sent, survey.answered is not None) for survey in history.surveys if survey.kind == kind]
        result[f"{kind}_response_rate"] = _mean(sent)
    return result


def _first_replies(rows: list[Fact], agent_opened: bool) -> Series:
    """Bots are no agents; a ticket that an agent opened is left out, or timed to the message after the opening one."""
    wanted = [row for row in rows if row.first_reply and (agent_opened or not row.opened_by_agent)]
    return [(row.created, _seconds(row.created, row.first_reply)) for row in wanted]


def _spans(rows: list[Fact], end: Literal["first_solve", "last_solve"]) -> Series:
    """From creation to that solve, dated by the solve."""
    return [(getattr(row, end), _seconds(row.created, getattr(row, end))) for row in rows if getattr(row, end)]


def _first_contact(history: History, rows: list[Fact], contacts: list[Fact]) -> Series:
    """At most one reply, no reopen, nothing else by the requester in the week after. Unknown while the week runs."""
    series: Series = []
    for row in rows:
        if row.last_solve is None or row.last_solve > history.as_of - WEEK:
            continue
        again = any(
            other.requester == row.requester
            and other.ticket_id != row.ticket_id
            and row.last_solve < other.created <= row.last_solve + WEEK
            for other in contacts
        )
        series.append((row.last_solve, row.replies <= 1 and row.reopens == 0 and not again))
    return series


def _satisfaction(rows: list[Fact]) -> dict[str, dict[str, Figure]]:
    """Dated by the answer (the survey's own date) and by the last solve (all that a ticket row knows)."""
    rated = [row for row in rows if row.grade is not None]
    extreme = [row for row in rated if row.grade != 4]
    offered = [row for row in rows if row.offered]
    return {
        "csat": _mean([(row.answered, (row.grade or 0) >= 5) for row in rated]),
        "csat_by_solved": _mean([(row.last_solve, (row.grade or 0) >= 5) for row in rated]),
        "csat_good_bad": _mean([(row.answered, (row.grade or 0) >= 5) for row in extreme]),
        "csat_good_bad_by_solved": _mean([(row.last_solve, (row.grade or 0) >= 5) for row in extreme]),
        "csat_response_rate": _mean([(row.offered, row.grade is not None) for row in offered]),
        "csat_response_rate_by_solved": _mean([(row.last_solve, row.grade is not None) for row in offered]),
    }


def _verdicts(history: History, rows: list[Fact], done: str, due: str) -> Series:
    """By creation: met or missed; nothing while the clock runs, and nothing for a ticket solved without a reply."""
    series: Series = []
    for row in rows:
        word = ""
        if getattr(row, due) is not None:
            waiting = row.status not in DONE
            word = freshdesk.verdict(getattr(row, done), getattr(row, due), history.end, waiting)
        if word:
            series.append((row.created, word == "Within SLA"))
    return series


def _backlog(history: History, rows: list[Fact]) -> dict[str, Figure]:
    """Open at the end of each month, and at as-of; by last solves alone, so the gaps before a reopen do not show."""
    dated = [row for row in rows if row.solved or row.status not in DONE]
    result: dict[str, Figure] = {}
    ends = [berlin(2025, month, 1) for month in range(2, 13)] + [history.as_of]
    for label, end in [*zip(MONTHS, ends, strict=True), ("all", history.as_of)]:
        size = sum(row.created <= end and (row.last_solve is None or row.last_solve > end) for row in dated)
        result[label] = (size, size)
    return result


def _times(name: str, series: Series) -> dict[str, dict[str, Figure]]:
    return {name: _percentile(series, 0.5), f"{name}_p90": _percentile(series, 0.9), f"{name}_mean": _mean(series)}


def _count(series: Iterable[tuple[datetime | None, float]]) -> dict[str, Figure]:
    return {label: (len(values), len(values)) for label, values in _by_month(series).items()}


def _mean(series: Iterable[tuple[datetime | None, float]]) -> dict[str, Figure]:
    return {label: (sum(v) / len(v) if v else None, len(v)) for label, v in _by_month(series).items()}


def _percentile(series: Series, share: float) -> dict[str, Figure]:
    return {label: (_at(sorted(values), share), len(values)) for label, values in _by_month(series).items()}


def _at(values: list[float], share: float) -> float | None:
    """Linear interpolation between the two neighbours, as SQL's quantile_cont does."""
    if not values:
        return None
    position = share * (len(values) - 1)
    below = int(position)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (position - below)


def _by_month(series: Iterable[tuple[datetime | None, float]]) -> dict[str, list[float]]:
    """All months of the year, empty ones too; a row without its date is in no period, and so not in "all" either."""
    groups: dict[str, list[float]] = {"all": [], **{month: [] for month in MONTHS}}
    for instant, value in series:
        if instant is not None:
            groups["all"].append(value)
            groups[f"{local(instant):%Y-%m}"].append(value)
    return groups


def _seconds(start: datetime, end: datetime | None) -> float:
    assert end is not None
    return (end - start).total_seconds()
