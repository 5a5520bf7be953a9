"""Every sample is claimed by its reader and no other, whatever has become of the file on its way.

Samples are found, not listed: one that is added is tested here too.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cs_metrics.errors import DataError
from cs_metrics.readers import FilePart, all_readers, open_exports
from tests.saved_again import as_csv, as_lines, as_workbook, by_spreadsheet, documents, everywhere, lines_of
from tests.simulator.__main__ import SAMPLE_DATA

SAMPLES = sorted(
    str(path.relative_to(SAMPLE_DATA))
    for path in SAMPLE_DATA.glob("*/*")
    if path.is_file() and path.parent.name != "broken"
)
OF_ANOTHER_NAME = {"lives": "common"}  # a folder that is not called after its reader
FEW = 4  # records are enough to know a file by


@cache
def content(name: str) -> str:
    raw = (SAMPLE_DATA / name).read_bytes()
    raw = gzip.decompress(raw) if name.endswith(".gz") else raw
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def is_json(name: str) -> bool:
    return "json" in name


def reader_of(name: str) -> str:
    """The reader that is meant, by the folder's name; empty where only a map fits."""
    folder = name.partition("/")[0]
    named = [reader for reader in all_readers() if folder == reader or folder.startswith(f"{reader}_")]
    return max(named, key=len, default=OF_ANOTHER_NAME.get(folder, ""))


KNOWN = [name for name in SAMPLES if reader_of(name)]
CSVS, JSONS = [n for n in KNOWN if not is_json(n)], [n for n in KNOWN if is_json(n)]


def cut(value: Any) -> Any:
    """A JSON value with the beginning of its lists."""
    if isinstance(value, list):
        return [cut(item) for item in value[:FEW]]
    return {key: cut(item) for key, item in value.items()} if isinstance(value, dict) else value


def lines(name: str) -> list[list[str]]:
    header = content(name).partition("\n")[0]
    return lines_of(content(name), max(",;", key=header.count))


@cache
def few_lines(name: str) -> list[list[str]]:
    return lines(name)[: FEW + 3]


@cache
def few_documents(name: str) -> list[Any]:
    found = [cut(value) for value in documents(content(name))]
    return found[:FEW] if len(found) > 1 else found


def opened(path: Path, raw: bytes | str, reader: str | None = None) -> FilePart:
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    (part,) = open_exports([str(path)], reader)
    return part


def in_capitals(header: str) -> str:
    """With blanks around it; a zone in brackets keeps its name."""
    name, bracket, rest = header.partition("(")
    return f" {name.upper()}{bracket}{rest} "


CSV_WAYS: dict[str, Callable[[list[list[str]]], bytes | str]] = {
    "renamed": as_csv,
    "bom": lambda lines: "\ufeff" + as_csv(lines),
    "crlf": lambda lines: as_csv(lines, end="\r\n"),
    "cr": lambda lines: as_csv(lines, end="\r"),
    "turned round": lambda lines: as_csv([line[::-1] for line in lines]),
    "capitals": lambda lines: as_csv([[in_capitals(header) for header in lines[0]], *lines[1:]]),
    "semicolons": lambda lines: "sep=;\r\n" + as_csv(by_spreadsheet(lines, "%d.%m.%Y %H:%M"), ";", "\r\n"),
    "utf-16 tabs": lambda lines: as_csv(by_spreadsheet(lines, "%m/%d/%Y %H:%M"), "\t", "\r\n").encode("utf-16"),
    "workbook": as_workbook,
}
JSON_WAYS: dict[str, Callable[[list[Any]], bytes | str]] = {
    "renamed": as_lines,
    "bom": lambda values: "\ufeff" + as_lines(values),
    "crlf": lambda values: as_lines(values, "\r\n"),
    "utf-16": lambda values: as_lines(values).encode("utf-16"),
    "one after the other": lambda values: "".join(json.dumps(value, indent=1) for value in values),
    "an array": lambda values: json.dumps(values if len(values) > 1 else values[0]),
    "a line each": lambda values: as_lines(values[0] if len(values) == 1 and isinstance(values[0], list) else values),
    "turned round": lambda values: as_lines(everywhere(values, lambda item: dict(reversed(item.items())))),
}


