"""Files that have come to harm: each says in one plain line what is wrong and what to do, or costs no more than that.

None of them ends in a traceback, loses a row without a word, or gives a number that it does not hold.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.console import ExitCode
from cs_metrics.errors import DataError
from cs_metrics.readers import Loaded, open_exports
from tests.conftest import Done, Run
from tests.saved_again import zipped

HEADER = "Ticket ID,Status,Created time,First response time (in hrs)"
ROWS = ("1,Open,2024-01-08 09:00:00,1:30:00", "2,Closed,2024-01-09 10:00:00,26:00:00")
TICKETS = "\n".join([HEADER, *ROWS, ""]).encode()
MANY = "\n".join([HEADER, *(f"{n},Open,2024-01-08 09:00:00,1:30:00" for n in range(12_000)), ""]).encode()


def saved(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zendesk(number: int, **others: Any) -> dict[str, Any]:
    own = {"id": number, "created_at": "2024-01-08T09:00:00Z", "status": "open", "submitter_id": 1, "assignee_id": 2}
    return own | others


def loaded(path: Path) -> Loaded:
    (part,) = open_exports([str(path)])
    return part.load({frame: part.available(frame) for frame in part.columns}, None)


def counted(run: Run, path: Path) -> tuple[Done, float | None]:
    done = run("report", path, "-m", "tickets_created", "-f", "csv")
    assert "Traceback" not in done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    return done, float(rows[0]["value"]) if rows else None


# Packed

NDJSON = "".join(json.dumps(zendesk(n, subject="x" * 40)) + "\n" for n in range(4_000)).encode()
ARRAY = json.dumps([zendesk(n, subject="x" * 40) for n in range(4_000)]).encode()


@pytest.mark.parametrize(
    ("content", "pack"),
    [
        (MANY, gzip.compress),
        (NDJSON, gzip.compress),
        (MANY, bz2.compress),
        (ARRAY, bz2.compress),
        (MANY, lzma.compress),
    ],
)
def test_a_packed_file_that_is_cut_off_is_refused_in_one_line(
    tmp_path: Path, run: Run, content: bytes, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(content)
    done, value = counted(run, saved(tmp_path / "a", packed[: -len(packed) // 5]))
    assert (done.code, value, done.err.count("\n")) == (ExitCode.DATA, None, 1)
    assert done.err.startswith(f"cs-metrics: {tmp_path / 'a'}: cannot be read: it is damaged or cut off (")
    assert done.err.endswith("); fetch it again\n")


def test_a_packed_file_with_a_wrong_checksum_is_refused(tmp_path: Path, run: Run) -> None:
    packed = bytearray(gzip.compress(MANY))
    packed[-8:-4] = bytes(4)
    done, value = counted(run, saved(tmp_path / "a.csv.gz", bytes(packed)))
    assert (done.code, value) == (ExitCode.DATA, None)
    assert "it is damaged or cut off (CRC check failed" in done.err


def test_a_zstandard_file_that_is_cut_off_is_refused(tmp_path: Path, run: Run) -> None:
    pl.DataFrame({"ticket_id": [str(n * 7919) for n in range(50_000)], "created_at": "2024-01-01"}).lazy().sink_csv(
        tmp_path / "a.csv.zst", compression="zstd"
    )
    whole = (tmp_path / "a.csv.zst").read_bytes()
    done, value = counted(run, saved(tmp_path / "a.csv.zst", whole[:-1000]))
    assert (done.code, value) == (ExitCode.DATA, None)
    assert "it is damaged or cut off" in done.err


def test_a_damaged_parquet_file_is_refused(tmp_path: Path, run: Run) -> None:
    stream = io.BytesIO()
    pl.DataFrame({"ticket_id": [str(n) for n in range(5000)], "created_at": "2024-01-01"}).write_parquet(stream)
    content = bytearray(stream.getvalue())
    for damaged in (content[:-50], content[:200] + b"\xff" * 200 + content[400:]):
        done, value = counted(run, saved(tmp_path / "a.parquet", bytes(damaged)))
        assert (done.code, value) == (ExitCode.DATA, None)
        assert "cannot be read as Parquet" in done.err


def test_an_archive_with_a_password_says_so(tmp_path: Path, run: Run) -> None:
    locked = bytearray(zipped({"a.csv": TICKETS}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(mark) + place] |= 1
    done, _ = counted(run, saved(tmp_path / "a.zip", bytes(locked)))
    assert done.code == ExitCode.DATA
    assert "(it is locked by a password): unpack it, or save the sheet as CSV" in done.err


def test_an_archive_of_many_months_is_one_report(tmp_path: Path, run: Run) -> None:
    months = {f"2024/{n:02}.csv": f"{HEADER}\n{n},Open,2024-{n:02}-08 09:00:00,\n" for n in range(1, 13)}
    path = saved(tmp_path / "year.zip", zipped(months | {"readme.txt": "all of last year"}))
    done, value = counted(run, path)
    assert (done.code, value) == (ExitCode.DONE, 12)


@pytest.mark.parametrize("content", [MANY, ARRAY], ids=["csv", "json"])
def test_a_damaged_file_among_others_is_not_passed_over(tmp_path: Path, run: Run, content: bytes) -> None:
    """January's file is cut off: a year without it would look like a quiet winter."""
    packed = gzip.compress(content)
    damaged = packed[: len(packed) // 2]
    (tmp_path / "year").mkdir()
    saved(tmp_path / "year/01.gz", damaged)
    saved(tmp_path / "year/02.csv", TICKETS)
    archive = saved(tmp_path / "year.zip", zipped({"01.gz": damaged, "02.csv": TICKETS}))
    for path, name in ((tmp_path / "year", f"{tmp_path}/year/01.gz"), (archive, f"{archive}!01.gz")):
        done, value = counted(run, path)
        assert (done.code, value) == (ExitCode.DATA, None)
        assert f"{name}: cannot be read: it is damaged or cut off (" in done.err
    saved(tmp_path / "year/01.gz", ARRAY[:-100])
    assert "01.gz: the JSON is broken or cut off" in counted(run, tmp_path / "year")[0].err


def test_what_is_no_export_is_passed_over_with_a_word(tmp_path: Path, run: Run) -> None:
    for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        saved(tmp_path / name, "Id,Name\n1,Acme\n")
    saved(tmp_path / "tickets.csv", TICKETS)
    done, value = counted(run, tmp_path)
    names = ", ".join(str(tmp_path / name) for name in ("a.csv", "b.csv", "c.csv"))
    assert (done.code, value) == (ExitCode.DONE, 2)
    assert f"4 files are no export that a reader knows, and passed over: {names}, …" in done.err


# No export at all


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"SQLite format 3\x00" + bytes(600), "this is a binary file, not a CSV or JSON export"),
        (bytes((n * 7919 + 13) % 256 for n in range(5000)), "this is a binary file, not a CSV or JSON export"),
        (TICKETS.decode().encode("utf-32"), "this is a binary file, not a CSV or JSON export"),
        (b"sep=;\n", "the file has no header row"),
        (b"x," * 200_000, "the first line goes on for more than 262,144 characters: no header row"),
        (b"[]", "there are no records in it"),
        (b"[{}, {}]", "there are no records in it"),
        (b"[1, 2, 3]", "there are no records in it"),
        (b"null", "no reader knows this file; it has the columns: null"),
        (b"notes\nhello\n", "no reader knows this file; it has the columns: notes"),
        (b'"a long\nquestion", b\n1,2\n', "no reader knows this file; it has the columns: a long question, b"),
        (b"[" * 100_000 + b"]" * 100_000, "the JSON is broken or cut off (maximum recursion depth exceeded"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "the JSON is broken or cut off (maximum recursion depth"),
        (ARRAY[:-100], "the JSON is broken or cut off (Input data was truncated); export it again"),
        (ARRAY[:-1] + b",]", "the JSON is broken or cut off (JSON is malformed: trailing comma in array"),
    ],
)
def test_what_is_no_export_is_refused_in_one_line(tmp_path: Path, run: Run, content: bytes, says: str) -> None:
    done, value = counted(run, saved(tmp_path / "a.csv", content))
    assert (done.code, value, done.err.count("\n")) == (ExitCode.DATA, None, 1)
    assert f"{tmp_path / 'a.csv'}: {says}" in done.err


