"""ServiceNow incidents: a list's export as CSV (column names or labels), the Table API, the update log, task SLAs.

Right click on a list's header → Export, or `…/incident_list.do?CSV`; `/api/now/table/incident`, `…/table/task_sla`.
An export shows the exporting person's time zone and date format; the Table API gives UTC unless it was asked for
display values, which a reference field without `value` gives away. Where nothing tells them apart (plain texts in JSON)
times are taken in the source's zone.

An incident has no first reply, no messages and no ratings: comments are a journal of its own, surveys are tables of
their own. `made_sla` is true from the beginning and stays so where no SLA runs, so that only what is resolved counts
as met. `escalation` is how near an SLA is to its end, and no hand-over. Of the update log (one row per update of an
incident) the last row of each incident is read, and what changed from row to row. A task SLA becomes a cycle of an SLA
clock; whether of the first reply or of the resolution is told by the SLA's name. The Table API names a task SLA's
incident by its sys_id, by its number only where it is asked for display values too (`sysparm_display_value=all`).

Unconfirmed: labels, what state -100 and the hold reasons mean, `calendar_stc` in seconds.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cs_metrics.entities import FLAG, INTEGER
from cs_metrics.readers._base import Cell, Columns, Formula, Reader, Reading, Rows, csv_shape, first_filled, json_shape
from cs_metrics.readers._cells import (
    count,
    duration,
    flag,
    instant,
    is_filled,
    number,
    renamed,
    text,
)
from cs_metrics.readers._servicenow_incidents import (
    DAY_FIRST,
    NOTHING,
    Paths,
    bare,
    in_csv,
    incident,
    on_behalf,
    shown,
    stored,
)
from cs_metrics.readers._sla_names import clock_named


def _is_last(key: str, order: str) -> Cell:
    """Whether a row is the last one of its key, where a file has a row for every update; what has no key stays."""

    def convert(cell: pl.Expr, reading: Reading) -> pl.Expr:
        place = cell.str.extract(r"(\d+)$").cast(INTEGER)
        return (place == place.max().over(cell.str.replace(r"\s\d+$", ""))).fill_null(True)

    return Cell((key, order), convert, FLAG, joined=True, can_fail=False)


def _in_log(name: str) -> tuple[str, ...]:
    """The update log has names of its own for two columns."""
    return ({"sys_created_on": "sys_created_at", "sys_updated_on": "sys_updated_at"}.get(name, name),)


# The log hides callers and those who opened an incident under numbers of two kinds, which are never equal.
LOG_TICKETS = {**incident(_in_log, _in_log, DAY_FIRST), "_is_last": _is_last("number", "sys_mod_count")}


def _before(field: str) -> Formula:
    """The field's value in the row before this one, of the same incident."""
    earlier = pl.col(f"_{field}").shift(1).over("ticket_id", order_by="_update")
    return Formula((f"_{field}", "_update", "ticket_id"), lambda: earlier)


def _told() -> pl.Expr:
    """The fields in which an incident's row differs from the one before it."""
    is_update = pl.col("_update") > pl.col("_update").min().over("ticket_id")
    differs = {field: pl.col(f"_{field}").ne_missing(pl.col(f"_{field}_before")) for field in LOGGED}
    return pl.concat_list(pl.when(is_update & changed).then(pl.lit(name)) for name, changed in differs.items())


def _of_told(suffix: str) -> Formula:
    names = tuple(f"_{field}{suffix}" for field in LOGGED)
    values = [pl.when(pl.col("_told") == field).then(f"_{field}{suffix}") for field in LOGGED]
    return Formula(("_told",), lambda: pl.coalesce(values), optional=names)


LOGGED = {name: LOG_TICKETS[column] for name, column in {"status": "_state", "group": "group"}.items()}
LOGGED |= {name: LOG_TICKETS[name] for name in ("assignee", "priority")}
LOG_CHANGES: Columns = {
    "ticket_id": text("number"),
    "_update": count("sys_mod_count"),
    "changed_at": instant("sys_updated_at", formats=DAY_FIRST),
    "position": Formula(("_update",), lambda: pl.col("_update")),
    **{f"_{field}": source for field, source in LOGGED.items()},
    **{f"_{field}_before": _before(field) for field in LOGGED},
    "_told": Formula(
        ("ticket_id", "_update"),
        _told,
        optional=tuple(f"_{field}{suffix}" for field in LOGGED for suffix in ("", "_before")),
    ),
    "field": Formula(("_told",), lambda: pl.col("_told")),
    "old": _of_told("_before"),
    "new": _of_told(""),
}


