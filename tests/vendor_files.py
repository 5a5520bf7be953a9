"""What the tests of the vendors' readers have in common: samples under other spellings, and figures against a truth."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.dataset import Account
from cs_metrics.population import load_population
from cs_metrics.readers import FilePart, Loaded, open_exports
from cs_metrics.report import Report
from tests.asking import NOW, ask, figures, own
from tests.simulator import reviews
from tests.simulator.__main__ import SAMPLE_DATA
from tests.simulator.history import simulate
from tests.simulator.model import History, Merged, Ticket

REAL = Path(__file__).parents[2] / "shared/data"
BERLIN = "Europe/Berlin"
real_files = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not on this machine")


@cache
def year() -> History:
    return simulate()


def unmerged(history: History) -> History:
    """The history as it looks where nothing tells a ticket that was merged away from a closed one."""
    heard = {one: tuple(event for event in one.events if not isinstance(event, Merged)) for one in history.tickets}
    return replace(history, tickets=tuple(replace(one, events=events) for one, events in heard.items()))


def sample(name: str) -> Path:
    return SAMPLE_DATA / name


def opened(path: Path) -> FilePart:
    return open_exports([str(path)])[0]


def load(path: Path, zone: str | None = BERLIN) -> Loaded:
    part = opened(path)
    return part.load({frame: part.available(frame) for frame in part.columns}, zone)


def frame(path: Path, name: str, zone: str | None = BERLIN) -> pl.DataFrame:
    return load(path, zone).frames[name]


def by_ticket(path: Path, tickets: Iterable[Ticket]) -> list[tuple[dict[str, Any], Ticket]]:
    """Every row of the tickets, with the true ticket."""
    true = {str(one.id): one for one in tickets}
    rows = frame(path, "tickets")
    assert rows.height > 100
    assert rows["ticket_id"].n_unique() == rows.height
    return [(row, true[row["ticket_id"]]) for row in rows.iter_rows(named=True)]


def saved(path: Path, content: Any) -> Path:
    """A list of rows becomes a CSV, other objects JSON."""
    if isinstance(content, list) and content and isinstance(content[0], (list, tuple)):
        content = as_csv(content)
    elif isinstance(content, (dict, list)):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def csv_rows(name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(sample(name).read_text(encoding="utf-8"), newline="")))


def csv_variants(name: str, without: Iterable[str] = ()) -> dict[str, bytes]:
    """The sample with a BOM, with semicolons, in UTF-16, with its columns turned round, and without some columns."""
    rows = csv_rows(name)
    kept = [place for place, header in enumerate(rows[0]) if header not in set(without)]
    return {
        "bom": b"\xef\xbb\xbf" + as_csv(rows).encode(),
        "semicolons": as_csv(rows, ";").encode(),
        "utf-16": as_csv(rows).encode("utf-16"),
        "turned round": as_csv([line[::-1] for line in rows]).encode(),
        "fewer": as_csv([[line[place] for place in kept] for line in rows]).encode(),
    }


def agrees(
    files: str | Sequence[str], truth: Mapping[str, Mapping[str, tuple[float | None, int]]], metrics: Sequence[str]
) -> None:
    """The metrics' figures, of the whole time and by month, are the truth's."""
    for grain in ("all", "month"):
        report = ask(files, metrics, zone=BERLIN, grain=grain)
        for metric in metrics:
            found = figures(report, metric)
            found = {"all": found[()]} if grain == "all" else {str(key)[:7]: value for key, value in found.items()}
            assert grain == "all" or len(found) >= 11, metric
            for label, (value, n) in found.items():
                expected = truth[metric].get(label)
                assert expected is not None, (metric, label)
                assert n == expected[1], (metric, label, value, n, expected)
                close = expected[0] if expected[0] is None else pytest.approx(expected[0], rel=1e-9)
                assert value == close, (metric, label)
        assert not report.result.missing


def relations(files: Iterable[Path | str], as_of: datetime | None = None) -> tuple[list[dict[str, Any]], Account]:
    """The customer relations that count, of all files, and what became of the rows of the first."""
    parts = open_exports([str(path) for path in files])
    wanted = {"customers": set().union(*(part.available("customers") for part in parts))}
    dataset = load_population(parts, wanted, None, NOW, as_of)
    return dataset.rows("customers").collect().to_dicts(), dataset.accounts[0]["customers"]


def customers_there(rows: Iterable[Mapping[str, Any]], instant: datetime) -> set[str]:
    """Who has a relation that covers the instant, its beginning included and its end not."""
    begun = [row for row in rows if row["started_at"] and row["started_at"] <= instant]
    return {row["customer_id"] for row in begun if row["ended_at"] is None or row["ended_at"] > instant}


REVIEWS = {
    "reviews": "agg: count\n",
    "stars": "value: rating\nagg: mean\n",
    "answered": "value: replied_at IS NOT NULL\nwhere: needs_reply\nagg: share\n",
}


def tells_of_reviews(tmp_path: Path, names: Sequence[str], true: Iterable[reviews.Review]) -> Report:
    """The report of these samples; their reviews' number, stars and answers are the true ones, in all and by month."""
    catalogue = own(tmp_path, **{name: f"frame: mentions\ndate: posted_at\n{lines}" for name, lines in REVIEWS.items()})
    files, expected = [str(sample(name)) for name in names], reviews.figures(true)
    for grain in ("all", "month"):
        report = ask(files, [*REVIEWS], catalogue, grain=grain)
        for metric in REVIEWS:
            found = figures(report, metric)
            assert len(found) == (1 if grain == "all" else 12)
            for period, (value, n) in found.items():
                assert (value, n) == pytest.approx(expected[metric]["all" if grain == "all" else str(period)[:7]])
    return report
