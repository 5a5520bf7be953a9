"""For the eye: the scorecard or a pivot in the terminal, in quiet colours.

Rich prints and knows how wide characters are; the columns are measured here, because a terminal that is too narrow must
get several tables below one another and lose nothing, and a pipe must get whole lines.
"""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Sequence
from typing import TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from cs_metrics.result import Result
from cs_metrics.writers._base import Options
from cs_metrics.writers._layout import lay_out
from cs_metrics.writers._sheet import Cell, Column, Grid, Row, Sheet
from cs_metrics.writers._words import NO_BREAK

_GAP = 2
_HEADER_WIDTH = 12  # a header may be this wide above narrower numbers before it is wrapped
_HEADER_LINES = 3
_HEADER_MOST = 20  # by-values stand in headers too, and one long word must not take the page
_STYLES = {"plain": "", "strong": "bold", "dim": "dim", "good": "green", "bad": "red"} | {
    f"heat {level}": f"color({ink}) on color({paper})"  # shades of one blue, each with an ink that is read on it
    for level, (ink, paper) in enumerate(((16, 195), (16, 153), (16, 111), (231, 68), (231, 25)), 1)
}


def write(result: Result, stream: TextIO, options: Options) -> None:
    """Nothing of the data is read as markup: all of it is `Text`, cleaned of control characters by the layout."""
    draw(lay_out(result, options), stream, options)


def draw(sheet: Sheet, stream: TextIO, options: Options) -> None:
    """Prints a sheet; each grid as it fits the width."""
    width = _terminal_width(stream) if options.width is None else options.width or None
    page = io.StringIO()  # Rich would end the program itself when a pipe is closed
    console = Console(
        file=page,
        force_terminal=options.color,
        color_system="256" if options.color else None,
        no_color=not options.color,
        width=width or 10_000,
        legacy_windows=False,
    )
    lines: list[Text] = []
    for line in sheet.head:
        lines += _wrapped(line, width, "dim")
    if lines:
        lines[0].stylize("not dim bold", 0, len(sheet.head[0].partition(" · ")[0]))
    for grid in sheet.grids:
        for part in _parts(grid, width):
            lines.append(Text())
            lines += part
    if sheet.feet:
        lines.append(Text())
    for line in sheet.feet:
        lines += _wrapped(line, width, "dim")
    for text in lines:
        text.rstrip()
        console.print(text, soft_wrap=True)
    stream.write(page.getvalue())


def _terminal_width(stream: TextIO) -> int | None:
    try:
        return (os.get_terminal_size(stream.fileno()).columns or None) if stream.isatty() else None
    except (OSError, ValueError):
        return None


def _wrapped(line: str, width: int | None, style: str) -> list[Text]:
    """Broken at the dots between its parts where they are short enough, else between words."""
    if width is None:
        return [Text(line, style)]
    parts = [part.replace(" ", NO_BREAK) if len(part) < width - 4 else part for part in line.split(" · ")]
    pieces = textwrap.wrap(f"{NO_BREAK}· ".join(parts) if len(parts) > 1 else line, width, subsequent_indent="  ")
    return [Text(piece.replace(NO_BREAK, " "), style) for piece in pieces]


def _parts(grid: Grid, width: int | None) -> list[list[Text]]:
    """The grid as one table, or as several with the key columns repeated, each within the width."""
    widths = [_natural(place, column, grid) for place, column in enumerate(grid.columns)]
    if width is None:
        return [_drawn(grid, range(len(widths)), widths)]
    keys = [place for place, column in enumerate(grid.columns) if column.is_key]
    least = min(grid.columns[place].least for place in keys)
    limits = range(max(least, *(widths[place] for place in keys)), least - 1, -1)
    tries = [_squeezed(grid.columns, widths, limit, width) for limit in limits]
    widths = min(tries, key=lambda tried: len(_chunks(grid.columns, tried, width)))  # of equals the first, cut least
    return [_drawn(grid, [*keys, *chunk], widths) for chunk in _chunks(grid.columns, widths, width)]


