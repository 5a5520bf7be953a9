"""JSON exports in all their wrappings become the same text columns, and what is broken is said in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.errors import DataError
from cs_metrics.readers import _json_file
from cs_metrics.readers._csv import ROW
from cs_metrics.readers._files import Input
from cs_metrics.readers._json import JsonFile, JsonTable

TICKETS = [{"id": 1, "via": {"channel": "email"}, "tags": ["a", "b"]}, {"id": 2, "via": {"channel": None}, "tags": []}]
WRAPPERS = ("ticket", "tickets")


def table(path: Path, content: Any, joined: dict[str, tuple[str, str, str]] | None = None) -> JsonTable:
    raw = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else None
    path.write_bytes(json.dumps(content).encode() if raw is None else raw)
    return JsonTable(JsonFile(Input(path, path.name)), WRAPPERS, joined or {})


def column(read: JsonTable, header: str) -> list[str | None]:
    return read.collect([pl.col(header)])[header].to_list()


@pytest.mark.parametrize(
    "content",
    [
        TICKETS,
        {"tickets": TICKETS, "count": 2, "next_page": None},
        {"tickets": [{"ticket": ticket} for ticket in TICKETS]},
        [{"ticket": ticket} for ticket in TICKETS],
        "\n".join(json.dumps(ticket) for ticket in TICKETS),
        "\n".join(json.dumps({"ticket": ticket}) for ticket in TICKETS) + "\n\n",
        "\n".join(json.dumps({"tickets": [ticket]}) for ticket in TICKETS),
        b"\xef\xbb\xbf" + json.dumps(TICKETS).encode(),
        json.dumps(TICKETS).encode("utf-16"),
        json.dumps(TICKETS, indent=2),
    ],
    ids=[
        *("array", "wrapped", "twice", "array-of-wrapped", "lines", "wrapped-lines", "pages-a-line"),
        *("bom", "utf16", "indented"),
    ],
)
def test_every_wrapping_yields_the_same_records(tmp_path, content):
    read = table(tmp_path / "a.json", content)
    assert set(read.headers) == {"id", "via.channel", "tags"}
    assert column(read, "id") == ["1", "2"]
    assert column(read, "via.channel") == ["email", None]


def test_values_become_the_text_that_a_csv_would_hold(tmp_path):
    record = {
        "yes": True,
        "no": False,
        "many": 360_004_077_472,
        "part": 1.5,
        "none": None,
        "object": {},
        "deep": {"x": 1},
    }
    read = table(tmp_path / "a.json", [record])
    assert [column(read, name) for name in ("yes", "no", "many", "part", "none", "deep.x")] == [
        ["true"], ["false"], ["360004077472"], ["1.5"], [None], ["1"],
    ]  # fmt: skip


def test_a_broken_line_among_good_ones_is_set_apart_with_its_line_number(tmp_path):
    read = table(tmp_path / "a.json", '{"id": 1}\n{"id": 2\n\n{"id": 3}\n')
    assert column(read, "id") == ["1", "3"]
    assert read.malformed.select("row", "line", "text").rows() == [(2, 2, '{"id": 2')]
    assert read.collect([pl.col(ROW)], numbered=True)[ROW].to_list() == [1, 4]


@pytest.mark.parametrize("cut", [30, 60, 90, 135])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_cut_off_document_is_refused_in_one_line_even_if_some_of_its_lines_are_whole(tmp_path, cut, indent):
    text = json.dumps({"tickets": [*TICKETS, *TICKETS]}, indent=indent)
    with pytest.raises(DataError, match=r"^a\.json: the JSON is broken or cut off \(.*\); export it again$"):
        table(tmp_path / "a.json", text[:cut])


def test_an_array_without_its_end_is_refused_although_its_last_line_is_whole(tmp_path):
    with pytest.raises(DataError, match="broken or cut off"):
        table(tmp_path / "a.json", '[\n{"id": 1},\n{"id": 2}\n')


def test_lists_beside_the_records_are_joined_to_them(tmp_path):
    page = {"tickets": TICKETS, "metric_sets": [{"ticket_id": 2, "replies": 5}, {"ticket_id": 1, "replies": 4}]}
    read = table(tmp_path / "a.json", page, {"metric_sets": ("id", "ticket_id", "metric_set")})
    assert column(read, "metric_set.replies") == ["4", "5"]


def test_what_a_record_has_itself_wins_over_the_list_beside_it(tmp_path):
    own = [{"id": 1, "metric_set": {"replies": 9}}, {"id": 2}]
    page = {"tickets": own, "metric_sets": [{"ticket_id": 1, "replies": 4}, {"ticket_id": 2, "replies": 5}]}
    read = table(tmp_path / "a.json", page, {"metric_sets": ("id", "ticket_id", "metric_set")})
    assert column(read, "metric_set.replies") == ["9", "5"]


def test_a_key_that_only_late_records_have_is_found_when_it_is_looked_for(tmp_path):
    records = [{"id": number} for number in range(500)] + [{"id": 500, "set": {"solved_at": "2024-01-01"}}]
    read = table(tmp_path / "a.json", records)
    assert "set.solved_at" not in read.headers
    read.look_for({(): {("set.solved_at",), ("set.never",)}})
    assert read.headers == ("id", "set.solved_at")
    assert column(read, "set.solved_at")[-2:] == [None, "2024-01-01"]
    assert read.sample.columns == ["id", "set.solved_at"]


@pytest.mark.parametrize("piece", [7, 1 << 24])
def test_a_late_key_is_found_wherever_its_name_is_cut_and_however_it_is_written(tmp_path, monkeypatch, piece):
    late = '{"id": 500, "set": {"solved_at": "2024-01-01"}, "caf\\u00e9": "yes"}'
    lines = "".join(f'{{"id": {number}}}\n' for number in range(500))
    read = table(tmp_path / "a.json", lines + late)
    monkeypatch.setattr(_json_file, "_PIECE_BYTES", piece)
    read.first.is_whole = False
    read.look_for({(): {("set.solved_at",), ("set.solved",), ("café",)}})
    assert sorted(read.headers) == ["café", "id", "set.solved_at"]


def test_a_late_key_beside_the_records_is_found_under_the_name_that_its_list_hangs_under(tmp_path):
    first = [{"ticket_id": number, "replies": 1} for number in range(500)]
    page = {"tickets": [{"id": 1}, {"id": 500}], "metric_sets": [*first, {"ticket_id": 500, "late": 4}]}
    read = table(tmp_path / "a.json", page, {"metric_sets": ("id", "ticket_id", "metrics")})
    read.first.is_whole = False
    read.look_for({(): {("metrics.late",), ("metrics.never",)}})
    assert "metrics.late" in read.headers and "metrics.never" not in read.headers


def test_a_line_that_is_no_object_is_set_apart_with_its_line_number(tmp_path):
    read = table(tmp_path / "a.json", '{"id": 1}\n\n"too large"\n{"id": 3}\n')
    assert column(read, "id") == ["1", "3"]
    assert read.malformed.rows() == [(3, 3, "no object", '"too large"')]


def test_a_json_without_records_has_no_headers(tmp_path):
    assert table(tmp_path / "a.json", {"tickets": []}).headers == ()
