"""The scorecard: one row per metric under its topic; the whole stretch, what it stands on, how it moved, its target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from cs_metrics.result import MetricInfo, Result
from cs_metrics.writers._base import Options, clean, say
from cs_metrics.writers._sheet import (
    Cell,
    Column,
    Figure,
    Grid,
    Marks,
    Row,
    change_cell,
    coverage_cell,
    interval_cell,
    rows_cell,
    value_cell,
)
from cs_metrics.writers._words import NO_BREAK, change_name, period_name, stretch_name

_BARS = "▁▂▃▄▅▆▇█"
_SPARK_PERIODS = 18


def scorecard(
    result: Result, wholes: Sequence[Figure], trend: Sequence[Figure], options: Options, marks: Marks
) -> Grid:
    """One row per metric, under its topic: the whole stretch, what it stands on, how it moved, and the way there.

    The move is that of the stretch where one was asked for, else that of the last whole week or month.
    """
    metrics = result.metrics
    figure = {row["metric"]: row for row in wholes}
    series: dict[str, list[Figure]] = {name: [] for name in figure}
    for row in trend:
        if row["complete"] and not row["total"]:
            series.setdefault(row["metric"], []).append(row)
    periods = sorted({row["period"] for rows in series.values() for row in rows})[-_SPARK_PERIODS:]
    with_range = any(row["low"] is not None or row["high"] is not None for row in wholes)
    with_target = any(row["target"] is not None for row in wholes)
    is_moved = any(row["change"] is not None for row in wholes)
    grain = trend[0]["grain"] if trend else "all"
    last = Counter(rows[-1]["period"] for rows in series.values() if rows).most_common(1)
    columns = [Column("", is_number=False, is_key=True, least=14), Column("value")]
    columns += [Column(f"{100 * marks.confidence:g} % interval")] * with_range + [Column("n")]
    with_coverage = any(coverage_cell(row, metrics[row["metric"]]).text for row in wholes)
    columns += [Column("", is_number=False)] * with_coverage
    compare = str(result.question.get("compare", "previous"))
    if is_moved:
        columns.append(Column(stretch_name(result.question)))
    elif last and compare != "none":
        columns.append(Column(_versus(last[0][0], periods, grain, compare)))
    if len(periods) > 1:
        until = f"to {period_name(periods[-1], grain, short=True)}"
        columns.append(Column(until, is_number=False, is_series=True, least=6))
    columns += [Column("target")] * with_target
    body: list[Row] = []
    shown = dict.fromkeys(metrics[name].topic for name in figure)
    for topic in shown:
        names = [name for name in figure if metrics[name].topic == topic]
        if len(shown) > 1:
            body.append(Row((Cell(clean(result.topics.get(topic, topic)), "dim"),), "heading"))
        for name in names:
            row, info = figure[name], metrics[name]
            value = value_cell(row, info, options, marks)
            cells = [Cell(clean(info.label)), value if value.tone == "dim" else replace(value, tone="strong")]
            cells += [interval_cell(row, info, options)] * with_range + [rows_cell(row, info)]
            cells += [coverage_cell(row, info)] * with_coverage
            if is_moved:
                cells.append(change_cell(row, info, marks))
            elif last and compare != "none":
                cells.append(_last(series[name], info, marks, last[0][0], grain))
            cells += [Cell(spark(series[name], periods), "dim")] * (len(periods) > 1)
            cells += [_target(row, info, options)] * with_target
            body.append(Row(tuple(cells)))
    return Grid(tuple(columns), tuple(body))


def _versus(last: date, periods: Sequence[date], grain: str, compare: str) -> str:
    """`Nov vs Oct`: the last whole period and what it is compared with."""
    before = [period for period in periods if period < last]
    name = period_name(last, grain, short=True)
    if compare == "year" or not before:
        return f"{name} {change_name(grain, compare)}"
    return f"{name} vs {period_name(before[-1], grain, short=True)}".replace(" ", NO_BREAK).replace(
        f"{NO_BREAK}vs", " vs"
    )


def _target(row: Figure, info: MetricInfo, options: Options) -> Cell:
    if row["target"] is None:
        return Cell()
    target = say(row["target"], info.unit, options.unit)
    if row["met"] is None:
        return Cell(target)
    return Cell(f"{target} ✓", "good") if row["met"] else Cell(f"{target} ✗", "bad")


def _last(series: Sequence[Figure], info: MetricInfo, marks: Marks, usual: date, grain: str) -> Cell:
    """The change of the last whole period; named where it is not the usual one, for some figures ripen late."""
    if not series:
        return Cell()
    row = series[-1]
    cell = change_cell(row, info, marks)
    other = "" if row["period"] == usual or not cell.text else f"{period_name(row['period'], grain, short=True)}: "
    return replace(cell, text=other + cell.text)


def spark(series: Iterable[Figure], periods: Sequence[date]) -> str:
    """One bar per period on the common axis, from the least value of the series to its greatest; a gap for none."""
    values = {row["period"]: row["value"] for row in series if row["value"] is not None}
    shown = [values[period] for period in periods if period in values]
    if len(shown) < 2:
        return ""
    low, span = min(shown), max(shown) - min(shown)
    heights = {at: round((value - low) / span * 7) if span else 3 for at, value in values.items() if at in periods}
    return "".join(_BARS[heights[period]] if period in heights else " " for period in periods)
