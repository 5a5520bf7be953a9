"""Questions put to small files in common columns: what the tests of the engine have in common."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.catalogue import Catalogue, load_catalogue
from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import Report, build

ROOT = Path(__file__).parents[1]
NOW = datetime(2030, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]
Figure = tuple[float | None, int | None]


def seeds(every: int, quick: int) -> list[Any]:
    """Numbers from 0 for a loop over random cases, of which all but the first few are slow."""
    return [pytest.param(seed, marks=[pytest.mark.slow] * (seed >= quick)) for seed in range(every)]


@cache
def shipped() -> Catalogue:
    return load_catalogue([ROOT / "configs"])


def own(tmp_path: Path, **metrics: str) -> Catalogue:
    """The shipped metrics and some of a test's own, each given by its lines below label, meaning, unit and better."""
    folder = tmp_path / "configs" / "metrics" / "own"
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in metrics.items():
        head = f"label: {name}\nmeaning: {name}\nunit: count\nbetter: neither\n"
        (folder / f"{name}.yml").write_text(head + lines, encoding="utf-8")
    return load_catalogue([ROOT / "configs", tmp_path / "configs"])


def write(path: Path, rows: Sequence[Row], columns: Iterable[str] = ()) -> str:
    """The rows as a CSV in common columns; a cell that a row does not name is empty."""
    header = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, header, restval="")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return str(path)


def ask(
    files: str | Sequence[str], metrics: str | Sequence[str] = (), catalogue: Catalogue | None = None,
    zone: str = "UTC", week_start: int = 0, year_start: int = 1, **question: Any,
) -> Report:  # fmt: skip
    """The report with its plan; files, metrics and by are texts or lists of texts."""
    asked = Question(
        now=question.pop("now", NOW),
        metrics=_several(metrics),
        by=_several(question.pop("by", ())),
        calendar=Calendar(zone, week_start, year_start),
        zone_given=question.pop("zone_given", True),
        **question,
    )
    return build(open_exports(list(_several(files))), asked, catalogue or shipped())


def figures(report: Report, metric: str, total: bool = False) -> dict[Any, Figure]:
    """(value, n) by period and by-values: whichever of the two was asked for, both as a tuple."""
    rows = report.result.frame.filter((pl.col("metric") == metric) & (pl.col("total") == total))
    by = () if total else report.result.by
    keys = [*(["period"] if report.result.question["grain"] != "all" else []), *by]
    found = {}
    for row in rows.iter_rows(named=True):
        key = tuple(str(row[name]) if name == "period" else row[name] for name in keys)
        found[key[0] if len(key) == 1 else key] = (row["value"], row["n"])
    return found


def figure(report: Report, metric: str) -> Figure:
    """(value, n) of a metric over the whole time."""
    return figures(report, metric, total=bool(report.result.by))[()]


def missing(report: Report) -> dict[str, str]:
    return {lack.metric: str(lack) for lack in report.result.missing}


def account(report: Report, frame: str = "tickets") -> dict[str, Any]:
    """What became of the rows of all files together."""
    together: dict[str, Any] = {"read": 0, "used": 0, "rejected": 0, "duplicates": 0, "excluded": {}}
    for source in report.result.sources:
        for name, value in source.frames.get(frame, {}).items():
            if name == "excluded":
                for reason, count in value.items():
                    together[name][reason] = together[name].get(reason, 0) + count
            else:
                together[name] += value
    return together


def _several(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return (
            value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            if value.microsecond
            else (value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        )
    return {True: "true", False: "false", None: ""}.get(value, value) if isinstance(value, bool | None) else value