def test_there_are_samples_of_every_reader() -> None:
    assert len(SAMPLES) > 50
    assert {*map(reader_of, KNOWN)} == {name for name, reader in all_readers().items() if reader.shapes}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_claimed_by_its_reader_alone(name: str) -> None:
    if reader_of(name):
        assert open_exports([str(SAMPLE_DATA / name)])[0].reader == reader_of(name)
    else:
        with pytest.raises(DataError, match="no reader knows this file"):
            open_exports([str(SAMPLE_DATA / name)])


@pytest.mark.parametrize("name", CSVS)
def test_a_csv_is_known_however_it_was_saved_again(tmp_path: Path, name: str) -> None:
    for way, saved_again in CSV_WAYS.items():
        assert opened(tmp_path / "download", saved_again(few_lines(name))).reader == reader_of(name), way


@pytest.mark.parametrize("name", JSONS)
def test_a_json_is_known_however_it_was_saved_again(tmp_path: Path, name: str) -> None:
    for way, saved_again in JSON_WAYS.items():
        assert opened(tmp_path / "download", saved_again(few_documents(name))).reader == reader_of(name), way


def needed(part: FilePart, name: str) -> frozenset[str]:
    """The headers, or keys on the way to them, without which this is not the file."""
    claimed = part.shape.claim(part.shape.folded(part.table.headers))
    if not is_json(name):
        return claimed
    wrappers = {*part.shape.wrappers, *part.shape.joined}
    return frozenset(key.casefold() for path in claimed for key in path.split(".")) | wrappers


def without(name: str, dropped: Callable[[str], bool]) -> str:
    """The sample without the columns, or keys at any depth, that are dropped."""
    if is_json(name):
        kept = everywhere(few_documents(name), lambda item: {k: v for k, v in item.items() if not dropped(k)})
        return as_lines(kept)
    header, *lines = few_lines(name)
    places = [place for place, column in enumerate(header) if not dropped(column)]
    return as_csv([[line[place] for place in places] for line in [header, *lines] if len(line) == len(header)])


def names_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names_in(item)


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_a_file_is_known_by_what_it_cannot_be_without(tmp_path: Path, name: str) -> None:
    part = opened(tmp_path / "whole", without(name, lambda column: False))
    must = {part.shape.known_as(header).casefold() for header in needed(part, name)}
    bare = without(name, lambda column: part.shape.known_as(column.strip()).casefold() not in must)
    assert opened(tmp_path / "bare", bare).reader == reader_of(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_no_column_that_a_file_may_lack_decides_whose_it_is_and_none_makes_it_somebody_elses(
    tmp_path: Path, name: str
) -> None:
    part = opened(tmp_path / "whole", without(name, lambda column: False))
    must = {part.shape.known_as(header).casefold() for header in needed(part, name)}
    columns = [*dict.fromkeys(few_lines(name)[0] if not is_json(name) else names_in(few_documents(name)))]
    for column in columns:
        rest = without(name, lambda each, column=column: each == column)
        try:
            found = opened(tmp_path / "rest", rest).reader
        except DataError as error:
            assert part.shape.known_as(column.strip()).casefold() in must, column
            assert "no reader knows this file" in str(error) or "there are no records" in str(error), str(error)
        else:
            others = ["common"] if part.shape.known_as(column.strip()).casefold() in must else []  # our own names left
            assert found in [reader_of(name), *others], column


@pytest.mark.parametrize("name", SAMPLES)
def test_every_other_reader_says_in_one_line_that_it_does_not_know_the_file(tmp_path: Path, name: str) -> None:
    raw = as_lines(few_documents(name)) if is_json(name) else as_csv(few_lines(name))
    path = tmp_path / "download"
    opened(path, raw)
    for reader in sorted(all_readers().keys() - {reader_of(name)}):
        with pytest.raises(DataError) as refused:
            open_exports([str(path)], reader)
        assert str(refused.value).startswith(f"{path}: this is not a file that the reader '{reader}' knows; it has ")
        assert "\n" not in str(refused.value)
