"""Day first or month first is told by whole columns, and months may have their names in other languages."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cs_metrics.readers import FilePart, Loaded, open_exports
from cs_metrics.readers._base import Reading
from cs_metrics.readers._cells import instant
from cs_metrics.readers._instants import Order
from tests.conftest import Run

JIRA = ("%d/%b/%y %I:%M %p", "%d/%b/%y", "%d %b %Y %I:%M %p", "%d.%m.%Y %H:%M")


def read(cells: list[str], order: Order = "as declared", fast: bool = True, **how: tuple[str, ...]) -> list[str | None]:
    column = pl.Series("cell", cells)
    convert = instant("", **how).convert.settled(order)
    values = pl.DataFrame({"cell": column}).select(convert(pl.col("cell"), Reading(None, column if fast else None)))
    return values.to_series().dt.strftime("%Y-%m-%d %H:%M:%S").to_list()


def export(path: Path, created: list[str], solved: list[str] | None = None, header: str = "Created time") -> Path:
    solved = solved or [""] * len(created)
    lines = [f'{n},Open,"{a}","{b}"' for n, (a, b) in enumerate(zip(created, solved, strict=True), start=1)]
    path.write_text("\n".join([f"Ticket ID,Status,{header},Resolved time", *lines, ""]))
    return path


def loaded(path: Path, day_first: bool | None = None) -> tuple[FilePart, Loaded]:
    (part,) = open_exports([str(path)], day_first=day_first)
    return part, part.load({"tickets": ["created_at", "solved_at"]}, None)


def days(found: Loaded, column: str = "created_at") -> list[str | None]:
    return found.frames["tickets"][column].dt.strftime("%m-%d %H:%M").to_list()


@pytest.mark.parametrize("fast", [True, False], ids=["by-sample", "thorough"])
@pytest.mark.parametrize(
    ("cell", "order", "expected"),
    [
        ("3/15/2024 2:30 PM", "month first", "2024-03-15 14:30:00"),  # Salesforce
        ("15/03/2024, 14:30", "day first", "2024-03-15 14:30:00"),
        ("05.01.24 08:15", "day first", "2024-01-05 08:15:00"),
        ("29/2/2016 01:16", "day first", "2016-02-29 01:16:00"),  # ServiceNow
        ("08-04-2023 20:52", "day first", "2023-04-08 20:52:00"),  # Zendesk, saved again
        ("6/21/2025 16:14", "month first", "2025-06-21 16:14:00"),  # Jira
        ("1/5/24 12:15 AM", "month first", "2024-01-05 00:15:00"),  # osTicket
        ("1/5/24 12:15 PM", "month first", "2024-01-05 12:15:00"),
        ("03/15/2024 14:30:05", "month first", "2024-03-15 14:30:05"),  # SurveyMonkey
        ("3/15/2024", "month first", "2024-03-15 00:00:00"),
        ("3/15/2024 2:30\u202fPM", "month first", "2024-03-15 14:30:00"),  # what newer systems put before PM
        ("3/15/2024 2:30 p. m.", "month first", "2024-03-15 14:30:00"),
        ("31/02/2024 10:00", "day first", None),
        ("3/15/2024 25:00", "month first", None),
        ("15/03/2024, 14:30", "month first", None),
        ("05.01.2024", "unknown", None),
        ("2024-03-15 14:30:00", "unknown", "2024-03-15 14:30:00"),
    ],
)
def test_numeric_dates_are_read_in_the_order_that_is_known(cell, order, expected, fast):
    assert read([cell], order, fast) == [expected]


def test_one_column_may_be_written_in_several_ways():
    cells = ["15/03/2024 14:30", "15/03/2024", "15/03/24 2:30 PM", "15.03.2024, 14:30", "2024-03-15 14:30"]
    midnight, half_past = "2024-03-15 00:00:00", "2024-03-15 14:30:00"
    assert read(cells, "day first") == [half_past, midnight, half_past, half_past, half_past]


@pytest.mark.parametrize("fast", [True, False], ids=["by-sample", "thorough"])
@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("25/Feb/26 10:17 PM", "2026-02-25 22:17:00"),
        ("11/May/24", "2024-05-11 00:00:00"),
        ("05 Jan 2024 10:15 AM", "2024-01-05 10:15:00"),  # Zoho
        ("25/Feb./26 10:17 PM", "2026-02-25 22:17:00"),  # German
        *(("11/Mai/24", "2024-05-11 00:00:00"), ("1/Dez./25 1:00 AM", "2025-12-01 01:00:00")),
        *(("1/Mär/25", "2025-03-01 00:00:00"), ("1/MÄRZ/25", "2025-03-01 00:00:00")),
        *(("3/févr./26 9:05 AM", "2026-02-03 09:05:00"), ("3/août/26", "2026-08-03 00:00:00")),  # French
        *(("3/juin/26", "2026-06-03 00:00:00"), ("3/juil./26", "2026-07-03 00:00:00")),
        *(("3/gen/26", "2026-01-03 00:00:00"), ("3/giu/26", "2026-06-03 00:00:00")),  # Italian
        *(("3/set/26", "2026-09-03 00:00:00"), ("3/ott/26", "2026-10-03 00:00:00")),
        *(("3/ene./26 4:38 p. m.", "2026-01-03 16:38:00"), ("3/ago/26", "2026-08-03 00:00:00")),  # Spanish
        *(("3/sept./26", "2026-09-03 00:00:00"), ("3/dic/26", "2026-12-03 00:00:00")),
        *(("3/fev/26", "2026-02-03 00:00:00"), ("3/out/26", "2026-10-03 00:00:00")),  # Portuguese
        ("3/foo/26", None),
    ],
)
def test_months_are_read_in_six_languages(cell, expected, fast):
    assert read([cell], fast=fast, formats=JIRA) == [expected]


def test_english_months_first_and_others_behind_them_are_all_read():
    assert read(["25/Jan/26", "25/Feb./26", "25/Okt/26"], formats=JIRA) == [
        *("2026-01-25 00:00:00", "2026-02-25 00:00:00", "2026-10-25 00:00:00"),
    ]


def test_a_year_of_two_digits_is_of_this_century_even_where_four_are_declared():
    assert read(["05.01.24 08:15"], "day first", formats=JIRA) == ["2024-01-05 08:15:00"]
    assert read(["05.01.24 08:15"], formats=JIRA) == [None]


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (["3/4/2024 2:30 PM", "3/15/2024 2:30 PM"], ["03-04 14:30", "03-15 14:30"]),
        (["03/04/2024, 14:30", "15/03/2024, 14:30"], ["04-03 14:30", "03-15 14:30"]),
        (["03.04.24 08:15", "05.01.24 08:15"], ["04-03 08:15", "01-05 08:15"]),
    ],
)
def test_one_telling_date_decides_for_the_whole_column(tmp_path, created, expected):
    part, found = loaded(export(tmp_path / "a.csv", created))
    assert days(found) == expected
    assert found.rejects.is_empty()
    assert not part.remarks


def test_a_telling_date_behind_the_first_thousand_rows_decides_too(tmp_path):
    _, found = loaded(export(tmp_path / "a.csv", ["3/4/2024 10:00"] * 1500 + ["3/15/2024 10:00"]))
    assert days(found)[0] == "03-04 10:00"


def test_a_column_that_allows_both_goes_with_the_others_of_its_file(tmp_path):
    part, found = loaded(export(tmp_path / "a.csv", ["3/15/2024 10:00", "3/4/2024 10:00"], ["", "3/5/2024 11:00"]))
    assert days(found, "solved_at") == [None, "03-05 11:00"]
    assert not part.remarks


def test_where_every_date_allows_both_the_report_says_what_was_taken_and_the_flags_decide(tmp_path, run: Run):
    path = export(tmp_path / "a.csv", ["3/4/2024 10:00", "5/4/2024 10:00"])
    part, found = loaded(path)
    assert days(found) == ["04-03 10:00", "04-05 10:00"]
    (remark,) = part.remarks.values()
    assert (remark.code, remark.count) == ("day-or-month", 2)
    assert remark.text == (
        f"{path}: every date in 'Created time' allows both orders; read day first "
        "(03/04 is 3 April; --monthfirst changes it)"
    )
    asked = ("report", path, "-m", "tickets_created", "-g", "month", "-f", "csv")
    assert remark.text in run(*asked).err
    assert "2024-04-01" in run(*asked).out
    for flag, month in (("--monthfirst", "2024-03-01"), ("--dayfirst", "2024-04-01")):
        done = run(*asked, flag)
        assert month in done.out
        assert "allows both" not in done.err


def test_with_am_and_pm_the_month_is_taken_to_come_first(tmp_path):
    part, found = loaded(export(tmp_path / "a.csv", ["3/4/2024 2:30 PM"]))
    assert days(found) == ["03-04 14:30"]
    assert "--dayfirst" in next(iter(part.remarks))


def test_what_is_assumed_is_assumed_of_the_whole_file_and_said_once(tmp_path):
    part, found = loaded(export(tmp_path / "a.csv", ["3/4/2024 2:30 PM"], ["3/5/2024"]))
    assert (days(found), days(found, "solved_at")) == (["03-04 14:30"], ["03-05 00:00"])
    (remark,) = part.remarks.values()
    assert "'Created time' and 'Resolved time' allows both" in remark.text


def test_a_format_of_the_reader_decides_where_the_column_does_not_and_the_flag_before_it(tmp_path):
    path = export(tmp_path / "a.csv", ["03-04-2024 10:00"])  # Freshdesk's dates, saved again
    for day_first, expected in ((None, "04-03 10:00"), (False, "03-04 10:00")):
        part, found = loaded(path, day_first)
        assert days(found) == [expected]
        assert not part.remarks


def test_the_readers_own_format_gives_way_to_what_the_column_shows(tmp_path):
    _, found = loaded(export(tmp_path / "a.csv", ["03-04-2024 10:00", "03-15-2024 10:00"]))
    assert days(found) == ["03-04 10:00", "03-15 10:00"]


def test_a_column_that_contradicts_itself_is_not_read_and_counted(tmp_path):
    path = export(tmp_path / "a.csv", ["2024-01-01 10:00"] * 3, ["13/4/2024", "4/13/2024", "1/2/2024"])
    part, found = loaded(path)
    assert days(found, "solved_at") == [None, None, None]
    assert found.rejects["value"].to_list() == ["13/4/2024", "4/13/2024", "1/2/2024"]
    assert "so none of them was read" in next(iter(part.remarks))
    _, found = loaded(path, day_first=True)
    assert days(found, "solved_at") == ["04-13 00:00", None, "02-01 00:00"]
    assert found.rejects["value"].to_list() == ["4/13/2024"]


def test_a_remark_is_made_of_columns_that_are_read_alone(tmp_path):
    (part,) = open_exports([str(export(tmp_path / "a.csv", ["2024-01-01 10:00"], ["3/4/2024"]))])
    part.load({"tickets": ["created_at"]}, None)
    assert not part.remarks


def test_a_map_with_a_format_is_taken_at_its_word(tmp_path):
    (tmp_path / "my.yml").write_text(
        "frames:\n  tickets:\n    ticket_id: No\n    created_at: {from: Opened, format: '%d/%m/%Y'}\n"
    )
    (tmp_path / "a.csv").write_text("No,Opened\n1,03/04/2024\n2,3/15/2024\n")
    (part,) = open_exports([str(tmp_path / "a.csv")], maps=[tmp_path / "my.yml"])
    found = part.load({"tickets": ["created_at"]}, None)
    assert days(found) == ["04-03 00:00"]
    assert found.rejects["value"].to_list() == ["3/15/2024"]


def test_a_map_without_a_format_lets_the_column_tell(tmp_path):
    (tmp_path / "my.yml").write_text("frames:\n  tickets:\n    ticket_id: No\n    created_at: Opened\n")
    (tmp_path / "a.csv").write_text("No,Opened\n1,03/04/2024\n2,3/15/2024\n")
    (part,) = open_exports([str(tmp_path / "a.csv")], maps=[tmp_path / "my.yml"])
    assert days(part.load({"tickets": ["created_at"]}, None)) == ["03-04 00:00", "03-15 00:00"]


def test_numeric_dates_are_local_times_of_the_source_zone(tmp_path):
    (part,) = open_exports([str(export(tmp_path / "a.csv", ["15/07/2024 10:00", "31/03/2024 02:30"]))])
    assert days(part.load({"tickets": ["created_at"]}, "Europe/Berlin")) == ["07-15 08:00", "03-31 01:30"]
