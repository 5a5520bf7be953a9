"""HubSpot's tickets, as `reference/formats.md` section 8 describes them: the export's CSV with labels, the API's pages.

The CSV is the account's clock with the zone's abbreviation behind it, durations HH:mm:ss whose hours pass 24. The API
has every property as text or null, durations in milliseconds, stages by their numbers. Waiting for somebody else is a
stage of the firm's own. Reopening takes the close date away. Each file has other tickets; deleted ones are archived.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .cast import agent_id, group_id
from .clock import local
from .files import csv_text, json_wrapped
from .model import DONE, History, Ticket

LABEL = {"new": "New", "open": "Waiting on us", "pending": "Waiting on contact", "hold": "Beim Lieferanten"}
LABEL |= {"solved": "Closed", "closed": "Closed"}
STAGE = {"new": "1", "open": "3", "pending": "2", "hold": "94000123", "solved": "4", "closed": "4"}
PRIORITY = {"low": "LOW", "normal": "MEDIUM", "high": "HIGH", "urgent": "URGENT", None: None}
SOURCE = {"email": "EMAIL", "web": "FORM", "phone": "PHONE", "chat": "CHAT"}
STARS = {7: 5, 6: 5, 5: 4, 4: 3, 3: 2, 2: 2, 1: 1}
PORTAL_SECONDS = "Time to first agent email reply (HH:mm:ss)"


def files(history: History) -> dict[str, bytes]:
    rows = [_row(ticket) for ticket in in_csv(history)]
    results = [_object(ticket, history.end) for ticket in in_api(history)]
    page = {"results": results, "paging": {"next": {"after": "220", "link": "https://api.hubapi.com/?after=220"}}}
    text = csv_text([list(rows[0]), *(list(row.values()) for row in rows)])
    return {
        "hubspot/tickets.csv": b"\xef\xbb\xbf" + text.encode(),
        "hubspot/tickets.json": json_wrapped(page).encode(),
    }


def in_csv(history: History) -> list[Ticket]:
    return [ticket for ticket in history.tickets if not (ticket.deleted or ticket.spam)][::3]


def in_api(history: History) -> list[Ticket]:
    """Deleted tickets are there, archived; the rest are none of the CSV's."""
    shown = [ticket for ticket in history.tickets if not (ticket.deleted or ticket.spam)][1::6]
    return sorted([*shown, *(t for t in history.tickets if t.deleted)], key=lambda ticket: ticket.id)


def closed_at(ticket: Ticket) -> datetime | None:
    return ticket.solves[-1] if ticket.status in DONE else None


def _reply(ticket: Ticket) -> datetime | None:
    return ticket.replies[0].at if ticket.replies else None


def _row(ticket: Ticket) -> dict[str, str]:
    cells: dict[str, Any] = {
        "Ticket ID": ticket.id,
        "Ticket name": ticket.subject,
        "Ticket status": LABEL[ticket.status],
        "Ticket owner": ticket.assignee,
        "Pipeline": "Support Pipeline",
        "Priority": (PRIORITY[ticket.priority] or "").capitalize(),
        "Source": SOURCE[ticket.channel].capitalize(),
        "Category": ticket.product,
        "Create date": _clock(ticket.created),
        "Close date": _clock(closed_at(ticket)),
        "Associated Company (Primary)": ticket.organization,
        "Associated Contact IDs": ticket.requester.id,
        "First agent email response date": _clock(_reply(ticket)),
        PORTAL_SECONDS: _hms(ticket.created, _reply(ticket)),
        "Time to close (HH:mm:ss)": _hms(ticket.created, closed_at(ticket)),
        "Number of times contacted": len(ticket.replies),
    }
    return {name: "" if value is None else str(value) for name, value in cells.items()}


def _object(ticket: Ticket, end: datetime) -> dict[str, Any]:
    answer = ticket.answer
    reply, closed = _reply(ticket), closed_at(ticket)
    properties: dict[str, Any] = {
        "hs_object_id": ticket.id,
        "hs_ticket_id": ticket.id,
        "subject": ticket.subject,
        "content": None,
        "createdate": _iso(ticket.created),
        "closed_date": _iso(closed),
        "first_agent_reply_date": _iso(reply),
        "hs_lastmodifieddate": _iso(ticket.updated),
        "hs_pipeline": "0",
        "hs_pipeline_stage": STAGE[ticket.status],
        "hs_ticket_priority": PRIORITY[ticket.priority],
        "hs_ticket_category": ticket.product,
        "source_type": SOURCE[ticket.channel],
        "hubspot_owner_id": agent_id(ticket.assignee) if ticket.assignee else None,
        "hubspot_team_id": group_id(ticket.group) if ticket.group else None,
        "hs_num_times_contacted": len(ticket.replies),
        "time_to_close": _milliseconds(ticket.created, closed),
        "time_to_first_agent_reply": _milliseconds(ticket.created, reply),
        "hs_time_to_first_response_sla_at": _iso(ticket.first_reply_due),
        "hs_time_to_first_response_sla_status": _code(reply, ticket.first_reply_due, end),
        "hs_time_to_close_sla_at": _iso(ticket.resolution_due),
        "hs_time_to_close_sla_status": _code(closed, ticket.resolution_due, end),
        "hs_last_csat_rating": STARS[answer.grade] if answer else None,
        "hs_feedback_last_survey_date": _iso(answer.at) if answer else None,
        "hs_primary_company_name": ticket.organization,
        "tags": ";".join(ticket.own_tags),
    }
    return {
        "id": str(ticket.id),
        "properties": {name: None if value is None else str(value) for name, value in properties.items()},
        "createdAt": _iso(ticket.created),
        "updatedAt": _iso(ticket.updated),
        "archived": ticket.deleted,
    }


def _code(done: datetime | None, due: datetime, end: datetime) -> str:
    """0 active, 1 overdue, 2 due soon, 3 completed on time, 4 completed late."""
    if done is not None:
        return "3" if done <= due else "4"
    return "1" if due < end else "2" if due < end + timedelta(hours=2) else "0"


def _clock(instant: datetime | None) -> str:
    return f"{local(instant):%Y-%m-%d %H:%M %Z}" if instant else ""


def _iso(instant: datetime | None) -> str | None:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.000Z" if instant else None


def _hms(start: datetime, end: datetime | None) -> str:
    if end is None:
        return ""
    seconds = int((end - start).total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _milliseconds(start: datetime, end: datetime | None) -> int | None:
    return int((end - start).total_seconds() * 1000) if end else None
