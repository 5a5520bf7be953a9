"""Local times in an hour that happens twice or is left out: one rule, the same by every way into a file, and counted.

The rule is Python's `fold=0`, so that the standard library is the judge.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_metrics.readers import open_exports
from cs_metrics.readers._base import Reading
from cs_metrics.readers._cells import instant
from cs_metrics.readers._csv import CsvTable
from cs_metrics.readers._instants import in_zone
from cs_metrics.readers._local_times import ClockChanges, clock_changes
from tests.asking import ROOT, ask
from tests.conftest import Run

pytestmark = pytest.mark.slow  # run by `make slow`, and by .ci/run

BERLIN = ("2024-03-31 01:59", "2024-03-31 02:00", "2024-03-31 02:30", "2024-03-31 03:00", "2024-10-27 01:59",
          "2024-10-27 02:00", "2024-10-27 02:59", "2024-10-27 03:00")  # fmt: skip
BERLIN_UTC = ("03-31 00:59", "03-31 01:00", "03-31 01:30", "03-31 01:00", "10-26 23:59", "10-27 00:00", "10-27 00:59",
              "10-27 02:00")  # fmt: skip


def read(cells: list[str], zone: str | None, fast: bool, formats: tuple[str, ...] = ("%Y-%m-%d %H:%M",)) -> pl.Series:
    """The instants; the fast way knows the spelling from a sample in which no clock changes."""
    column = pl.Series(cells)
    reading = Reading(zone, pl.Series([f"{datetime(2024, 7, 1):{formats[0]}}"]) if fast else None)
    return pl.select(instant("", formats=formats).convert(pl.lit(column), reading)).to_series()


def export(path: Path, cells: list[str], encoding: str = "utf-8") -> Path:
    """A Zendesk CSV with these creation times; solved at noon of New Year's Day."""
    rows = [f"1,{number},{cell},2025-01-01 12:00,ü" for number, cell in enumerate(cells)]
    path.write_text("\n".join(["Summation column,Id,Created at,Solved at,Subject", *rows, ""]), encoding=encoding)
    return path


def created(path: Path, zone: str | None) -> list[str]:
    (part,) = open_exports([str(path)])
    found = part.load({"tickets": ["created_at"]}, zone)
    assert found.rejects.is_empty()
    return found.frames["tickets"]["created_at"].dt.strftime("%m-%d %H:%M").to_list()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_repeated_hour_is_its_first_pass_and_a_missing_one_is_moved_on_by_the_gap(tmp_path, encoding):
    path = export(tmp_path / "a.csv", list(BERLIN), encoding)
    (part,) = open_exports([str(path)])
    assert part.table.is_fast == (encoding == "utf-8")
    assert created(path, "Europe/Berlin") == list(BERLIN_UTC)
    assert clock_changes(part, "Europe/Berlin") == {"Created at": ClockChanges(repeated=2, missing=2)}


def test_a_missing_time_behind_the_sample_is_read_alike_and_does_not_have_the_file_read_again(tmp_path, monkeypatch):
    path = export(tmp_path / "a.csv", ["2024-01-01 10:00"] * 1500 + list(BERLIN))
    looks = []
    collect = CsvTable.collect
    monkeypatch.setattr(CsvTable, "collect", lambda *given, **named: looks.append(1) or collect(*given, **named))
    assert created(path, "Europe/Berlin")[1500:] == list(BERLIN_UTC)
    assert len(looks) == 1


def test_blank_and_unreadable_cells_beside_a_missing_time_stay_what_they_are(tmp_path):
    cells = ["2024-03-31 02:30", "", '""', "  ", "soon", "2024-03-31 02:45 "]
    for encoding in ("utf-8", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        lines = ["Summation column,Id,Created at,Solved at,Subject"]
        lines += [f"1,{number},2024-01-01 12:00,{cell},ü" for number, cell in enumerate(cells)]
        path.write_text("\n".join([*lines, ""]), encoding=encoding)
        (part,) = open_exports([str(path)])
        loaded = part.load({"tickets": ["solved_at"]}, "Europe/Berlin")
        solved = loaded.frames["tickets"]["solved_at"].dt.strftime("%H:%M").to_list()
        assert solved == ["01:30", None, None, None, None, "01:45"]
        assert loaded.rejects.select("row", "column", "value").rows() == [(6, "Solved at", "soon")]
        assert clock_changes(part, "Europe/Berlin") == {"Solved at": ClockChanges(repeated=0, missing=2)}


@pytest.mark.parametrize(
    ("zone", "cell", "expected"),
    [
        ("Australia/Lord_Howe", "2024-10-06 02:15", "2024-10-05 15:45"),  # the gap is half an hour: 02:45 summer time
        ("Australia/Lord_Howe", "2024-04-07 01:45", "2024-04-06 14:45"),  # 01:30 to 02:00 happens twice
        ("Pacific/Apia", "2011-12-30 00:00", "2011-12-30 10:00"),  # a day is left out: the same time on the 31st
        ("Pacific/Apia", "2011-12-30 23:59", "2011-12-31 09:59"),
        ("America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04 03:30"),  # midnight is left out: 01:30
        ("America/Sao_Paulo", "2018-02-17 23:30", "2018-02-18 01:30"),  # 23:00 to 24:00 happens twice
        ("Atlantic/Azores", "2024-10-27 00:30", "2024-10-27 00:30"),  # the first pass is at UTC itself
        ("Asia/Kathmandu", "1986-01-01 00:05", "1985-12-31 18:35"),  # a quarter of an hour: 00:20 by the new time
    ],
)
def test_gaps_of_any_length_and_hour(zone, cell, expected):
    for fast in (False, True):
        assert read([cell], zone, fast)[0].replace(tzinfo=None) == datetime.fromisoformat(expected)


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo",
         "Asia/Hong_Kong", "Asia/Kolkata", "Africa/Casablanca", "UTC")  # fmt: skip


