"""A calendar file, read: its keys, what it says, and everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from cs_metrics import yamlfile
from cs_metrics.calendars._hours import (
    WEEKDAYS,
    Closure,
    Version,
    Week,
    check_country,
    is_country,
    overlaps,
    parse_closure,
    parse_holiday,
    parse_span,
)  # fmt: skip
from cs_metrics.errors import DefinitionError, Problem, UsageError
from cs_metrics.periods import check_zone

_T = TypeVar("_T")
_Texts = list[str] | str


class HoursKeys(msgspec.Struct, forbid_unknown_fields=True):
    """The opening hours of a week: `09:00-17:00` or a list of such; a weekday that is left out is closed."""

    monday: _Texts | None = None
    tuesday: _Texts | None = None
    wednesday: _Texts | None = None
    thursday: _Texts | None = None
    friday: _Texts | None = None
    saturday: _Texts | None = None
    sunday: _Texts | None = None


class VersionKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Hours that hold from one day until another, both included."""

    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = None
    hours: HoursKeys


class CalendarKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of a calendar file: opening hours, and when nobody works."""

    title: str | None = None
    timezone: str | None = None
    hours: HoursKeys | None = None
    versions: list[VersionKeys] | None = None
    country: str | None = None
    subdivision: str | None = None
    holidays: _Texts | None = None
    closures: _Texts | None = None


@dataclass(frozen=True)
class CalendarFile:
    """What a file says. `versions` follow each other without gap; `closures` hold the days under `holidays` too."""

    name: str
    zone: str
    versions: tuple[Version, ...]
    closures: tuple[Closure, ...] = ()
    country: str | None = None
    subdivision: str | None = None
    title: str | None = None


def read(path: Path, default_zone: str) -> CalendarFile:
    """One calendar file; `default_zone` is for a file that names none. Raises `DefinitionError` with all problems."""
    raw = yamlfile.load(path)
    reading = _Reading(path, [*yamlfile.key_problems(raw, CalendarKeys, path)])
    zone, country, subdivision = (reading.text(raw, key) for key in ("timezone", "country", "subdivision"))
    if zone is not None:
        zone = reading.told(raw.lines["timezone"], "timezone", check_zone, zone)
    if country is not None:
        key = "country" if subdivision is None or not is_country(country) else "subdivision"
        reading.told(raw.lines[key], key, check_country, country, subdivision)
    elif subdivision is not None:
        reading.wrong(raw.lines["subdivision"], "subdivision: this needs a 'country'")
    versions = reading.versions(raw)
    closures = reading.texts(raw, "holidays", parse_holiday) + reading.texts(raw, "closures", parse_closure)
    if reading.problems:
        raise DefinitionError(reading.problems)
    return CalendarFile(
        name=path.stem,
        zone=zone or default_zone,
        versions=versions,
        closures=tuple(closures),
        country=country,
        subdivision=subdivision,
        title=raw.get("title"),
    )


@dataclass(frozen=True)
class _Reading:
    """A file being read: values as far as they are right, and what is wrong with the others."""

    path: Path
    problems: list[Problem]

    def wrong(self, line: int, message: str) -> None:
        self.problems.append(Problem(str(self.path), line, message))

    def told(self, line: int, key: str, parse: Callable[..., _T], *given: str | None) -> _T | None:
        """What `parse` gives, or nothing and its error as a problem."""
        try:
            return parse(*given)
        except (ValueError, LookupError, UsageError) as error:
            self.wrong(line, f"{key}: {error.args[0]}")
            return None

    def text(self, raw: yamlfile.Mapping, key: str) -> str | None:
        value = raw.get(key)
        return value if isinstance(value, str) else None

    def texts(self, raw: yamlfile.Mapping, key: str, parse: Callable[[str], _T]) -> list[_T]:
        """Every text under a key, parsed; a value of another type is a problem of the keys already."""
        value = raw.get(key)
        words = [word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str)]
        parsed = [self.told(raw.lines[key], key, parse, word) for word in words]
        return [each for each in parsed if each is not None]

    def day(self, raw: yamlfile.Mapping, key: str) -> date | None:
        with suppress(TypeError, ValueError):
            return date.fromisoformat(raw.get(key))  # type: ignore[arg-type]  # what is no day is a problem of the keys
        return None

    def week(self, raw: yamlfile.Mapping) -> Week:
        """The spans of each weekday under `hours`."""
        hours = raw.get("hours")
        if not isinstance(hours, yamlfile.Mapping):
            return ((),) * len(WEEKDAYS)
        week = tuple(tuple(self.texts(hours, weekday, parse_span)) for weekday in WEEKDAYS)
        for weekday, message in overlaps(week):
            self.wrong(hours.lines[weekday], f"{weekday}: {message}")
        return week

    def versions(self, raw: yamlfile.Mapping) -> tuple[Version, ...]:
        """The hours through the years, each following the one before without gap or overlap."""
        found = self._versions(raw)
        if found and not self.problems and not any(version.week for version in found):
            self.wrong(raw.lines.get("hours", raw.line), "hours: it is never open")
        return found

    def _versions(self, raw: yamlfile.Mapping) -> tuple[Version, ...]:
        listed = raw.get("versions")
        if listed is None and raw.get("hours") is None:
            self.wrong(raw.line, "the key 'hours' is missing (or 'versions')")
        if listed is None:
            return (Version(self.week(raw)),)
        if raw.get("hours") is not None:
            self.wrong(raw.lines["hours"], "hours: these stand under 'versions', where there are any")
        parts = [part for part in listed if isinstance(part, yamlfile.Mapping)] if isinstance(listed, list) else []
        if not parts:
            self.wrong(raw.lines["versions"], "versions: there is none")
        found = [Version(self.week(part), self.day(part, "from"), self.day(part, "until")) for part in parts]
        for part, version in zip(parts, found, strict=True):
            if version.since and version.until and version.until < version.since:
                self.wrong(part.lines["until"], f"versions: {version.until} is before {version.since}")
        for part, before, after in zip(parts[1:], found, found[1:], strict=False):
            if before.until is None or after.since is None:
                missing = "'until' is missing in the version before" if after.since else "'from' is missing"
                self.wrong(part.line, f"versions: {missing}")
            elif after.since != before.until + timedelta(days=1):
                what = "overlaps with the one" if after.since <= before.until else "leaves a gap to the one"
                self.wrong(part.lines["from"], f"versions: the one from {after.since} {what} until {before.until}")
        return tuple(found)
