"""What helpdesks say in lists beside the tickets: SLA cycles and events of their clocks, entries of working time.

They stand for themselves, and tell of tickets what the tickets' own rows do not say. A helpdesk's own SLA cycles are
the frame `sla_cycles` as long as the question names no SLA; where it does that frame is computed and the helpdesk's
cycles are left aside, so that the two are never mixed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from cs_metrics.computed import Clocks
from cs_metrics.dataset import FILE, STAYS, Dataset
from cs_metrics.entities import CYCLES, FRAMES, WORK
from cs_metrics.past import UNBORN
from cs_metrics.result import Note
from cs_metrics.sla.kept import DUES, VERDICTS, cycles_of, is_ticket_met, told_of_tickets

_EVENTS = FRAMES[CYCLES].told_by
SLA_FRAMES = frozenset({CYCLES, _EVENTS})
"""The frames in which files hold a helpdesk's own SLA clocks."""
_KEYS = ["source", "ticket_id"]
_VERDICT = {"clock", "stopped_at", "due_at", "breached_at", "is_breached", "is_met"}  # what a cycle says of its ticket


def read_for(wanted: Mapping[str, set[str]], clocks: Clocks) -> dict[str, set[str]]:
    """The columns to read: those wanted, and those of other frames from which files tell what tickets do not say."""
    reading = {frame: set(columns) for frame, columns in wanted.items()}
    asked = wanted.get("tickets", set())
    if clocks.sla is not None:
        reading.pop(CYCLES, None)
    if asked & VERDICTS.keys() or CYCLES in reading:
        reading[CYCLES] = reading.get(CYCLES, set()) | _with_keys(CYCLES, _VERDICT)
        reading[_EVENTS] = {*FRAMES[_EVENTS].columns}
    if "handle_seconds" in asked:
        reading[WORK] = reading.get(WORK, set()) | _with_keys(WORK, {"seconds"})
    return reading


def _with_keys(frame: str, names: Collection[str]) -> set[str]:
    return {*names, *FRAMES[frame].required, *FRAMES[frame].key, "source", "updated_at"}


def living(dataset: Dataset, frame: str) -> pl.DataFrame | None:
    """The rows of a frame that count, without those after as-of; None where no file has it."""
    if frame not in dataset.frames:
        return None
    rows = dataset.rows(frame).collect()
    return rows.filter(~pl.col(UNBORN)) if UNBORN in rows.columns else rows


def with_told(tickets: pl.DataFrame, dataset: Dataset, asked: Collection[str]) -> pl.DataFrame:
    """Tickets with what lists beside them say: the helpdesk's SLA verdicts with their days, the working time."""
    cycles = _kept_cycles(dataset)[0] if VERDICTS.keys() & set(asked) else None
    if cycles is not None:
        names = [name for name in (*VERDICTS, *DUES) if name in asked]
        tickets = _filled(tickets, told_of_tickets(cycles), names)
    work = living(dataset, WORK) if "handle_seconds" in asked else None
    if work is not None and "seconds" in work.columns:
        sums = work.drop_nulls("seconds").group_by(_KEYS).agg(handle_seconds=pl.col("seconds").sum())
        tickets = _filled(tickets, sums, ["handle_seconds"])
    return tickets


def _filled(tickets: pl.DataFrame, told: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    joined = tickets.join(told.select(*_KEYS, *names), on=_KEYS, how="left", maintain_order="left", suffix=" told")
    stated = [name for name in names if name in tickets.columns]
    filled = [pl.coalesce(name, f"{name} told").alias(name) for name in stated]
    return joined.with_columns(filled).drop(f"{name} told" for name in stated)


def _kept_cycles(dataset: Dataset) -> tuple[pl.DataFrame | None, int]:
    """(the helpdesk's own SLA cycles, read and told from events; how many clocks have no start in these files)."""
    read, events = living(dataset, CYCLES), living(dataset, _EVENTS)
    told, unstarted = cycles_of(events) if events is not None else (None, 0)
    found = [rows.drop(FILE, STAYS, UNBORN, strict=False) for rows in (read, told) if rows is not None]
    return (pl.concat(found, how="diagonal") if found else None), unstarted


def add_kept_cycles(dataset: Dataset, wanted: Mapping[str, set[str]]) -> None:
    """The helpdesk's own SLA cycles, of the tickets that count, as the frame; with them a ticket's verdict over all."""
    if CYCLES not in wanted:
        return
    if dataset.clocks.sla is not None:
        if any(SLA_FRAMES & part.columns.keys() for part in dataset.parts):
            text = "the helpdesk's own SLA cycles in these files are left aside: the targets of --sla count"
            dataset.notes.append(Note("sla-kept", text))
        return
    cycles, unstarted = _kept_cycles(dataset)
    if cycles is None:
        return
    dataset.computed[CYCLES] = cycles.lazy()
    dataset.have[CYCLES] = set(cycles.columns)
    known = [dataset.knowledge[name] for name in (CYCLES, _EVENTS) if name in dataset.knowledge]
    dataset.knowledge[CYCLES] = min(known, key=lambda each: each.covers_from)
    dataset.notes.append(Note("sla-kept", "SLA cycles as the helpdesk has kept them, by its own targets"))
    if unstarted:
        text = f"{unstarted:,} SLA clocks started before these files begin: in no SLA figure"
        dataset.notes.append(Note("sla-unstarted", text, unstarted))
    if "tickets" in dataset.frames and "is_sla_met" in wanted.get("tickets", ()):
        dataset.frames["tickets"] = _filled(dataset.frames["tickets"], is_ticket_met(cycles), ["is_sla_met"])
        dataset.have["tickets"].add("is_sla_met")
