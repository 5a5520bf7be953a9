"""The team's settings: one YAML file that says once what would stand in every command. The command line wins.

timezone: Europe/Berlin
exclude: {group: [Test], assignee: [Reply Bot]}
metrics: [csat, first_reply_time]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import msgspec

from cs_metrics import targets, yamlfile
from cs_metrics.entities import FRAMES, TEXT
from cs_metrics.errors import DefinitionError, Problem, UsageError, did_you_mean
from cs_metrics.expressions import ExpressionError, parse
from cs_metrics.periods import Calendar, Grain, check_zone
from cs_metrics.targets import Target

DEFAULT_NAME = "cs-metrics.yml"
_Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_Month = Literal[
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip


class ProfileKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The settings of a support team; the command line wins over them."""

    timezone: str | None = None
    source_timezone: str | None = None
    exclude: dict[str, list[str] | str] = {}
    metrics: list[str] = []
    by: list[str] = []
    grain: Grain | None = None
    week_start: _Weekday = "monday"
    year_start: _Month = "january"
    calendar: str | None = None
    calendars: dict[str, dict[str, str]] = {}
    sla: str | None = None
    configs: str | None = None
    maps: list[str] = []
    targets: dict[str, dict[str, float | int | str]] = {}


@dataclass(frozen=True)
class Profile:
    """A team's settings; paths are absolute, `exclude` is one SQL condition on tickets for each column.

    `calendar` and `sla` are names or paths; `calendars` names other calendars for some values of ticket columns.
    """

    zone: str | None = None
    source_zone: str | None = None
    exclude: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    grain: Grain | None = None
    week_start: int = 0
    year_start: int = 1
    business_calendar: str | None = None
    business_calendars: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sla: str | None = None
    configs: Path | None = None
    maps: tuple[Path, ...] = field(default=())
    targets: Mapping[str, Target] = field(default_factory=dict)

    def calendar(self, zone: str | None) -> Calendar:
        """The calendar in a zone given on the command line, else in the profile's own, else in UTC."""
        return Calendar(zone or self.zone or "UTC", self.week_start, self.year_start)


def load_profile(path: Path) -> Profile:
    """A profile file. Raises `DefinitionError` with every problem, with file and line."""
    raw = yamlfile.load(path)
    problems = list(_problems(raw, path))
    if problems:
        raise DefinitionError(problems)
    keys = msgspec.convert(raw, ProfileKeys)
    beside = path.parent
    return Profile(
        zone=check_zone(keys.timezone) if keys.timezone else None,
        source_zone=check_zone(keys.source_timezone) if keys.source_timezone else None,
        exclude=tuple(_conditions(keys.exclude)),
        metrics=tuple(keys.metrics),
        by=tuple(keys.by),
        grain=keys.grain,
        week_start=get_args(_Weekday).index(keys.week_start),
        year_start=get_args(_Month).index(keys.year_start) + 1,
        business_calendar=_placed(keys.calendar, beside),
        business_calendars={
            column: {value: str(_placed(name, beside)) for value, name in names.items()}
            for column, names in keys.calendars.items()
        },
        sla=_placed(keys.sla, beside),
        configs=beside / keys.configs if keys.configs else None,
        maps=tuple(beside / name for name in keys.maps),
        targets=targets.read_targets(raw.get("targets") or yamlfile.Mapping()),
    )


def _placed(word: str | None, beside: Path) -> str | None:
    """A name as it stands; a path from the profile's folder."""
    return str(beside / word) if word and (beside / word).is_file() else word


def _problems(raw: yamlfile.Mapping, path: Path) -> Iterator[Problem]:
    wrong = list(yamlfile.key_problems(raw, ProfileKeys, path))
    yield from wrong
    told = {problem.line for problem in wrong}
    for key, value in raw.items():
        line = raw.lines[key]
        if line in told or value is None:
            continue
        if key in ("timezone", "source_timezone"):
            try:
                check_zone(value)
            except UsageError as error:
                yield Problem(str(path), line, f"{key}: {error}")
        if key == "calendars":
            yield from _calendars_problems(raw, path)
        if key == "targets":
            yield from targets.problems_of(value, path, line)
        if key == "exclude":
            yield from _exclude_problems(value, path)
        if key in ("configs", "maps"):
            for name in [value] if isinstance(value, str) else value:
                if not (path.parent / name).exists():
                    yield Problem(str(path), line, f"{key}: {path.parent / name} is not there")


def _calendars_problems(raw: yamlfile.Mapping, path: Path) -> Iterator[Problem]:
    if raw.get("calendar") is None:
        yield Problem(
            str(path), raw.lines["calendars"], "calendars: name with `calendar` the one for all other tickets"
        )
    for column, names in raw["calendars"].items():
        said = FRAMES["tickets"].columns.get(column)
        if said is None or said.dtype != TEXT:
            hint = did_you_mean(
                column, [name for name, each in FRAMES["tickets"].columns.items() if each.dtype == TEXT]
            )
            text = f"calendars: tickets have no column of words '{column}'.{hint}"
            yield Problem(str(path), raw["calendars"].lines[column], text)
            continue
        for value in names if said.words else ():
            if value not in said.words:
                text = f"calendars: '{value}' is none of {', '.join(said.words)}.{did_you_mean(value, said.words)}"
                yield Problem(str(path), names.lines[value], text)


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

# The opening hours in which business time is counted (always, weekdays-9-17 or a file of your own), others for some
# groups or priorities, and what you have promised.
# calendar: weekdays-9-17
# calendars:
#   group: {Night shift: always}
#   priority: {urgent: always}
# sla: standard

# What is to be reached; `report --fail-on-miss` ends with exit code 1 where it is not.
# targets:
#   csat: {at_least: 90 %}
#   first_reply_time: {at_most: 4h}

# A folder with metrics, calendars and SLA policies of your own beside the shipped ones, and maps for files that no
# reader knows.
# configs: my-configs
# maps: [maps/our-tool.yml]
"""
