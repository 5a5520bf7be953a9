"""Targets: what a metric is to reach, as a profile says it.

targets:
  csat: {at_least: 90 %}
  first_reply_time: {at_most: 4h}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from cs_metrics import yamlfile
from cs_metrics.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from cs_metrics.catalogue import Catalogue

_WAYS = ("at_least", "at_most")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d|w)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True)
class Target:
    """A value that a metric must not fall below, or not exceed, in the metric's own unit: seconds, shares from 0 to 1.

    `unit` is that of what was written, null for a bare number.
    """

    value: float
    is_least: bool
    unit: str | None = None


def parse_value(text: str | float) -> tuple[float, str | None]:
    """`4h` → (14400, "duration"), `90 %` → (0.9, "share"), 4.5 → (4.5, null). Raises `ValueError`.

    2.8 % is what 28 of 1,000 are, and not the next number below it.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text), None
    if match := _SPAN.fullmatch(str(text).strip()):
        return float(Decimal(match[1]) * _SECONDS[match[2]]), "duration"
    if match := _PERCENT.fullmatch(str(text).strip()):
        return float(Decimal(match[1]) / 100), "share"
    raise ValueError(f"'{text}' is no target; write a number, a share like 90 %, or a span like 30min, 4h or 2d")


def read_targets(raw: yamlfile.Mapping) -> dict[str, Target]:
    """The targets of a profile, by metric, of what `problems_of` has let pass."""
    found = {}
    for name, said in raw.items():
        ((way, text),) = said.items()
        value, unit = parse_value(text)
        found[name] = Target(value, way == "at_least", unit)
    return found


def problems_of(raw: object, path: Path, line: int) -> Iterator[Problem]:
    """What is wrong with the targets of a profile, whatever the metrics."""
    if not isinstance(raw, yamlfile.Mapping):
        yield Problem(str(path), line, "targets: write each as METRIC: {at_least: 0.9} or {at_most: 4h}")
        return
    for name, said in raw.items():
        at = raw.lines[name]
        if not isinstance(said, yamlfile.Mapping) or len(said) != 1 or next(iter(said)) not in _WAYS:
            yield Problem(str(path), at, f"targets: say of {name} one of at_least and at_most, as {{at_least: 0.9}}")
            continue
        try:
            parse_value(next(iter(said.values())))
        except ValueError as error:
            yield Problem(str(path), at, f"targets: {name}: {error}")


def misfits(targets: Mapping[str, Target], catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """(metric, what is wrong) where a target names no metric, or speaks in another unit."""
    for name, target in targets.items():
        if name not in catalogue.metrics:
            yield name, f"there is no metric '{name}'.{did_you_mean(name, catalogue.metrics)}"
            continue
        unit = catalogue.metrics[name].unit
        if target.unit not in (None, unit):
            yield name, f"{name} is a {unit}, and no {target.unit}"
        elif unit == "share" and target.value > 1:
            yield name, f"{name} is a share from 0 to 1; write {target.value / 100:g} or {target.value:g} %"
