"""Jira Service Management: Filters → Export → CSV, the REST search with `expand=changelog`, and a request's SLAs.

The search is `/rest/api/3/search` or `…/search/jql`, the SLAs of one request `/rest/servicedeskapi/request/KEY/sla`.

The CSV has the site's date format in the exporting person's time zone, without an offset; REST has offsets. The CSV
repeats the header of a field with several values, here read for labels. Its "first response" is the first comment by
anyone but the reporter, internal notes and bots included, for the comments in it do not say who sees them: so no
replies are counted. Its SLA columns are the time left (`-1:30` where the target was missed), not the time taken.

Neither form says when an issue was closed after being resolved, or that it was merged; the CSV knows no reopenings and
no history. What teams a REST issue was with is in fields whose ids are each site's own. A changelog in a search holds
the newest hundred entries of an issue. Custom statuses are told by their category.

Comments in REST say whether customers see them (`jsdPublic`, Cloud only); the description is not among them and
becomes a message of its own where there are comments.

In REST an SLA is a field with an id of the site's own, which is known by its cycles, over or running: all of them are
read, and say of an issue whether its targets were met. What an SLA promises only its name tells ("Time to first
response", "Time to resolution"); those with other names have a policy and no clock. Older Server versions write text in
such a field, which says nothing. A request's SLAs name it by their link, mostly with its id, where issues go by key, so
that they are told to no issue; better take the search. A rating has a field of the site's own, too, and is not read.

Unconfirmed: month names of sites in other languages, the request channel, organizations, time spent in seconds,
and what a request's link looks like.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.entities import FLAG
from cs_metrics.readers._base import (
    Cell,
    Columns,
    Fitted,
    Formula,
    Reader,
    Rows,
    constant,
    csv_shape,
    first_filled,
    json_shape,
)
from cs_metrics.readers._cells import (
    ISO_FORMATS,
    identity,
    instant,
    is_filled,
    labels,
    number,
    renamed,
    text,
    words,
)
from cs_metrics.readers._jira_rest import CHANGELOG, COMMENTS, IN_COMMENTS, ISSUES, issues_as_told
from cs_metrics.readers._jira_sla import IN_ISSUE, IN_REQUEST, ISSUE_CYCLES, REQUEST_CYCLES
from cs_metrics.readers._jira_words import (
    CATEGORIES,
    CHANNELS,
    PRIORITIES,
    TYPES,
    differ,
    known_word,
    solved_if_done,
    status_by,
)

DATES = ("%d/%b/%y %I:%M %p", "%d/%b/%y %H:%M", "%d/%b/%y", *ISO_FORMATS)
_MOST_LABELS = 60  # columns named Labels; an issue that has more of them keeps the first ones


def _custom(name: str) -> tuple[str, ...]:
    """Some exports write "Custom field (X)" and some just "X"."""
    return (f"Custom field ({name})", name)


def _date(*headers: str) -> Cell:
    """A point in time as the site's look and feel writes it; some custom fields are ISO."""
    return instant(*headers, formats=DATES)


def _is_late(*headers: str) -> Cell:
    """Whether the time left, `H:MM`, `H:MM:SS` or milliseconds, has a minus before it."""
    reads = r"^-?\d+(:\d\d){0,2}$"
    return Cell(
        headers,
        lambda cell, reading: pl.when(cell.str.contains(reads)).then(cell.str.starts_with("-")),
        FLAG,
    )


def _verdict(late: str, *over: str) -> Formula:
    """Missed once the target is over. Met only when the clock has stopped, for until then some time is always left."""
    stopped = pl.any_horizontal(pl.col(name).is_not_null() for name in over)
    met = pl.when(pl.col(late)).then(False).when(pl.col(late).not_() & stopped).then(True)
    return Formula((late, over[0]), lambda: met, optional=over[1:])


def _all_labels() -> Columns:
    """The columns `Labels`, `Labels.1`, … as one list; a data frame may have saved copies under its own names."""
    copies = {
        f"_labels_{place}": labels(*(f"Labels{mark}{place}" for mark in (".", "_duplicated_")), separator=" ")
        for place in range(1, _MOST_LABELS)
    }
    copies["_labels"] = labels("Labels", separator=" ")
    names = ("_labels", *(name for name in copies if name != "_labels"))
    together = pl.concat_list(pl.col(name).fill_null([]) for name in names)
    return copies | {"tags": Formula(("_labels",), lambda: together, optional=names[1:])}


