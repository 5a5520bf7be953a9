"""Lists of objects in JSON records become frames of their own, whatever lies around the records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cs_metrics.errors import DataError
from cs_metrics.readers import _json_file
from cs_metrics.readers._base import Rows, Shape, json_shape
from cs_metrics.readers._cells import flag, instant, labels, text
from cs_metrics.readers._files import Input
from cs_metrics.readers._json import JsonFile, JsonTable
from cs_metrics.readers._load import FilePart, Loaded, known_headers
from cs_metrics.readers._local_times import ClockChanges, clock_changes

SHAPE = json_shape(
    "invented",
    [{"id", "created_at"}],
    {
        "tickets": Rows({"ticket_id": text("id"), "created_at": instant("created_at"), "tags": labels("tags")}),
        "messages": Rows(
            {
                "message_id": text("id"),
                "ticket_id": text("^id"),
                "sent_at": instant("created_at"),
                "is_public": flag("public"),
                "author": text("author.name", "^owner"),
            },
            each=("comments",),
        ),
        "changes": Rows(
            {
                "ticket_id": text("^^id"),
                "changed_at": instant("^at"),
                "field": text("field"),
                "new": text("to"),
            },
            each=("log.histories", "items"),
        ),
    },
    wrappers=("tickets", "ticket", "page"),
    joined={"owners": ("id", "ticket_id", "ownership")},
)
RUNS = json_shape(
    "runs",
    [{"id", "created_at"}],
    {
        "tickets": Rows({"ticket_id": text("id"), "created_at": instant("created_at")}),
        "changes": Rows(
            {"ticket_id": text("^^id"), "field": text("^name"), "new": text("to"), "changed_at": instant("at")},
            each=("own.field_*", "over|now"),
        ),
    },
    wrappers=SHAPE.wrappers,
)
DAY = "2024-05-01T0{}:00:00Z"
RECORDS: list[dict[str, Any]] = [
    {
        "id": 1,
        "created_at": DAY.format(1),
        "tags": ["a", "b"],
        "owner": "o",
        "comments": [
            {"id": 11, "created_at": DAY.format(2), "public": True, "author": {"name": "Ada"}},
            {"id": 12, "created_at": DAY.format(3), "public": False},
        ],
    },
    {
        "id": 2,
        "created_at": DAY.format(2),
        "log": {
            "histories": [
                {"at": DAY.format(4), "items": [{"field": "status", "to": "open"}, {"field": "group", "to": 7}]},
                {"at": DAY.format(5), "items": []},
                {"at": DAY.format(6), "items": [{"field": "status", "to": "closed"}]},
            ]
        },
    },
    {"id": 3, "created_at": DAY.format(3), "comments": [{"id": 31, "created_at": DAY.format(4), "public": True}]},
]
MESSAGES = [("11", "1", True, "Ada"), ("12", "1", False, None), ("31", "3", True, None)]
CHANGES = [("2", 4, "status", "open"), ("2", 4, "group", "7"), ("2", 6, "status", "closed")]


def opened(path: Path, content: Any, shape: Shape = SHAPE) -> FilePart:
    raw = content if isinstance(content, (bytes, str)) else json.dumps(content)
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    table = JsonTable(JsonFile(Input(path, path.name)), shape.wrappers, shape.joined)
    table.look_for(known_headers(shape))
    return FilePart(Input(path, path.name), "invented", shape, table, "invented")


def loaded(part: FilePart) -> Loaded:
    return part.load({frame: part.available(frame) for frame in part.columns}, None)


def messages(found: Loaded) -> list[tuple[Any, ...]]:
    return found.frames["messages"].select("message_id", "ticket_id", "is_public", "author").rows()


def changes(found: Loaded) -> list[tuple[Any, ...]]:
    return found.frames["changes"].select("ticket_id", pl.col("changed_at").dt.hour(), "field", "new").rows()


WRAPPINGS: dict[str, Callable[[list[Any]], Any]] = {
    "array": lambda records: records,
    "wrapped": lambda records: {"count": len(records), "tickets": records, "next_page": None},
    "wrapped twice": lambda records: {"page": {"tickets": [{"ticket": record} for record in records]}},
    "array of pages": lambda records: [{"tickets": records[:2]}, {"tickets": records[2:]}],
    "lines": lambda records: "\n".join(map(json.dumps, records)),
    "wrapped lines": lambda records: "\r\n".join(json.dumps({"ticket": record}) for record in records) + "\r\n\r\n",
    "a page a line": lambda records: "\n".join(json.dumps({"tickets": part}) for part in (records[:2], records[2:])),
    "arrays a line": lambda records: "\n".join(json.dumps(part) for part in (records[:1], records[1:])),
    "documents without a break": lambda records: "".join(map(json.dumps, records)),
    "indented documents": lambda records: "\n".join(json.dumps(record, indent=2) for record in records),
    "indented pages": lambda records: "".join(
        json.dumps({"tickets": part}, indent=1) for part in (records[:1], records[1:], [])
    ),
    "a line, then indented": lambda records: json.dumps(records[0]) + "\n" + json.dumps(records[1:], indent=1),
    "with a mark": lambda records: b"\xef\xbb\xbf" + json.dumps(records).encode(),
    "utf-16": lambda records: json.dumps(records).encode("utf-16"),
}


@pytest.mark.parametrize("piece", [1 << 24, 300, 40], ids=["whole", "in pieces", "in small pieces"])
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_lists_become_frames_in_every_wrapping_and_in_pieces_of_any_size(tmp_path, monkeypatch, wrapping, piece):
    monkeypatch.setattr(_json_file, "_PIECE_BYTES", piece)
    monkeypatch.setattr(_json_file, "_FIRST_BYTES", min(piece, 100))
    found = loaded(opened(tmp_path / "a.json", WRAPPINGS[wrapping](RECORDS)))
    assert found.frames["tickets"].select("ticket_id", "tags").rows() == [("1", ["a", "b"]), ("2", None), ("3", None)]
    assert messages(found) == MESSAGES
    assert changes(found) == CHANGES
    assert found.read == {"tickets": 3, "messages": 3, "changes": 3}
    assert found.rejects.is_empty()


@pytest.mark.parametrize("nothing", [{}, {"comments": None}, {"comments": []}, {"comments": {}}, {"comments": "none"}])
def test_a_record_without_the_list_gives_no_rows_of_that_frame(tmp_path, nothing):
    records = [*RECORDS, {"id": 4, "created_at": DAY.format(4), **nothing}]
    found = loaded(opened(tmp_path / "a.json", records))
    assert found.frames["tickets"].height == 4
    assert messages(found) == MESSAGES
    assert found.rejected == {"tickets": 0, "messages": 0, "changes": 0}


def test_a_list_that_no_record_has_is_not_in_the_file(tmp_path):
    part = opened(tmp_path / "a.json", [RECORDS[0], {"id": 2, "created_at": DAY.format(2), "log": {"histories": []}}])
    assert [*part.columns] == ["tickets", "messages"]
    assert part.available("changes") == set()
    assert loaded(part).frames.keys() == {"tickets", "messages"}


def test_items_that_are_no_objects_are_set_apart_with_the_number_of_their_record(tmp_path):
    comments = ["lost", None, {"id": 41, "created_at": DAY.format(5)}, 7, [{"id": 42}]]
    lines = [json.dumps(RECORDS[0]), "", json.dumps({"id": 4, "created_at": DAY.format(4), "comments": comments})]
    found = loaded(opened(tmp_path / "a.json", "\n".join(lines)))
    assert (found.read["messages"], found.rejected["messages"], found.rejected["tickets"]) == (7, 4, 0)
    assert found.rejects.select("frame", "row", "value", "reason").rows() == [
        ("messages", 3, value, "line 3: an item of comments that is no object")
        for value in ('"lost"', "null", "7", '[{"id": 42}]')
    ]


def test_each_unread_cell_of_a_records_items_is_a_reject_of_its_own(tmp_path):
    comments = [{"id": 41, "created_at": "soon", "public": "so"}, {"id": 42, "created_at": "soon"}]
    record = {"id": 4, "created_at": DAY.format(4), "comments": comments}
    found = loaded(opened(tmp_path / "a.json", [*RECORDS, record, record]))
    assert (found.read["messages"], found.rejected["messages"]) == (7, 4)
    assert sorted(found.rejects.select("row", "column", "value").rows()) == sorted(
        [(row, "created_at", "soon") for row in (4, 4, 5, 5)] + [(row, "public", "so") for row in (4, 5)]
    )


def test_keys_and_lists_that_only_late_records_have_are_found(tmp_path):
    plain = [{"id": number, "created_at": DAY.format(1)} for number in range(300)]
    part = opened(tmp_path / "a.json", [*plain, *RECORDS])
    assert part.available("messages") == {"message_id", "ticket_id", "sent_at", "is_public", "author"}
    found = loaded(part)
    assert messages(found) == MESSAGES
    assert changes(found) == CHANGES
    assert part.extras == {}


def test_the_first_spelling_that_any_record_has_is_the_one_that_is_read(tmp_path):
    late = {"id": 9, "created_at": DAY.format(9), "comments": [{"id": 91, "public": True}], "owner": "me"}
    plain = [{**late, "id": number, "owner": "you"} for number in range(250)]
    with_author = {**late, "comments": [{"id": 92, "public": True, "author": {"name": "Ada"}}]}
    assert messages(loaded(opened(tmp_path / "a.json", plain)))[0][3] == "you"
    assert messages(loaded(opened(tmp_path / "b.json", [*plain, with_author])))[-1][3] == "Ada"


def test_a_load_decodes_the_file_once_and_only_the_lists_that_are_asked_for(tmp_path, monkeypatch):
    passes: list[set[tuple[str, ...]]] = []
    levels = JsonTable._levels

    def counted(self: JsonTable, needs: Any) -> Any:
        passes.append(set(needs))
        return levels(self, needs)

    monkeypatch.setattr(JsonTable, "_levels", counted)
    part = opened(tmp_path / "a.json", [*RECORDS, {"id": 4, "created_at": "soon", "comments": ["lost"]}])
    assert passes == []
    part.load({"tickets": {"tags"}}, None)
    assert passes == [{()}]
    found = part.load({"tickets": {"tags"}, "messages": {"author"}}, None)
    assert passes[1:] == [{(), ("comments",)}]
    assert found.rejected == {"tickets": 1, "messages": 1}


def test_a_list_beside_the_records_is_joined_over_pages_and_pieces(tmp_path, monkeypatch):
    shape = json_shape(
        "joined",
        [{"id"}],
        {"messages": Rows({"ticket_id": text("^id"), "author": text("^ownership.name")}, each=("comments",))},
        wrappers=SHAPE.wrappers,
        joined=SHAPE.joined,
    )
    owners = [{"ticket_id": 3, "name": "Bo"}, {"ticket_id": 1, "name": "Cy"}]
    pages = [{"tickets": RECORDS[:2], "owners": owners[:1]}, {"tickets": RECORDS[2:], "owners": owners[1:]}]
    for piece in (1 << 24, 50):
        monkeypatch.setattr(_json_file, "_PIECE_BYTES", piece)
        for content in (json.dumps(pages), "\n".join(map(json.dumps, pages))):
            (tmp_path / "a.json").write_text(content)
            table = JsonTable(JsonFile(Input(tmp_path / "a.json", "a.json")), shape.wrappers, shape.joined)
            part = FilePart(table.item, "joined", shape, table, "joined")
            found = loaded(part).frames["messages"].select("ticket_id", "author")
            assert found.rows() == [("1", "Cy"), ("1", "Cy"), ("3", "Bo")]


@pytest.mark.parametrize("line", [b'{"id": 2, "created_at": "\xff"}', b'{"id": 1e999, "created_at": 5}'])
def test_a_line_that_is_json_and_still_unreadable_costs_no_other_line(tmp_path, line):
    lines = [json.dumps(record).encode() for record in RECORDS]
    found = loaded(opened(tmp_path / "a.json", b" \n" * 300_000 + b"\n".join([*lines[:2], line, lines[2]])))
    assert messages(found) == MESSAGES
    assert (found.read["tickets"], found.rejected["tickets"]) == (4, 1)
    assert found.rejects["row"].to_list() == [300_003]


def test_local_times_of_a_list_are_counted_under_the_list_and_its_key(tmp_path):
    comments = [{"id": 11, "created_at": "2024-03-31T02:30:00"}, {"id": 12, "created_at": "2024-10-27T02:30:00"}]
    record = {"id": 1, "created_at": "2024-10-27T02:30:00", "comments": comments}
    assert clock_changes(opened(tmp_path / "a.json", [record]), "Europe/Berlin") == {
        "created_at": ClockChanges(repeated=1, missing=0),
        "comments.created_at": ClockChanges(repeated=1, missing=1),
    }


def test_documents_one_after_another_are_refused_where_the_last_one_is_cut_off(tmp_path):
    text = "".join(json.dumps(record, indent=1) for record in RECORDS)
    with pytest.raises(DataError, match=r"^a\.json: the JSON is broken or cut off \(.*\); export it again$"):
        opened(tmp_path / "a.json", text[:-5])


SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=3)
COMMENTS = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 99)}, optional={"author": SCALARS}) | SCALARS, max_size=4
)
TICKETS = st.lists(
    st.fixed_dictionaries({"created_at": st.just(DAY.format(1))}, optional={"comments": COMMENTS | SCALARS}), max_size=6
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TICKETS, st.sampled_from([*WRAPPINGS]), st.sampled_from([1 << 24, 30]))
def test_whatever_lies_in_the_lists_every_object_is_a_row_and_all_else_is_counted(tmp_path, drawn, wrapping, piece):
    records = [{"id": number, **record} for number, record in enumerate(drawn)]
    lists = [(record["id"], record.get("comments")) for record in records]
    items = [(number, item) for number, found in lists if isinstance(found, list) for item in found]
    expected = [(str(number), str(item["id"])) for number, item in items if isinstance(item, dict)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_json_file, "_PIECE_BYTES", piece)
        part = opened(tmp_path / "a.json", WRAPPINGS[wrapping]([*records, RECORDS[0]]))
        table = part.table
        assert isinstance(table, JsonTable)
        rows = table.decoded({(): ["id"], ("comments",): ["id", "^id"]})["comments",]
    found = rows.collect([pl.col("^id").alias("ticket"), pl.col("id")])
    assert found.rows() == [*expected, ("1", "11"), ("1", "12")]
    assert rows.malformed.height == len(items) - len(expected)


# Lists under several keys, and one item in the place of a list


def run(hour: int, to: str) -> dict[str, Any]:
    return {"at": DAY.format(hour), "to": to}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_lists_under_keys_of_the_files_own_are_one_list_and_an_object_is_one_item(tmp_path, wrapping):
    fields = [
        {"field_1": {"name": "a", "over": [run(1, "x"), run(2, "y")], "now": run(3, "z")}, "field_2": None},
        {"field_2": {"name": "b", "over": [], "now": None}, "field_3": {"value": "no list"}, "other_4": {"over": [{}]}},
        {"field_1": None, "field_22": {"name": "c", "over": [run(4, "v")]}, "field_9": [1, 2]},
    ]
    records = [{"id": n, "created_at": DAY.format(n), "own": own} for n, own in enumerate(fields, start=1)]
    found = loaded(opened(tmp_path / "a.json", WRAPPINGS[wrapping](records), RUNS))
    assert sorted(changes(found), key=str) == [
        ("1", 1, "a", "x"), ("1", 2, "a", "y"), ("1", 3, "a", "z"), ("3", 4, "c", "v"),
    ]  # fmt: skip
    assert found.rejected == {"tickets": 0, "changes": 0}


def test_a_key_of_the_files_own_is_found_where_only_the_last_record_has_it(tmp_path):
    records: list[dict[str, Any]] = [
        {"id": n, "created_at": DAY.format(1), "own": {"field_1": None}} for n in range(400)
    ]
    records.append(records[0] | {"id": 400, "own": {"field_1": {"name": "a", "now": run(3, "z")}}})
    for wrapping in ("array", "wrapped", "lines"):
        found = loaded(opened(tmp_path / "a.json", WRAPPINGS[wrapping](records), RUNS))
        assert changes(found) == [("400", 3, "a", "z")]


def test_a_file_without_such_keys_has_no_such_frame(tmp_path):
    records = [{"id": 1, "created_at": DAY.format(1), "own": {"field_1": [], "field_2": "x"}}]
    assert set(loaded(opened(tmp_path / "a.json", records, RUNS)).frames) == {"tickets"}
    assert set(loaded(opened(tmp_path / "b.json", [{"id": 1, "created_at": DAY.format(1)}], RUNS)).frames) == {
        "tickets"
    }
