"""What a metric needs, what the files have, and what therefore has to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from cs_metrics import derive
from cs_metrics.definitions import Metric
from cs_metrics.entities import CLOCK_COLUMNS, FLAG, FRAMES
from cs_metrics.expressions import ColumnAt, ExpressionError, RowExpression, parse, resolve
from cs_metrics.population import POPULATION_COLUMNS, Dataset
from cs_metrics.result import Missing, Note

Have = Mapping[str, Set[str]]


def wanted_columns(
    metrics: Iterable[Metric], by: Mapping[str, Mapping[str, ColumnAt]], where: Iterable[RowExpression], have: Have
) -> dict[str, set[str]]:
    """For each frame the columns to read: what the metrics, by-columns and conditions name, and what those rest on.

    `by` are the resolved by-columns of each frame.
    """
    wanted: dict[str, set[str]] = {}

    def want(column: ColumnAt, via: str) -> None:
        if column.column in CLOCK_COLUMNS or column.frame not in have:
            return
        declared = FRAMES[column.frame]
        names = derive.inputs_of(column.frame, column.column) if column.column in declared.derived else {column.column}
        names |= {helper for name in [*names, column.column] for helper in derive.helpers_of(name)}
        wanted.setdefault(column.frame, set()).update(names)
        if column.column in derive.OVER_THE_WHOLE_FRAME:
            wanted[column.frame].add(column.column)
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
    for frame, names in wanted.items():
        names |= {*FRAMES[frame].required, *FRAMES[frame].dates, *POPULATION_COLUMNS.get(frame, ()), "source"}
    return wanted


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
        return [name for name in declared.derived[column.column].ways[0] if name not in frame]
    if column.column == "first_solved_at" and {"created_at", "reported_first_resolution_seconds"} <= frame:
        return []
    if column.column == "solved_at" and "closed_at" in frame:
        return []
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
        return Missing(metric.name, metric.label, (metric.frame,), f"no {metric.frame} in these files")
    dates = [lacking(metric.columns[name], have) for name in metric.dates]
    needs = [] if any(not lack for lack in dates) else dates[0]
    named = {name for expr in metric.measures for name in expr.columns} | set(metric.uniform)
    named |= {metric.until} if metric.until else set()
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
