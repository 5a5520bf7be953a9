"""What a metric needs, what the files have, and what therefore has to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from cs_metrics import derive
from cs_metrics.computed import MESSAGE_NEEDS, Clocks, has_history, has_messages
from cs_metrics.dataset import Dataset
from cs_metrics.definitions import Metric
from cs_metrics.entities import (
    CLOCK_COLUMNS,
    CYCLES,
    FLAG,
    FRAMES,
    HISTORY,
    MESSAGES,
    OVERRULED,
    POLICIES,
    SENTIMENT_EXTRA,
)
from cs_metrics.expressions import ColumnAt, ExpressionError, RowExpression, parse, resolve
from cs_metrics.population import POPULATION_COLUMNS
from cs_metrics.result import Missing, Note
from cs_metrics.sla.kept import TOLD

Have = Mapping[str, Set[str]]
BEGINNING = "created_at"  # of a ticket, without which nothing can be computed of its life


def with_computed(have: Mapping[str, Set[str]], clocks: Clocks) -> dict[str, set[str]]:
    """The columns at hand, with those of the frames that can be computed from them, or are told by events in them."""
    found = {frame: set(columns) for frame, columns in have.items()}
    for name, frame in FRAMES.items():
        if frame.made_by in clocks.given:  # what files say of it is left aside then
            found.pop(name, None)
        elif frame.told_by in found:
            found[name] = found.get(name, set()) | set(TOLD)
        if frame.made_of and set(frame.made_of) <= found.keys() and BEGINNING in found["tickets"]:
            # without its rule it is there, and empty
            found[name] = set(frame.columns) if clocks.computed([name]) else found.get(name, set())
    return found


def wanted_columns(
    metrics: Iterable[Metric],
    by: Mapping[str, Mapping[str, ColumnAt]],
    where: Iterable[RowExpression],
    have: Have,
    clocks: Clocks,
) -> dict[str, set[str]]:
    """For each frame the columns to read: what the metrics, by-columns and conditions name, and what those rest on.

    `by` are the resolved by-columns of each frame; `have` those at hand, computed frames included.
    """
    wanted: dict[str, set[str]] = {}

    def want(column: ColumnAt, via: str) -> None:
        if column.column in CLOCK_COLUMNS or column.frame not in have:
            return
        wanted.setdefault(column.frame, set()).update(derive.rests_on(column.frame, column.column))
        if column.link:
            wanted.setdefault(via, set()).add(FRAMES[via].links[column.link][1])
        for target, key in _sharing(column):
            if target in have:
                wanted[column.frame].add(key)
                wanted.setdefault(target, set()).add(column.column)

    conditions = list(where)
    for metric in metrics:
        if not metric.frame or metric.frame not in have:
            continue
        wanted.setdefault(metric.frame, set())
        for column in (*metric.columns.values(), *by.get(metric.frame, {}).values()):
            want(column, metric.frame)
    if any("ticket" in FRAMES[frame].links for frame in wanted) and "tickets" in have:
        wanted.setdefault("tickets", set()).add("ticket_id")  # exclusions follow the link
    for condition in conditions:
        for column in condition.columns.values() if condition.frame in wanted else ():
            want(column, condition.frame)
    _want_sources(wanted, have, clocks)
    for frame, names in wanted.items():
        names |= {
            *FRAMES[frame].required,
            *FRAMES[frame].key,
            *FRAMES[frame].dates,
            *POPULATION_COLUMNS.get(frame, ()),
            "source",
        }
    return wanted


def _want_sources(wanted: dict[str, set[str]], have: Have, clocks: Clocks) -> None:
    """Adds what computed frames and columns are made of: tickets, and their changes and messages where there are."""
    if has_messages(have) and MESSAGES in wanted.get("surveys", ()):
        wanted.setdefault("messages", set()).update(FRAMES["messages"].columns)
    if {POLICIES, CYCLES} & wanted.get("tickets", set()):
        wanted.setdefault(CYCLES, set())
    computed = clocks.computed(wanted)
    asked = wanted.setdefault("tickets", set()) if computed else wanted.get("tickets")
    if asked is None:
        return
    if clocks.hours is not None:
        asked |= set(clocks.hours.columns)
    if "spells" in computed or "sla_cycles" in computed:
        asked |= {"solved_at", "closed_at", "status", *(wanted.get("spells", set()) & FRAMES["tickets"].columns.keys())}
    if CYCLES in computed:
        asked |= {"first_reply_at", "created_by_agent", "priority", "solved_at", "closed_at", "status"}
        asked |= set(clocks.sla.columns) if clocks.sla is not None else set()
    told_by_messages = (
        "waits" in computed or "sla_cycles" in computed or asked & {*OVERRULED[MESSAGES], MESSAGES, POLICIES}
    )
    if has_messages(have) and told_by_messages:
        wanted.setdefault("messages", set()).update(FRAMES["messages"].columns)
        asked.add("created_by_agent")
    if has_history(have) and (computed or asked & {*OVERRULED[HISTORY], HISTORY, POLICIES}):
        wanted.setdefault("changes", set()).update(FRAMES["changes"].columns)
        asked |= {"status", "group", "assignee", "priority", "solved_at", "closed_at"}


def lacking(column: ColumnAt, have: Have) -> list[str]:
    """The columns without which this one cannot be had; empty if it can."""
    frame = have.get(column.frame)
    if frame is None:
        return [column.frame]
    if column.column in CLOCK_COLUMNS or column.column in frame:
        return []
    declared = FRAMES[column.frame]
    if any(column.column in have.get(target, ()) and key in frame for target, key in _sharing(column)):
        return []
    if column.column in declared.derived:
        if derive.can_derive(column.frame, column.column, frame):
            return []
        way = derive.ways_of(column.frame, column.column, frame)[0]
        absent = [replace(column, column=name) for name in way if name not in frame]
        return [
            lack
            for each in absent
            for lack in (lacking(each, have) if each.column in declared.derived else [each.column])
        ]
    if column.frame == "spells":
        return [{"is_reopen": HISTORY, "ended_at": "solved_at"}.get(column.column, column.column)]
    if column.column == "first_solved_at" and {"created_at", "reported_first_resolution_seconds"} <= frame:
        return []
    if column.column == "solved_at" and "closed_at" in frame:
        return []
    if column.column == "sentiment" and SENTIMENT_EXTRA in frame:
        return [SENTIMENT_EXTRA]
    return [column.column]


def _sharing(column: ColumnAt) -> list[tuple[str, str]]:
    """(frame, our key) of the links whose other end has a column of the same name, which fills ours."""
    own = FRAMES[column.frame]
    if column.link or column.column not in own.columns or column.column in ("source", *own.key):
        return []
    shared = [(target, key) for target, key in own.links.values() if column.column in FRAMES[target].columns]
    return [(target, key) for target, key in shared if column.column != key]


def missing(metric: Metric, have: Have) -> Missing | None:
    """Why these columns cannot answer a metric; None if they can. Flags with a default are never missed."""
    if metric.frame not in have:
        sources = [name for name in FRAMES[metric.frame].made_of if name not in have]
        if FRAMES[metric.frame].made_of and not sources and BEGINNING not in have["tickets"]:
            sources = [BEGINNING]
        if metric.frame == "sla_cycles" and not sources:
            sources = [POLICIES]
        if metric.frame == "waits" and not sources:
            sources = [f"{name} (of messages)" for name in sorted(MESSAGE_NEEDS - have["messages"])]
        return Missing(
            metric.name,
            metric.label,
            tuple(sources or [metric.frame]),
            f"no {metric.frame} in these files" if not sources else "",
        )
    dates = [lacking(metric.columns[name], have) for name in metric.dates]
    needs = [] if any(not lack for lack in dates) else dates[0]
    named = {name for expr in metric.measures for name in expr.columns} | set(metric.uniform)
    named |= set(metric.ends)
    for name in sorted(named):
        needs += lacking(metric.columns[name], have)
    for name, column in (metric.where.columns if metric.where else {}).items():
        if FRAMES[column.frame].columns.get(column.column, _NO_DEFAULT).default is None:
            needs += [f"{lack} (for {name})" if column.link else lack for lack in lacking(column, have)]
    return Missing(metric.name, metric.label, tuple(dict.fromkeys(needs))) if needs else None


def unknown_flags(metrics: Sequence[Metric], have: Have) -> list[str]:
    """Flags that a metric's condition names and no file fills: they count as false."""
    return sorted(
        {
            name
            for metric in metrics
            for name, column in (metric.where.columns if metric.where else {}).items()
            if column.frame in have
            and column.column not in have[column.frame]
            and FRAMES[column.frame].columns.get(column.column, _NO_DEFAULT).default is not None
            and column.column != "replies_from_messages"  # never in a file: it says itself whether messages are there
        }
    )


