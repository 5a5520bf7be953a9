"""HubSpot tickets: Tickets → Export (CSV, property labels or internal names), CRM API v3 and the legacy API (JSON).

The CSV has the account's wall clock, in some files with the zone's abbreviation behind it (`CDT`), and durations as
HH:mm:ss; the API has UTC and milliseconds, and every property as text. A file has only the properties that were asked
for. A stage is one of the default pipeline's four or the firm's own, of which no more is known than closed, where there
is a close date, or open. Agent replies are what HubSpot counts as contacts by agents. Of an SLA's codes 3 is met, 1 and
4 are missed.

Not carried: messages, changes, reopenings (only the date of the last one), which tickets were merged away (the kept
ticket lists them), who opened a ticket. A CSAT rating comes without the scale of its survey (1–5 or 1–7), so that the
score is there and the share of happy answers is not; CES and NPS stay columns of the ticket. Unconfirmed: whether the
close date is cleared when a ticket is reopened (it counts only while the stage is a closed one), the milliseconds in
the API's instants, the separator of tags.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from cs_metrics.entities import INSTANT, INTEGER, NUMBER
from cs_metrics.readers._base import (
    Cell,
    Columns,
    Formula,
    Reader,
    Reading,
    Rows,
    constant,
    csv_shape,
    json_shape,
    unless_nothing_happened,
)
from cs_metrics.readers._cells import (
    ISO_FORMATS,
    MILLISECONDS,
    count,
    duration,
    flag,
    identity,
    instant,
    is_filled,
    labels,
    number,
    renamed,
    text,
    truths,
    words,
)
from cs_metrics.readers._instants import Instants

# The default pipeline's stages by name and by number; firms' own have long numbers, names come with their pipeline's.
STAGES = {
    **{"new": "new", "waiting on contact": "pending", "waiting on us": "open", "closed": "closed"},
    **{"1": "new", "2": "pending", "3": "open", "4": "closed"},
}
PRIORITIES = {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"}
CHANNELS = {"email": "email", "chat": "chat", "form": "web", "phone": "phone"}
VERDICTS = {"1": False, "3": True, "4": False}
UNDECIDED = ("0", "2")

# As American and European accounts write them; another one is left out, and the time is read in the source's zone.
OFFSETS = {
    **{"UTC": "+0000", "GMT": "+0000", "WET": "+0000", "WEST": "+0100", "CET": "+0100", "CEST": "+0200"},
    **{"EET": "+0200", "EEST": "+0300", "EST": "-0500", "EDT": "-0400", "CDT": "-0500", "MST": "-0700"},
    **{"MDT": "-0600", "PST": "-0800", "PDT": "-0700", "AKST": "-0900", "AKDT": "-0800", "HST": "-1000"},
    **{"AEST": "+1000", "AEDT": "+1100", "NZST": "+1200", "NZDT": "+1300", "JST": "+0900", "CST": "-0600"},
}
_ABBREVIATION = r"\s+([A-Z]{3,5})$"


@dataclass(frozen=True)
class _Clock(Instants):
    """A wall-clock time, perhaps with a zone's abbreviation behind it, which counts as its offset."""

    def __call__(self, cell: pl.Expr, reading: Reading) -> pl.Expr:
        sample = reading.sample
        if sample is not None:
            sample = sample.to_frame("cell").select(_with_offset(pl.col("cell"))).to_series()
        return super().__call__(_with_offset(cell), Reading(reading.zone, sample))


def _clock(*headers: str) -> Cell:
    return Cell(headers, _Clock(ISO_FORMATS), INSTANT)


def _with_offset(cell: pl.Expr) -> pl.Expr:
    written = cell.str.extract(_ABBREVIATION)
    offset = written.replace_strict(OFFSETS, default="", return_dtype=pl.String)
    resolved = cell.str.replace(_ABBREVIATION, "") + offset
    return pl.when(written.is_not_null()).then(resolved).otherwise(cell)


