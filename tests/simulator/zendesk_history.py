"""What Zendesk's API tells of a few tickets' lives, as `reference/formats.md` section 1 describes it.

A view's CSV; bare ticket objects without metric sets; their audits as a list, with the comments in them; the same as
incremental ticket events; metric events with the targets of the firm; ticket metrics; answers to the newer survey; the
calls and legs of Talk. A change carries the value before, a Create event none. Deleted tickets are there, spam is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from .cast import BOT, agent_id, group_id
from .clock import local, minutes_between
from .files import csv_text, json_wrapped
from .model import DONE, Assignment, Event, History, Message, StatusChange, Ticket
from .zendesk import STATUS, iso
from .zendesk_api import CHANNEL, SYSTEM_USER, ticket_object

PLANTED, OTHERS = 1000, 16  # tickets below that number are told by hand; of the others so many
VIEW = ("ID", "Subject", "Requester", "Requested", "Type", "Priority", "Status", "Assignee", "Group", "Updated")
RATING = {7: 5, 6: 5, 5: 4, 4: 3, 3: 2, 2: 1, 1: 1}
CATEGORY = {5: "good", 4: "good", 3: "neutral", 2: "bad", 1: "bad"}
LABEL = {"email": "Email", "web": "Web form", "voice": "Phone call (incoming)", "chat": "Chat", "rule": "Rule"}
WITHOUT = ("url", "metric_set", "comments", "raw_subject", "description", "custom_fields", "fields", "subject")


def files(history: History) -> dict[str, bytes]:
    tickets = part(history).tickets
    pages: dict[str, dict[str, Any]] = {
        "tickets": {"tickets": [_bare(ticket) for ticket in tickets]},
        "audits": {"audits": [audit for ticket in tickets for audit in audits(ticket)], "next_page": None},
        "ticket_events": {"ticket_events": [_event(audit) for one in tickets[:10] for audit in audits(one)]},
        "ticket_metric_events": {
            "ticket_metric_events": [e for one in tickets for e in metric_events(one, history.end)]
        },
        "ticket_metrics": {"ticket_metrics": [ticket_object(ticket)["metric_set"] for ticket in tickets]},
        "survey_responses": {"survey_responses": [_response(one) for one in tickets if one.answer]},
        "calls": {"calls": [call.record for call in calls(history)]},
        "legs": {"legs": [leg for call in calls(history) for leg in call.legs]},
    }
    made = {f"zendesk_history/{name}.json": json_wrapped(page).encode() for name, page in pages.items()}
    view = [VIEW, *(_view(ticket) for ticket in tickets if not ticket.deleted)]
    return made | {"zendesk_history/view.csv": csv_text(view).encode()}


def part(history: History) -> History:
    """The tickets whose lives are told: those by hand and some others, without spam."""
    seen = [ticket for ticket in history.tickets if not ticket.spam]
    others = [ticket for ticket in seen if ticket.id > PLANTED]
    chosen = {ticket.id for ticket in seen if ticket.id < PLANTED} | {t.id for t in others[:: len(others) // OTHERS]}
    return History(tuple(ticket for ticket in seen if ticket.id in chosen), (), history.start, history.end)


def _bare(ticket: Ticket) -> dict[str, Any]:
    return {key: value for key, value in ticket_object(ticket).items() if key not in WITHOUT}


def _view(ticket: Ticket) -> tuple[str, ...]:
    clock = "%Y-%m-%d %H:%M"
    return (
        str(ticket.id), ticket.subject, ticket.requester.name, local(ticket.created).strftime(clock),
        (ticket.type or "-").title(), (ticket.priority or "-").title(), STATUS[ticket.status],
        ticket.assignee or "-", ticket.group or "-", local(ticket.updated).strftime(clock),
    )  # fmt: skip


def audits(ticket: Ticket) -> list[dict[str, Any]]:
    """One audit for what one person did at one instant; what nobody did was done by a rule. None if it is deleted."""
    if ticket.deleted:
        return []
    told: list[dict[str, Any]] = []
    now: dict[str, Any] = {"status": None, "group_id": None, "assignee_id": None}
    for at, together in groupby(ticket.events, key=lambda event: event.at):
        for author, channel, events in _by_author(ticket, list(together)):
            number = ticket.id * 10_000 + 100 * len(told)
            made = [_comment(event) for event in events if isinstance(event, Message)]
            if not told:
                made += [_create("requester_id", str(ticket.requester.id)), _create("priority", ticket.priority)]
            for name, value in _settings(events).items():
                if told and value != now[name]:
                    made.append({"type": "Change", "field_name": name, "value": value, "previous_value": now[name]})
                now[name] = value
            if not told:
                made += [_create(name, value) for name, value in now.items() if value is not None]
            told.append({
                "id": number,
                "ticket_id": ticket.id,
                "created_at": iso(at),
                "author_id": author,
                "via": {"channel": channel},
                "metadata": {},
                "events": [{"id": number + 1 + place, **event} for place, event in enumerate(made)],
            })  # fmt: skip
    return [audit for audit in told if audit["events"]]


def _by_author(ticket: Ticket, events: list[Event]) -> Iterator[tuple[int, str, list[Event]]]:
    """Each message begins an audit of its writer; changes go with the message before them, else with the next one."""
    writers: list[tuple[int, str, list[Event]]] = []
    waiting: list[Event] = []
    for event in events:
        if isinstance(event, Message):
            writers.append((*_writer(ticket, event), [*waiting, event]))
            waiting = []
        elif writers:
            writers[-1][2].append(event)
        else:
            waiting.append(event)
    yield from writers
    if waiting:
        agents = [event.agent for event in waiting if isinstance(event, Assignment) and event.agent]
        yield (agent_id(agents[-1]), "web", waiting) if agents else (SYSTEM_USER, "rule", waiting)


def _writer(ticket: Ticket, message: Message) -> tuple[int, str]:
    if message.author == BOT:
        return SYSTEM_USER, "rule"
    if message.role == "agent":
        return agent_id(message.author), "web"
    return ticket.requester.id, CHANNEL[ticket.channel]


def _comment(message: Message) -> dict[str, Any]:
    return {"type": "Comment", "body": message.text, "public": message.public}


def _create(name: str, value: str | None) -> dict[str, Any]:
    return {"type": "Create", "field_name": name, "value": value}


def _settings(events: list[Event]) -> dict[str, str | None]:
    """What one update sets: of a field that was set twice in it, the last value."""
    settings: dict[str, str | None] = {}
    for event in events:
        if isinstance(event, StatusChange):
            settings["status"] = event.status
        elif isinstance(event, Assignment):
            settings["group_id"] = str(group_id(event.group))
            settings["assignee_id"] = str(agent_id(event.agent)) if event.agent else None
    return settings


def _event(audit: dict[str, Any]) -> dict[str, Any]:
    """The same audit in the incremental export: labels instead of channels, each field under its own name."""
    children = []
    for event in audit["events"]:
        child = {"id": event["id"], "via": LABEL.get(audit["via"]["channel"]), "event_type": event["type"]}
        if event["type"] == "Comment":
            child |= {"comment_public": event["public"]}
        else:
            child |= {event["field_name"]: event["value"]}
            child |= {"previous_value": event["previous_value"]} if "previous_value" in event else {}
        children.append(child)
    at = datetime.fromisoformat(audit["created_at"])
    return {
        "id": audit["id"],
        "ticket_id": audit["ticket_id"],
        "timestamp": int(at.timestamp()),
        "created_at": audit["created_at"],
        "updater_id": audit["author_id"],
        "via": LABEL.get(audit["via"]["channel"]),
        "event_type": "Audit",
        "child_events": children,
    }


def metric_events(ticket: Ticket, end: datetime) -> list[dict[str, Any]]:
    """When the clocks of the first reply and of the resolution began, stopped, and passed their targets."""
    reply = ticket.replies[0].at if ticket.replies else None
    done = ticket.solves[-1] if ticket.status in DONE else None
    told: list[tuple[datetime, str, str]] = []
    for metric, due, stop in (
        ("reply_time", ticket.first_reply_due, reply),
        ("resolution_time", ticket.resolution_due, done),
    ):
        told += [(ticket.created, metric, "activate"), (ticket.created, metric, "apply_sla")]
        moves = [(at, metric, "fulfill") for at in ([reply] if metric == "reply_time" else ticket.solves) if at]
        moves += [(at, metric, "activate") for at in ticket.reopenings] if metric == "resolution_time" else []
        told += moves
        if (stop is not None and stop > due) or (stop is None and ticket.status not in DONE and due < end):
            told.append((due, metric, "breach"))
    told.sort(key=lambda one: one[0])
    return [
        {
            "id": ticket.id * 100 + place,
            "ticket_id": ticket.id,
            "metric": metric,
            "instance_id": 1,
            "type": kind,
            "time": iso(at),
            **({"deleted": False} if kind == "breach" else {}),
            **(_target(ticket, metric) if kind == "apply_sla" else {}),
        }
        for place, (at, metric, kind) in enumerate(told)
    ]


def _target(ticket: Ticket, metric: str) -> dict[str, Any]:
    due = ticket.first_reply_due if metric == "reply_time" else ticket.resolution_due
    policy = {"id": 36000001, "title": "Alle", "description": None}
    return {"sla": {"target": minutes_between(ticket.created, due), "business_hours": False, "policy": policy}}


def _response(ticket: Ticket) -> dict[str, Any]:
    answer = ticket.answer
    assert answer is not None
    rating = RATING[answer.grade]
    times = {"created_at": iso(answer.at), "updated_at": iso(answer.at)}
    rated = {"id": f"A{ticket.id}", "type": "rating_scale", "rating": rating, "rating_category": CATEGORY[rating]}
    return {
        "id": f"R{ticket.id}",
        "expires_at": iso(answer.at + timedelta(days=28)),
        "responder_id": ticket.requester.id,
        "survey": {"id": "S1", "version": 1, "state": "enabled"},
        "subjects": [{"id": f"T{ticket.id}", "type": "ticket", "zrn": f"zen:ticket:{ticket.id}"}],
        "answers": [rated | {"comment": answer.comment} | times],
    }


@dataclass(frozen=True)
class Call:
    """One call and what became of it; `talks` are the seconds that each agent talked, in their order."""

    id: int
    ticket: Ticket
    outcome: str
    wait: int
    talks: tuple[tuple[str, int], ...]

    @property
    def at(self) -> datetime:
        return self.ticket.created

    @property
    def record(self) -> dict[str, Any]:
        talk = sum(seconds for _, seconds in self.talks)
        return {
            "id": self.id,
            "created_at": iso(self.at),
            "updated_at": iso(self.at + timedelta(hours=1)),
            "agent_id": agent_id(self.talks[-1][0]) if self.talks else None,
            "call_charge": "0.02",
            "call_group_id": group_id(self.ticket.group) if self.ticket.group else None,
            "completion_status": self.outcome,
            "customer_id": self.ticket.requester.id,
            "direction": "inbound",
            "duration": self.wait + talk,
            "hold_time": 10 * len(self.talks),
            "talk_time": talk,
            "ticket_id": self.ticket.id if self.talks else None,
            "time_to_answer": self.wait if self.talks else None,
            "voicemail": self.outcome == "voicemail",
            "wait_time": self.wait,
            "wrap_up_time": 30 * len(self.talks),
        }

    @property
    def legs(self) -> list[dict[str, Any]]:
        """The caller's leg, and one of each agent who was rung; who missed the call talked to nobody."""
        caller = self._leg(0, "customer", None, "completed", sum(seconds for _, seconds in self.talks))
        missed = [self._leg(1, "agent", "Tom Baker", "agent_missed", 0)] if self.id % 2 else []
        talked = [self._leg(2 + n, "agent", name, "completed", s) for n, (name, s) in enumerate(self.talks)]
        return [caller, *missed, *talked]

    def _leg(self, place: int, kind: str, agent: str | None, status: str, talk: int) -> dict[str, Any]:
        return {
            "id": self.id * 10 + place,
            "call_id": self.id,
            "created_at": iso(self.at + timedelta(seconds=place)),
            "agent_id": agent_id(agent) if agent else None,
            "user_id": agent_id(agent) if agent else self.ticket.requester.id,
            "type": kind,
            "completion_status": status,
            "duration": talk,
            "talk_time": talk,
            "hold_time": 10 if agent and talk else 0,
            "wrap_up_time": 30 if agent and talk else 0,
        }


def calls(history: History) -> list[Call]:
    """The calls behind the year's tickets by phone, with every outcome among them."""
    phoned = [ticket for ticket in history.tickets if ticket.channel == "phone" and ticket.assignee][:24]
    outcomes = (
        "completed",
        "abandoned_in_queue",
        "completed",
        "voicemail",
        "abandoned_on_hold",
        "completed",
        "abandoned",
    )
    made = []
    for number, ticket in enumerate(phoned):
        outcome = outcomes[number % len(outcomes)]
        talks = [(ticket.assignee or "", 60 + 17 * number), ("Zoë Müller", 45)][: 1 + (number % 5 == 0)]
        talked = outcome in ("completed", "abandoned_on_hold")
        made.append(Call(700_000 + number, ticket, outcome, 5 + 13 * number % 90, tuple(talks) if talked else ()))
    return made
