"""A reader that another package brings is one of ours; the package here is the one that the guide shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cs_metrics import readers
from cs_metrics.errors import DataError
from cs_metrics.readers import Loaded, all_readers, open_exports

GUIDE = Path(readers.__file__).with_name("README.md").read_text(encoding="utf-8")
CSV = """Case;Opened;Done on;State;Queue;Visitor;Handling;Labels;Smile
A-1;01.03.2024 09:00;01.03.2024 12:30;Done;Billing;ada@example.org;0:45:00;"late;vip";happy
A-2;02.03.2024 10:15;;Stuck;Returns;bo@example.org;12;late;sad
A-3;03.03.2024 08:00;;New;Returns;cy@example.org;;;
"""
JSON = {
    "cases": [
        {
            "id": "A-1",
            "opened": "2024-03-01T08:00:00Z",
            "state": "Done",
            "team": {"name": "Billing"},
            "comments": [
                {"id": 1, "at": "2024-03-01T08:00:00Z", "by": {"role": "visitor"}, "public": True},
                {"id": 2, "at": "2024-03-01T08:20:00Z", "by": {"role": "operator"}, "public": True},
            ],
            "history": [
                {
                    "at": "2024-03-01T11:30:00Z",
                    "items": [{"field": "state", "to": "Done"}, {"field": "team", "to": "Billing"}],
                }
            ],
        },
        {"id": "A-2", "opened": "2024-03-02T09:15:00Z", "state": "New", "team": {"name": "Returns"}, "comments": []},
    ]
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The guide's reader, installed as a package of its own."""
    code = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    entry_points = re.search(r'```toml\n\[project\.entry-points\."(.*?)"\]\n(\w+) = "(\w+)"\n```', GUIDE)
    assert code and entry_points
    group, name, module = entry_points.groups()
    site = tmp_path / "site"
    info = site / "acme_desk_reader-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{module}.py").write_text(code[1], encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-desk-reader\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    all_readers.cache_clear()
    yield site
    all_readers.cache_clear()
    sys.modules.pop(module, None)


def read(path: Path, content: str) -> Loaded:
    path.write_text(content, encoding="utf-8")
    (part,) = open_exports([str(path)])
    assert (part.reader, part.source) == ("acme_desk", "acme_desk")
    return part.load({frame: part.available(frame) for frame in part.columns}, "Europe/Berlin")


def test_a_package_brings_a_reader_by_its_entry_point(package: Path) -> None:
    assert all_readers()["acme_desk"].title == "Acme Desk"
    assert set(all_readers()) > {"zendesk", "freshdesk", "common"}


def test_without_the_package_nobody_knows_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    assert "acme_desk" not in all_readers()
    with pytest.raises(DataError, match="no reader knows this file"):
        open_exports([str(tmp_path / "a.csv")])


def test_its_flat_shape_is_read(package: Path, tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", CSV)
    columns = ("ticket_id", "status", "group", "handle_seconds", "tags")
    assert found.frames["tickets"].select(columns).rows() == [
        ("A-1", "solved", "Billing", 2700.0, ["late", "vip"]),
        ("A-2", "open", "Returns", 720.0, ["late"]),
        ("A-3", "new", "Returns", None, None),
    ]
    assert found.frames["tickets"]["created_at"][0] == datetime(2024, 3, 1, 8, tzinfo=UTC)
    surveys = found.frames["surveys"].select("survey_id", "kind", "is_satisfied").rows()
    assert surveys == [("A-1", "csat", True), ("A-2", "csat", False)]
    assert found.rejects.select("column", "value").rows() == [("State", "Stuck")]


def test_its_nested_shape_is_read(package: Path, tmp_path: Path) -> None:
    found = read(tmp_path / "a.json", json.dumps(JSON))
    assert found.frames["tickets"].select("ticket_id", "status", "group").rows() == [
        ("A-1", "solved", "Billing"),
        ("A-2", "new", "Returns"),
    ]
    assert found.frames["messages"].select("ticket_id", "message_id", "author_role", "is_public").rows() == [
        ("A-1", "1", "customer", True),
        ("A-1", "2", "agent", True),
    ]
    assert found.frames["changes"].select("ticket_id", "field", "new").rows() == [
        ("A-1", "status", "solved"),
        ("A-1", "group", "Billing"),
    ]
    assert found.rejects.is_empty()


def test_the_program_asks_it_by_its_name(package: Path, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(JSON), encoding="utf-8")
    paths = os.pathsep.join([str(package), str(Path(readers.__file__).parents[2])])
    command = [
        "report",
        str(tmp_path / "a.json"),
        "--reader",
        "acme_desk",
        "-m",
        "first_reply_time",
        "-f",
        "json",
        "-q",
    ]
    run = subprocess.run(
        [sys.executable, "-m", "cs_metrics", *command],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    (result,) = [each for each in json.loads(run.stdout)["results"] if each["metric"] == "first_reply_time"]
    assert (result["value"], result["n"]) == (1200, 1)