def test_a_folder_without_exports_says_of_each_file_why(tmp_path: Path, run: Run) -> None:
    (tmp_path / "empty").mkdir()
    assert "the folder holds no files" in run("report", tmp_path / "empty").err
    saved(tmp_path / "empty/readme.txt", "hello")
    saved(tmp_path / "empty/photo.csv", b"\x89PNG\r\n")
    done = run("report", tmp_path / "empty")
    assert done.code == ExitCode.DATA
    assert [line.partition(": ")[2].partition(": ")[2][:30] for line in done.err.splitlines()] == [
        *("no file in it is an export tha", "this is a PNG image", "no reader knows this file; it "),
    ]


# Rows


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            ("1,Open,2024-01-08 09:00:00,1:30:00,",),
            "its one row cannot be used; line 2: 5 cells where the header has 4",
        ),
        (
            ("1,Open,45299.375,0.0625", "2,Open,45300,0.5"),
            "none of the 2 rows can be used; row 2: the row is left out: no created_at, '45299.375' in 'Created time'",
        ),
        ((",Open,2024-01-08,",), "its one row cannot be used; row 2: the row is left out: no ticket_id"),
    ],
)
def test_a_file_of_which_no_row_can_be_used_gives_no_zero(tmp_path: Path, run: Run, rows: Any, says: str) -> None:
    done, value = counted(run, saved(tmp_path / "a.csv", "\n".join([HEADER, *rows, ""])))
    assert (done.code, value, done.err) == (ExitCode.DATA, None, f"cs-metrics: {tmp_path / 'a.csv'}: {says}\n")


