"""The scorecard: one row per metric under its topic; the whole stretch, the last whole period, and the way there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from cs_metrics.result import MetricInfo
from cs_metrics.writers._base import NOTHING, Options, clean, say
from cs_metrics.writers._sheet import Cell, Column, Figure, Grid, Marks, Row, change_cell, rows_cell, value_cell
from cs_metrics.writers._words import header_name, period_name

_BARS = "▁▂▃▄▅▆▇█"
_SPARK_PERIODS = 18


def scorecard(
    metrics: Mapping[str, MetricInfo],
    wholes: Sequence[Figure],
    trend: Sequence[Figure],
    options: Options,
    marks: Marks,
    topics: Mapping[str, str],
) -> Grid:
    """One row per metric, under its topic: the whole stretch, the rows behind it, and the last whole period."""
    figure = {row["metric"]: row for row in wholes}
    series: dict[str, list[Figure]] = {name: [] for name in figure}
    for row in trend:
        if row["complete"] and not row["total"]:
            series.setdefault(row["metric"], []).append(row)
    periods = sorted({row["period"] for rows in series.values() for row in rows})[-_SPARK_PERIODS:]
    columns = [Column("", is_number=False, is_key=True, least=14), Column("value"), Column("n")]
    with_range = any(row["low"] is not None for row in wholes)
    with_target = any(row["target"] is not None for row in wholes)
    columns += [Column("95 % interval")] * with_range + [Column("target")] * with_target
    grain = trend[0]["grain"] if trend else "all"
    last = Counter(rows[-1]["period"] for rows in series.values() if rows).most_common(1)
    if last:
        columns += [Column(header_name(last[0][0], grain)), Column(f"vs {grain} before")]
        until = f"to {period_name(periods[-1], grain, short=True)}"
        columns += [Column(until, is_number=False, is_series=True, least=6)] * (len(periods) > 1)
    body: list[Row] = []
    shown = dict.fromkeys(metrics[name].topic for name in figure)
    for topic in shown:
        names = [name for name in figure if metrics[name].topic == topic]
        if len(shown) > 1:
            body.append(Row((Cell(clean(topics.get(topic, topic)), "dim"),), "heading"))
        for name in names:
            row, info = figure[name], metrics[name]
            value = replace(value_cell(row, info, options, marks), tone="strong")
            cells = [Cell(clean(info.label)), value, rows_cell(row, info)]
            if with_range:
                cells.append(_interval(row, info, options))
            if with_target:
                cells.append(_target(row, info, options))
            if last:
                cells += _last(series[name], info, options, last[0][0], grain)
                cells += [Cell(spark(series[name], periods), "dim")] * (len(periods) > 1)
            body.append(Row(tuple(cells)))
    return Grid(tuple(columns), tuple(body))


def _interval(row: Figure, info: MetricInfo, options: Options) -> Cell:
    if row["low"] is None or row["high"] is None:
        return Cell()
    return Cell(f"{say(row['low'], info.unit, options.unit)} – {say(row['high'], info.unit, options.unit)}", "dim")


def _target(row: Figure, info: MetricInfo, options: Options) -> Cell:
    if row["target"] is None:
        return Cell()
    target = say(row["target"], info.unit, options.unit)
    if row["met"] is None:
        return Cell(target)
    return Cell(f"{target} ✓", "good") if row["met"] else Cell(f"{target} ✗", "bad")


def _last(series: Sequence[Figure], info: MetricInfo, options: Options, usual: date, grain: str) -> list[Cell]:
    """The last whole period and its change; named where it is not the usual one, for some figures ripen late."""
    if not series:
        return [Cell(NOTHING, "dim"), Cell()]
    row = series[-1]
    other = "" if row["period"] == usual else f"{period_name(row['period'], grain, short=True)}: "
    return [Cell(other + say(row["value"], info.unit, options.unit)), change_cell(row, info)]


def spark(series: Iterable[Figure], periods: Sequence[date]) -> str:
    """One bar per period on the common axis, from the least value of the series to its greatest; a gap for none."""
    values = {row["period"]: row["value"] for row in series if row["value"] is not None}
    shown = [values[period] for period in periods if period in values]
    if len(shown) < 2:
        return ""
    low, span = min(shown), max(shown) - min(shown)
    heights = {at: round((value - low) / span * 7) if span else 3 for at, value in values.items() if at in periods}
    return "".join(_BARS[heights[period]] if period in heights else " " for period in periods)
