"""The words around the figures: what they stand on, what these files cannot answer, and what a period is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cs_metrics.result import Benchmark, Missing, Result, Source, Spread
from cs_metrics.writers._base import NOTHING, clean, say

NO_BREAK = "\u00a0"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def head(result: Result) -> list[str]:
    """What the figures stand on: helpdesks, rows, stretch of time, zone, condition."""
    sources = _by_account(result.sources)
    time = " · ".join(_stretch(result))
    if len(sources) == 1:
        lines = [" · ".join(part for part in (*sources, time) if part)]
    else:
        lines = [*sources, *([time] if time else [])]
    if result.question.get("where"):
        lines.append(f"where {clean(str(result.question['where']))}")
    return lines


def feet(result: Result) -> list[str]:
    """How far rules lie apart, what was published, and what these files cannot answer; equal reasons are said once."""
    by_reason: dict[str, list[Missing]] = {}
    for lack in result.missing:
        by_reason.setdefault(str(lack), []).append(lack)
    told = []
    for reason, lacks in by_reason.items():
        said = reason.replace("needs ", "need ", 1) if len(lacks) > 1 else reason
        told.append(f"{', '.join(clean(lack.label) for lack in lacks)} ({clean(said)})")
    lines = [_spread_said(spread) for spread in result.spreads] + list(_benchmarks_said(result.benchmarks))
    return [*lines, f"Not in this export: {'; '.join(told)}"] if told else lines


def _benchmarks_said(benchmarks: Sequence[Benchmark] | None) -> Iterator[str]:
    """`Benchmark of CSAT: 91.0 % Canada, 87.0 % United Kingdom; Zendesk 2013 (vendor)`, a line per publication."""
    if benchmarks is not None and not benchmarks:
        yield "No benchmark is known for these metrics."
    groups: dict[tuple[str, str, str], list[Benchmark]] = {}
    for each in benchmarks or ():
        groups.setdefault((each.metric, each.title, each.refused), []).append(each)
    for group in groups.values():
        first = group[0]
        told = ", ".join(f"{say(each.value, each.unit)} {clean(each.population)}" for each in group)
        whence = f"{clean(first.source)} {first.year} ({first.trust})"
        label = clean(first.label)
        if first.refused:
            yield f"No benchmark of {label}: {told}; {whence}, {clean(first.refused)}"
        else:
            yield f"Benchmark of {label}: {told}; {whence}"


def _spread_said(spread: Spread) -> str:
    """`First contact resolution: 38.2 %–71.0 %, depending on the rule`."""
    label = clean(spread.label)
    others = [clean(rule.label) for rule in spread.rules if rule.unit != spread.unit and rule.value is not None]
    apart = f" (apart from them, in another unit: {', '.join(others)})" if others else ""
    if spread.low is None or spread.high is None:
        return f"{label}: none of {len(spread.rules)} rules can be told{apart}"
    told = sum(rule.unit == spread.unit and rule.value is not None for rule in spread.rules)
    if told == 1:
        return f"{label}: only one of {len(spread.rules)} rules can be told{apart}"
    low, high = say(spread.low, spread.unit), say(spread.high, spread.unit)
    dash = " – " if spread.unit == "duration" else "–"
    said = f"{low}{dash}{high}, depending on the rule" if low != high else f"{low} by each of {told} rules"
    return f"{label}: {said}{apart}"


def miss(row: Mapping[str, Any], result: Result) -> str:
    """`csat missed its target: 84.1 % in Feb 2024, Billing (at least 90.0 %)`, for a row of figures."""
    unit = result.metrics[row["metric"]].unit
    value, target = (say(row[name], unit) for name in ("value", "target"))
    period = [] if row["period"] is None else [period_name(row["period"], row["grain"])]
    split = [by_value(row[name]) for name in result.by] if not row["total"] else []
    place = f" in {', '.join([*period, *split])}" if period or split else ""
    bound = "at least" if row["value"] < row["target"] else "at most"
    return f"{row['metric']} missed its target: {value}{place} ({bound} {target})"


def by_value(value: Any) -> str:
    """A by-value as people call it: `Billing`, `yes`, `3 Jan 2024`, `(none)`."""
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return period_name(value, "day", short=True) + f" {value.year}"
    return clean(str(value)) or "(empty)"


def count(number: int, plural: str) -> str:
    """`1 ticket`, `1,204 tickets`."""
    return f"{number:,} {plural.removesuffix('s') if number == 1 else plural}"


def period_name(start: date | None, grain: str, short: bool = False) -> str:
    """A period as people call it; `short` leaves out the year. A week is called by its first day."""
    if start is None:
        return NOTHING
    year = "" if short else f" {start.year}"
    if grain == "year":
        return str(start.year) if start.month == 1 else f"{start.year}/{(start.year + 1) % 100:02}"
    if grain == "quarter" and start.month % 3 == 1:
        return f"Q{start.month // 3 + 1}{year}"
    if grain == "month":
        return f"{_MONTHS[start.month - 1]}{year}"
    if grain == "day" and not short:
        return f"{WEEKDAYS[start.weekday()]} {_day(start)}{year}"
    return f"{_day(start)}{year}"


def header_name(start: date, grain: str) -> str:
    """A period over a column: `Nov 2025`, `week of 24 Nov 2025`, with spaces that do not break in the date."""
    return ("week of " if grain == "week" else "") + period_name(start, grain).replace(" ", NO_BREAK)


def change_name(grain: str, compare: str) -> str:
    """The header over changes: with what a period is compared."""
    if compare == "year":
        return "vs year before"
    return "vs same weekday before" if grain == "day" else f"vs {grain} before"


def stretch_name(question: Mapping[str, Any]) -> str:
    """`vs 3 months before`: with what a stretch of time is compared that the question names by its days."""
    if question["compare"] == "year":
        return "vs year before"
    first, after = (date.fromisoformat(question[edge]) if question.get(edge) else None for edge in ("from", "to"))
    if first is None or after is None:
        return "vs as long before"
    if first.day == after.day == 1:
        months = 12 * (after.year - first.year) + after.month - first.month
        return "vs month before" if months == 1 else f"vs {months} months before"
    days = (after - first).days
    return f"vs {count(-(-days // 7), 'weeks')} before"


def grain_name(grain: str) -> str:
    """The header over periods."""
    return "Week of" if grain == "week" else grain.capitalize()


def _by_account(sources: Sequence[Source]) -> list[str]:
    """One line per helpdesk and account, however many files it came in."""
    rows: dict[str, Counter[str]] = {}
    for source in sources:
        title = source.title if source.source == source.reader else f"{source.title} ({source.source})"
        frames = rows.setdefault(clean(title), Counter())
        frames["files"] += 1
        for frame, account in source.frames.items():
            frames[frame] += account.get("used", 0)
    lines = []
    for title, frames in rows.items():
        files = frames.pop("files")
        ordered = sorted(frames, key=lambda frame: frame != "tickets")  # whatever file came first
        told = [count(frames[frame], frame.replace("_", " ")) for frame in ordered if frames[frame]]
        nothing = "no rows" if frames else "nothing of it is asked for"
        parts = [title, ", ".join(told) or nothing, f"{files} files" if files > 1 else ""]
        lines.append(" · ".join(part for part in parts if part))
    return lines


def _stretch(result: Result) -> list[str]:
    """The days covered, the zone, and up to when the files know."""
    zone_name = result.question.get("timezone")
    zone = ZoneInfo(zone_name or "UTC")
    as_of_text = result.question.get("as_of")
    as_of = datetime.fromisoformat(as_of_text).astimezone(zone) if as_of_text else None
    known_from = [source.covers_from.astimezone(zone).date() for source in result.sources if source.covers_from]
    known_to = [source.as_of.astimezone(zone).date() for source in result.sources if source.as_of]
    first, last = min(known_from, default=None), max(known_to, default=as_of.date() if as_of else None)
    if asked := result.question.get("from"):
        first = max(date.fromisoformat(asked), first) if first else date.fromisoformat(asked)
    if asked := result.question.get("to"):  # the day after the last one asked for
        until = date.fromisoformat(asked) - timedelta(days=1)
        last = min(until, last) if last else until
    parts = [_days(first, last)] if first and last else []
    parts.append(_zone(zone_name))
    if as_of:
        year = "" if last and as_of.year == last.year else f" {as_of.year}"
        parts.append(f"as of {_day(as_of)}{year} {as_of:%H:%M}")
    if hours := result.question.get("calendar"):
        parts.append(f"hours of {hours}")
    return parts


def _zone(name: str | None) -> str:
    if name is None:
        return "times as in the file"
    area, _, city = name.rpartition("/")
    return f"{city.replace('_', ' ')} time" if area and area != "Etc" else name


def _days(first: date, last: date) -> str:
    if first >= last:
        return f"{_day(last)} {last.year}"
    return f"{_day(first)}{'' if first.year == last.year else f' {first.year}'} – {_day(last)} {last.year}"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"