def test_a_header_alone_is_a_day_without_tickets(tmp_path: Path, run: Run) -> None:
    for content in (HEADER, f"{HEADER}\n", f"{HEADER}\r\n\r\n"):
        done, value = counted(run, saved(tmp_path / "a.csv", content))
        assert (done.code, value) == (ExitCode.DONE, 0)


def test_a_file_of_bad_rows_costs_nothing_of_the_one_beside_it(tmp_path: Path, run: Run) -> None:
    saved(tmp_path / "good.csv", TICKETS)
    saved(tmp_path / "bad.csv", f"{HEADER}\n1,Open,soon,\n")
    done, value = counted(run, tmp_path)
    assert (done.code, value) == (ExitCode.DONE, 2)
    assert f"{tmp_path / 'bad.csv'}: 1 ticket read, 0 used, 1 rejected" in done.err


@pytest.mark.parametrize("before", [b"", MANY.partition(b"\n")[2]], ids=["at-once", "late"])
def test_a_nul_byte_costs_its_cell_wherever_it_stands(tmp_path: Path, before: bytes) -> None:
    found = loaded(saved(tmp_path / "a.csv", TICKETS + before + b"x,Op\x00en,2024-01-09 10:00:00,1:00:00\n"))
    assert found.frames["tickets"]["ticket_id"].to_list()[-1] == "x"
    assert found.rejects.select("column", "value").rows() == [("Status", "Op\x00en")]


