"""The week as a map: weekdays down, hours across, in shades where there is colour and as plain figures where not."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cs_metrics.result import Result
from cs_metrics.writers import Options, md, table
from cs_metrics.writers import csv as csv_writer
from tests.asking import ask, write

MONDAY = datetime(2024, 1, 8, tzinfo=UTC)
ARRIVALS = {("Mon", 9): 7, ("Mon", 11): 1, ("Wed", 9): 3, ("Sun", 10): 12}


@pytest.fixture
def week(tmp_path) -> Result:
    return report(tmp_path, by=("weekday", "hour"))


def report(tmp_path, metrics: Any = "tickets_created", **question: Any) -> Result:
    days = {"Mon": 0, "Wed": 2, "Sun": 6}
    instants = [
        MONDAY + timedelta(days=days[day], hours=hour, minutes=n)
        for (day, hour), count in ARRIVALS.items()
        for n in range(count)
    ]
    rows = [{"ticket_id": n, "created_at": at, "status": "open"} for n, at in enumerate(instants)]
    return ask(write(tmp_path / "t.csv", rows), metrics, **question).result


def written(result: Result, writer: Any = table, **options: Any) -> str:
    stream = io.StringIO()
    writer.write(result, stream, Options(**options))
    return stream.getvalue()


def grid(text: str) -> list[str]:
    """The lines from the header on to Sunday."""
    return re.findall(r"^(?:Weekday|Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*$", text, re.MULTILINE)


def test_weekdays_go_down_and_hours_across_from_the_first_to_the_last(week):
    text = written(week)
    assert [line.split() for line in grid(text)] == [
        ["Weekday", "09", "10", "11"],
        ["Mon", "7", "–", "1"],
        ["Tue", "–", "–", "–"],
        ["Wed", "3", "–", "–"],
        ["Thu", "–", "–", "–"],
        ["Fri", "–", "–", "–"],
        ["Sat", "–", "–", "–"],
        ["Sun", "–", "12", "–"],
    ]
    assert "Tickets created · all 23" in text
    assert "\x1b" not in text


def test_the_order_of_the_two_makes_no_difference(tmp_path, week):
    assert grid(written(report(tmp_path, by=("hour", "weekday")))) == grid(written(week))


def test_more_is_darker_in_shades_of_one_colour(week):
    text = written(week, color=True)
    shade = {cell.strip(): int(paper) for paper, cell in re.findall(r"\x1b\[38;5;\d+;48;5;(\d+)m([^\x1b]*)\x1b", text)}
    assert shade == {"1": 195, "3": 195, "7": 111, "12": 25}
    assert re.sub(r"\x1b\[[\d;]*m", "", text).split() == written(week).split()


def test_figures_that_are_all_alike_have_no_shade(tmp_path):
    rows = [{"ticket_id": n, "created_at": MONDAY + timedelta(hours=30 * n), "status": "open"} for n in range(3)]
    result = ask(write(tmp_path / "t.csv", rows), "tickets_created", by=("weekday", "hour")).result
    assert "48;5" not in written(result, color=True)


def test_each_metric_has_its_map(tmp_path):
    text = written(report(tmp_path, ["tickets_created", "resolution_rate_to_date"], by=("weekday", "hour")))
    assert len(grid(text)) == 16
    assert "0.0 %" in text


def test_markdown_has_the_same_map(week):
    lines = [line for line in written(week, md).splitlines() if line.startswith("|")]
    assert lines[0] == "| Weekday | 09 | 10 | 11 |"
    assert lines[2] == "| Mon | 7 | – | 1 |" and lines[-1] == "| Sun | – | 12 | – |"


def test_csv_keeps_a_row_for_each_hour_of_the_week(week):
    rows = list(csv.DictReader(io.StringIO(written(week, csv_writer))))
    assert {(row["weekday"], int(row["hour"])): int(float(row["value"])) for row in rows} == ARRIVALS


def test_a_narrow_terminal_gets_the_hours_in_parts_and_loses_none(week):
    lines = [line for line in written(week, width=12).splitlines() if re.match("(W|Mon|Sun)", line)]
    assert len(lines) > 4
    assert {word for line in lines for word in line.split()} >= {"09", "10", "11", "7", "1", "3", "12"}


def test_what_has_no_place_in_a_week_stands_in_rows(tmp_path):
    assert "other" in written(report(tmp_path, by=("weekday", "hour"), top=1))
    assert not re.search("^Weekday +09", written(report(tmp_path, by=("weekday", "hour"), grain="month")), re.MULTILINE)


def test_no_rows_are_a_map_of_nothing(tmp_path):
    text = written(report(tmp_path, by=("weekday", "hour"), where="status = 'closed'"))
    assert "12" not in text.replace("2024", "")