def _milliseconds(*headers: str) -> Cell:
    """Milliseconds since 1970 in UTC."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        return (cell.cast(NUMBER, strict=False) * 1000).cast(INTEGER, strict=False).cast(INSTANT)

    return Cell(headers, convert, INSTANT)


def _status() -> pl.Expr:
    """The stage's meaning; of a firm's own stage no more than closed or open is known, by the close date."""
    plain = pl.col("_stage").str.replace(r"\s*\([^)]*\)$", "").str.to_lowercase()
    known = plain.replace_strict(STAGES, default=None, return_dtype=pl.String)
    by_date = pl.when(pl.col("_closed_at").is_not_null()).then(pl.lit("closed")).otherwise(pl.lit("open"))
    return pl.when(pl.col("_stage").is_not_null()).then(pl.coalesce(known, by_date))


STATUS = Formula(("_stage",), _status, optional=("_closed_at",))
STATUS_OR_ARCHIVED = Formula(
    ("_stage",),
    lambda: pl.when("_is_archived").then(pl.lit("deleted")).otherwise(_status()),
    optional=("_closed_at", "_is_archived"),
)
ENDS: Columns = {
    "solved_at": Formula(
        ("_closed_at",),
        lambda: pl.when(pl.col("status").fill_null("closed") == "closed").then("_closed_at"),
        ("status",),
    ),
    "reported_first_reply_seconds": unless_nothing_happened("_reply_span", "first_reply_at"),
    "reported_full_resolution_seconds": unless_nothing_happened("_close_span", "solved_at"),
}

LABELLED: Columns = {
    "ticket_id": text("Ticket ID", "Record ID"),
    "created_at": _clock("Create date"),
    "first_reply_at": _clock("First agent email response date"),
    "_closed_at": _clock("Close date"),
    "_stage": text("Ticket status"),
    "vendor_status": text("Ticket status"),
    "priority": words("Priority", table=PRIORITIES),
    "vendor_priority": text("Priority"),
    "channel": renamed("Source", table=CHANNELS),
    "assignee": text("Ticket owner"),
    "requester": identity("Associated Contact IDs", "All associated contact emails"),
    "organization": text("Associated Company (Primary)", "Associated Company IDs (Primary)", "Associated Company"),
    "brand": text("Pipeline"),
    "category": text("Category"),
    "agent_replies": count("Number of times contacted"),
    "_reply_span": duration(
        "Time to first agent email reply (HH:mm:ss)", "Time to first agent email reply", unit=MILLISECONDS
    ),
    "_close_span": duration("Time to close (HH:mm:ss)", "Time to close", unit=MILLISECONDS),
    "status": STATUS,
    **ENDS,
}


def _properties(at: Callable[[str], str], when: Callable[..., Cell]) -> Columns:
    """The internal names, wherever in a record `at` finds them and however its instants are written."""
    return {
        "ticket_id": text("id", "objectId", at("hs_object_id"), at("hs_ticket_id")),
        "created_at": when(at("createdate"), at("hs_createdate")),
        "first_reply_at": when(at("first_agent_reply_date"), at("hs_first_agent_message_sent_at")),
        "_closed_at": when(at("closed_date")),
        "updated_at": when(at("hs_lastmodifieddate")),
        "first_reply_due_at": when(at("hs_time_to_first_response_sla_at")),
        "due_at": when(at("hs_time_to_close_sla_at")),
        "_stage": text(at("hs_pipeline_stage")),
        "_is_archived": flag("archived"),
        "vendor_status": text(at("hs_pipeline_stage")),
        "priority": words(at("hs_ticket_priority"), table=PRIORITIES),
        "vendor_priority": text(at("hs_ticket_priority")),
        "channel": renamed(at("source_type"), table=CHANNELS),
        "group": text(at("hubspot_team_id"), at("hs_assigned_team_ids")),
        "assignee": text(at("hubspot_owner_id")),
        "organization": text(at("hs_primary_company_name")),
        "brand": text(at("hs_pipeline")),
        "category": text(at("hs_ticket_category")),
        "tags": labels(at("tags"), at("hs_tag_ids"), separator=";"),
        "agent_replies": count(at("hs_num_times_contacted")),
        "_reply_span": duration(at("time_to_first_agent_reply"), unit=MILLISECONDS),
        "_close_span": duration(at("time_to_close"), unit=MILLISECONDS),
        "status": STATUS_OR_ARCHIVED,
        **ENDS,
        "reported_first_reply_sla_met": truths(
            at("hs_time_to_first_response_sla_status"), table=VERDICTS, blanks=UNDECIDED
        ),
        "reported_resolution_sla_met": truths(at("hs_time_to_close_sla_status"), table=VERDICTS, blanks=UNDECIDED),
    }


def _ratings(at: Callable[[str], str], when: Callable[..., Cell]) -> Columns:
    """The last rating, on a scale that the file does not say."""
    return {
        "survey_id": Formula(("ticket_id",), lambda: pl.format("ticket {} csat", "ticket_id")),
        "ticket_id": text("id", "objectId", at("hs_object_id"), at("hs_ticket_id")),
        "kind": constant("csat"),
        "answered_at": when(at("hs_feedback_last_survey_date")),
        "score": number(at("hs_last_csat_rating")),
        "embedded": constant(True),
        "_was_rated": is_filled(at("hs_last_csat_rating")),
    }


# Other objects have a stage too; these properties only tickets have.
TICKETS_ONLY = ("hs_ticket_id", "hs_ticket_priority", "hs_ticket_category", "first_agent_reply_date", "source_type")


def _named(at: Callable[[str], str], when: Callable[..., Cell]) -> dict[str, Rows]:
    return {"tickets": Rows(_properties(at, when)), "surveys": Rows(_ratings(at, when), only_where="_was_rated")}


def _signatures(at: Callable[[str], str]) -> list[set[str]]:
    return [{at("hs_pipeline_stage"), at(name)} for name in TICKETS_ONLY]


def _as_it_is(name: str) -> str:
    return name


def _in_v3(name: str) -> str:
    return f"properties.{name}"


def _in_v1(name: str) -> str:
    return f"properties.{name}.value"


READER = Reader(
    title="HubSpot",
    shapes=(
        csv_shape(
            "ticket CSV",
            [{"Ticket ID", "Ticket status", "Pipeline"}, {"Record ID", "Ticket status", "Pipeline"}],
            {"tickets": Rows(LABELLED)},
        ),
        csv_shape("ticket CSV, internal names", _signatures(_as_it_is), _named(_as_it_is, _clock)),
        json_shape("CRM v3 JSON", _signatures(_in_v3), _named(_in_v3, instant), wrappers=("results",)),
        json_shape("legacy JSON", _signatures(_in_v1), _named(_in_v1, _milliseconds), wrappers=("objects",)),
    ),
)
