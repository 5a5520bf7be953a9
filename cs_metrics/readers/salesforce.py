"""Salesforce cases: report exports (CSV), Data Loader and weekly export (CSV), REST queries (JSON), their history.

A report, "Details Only", has the running user's wall clock and spelling of dates, and a footer behind its rows. Data
Loader and REST have UTC; the weekly export writes times without a zone. `Case` says how a case stands, `CaseHistory`
how it came there, `EmailMessage` who wrote when: give them together, they are linked by the case's Id. A report knows
cases by their number only, so that it is not linked to those.

A status is the firm's own word: beside the default ones no more than closed or open is known, by the flag, else by the
date; in the history by the word, where any that begins with "Closed" is closed. A case belongs to a user (the assignee)
or to a queue (the group), by its owner's Id; in a report both are names, which count as assignee. Of an owner's change
the row with Ids counts; the history tells agents, not queues. Not carried: ratings, milestones (their verdict is in the
case's `MilestoneStatus` at most), who opened a case, comments (their file does not say whether a customer wrote them),
replies on other channels than mail. Automatic answers are mails like any other. Left out: CaseHistory2 and
CaseMilestone, of which too few columns are known. Unconfirmed: flags as 1 and 0 in reports, the age in hours, words of
`MilestoneStatus`, a report's encoding.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import FLAG, TEXT
from cs_metrics.readers._base import Cell, Columns, Formula, Reader, Reading, Rows, Shape, csv_shape, json_shape
from cs_metrics.readers._cells import duration, flag, identity, instant, one_of, renamed, text, truths, words

NOTHING = ("000000000000000AAA", "000000000000000")  # how the weekly export writes a link that leads nowhere
AGENT, QUEUE = "005", "00G"  # how the Ids of users and of queues begin

STATUSES = {
    **{"new": "new", "open": "open", "working": "open", "escalated": "open", "in progress": "open"},
    **{"pending": "pending", "waiting on customer": "pending", "on hold": "on_hold"},
    **{"closed": "closed", "solved": "solved", "resolved": "solved"},
}
PRIORITIES = {"low": "low", "medium": "normal", "high": "high", "critical": "urgent", "urgent": "urgent"}
CHANNELS = {"email": "email", "web": "web", "phone": "phone", "chat": "chat"}
MILESTONES = {"open violation": False, "closed violation": False, "compliant": True}


def _by_word(column: str) -> pl.Expr:
    """Our word for the firm's; any that begins with "closed" is closed, any other unknown one open."""
    plain = pl.col(column).str.to_lowercase()
    known = plain.replace_strict(STATUSES, default=None, return_dtype=TEXT)
    other = pl.when(plain.str.starts_with("closed")).then(pl.lit("closed")).otherwise(pl.lit("open"))
    return pl.when(plain.is_not_null()).then(pl.coalesce(known, other))


def _status(flag_says: pl.Expr) -> pl.Expr:
    """By the flag, else by the date, whether it is closed; beyond that by the word."""
    by_word = _by_word("vendor_status")
    is_done = by_word.is_in(["solved", "closed"]).fill_null(False)
    is_closed = pl.coalesce(flag_says, pl.when(pl.col("_closed_at").is_not_null()).then(True), is_done)
    closed = pl.when(is_done).then(by_word).otherwise(pl.lit("closed"))
    return pl.when(is_closed).then(closed).when(is_done).then(pl.lit("open")).otherwise(by_word)


SOLVED_AT = Formula(
    ("_closed_at",), lambda: pl.when(pl.col("status").is_in(["solved", "closed"])).then("_closed_at"), ("status",)
)
VERDICT = Formula(
    ("_milestone",),
    lambda: pl.when(~pl.col("_milestone")).then(False).when(pl.col("_closed_at").is_not_null()).then(True),
    optional=("_closed_at",),
)


def _while_closed(span: str) -> Formula:
    """An age that goes on to count until today is no span."""
    return Formula((span, "_closed_at"), lambda: pl.when(pl.col("_closed_at").is_not_null()).then(span))


REPORT: Columns = {
    "ticket_id": text("Case Number", "Case ID"),
    "created_at": instant("Date/Time Opened", "Opened Date"),
    "_closed_at": instant("Date/Time Closed", "Closed Date"),
    "updated_at": instant("Case Last Modified Date"),
    "vendor_status": text("Status"),
    "_is_closed": flag("Closed"),
    "_is_open": flag("Open"),
    "status": Formula(
        (),
        lambda: _status(pl.coalesce("_is_closed", ~pl.col("_is_open"))),
        optional=("vendor_status", "_is_closed", "_is_open", "_closed_at"),
    ),
    "solved_at": SOLVED_AT,
    "priority": words("Priority", table=PRIORITIES),
    "vendor_priority": text("Priority"),
    "type": text("Type"),
    "channel": renamed("Case Origin", table=CHANNELS),
    "assignee": text("Case Owner", "Case Owner Alias"),
    "requester": identity("Contact Name"),
    "organization": text("Account Name"),
    "brand": text("Case Record Type"),
    "category": text("Case Reason"),
    "escalated": flag("Escalated"),
    "_age": duration("Age (Hours)", unit=3600),
    "reported_full_resolution_seconds": _while_closed("_age"),
    "_milestone": truths("Milestone Status", table=MILESTONES),
    "reported_resolution_sla_met": VERDICT,
}


