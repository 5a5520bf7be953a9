"""A distribution for the eye (a histogram, one column for each by-value on one axis) and for programs (its bins)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

import polars as pl

from cs_metrics.result import Bin, Distribution, DistributionPart
from cs_metrics.writers._base import NOTHING, Options, Tone, clean, say
from cs_metrics.writers._layout import by_name
from cs_metrics.writers._sheet import Cell, Column, Grid, Row, Sheet
from cs_metrics.writers._words import by_value, count, feet, head
from cs_metrics.writers.csv import write_frame
from cs_metrics.writers.ndjson import line

_WIDTH = 100  # of the page where nobody says it
_SHOWN = 12  # by-values side by side; all of them are in csv and json
_LEAST_ROWS = 15
_NARROW, _WIDE = 12, 44
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_RULE = "╌"
_UNITS = (("w", 604800), ("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def _table(found: Distribution, stream: TextIO, options: Options) -> None:
    from cs_metrics.writers.table import draw

    draw(lay_out(found, options), stream, options)


def lay_out(found: Distribution, options: Options) -> Sheet:
    """Bins from top to bottom, the target's line between them, percentiles where they fall or below."""
    parts = [part for part in found.parts if part.by][:_SHOWN]
    whole = found.parts[-1]
    of = found.result.frame["of"].max()
    rows = f"{whole.n:,} of {of:,} values" if isinstance(of, int) and of > whole.n else count(whole.n, "values")
    title = f"{clean(found.info.label)} · {rows}"
    if not whole.n:
        return Sheet((title, *head(found.result)), (), ())
    grid = _multiples(found, [*parts, whole]) if parts else _single(found, whole, options.width or _WIDTH)
    left_out = len(found.parts) - 1 - len(parts)
    more = [f"{count(left_out, 'more by-values')} with fewer values: in csv and json"] if left_out > 0 else []
    return Sheet((title, *head(found.result)), (grid,), (*_said(found, whole), *more, *feet(found.result)))


def _single(found: Distribution, part: DistributionPart, page: int) -> Grid:
    """One histogram with counts, shares and the percentiles beside the bins in which they lie."""
    labels, marks = bin_labels(found), _marks(found, part)
    taken = max(map(len, labels)) + max(map(len, marks)) + 7 + len(f"{part.n:,}") + 8
    width = max(_NARROW, min(_WIDE, page - taken))
    most = max(part.counts)

    def row(label: str, rows: int, mark: str, tone: Tone) -> Row:
        numbers = (Cell(f"{rows:,}"), _share(rows, part.n)) if rows else (Cell(NOTHING, "dim"), Cell(NOTHING, "dim"))
        return Row((Cell(label), Cell(_bar(rows / most, width), tone), *numbers, Cell(mark, "dim")))

    rows = [row(*cells) for cells in zip(labels, part.counts, marks, _tones(found), strict=True)]
    columns = (
        Column("", is_number=False, is_key=True, least=8),
        Column("", is_number=False),
        Column("n"),
        Column("share"),
    )
    beyond = _share(part.beyond or 0, part.n)
    line = Row((_target_cell(found), Cell(_RULE * width, "dim"), Cell(), beyond, Cell("beyond", "dim")))
    return Grid((*columns, Column("", is_number=False)), tuple(_with_line(found, rows, line)))


def _multiples(found: Distribution, parts: Sequence[DistributionPart]) -> Grid:
    """A column for each part, with bars on one scale; n, percentiles and what misses the target below.

    The scale is that of the parts with rows enough for a shape; a bar of the others may end at the column's edge.
    """
    most = max(rows / part.n for part in parts if part.n >= _LEAST_ROWS or not part.by for rows in part.counts)
    tones = _tones(found)

    def cell(part: DistributionPart, place: int) -> Cell:
        rows = part.counts[place]
        bar = _bar(min(1.0, rows / part.n / most), _NARROW)
        return Cell(f"{bar:{_NARROW}} {_share(rows, part.n).text:>7}" if rows else "", tones[place])

    rows = [Row((Cell(label), *(cell(part, place) for part in parts))) for place, label in enumerate(bin_labels(found))]
    line = Row((_target_cell(found), *(Cell(_RULE * (_NARROW + 8), "dim") for _ in parts)))
    body = [*_with_line(found, rows, line), Row((Cell("n"), *(_right(f"{part.n:,}") for part in parts)), "total")]
    for name in found.parts[0].percentiles:
        values = [say(part.percentiles[name], found.unit) for part in parts]
        body.append(Row((Cell(name), *map(_right, values))))
    if found.target is not None:
        shares = [_share(part.beyond or 0, part.n).text for part in parts]
        body.append(Row((Cell("beyond target"), *map(_right, shares))))
    names = [" / ".join(by_value(value) for value in part.by.values()) or "All" for part in parts]
    keys = ", ".join(by_name(name) for name in parts[0].by)
    columns = [Column(keys, is_number=False, is_key=True, least=8)]
    return Grid((*columns, *(Column(name, is_number=False) for name in names)), tuple(body))


def bin_labels(found: Distribution) -> list[str]:
    """`1 – 4 h`, `30 min – 1 h`, `0`, `below 0`, `over 52 w`; single scores are themselves."""
    return [_label(each, found.unit, found.closed == "left") for each in found.bins]


def _label(each: Bin, unit: str, is_left: bool) -> str:
    """`is_left`: a bin holds its lower limit, not its upper one."""
    lower, upper = (None if limit is None else _limit(limit, unit) for limit in (each.lower, each.upper))
    if lower is None:
        return f"{'below' if is_left or unit == 'duration' else 'up to'} {upper}"
    if upper is None:
        return f"{'from' if is_left else 'over'} {lower}"
    if each.lower == each.upper:
        return lower
    if unit == "duration" and each.lower == 0:
        return f"up to {upper}"
    number, _, word = lower.partition(" ")
    return f"{number} – {upper}" if word and word == upper.partition(" ")[2] else f"{lower} – {upper}"