def _cycles(of: Paths, named: Paths) -> Columns:
    """One run of one SLA. A clock that was called off is neither met nor missed, like one that still runs."""
    is_over = pl.col("_stage").str.to_lowercase() == "completed"
    is_stopped = is_over | (pl.col("stopped_at").is_not_null() & (pl.col("_stage").str.to_lowercase() != "cancelled"))
    met = pl.when(is_stopped).then(~pl.col("is_breached"))
    used = pl.when("_has_schedule").then("_business_percentage").otherwise("_percentage")
    left = pl.when("is_breached").then(0.0).otherwise((1 - used / 100).clip(lower_bound=0))
    return {
        "ticket_id": text(*named("task")),
        "policy": text(*named("sla")),
        **clock_named(*named("sla")),
        "started_at": instant(*of("start_time")),
        "stopped_at": instant(*of("end_time")),
        "due_at": instant(*of("planned_end_time")),
        "is_breached": flag(*of("has_breached")),
        "breached_at": Formula(("is_breached", "due_at"), lambda: pl.when("is_breached").then("due_at")),
        "_stage": renamed(*of("stage"), table={"achieved": "completed"}),
        "is_met": Formula(("is_breached", "_stage"), lambda: met, optional=("stopped_at",)),
        "_percentage": number(*of("percentage")),
        "_business_percentage": number(*of("business_percentage")),
        "share_left": Formula(
            ("_percentage", "is_breached"),
            lambda: pl.when(pl.col("stopped_at").is_null()).then(left),
            optional=("stopped_at", "_has_schedule", "_business_percentage"),
        ),
        "updated_at": instant(*of("sys_updated_on")),
        "_has_schedule": is_filled(*of("schedule")),
        "_duration": duration(*of("duration"), unit=1),
        "_business_duration": duration(*of("business_duration"), unit=1),
        "elapsed_seconds": Formula(
            ("_duration",),
            lambda: pl.when("_has_schedule").then("_business_duration").otherwise("_duration"),
            optional=("_has_schedule", "_business_duration"),
        ),
        "in_business_hours": first_filled("_has_schedule"),
    }


REFERENCES = ("caller_id", "opened_by", "assigned_to", "assignment_group", "company", "resolved_by", "sys_domain")
INCIDENT = {"number", "sys_id", "opened_at"}
VALUES, DISPLAYED = ({f"{name}.{part}" for name in REFERENCES} for part in ("value", "display_value"))
API = {"tickets": Rows({**incident(stored, shown), **on_behalf(shown)})}
RESULT = ("result", "records")
SLA_TIMES = {"has_breached", "start_time"}
SLA = {"task", "sla", *SLA_TIMES}
SLA_API = {"sla_cycles": Rows(_cycles(stored, shown))}

READER = Reader(
    title="ServiceNow",
    shapes=(
        csv_shape(
            "incidents CSV",
            [
                *({"number", "opened_at", name} for name in ("sys_id", "sys_mod_count", "made_sla", "incident_state")),
                *({"number", "opened_at", name} for name in ("assignment_group", "sys_created_on", "caller_id")),
                *({"Number", "Opened", name} for name in ("Caller", "Assignment group", "Assigned to", "Made SLA")),
            ],
            {"tickets": Rows({**incident(in_csv, in_csv), **on_behalf(in_csv)})},
            without={"sys_updated_at", "_fivetran_synced"},  # the log; tasks of all kinds in a warehouse
            blanks=NOTHING,
        ),
        csv_shape(
            "update log CSV",
            [{"number", "sys_mod_count", "sys_updated_at", "incident_state", "opened_at"}],
            {"tickets": Rows(LOG_TICKETS, only_where="_is_last"), "changes": Rows(LOG_CHANGES, spread="_told")},
            blanks=NOTHING,
        ),
        # stored values are in UTC, displayed ones in the zone of whoever asked
        replace(
            json_shape(
                "Table API, stored values", [INCIDENT | {name} for name in VALUES], API, DISPLAYED, wrappers=RESULT
            ),
            zone="UTC",
        ),
        replace(
            json_shape("Table API, both values", [{f"{name}.value" for name in INCIDENT}], API, wrappers=RESULT),
            zone="UTC",
        ),
        json_shape("Table API, display values", [INCIDENT | {name} for name in DISPLAYED], API, wrappers=RESULT),
        json_shape("Table API, bare texts", [INCIDENT], API, VALUES | DISPLAYED, wrappers=RESULT),
        csv_shape(
            "task SLAs CSV", [SLA | {"stage"}, SLA | {"planned_end_time"}], {"sla_cycles": Rows(_cycles(bare, bare))}
        ),
        replace(
            json_shape(
                "task SLAs, stored values",
                [SLA_TIMES | {"task.value"}],
                SLA_API,
                {"task.display_value"},
                wrappers=RESULT,
            ),
            zone="UTC",
        ),
        replace(
            json_shape("task SLAs, both values", [{f"{name}.value" for name in SLA}], SLA_API, wrappers=RESULT),
            zone="UTC",
        ),
        json_shape("task SLAs, display values", [SLA_TIMES | {"task.display_value"}], SLA_API, wrappers=RESULT),
        json_shape("task SLAs, bare texts", [SLA | {"stage"}], SLA_API, wrappers=RESULT),
    ),
)
