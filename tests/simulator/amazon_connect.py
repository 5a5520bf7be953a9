"""Amazon Connect's contact records (NDJSON), as `reference/formats.md` section 16 describes them.

Half of the phone tickets of the history are calls: most come in, some are the firm's own. Traps: a record is delivered
again, with a newer LastUpdateTimestamp and more in it, and sometimes the older version comes last; a call that is
handed over is a second contact; callers leave while they wait, or before they reach a queue; `Agent` and `Queue` are
then null; chats and tasks are in the same stream; hold is not in the agent's interaction time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from .cast import GROUPS
from .files import json_lines
from .model import History

Fate = Literal["answered", "abandoned", "left early"]


@dataclass(frozen=True, slots=True)
class Call:
    id: str
    started: datetime
    method: str
    fate: Fate
    queue: str
    agent: str
    wait: int
    talk: int
    hold: int
    wrap: int
    channel: str = "VOICE"

    @property
    def queued(self) -> datetime:
        return self.started + timedelta(seconds=30)

    @property
    def connected(self) -> datetime:
        return self.queued + timedelta(seconds=self.wait)

    @property
    def ended(self) -> datetime:
        if self.fate == "left early":
            return self.started + timedelta(seconds=20)
        return self.connected + timedelta(seconds=self.talk + self.hold if self.fate == "answered" else 0)


def calls(history: History) -> list[Call]:
    """What is in the stream, each contact once; the ones that are no calls are among them."""
    return list(_contacts(history))


def _contacts(history: History) -> Iterator[Call]:
    for one in history.tickets:
        n = one.id
        if one.channel not in ("phone", "chat") or n % (2 if one.channel == "phone" else 8) or one.spam or one.deleted:
            continue
        group = one.group or "Technik"
        agents = GROUPS[group]
        fate: Fate = "abandoned" if n % 7 == 0 else "left early" if n % 11 == 0 else "answered"
        method = "OUTBOUND" if one.opened_by else "CALLBACK" if n % 13 == 0 else "INBOUND"
        if one.channel == "chat":
            yield Call(_id(n, 2), one.created, "API", "answered", group, agents[0], 15, 300, 0, 0, "CHAT")
            continue
        if method != "INBOUND":
            fate = "answered"
        first = Call(
            _id(n, 0), one.created, method, fate, group, agents[n % len(agents)],
            n * 37 % 400, 60 + n * 53 % 900, n % 3 * 45, n % 5 * 20,
        )  # fmt: skip
        yield first
        if fate == "answered" and n % 4 == 0:
            agent = agents[(n + 1) % len(agents)]
            yield replace(first, id=_id(n, 1), started=first.ended, method="TRANSFER", agent=agent, wait=25, hold=0)


def files(history: History) -> dict[str, bytes]:
    return {"amazon_connect/contacts.ndjson": json_lines(records(history)).encode()}


def records(history: History) -> list[dict[str, Any]]:
    """Every contact as it was when its customer left, and again with the work after the call; some in either order."""
    stream: list[dict[str, Any]] = []
    for place, call in enumerate(calls(history)):
        final = record(call, call.ended + timedelta(seconds=call.wrap + 60))
        early = record(replace(call, wrap=0), call.ended + timedelta(seconds=1))
        stream += ([final], [early, final], [final, early])[place % 3]
    return stream


def record(call: Call, updated: datetime) -> dict[str, Any]:
    answered, queued = call.fate == "answered", call.fate != "left early"
    arn = "arn:aws:connect:eu-central-1:123456789012:instance/25825"
    agent = {
        "ARN": f"{arn}/agent/{call.agent}",
        "AfterContactWorkDuration": call.wrap,
        "AgentInteractionDuration": call.talk,
        "ConnectedToAgentTimestamp": iso(call.connected),
        "CustomerHoldDuration": call.hold,
        "NumberOfHolds": int(call.hold > 0),
        "Username": call.agent,
    }
    queue = {
        "ARN": f"{arn}/queue/{call.queue}",
        "DequeueTimestamp": iso(call.connected),
        "Duration": call.wait,
        "EnqueueTimestamp": iso(call.queued),
        "Name": call.queue,
    }
    return {
        "AWSAccountId": "123456789012",
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "Agent": agent if answered else None,
        "AgentConnectionAttempts": int(answered),
        "Attributes": {},
        "Channel": call.channel,
        "ContactId": call.id,
        "CustomerEndpoint": {"Address": f"+4930{call.id[:6]}", "Type": "TELEPHONE_NUMBER"},
        "DisconnectReason": "CUSTOMER_DISCONNECT",
        "DisconnectTimestamp": iso(call.ended),
        "InitialContactId": None,
        "InitiationMethod": call.method,
        "InitiationTimestamp": iso(call.started),
        "LastUpdateTimestamp": iso(updated),
        "MediaStreams": [{"Type": "AUDIO"}],
        "Queue": queue if queued else None,
        "Recording": None,
        "TransferCompletedTimestamp": None,
    }


def _id(number: int, leg: int) -> str:
    return f"{number:08d}-1a89-4d73-bfcf-{leg:012d}"


def iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