def bind_by(names: Sequence[str], frames: Sequence[str]) -> dict[str, dict[str, ColumnAt]]:
    """The by-columns as each frame resolves them. Raises `ExpressionError` for one that no frame knows."""
    bound: dict[str, dict[str, ColumnAt]] = {frame: {} for frame in frames}
    for name in names:
        errors = []
        for frame in frames:
            try:
                bound[frame][name] = resolve(frame, name)
            except ExpressionError as error:
                errors.append(error)
        if len(errors) == len(frames):
            raise errors[0]
    return bound


def bind_where(text: str | None, frames: Sequence[str]) -> dict[str, RowExpression]:
    """The condition as each frame reads it. Raises `ExpressionError` where no frame can."""
    if text is None:
        return {}
    bound, errors = {}, []
    for frame in frames:
        try:
            bound[frame] = parse(text, frame)
            if bound[frame].dtype != FLAG:
                raise ExpressionError(f"'{text}' is not a condition")
        except ExpressionError as error:
            errors.append(error)
            bound.pop(frame, None)
    if not bound:
        raise errors[0]
    return bound


def flag_notes(metrics: Sequence[Metric], dataset: Dataset) -> list[Note]:
    """One note for the flags that are taken as false because no file fills them."""
    flags = unknown_flags(metrics, dataset.have)
    return [Note("flag-unknown", f"not in these files, taken as no: {', '.join(flags)}", len(flags))] if flags else []


_NO_DEFAULT = FRAMES["tickets"].columns["ticket_id"]
