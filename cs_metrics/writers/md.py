"""GitHub Markdown to paste into a chat, an issue or a page: the grids of the table format as pipe tables."""

from __future__ import annotations

import re
from typing import TextIO

from cs_metrics.result import Result
from cs_metrics.writers._base import Options
from cs_metrics.writers._layout import lay_out
from cs_metrics.writers._sheet import Cell, Grid, Row
from cs_metrics.writers._words import NO_BREAK

# A `_` within a word is harmless, and column names are full of them. HTML is escaped with everything else.
_SPECIAL = re.compile(r"[\\`*~\[\]<>|&#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def write(result: Result, stream: TextIO, options: Options) -> None:
    """Head, tables, footnotes, with empty lines between them."""
    sheet = lay_out(result, options)
    blocks = ["  \n".join(escape(line) for line in sheet.head), *(_grid(grid) for grid in sheet.grids)]
    blocks += [escape(line) for line in sheet.feet]
    stream.write("\n\n".join(block for block in blocks if block) + "\n")


def escape(text: str) -> str:
    """The text as Markdown shows it, in a cell or outside."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _grid(grid: Grid) -> str:
    lines = [f"**{escape(grid.title)}**", ""] if grid.title else []
    lines.append(_line([escape(column.label.replace(NO_BREAK, " ")) for column in grid.columns]))
    lines.append(_line(["---:" if column.is_number else "---" for column in grid.columns]))
    return "\n".join([*lines, *(_row(row, len(grid.columns)) for row in grid.rows)])


def _row(row: Row, width: int) -> str:
    cells = [_cell(cell, is_strong=row.kind != "plain") for cell in row.cells]
    return _line([*cells, *[""] * (width - len(cells))])


def _cell(cell: Cell, is_strong: bool) -> str:
    text = escape(cell.text.strip() + cell.mark)
    return f"**{text}**" if is_strong and text else text


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
