"""How long a ticket was in what: its time by status, and the business seconds between its instants.

Declared by formula, since every one of them comes in calendar and in business seconds.
"""

from __future__ import annotations

from collections.abc import Mapping

from cs_metrics.entities._base import CALENDAR, HISTORY, span

# A ticket's time in some statuses: what the sum is called, what it means, the statuses, what the vendor may report.
STATUS_SPANS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "new": ("time as new", ("new",), ""),
    "open": ("time as open", ("open",), ""),
    "pending": ("time as pending", ("pending",), ""),
    "on_hold": ("time on hold", ("on_hold",), "on_hold"),
    "requester_wait": ("time the requester waited for the team", ("new", "open", "on_hold"), "requester_wait"),
    "agent_wait": ("time the team waited for the requester", ("pending",), "agent_wait"),
    "agent_work": ("time with the agents", ("new", "open"), ""),
    "solve": ("time unsolved, without stretches as solved", ("new", "open", "pending", "on_hold"), ""),
}
_STATUS_SPANS = {
    f"{name}_seconds": span(
        meaning,
        f"sum of its spells as {', '.join(statuses)}",
        (HISTORY,),
        *([(f"reported_{reported}_seconds",)] if reported else []),
    )
    for name, (meaning, statuses, reported) in STATUS_SPANS.items()
} | {
    "unassigned_seconds": span(
        "time unsolved without an agent", "sum of its unsolved spells without agent", (HISTORY,)
    ),
    "requester_wait_booked_seconds": span(
        "requester wait, booked when the ticket leaves a status",
        "as requester_wait_seconds, without the status that it is in",
        (HISTORY,),
    ),
    "requester_wait_with_solved_seconds": span(
        "time as new or open, and as solved where it was reopened",
        "sum of its spells as new or open, and of solved ones that a reopening ended",
        (HISTORY,),
        ("reported_requester_wait_seconds",),
    ),
}
_REPORTED_AS = {name: name for name in ("on_hold", "requester_wait", "agent_wait")}
_REPORTED_AS |= {"requester_wait_with_solved": "requester_wait"}
_BUSINESS_SPANS = {
    f"{name}_business_seconds": span(
        f"{said.meaning.removesuffix(', in seconds')}, business hours",
        f"as {name}_seconds, within the calendar's opening hours",
        (HISTORY, CALENDAR),
        *([(f"reported_{_REPORTED_AS[name]}_business_seconds",)] if name in _REPORTED_AS else []),
    )
    for name, said in ((name.removesuffix("_seconds"), said) for name, said in _STATUS_SPANS.items())
} | {
    f"{name}_business_seconds": span(
        f"{name.replace('_', ' ')} time, business hours",
        f"the calendar's opening hours from {since} to {until}, else what the vendor reports",
        (since, until, CALENDAR),
        *(
            [(f"reported_{name}_seconds", since, CALENDAR), (f"reported_{name}_business_seconds",)]
            if since == "created_at" and name != "first_assignment"
            else []
        ),
    )
    for name, since, until in (
        ("first_reply", "created_at", "first_reply_at"),
        ("first_resolution", "created_at", "first_solved_at"),
        ("full_resolution", "created_at", "solved_at"),
        ("first_assignment", "created_at", "first_assigned_at"),
        ("assignment_to_resolution", "last_assigned_at", "solved_at"),
    )
}

TICKET_TIMES = _STATUS_SPANS | _BUSINESS_SPANS
