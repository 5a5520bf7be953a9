"""The two ways into a CSV give the same rows, and what cannot be cut into cells is set apart with its line."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cs_metrics.errors import DataError
from cs_metrics.readers._csv import ROW, CsvTable, read_csv_head
from cs_metrics.readers._files import Input, read_head

CELLS = st.text(alphabet='ab ,;"\n\té', max_size=5)
WIDTH = 3


def table(path: Path) -> CsvTable:
    item = Input(path, path.name)
    return read_csv_head(item, read_head(item))


def table_of(path: Path, content: bytes | str) -> CsvTable:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return table(path)


def rows(read: CsvTable) -> list[tuple[str | None, ...]]:
    """All rows that hold something, empty cells as None, each with its row number."""
    columns = [pl.col(ROW).cast(pl.Int64), *(pl.col(header) for header in read.headers)]
    cells = [pl.when(pl.col(header) != "").then(header).alias(header) for header in read.headers]
    frame = read.collect(cells, columns, numbered=True)
    return [row for row in frame.rows() if any(cell and cell.strip() for cell in row[1:])]


def written(lines: list[list[str]], newline: str = "\n") -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator=newline).writerows(lines)
    return stream.getvalue()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.lists(CELLS, min_size=WIDTH, max_size=WIDTH), max_size=8),
    newline=st.sampled_from(["\n", "\r\n"]),
    blank_after=st.integers(0, 8),
)
def test_a_well_formed_file_reads_the_same_both_ways(tmp_path, lines, newline, blank_after):
    text = written([["one", "two", "three"], *lines[:blank_after]], newline)
    text += (newline if blank_after else "") + written(lines[blank_after:], newline)
    fast, careful = table_of(tmp_path / "a.csv", text), table(tmp_path / "a.csv")
    careful.is_fast = False
    found = rows(fast)
    assert found == rows(careful)
    assert careful.malformed.is_empty()
    assert [row[1:] for row in found] == [
        tuple(cell or None for cell in line) for line in lines if any(cell.strip() for cell in line)
    ]
    assert fast.malformed.is_empty()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.lists(CELLS, min_size=1, max_size=WIDTH + 2), min_size=1, max_size=8))
def test_rows_with_too_few_or_too_many_cells_are_set_apart_and_the_others_kept(tmp_path, lines):
    filled = [line for line in lines if any(cell.strip() for cell in line)]
    ragged = [line for line in filled if len(line) != WIDTH]
    assume(ragged)
    read = table_of(tmp_path / "a.csv", written([["one", "two", "three"], *lines]))
    assert [row[1:] for row in rows(read)] == [
        tuple(cell or None for cell in line) for line in filled if len(line) == WIDTH
    ]
    assert read.malformed["text"].to_list() == [",".join(line) for line in ragged]


def test_a_short_row_is_found_even_where_commas_inside_quotes_make_up_for_its_separators(tmp_path):
    read = table_of(tmp_path / "a.csv", 'a,b,c\n1,"x,y",\n2\n"p,q",3,\n')
    assert rows(read) == [(2, "1", "x,y", None), (4, "p,q", "3", None)]
    assert read.malformed.select("row", "line", "reason").rows() == [(3, 3, "1 cell where the header has 3")]


def test_an_empty_short_row_is_not_mistaken_for_a_blank_line_that_would_excuse_another(tmp_path):
    read = table_of(tmp_path / "a.csv", "a,b,c\n,\n,x\n1,2,3\n")
    assert rows(read) == [(4, "1", "2", "3")]
    assert read.malformed["text"].to_list() == [",x"]


def test_a_blank_line_does_not_force_the_careful_way(tmp_path):
    read = table_of(tmp_path / "a.csv", 'a,b,c\n1,2,\n\n3,"4,5",\n\n')
    assert rows(read) == [(2, "1", "2", None), (4, "3", "4,5", None)]
    assert read.is_fast


def test_row_numbers_count_records_and_line_numbers_count_lines(tmp_path):
    read = table_of(tmp_path / "a.csv", 'a,b\n1,"two\nlines"\n2\n3,x\n')
    assert [row[0] for row in rows(read)] == [2, 4]
    assert read.malformed.select("row", "line").rows() == [(3, 4)]


def test_only_the_line_with_a_stray_quote_is_given_up(tmp_path):
    read = table_of(tmp_path / "a.csv", 'a,b\n1,x\n2,"open\n3,y\n4,z\n')
    assert [row[1] for row in rows(read)] == ["1", "3", "4"]
    assert read.malformed.select("line", "reason").rows() == [(3, "a stray quote")]


@pytest.mark.parametrize(
    "content",
    [
        "Id,Größe\n1,zwölf\n".encode(),
        b"\xef\xbb\xbf" + "Id,Größe\n1,zwölf\n".encode(),
        "Id,Größe\n1,zwölf\n".encode("cp1252"),
        "Id,Größe\n1,zwölf\n".encode("utf-16"),
        "Id;Größe\n1;zwölf\n".encode("utf-16-le"),
        b"sep=;\r\n" + "Id;Größe\r\n1;zwölf\r\n".encode(),
        "Id\tGröße\n1\tzwölf\n".encode(),
        "Id,Größe\r1,zwölf\r".encode(),
        "\n\nId,Größe\n1,zwölf".encode(),
        gzip.compress("Id,Größe\n1,zwölf\n".encode()),
        gzip.compress("Id,Größe\n".encode()) + gzip.compress("1,zwölf\n".encode()),
        bz2.compress("Id,Größe\n1,zwölf\n".encode()),
        lzma.compress("Id,Größe\n1,zwölf\n".encode()),
    ],
    ids=[
        *("plain", "bom", "cp1252", "utf16", "utf16-no-bom", "sep", "tab", "cr", "blank-start"),
        *("gzip", "two-gzips", "bz2", "xz"),
    ],
)
def test_encodings_separators_and_compressions_all_read_as_the_same_row(tmp_path, content):
    read = table_of(tmp_path / "a.csv", content)
    assert read.headers == ("Id", "Größe")
    assert [row[1:] for row in rows(read)] == [("1", "zwölf")]


def test_zstandard_is_read_the_fast_and_the_careful_way(tmp_path):
    pl.DataFrame({"Id": ["1"], "Größe": ["zwölf"]}).lazy().sink_csv(tmp_path / "a.csv.zst", compression="zstd")
    for is_fast in (True, False):
        read = table(tmp_path / "a.csv.zst")
        read.is_fast = is_fast
        assert [row[1:] for row in rows(read)] == [("1", "zwölf")]


def test_a_byte_that_is_no_utf8_behind_the_head_turns_the_file_into_windows_1252(tmp_path):
    many = b"".join(b"%d,plain\n" % number for number in range(40_000))
    read = table_of(tmp_path / "a.csv", b"Id,Name\n" + many + "x,Müller\n".encode("cp1252"))
    assert rows(read)[-1] == (40_002, "x", "Müller")


def test_a_character_cut_in_two_by_the_end_of_the_head_is_still_utf8(tmp_path):
    head = b"Id,Name\n" + b"1," + b"a" * ((1 << 18) - 11)
    assert table_of(tmp_path / "a.csv", head + "ü\n2,b\n".encode()).encoding == "utf-8-sig"


def test_headers_that_repeat_or_are_empty_get_names_of_their_own(tmp_path):
    read = table_of(tmp_path / "a.csv", "Source, Source ,,Source.1,Source\n1,2,3,4,5\n")
    assert read.headers == ("Source", "Source.1", "column 3", "Source.1.1", "Source.2")
    assert rows(read) == [(2, "1", "2", "3", "4", "5")]


def test_a_header_alone_is_a_file_without_rows(tmp_path):
    assert rows(table_of(tmp_path / "a.csv", "a,b\n")) == []


def test_a_binary_file_is_refused_by_name(tmp_path):
    with pytest.raises(DataError, match="this is a binary file"):
        table_of(tmp_path / "a.csv", b"SQLite format 3\x00" + b"\x00" * 600)
