"""Spans of time are read by the pattern of each cell; the header never tells the unit."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cs_metrics.readers import open_exports
from cs_metrics.readers._base import Reading
from cs_metrics.readers._cells import duration

DAY, HOUR, MINUTE = 86_400, 3600, 60


def read(cells: list[str], fast: bool = True, **how: float) -> list[float | None]:
    column = pl.Series("cell", cells)
    convert = duration("", **how).convert
    reading = Reading(None, column.head(1000) if fast else None)
    return pl.DataFrame({"cell": column}).select(convert(pl.col("cell"), reading)).to_series().to_list()


CASES = [
    ("1604", 60, 1604 * MINUTE),  # Zendesk: minutes
    ("96218", 60, 96218 * MINUTE),
    ("123:04:05", HOUR, 123 * HOUR + 4 * MINUTE + 5),  # Freshdesk, under "(in hrs)"; HubSpot (HH:mm:ss)
    ("00:00:00", HOUR, 0),  # what nothing means is the reader's to say
    ("12.5", HOUR, 45_000),  # the same header, decimal hours
    ("12,5", HOUR, 45_000),
    ("0,125", HOUR, 450),
    ("90", 1, 90),  # Intercom: seconds
    ("5400000", 0.001, 5400),  # HubSpot's API, Kustomer: milliseconds
    ("01:30", HOUR, 5400),  # Freshdesk's time entries
    ("4:05", HOUR, 4 * HOUR + 5 * MINUTE),  # Jira, H:MM
    ("1970-01-02 09:46:18", 1, DAY + 9 * HOUR + 46 * MINUTE + 18),  # ServiceNow, the raw value
    ("1970-01-01 00:00:00", 1, 0),
    ("1970-02-05T00:00:00", 1, 35 * DAY),
    ("1 Day 9 Hours 46 Minutes", 1, DAY + 9 * HOUR + 46 * MINUTE),  # ServiceNow, the display value
    ("3 Days 12 Hours", 1, 3 * DAY + 12 * HOUR),
    ("1 09:46:18", 1, DAY + 9 * HOUR + 46 * MINUTE + 18),  # ServiceNow, getDurationValue
    ("2d 4h", 1, 2 * DAY + 4 * HOUR),
    ("4h30m", 1, 4 * HOUR + 30 * MINUTE),
    ("45 min", 1, 45 * MINUTE),
    ("30s", 1, 30),
    ("00:06 hrs", 1, 6 * MINUTE),  # Zoho's metrics
    ("12.5 hrs", 60, 45_000),  # Freshservice: a number with words behind it has its own unit
    ("PT4H30M", 1, 4 * HOUR + 30 * MINUTE),
    ("P1DT9H46M18.5S", 1, DAY + 9 * HOUR + 46 * MINUTE + 18.5),
    ("0:00:01.5", 1, 1.5),
]


@pytest.mark.parametrize("fast", [True, False], ids=["by-sample", "thorough"])
@pytest.mark.parametrize(("cell", "unit", "seconds"), CASES, ids=[case[0] for case in CASES])
def test_every_form_that_vendors_write_is_read(cell, unit, seconds, fast):
    assert read([cell], fast, unit=unit) == [seconds]


@pytest.mark.parametrize("fast", [True, False], ids=["by-sample", "thorough"])
@pytest.mark.parametrize(
    "cell",
    [
        "2023-06-01 12:15:36",  # an instant under a span's header, as in a popular training set
        "1969-12-31 23:00:00",
        "1,234",  # a thousand and more, or one and a bit
        *("-01:30:00", "-1.5", "-0:30", "1:75", "PT", "P", "4 apples", "nan", "inf", "soon", "d", "1:2:3:4"),
    ],
)
def test_what_is_no_span_is_not_read(cell, fast):
    assert read([cell, "90"], fast, unit=1) == [None, 90]


def test_cells_of_one_column_are_each_read_by_their_own_pattern():
    cells = [cell for cell, unit, _ in CASES if unit == 1]
    assert read(cells, unit=1) == [seconds for _, unit, seconds in CASES if unit == 1]


def test_a_pattern_behind_the_sample_is_read_too():
    cells = ["90"] * 1500 + ["1 Day 2 Hours", "2:30:00", "soon"]
    assert read(cells, unit=60)[1500:] == [26 * HOUR, 2.5 * HOUR, None]


@pytest.mark.parametrize("fast", [True, False], ids=["by-sample", "thorough"])
def test_time_left_has_a_sign_where_the_reader_asks_for_it(fast):
    assert read(["-0:30", "2:15", "−1:00", "-90", "0:00"], fast, unit=60, signed=True) == [
        *(-30 * MINUTE, 2 * HOUR + 15 * MINUTE, -HOUR, -90 * MINUTE, 0),
    ]


@given(st.integers(0, 10**7), st.booleans())
def test_a_clock_counts_hours_past_a_day(seconds, fast):
    hours, rest = divmod(seconds, HOUR)
    assert read([f"{hours}:{rest // 60:02}:{rest % 60:02}"], fast) == [seconds]


def test_a_whole_export_reads_mixed_spans_and_counts_the_others(tmp_path: Path) -> None:
    spans = ["26:00:00", '"1,5"', "1 Day 2 Hours", "2023-06-01 12:15:36", "1970-01-02 02:00:00", "-1:00:00"]
    lines = [
        f"{number},Open,2024-01-08 09:00:00,2024-01-08 09:30:00,{span}" for number, span in enumerate(spans, start=1)
    ]
    header = "Ticket ID,Status,Created time,Initial response time,First response time (in hrs)"
    (tmp_path / "a.csv").write_text("\n".join([header, *lines, ""]))
    (part,) = open_exports([str(tmp_path / "a.csv")])
    found = part.load({"tickets": ["reported_first_reply_business_seconds"]}, None)
    assert found.frames["tickets"]["reported_first_reply_business_seconds"].to_list() == [
        *(26 * HOUR, 1.5 * HOUR, 26 * HOUR, None, 26 * HOUR, None),
    ]
    assert found.rejects.select("row", "value").rows() == [(5, "2023-06-01 12:15:36"), (7, "-1:00:00")]
