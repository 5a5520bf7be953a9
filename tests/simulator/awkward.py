"""Rows on purpose that real exports have and nobody wants, appended to the two ticket CSVs.

| ticket | in | what is awkward | what a reader must do |
|---|---|---|---|
| 501 | both | the same ticket again, older: still open, older last update | a duplicate; the newer one wins |
| (721) | both | no id | reject the row |
| 722 | both | created `31.13.2025 25:61` | reject the row |
| 723 | Zendesk | first reply in minutes is `n/a` | use the row; no first reply, one unparsed cell |
| 723 | Freshdesk | first response (in hrs) is `n/a` | use the row; the reply's instant is there, one unparsed cell |
| 724 | both | solved, but without any solve date or duration | use the row; in no stock and no solved count |
| 725 | both | priority `Blocker` | use the row; priority unknown, the vendor's word is kept |
| 726 | both | group, priority, organization, tags and survey are blanks | use the row; these cells are empty |
| 727 | Freshdesk | the reply lies two hours before the creation | use the row; no first reply time, no negative one |

The used ones are tickets like any other in `truth`, with the facts that their broken rows still tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from . import freshdesk, zendesk
from .clock import berlin
from .facts import Fact, fact
from .model import History, Ticket
from .planted import by_hand, planted

Vendor = Literal["zendesk", "freshdesk"]
Fate = Literal["used", "rejected", "duplicate"]


@dataclass(frozen=True, slots=True)
class Awkward:
    """A ticket, the cells of its row that are broken, and the facts that are left of it."""

    why: str
    fate: Fate
    ticket: Ticket
    cells: dict[str, str]
    fact: Fact | None = None


def awkward(vendor: Vendor) -> list[Awkward]:
    return _zendesk() if vendor == "zendesk" else _freshdesk()


def facts(vendor: Vendor) -> list[Fact]:
    """What the awkward rows add to the figures."""
    return [row.fact for row in awkward(vendor) if row.fact]


def zendesk_rows() -> list[zendesk.Row]:
    return [zendesk.row(case.ticket) | case.cells for case in awkward("zendesk")]


def freshdesk_rows(history: History) -> list[freshdesk.Row]:
    rows = []
    for case in awkward("freshdesk"):
        row = freshdesk.row(case.ticket, case.ticket.updated if case.fate == "duplicate" else history.end)
        for name, text in case.cells.items():
            row[freshdesk.HEADER.index(name)] = text
        rows.append(row)
    return rows


def _zendesk() -> list[Awkward]:
    unsolved = ("Solved at", "Resolution time", "First resolution", "Full resolution")
    undated = {name: "" for name in zendesk.HEADER if name.startswith(unsolved)}
    blanks = {"Group": "   ", "Priority": " ", "Organization": "  ", "Tags": "   ", "Satisfaction Score": "  "}
    reply = _plain(723, 3)
    return [
        Awkward("no id", "rejected", _plain(721, 2), {"Id": ""}),
        Awkward("unreadable created date", "rejected", _plain(722, 2), {"Created at": "31.13.2025 25:61"}),
        Awkward("reply time is no number", "used", reply, {"First reply time in minutes": "n/a"},
                replace(fact(reply), first_reply=None)),
        _undated(undated),
        _used("priority that nobody knows", _plain(725, 5), {"Priority": "Blocker"}),
        _used("blanks", _plain(726, 7), blanks),
        _older_version(),
    ]  # fmt: skip


def _freshdesk() -> list[Awkward]:
    undated = {"Resolved time": "", "Closed time": "", "Resolution time (in hrs)": "00:00:00", "Resolution status": ""}
    blanks = {"Group": "   ", "Priority": " ", "Company Name": "  ", "Tags": "   ", "Survey results": "  "}
    early = _plain(727, 8)
    before = freshdesk.clock(early.created - timedelta(hours=2))
    return [
        Awkward("no id", "rejected", _plain(721, 2), {"Ticket ID": ""}),
        Awkward("unreadable created date", "rejected", _plain(722, 2), {"Created time": "31.13.2025 25:61"}),
        _used("reply time is no duration", _plain(723, 3), {"First response time (in hrs)": "n/a"}),
        _undated(undated),
        _used("priority that nobody knows", _plain(725, 5), {"Priority": "Blocker"}),
        _used("blanks", _plain(726, 7), blanks),
        Awkward("reply before creation", "used", early,
                {"Initial response time": before, "First response time (in hrs)": "-02:00:00",
                 "First response status": ""},
                replace(fact(early), first_reply=None, first_reply_due=None)),
        _older_version(),
    ]  # fmt: skip


def _plain(number: int, month: int) -> Ticket:
    """Answered after 40 minutes and solved after 70, on the 11th at 10 o'clock."""
    created = berlin(2025, month, 11, 10)
    return by_hand(number, created, "Tom Baker", (40, "reply"), (70, "solved"), (70 + 4 * 1440, "closed"))


def _used(why: str, ticket: Ticket, cells: dict[str, str]) -> Awkward:
    return Awkward(why, "used", ticket, cells, fact(ticket))


def _undated(cells: dict[str, str]) -> Awkward:
    ticket = by_hand(724, berlin(2025, 4, 11, 10), "Tom Baker", (40, "reply"), (70, "solved"))
    left = replace(fact(ticket), first_solve=None, last_solve=None, resolution_due=None)
    return Awkward("solved without a date", "used", ticket, cells, left)


def _older_version() -> Awkward:
    first = planted()[0]
    earlier = first.until(first.created + timedelta(minutes=10))
    assert earlier is not None
    return Awkward("an older version of a ticket", "duplicate", earlier, {})
