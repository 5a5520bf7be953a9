"""Front's export of messages (CSV) and its API's conversations, from `reference/formats.md` section 12.

Traps: a row per message, with what is said of the segment in every one; a conversation that comes back after more than
two days begins another segment; automatic answers are outbound messages; notes are no messages; the segment ends two
days after its last activity, whether archived or not; a reply belongs to whoever wrote it; `_results` for a wrapper,
seconds since 1970 with fractions, other numbers than in the CSV; no date for what was archived.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .cast import agent_id
from .clock import local, minutes_between
from .files import csv_text, gzipped, json_wrapped
from .model import History, Message, Status, StatusChange, Ticket

HEADER = (
    "Message ID", "Segment ID", "Conversation ID", "Segment", "Direction", "Status", "Inbox", "Message date",
    "Autoreply", "Reaction time", "Handle time", "Response time", "Attributed to", "Assignee", "Author",
    "Contact name", "Contact handle", "Account names", "Tags", "New Conversation", "First response", "Subject",
    "Segment start", "Segment end", "Segment closed", "Last segment activity",
)  # fmt: skip
INACTIVE_AFTER = timedelta(days=2)
STATUS: dict[Status, str] = {
    "new": "unassigned", "open": "assigned", "pending": "snoozed", "hold": "snoozed", "solved": "archived",
    "closed": "archived",
}  # fmt: skip


def part(history: History) -> History:
    """A 21st of the year and the tickets written by hand."""
    return replace(history, tickets=tuple(one for one in history.tickets if one.id < 1000 or one.id % 21 == 9))


def files(history: History) -> dict[str, bytes]:
    shown = part(history).tickets
    rows = [[row[name] for name in HEADER] for one in shown for row in message_rows(one)]
    found = {"_pagination": {"next": None}, "_links": {"self": "https://acme.api.example/conversations"}}
    page = found | {"_results": [conversation(one) for one in shown]}
    return {
        "front/messages.csv": csv_text([HEADER, *rows]).encode(),
        "front_api/conversations.json.gz": gzipped(json_wrapped(page)),
    }


def segments(one: Ticket) -> list[list[Message]]:
    """What was said, one list for each stretch without a longer silence."""
    found: list[list[Message]] = []
    for said in (each for each in one.messages if each.public):
        if not found or said.at - found[-1][-1].at > INACTIVE_AFTER:
            found.append([])
        found[-1].append(said)
    return found


def told(one: Ticket) -> list[Ticket]:
    """The segments as tickets of their own: each begins with its first message, and there is no solve."""
    tickets = []
    for said in segments(one):
        opened_by = said[0].author if said[0].role == "agent" else None
        events = (StatusChange(said[0].at, "open"), *said)
        tickets.append(replace(one, created=said[0].at, opened_by=opened_by, events=events))
    return tickets


def message_rows(one: Ticket) -> list[dict[str, str]]:
    rows = []
    for number, stretch in enumerate(segments(one), start=1):
        for place, said in enumerate(stretch):
            rows.append(row(one, number, stretch, place, said))
    return rows


def row(one: Ticket, number: int, stretch: list[Message], place: int, said: Message) -> dict[str, str]:
    inbound, by_agent = said.role == "customer", said.role == "agent"
    replies = [each for each in stretch[1:] if each.role == "agent"]
    seconds = 60 * minutes_between(stretch[place - 1].at, said.at) if by_agent and place else ""
    return {
        "Message ID": str(conversation_number(one) * 100 + 10 * number + place),
        "Segment ID": f"{conversation_number(one)}-{number}",
        "Conversation ID": str(conversation_number(one)),
        "Segment": str(number),
        "Direction": "Inbound" if inbound else "Outbound",
        "Status": status(one),
        "Inbox": one.group or "",
        "Message date": clock(said.at),
        "Autoreply": "true" if said.role == "bot" else "false",
        "Reaction time": str(seconds),
        "Handle time": str(45 + place) if by_agent else "",
        "Response time": str(seconds),
        "Attributed to": said.author if by_agent else "",
        "Assignee": one.assignee or "",
        "Author": said.author,
        "Contact name": one.requester.name,
        "Contact handle": one.requester.email,
        "Account names": one.organization or "",
        "Tags": ", ".join(one.own_tags),
        "New Conversation": "true" if number == 1 and not place else "false",
        "First response": "true" if replies and said is replies[0] else "",
        "Subject": one.subject,
        "Segment start": clock(stretch[0].at),
        "Segment end": clock(stretch[-1].at + INACTIVE_AFTER),
        "Segment closed": "true" if number < len(segments(one)) else "false",
        "Last segment activity": clock(stretch[-1].at),
    }


def conversation(one: Ticket) -> dict[str, Any]:
    said = [each for each in one.messages if each.public]
    agent = one.assignee
    return {
        "_links": {
            "self": f"https://acme.api.example/conversations/{api_id(one)}",
            "related": {"messages": f"https://acme.api.example/conversations/{api_id(one)}/messages"},
        },
        "id": api_id(one),
        "subject": one.subject,
        "status": status(one),
        "assignee": {"id": f"tea_{agent_id(agent):x}", "username": agent, "email": "team@firma.example"}
        if agent
        else None,
        "recipient": {"handle": one.requester.email, "role": "from", "name": one.requester.name},
        "tags": [{"id": f"tag_{place}", "name": tag} for place, tag in enumerate(one.own_tags)],
        "links": [],
        "custom_fields": {"product": one.product},
        "created_at": epoch(one.created),
        "is_private": False,
        "scheduled_reminders": [],
        "metadata": {},
        "last_message": {"id": f"msg_{one.id:x}", "is_inbound": False, "created_at": epoch(said[-1].at)},
    }


def status(one: Ticket) -> str:
    return "spam" if one.spam else "deleted" if one.deleted else STATUS[one.status]


def conversation_number(one: Ticket) -> int:
    return 51_000_000_000 + one.id


def api_id(one: Ticket) -> str:
    return f"cnv_{one.id:x}"


def clock(instant: datetime) -> str:
    return local(instant).strftime("%Y-%m-%d %H:%M:%S")


def epoch(instant: datetime) -> float:
    return instant.timestamp() + 0.123