def _limit(value: float, unit: str) -> str:
    """A limit in the greatest unit that fits it without rest."""
    if unit != "duration":
        return f"{value:,.6g}".replace("-", "−")
    for name, seconds in _UNITS:
        if value and value % seconds == 0:
            return f"{value // seconds:,.0f} {name}"
    return say(value, "duration") if value else "0"


def _bar(share: float, width: int) -> str:
    """A bar in eighths of a character; whatever is there at all is seen."""
    eighths = max(round(share * width * 8), 1 if share > 0 else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _marks(found: Distribution, part: DistributionPart) -> list[str]:
    """For each bin the percentiles that lie in it."""
    marks: list[list[str]] = [[] for _ in found.bins]
    for name, value in part.percentiles.items():
        if value is not None:
            marks[_place(found, value)].append(f"{name} {say(value, found.unit)}")
    return [", ".join(each) for each in marks]


def _place(found: Distribution, value: float) -> int:
    """The bin in which a value lies; between two single values that of the greater."""

    def holds(each: Bin) -> bool:
        if each.upper is None or each.lower == each.upper:
            return each.upper is None or value <= each.upper
        is_open = found.closed == "left" or (found.unit == "duration" and each.lower is None)
        return value < each.upper if is_open else value <= each.upper

    return next((place for place, each in enumerate(found.bins) if holds(each)), len(found.bins) - 1)


def _line_at(found: Distribution) -> int | None:
    """How many bins stand above the target's line: those of the values up to it, or less than it if more is better."""
    target = found.target
    if target is None:
        return None
    uppers = [(each.upper, found.closed == "left" and each.lower == each.upper) for each in found.bins]
    return sum(upper is not None and (upper < target if is_open else upper <= target) for upper, is_open in uppers)


def _tones(found: Distribution) -> list[Tone]:
    """Quiet bars, red beyond the target."""
    at = _line_at(found)
    is_less = found.closed == "left"
    return ["bad" if at is not None and (place < at) == is_less else "dim" for place in range(len(found.bins))]


def _with_line(found: Distribution, rows: Sequence[Row], line: Row) -> list[Row]:
    at = _line_at(found)
    return list(rows) if at is None else [*rows[:at], line, *rows[at:]]


def _target_cell(found: Distribution) -> Cell:
    return Cell(f"target {_limit(found.target or 0, found.unit)}", "strong")


def _share(rows: int, n: int) -> Cell:
    return Cell(say(rows / n, "share"))


def _right(text: str) -> Cell:
    return Cell(f"{text:>{_NARROW + 8}}")


def _said(found: Distribution, whole: DistributionPart) -> Iterator[str]:
    """The percentiles of all, and what misses the target."""
    unit = found.unit
    yield " · ".join(f"{name} {say(value, unit)}" for name, value in whole.percentiles.items())
    if found.target is not None and whole.beyond is not None:
        side = "at least" if found.closed == "left" else "at most"
        rows = f"{whole.beyond:,} of {whole.n:,}"
        yield f"target {side} {_limit(found.target, unit)}: {_share(whole.beyond, whole.n).text} beyond it ({rows})"


def _csv(found: Distribution, stream: TextIO, options: Options) -> None:
    """One row per by-value and bin, unrounded; the percentiles of the by-value in each. Without the total, if split."""
    parts = [part for part in found.parts if part.by] or list(found.parts)
    rows = [
        {
            "metric": found.metric,
            **part.by,
            "lower": each.lower,
            "upper": each.upper,
            "count": rows,
            "share": rows / part.n,
            "n": part.n,
            **part.percentiles,
            "target": found.target,
            "beyond": None if part.beyond is None else part.beyond / part.n,
        }
        for part in parts
        for each, rows in zip(found.bins, part.counts, strict=True)
    ]
    numbers = ("lower", "upper", "share", *parts[0].percentiles, "target", "beyond")
    names = ["metric", *parts[0].by, "lower", "upper", "count", "share", "n", *parts[0].percentiles, "target", "beyond"]
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame(schema=names)
    write_frame(frame.with_columns(pl.col(numbers).cast(pl.Float64)), stream, options.raw)


def _json(found: Distribution, stream: TextIO, options: Options) -> None:
    told = {
        "question": dict(found.result.question),
        "metric": found.metric,
        "label": found.info.label,
        "unit": found.unit,
        "closed": found.closed,
        "target": found.target,
    }
    stream.write('{"format": 1,\n' + "".join(f'"{key}": {line(value)},\n' for key, value in told.items()))
    parts = [
        line(
            {
                "by": dict(part.by),
                "n": part.n,
                "percentiles": dict(part.percentiles),
                "beyond": part.beyond / part.n if part.beyond is not None and part.n else None,
                "bins": [
                    {"lower": each.lower, "upper": each.upper, "count": rows, "share": rows / part.n}
                    for each, rows in zip(found.bins, part.counts, strict=True)
                ],
            }
        )
        for part in found.parts
    ]
    notes = [line({"code": note.code, "text": note.text, "count": note.count}) for note in found.result.notes]
    stream.write('"parts": [\n' + ",\n".join(parts) + '],\n"notes": [\n' + ",\n".join(notes) + "]}\n")


FORMATS: dict[str, Callable[[Distribution, TextIO, Options], None]] = {"csv": _csv, "json": _json, "table": _table}
