"""From the long frame to grids: the scorecard, or a pivot that stays readable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

from cs_metrics.result import Result
from cs_metrics.writers._base import NOTHING, Options, clean
from cs_metrics.writers._heatmap import heat_maps, is_week
from cs_metrics.writers._scorecard import scorecard
from cs_metrics.writers._sheet import (
    RUNNING,
    Cell,
    Column,
    Figure,
    Grid,
    Marks,
    Row,
    Sheet,
    change_cell,
    coverage_cell,
    interval_cell,
    rows_cell,
    value_cell,
)
from cs_metrics.writers._words import (
    WEEKDAYS,
    by_value,
    change_name,
    feet,
    grain_name,
    head,
    header_name,
    period_name,
    stretch_name,
)

Key = tuple[Any, ...]
_TOTAL = "All"


def lay_out(result: Result, options: Options) -> Sheet:
    """The scorecard where nothing splits the figures, else a pivot."""
    grain, marks = str(result.question.get("grain", "all")), Marks(result.question.get("confidence") or 0.95)
    rows = list(result.frame.iter_rows(named=True))
    asked = [row for row in rows if row["grain"] == grain]
    trend = [row for row in rows if row["grain"] != grain]
    if not asked:
        grids = []
    elif grain == "all" and not result.by:
        grids = [scorecard(result, asked, trend, options, marks)]
    else:
        grids = _pivots(result, asked, grain, options, marks)
    if options.trend and trend:
        grids += _pivots(result, trend, trend[0]["grain"], options, marks)
    return Sheet(tuple(head(result)), tuple(grids), (*marks.feet(), *feet(result)))


def _pivots(result: Result, rows: Sequence[Figure], grain: str, options: Options, marks: Marks) -> list[Grid]:
    """All metrics side by side, or where periods and by-values cross one grid each; a week is a map of its hours."""
    if grain == "all" and is_week(result.by, rows):
        return heat_maps(result, rows, options, marks)
    if grain == "all" or not result.by:
        return [_columns_are_metrics(result, rows, grain, options, marks)]
    names = [name for name in result.metrics if any(row["metric"] == name for row in rows)]
    return [_periods_by_values(result, name, rows, grain, options, marks) for name in names]


def _columns_are_metrics(result: Result, rows: Sequence[Figure], grain: str, options: Options, marks: Marks) -> Grid:
    """One row per period or by-value, the total last; a metric that stands alone shows what is behind it."""
    names = [name for name in result.metrics if any(row["metric"] == name for row in rows)]
    figure = {(row["metric"], _key(row, result.by, grain)): row for row in rows}
    keys = _ordered([[key for metric, key in figure if metric == name] for name in names], result.by, grain)
    labels = [grain_name(grain)] if grain != "all" else [by_name(name) for name in result.by]
    columns = [Column(label, is_number=False, is_key=True, least=16) for label in labels]
    columns += [Column(clean(result.metrics[name].label)) for name in names]
    is_alone = len(names) == 1
    with_change = is_alone and any(row["change"] is not None for row in rows)
    with_rows = is_alone and any(rows_cell(row, result.metrics[names[0]]).text for row in rows)
    with_range = is_alone and any(row["low"] is not None or row["high"] is not None for row in rows)
    columns += [Column(f"{100 * marks.confidence:g} % interval")] * with_range + [Column("n")] * with_rows
    with_coverage = is_alone and any(coverage_cell(row, result.metrics[names[0]]).text for row in rows)
    columns += [Column("", is_number=False)] * with_coverage
    compared = stretch_name(result.question) if grain == "all" else change_name(grain, str(result.question["compare"]))
    columns += [Column(compared)] * with_change
    body = []
    for key in keys:
        cells: list[Cell] = []
        for name in names:
            row, info = figure.get((name, key)), result.metrics[name]
            cells.append(value_cell(row, info, options, marks) if row else Cell(NOTHING, "dim"))
            if with_range:
                cells.append(interval_cell(row, info, options) if row else Cell())
            if with_rows:
                cells.append(rows_cell(row, info) if row else Cell())
            if with_coverage:
                cells.append(coverage_cell(row, info) if row else Cell())
            if with_change:
                cells.append(change_cell(row, info, marks) if row else Cell())
        body.append(_row(key, result.by, grain, cells))
    return Grid(tuple(columns), tuple(body))


def _periods_by_values(
    result: Result, name: str, rows: Sequence[Figure], grain: str, options: Options, marks: Marks
) -> Grid:
    """One metric, periods against by-values; the longer side goes down the page."""
    info = result.metrics[name]
    figure = {(row["period"], _key(row, result.by, "all")): row for row in rows if row["metric"] == name}
    periods: list[date] = sorted({period for period, _ in figure})
    sequences = [[key for at, key in figure if at == period] for period in periods]
    keys = _ordered(sequences, result.by, "all")

    def cell(period: date, key: Key) -> Cell:
        row = figure.get((period, key))
        return value_cell(row, info, options, marks) if row else Cell(NOTHING, "dim")

    if len(periods) >= len(keys):
        columns = [Column(grain_name(grain), is_number=False, is_key=True, least=16)]
        columns += [Column(_TOTAL if key[0] else " / ".join(_texts(key))) for key in keys]
        body = [_row((False, period), (), grain, [cell(period, key) for key in keys]) for period in periods]
        return Grid(tuple(columns), tuple(body), clean(info.label))
    columns = [Column(by_name(by), is_number=False, is_key=True, least=16) for by in result.by]
    cells = []
    for period in periods:
        mark, below = _lifted([cell(period, key) for key in keys])
        columns.append(Column(header_name(period, grain) + mark))
        cells.append(below)
    body = [_row(key, result.by, "all", beside) for key, beside in zip(keys, zip(*cells, strict=True), strict=True)]
    return Grid(tuple(columns), tuple(body), clean(info.label))


def _row(key: Key, by: Sequence[str], grain: str, cells: Sequence[Cell]) -> Row:
    """A row of a pivot, named by its period or its by-values."""
    if grain != "all":
        mark, cells = _lifted(cells)
        return Row((Cell(period_name(key[1], grain), "dim" if mark == RUNNING else "plain", mark), *cells))
    is_total = bool(key[0])
    names = [_TOTAL, *[""] * (len(by) - 1)] if is_total else _texts(key)
    return Row((*(Cell(name) for name in names), *cells), "total" if is_total else "plain")


def _lifted(cells: Sequence[Cell]) -> tuple[str, Sequence[Cell]]:
    """The mark of a whole period, to be said once beside its name, and its cells without it."""
    marks = {cell.mark for cell in cells if cell.text != NOTHING}
    if len(marks) != 1:
        return "", cells
    return marks.pop(), [replace(cell, mark="") for cell in cells]


def by_name(name: str) -> str:
    """`ticket.group` → `Ticket group`."""
    words = clean(name.removeprefix("x_").replace("_", " ").replace(".", " "))
    return words[:1].upper() + words[1:]


def _texts(key: Key) -> list[str]:
    return [by_value(value) for value in key[1:]]


def _key(row: Figure, by: Sequence[str], grain: str) -> Key:
    """Whether the row is the total, then its period or its by-values."""
    return (row["total"], row["period"]) if grain != "all" else (row["total"], *(row[name] for name in by))


def _ordered(sequences: Sequence[Sequence[Key]], by: Sequence[str], grain: str) -> list[Key]:
    """The union of the rows' keys. What comes sorted stays sorted, weekdays from Monday; any other order is kept."""
    union = list(dict.fromkeys(key for keys in sequences for key in keys))
    if all(_rank(a, ()) <= _rank(b, ()) for keys in sequences for a, b in pairwise(keys)):
        return sorted(union, key=lambda key: _rank(key, by if grain == "all" else ()))
    return sorted(union, key=lambda key: bool(key[0]))


def _rank(key: Key, by: Sequence[str]) -> list[tuple[bool, Any]]:
    """Sortable: totals last, then nulls last. `by` gives weekdays their calendar order and hours, if text, theirs."""
    ranks: list[tuple[bool, Any]] = [(False, key[0])]
    for place, value in enumerate(key[1:]):
        kind = by[place].rpartition(".")[2] if by else ""
        if kind == "weekday" and value in WEEKDAYS:
            value = f"{WEEKDAYS.index(value)}"
        elif kind == "hour" and isinstance(value, str):
            value = value.zfill(2)
        ranks.append((value is None, "" if value is None else value))
    return ranks