def test_lines_that_end_in_three_ways_are_lines(tmp_path: Path) -> None:
    content = f"{HEADER}\r\n{ROWS[0]}\n3,Open,2024-01-09 10:00:00,1:00:00\r{ROWS[1]}\r\n"
    assert loaded(saved(tmp_path / "a.csv", content)).frames["tickets"]["ticket_id"].to_list() == ["1", "3", "2"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r"])
def test_a_line_end_inside_quotes_ends_no_line(tmp_path: Path, end: str, inside: str) -> None:
    lines = [f'"Sub{inside}ject",{HEADER}', f'"a{inside}b",{ROWS[0]}', f'"{inside}",{ROWS[1]}', ""]
    found = loaded(saved(tmp_path / "a.csv", end.join(lines)))
    assert found.frames["tickets"]["ticket_id"].to_list() == ["1", "2"]
    assert found.rejects.is_empty()


def test_of_headers_that_stand_twice_the_first_is_read(tmp_path: Path) -> None:
    content = (
        "Ticket ID,Status,Status,Created time,Created time\n1,Open,Closed,2024-01-08 09:00:00,2024-01-09 09:00:00\n"
    )
    found = loaded(saved(tmp_path / "a.csv", content)).frames["tickets"]
    assert found.select("status", pl.col("created_at").dt.day()).row(0) == ("open", 8)


def test_ids_with_leading_zeros_are_different_ids(tmp_path: Path, run: Run) -> None:
    lines = [f"{number},Open,2024-01-08 09:00:00," for number in ("007", "7", "07", "0")]
    assert counted(run, saved(tmp_path / "a.csv", "\n".join([HEADER, *lines, ""])))[1] == 4


def test_a_file_of_hundreds_of_columns_is_read(tmp_path: Path) -> None:
    extra = [f"c{number}" for number in range(500)]
    lines = [",".join([HEADER, *extra]), *(",".join([row, *extra]) for row in ROWS), ""]
    assert loaded(saved(tmp_path / "a.csv", "\n".join(lines))).frames["tickets"]["x_c499"].to_list() == ["c499"] * 2


def test_the_header_of_a_second_file_in_the_first_is_counted_as_no_row(tmp_path: Path, run: Run) -> None:
    done, value = counted(run, saved(tmp_path / "a.csv", TICKETS + TICKETS))
    assert value == 2
    assert "5 tickets read, 2 used, 1 rejected, 2 duplicates" in done.err


# Bytes and characters


def test_an_odd_byte_at_the_end_of_utf_16_costs_no_row(tmp_path: Path) -> None:
    found = loaded(saved(tmp_path / "a.csv", TICKETS.decode().encode("utf-16") + b"x"))
    assert found.frames["tickets"]["ticket_id"].to_list() == ["1", "2"]


@pytest.mark.parametrize("before", [0, 9_000])
def test_a_character_that_was_cut_in_two_does_not_turn_all_others_into_windows_1252(
    tmp_path: Path, before: int
) -> None:
    lines = [f"{n},Team {n % 3},2024-01-08 09:00:00,Open".encode() for n in range(before)]
    lines += ["a,Größe,2024-01-08 09:00:00,Open".encode()] * 3 + [b"b,Gr\xc3,2024-01-08 09:00:00,Open"]
    content = b"\n".join([b"Ticket ID,Group,Created time,Status", *lines, b""])
    groups = loaded(saved(tmp_path / "a.csv", content)).frames["tickets"]["group"].to_list()
    assert groups[before:] == ["Größe", "Größe", "Größe", "GrÃ"]


@pytest.mark.parametrize("before", [0, 9_000])
def test_a_file_of_windows_1252_is_one_as_a_whole(tmp_path: Path, before: int) -> None:
    """`É` with a no-break space behind it would be a letter of UTF-8."""
    lines = [f"{n},Team,2024-01-08 09:00:00,Open" for n in range(before)]
    lines += ["a,QUALITÉ\xa0: Größe,2024-01-08 09:00:00,Open"]
    content = "\n".join(["Ticket ID,Group,Created time,Status", *lines, ""]).encode("cp1252")
    assert loaded(saved(tmp_path / "a.csv", content)).frames["tickets"]["group"].to_list()[-1] == "QUALITÉ\xa0: Größe"


@pytest.mark.parametrize("in_lines", [True, False], ids=["lines", "array"])
def test_bytes_that_are_no_utf8_behind_the_beginning_of_a_json_are_windows_1252(tmp_path: Path, in_lines: bool) -> None:
    values = [json.dumps(zendesk(n, group_id="Team")).encode() for n in range(3000)]
    values.append(json.dumps(zendesk(3000, group_id="Größe"), ensure_ascii=False).encode("cp1252"))
    content = b"\n".join(values) if in_lines else b"[" + b",".join(values) + b"]"
    found = loaded(saved(tmp_path / "a.json", content))
    assert found.frames["tickets"]["group"].to_list()[-2:] == ["Team", "Größe"]
    assert (found.read["tickets"], found.rejected["tickets"]) == (3001, 0)


# What is no JSON, and is written all the same


def written(way: str, tickets: list[dict[str, Any]]) -> str:
    """As Python writes it: NaN and Infinity as they are, halves of characters as escapes."""
    if way == "lines":
        return "".join(json.dumps(ticket) + "\n" for ticket in tickets)
    if way == "pages":
        return "\n".join(json.dumps({"tickets": [ticket]}, indent=1) for ticket in tickets)
    return json.dumps({"array": tickets, "wrapped": {"tickets": tickets, "count": math.nan}}[way])


@pytest.mark.parametrize("way", ["lines", "array", "wrapped", "pages"])
def test_numbers_that_are_none_and_halves_of_characters_cost_nothing(tmp_path: Path, way: str) -> None:
    text = 'say "NaN": NaN, \\ud83d \\" Infinity,'
    tickets = [
        zendesk(1, priority=math.nan, group_id="A\ud83d"),
        zendesk(2, priority="high", group_id=math.nan, subject=text),
        zendesk(3, priority="high", group_id=text, metric_set={"replies": math.inf}),
        zendesk(4, priority="low", group_id="\U0001f600", metric_set={"replies": 3}),
    ]
    found = loaded(saved(tmp_path / "a.json", written(way, tickets)))
    assert found.frames["tickets"].select("ticket_id", "priority", "group", "agent_replies").rows() == [
        ("1", None, "A\ufffd", None),
        ("2", "high", None, None),
        ("3", "high", text, None),
        ("4", "low", "\U0001f600", 3),
    ]
    assert found.rejects.select("column", "value").rows() == [("metric_set.replies", "Infinity")]
    assert (found.read["tickets"], found.rejected["tickets"]) == (4, 0)


def test_a_cut_off_json_with_numbers_that_are_none_is_still_refused(tmp_path: Path) -> None:
    content = json.dumps([zendesk(n, priority=math.nan) for n in range(9)])[:-40]
    with pytest.raises(DataError, match=r"broken or cut off \(Input data was truncated\)"):
        loaded(saved(tmp_path / "a.json", content))


def test_one_line_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    content = json.dumps([zendesk(n, subject="x" * 900) for n in range(10_000)])
    assert len(content) > 10_000_000
    assert loaded(saved(tmp_path / "a.json", content)).frames["tickets"]["ticket_id"].n_unique() == 10_000


def test_a_line_that_is_too_deep_costs_itself_alone(tmp_path: Path) -> None:
    lines = [json.dumps(zendesk(1)), "[" * 5000 + "]" * 5000, json.dumps(zendesk(2)), ""]
    found = loaded(saved(tmp_path / "a.ndjson", "\n".join(lines)))
    assert found.frames["tickets"]["ticket_id"].to_list() == ["1", "2"]
    assert found.rejected["tickets"] == 1


def test_an_id_that_a_dataframe_made_a_decimal_number_is_the_same_id(tmp_path: Path) -> None:
    tickets = [zendesk(1.0), zendesk(12345678901234567890), zendesk(2.5)]
    found = loaded(saved(tmp_path / "a.json", json.dumps(tickets))).frames["tickets"]
    assert found["ticket_id"].to_list() == ["1", "12345678901234567890", "2.5"]


# Dates that are none


def test_the_dates_that_programs_write_for_none_are_not_read_and_counted(tmp_path: Path, run: Run) -> None:
    lines = [f"{n},Open,{year},2024-02-01" for n, year in enumerate(("0001-01-01", "1900-01-01", "1970-01-01"))]
    lines += ["8,Open,2024-01-08,0001-01-01 00:00:00", "9,Closed,2024-01-09,9999-12-31 23:59:59"]
    path = saved(tmp_path / "a.csv", "\n".join(["Ticket ID,Status,Created time,Resolved time", *lines, ""]))
    for zone in ("UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland"):
        done = run("report", path, "-m", "tickets_created,backlog", "-g", "day", "-f", "csv", "--tz", zone)
        assert done.code == ExitCode.DONE, done.err
        assert [row["period"] for row in csv.DictReader(io.StringIO(done.out))] == ["2024-01-08", "2024-01-09"] * 2
    found = loaded(path)
    assert found.frames["tickets"]["ticket_id"].to_list() == ["8", "9"]
    assert found.frames["tickets"]["solved_at"].dt.year().to_list() == [None, 9999]
    assert found.rejects["value"].to_list() == [*("0001-01-01", "1900-01-01", "1970-01-01"), "0001-01-01 00:00:00"]


def test_a_day_in_a_year_of_two_digits_is_in_no_year_of_antiquity(tmp_path: Path) -> None:
    """Polars reads 15-01-25 as the 25th of January 15, where a format asks for a year of four digits."""
    lines = ["Ticket ID,Status,Created time", "1,Open,15-01-25 09:00", "2,Open,03-02-25 10:30", ""]
    created = loaded(saved(tmp_path / "a.csv", "\n".join(lines))).frames["tickets"]["created_at"]
    assert created.dt.strftime("%Y-%m-%d %H:%M").to_list() == ["2025-01-15 09:00", "2025-02-03 10:30"]


@pytest.mark.parametrize("clock", ["09:05", "9:05", "09:05:00", "09:05:00.000", ""])
@pytest.mark.parametrize("date", ["2024/01/08", "2024/1/8", "2024.01.08"])
def test_dates_with_the_year_first_have_any_mark_between_them(tmp_path: Path, date: str, clock: str) -> None:
    lines = ["Ticket ID,Status,Created time", f"1,Open,{date} {clock}".rstrip(), "2,Open,2024-01-08 09:05:00", ""]
    found = loaded(saved(tmp_path / "a.csv", "\n".join(lines)))
    assert found.frames["tickets"]["created_at"].dt.strftime("%m-%d %H:%M").to_list() == [
        *("01-08 09:05" if clock else "01-08 00:00", "01-08 09:05"),
    ]


@pytest.mark.parametrize("span", ["-1:00:00", "-3", "NaN", "Infinity", "-Infinity", "1e400", "2023-06-01 12:15:36"])
def test_a_span_that_cannot_be_is_none_and_counted(tmp_path: Path, span: str) -> None:
    found = loaded(saved(tmp_path / "a.csv", f"{HEADER}\n1,Open,2024-01-01 00:00:00,{span}\n{ROWS[1]}\n"))
    assert found.frames["tickets"]["reported_first_reply_business_seconds"].to_list() == [None, 26 * 3600]
    assert found.rejects["value"].to_list() == [span]


def test_a_zip_that_is_cut_is_refused_and_a_zip_in_it_too(tmp_path: Path, run: Run) -> None:
    whole = zipped({"a.csv": MANY})
    assert zipfile.is_zipfile(io.BytesIO(whole))
    done, _ = counted(run, saved(tmp_path / "a.zip", whole[: len(whole) // 2]))
    assert (done.code, done.err.count("\n")) == (ExitCode.DATA, 1)
    done, _ = counted(run, saved(tmp_path / "b.zip", zipped({"a.csv": TICKETS, "in.zip": whole})))
    assert "b.zip!in.zip: an archive inside an archive; unpack" in done.err
