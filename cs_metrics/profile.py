"""The team's settings: one YAML file that says once what would stand in every command. The command line wins.

timezone: Europe/Berlin
exclude: {group: [Test], assignee: [Reply Bot]}
metrics: [csat, first_reply_time]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from cs_metrics import yamlfile
from cs_metrics.errors import DefinitionError, Problem, UsageError, did_you_mean
from cs_metrics.expressions import ExpressionError, parse
from cs_metrics.periods import GRAINS, Calendar, Grain, check_zone

DEFAULT_NAME = "cs-metrics.yml"
_Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_Month = Literal[
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip


class _Keys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    timezone: str | None = None
    source_timezone: str | None = None
    exclude: dict[str, list[str] | str] = {}
    metrics: list[str] = []
    by: list[str] = []
    grain: Grain | None = None
    week_start: _Weekday = "monday"
    year_start: _Month = "january"
    configs: str | None = None
    maps: list[str] = []


@dataclass(frozen=True)
class Profile:
    """A team's settings; paths are absolute, `exclude` is one SQL condition on tickets for each column."""

    zone: str | None = None
    source_zone: str | None = None
    exclude: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    grain: Grain | None = None
    week_start: int = 0
    year_start: int = 1
    configs: Path | None = None
    maps: tuple[Path, ...] = field(default=())

    def calendar(self, zone: str | None) -> Calendar:
        """The calendar in a zone given on the command line, else in the profile's own, else in UTC."""
        return Calendar(zone or self.zone or "UTC", self.week_start, self.year_start)


def load_profile(path: Path) -> Profile:
    """A profile file. Raises `DefinitionError` with every problem, with file and line."""
    raw = yamlfile.load(path)
    problems = list(_problems(raw, path))
    if problems:
        raise DefinitionError(problems)
    keys = msgspec.convert(raw, _Keys)
    beside = path.parent
    return Profile(
        zone=keys.timezone,
        source_zone=keys.source_timezone,
        exclude=tuple(_conditions(keys.exclude)),
        metrics=tuple(keys.metrics),
        by=tuple(keys.by),
        grain=keys.grain,
        week_start=get_args(_Weekday).index(keys.week_start),
        year_start=get_args(_Month).index(keys.year_start) + 1,
        configs=beside / keys.configs if keys.configs else None,
        maps=tuple(beside / name for name in keys.maps),
    )


def _problems(raw: yamlfile.Mapping, path: Path) -> Iterator[Problem]:
    fields = {f.name: f for f in msgspec.structs.fields(_Keys)}
    for key, value in raw.items():
        line = raw.lines[key]
        if key not in fields:
            yield Problem(str(path), line, f"unknown key '{key}'.{did_you_mean(key, fields)}")
            continue
        try:
            msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError:
            yield Problem(str(path), line, f"{key}: {_expected(key, value)}")
            continue
        if key in ("timezone", "source_timezone") and value is not None:
            try:
                check_zone(value)
            except UsageError as error:
                yield Problem(str(path), line, f"{key}: {error}")
        if key == "exclude":
            yield from _exclude_problems(value, path)
        if key in ("configs", "maps"):
            for name in [value] if isinstance(value, str) else value or []:
                if not (path.parent / name).exists():
                    yield Problem(str(path), line, f"{key}: {path.parent / name} is not there")


def _exclude_problems(exclude: yamlfile.Mapping, path: Path) -> Iterator[Problem]:
    for column in exclude:
        try:
            for condition in _conditions({column: exclude[column]}):
                parse(condition, "tickets")
        except ExpressionError as error:
            yield Problem(str(path), exclude.lines[column], f"exclude: {error}")


def _conditions(exclude: Mapping[str, list[str] | str]) -> Iterator[str]:
    for column, words in exclude.items():
        listed = [words] if isinstance(words, str) else words
        quoted = ", ".join("'" + word.replace("'", "''") + "'" for word in listed)
        yield f'"{column}" IN ({quoted})'


def _expected(key: str, value: Any) -> str:
    closed = {"grain": GRAINS, "week_start": get_args(_Weekday), "year_start": get_args(_Month)}
    if key in closed:
        return f"'{value}' is none of {', '.join(closed[key])}.{did_you_mean(str(value), closed[key])}"
    wants = {"exclude": "columns, each with a list of words", "metrics": "a list of names", "by": "a list of names"}
    return f"this must be {wants.get(key, 'a list of paths' if key == 'maps' else 'text')}"


STARTER = """\
# The settings of a support team for cs-metrics. Put this file beside your exports as cs-metrics.yml, or name it with
# --profile. Every line may be left out, and the command line wins over it. To check it: cs-metrics check cs-metrics.yml

# The zone in which days, weeks and months begin, and in which the exports' times are written (if it is another one).
timezone: Europe/Berlin
# source_timezone: America/New_York

# Tickets that are not customers' work: they leave every figure, and the report says how many they were.
# exclude:
#   group: [Test, Training]
#   assignee: [Reply Bot]
#   brand: [Sandbox]

# What `cs-metrics report` shows without -m, --by and --grain. Names: cs-metrics metrics
# metrics: [tickets_created, first_reply_time, csat]
# by: [group]
# grain: month

# week_start: monday
# year_start: january

# A folder with metrics of your own beside the shipped ones, and maps for files that no reader knows.
# configs: my-configs
# maps: [maps/our-tool.yml]
"""
