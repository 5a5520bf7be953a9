"""Measure business seconds of random spans beside a plain subtraction and a sort: `python tests/bench/spans.py`.

The bound is 4 × (the subtraction of both columns and a sort of each). Beside it, for the reader, what the PyPI package
business-duration makes of the first few spans, where it is installed. It measures and does not judge.
"""

import argparse
import platform
import time
import warnings
from collections.abc import Callable
from datetime import time as clock
from pathlib import Path
from statistics import median

import polars as pl

from cs_metrics.calendars import BusinessHours, find_calendar

CONFIGS = Path(__file__).parents[2] / "configs"
CALENDARS = ["always", "weekdays-9-17", "office-with-lunch"]
ZONE = "Europe/Berlin"
BOUND = 4
A_YEAR, A_DAY = 365 * 86_400_000_000, 86_400_000_000
START, YEARS, LONGEST = 1_500_000_000_000_000, 6, 5  # from July 2017, spans of up to five days


def spans(count: int) -> pl.DataFrame:
    """`count` random spans, to the microsecond, in no order."""
    at = pl.int_range(START, START + YEARS * A_YEAR, YEARS * A_YEAR // count, eager=True).head(count)
    lengths = pl.int_range(count, eager=True).shuffle(seed=2) * (LONGEST * A_DAY // count)
    start = at.shuffle(seed=1)
    return pl.DataFrame({"start": start, "end": start + lengths}).cast(pl.Datetime("us", "UTC"))


def measure(work: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of each round, after one that is not counted."""
    seconds = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def plain(frame: pl.DataFrame) -> None:
    """What the bound is counted in."""
    frame.select((pl.col("end") - pl.col("start")).dt.total_microseconds())
    frame.select(pl.col("start").sort())
    frame.select(pl.col("end").sort())


def show(name: str, seconds: list[float], count: int, ratio: float | None = None) -> None:
    """A line of the table; with a ratio, beside its bound."""
    verdict = "" if ratio is None else f"{ratio:<8.2f}at most {BOUND}  {'ok' if ratio <= BOUND else 'OVER'}"
    took = f"{median(seconds):.3f} ({min(seconds):.3f}–{max(seconds):.3f})"
    print(f"  {name:<34}{took:<24}{count / median(seconds):<16,.0f}{verdict}")


def by_package(frame: pl.DataFrame) -> None:
    """Spans per second of business-duration, which works on one span at a time."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from business_duration import businessDuration
    except ImportError:
        print("  business-duration is not installed: pip install business-duration")
        return
    rows = frame.select(pl.all().dt.convert_time_zone(ZONE).dt.replace_time_zone(None)).rows()
    hours = {"starttime": clock(9), "endtime": clock(17), "unit": "sec"}

    def work() -> None:
        for start, end in rows:
            businessDuration(startdate=start, enddate=end, **hours)

    show("business-duration, 9 to 17", measure(work, 1), len(rows))


def main() -> None:
    """Build the tables, then time each calendar in turn with the plain work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spans", type=int, default=4_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    frame = spans(args.spans)
    print(f"{platform.system()}, {platform.machine()}, Python {platform.python_version()}, polars {pl.__version__}")
    for name in CALENDARS:  # what is loaded once, the zones and a country's holidays, is not the table's
        find_calendar(name, [CONFIGS], ZONE).time  # noqa: B018
    columns = f"{'seconds':<24}{'spans a second':<16}ratio"
    print(f"\n{len(frame):,} random spans, {args.rounds} rounds\n  {'':<34}{columns}")
    standard = measure(lambda: plain(frame), args.rounds)
    show("subtraction and two sorts", standard, len(frame))
    for name in CALENDARS:
        calendar = find_calendar(name, [CONFIGS], ZONE)
        began = time.perf_counter()
        between = BusinessHours((calendar,)).between(pl.col("start"), pl.col("end"))
        built = time.perf_counter() - began
        seconds = measure(lambda between=between: frame.select(between), args.rounds)
        show(f"{name} (table: {built * 1000:.0f} ms)", seconds, len(frame), median(seconds) / median(standard))
    by_package(frame.head(2_000))


if __name__ == "__main__":
    main()
