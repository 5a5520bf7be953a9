"""Checks definitions and settings as a whole: what loading refuses, and what only running them shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from cs_metrics import yamlfile
from cs_metrics.benchmarks import load_benchmarks
from cs_metrics.calendars import find_calendar, load_calendar
from cs_metrics.catalogue import Catalogue, load_catalogue
from cs_metrics.definitions import Metric
from cs_metrics.entities import FRAMES
from cs_metrics.errors import DataError, DefinitionError, Problem, UsageError
from cs_metrics.examples import run_example
from cs_metrics.expressions import RowExpression
from cs_metrics.profile import load_profile
from cs_metrics.readers.mapped import load_map
from cs_metrics.shipped import configs_folder
from cs_metrics.sla import find_sla, load_sla
from cs_metrics.targets import misfits, read_targets


def check_path(path: Path | None) -> tuple[int, list[Problem]]:
    """(files checked, problems) of the shipped definitions, a folder of them, or one file of any kind."""
    shipped = configs_folder()
    if path is None:
        return _checked([shipped], None, _clock_files(shipped), _benchmark_files(shipped))
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder")
    if path.is_dir():
        clocks, benchmarks = _clock_files(path), _benchmark_files(path)
        others = {*clocks, *benchmarks}
        metrics = {p.stem: p for p in path.rglob("*.yml") if p not in others and p.name != "topics.yml"}
        return _checked([shipped, path], metrics, clocks, benchmarks)
    raw = yamlfile.load(path)
    if not raw:
        return 1, [Problem(str(path), 1, "there is nothing in it")]
    if "figures" in raw:
        known = load_catalogue([shipped, path.parent.parent], proven=shipped).metrics
        return 1, list(_refused(lambda path: load_benchmarks(path, known), path))
    load = loader_of(raw)
    if load is None:
        return _checked([shipped, path.parent.parent], {path.stem: path}, {})
    return 1, list(_refused(load, path)) or list(_unknown_names(raw, path))


def loader_of(raw: Mapping[str, object]) -> Callable[[Path], object] | None:
    """What loads a file with these keys and raises its problems; None for a metric."""
    if {"agg", "derived", "meaning"} & raw.keys():
        return None
    if {"policies", "policy_metrics"} & raw.keys():
        return load_sla
    if {"hours", "versions", "closures"} & raw.keys():
        return lambda path: load_calendar(path, "UTC")
    return load_map if "frames" in raw else load_profile


def _unknown_names(raw: yamlfile.Mapping, path: Path) -> Iterator[Problem]:
    """The calendars, the SLA and the metrics that a profile or an SLA names and that cannot be found."""
    own = raw.get("configs")
    folders = [configs_folder(), *([path.parent / own] if isinstance(own, str) else [])]
    if targets := raw.get("targets"):
        for name, message in misfits(read_targets(targets), load_catalogue(folders, proven=configs_folder())):
            yield Problem(str(path), targets.lines[name], f"targets: {message}")
    named = [("calendar", raw.get("calendar"), raw.lines.get("calendar", 1))] if raw.get("calendar") else []
    for values in (raw.get("calendars") or {}).values():
        named += [("calendars", name, values.lines[value]) for value, name in values.items()]
    for key, name, line in [*named, *([("sla", raw["sla"], raw.lines["sla"])] if raw.get("sla") else [])]:
        there = path.parent / name
        word = str(there) if there.is_file() else name
        try:
            find_sla(word, folders) if key == "sla" else find_calendar(word, folders, "UTC")
        except UsageError as error:
            yield Problem(str(path), line, f"{key}: {error}")
        except DefinitionError as error:
            yield from error.problems


def _clock_files(folder: Path) -> dict[Path, Callable[[Path], object]]:
    """The calendars and SLA policies of a folder of definitions, each with what loads it."""
    calendars = dict.fromkeys(sorted(folder.glob("calendars/*.yml")), lambda path: load_calendar(path, "UTC"))
    return calendars | dict.fromkeys(sorted(folder.glob("sla/*.yml")), load_sla)


def _benchmark_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("benchmarks/*.yml"))


def _refused(load: Callable[[Path], object], path: Path) -> Iterator[Problem]:
    try:
        load(path)
    except DefinitionError as error:
        yield from error.problems


def _checked(
    folders: Sequence[Path],
    only: Mapping[str, Path] | None,
    clocks: Mapping[Path, Callable[[Path], object]],
    benchmarks: Sequence[Path] = (),
) -> tuple[int, list[Problem]]:
    found = [problem for path, load in clocks.items() for problem in _refused(load, path)]
    try:
        catalogue = load_catalogue(folders)
    except DefinitionError as error:
        mine = [p for p in error.problems if only is None or Path(p.path) in only.values()]
        return len(only or ()) + len(clocks) + len(benchmarks), [*found, *(mine or error.problems)]
    metrics = [m for m in catalogue.metrics.values() if only is None or m.path in only.values()]
    found += [problem for metric in metrics for problem in _problems(metric, catalogue)]
    for path in benchmarks:
        found += _refused(lambda path: load_benchmarks(path, catalogue.metrics), path)
    return len(metrics) + len(clocks) + len(benchmarks), found


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
