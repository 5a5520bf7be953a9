"""Jira Service Management as `reference/formats.md` section 4 describes it: a CSV of issues and a page of a search.

The CSV has the site's dates in Berlin's wall clock, headers that repeat, the time left in its SLA columns, and a first
response by whoever is not the reporter: notes and bots too. The search has the changelog, newest first, the comments
and the SLA fields. Nothing in Jira says merged: such an issue is closed like any other. Two slices of the year, so that
both files together are no tickets twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .cast import AGENTS, BOT
from .clock import SCHEDULE, local
from .files import csv_text, gzipped, json_wrapped
from .model import DONE, Assignment, History, Merged, Message, StatusChange, SurveyAnswered, Ticket

STATUS = {
    **{"new": ("Open", "To Do", "new"), "open": ("Waiting for support", "In Progress", "indeterminate")},
    **{"pending": ("Waiting for customer", "In Progress", "indeterminate")},
    **{"hold": ("On hold", "In Progress", "indeterminate")},
    **{"solved": ("Resolved", "Done", "done"), "closed": ("Closed", "Done", "done")},
}
PRIORITY = {"low": "Low", "normal": "Medium", "high": "High", "urgent": "Highest", None: "Lowest"}
TYPE = {
    **{"question": "[System] Service request", "incident": "[System] Incident", "problem": "[System] Problem"},
    **{"task": "Task", None: "Task"},
}
CHANNEL = {"email": "email", "web": "portal", "phone": "phone", "chat": "chat"}
STARS = {7: 5, 6: 4, 5: 4, 4: 3, 3: 2, 2: 2, 1: 1}
LABELS, COMMENTS = 3, 4
HEADER = (
    *("Summary", "Issue key", "Issue id", "Issue Type", "Status", "Project key", "Project name", "Priority"),
    *("Resolution", "Assignee", "Assignee Id", "Reporter", "Reporter Id", "Creator", "Creator Id", "Created"),
    *("Updated", "Last Viewed", "Resolved", "Due date", "Votes", *["Labels"] * LABELS, "Description", "Watchers"),
    *("Watchers", "Time Spent", "Work Ratio", "Components", "Custom field (Approvals)"),
    *("Custom field (Organizations)", "Custom field (Request Type)", "Custom field (Request language)"),
    *("Custom field (Request participants)", "Custom field (Request participants)", "Satisfaction rating"),
    *("Custom field (Satisfaction date)", "Custom field (Time to first response)"),
    *("Custom field (Time to resolution)", "Custom field ([CHART] Date of First Response)"),
    *(*["Comment"] * COMMENTS, "Status Category", "Status Category Changed"),
)


def files(history: History) -> dict[str, bytes]:
    rows = [row(ticket, history.end) for ticket in in_csv(history).tickets]
    page = {"expand": "schema,names", "startAt": 0, "maxResults": 200, "total": len(in_search(history).tickets)}
    issues = [issue(ticket, history.end) for ticket in in_search(history).tickets]
    return {
        "jira/issues.csv": csv_text([HEADER, *rows]).encode(),
        "jira/search.json.gz": gzipped(json_wrapped(page | {"issues": issues})),
    }


def in_csv(history: History) -> History:
    return _slice(history, 0)


def in_search(history: History) -> History:
    return _slice(history, 2)


def _slice(history: History, first: int) -> History:
    """Every fifth ticket that Jira would hold, as it sees it: without a word of merging, and its files hold no spam."""
    seen = [ticket for ticket in history.tickets[first::5] if not (ticket.deleted or ticket.spam)]
    plain = [replace(one, events=tuple(e for e in one.events if not isinstance(e, Merged))) for one in seen]
    return replace(history, tickets=tuple(plain))


def key(ticket: Ticket) -> str:
    return f"HELP-{ticket.id}"


def row(ticket: Ticket, end: datetime) -> list[str]:
    word, category, _ = STATUS[ticket.status]
    creator = ticket.opened_by or ticket.requester.name
    solved = ticket.solves[-1] if ticket.status in DONE else None
    first = first_response(ticket)
    cells: dict[str, Any] = {
        **{"Summary": ticket.subject, "Issue key": key(ticket), "Issue id": 10000 + ticket.id},
        **{"Issue Type": TYPE[ticket.type], "Status": word, "Project key": "HELP", "Project name": "Kundendienst"},
        **{"Priority": PRIORITY[ticket.priority], "Resolution": "Done" if solved else ""},
        **{"Assignee": ticket.assignee, "Assignee Id": ticket.assignee and account(ticket.assignee)},
        **{"Reporter": ticket.requester.name, "Reporter Id": account(ticket.requester.name, ticket)},
        **{"Creator": creator, "Creator Id": account(creator, ticket), "Created": look(ticket.created)},
        **{"Updated": look(ticket.updated), "Last Viewed": look(end), "Resolved": look(solved), "Votes": 0},
        **{"Description": f"*{ticket.subject}*\n\n{{quote}}{ticket.messages[0].text}{{quote}}"},
        **{"Time Spent": 360 * len(ticket.replies) or "", "Work Ratio": "-1", "Components": ticket.group},
        "Custom field (Approvals)": "com.atlassian.servicedesk.plugins.approvals.ApprovalsCFValue@170e16ef",
        **{"Custom field (Organizations)": ticket.organization, "Custom field (Request Type)": ticket.product},
        **{"Custom field (Request language)": "German", "Satisfaction rating": ticket.answer and stars(ticket.answer)},
        "Custom field (Satisfaction date)": ticket.answer and iso_like(ticket.answer.at),
        "Custom field (Time to first response)": left(first and first.at, ticket.first_reply_due, end),
        "Custom field (Time to resolution)": left(solved, ticket.resolution_due, end),
        "Custom field ([CHART] Date of First Response)": first and iso_like(first.at),
        **{"Status Category": category, "Status Category Changed": look(category_changed(ticket))},
    }
    line = [_text(cells.get(name)) for name in HEADER]
    for name, values in {
        "Labels": ticket.own_tags,
        "Watchers": [ticket.requester.name],
        "Comment": [f"{look(m.at)};{account(m.author, ticket)};{m.text}" for m in comments(ticket)],
    }.items():
        place = HEADER.index(name)
        for offset, value in enumerate(values[: HEADER.count(name)]):
            line[place + offset] = value
    return line


def category_changed(ticket: Ticket) -> datetime:
    """The last move between to do, in progress and done; from resolved to closed there is none."""
    pairs = zip([None, *ticket.statuses], ticket.statuses, strict=False)
    return [now.at for was, now in pairs if was is None or STATUS[was.status][2] != STATUS[now.status][2]][-1]


def comments(ticket: Ticket) -> Sequence[Message]:
    """The opening message is the description, not a comment."""
    return ticket.messages[1:]


def first_response(ticket: Ticket) -> Message | None:
    """The first comment by anybody but the reporter: Jira does not ask whether it was a person or in public."""
    return next((message for message in comments(ticket) if message.role != "customer"), None)


def stars(answer: SurveyAnswered) -> int:
    return STARS[answer.grade]


def account(name: str, ticket: Ticket | None = None) -> str:
    if name in AGENTS:
        return f"712020:agent{AGENTS.index(name)}"
    if name == BOT:
        return "557058:automation"
    assert ticket is not None
    return f"qm:customer{ticket.requester.id}"


def left(stopped: datetime | None, due: datetime, end: datetime) -> str:
    """The time left of an SLA in opening hours: `-0:30` is half an hour over. A running clock shows it as of now."""
    at = stopped or end
    minutes = SCHEDULE.minutes(at, due) if at <= due else -SCHEDULE.minutes(due, at)
    sign = "-" if at > due else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def look(instant: datetime | None) -> str:
    """`25/Feb/26 10:17 PM`: the hour without a zero before it."""
    if instant is None:
        return ""
    here = local(instant)
    return f"{here:%d/%b/%y} {int(here.strftime('%I'))}:{here:%M %p}"


def iso_like(instant: datetime) -> str:
    """Some custom fields are written in another style, with as many decimals as there are."""
    return f"{local(instant):%Y-%m-%d %H:%M:%S}.0"


def iso(instant: datetime | None) -> str | None:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.000+0000" if instant else None


def issue(ticket: Ticket, end: datetime) -> dict[str, Any]:
    solved = ticket.solves[-1] if ticket.status in DONE else None
    said = [comment(ticket, place, message) for place, message in enumerate(comments(ticket))]
    log = [*histories(ticket)][::-1]
    first = ticket.replies[0].at if ticket.replies else None
    fields = {
        "summary": ticket.subject,
        "issuetype": {"id": "10101", "name": TYPE[ticket.type], "subtask": False},
        "project": {"id": "10000", "key": "HELP", "name": "Kundendienst"},
        "status": {
            "name": STATUS[ticket.status][0],
            "statusCategory": {"key": STATUS[ticket.status][2], "name": STATUS[ticket.status][1]},
        },
        "priority": {"name": PRIORITY[ticket.priority]},
        "resolution": {"name": "Done"} if solved else None,
        "assignee": person(ticket.assignee, ticket) if ticket.assignee else None,
        "reporter": person(ticket.requester.name, ticket),
        "creator": person(ticket.opened_by or ticket.requester.name, ticket),
        "created": iso(ticket.created),
        "updated": iso(ticket.updated),
        "resolutiondate": iso(solved),
        "statuscategorychangedate": iso(category_changed(ticket)),
        "labels": list(ticket.own_tags),
        "components": [{"name": ticket.group}] if ticket.group else [],
        "timespent": 360 * len(ticket.replies) or None,
        "customfield_10306": sla("Time to first response", ticket.created, first, ticket.first_reply_due, end),
        "customfield_10307": sla("Time to resolution", ticket.created, solved, ticket.resolution_due, end),
        "comment": {"comments": said, "maxResults": len(said), "total": len(said), "startAt": 0},
    }
    changelog = {"startAt": 0, "maxResults": len(log), "total": len(log), "histories": log}
    return {"id": str(10000 + ticket.id), "key": key(ticket), "fields": fields, "changelog": changelog}


def person(name: str, ticket: Ticket) -> dict[str, Any]:
    kind = "app" if name == BOT else "atlassian" if name in AGENTS else "customer"
    return {"accountId": account(name, ticket), "displayName": name, "accountType": kind}


def comment(ticket: Ticket, place: int, message: Message) -> dict[str, Any]:
    return {
        "id": str(ticket.id * 100 + place),
        "author": person(message.author, ticket),
        "body": message.text,
        "created": iso(message.at),
        "jsdPublic": message.public,
    }


def histories(ticket: Ticket) -> Iterator[dict[str, Any]]:
    """The issue's changes, oldest first; what it was created with is none. A team is a component, which may be many."""
    beginning, agent, number = ticket.statuses[0], None, 0
    status = beginning.status
    for event in ticket.events:
        items: list[dict[str, Any]] = []
        if isinstance(event, StatusChange) and event is not beginning and event.status != status:
            items.append(_item("status", STATUS[status][0], STATUS[event.status][0]))
            if (event.status in DONE) != (status in DONE):
                was, now = (None, "Done") if event.status in DONE else ("Done", None)
                items.append(_item("resolution", was, now))
            status = event.status
        elif isinstance(event, Assignment) and event.agent != agent:
            items.append(_item("assignee", agent, event.agent))
            agent = event.agent
        if items:
            number += 1
            who = person(agent or BOT, ticket)
            yield {"id": str(ticket.id * 1000 + number), "author": who, "created": iso(event.at), "items": items}


