"""Calendars, promises and the past as a person meets them on the command line and in the profile."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.conftest import Done, Run

SCENARIO = Path(__file__).parent / "scenario"
FILES = [SCENARIO / f"{name}.csv" for name in ("tickets", "changes", "messages")]
HOURS = "timezone: Europe/Berlin\nhours: {monday: '09:00-17:00', tuesday: '09:00-17:00', wednesday: '09:00-17:00'}\n"


def tickets(folder: Path) -> Path:
    """Three tickets on a Monday in Berlin (UTC+1): opened at 16:30 local time and answered on Tuesday at 09:30."""
    path = folder / "tickets.csv"
    rows = [f"{n},2024-01-08T15:30:00Z,2024-01-09T08:30:00Z,{group},open" for n, group in enumerate("AAB")]
    path.write_text("ticket_id,created_at,first_reply_at,group,status\n" + "\n".join(rows) + "\n")
    return path


def values(done: Done) -> dict[str, float | None]:
    assert done.code == 0, done.err
    rows = csv.DictReader(io.StringIO(done.out))
    return {row.get("group") or row["metric"]: float(row["value"]) if row["value"] else None for row in rows}


def test_a_calendar_counts_open_time_and_is_named_in_the_output(run: Run, tmp_path: Path) -> None:
    (tmp_path / "office.yml").write_text(HOURS)
    question = ("report", tickets(tmp_path), "-m", "first_reply_time,first_reply_time_business", "--tz", "UTC")
    assert values(run(*question, "--calendar", "office.yml", "-f", "csv")) == {
        "first_reply_time": 17 * 3600, "first_reply_time_business": 3600
    }  # fmt: skip
    told = json.loads(run(*question, "--calendar", "office.yml", "-f", "json").out)
    assert told["question"]["calendar"] == "office (Europe/Berlin)"
    assert "business hours of office (Europe/Berlin)" in run(*question, "--calendar", "office.yml").err


def test_with_a_calendar_the_scorecard_shows_business_time_and_without_it_does_not(run: Run, tmp_path: Path) -> None:
    path = tickets(tmp_path)
    assert "First reply time (business hours)" in run("report", path, "--calendar", "always").out
    assert "business" not in run("report", path).out


def test_business_time_without_a_calendar_says_what_to_name(run: Run, tmp_path: Path) -> None:
    done = run("report", tickets(tmp_path), "-m", "first_reply_time_business")
    assert done.code == 3
    assert "needs a calendar (--calendar)" in done.err


def test_an_unknown_calendar_is_told_with_the_nearest_and_all_names(run: Run, tmp_path: Path) -> None:
    done = run("report", tickets(tmp_path), "--calendar", "weekday-9-17")
    assert (done.code, done.out) == (2, "")
    assert "weekdays-9-17" in done.err and "always" in done.err


def test_the_profile_names_a_calendar_for_all_and_others_for_some_groups(run: Run, tmp_path: Path) -> None:
    (tmp_path / "office.yml").write_text(HOURS)
    (tmp_path / "cs-metrics.yml").write_text("calendar: office.yml\ncalendars:\n  group: {B: always}\n")
    question = ("report", tickets(tmp_path), "-m", "first_reply_time_business", "--by", "group", "-f", "csv")
    assert values(run(*question)) == {"A": 3600, "B": 17 * 3600}
    assert values(run(*question, "--calendar", "always")) == {"A": 17 * 3600, "B": 17 * 3600}


@pytest.mark.parametrize(
    "text, line, said",
    [
        ("calendars:\n  group: {B: always}\n", 1, "name with `calendar`"),
        ("calendar: always\ncalendars:\n  gruop: {B: always}\n", 3, "Did you mean 'group'"),
        ("timezone: UTC\ncalendar: [a]\n", 2, "calendar: this must be text"),
    ],
)
def test_a_profile_with_bad_calendars_is_refused_with_its_line(
    run: Run, tmp_path: Path, text: str, line: int, said: str
) -> None:
    (tmp_path / "p.yml").write_text(text)
    done = run("check", "p.yml")
    assert done.code == 2
    assert f"p.yml:{line}" in done.err and said in done.err


def test_an_sla_is_reported_by_clock(run: Run) -> None:
    clocks = ("--calendar", SCENARIO / "calendar.yml", "--sla", SCENARIO / "sla.yml")
    rows = csv.DictReader(
        io.StringIO(run("report", *FILES, "-m", "sla_attainment", "--by", "clock", *clocks, "-f", "csv").out)
    )
    assert {row["clock"] for row in rows} >= {"first_reply_time", "full_resolution_time"}


def test_an_sla_that_counts_business_hours_without_a_calendar_is_refused(run: Run, tmp_path: Path) -> None:
    text = (SCENARIO / "sla.yml").read_text().replace("calendar:", "# calendar:")
    (tmp_path / "sla.yml").write_text(text)
    done = run("report", *FILES, "--sla", "sla.yml")
    assert done.code == 2
    assert "--calendar" in done.err


def test_an_sla_without_history_and_messages_says_that_it_is_approximate(run: Run) -> None:
    done = run("report", FILES[0], "-m", "sla", "--calendar", SCENARIO / "calendar.yml", "--sla", SCENARIO / "sla.yml")
    assert done.code == 0
    assert "without changes and messages" in done.err


def test_check_knows_calendars_and_promises(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("timezone: Europe/Berlin\nhours:\n  monday: ['11:00-09:00']\n  mittwoch: []\n")
    done = run("check", "bad.yml")
    assert done.code == 2
    assert "bad.yml:3" in done.err and "bad.yml:4" in done.err


@pytest.mark.parametrize("kind", ["profile", "metric", "calendar", "sla", "map"])
def test_a_schema_is_json_that_closes_its_keys(run: Run, kind: str) -> None:
    schema = json.loads(run("schema", kind).out)
    keys = schema if "properties" in schema else schema["$defs"][schema["$ref"].rsplit("/")[-1]]
    assert keys["additionalProperties"] is False


def test_an_unknown_schema_is_told_with_the_nearest(run: Run) -> None:
    done = run("schema", "calender")
    assert done.code == 2 and "Did you mean 'calendar'" in done.err


def test_the_past_without_a_history_is_refused_and_with_it_is_told(run: Run) -> None:
    question = ("-m", "backlog", "--as-of", "2025-01-15", "-f", "csv", "-q")
    refused = run("report", FILES[0], *question)
    assert refused.code == 3 and "it lacks the history of solved_at" in refused.err
    assert values(run("report", *FILES[:2], *question)) == {"backlog": 1}


def test_helpdesks_own_names_of_zones_are_understood(run: Run, tmp_path: Path) -> None:
    done = run("report", tickets(tmp_path), "--tz", "Central Time (US & Canada)", "-f", "json")
    assert json.loads(done.out)["question"]["timezone"] == "America/Chicago"
