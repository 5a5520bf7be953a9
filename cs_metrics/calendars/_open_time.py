"""From a week's hours in a zone to F(t), the open time since 1970: open stretches in UTC, and a table to look F up.

F is piecewise linear with slope 1 while open and 0 while closed. So every span is F(end) − F(start): additive, never
negative, never above calendar time, and 24/7 equals calendar time. All integers are microseconds, all stretches
half-open. Zones are asked of Polars, not of `zoneinfo`, so that a calendar agrees with every local day of the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise

import polars as pl

from cs_metrics.calendars._hours import DAY, EPOCH, Span, Version
from cs_metrics.entities import INSTANT

SECOND = 1_000_000
START, END = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * SECOND for year in (1970, 2101))
YEARS = range(1969, 2102)  # those on the wall at some instant from START to END, in any zone
_DAY = DAY * SECOND
_CELL = _DAY // 4  # hardly ever does more than one opening or closing fall into six hours
_FIRST_DAY, _LAST_DAY = START // _DAY - 2, END // _DAY + 1


@dataclass(frozen=True)
class OpenTime:
    """F as a table.

    `stretches`: opens, closes, before (F where it opens), sorted and apart from each other.
    `edges`: all openings and closings in order, and one that is never reached. `values`: F after so many edges; where
    it is negative it is open then, and F(t) = value + 1 + t, so that one look-up says both.
    `cells`: the number of edges up to the beginning of each six hours since 1970, in which `steps` more lie at most.
    `valid`: the first and the last instant at which F is defined.
    """

    stretches: pl.DataFrame
    edges: pl.Series
    values: pl.Series
    cells: pl.Series
    steps: int
    valid: tuple[int, int]

    def at(self, instants: pl.Series) -> pl.Series:
        """F(t) in whole microseconds; null where it is not defined."""
        t = self._within(instants)
        passed = self.cells.gather(t // _CELL)
        for _ in range(self.steps):
            passed = passed + (t >= self.edges.gather(passed))
        value = self.values.gather(passed)
        return (value + 1 + t).zip_with(value < 0, value)

    def reached(self, instants: pl.Series, microseconds: pl.Series) -> pl.Series:
        """The first instant, at or after each given one, at which so much more open time is over; null if never."""
        goal = self.at(instants) + microseconds
        ends = self.stretches["before"] + self.stretches["closes"] - self.stretches["opens"]
        place = ends.search_sorted(goal.fill_null(0), side="left")
        found = pl.concat([self.stretches, self.stretches.clear(1)])[place]
        later = found["opens"] + (goal - found["before"])
        # Nothing to wait for is now, even where F has stood at this value since an earlier closing.
        return self._within(instants).zip_with(microseconds <= 0, later).cast(INSTANT)

    def _within(self, instants: pl.Series) -> pl.Series:
        t = instants.cast(INSTANT).to_physical()
        return t.zip_with(t.is_between(*self.valid), pl.Series([None], dtype=pl.Int64))


def build(zone: str, versions: Sequence[Version], closures: Iterable[Span], holidays: Iterable[int]) -> OpenTime:
    """F of a zone's opening hours.

    `closures` are seconds since 1970 on the wall, `holidays` days since 1970. Raises nothing: all is checked before.
    """
    offsets = _offsets(zone)
    first, last = versions[0].since, versions[-1].until
    holds = (_day(first) if first else _FIRST_DAY, _day(last) + 1 if last else _LAST_DAY + 1)
    # The day after the last one is shut as well: there the last night shift would go on.
    shut = [
        pl.DataFrame([*closures], schema={"opens": pl.Int64, "closes": pl.Int64}, orient="row") * SECOND,
        pl.DataFrame({"opens": pl.Series([*holidays, holds[1]], dtype=pl.Int64) * _DAY}).with_columns(
            closes=pl.col("opens") + _DAY
        ),
    ]
    stretches = _to_utc(_without(pl.concat(_hours(version) for version in versions), pl.concat(shut)), offsets)
    valid = _to_utc(pl.DataFrame({"opens": [holds[0] * _DAY], "closes": [holds[1] * _DAY]}), offsets)
    return _table(stretches, (valid["opens"].item(0), valid["closes"].item(-1)) if len(valid) else (1, 0))


def _hours(version: Version) -> pl.DataFrame:
    """opens, closes on the wall for every day on which the hours hold; a night shift stays in one piece."""
    begin = max(_day(version.since), _FIRST_DAY) if version.since else _FIRST_DAY
    end = min(_day(version.until), _LAST_DAY) if version.until else _LAST_DAY
    days = pl.int_range(begin, end + 1, eager=True)
    spans = [(weekday, *span) for weekday, spans in enumerate(version.week) for span in spans]
    week = pl.DataFrame(spans, schema=dict.fromkeys(("weekday", "opens", "closes"), pl.Int64), orient="row")
    return (
        pl.DataFrame({"day": days, "weekday": (days + 3) % 7})  # 1970-01-01 was a Thursday
        .join(week, on="weekday")
        .select(pl.col("opens", "closes") * SECOND + pl.col("day") * _DAY)
    )


def _without(hours: pl.DataFrame, shut: pl.DataFrame) -> pl.DataFrame:
    """The hours as sorted stretches, without what is shut: a sweep over all edges that counts who is open and shut."""
    edges = [
        frame.select(at=edge, open=pl.lit(by if frame is hours else 0), shut=pl.lit(by if frame is shut else 0))
        for frame in (hours, shut)
        for edge, by in (("opens", 1), ("closes", -1))
    ]
    swept = pl.concat(edges).sort("at").with_columns(pl.col("open", "shut").cum_sum())
    now = swept.filter(pl.col("at").ne_missing(pl.col("at").shift(-1))).select(
        "at", is_open=(pl.col("open") > 0) & (pl.col("shut") == 0)
    )
    turns = now.filter(pl.col("is_open") != pl.col("is_open").shift(fill_value=False))["at"]
    return pl.DataFrame({"opens": turns.gather_every(2), "closes": turns.gather_every(2, 1)})


@cache
def _offsets(zone: str) -> pl.DataFrame:
    """since, until (UTC) and offset for each time in which the zone's clocks were not changed, to the second."""

    def offset(seconds: pl.Series) -> pl.Series:
        utc = (seconds * SECOND).cast(INSTANT)
        return utc.dt.convert_time_zone(zone).dt.replace_time_zone(None).to_physical() - utc.to_physical()

    changes = pl.Series([START // SECOND])  # the last second before each change, seen ever more sharply
    for width, step in pairwise((END // SECOND - START // SECOND, DAY, 3600, 60, 1)):
        steps = pl.int_range(0, width + 1, step, eager=True)
        seen = pl.DataFrame({"at": changes}).join(pl.DataFrame({"step": steps}), how="cross")
        at = seen["at"] + seen["step"]
        now = offset(at)
        changes = at.filter((now != now.shift(-1)) & (seen["step"] < width))
    after = changes + 1
    since = pl.concat([pl.Series([START // SECOND]), after])
    until = pl.concat([after, pl.Series([END // SECOND])])
    return pl.DataFrame({"since": since * SECOND, "until": until * SECOND, "offset": offset(since)})


def _to_utc(stretches: pl.DataFrame, offsets: pl.DataFrame) -> pl.DataFrame:
    """Wall-clock stretches in UTC: a repeated hour comes twice, a missing one not at all; touching ones are joined."""
    walls = offsets.select(pl.col("since", "until") + pl.col("offset"), "offset")
    pieces = (
        walls.with_columns(
            first=stretches["closes"].search_sorted(walls["since"], side="right").cast(pl.Int64),
            beyond=stretches["opens"].search_sorted(walls["until"], side="left").cast(pl.Int64),
        )
        .filter(pl.col("first") < pl.col("beyond"))
        .with_columns(row=pl.int_ranges("first", "beyond"))
        .explode("row")
    )
    inside = pl.concat([pieces, stretches[pieces["row"]]], how="horizontal").select(
        opens=pl.max_horizontal("opens", "since") - pl.col("offset"),
        closes=pl.min_horizontal("closes", "until") - pl.col("offset"),
    )
    begins = inside.filter(pl.col("opens").ne_missing(pl.col("closes").shift()))["opens"]
    ends = inside.filter(pl.col("closes").ne_missing(pl.col("opens").shift(-1)))["closes"]
    return pl.DataFrame({"opens": begins, "closes": ends})


def _table(stretches: pl.DataFrame, valid: tuple[int, int]) -> OpenTime:
    lengths = pl.col("closes") - pl.col("opens")
    stretches = stretches.with_columns(before=lengths.cum_sum() - lengths)
    openings = stretches.select(edge="opens", value=pl.col("before") - pl.col("opens") - 1)
    closings = stretches.select(edge="closes", value=pl.col("before") + lengths)
    turns = openings.merge_sorted(closings, "edge")
    edges, none = turns["edge"], pl.Series([0], dtype=pl.Int64)
    # An edge counts from the first cell on that begins at it or later; what is left are those inside a cell.
    first = ((edges + (_CELL - 1)) // _CELL).rle().struct.unnest()
    cells = pl.zeros(END // _CELL + 2, dtype=pl.UInt32, eager=True).scatter(first["value"], first["len"]).cum_sum()
    inside = (edges.filter(edges % _CELL != 0) // _CELL).rle().struct.field("len").max()
    return OpenTime(
        stretches=stretches,
        edges=pl.concat([edges, none + END + 1]),
        values=pl.concat([none, turns["value"]]),
        cells=cells,
        steps=inside if isinstance(inside, int) else 0,
        valid=valid,
    )


def _day(day: date) -> int:
    return day.toordinal() - EPOCH
