"""Checks definitions and settings as a whole: what loading refuses, and what only running them shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from cs_metrics import yamlfile
from cs_metrics.catalogue import Catalogue, load_catalogue
from cs_metrics.definitions import Metric
from cs_metrics.entities import FRAMES
from cs_metrics.errors import DataError, DefinitionError, Problem
from cs_metrics.examples import run_example
from cs_metrics.expressions import RowExpression
from cs_metrics.profile import load_profile
from cs_metrics.readers.mapped import load_map
from cs_metrics.shipped import configs_folder


def check_path(path: Path | None) -> tuple[int, list[Problem]]:
    """(files checked, problems) of the shipped definitions, a folder of metrics, one metric, a map or a profile."""
    shipped = configs_folder()
    if path is None:
        return _checked([shipped], {})
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder")
    if path.is_dir():
        return _checked([shipped, path], {p.stem: p for p in path.rglob("*.yml")})
    raw = yamlfile.load(path)
    if {"agg", "derived", "meaning"} & raw.keys():
        return _checked([shipped, path.parent.parent], {path.stem: path})
    try:
        if "frames" in raw:
            load_map(path)
        else:
            load_profile(path)
    except DefinitionError as error:
        return 1, list(error.problems)
    return 1, []


def _checked(folders: Sequence[Path], only: dict[str, Path]) -> tuple[int, list[Problem]]:
    try:
        catalogue = load_catalogue(folders)
    except DefinitionError as error:
        mine = [p for p in error.problems if not only or Path(p.path) in only.values()]
        return len(only), mine or list(error.problems)
    metrics = [m for m in catalogue.metrics.values() if not only or m.path in only.values()]
    return len(metrics), [problem for metric in metrics for problem in _problems(metric, catalogue)]


def _problems(metric: Metric, catalogue: Catalogue) -> Iterator[Problem]:
    for expression in (*metric.measures, *([metric.where] if metric.where else [])):
        if not is_row_level(expression):
            line = next((metric.lines[key] for key in ("value", "where") if key in metric.lines), 1)
            yield Problem(str(metric.path), line, f"'{expression.text}' looks at more than its own row")
    outcome = run_example(metric, catalogue)
    if outcome.problem is not None:
        yield Problem(str(metric.path), metric.lines.get("example", 1), outcome.problem)


def is_row_level(expression: RowExpression) -> bool:
    """Whether an expression gives the same on rows together and on each of them alone."""
    rows = _probe(expression)
    together = rows.select(expression.expr.alias("value"))
    alone = pl.concat([rows[place].select(expression.expr.alias("value")) for place in range(rows.height)])
    return together.height == rows.height and together.equals(alone, null_equal=True)


def _probe(expression: RowExpression) -> pl.DataFrame:
    """Four rows that differ in every column, one of them empty."""
    day = datetime(2024, 1, 8, tzinfo=UTC)
    kinds: dict[type[pl.DataType], list[object]] = {
        pl.Datetime: [day, day.replace(day=9), day.replace(hour=3), None],
        pl.Date: [day.date(), day.date().replace(day=9), day.date().replace(day=1), None],
        pl.Boolean: [True, False, True, None],
        pl.String: ["a", "b", "c", None],
        pl.List: [["a"], ["b", "c"], [], None],
    }
    columns = []
    for name, at in expression.columns.items():
        declared = FRAMES[at.frame].columns.get(at.column)
        values = kinds.get(type(at.dtype), [1, 5, 2, None])
        if declared is not None and declared.words:
            values = (
                [*declared.words[:3], None] if len(declared.words) >= 3 else [*declared.words[:1], None, None, None]
            )
        columns.append(pl.Series(name, values, dtype=at.dtype, strict=False))
    return pl.DataFrame(columns) if columns else pl.DataFrame({"": [1, 2, 3, 4]})
