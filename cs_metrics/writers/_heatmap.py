"""The week as a map: one grid per metric, weekdays down, hours across, and darker where there is more."""

from __future__ import annotations

from collections.abc import Sequence

from cs_metrics.result import MetricInfo, Result
from cs_metrics.writers._base import NOTHING, Options, Tone, clean, say
from cs_metrics.writers._sheet import RUNNING, Cell, Column, Figure, Grid, Marks, Row
from cs_metrics.writers._words import WEEKDAYS

_SHADES: tuple[Tone, ...] = ("heat 1", "heat 2", "heat 3", "heat 4", "heat 5")


def is_week(by: Sequence[str], rows: Sequence[Figure]) -> bool:
    """Whether figures are split by weekday and hour, in either order, and by nothing that has no place on the map."""
    if sorted(by) != ["hour", "weekday"]:
        return False
    parts = [row for row in rows if not row["total"]]
    return all(row["weekday"] in WEEKDAYS and str(row["hour"]).isdecimal() for row in parts)


def heat_maps(result: Result, rows: Sequence[Figure], options: Options, marks: Marks) -> list[Grid]:
    """A grid for each metric; the hours of all of them are the same, from the first to the last that any has."""
    hours = sorted({int(row["hour"]) for row in rows if not row["total"]})
    across = range(hours[0], hours[-1] + 1) if hours else range(0)
    told = [(info, [row for row in rows if row["metric"] == name]) for name, info in result.metrics.items()]
    return [_map(info, own, across, options, marks) for info, own in told if own]


def _map(info: MetricInfo, rows: Sequence[Figure], hours: Sequence[int], options: Options, marks: Marks) -> Grid:
    values = {(row["weekday"], int(row["hour"])): row["value"] for row in rows if not row["total"]}
    known = [value for value in values.values() if value is not None]
    low, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    texts = {place: say(value, info.unit, options.unit) for place, value in values.items()}
    width = max(map(len, texts.values()), default=1)  # tiles of one size

    def cell(place: tuple[str, int]) -> Cell:
        value = values.get(place)
        if value is None:
            return Cell(NOTHING.rjust(width), "dim")
        shade = _SHADES[min(int((value - low) / span * len(_SHADES)), len(_SHADES) - 1)] if span else "plain"
        return Cell(texts[place].rjust(width), shade)

    columns = [Column("Weekday", is_number=False, is_key=True, least=3)]
    columns += [Column(f"{hour:02}") for hour in hours]
    body = [Row((Cell(day), *(cell((day, hour)) for hour in hours))) for day in WEEKDAYS]
    return Grid(tuple(columns), tuple(body), _title(info, rows, options, marks))


def _title(info: MetricInfo, rows: Sequence[Figure], options: Options, marks: Marks) -> str:
    """The metric with its figure for all, marked like any figure."""
    label = clean(info.label)
    for row in rows:
        if row["total"] and row["value"] is not None:
            mark = marks.of(row)
            return f"{label} · all {say(row['value'], info.unit, options.unit)}{' ' if mark == RUNNING else ''}{mark}"
    return label
