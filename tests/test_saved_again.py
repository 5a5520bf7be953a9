"""An export that a spreadsheet has saved again says the same to the minute; what it spoils is counted as unread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from cs_metrics.entities import INSTANT
from cs_metrics.readers import Loaded, open_exports
from tests.saved_again import Lines, as_csv, as_workbook, by_spreadsheet
from tests.simulator.__main__ import SAMPLE_DATA
from tests.test_identification import CSVS, lines

MADE_OF_TEXTS = {"survey_id"}  # an id that we make of what is written
ZONE = "Europe/Berlin"
QUICK = [("freshservice/tickets.csv", "german"), ("freshservice/tickets.csv", "workbook")]

WAYS: dict[str, Callable[[Lines], bytes]] = {
    "german": lambda lines: ("sep=;\r\n" + as_csv(by_spreadsheet(lines, "%d.%m.%Y %H:%M"), ";", "\r\n")).encode(),
    "british": lambda lines: as_csv(by_spreadsheet(lines, "%d/%m/%Y %H:%M"), end="\r\n").encode("utf-8-sig"),
    "american": lambda lines: as_csv(by_spreadsheet(lines, "%m/%d/%Y %I:%M %p"), "\t", "\r\n").encode("utf-16"),
    "dutch": lambda lines: as_csv(by_spreadsheet(lines, "%d-%m-%y %H:%M"), ";", "\r\n").encode(),
    "workbook": as_workbook,
}


def load(path: Path) -> Loaded:
    (part,) = open_exports([str(path)])
    known = {frame: [c for c in part.available(frame) if not c.startswith("x_")] for frame in part.columns}
    return part.load(known, ZONE)


@cache
def as_exported(name: str) -> Loaded:
    return load(SAMPLE_DATA / name)


def agrees(path: Path, name: str, way: str) -> None:
    path.write_bytes(WAYS[way](lines(name)))
    expected, found = as_exported(name), load(path)
    assert (found.read, found.rejected) == (expected.read, expected.rejected)
    lost = 0
    for frame, rows in expected.frames.items():
        assert found.frames[frame].columns == rows.columns
        for column in set(rows.columns) - MADE_OF_TEXTS:
            was, now = rows[column], found.frames[frame][column]
            differ = was.ne_missing(now)
            if was.dtype == INSTANT:  # some are the end of a span that begins in a minute without its seconds
                differ &= ((was - now).abs() >= timedelta(minutes=1)).fill_null(True)
            assert now.filter(differ).is_null().all(), (frame, column, was.filter(differ), now.filter(differ))
            lost += int(differ.sum())
    assert lost <= found.rejects.height - expected.rejects.height, (lost, found.rejects, expected.rejects)


@pytest.mark.parametrize("name, way", QUICK)
def test_what_a_spreadsheet_has_saved_says_the_same(tmp_path: Path, name: str, way: str) -> None:
    agrees(tmp_path / "download", name, way)


@pytest.mark.slow
@pytest.mark.parametrize("name, way", [pair for pair in product(CSVS, WAYS) if pair not in QUICK])
def test_what_a_spreadsheet_has_saved_says_the_same_for_every_sample(tmp_path: Path, name: str, way: str) -> None:
    agrees(tmp_path / "download", name, way)
