"""Aircall's calls, as `reference/formats.md` section 17 describes them: Analytics' CSV, the API's list, webhooks.

The phone tickets of the history are calls: most come in, some are the firm's own. Traps: `duration` has the waiting in
it, and waiting has the menu; callers hang up at once, in the menu or later; they call outside opening hours, and leave
messages then too; nobody is `[No associated user]`; the CSV has times of three zones side by side. A webhook is sent
when a call comes in, is answered, and ends: what was not over yet comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from .cast import AGENTS, GROUPS
from .clock import local
from .files import csv_text, json_lines, json_wrapped
from .model import History

Reason = Literal[
    "", "short_abandoned", "abandoned_in_ivr", "abandoned_in_classic", "no_available_agent", "agents_did_not_answer",
    "out_of_opening_hours",
]  # fmt: skip
REASONS: tuple[Reason, ...] = (
    "", "no_available_agent", "", "", "abandoned_in_classic", "", "", "agents_did_not_answer", "", "",
    "short_abandoned", "", "", "abandoned_in_ivr", "", "out_of_opening_hours", "",
)  # fmt: skip
OUTCOMES = {
    "": "answered", "short_abandoned": "abandoned", "abandoned_in_ivr": "abandoned",
    "abandoned_in_classic": "abandoned", "no_available_agent": "missed", "agents_did_not_answer": "missed",
}  # fmt: skip
TYPES = {
    "": "Answered", "short_abandoned": "Abandoned", "abandoned_in_ivr": "Abandoned",
    "abandoned_in_classic": "Abandoned", "no_available_agent": "Missed", "agents_did_not_answer": "Missed",
    "out_of_opening_hours": "Out of business hours",
}  # fmt: skip
HEADER = (
    "line", "datetime (tz offset incl.)", "number timezone", "datetime (UTC)", "country_code", "direction", "from",
    "to", "answered", "missed_call_reason", "user", "duration (total)", "duration (in call)", "voicemail", "recording",
    "comments", "tags", "team", "call direction - type", "call start time", "call end time", "in-call duration",
    "call id", "call type", "waiting time", "time to answer", "time in ivr", "call id (internal)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """`reason` says why a call was not picked up; `talk` is 0 then. A message counts into the call's length."""

    id: int
    started: datetime
    is_inbound: bool
    reason: Reason
    has_message: bool
    line: str
    agent: str
    wait: int
    talk: int

    @property
    def is_answered(self) -> bool:
        return not self.reason

    @property
    def outcome(self) -> str | None:
        """What became of it, in the words of the common frames; nothing where nobody was to answer."""
        if not self.is_inbound or self.reason == "out_of_opening_hours":
            return None
        return "voicemail" if self.has_message else OUTCOMES[self.reason]

    @property
    def waited(self) -> int | None:
        """How long the caller waited, as far as the files tell it."""
        return self.wait if self.outcome not in (None, "voicemail") else None

    @property
    def duration(self) -> int:
        return self.wait + self.talk + 30 * self.has_message

    @property
    def answered(self) -> datetime | None:
        return self.started + timedelta(seconds=self.wait) if self.is_answered else None

    @property
    def ended(self) -> datetime:
        return self.started + timedelta(seconds=self.duration)


def calls(history: History) -> list[Call]:
    found = []
    for one in history.tickets:
        if one.channel != "phone" or one.spam or one.deleted:
            continue
        n, is_inbound = one.id, not one.opened_by
        reason = REASONS[n % len(REASONS)] if is_inbound else ""
        may_leave = reason in ("no_available_agent", "agents_did_not_answer", "out_of_opening_hours")
        agents = GROUPS[one.group or "Technik"]
        call = Call(
            id=3_331_000_000 + n,
            started=one.created + timedelta(seconds=n % 60),
            is_inbound=is_inbound,
            reason=reason,
            has_message=may_leave and n % 3 == 0,
            line=one.group or "Zentrale",
            agent=agents[n % len(agents)],
            wait=3 if reason == "short_abandoned" else 5 + n * 31 % 90,
            talk=0 if reason else 40 + n * 47 % 800,
        )
        found.append(call)
    return found


