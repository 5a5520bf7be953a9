"""What becomes of every row of every file: read = used + rejected + duplicates + excluded.

Duplicates are settled before anything is excluded: of two versions of a ticket the newer one decides whether it is
deleted or merged. A row is rejected when it has no id or no readable created date.
"""

from __future__ import annotations

from typing import Any

from . import freshdesk_api, zendesk_api
from .awkward import awkward
from .model import History, Ticket
from .zendesk import in_csv, ratings

Account = dict[str, Any]


def expected_accounts(history: History) -> dict[str, Account]:
    """By path below sample_data; a folder's entry is for reading its ticket files together."""
    visible = in_csv(history)
    older, newer = zendesk_api.exported(history), zendesk_api.changed(history)
    merged = sum(ticket.merged_into is not None for ticket in visible)
    flags = {"deleted": sum(t.deleted for t in history.tickets), "spam": sum(t.spam for t in history.tickets)}
    return {
        "zendesk/tickets.csv": _csv("zendesk", len(visible), {"merged": merged}),
        "zendesk/satisfaction_ratings.json": _account(ratings(history)["count"]),
        "zendesk_api/tickets.ndjson.gz": _account(len(older), excluded=_gone(older)),
        "zendesk_api/incremental.json": _account(len(newer), excluded=_gone(newer)),
        "zendesk_api": _together(older, newer),
        "freshdesk/tickets.csv": _csv("freshdesk", len(visible), {}),
        "freshdesk_api/tickets.json": _account(len(history.tickets), excluded=flags),
        "freshdesk_api/satisfaction_ratings.json": _account(len(freshdesk_api.ratings(history))),
        "common/surveys.csv": _account(len(history.surveys)),
    }


def _csv(vendor: Any, true_rows: int, excluded: dict[str, int]) -> Account:
    fates = [case.fate for case in awkward(vendor)]
    return _account(true_rows + len(fates), fates.count("rejected"), fates.count("duplicate"), excluded)


def _together(older: list[Ticket], newer: list[Ticket]) -> Account:
    newest = {ticket.id: ticket for ticket in [*older, *newer]}
    read = len(older) + len(newer)
    return _account(read, duplicates=read - len(newest), excluded=_gone(list(newest.values())))


def _gone(tickets: list[Ticket]) -> dict[str, int]:
    deleted = sum(ticket.deleted for ticket in tickets)
    return {"deleted": deleted, "merged": sum(ticket.merged_into is not None for ticket in tickets)}


def _account(read: int, rejected: int = 0, duplicates: int = 0, excluded: dict[str, int] | None = None) -> Account:
    gone = {reason: count for reason, count in (excluded or {}).items() if count}
    used = read - rejected - duplicates - sum(gone.values())
    return {"read": read, "used": used, "rejected": rejected, "duplicates": duplicates, "excluded": gone}