CSV_TICKETS: Columns = {
    "ticket_id": text("Issue key"),
    "created_at": _date("Created"),
    "first_reply_at": _date(*_custom("[CHART] Date of First Response")),
    "_resolved_at": _date("Resolved"),
    "_category_changed_at": _date("Status Category Changed"),
    "_word": known_word("Status"),
    "_category": replace(words("Status Category", table=CATEGORIES), can_fail=False),
    "status": status_by("_word", "_category"),
    "vendor_status": text("Status"),
    "solved_at": solved_if_done("_category_changed_at"),
    "updated_at": _date("Updated"),
    "priority": words("Priority", table=PRIORITIES),
    "vendor_priority": text("Priority"),
    "type": renamed("Issue Type", table=TYPES),
    "channel": renamed(*_custom("Request channel type"), table=CHANNELS),
    "_team": text(*_custom("Team")),
    "_component": text("Components", "Component/s"),
    "group": first_filled("_team", "_component"),
    "assignee": text("Assignee"),
    "requester": identity("Reporter Id", "Reporter"),
    "organization": text(*_custom("Organizations")),
    "category": text(*_custom("Request Type")),
    "language": text(*_custom("Request language")),
    **_all_labels(),
    "handle_seconds": number("Time Spent"),
    "_creator": text("Creator Id", "Creator"),
    "_reporter": text("Reporter Id", "Reporter"),
    "created_by_agent": differ("_creator", "_reporter"),
    "_reply_is_late": _is_late(*_custom("Time to first response")),
    "reported_first_reply_sla_met": _verdict("_reply_is_late", "first_reply_at", "solved_at"),
    "_resolution_is_late": _is_late(*_custom("Time to resolution"), *_custom("Time to done")),
    "reported_resolution_sla_met": _verdict("_resolution_is_late", "solved_at"),
}

RATING = ("Satisfaction rating", "Custom field (Satisfaction rating)")
CSV_SURVEYS: Columns = {
    "survey_id": Formula(("ticket_id",), lambda: pl.format("ticket {} csat", "ticket_id")),
    "ticket_id": text("Issue key"),
    "kind": constant("csat"),
    "answered_at": _date(*_custom("Satisfaction date")),
    "score": number(*RATING),
    "scale_min": constant(1.0),
    "scale_max": constant(5.0),
    "respondent": identity("Reporter Id", "Reporter"),
    "assignee": text("Assignee"),
    "embedded": constant(True),
    "_was_answered": is_filled(*RATING),
}

REST_FRAMES = {
    "tickets": Rows(ISSUES),
    "messages": Rows(COMMENTS, each=IN_COMMENTS, spread="_said"),
    "changes": Rows(CHANGELOG, only_where="_is_told", each=("changelog.histories", "items")),
    "sla_cycles": Rows(ISSUE_CYCLES, each=IN_ISSUE),
}

READER = Reader(
    title="Jira Service Management",
    shapes=(
        csv_shape(
            "issues CSV",
            [{"Issue key", "Issue id", "Created"}, {"Issue key", "Issue Type", "Created"}],
            {"tickets": Rows(CSV_TICKETS), "surveys": Rows(CSV_SURVEYS, only_where="_was_answered")},
            blanks=("{}",),
        ),
        replace(
            json_shape(
                "issues JSON",
                [{"id", "key", "fields.created", "fields.status.name"}],
                REST_FRAMES,
                wrappers=("issues",),
            ),
            fit=lambda table: Fitted(REST_FRAMES | {"tickets": Rows(issues_as_told(table))}),
        ),
        json_shape(
            "SLAs of a request",
            [{"id", "name", "completedCycles"}, {"id", "name", "ongoingCycle.breached"}],
            {"sla_cycles": Rows(REQUEST_CYCLES, each=IN_REQUEST)},
            wrappers=("values",),
        ),
    ),
)