def _squeezed(columns: Sequence[Column], widths: Sequence[int], limit: int, width: int) -> list[int]:
    """Keys within `limit`; a series shorter only where then all columns fit."""
    cut = [min(size, limit) if column.is_key else size for size, column in zip(widths, columns, strict=True)]
    over = _span(cut) - width
    slack = {place: size - columns[place].least for place, size in enumerate(cut) if columns[place].is_series}
    for place, most in slack.items():
        if 0 < over <= most:
            cut[place] -= over
    return cut


def _chunks(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[list[int]]:
    """The value columns that fit beside the keys, table by table; one at least."""
    room = width - sum(widths[place] + _GAP for place, column in enumerate(columns) if column.is_key)
    chunks: list[list[int]] = []
    for place, column in enumerate(columns):
        if column.is_key:
            continue
        if not chunks or _span([widths[beside] for beside in chunks[-1]]) + _GAP + widths[place] > room:
            chunks.append([])
        chunks[-1].append(place)
    return chunks or [[]]


def _span(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _natural(place: int, column: Column, grid: Grid) -> int:
    """The width of the widest cell, or of the header wrapped above it."""
    is_marked = _has_marks(place, grid)
    content = max((cell_len(_plain(row.cells[place], is_marked)) for row in _bodies(grid)), default=0)
    return max(content, *(min(_HEADER_MOST, cell_len(line)) + is_marked for line in _header(column, content)))


def _drawn(grid: Grid, places: Sequence[int], widths: Sequence[int]) -> list[Text]:
    headers = [_header(grid.columns[place], widths[place]) for place in places]
    height = max(len(header) for header in headers)
    lines = [Text(grid.title, "bold")] if grid.title else []
    for level in range(height):
        cells = [Cell(header[level - height] if level >= height - len(header) else "", "dim") for header in headers]
        lines.append(_line(grid, cells, places, widths, ""))
    rule = Text("─" * _span([widths[place] for place in places]), "dim")
    lines.append(rule)
    for number, row in enumerate(grid.rows):
        if row.kind == "heading":
            lines += [Text()] * (number > 0) + [Text(row.cells[0].text, _STYLES[row.cells[0].tone])]
            continue
        if row.kind == "total":
            lines.append(rule)
        style = "bold" if row.kind == "total" else ""
        lines.append(_line(grid, [row.cells[place] for place in places], places, widths, style))
    return lines


def _line(grid: Grid, cells: Sequence[Cell], places: Sequence[int], widths: Sequence[int], style: str) -> Text:
    text = Text(style=style)
    for number, (cell, place) in enumerate(zip(cells, places, strict=True)):
        column, width = grid.columns[place], widths[place]
        content = _cut(_plain(cell, _has_marks(place, grid)), width, column.is_series)
        padding = " " * (width - cell_len(content))
        text.append(" " * _GAP * (number > 0))
        text.append(padding * column.is_number)
        text.append(content, _STYLES[cell.tone])
        text.append(padding * (not column.is_number))
    return text


def _plain(cell: Cell, is_marked: bool) -> str:
    """The text with its mark, or with room for one where another cell of the column has it."""
    return cell.text + (cell.mark or (" " if is_marked else ""))


def _has_marks(place: int, grid: Grid) -> bool:
    return grid.columns[place].is_number and any(row.cells[place].mark for row in _bodies(grid))


def _bodies(grid: Grid) -> list[Row]:
    return [row for row in grid.rows if row.kind != "heading"]


def _header(column: Column, width: int) -> list[str]:
    """The label in at most three lines."""
    width = max(width, _HEADER_WIDTH)
    lines = textwrap.wrap(column.label, width, break_long_words=False, break_on_hyphens=False) or [""]
    if len(lines) > _HEADER_LINES:
        lines = [*lines[: _HEADER_LINES - 1], lines[_HEADER_LINES - 1] + "…"]
    return [line.replace(NO_BREAK, " ") for line in lines]


def _cut(text: str, width: int, is_series: bool) -> str:
    if cell_len(text) <= width:
        return text
    if is_series:
        return text[len(text) - width :]
    left = set_cell_size(text, (width - 1) * 3 // 5).rstrip()
    right = text[-1:]
    for start in range(len(text) - 1, 0, -1):
        if cell_len(text[start:]) > width - 1 - cell_len(left):
            break
        right = text[start:]
    return f"{left}…{right.lstrip()}"
