"""What every writer shares: its contract, its options, and how a number is said to a person.

Writers for programs (csv, json, ndjson) never round; durations stay seconds, shares stay 0 to 1. Writers for people
(table, md) take every number from here, so that both say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, TextIO

if TYPE_CHECKING:
    from cs_metrics.result import Result

DurationUnit = Literal["s", "min", "h", "d"]
Tone = Literal["plain", "strong", "dim", "good", "bad", "heat 1", "heat 2", "heat 3", "heat 4", "heat 5"]
NOTHING = "–"
_SECONDS: dict[str, int] = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_DECIMALS: dict[str, int] = {"s": 0, "min": 1, "h": 2, "d": 2}
_FIRST_IN_DAYS = 48 * 3600  # below it, "29 h 26 min" says more than "1.2 d"
_WHITE = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
# C0 and C1 controls start terminal escapes; the marks and overrides of direction make a line read other than it is.
_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class Options:
    """How to write. A writer ignores what does not concern it.

    unit: durations of table and md in this unit, null: by size · raw: no guard against formulas in csv ·
    totals: total rows in csv and ndjson · trend: in table and md every period that the result holds below the figures
    for all · color: escape codes · width: in characters; null: the terminal's if there is one; 0: as wide as needed.
    """

    unit: DurationUnit | None = None
    raw: bool = False
    totals: bool = False
    trend: bool = False
    color: bool = False
    width: int | None = None


class Writer(Protocol):
    """What a public module of this folder is: `write` puts the whole result on a text stream and leaves it open."""

    def write(self, result: Result, stream: TextIO, options: Options) -> None: ...


def clean(text: str) -> str:
    """Text of the data on one line, unable to steer a terminal; what was removed is seen as `�`."""
    return _HARMFUL.sub("�", _WHITE.sub(" ", text).strip())


def say(value: float | None, unit: str, duration_unit: DurationUnit | None = None) -> str:
    """A figure for people: `2 h 14 min`, `87.3 %`, `1,204`, `+30.0`, `4.38`; a dash for null."""
    if value is None:
        return NOTHING
    if unit == "duration":
        return say_duration(value, duration_unit)
    if unit == "share":
        return f"{_fixed(100 * value, 1)} %"
    if unit == "count":
        return _fixed(value, 0 if value == int(value) else 1)
    if unit == "hour":
        return f"{int(value):02}:00"
    if unit == "points":
        return _fixed(value, 1, signed=True)
    return _fixed(value, 2)


def say_duration(seconds: float, unit: DurationUnit | None = None) -> str:
    """Seconds in `unit`, or in one that suits the size. Rounded first, so that 59.6 min is `1 h` and never `60 min`."""
    if unit is not None:
        return f"{_fixed(seconds / _SECONDS[unit], _DECIMALS[unit])} {unit}"
    sign, size = ("−" if seconds < 0 else ""), abs(seconds)
    minutes = round(size / 60)
    if size < 9.95 and size != int(size):
        return f"{sign}{_fixed(size, 1)} s"
    if round(size) < 60:
        return f"{sign}{round(size)} s" if round(size) else "0 s"
    if round(size) < 600:
        return sign + _two(round(size), 60, "min", "s")
    if minutes * 60 < _FIRST_IN_DAYS:
        return sign + _two(minutes, 60, "h", "min")
    return f"{sign}{_fixed(size / 86400, 1 if size < 99.95 * 86400 else 0)} d"


def say_interval(row: Mapping[str, Any], unit: str, duration_unit: DurationUnit | None = None) -> str:
    """A figure's limits in one unit: `82.1–89.3 %`, `2.2–2.8 h`; `≥ 4.0 h` without an upper one; empty without any."""
    low, high = row["low"], row["high"]
    if low is None and high is None:
        return ""
    ending, size, decimals = _measure(abs(row["value"]), unit, duration_unit)
    for more in range(3):  # of many rows the limits are near each other, and must not read as one
        low_text, high_text = (
            None if limit is None else _fixed(limit / size, decimals + more, signed=unit == "points")
            for limit in (low, high)
        )
        if low_text != high_text or low == high:
            break
    if low_text is None or high_text is None:
        return f"≥ {low_text}{ending}" if high_text is None else f"≤ {high_text}{ending}"
    is_signed = unit == "points" or low_text.startswith("−")
    return f"{low_text}{' – ' if is_signed else '–'}{high_text}{ending}"


def _measure(about: float, unit: str, duration_unit: DurationUnit | None) -> tuple[str, float, int]:
    """How the limits of a value are said: the ending, what they are divided by, and their decimals."""
    if unit == "share":
        return " %", 0.01, 1
    if unit == "duration":
        by_size = "s" if about < 600 else "min" if about < 3600 else "h" if about < _FIRST_IN_DAYS else "d"
        name = duration_unit or by_size
        return f" {name}", _SECONDS[name], 0 if about / _SECONDS[name] >= 100 or name == "s" else 1
    return "", 1, {"count": 0, "points": 1}.get(unit, 2)


def say_change(change: float | None, previous: float | None, unit: str, is_signal: bool = False) -> str:
    """An arrow and how far: percentage points for shares, plain for points and scores, else percent of `previous`.

    A change that is more than chance has a full arrow.
    """
    if change is None or previous is None:
        return ""
    if unit == "share":
        size = f"{_fixed(abs(100 * change), 1)} pp"
    elif unit in ("points", "score"):
        size = _fixed(abs(change), 1 if unit == "points" else 2)
    elif previous > 0:
        percent = 100 * abs(change) / previous
        size = f"{_fixed(percent, 0)} %" if percent < 1000 else f"×{_fixed((change + previous) / previous, 0)}"
    else:
        size = say(abs(change), unit)
    is_level = not re.search(r"[1-9]", size)
    up, down = "▲▼" if is_signal else "↑↓"
    return f"{'→' if is_level else up if change > 0 else down} {size}"


def change_tone(row: dict[str, Any], better: str) -> Tone:
    """Good or bad by the metric's direction; dim where there is none, nothing moved, or the move is no signal."""
    change = row["change"]
    if not change or row["signal"] is not True or better not in ("lower", "higher"):
        return "dim"
    return "good" if (change > 0) == (better == "higher") else "bad"


def say_coverage(row: Mapping[str, Any], frame: str | None) -> str:
    """`42 % answered` or `42 % of 439` where a figure rests on under 80 % of the rows that could have had a value."""
    n, of = row["n"], row["of"]
    if n is None or not of or n >= 0.8 * of:
        return ""
    return f"{_fixed(100 * n / of, 0)} % {'answered' if frame == 'surveys' else f'of {of:,}'}"


def _two(amount: int, ratio: int, large: str, small: str) -> str:
    first, rest = divmod(amount, ratio)
    if not first:
        return f"{rest} {small}"
    return f"{first} {large} {rest} {small}" if rest else f"{first} {large}"


def _fixed(value: float, decimals: int, signed: bool = False) -> str:
    """With thousands separators and a real minus, halves rounded up as in spreadsheets; no sign on what rounds to 0."""
    text = f"{Decimal(repr(abs(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"
    if not re.search(r"[1-9]", text):
        return text
    return ("−" if value < 0 else "+" if signed else "") + text
