"""The common frames: the one vocabulary in which readers and metrics meet.

Each frame says what one row is, what identifies it (together with `source`), which columns are its dates and where it
links to. Instants are UTC, durations seconds, ids and words text. Nothing here touches data.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cs_metrics.entities._base import (
    AUTHOR_ROLES,
    CALENDAR,
    CYCLES,
    FLAG,
    HISTORY,
    INSTANT,
    INTEGER,
    MESSAGES,
    NUMBER,
    POLICIES,
    PRIORITIES,
    STATUSES,
    TEXT,
    WORDS,
    WORK,
    Column,
    Derived,
    Frame,
)
from cs_metrics.entities._ticket_times import STATUS_SPANS
from cs_metrics.entities.calls import CALL, CALL_OUTCOMES
from cs_metrics.entities.customers import CUSTOMER
from cs_metrics.entities.events import CHANGE, MESSAGE, SPELL, WAIT, WORK_ENTRY
from cs_metrics.entities.mentions import MENTION, SENTIMENT_EXTRA
from cs_metrics.entities.sla import SLA_CLOCKS, SLA_CYCLE, SLA_EVENT, SLA_EVENTS
from cs_metrics.entities.surveys import SURVEY, SURVEY_KINDS
from cs_metrics.entities.tickets import OVERRULED, TICKET
from cs_metrics.entities.visits import VISIT

__all__ = [
    "AUTHOR_ROLES", "CALENDAR", "CALL_OUTCOMES", "CLOCK_COLUMNS", "CYCLES", "EXPORTED_AT", "FLAG", "FRAMES", "HISTORY",
    "INSTANT", "INTEGER", "MESSAGES", "NUMBER", "OVERRULED", "POLICIES", "PRIORITIES", "SENTIMENT_EXTRA", "SLA_CLOCKS",
    "SLA_EVENTS", "STATUSES", "STATUS_SPANS", "SURVEY_KINDS", "TEXT", "WEEKDAYS", "WORDS", "WORK", "Column", "Derived",
    "Frame",
]  # fmt: skip

FRAMES: Mapping[str, Frame] = {
    "tickets": TICKET,
    "messages": MESSAGE,
    "changes": CHANGE,
    "spells": SPELL,
    "waits": WAIT,
    "sla_cycles": SLA_CYCLE,
    "sla_events": SLA_EVENT,
    "work": WORK_ENTRY,
    "surveys": SURVEY,
    "calls": CALL,
    "customers": CUSTOMER,
    "mentions": MENTION,
    "visits": VISIT,
}

# Columns of the report's own zone, computed from a metric's date for `--by`, `where` and `value`.
# EXPORTED_AT dates what is told as it stands in the export and has no date of its own: by how far the export knows.
EXPORTED_AT = "exported_at"
CLOCK_COLUMNS: Mapping[str, pl.DataType] = {"hour": pl.Int8(), "weekday": TEXT, "day": pl.Date(), EXPORTED_AT: INSTANT}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