def files(history: History) -> dict[str, bytes]:
    some = calls(history)
    page = {"meta": {"count": len(some), "total": len(some), "current_page": 1, "next_page_link": None}}
    return {
        "aircall/calls.csv": csv_text([HEADER, *map(row, some)]).encode(),
        "aircall_api/calls.json": json_wrapped(page | {"calls": [*map(record, some)]}).encode(),
        "aircall_api/webhooks_december.ndjson": json_lines(webhooks(some)).encode(),
    }


def row(call: Call) -> list[str]:
    kind = TYPES[call.reason] if call.is_inbound else "Outbound"
    kind = "Voicemail" if call.outcome == "voicemail" else kind
    cells = {
        "line": call.line,
        "datetime (tz offset incl.)": f"{local(call.started):%Y-%m-%d %H:%M:%S}",
        "number timezone": "Europe/Berlin",
        "datetime (UTC)": f"{call.started:%Y-%m-%d %H:%M:%S}",
        "country_code": "DE",
        "direction": "inbound" if call.is_inbound else "outbound",
        "answered": "Yes" if call.is_answered else "No",
        "missed_call_reason": call.reason,
        "user": call.agent if call.is_answered else "[No associated user]",
        "duration (total)": str(call.duration),
        "duration (in call)": str(call.talk) if call.is_answered else "",
        "voicemail": f"https://assets.aircall.io/calls/{call.id}/voicemail" if call.has_message else "",
        "tags": ("", "Rechnung | Storno", "Lieferung")[call.id % 3],
        "team": call.line,
        "call direction - type": f"Inbound - {kind}" if call.is_inbound else kind,
        "call start time": f"{call.started + timedelta(hours=11):%Y-%m-%d %H:%M:%S}",
        "call end time": f"{call.ended + timedelta(hours=11):%Y-%m-%d %H:%M:%S}",
        "in-call duration": clock(call.talk) if call.is_answered else "",
        "call id": f"CA{call.id:032x}",
        "call type": kind,
        "waiting time": clock(call.duration - call.talk),
        "time to answer": clock(call.wait - 2) if call.is_answered else "",
        "time in ivr": clock(2),
        "call id (internal)": str(call.id),
    }
    return [cells.get(name, "") for name in HEADER]


def record(call: Call, status: str = "done") -> dict[str, Any]:
    is_over, is_past_ringing = status == "done", status != "initial"
    answered = epoch(call.answered) if call.answered and is_past_ringing else None
    agent = {"id": 400 + AGENTS.index(call.agent), "name": call.agent, "email": "agent@firma.example"}
    return {
        "id": call.id,
        "sid": f"CA{call.id:032x}",
        "direction": "inbound" if call.is_inbound else "outbound",
        "status": status,
        "missed_call_reason": (call.reason or None) if is_over else None,
        "started_at": epoch(call.started),
        "answered_at": answered,
        "ended_at": epoch(call.ended) if is_over else None,
        "duration": call.duration if is_over else 0,
        "raw_digits": f"+49 30 {call.id % 10_000_000}",
        "voicemail": f"https://assets.aircall.io/calls/{call.id}/voicemail" if is_over and call.has_message else None,
        "number": {"id": 77, "name": call.line, "country": "DE", "time_zone": "Europe/Berlin"},
        "user": agent if answered else None,
        "teams": [{"id": 5, "name": call.line}],
        "tags": [],
    }


def webhooks(some: list[Call]) -> Iterator[dict[str, Any]]:
    """December's calls as they came in, were answered and ended."""
    for place, call in enumerate(call for call in some if local(call.started).month == 12):
        states = ["initial", *(["answered"] if call.is_answered else []), "done"]
        for status in states[:: -1 if place % 2 else 1]:
            event = {"initial": "call.created", "answered": "call.answered", "done": "call.ended"}[status]
            head = {"event": event, "resource": "call", "timestamp": epoch(call.ended), "token": "t"}
            yield head | {"data": record(call, status)}


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def epoch(instant: datetime) -> int:
    return int(instant.timestamp())
