"""A first map for a file that no reader knows: its headers, what they probably are, and what stands in them."""

from __future__ import annotations

import json
import re

import polars as pl

from cs_metrics.entities import FRAMES, INSTANT
from cs_metrics.readers._base import Reading
from cs_metrics.readers._cells import ISO_FORMATS, instant
from cs_metrics.readers._load import Table

# Words that headers are made of in the wild, by our column; the first column that a header fits gets it.
GUESSES = {
    "ticket_id": ("ticket id", "case number", "case no", "case id", "ticket number", "issue key", "number", "id"),
    "created_at": ("created at", "created date", "created", "opened at", "opened", "create date", "date"),
    "first_reply_at": ("first reply at", "first response at", "first responded at", "first reply date"),
    "solved_at": ("solved at", "resolved at", "resolved date", "resolved", "resolution date", "solved"),
    "closed_at": ("closed at", "closed date", "closed", "close date"),
    "updated_at": ("updated at", "last updated", "updated", "modified", "last modified"),
    "status": ("status", "ticket status", "state", "case status"),
    "priority": ("priority", "ticket priority"),
    "type": ("type", "ticket type", "case type"),
    "channel": ("channel", "ticket channel", "source", "origin", "case origin", "contact type"),
    "group": ("group", "team", "queue", "assignment group", "department"),
    "assignee": ("assignee", "agent", "owner", "assigned to", "case owner"),
    "requester": ("requester", "customer id", "contact id", "customer email", "customer", "contact", "caller"),
    "organization": ("organization", "company", "account", "account name"),
    "category": ("category", "topic", "subcategory"),
    "tags": ("tags", "labels"),
    "language": ("language",),
    "reopens": ("reopens", "reopen count", "number of reopens"),
    "agent_replies": ("replies", "agent replies", "agent interactions"),
}
FORMATS = (
    *("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y"),
    *("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%d-%m-%Y %H:%M", "%Y/%m/%d %H:%M:%S"),
    *("%d %b %Y %I:%M %p", "%m/%d/%Y %I:%M %p"),
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ()/.%-]*[A-Za-z0-9_)]")
_TICKETS = FRAMES["tickets"]


def starter_map(table: Table) -> str:
    """A map in YAML to be finished by hand, with sample values as comments."""
    found = _guessed(table.headers)
    lines = [
        f"# A map for {_comment(table.item.name)}: on the left our columns, on the right the file's headers.",
        "# What is guessed wrong, change; what is missing, take from the list at the end.",
        "# source: my-helpdesk        # what to call it in reports; else the name of this file",
        "# timezone: Europe/Berlin    # the zone of times without an offset",
        "frames:",
        "  tickets:",
    ]
    for name in (*_TICKETS.required, *(name for name in found if name not in _TICKETS.required)):
        if name in found:
            said, values = _said(table, name, found[name]), _values(table, found[name])
            lines.append(f"    {name}: {said}  # {values}{_other_order(table, name, found[name])}")
        else:
            lines.append(f"    # {name}: which header?  {_TICKETS.columns[name].meaning}")
    lines += ["", "# Headers without a place yet:"]
    lines += [f"#   {_quoted(h)}  # {_values(table, h)}" for h in table.headers if h not in found.values()]
    lines += ["", "# Columns that tickets can have:"]
    lines += [f"#   {name}: {column.meaning}" for name, column in _TICKETS.columns.items() if name not in found]
    return "\n".join(lines) + "\n"


def _guessed(headers: tuple[str, ...]) -> dict[str, str]:
    """{our column: header}; each header once."""
    by_words: dict[str, str] = {}
    for header in headers:
        by_words.setdefault(" ".join(re.findall(r"[^\W_]+", header.casefold())), header)
    found: dict[str, str] = {}
    for name, spellings in GUESSES.items():
        free = [by_words[spelling] for spelling in spellings if by_words.get(spelling) not in (None, *found.values())]
        if free:
            found[name] = free[0]
    return found


def _said(table: Table, name: str, header: str) -> str:
    """The right side of a column: the header, with a date format or the words of a vocabulary where they are needed."""
    column, cells = _TICKETS.columns[name], _cells(table, header)
    if column.dtype == INSTANT and (spelling := _format_of(cells)):
        return f"{{from: {_quoted(header)}, format: {_quoted(spelling)}}}"
    if column.words:
        words = {word: _nearest(word, column.words) for word in cells.unique(maintain_order=True).head(20)}
        table_of_words = ", ".join(f"{_quoted(word)}: {ours}" for word, ours in words.items())
        return f"{{from: {_quoted(header)}, words: {{{table_of_words}}}}}"
    return _quoted(header)


def _cells(table: Table, header: str) -> pl.Series:
    return table.sample[header].str.strip_chars().replace("", None).drop_nulls()


def _other_order(table: Table, name: str, header: str) -> str:
    """A warning where day and month could as well stand the other way round in every sample."""
    cells = _cells(table, header)
    spelling = _format_of(cells) if _TICKETS.columns[name].dtype == INSTANT else None
    if spelling is None or not {"%d", "%m"} <= {*re.findall("%[a-zA-Z]", spelling)}:
        return ""
    turned = re.sub("%[dm]", lambda part: "%m" if part[0] == "%d" else "%d", spelling)
    first = "day" if turned.index("%d") < turned.index("%m") else "month"
    return f"; {first} first reads them too: look" if _reads(cells, (turned,)) else ""


def _format_of(cells: pl.Series) -> str | None:
    """The first spelling that reads every sample, None where the usual ones do or nothing does."""
    if not len(cells) or _reads(cells, ISO_FORMATS):
        return None
    return next((spelling for spelling in FORMATS if _reads(cells, (spelling,))), None)


def _reads(cells: pl.Series, formats: tuple[str, ...]) -> bool:
    converted = pl.select(instant("", formats=formats).convert(pl.lit(cells), Reading(None, None))).to_series()
    return converted.null_count() == 0


def _nearest(word: str, known: tuple[str, ...]) -> str:
    """Our word for theirs as far as it is plain; else the middle one, to be looked at."""
    plain = {
        **{"resolved": "solved", "done": "solved", "on hold": "on_hold", "hold": "on_hold", "in progress": "open"},
        **{"medium": "normal", "critical": "urgent"},
    }
    folded = plain.get(word.casefold(), word.casefold())
    return folded if folded in known else known[1]


def _values(table: Table, header: str) -> str:
    values = table.sample[header].drop_nulls().unique(maintain_order=True).head(3)
    return _comment(", ".join(value[:30] for value in values)) or "empty"


def _comment(text: str) -> str:
    """On one line and without control characters, so that no cell of the file can end the comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _quoted(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text not in ("null", "true", "false") and "# " not in text
    return text if plain else json.dumps(text, ensure_ascii=False)