def _item(field: str, was: str | None, now: str | None) -> dict[str, Any]:
    return {"field": field, "fieldtype": "jira", "fieldId": field, "fromString": was, "toString": now}


def sla(name: str, start: datetime, stop: datetime | None, due: datetime, end: datetime) -> dict[str, Any]:
    """An SLA's field: one cycle that is over, or one that runs."""
    until = stop or end
    goal = SCHEDULE.minutes(start, due)
    elapsed = SCHEDULE.minutes(start, until)
    cycle: dict[str, Any] = {
        "startTime": _time(start),
        "breachTime": _time(due),
        "breached": until > due,
        "goalDuration": _span(goal),
        "elapsedTime": _span(elapsed),
        "remainingTime": _span(goal - elapsed),
    }
    if stop:
        return {"id": "1", "name": name, "completedCycles": [cycle | {"stopTime": _time(stop)}]}
    running = cycle | {"paused": False, "withinCalendarHours": True}
    return {"id": "1", "name": name, "completedCycles": [], "ongoingCycle": running}


def _time(instant: datetime) -> dict[str, Any]:
    stamp = int(instant.timestamp() * 1000)
    return {"epochMillis": stamp, "iso8601": f"{local(instant):%Y-%m-%dT%H:%M:%S%z}", "friendly": look(instant)}


def _span(minutes: int) -> dict[str, Any]:
    return {"millis": minutes * 60000, "friendly": str(timedelta(minutes=abs(minutes)))}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