@cache
def changes_of(zone: str) -> list[datetime]:
    """Wall clocks near which the zone's offset changes, 1980 (what is older is taken for no time at all) to 2030."""
    day, found = datetime(1980, 1, 3), []
    while day.year < 2030:
        if (
            day.replace(tzinfo=ZoneInfo(zone)).utcoffset()
            != (day + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).utcoffset()
        ):
            found.append(day)
        day += timedelta(days=1)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_around_every_change_of_the_clock_is_as_in_the_standard_library(zone):
    days = changes_of(zone) or [datetime(2024, 3, 31)]
    walls = [day + timedelta(minutes=7 * step) for day in days for step in range(3 * 24 * 60 // 7)]
    truth = [wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for wall in walls]
    for fast in (False, True):
        assert read([f"{wall:%Y-%m-%d %H:%M}" for wall in walls], zone, fast).to_list() == truth


def is_missing(wall: datetime, zone: ZoneInfo) -> bool:
    there = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) != wall


def is_repeated(wall: datetime, zone: ZoneInfo) -> bool:
    first, last = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first != last and not is_missing(wall, zone)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_counts_are_those_of_the_standard_library_by_either_way(tmp_path_factory, data):
    zone = data.draw(st.sampled_from(ZONES))
    near = st.sampled_from(changes_of(zone) or [datetime(2024, 3, 31)])
    walls = data.draw(
        st.lists(st.builds(lambda d, m: d + timedelta(minutes=m), near, st.integers(-60, 3000)), min_size=1)
    )
    truth = ClockChanges(*(sum(test(wall, ZoneInfo(zone)) for wall in walls) for test in (is_repeated, is_missing)))
    for encoding in ("utf-8", "utf-16"):
        path = export(tmp_path_factory.mktemp("a") / "a.csv", [f"{wall:%Y-%m-%d %H:%M}" for wall in walls], encoding)
        counted = clock_changes(open_exports([str(path)])[0], zone)
        assert counted == ({"Created at": truth} if truth.repeated or truth.missing else {})


def test_cells_with_an_offset_are_not_local_times(tmp_path):
    cells = ["2024-10-27T02:30:00Z", "2024-10-27T02:30:00+02:00", "2024-03-31T02:30:00+01:00", "2024-10-27 02:30"]
    (part,) = open_exports([str(export(tmp_path / "a.csv", cells))])
    assert clock_changes(part, "Europe/Berlin") == {"Created at": ClockChanges(repeated=1, missing=0)}


def test_without_a_zone_and_in_utc_nothing_is_repeated_or_missing(tmp_path):
    (part,) = open_exports([str(export(tmp_path / "a.csv", list(BERLIN)))])
    assert clock_changes(part, None) == clock_changes(part, "UTC") == {}


def test_an_offset_that_the_format_names_is_applied_once():
    for fast in (False, True):
        found = read(["02.07.2024 10:00 +0200"], "Europe/Berlin", fast, ("%d.%m.%Y %H:%M %z",))
        assert found.to_list() == [datetime(2024, 7, 2, 8, tzinfo=UTC)]


def test_json_records_are_counted_by_their_key(tmp_path):
    records = [{"ticket_id": str(n), "created_at": wall} for n, wall in enumerate(BERLIN)]
    path = tmp_path / "tickets.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    (part,) = open_exports([str(path)])
    assert clock_changes(part, "Europe/Berlin") == {"created_at": ClockChanges(repeated=2, missing=2)}


def test_wall_clocks_without_a_zone_stay_as_they_are():
    walls = pl.Series([datetime(2024, 3, 31, 2, 30), None])
    assert pl.select(in_zone(pl.lit(walls), None)).to_series().to_list() == [
        datetime(2024, 3, 31, 2, 30, tzinfo=UTC),
        None,
    ]


def test_inspect_shows_them_by_file_and_column(run: Run, tmp_path: Path) -> None:
    path = export(tmp_path / "tickets.csv", [*BERLIN, "2024-10-27 02:30"])
    told = "'Created at'   3 times in a repeated hour, read as its first pass; 2 times in a missing hour, moved on"
    assert told in run("inspect", path, "--source-tz", "Europe/Berlin").out
    assert "repeated hour" not in run("inspect", path).out
    (source,) = json.loads(run("inspect", path, "--source-tz", "Europe/Berlin", "-f", "json").out)["sources"]
    assert source["clock_changes"] == {"Created at": {"repeated": 3, "missing": 2}}


def test_local_times_beside_times_in_utc_of_one_account_are_told_to_be_off(tmp_path):
    folder = ROOT / "sample_data/zendesk_history"
    several = [str(folder / name) for name in ("view.csv", "audits.json")]
    said = {note.code: note.text for note in ask(several, "first_reply_time", zone_given=False).result.notes}[
        "times-as-in-file"
    ]
    assert "view.csv are as in the file, those of" in said and "off by the zone's offset until --source-tz" in said
    lone = ask(several[0], "tickets_created", zone_given=False).result.notes
    alone = {note.code: note.text for note in lone}["times-as-in-file"]
    assert alone == "times as in the file; --source-tz and --tz place them"
    placed = ask(several, "first_reply_time", zone_given=False, source_zone="Europe/Berlin").result.notes
    assert "times-as-in-file" not in {note.code for note in placed}
