"""Kustomer's conversations from the API, from `reference/formats.md` section 15.

Traps: spans in milliseconds; `satisfaction` is 0 where nobody has rated; the users who have a conversation are a list,
the last of them has it now; `reopenCount` counts waking from a snooze too; what is open again has a last done all the
same; `direction` out has its opening among the outbound messages; tags and people are ids; what was merged away is
deleted, and the target of a merge is marked; what has not happened has no object.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from .cast import agent_id, group_id
from .clock import SCHEDULE
from .files import gzipped, json_wrapped
from .model import DONE, History, Ticket

STARS = {7: 5, 6: 5, 5: 4, 4: 3, 3: 2, 2: 2, 1: 1}
STATUS = {"new": "open", "open": "open", "pending": "snoozed", "hold": "snoozed", "solved": "done", "closed": "done"}
PRIORITY = {"low": 2, "normal": 3, "high": 4, "urgent": 5, None: 3}
CHANNEL = {"email": "email", "web": "form", "phone": "voice", "chat": "chat"}


def part(history: History) -> History:
    """An eighth of the year and the tickets written by hand."""
    return replace(history, tickets=tuple(one for one in history.tickets if one.id < 1000 or one.id % 8 == 2))


def files(history: History) -> dict[str, bytes]:
    shown = part(history).tickets
    targets = {one.merged_into for one in shown}
    data = [conversation(one, one.id in targets) for one in shown if not one.deleted]
    links = {"self": "/v1/conversations?page=1", "first": "/v1/conversations?page=1", "prev": None, "next": None}
    whole = {"meta": {"pageSize": 100, "page": 1}, "links": links, "data": data}
    return {"kustomer/conversations.json.gz": gzipped(json_wrapped(whole))}


def conversation(one: Ticket, is_target: bool) -> dict[str, Any]:
    rated = {"rating": STARS[one.answer.grade], "score": int(one.answer.good), "channel": "email"} if one.answer else {}
    inbound = sum(said.role == "customer" for said in one.messages)
    outbound = sum(said.role == "agent" and said.public for said in one.messages)
    wakings = sum(was in ("pending", "hold") for was, _, _ in one.spans())
    attributes = {
        "name": one.subject,
        "preview": one.messages[0].text,
        "channels": [CHANNEL[one.channel], "note"],
        "status": STATUS[one.status],
        "snooze": None,
        "messageCount": inbound + outbound,
        "noteCount": sum(not said.public for said in one.messages),
        "satisfaction": rated.get("rating", 0),
        "satisfactionLevel": {**rated, "sentByTeams": [], "answers": []},
        "createdAt": iso(one.created),
        "updatedAt": iso(one.updated),
        "modifiedAt": iso(one.updated),
        "lastActivityAt": iso(one.updated),
        "spam": one.spam,
        "ended": False,
        "importedAt": None,
        "tags": [hexadecimal(sum(map(ord, tag))) for tag in one.own_tags],
        "suggestedTags": [],
        "assignedUsers": users(one),
        "assignedTeams": [hexadecimal(group_id(one.group))] if one.group and one.assignee else [],
        "doneCount": len(one.solves),
        "snoozeCount": wakings,
        "reopenCount": len(one.reopenings) + wakings,
        "reopenFromDoneCount": len(one.reopenings),
        "direction": "out" if one.opened_by else "in",
        "outboundMessageCount": outbound,
        "inboundMessageCount": inbound,
        "priority": PRIORITY[one.priority],
        "phase": "active",
        "custom": {"brandStr": one.product},
    }
    attributes |= {"deleted": True} if one.merged_into else {}
    attributes |= {"mergedTarget": True} if is_target else {}
    people = {"customer": one.requester.id, "queue": group_id(one.group) if one.group else None, "brand": 7}
    return {
        "type": "conversation",
        "id": hexadecimal(one.id),
        "attributes": attributes | times(one),
        "relationships": {
            kind: {"data": {"type": kind, "id": hexadecimal(number)}} for kind, number in people.items() if number
        },
        "links": {"self": f"/v1/conversations/{hexadecimal(one.id)}"},
    }


def times(one: Ticket) -> dict[str, Any]:
    reply = one.replies[0].at if one.replies else None
    found: dict[str, Any] = {"firstMessageIn": {"createdAt": iso(one.created), "sentAt": iso(one.created)}}
    if reply:
        found["firstResponse"] = {"sentAt": iso(reply), "responseTime": 1} | span(one, reply)
    if one.solves:
        found["firstDone"], found["lastDone"] = span(one, one.solves[0]), span(one, one.solves[-1])
    open_time = sum((end - start).total_seconds() for was, start, end in one.spans() if was not in DONE)
    return found | {"totalOpen": {"time": int(open_time * 1000)}}


def span(one: Ticket, until: datetime) -> dict[str, Any]:
    minutes = SCHEDULE.minutes(one.created, until)
    time = int((until - one.created).total_seconds() * 1000)
    return {"time": time, "businessTime": minutes * 60_000, "createdAt": iso(until), "createdBy": None}


def users(one: Ticket) -> list[str]:
    """Who had it before is still there, before who has it now."""
    held = [each.agent for each in one.assignments if each.agent]
    return [hexadecimal(agent_id(agent)) for agent in dict.fromkeys(reversed(held))][::-1]


def hexadecimal(number: int) -> str:
    return f"{number:024x}"


def iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")
