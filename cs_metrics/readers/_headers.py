"""Which of a shape's columns a file has, and what its other headers are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container

from cs_metrics.readers._base import Cell, Columns, Formula, Shape
from cs_metrics.readers._json_columns import OUTER, Each


def known_headers(shape: Shape) -> dict[Each, set[tuple[str, ...]]]:
    """Every header or path that the shape's columns read, by the list whose items have it, best spelling first."""
    known: dict[Each, set[tuple[str, ...]]] = {(): set()}
    for rows in shape.frames.values():
        known.setdefault(rows.each, set())
        for cell in (cell for cell in rows.columns.values() if isinstance(cell, Cell)):
            groups: dict[Each, list[str]] = {}
            for header in cell.headers:
                path = header.lstrip(OUTER) if rows.each else header
                groups.setdefault(rows.each[: len(rows.each) - len(header) + len(path)], []).append(path)
            for each, paths in groups.items():
                known.setdefault(each, set()).update([(path,) for path in paths] if cell.joined else [tuple(paths)])
    return known


def present_columns(columns: Columns, headers: Container[str]) -> dict[str, Cell | Formula]:
    """The columns that a file with these casefolded headers has, and formulas over them, in any order."""
    names = _told(columns, headers.__contains__)
    return {name: source for name, source in columns.items() if name in names}


def carried_columns(columns: Columns, headers: Collection[str], is_json: bool) -> set[str]:
    """The columns of which a file with these casefolded headers says something, if only that there is nothing.

    JSON leaves out keys that are not set: one that is not there is empty, as long as the object around it is there.
    """
    objects = {header[:place] for header in headers for place, sign in enumerate(header) if sign == "."}

    def is_there(header: str) -> bool:
        above, _, _ = header.rpartition(".")
        return header in headers or (is_json and (not above or above in objects or above in headers))

    return _told(columns, is_there)


def _told(columns: Columns, is_there: Callable[[str], bool]) -> set[str]:
    """The columns whose cells are there, by their casefolded headers, and formulas over those, in any order."""

    def is_told(name: str) -> bool:
        source = columns.get(name)
        if isinstance(source, Formula):
            some = not source.optional or any(map(is_told, source.optional))
            return all(map(is_told, source.needs)) if source.needs else some
        if source is None or source.is_row_number:
            return source is not None
        found = [is_there(header.casefold()) for header in source.headers]
        return all(found) if source.joined else any(found)

    return {name for name in columns if is_told(name)}


def extra_name(header: str) -> str:
    """`Product [list]` → `x_product_list`: the name of a column that no reader knows; `x_product` stays as it is."""
    words = re.sub(r"\W+", "_", header.casefold()).strip("_")
    return words if words.startswith("x_") else f"x_{words}"
