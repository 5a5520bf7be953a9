"""One true ticket history: frozen records of what happened, in the order in which it happened.

A ticket is what it was at the start plus its events; the rest (status, assignee, reopens) is read off the events.
So the state at an earlier instant is the same ticket with fewer events, which is how an older export is made.
All instants are UTC and whole minutes, because Zendesk's CSV knows no seconds: so every format can tell the same truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Status = Literal["new", "open", "pending", "hold", "solved", "closed"]
Channel = Literal["email", "web", "phone", "chat"]
Priority = Literal["low", "normal", "high", "urgent"] | None
Role = Literal["customer", "agent", "bot"]
DONE = ("solved", "closed")


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    name: str
    email: str
    organization: str | None


@dataclass(frozen=True, slots=True)
class StatusChange:
    at: datetime
    status: Status


@dataclass(frozen=True, slots=True)
class Message:
    at: datetime
    author: str
    role: Role
    text: str
    public: bool = True


@dataclass(frozen=True, slots=True)
class Assignment:
    at: datetime
    group: str
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class SurveyOffered:
    at: datetime


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """`grade` runs from 1 (extremely unhappy) over 4 (neutral) to 7 (extremely happy); from 5 on it is good."""

    at: datetime
    grade: int
    comment: str | None = None

    @property
    def good(self) -> bool:
        return self.grade >= 5


@dataclass(frozen=True, slots=True)
class Merged:
    """Merged away into another ticket; closes this one for good."""

    at: datetime
    into: int


@dataclass(frozen=True, slots=True)
class MarkedSpam:
    at: datetime


@dataclass(frozen=True, slots=True)
class Deleted:
    at: datetime


Event = StatusChange | Message | Assignment | SurveyOffered | SurveyAnswered | Merged | MarkedSpam | Deleted


@dataclass(frozen=True, slots=True)
class Ticket:
    id: int
    requester: Customer
    created: datetime
    channel: Channel
    priority: Priority
    type: Literal["question", "incident", "problem", "task"] | None
    product: str | None
    subject: str
    own_tags: tuple[str, ...]
    opened_by: str | None  # the agent who opened it for the requester
    first_reply_due: datetime
    resolution_due: datetime
    events: tuple[Event, ...]

    def until(self, instant: datetime) -> Ticket | None:
        """This ticket as an export at `instant` shows it; None if it was not there yet."""
        if self.created > instant:
            return None
        return replace(self, events=tuple(event for event in self.events if event.at <= instant))

    @property
    def organization(self) -> str | None:
        return self.requester.organization

    @property
    def statuses(self) -> list[StatusChange]:
        return [event for event in self.events if isinstance(event, StatusChange)]

    @property
    def status(self) -> Status:
        return self.statuses[-1].status

    @property
    def messages(self) -> list[Message]:
        return [event for event in self.events if isinstance(event, Message)]

    @property
    def replies(self) -> list[Message]:
        """Public messages by agents. The message that opens a ticket is not a reply, and a bot is not an agent."""
        return [message for message in self.messages[1:] if message.role == "agent" and message.public]

    @property
    def solves(self) -> list[datetime]:
        """When it became solved. A close without a solve (a merge) counts, going from solved to closed does not."""
        pairs = zip([None, *self.statuses], self.statuses, strict=False)
        return [now.at for was, now in pairs if now.status in DONE and (was is None or was.status not in DONE)]

    @property
    def reopenings(self) -> list[datetime]:
        pairs = zip(self.statuses, self.statuses[1:], strict=False)
        return [now.at for was, now in pairs if was.status in DONE and now.status not in DONE]

    @property
    def reopened(self) -> bool:
        return bool(self.reopenings)

    @property
    def assignments(self) -> list[Assignment]:
        return [event for event in self.events if isinstance(event, Assignment)]

    @property
    def group_stations(self) -> int:
        return _runs([assignment.group for assignment in self.assignments])

    @property
    def assignee_stations(self) -> int:
        return _runs([assignment.agent for assignment in self.assignments if assignment.agent])

    @property
    def group(self) -> str | None:
        return self.assignments[-1].group if self.assignments else None

    @property
    def assignee(self) -> str | None:
        return self.assignments[-1].agent if self.assignments else None

    @property
    def offered(self) -> datetime | None:
        return next((event.at for event in self.events if isinstance(event, SurveyOffered)), None)

    @property
    def answer(self) -> SurveyAnswered | None:
        return next((event for event in self.events if isinstance(event, SurveyAnswered)), None)

    @property
    def merged_into(self) -> int | None:
        return next((event.into for event in self.events if isinstance(event, Merged)), None)

    @property
    def spam(self) -> bool:
        return any(isinstance(event, MarkedSpam) for event in self.events)

    @property
    def deleted(self) -> bool:
        return any(isinstance(event, Deleted) for event in self.events)

    @property
    def tags(self) -> tuple[str, ...]:
        return (*self.own_tags, "closed_by_merge") if self.merged_into else self.own_tags

    @property
    def updated(self) -> datetime:
        return self.events[-1].at

    def spans(self) -> Iterator[tuple[Status, datetime, datetime]]:
        """Each status with its start and end, as far as the ticket has left it again."""
        for was, now in zip(self.statuses, self.statuses[1:], strict=False):
            yield was.status, was.at, now.at


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey that no helpdesk sent: NPS about the firm, or CES about one ticket."""

    id: str
    kind: Literal["nps", "ces"]
    sent: datetime
    answered: datetime | None
    ticket_id: int | None
    score: int | None
    scale: tuple[int, int]
    respondent: str


@dataclass(frozen=True, slots=True)
class History:
    tickets: tuple[Ticket, ...]
    surveys: tuple[Survey, ...]
    start: datetime
    end: datetime

    @property
    def as_of(self) -> datetime:
        """The last thing that happened to a ticket that every format shows: what a file can know of its own date."""
        return max(ticket.updated for ticket in self.tickets if not (ticket.deleted or ticket.spam))

    def until(self, instant: datetime) -> list[Ticket]:
        return [seen for ticket in self.tickets if (seen := ticket.until(instant))]


WEEK = timedelta(days=7)


def _runs(values: list[str] | list[str | None]) -> int:
    """How many stations a list of holders has: neighbours that are the same count once."""
    return sum(1 for index, value in enumerate(values) if index == 0 or values[index - 1] != value)
