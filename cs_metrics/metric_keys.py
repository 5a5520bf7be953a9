"""The keys of a metric's YAML file, as they are written; `definitions` makes a metric of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from cs_metrics.aggregations import Word

Unit = Literal["duration", "share", "count", "points", "score", "ratio", "money", "hour"]
Better = Literal["lower", "higher", "neither"]
Kpi = bool | Literal["with calendar", "with sla"]


class _Example(msgspec.Struct, forbid_unknown_fields=True):
    rows: list[dict[str, str | int | float | bool | None]]
    expect: dict[str, float | int | None]
    beside: dict[str, list[dict[str, str | int | float | bool | None]]] = {}
    since: str | None = None
    calendar: str | None = None
    sla: str | None = None


class MetricKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of a metric file."""

    label: str
    meaning: str
    unit: Unit
    better: Better
    frame: str | None = None
    date: str | list[str] | None = None
    until: str | None = None
    since: str | None = None
    older_than: str | None = None
    younger_than: str | None = None
    where: str | None = None
    value: str | None = None
    agg: Word | None = None
    numerator: str | None = None
    denominator: str | None = None
    derived: str | None = None
    ripens: str | None = None
    uniform: list[str] = []
    kpi: Kpi = False
    compared: bool = True
    min_n: int = 15
    beside: list[str] = []
    dialect_of: str | None = None
    dialect: str | None = None
    counts_open_of: str | None = None
    example: _Example | None = None