def _owner(header: str, kind: str) -> Cell:
    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        return pl.when(cell.str.starts_with(kind)).then(cell)

    return Cell((header,), convert, blanks=NOTHING)


CASES: Columns = {
    "ticket_id": text("Id", "CaseNumber"),  # the Id is what history and mails are linked by
    "created_at": instant("CreatedDate"),
    "_closed_at": instant("ClosedDate"),
    "updated_at": instant("SystemModstamp", "LastModifiedDate"),
    "vendor_status": text("Status"),
    "_is_closed": flag("IsClosed"),
    "_is_deleted": flag("IsDeleted"),
    "status": Formula(
        (),
        lambda: pl.when("_is_deleted").then(pl.lit("deleted")).otherwise(_status(pl.col("_is_closed"))),
        optional=("vendor_status", "_is_closed", "_closed_at", "_is_deleted"),
    ),
    "solved_at": SOLVED_AT,
    "priority": words("Priority", table=PRIORITIES),
    "vendor_priority": text("Priority"),
    "type": text("Type"),
    "channel": renamed("Origin", table=CHANNELS),
    "group": _owner("OwnerId", QUEUE),
    "assignee": _owner("OwnerId", AGENT),
    "requester": identity("ContactId", "SuppliedEmail", blanks=NOTHING),
    "organization": text("AccountId", "SuppliedCompany", blanks=NOTHING),
    "brand": text("RecordTypeId", blanks=NOTHING),
    "category": text("Reason"),
    "language": text("Language"),
    "escalated": flag("IsEscalated"),
    "is_merged": Cell(("MasterRecordId",), lambda cell, _: cell.is_not_null(), FLAG, blanks=NOTHING, can_fail=False),
    "_milestone": truths("MilestoneStatus", table=MILESTONES),
    "reported_resolution_sla_met": VERDICT,
}

OWNER = ("owner", "ownerassignment", "owneraccepted", "ownerescalated")
_IS_ID = rf"^(?:{AGENT}|{QUEUE})[0-9A-Za-z]{{12}}(?:[0-9A-Za-z]{{3}})?$"


def _field() -> pl.Expr:
    """Which of our fields; a change of owner is told twice, by names and by Ids, and the names are of no use here."""
    plain = pl.col("_field").str.to_lowercase()
    has_id = pl.any_horizontal(pl.col(name).str.contains(_IS_ID).fill_null(False) for name in ("_old", "_new"))
    return (
        pl.when(plain.is_in(["status", "priority"]))
        .then(plain)
        .when(plain.is_in(OWNER) & has_id)
        .then(pl.lit("assignee"))
        .otherwise(pl.lit("other"))
    )


def _value(column: str) -> Formula:
    def build() -> pl.Expr:
        priority = pl.col(column).str.to_lowercase().replace_strict(PRIORITIES, default=None, return_dtype=TEXT)
        return (
            pl.when(pl.col("field") == "status")
            .then(_by_word(column))
            .when(pl.col("field") == "priority")
            .then(priority)
            .when((pl.col("field") == "other") | pl.col(column).str.starts_with(AGENT))
            .then(column)
        )

    return Formula((column, "field"), build)


HISTORY: Columns = {
    "ticket_id": text("CaseId"),
    "changed_at": instant("CreatedDate"),
    "_field": text("Field"),
    "_old": text("OldValue"),
    "_new": text("NewValue"),
    "field": Formula(("_field",), _field, optional=("_old", "_new")),
    "old": _value("_old"),
    "new": _value("_new"),
}

DRAFT = ("5", "Draft")
ROLES = {"true": "customer", "1": "customer", "false": "agent", "0": "agent"}
MAILS: Columns = {
    "message_id": text("Id"),
    "ticket_id": text("ParentId"),
    "sent_at": instant("MessageDate", "CreatedDate"),
    "author_role": words("Incoming", table=ROLES),
    "_is_draft": one_of("Status", values=DRAFT),
    "is_public": Formula(("author_role",), lambda: ~pl.col("_is_draft").fill_null(False), optional=("_is_draft",)),
}


def _api(name: str, signatures: list[set[str]], frames: dict[str, Rows]) -> tuple[Shape, Shape]:
    """The same fields as columns and as a query's records, which say of what object they are."""
    return (
        csv_shape(f"{name} CSV", signatures, frames),
        json_shape(f"{name} JSON", [{*each, "attributes.type"} for each in signatures], frames, wrappers=("records",)),
    )


READER = Reader(
    title="Salesforce",
    shapes=(
        csv_shape(
            "case report CSV",
            [
                {"Case Number", header}
                for header in ("Date/Time Opened", "Case Owner", "Case Origin", "Date/Time Closed")
            ],
            {"tickets": Rows(REPORT)},
        ),
        *_api(
            "Case",
            [{"CaseNumber", header} for header in ("IsClosed", "IsEscalated", "ClosedDate", "CreatedDate")],
            {"tickets": Rows(CASES)},
        ),
        *_api("CaseHistory", [{"CaseId", "Field", "OldValue", "NewValue", "CreatedDate"}], {"changes": Rows(HISTORY)}),
        *_api("EmailMessage", [{"Id", "ParentId", "Incoming", "MessageDate"}], {"messages": Rows(MAILS)}),
    ),
)
