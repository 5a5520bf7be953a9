"""A ticket told by files of several kinds: what the newest cannot say comes from the others, nothing stale with it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.dataset import FILE, Account, Dataset
from cs_metrics.entities import FRAMES
from cs_metrics.readers import open_exports
from cs_metrics.readers._load import Loaded
from cs_metrics.versions import each_once
from tests.asking import account, ask, figure, figures, missing, seeds, write

MONDAY = datetime(2024, 1, 8, 9, tzinfo=UTC)
LATER = MONDAY + timedelta(days=1)


def row(number: int = 1, **cells: Any) -> dict[str, Any]:
    return {"ticket_id": number, "created_at": MONDAY - timedelta(hours=8), **cells}


def told(paths: list[str], *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the ticket (by our names), the same in whatever order the files stand."""
    seen = []
    for order in permutations(paths):
        report = ask(list(order), "tickets_created", by=columns)
        books = account(report)
        assert books["used"] == books["read"] - books["rejected"] - books["duplicates"] - sum(
            books["excluded"].values()
        )
        assert (books["used"], books["read"]) == (1, len(paths))
        (found,) = report.result.frame.filter(~pl.col("total")).select(columns).rows()
        seen.append(found)
    assert len(set(seen)) == 1
    return seen[0]


def test_what_the_newest_row_cannot_say_comes_from_a_row_as_new(tmp_path):
    ticket = write(tmp_path / "a.csv", [row(updated_at=LATER, group="Billing")])
    other = write(tmp_path / "b.csv", [row(updated_at=LATER, assignee="Ann", brand="Acme")])
    assert told([ticket, other], "group", "assignee", "brand") == ("Billing", "Ann", "Acme")


def test_an_empty_cell_of_the_newest_row_stays_empty(tmp_path):
    newest = write(tmp_path / "a.csv", [row(updated_at=LATER, group="Billing")], ["assignee", "brand"])
    older = write(tmp_path / "b.csv", [row(updated_at=MONDAY, assignee="Ann", brand="Acme", language="de")])
    assert told([newest, older], "group", "assignee", "brand", "language") == ("Billing", None, None, "de")


def test_what_changes_over_a_life_is_not_taken_from_an_older_row_and_what_does_not_is(tmp_path):
    newest = write(tmp_path / "a.csv", [row(updated_at=LATER, group="Billing")])
    older = write(tmp_path / "b.csv", [row(updated_at=MONDAY, assignee="Ann", brand="Acme")])
    assert told([newest, older], "assignee", "brand") == (None, "Acme")


def test_of_two_older_rows_that_carry_a_column_the_newer_says_it(tmp_path):
    newest = write(tmp_path / "a.csv", [row(updated_at=LATER)])
    early = write(tmp_path / "b.csv", [row(updated_at=MONDAY - timedelta(days=1), brand="Old", language="de")])
    late = write(tmp_path / "c.csv", [row(updated_at=MONDAY, brand="New")], ["language"])
    assert told([newest, early, late], "brand", "language") == ("New", "de")


def test_a_list_without_dates_of_its_own_is_as_new_as_its_newest_measure(tmp_path):
    ticket = write(tmp_path / "a.csv", [row(updated_at=MONDAY, status="open")])
    fresh = write(
        tmp_path / "b.csv",
        [row(reopens=2, measured_at=MONDAY - timedelta(hours=1)), row(2, reopens=0, measured_at=LATER)],
    )
    report = ask([ticket, fresh], ["tickets_created"], by="reopens", where="ticket_id = '1'")
    assert figures(report, "tickets_created") == {2: (1, 1)}
    stale = write(tmp_path / "c.csv", [row(reopens=2, measured_at=MONDAY - timedelta(hours=1))])
    for order in ([ticket, stale], [stale, ticket]):
        report = ask(order, ["tickets_created"], by="reopens")
        assert figures(report, "tickets_created") == {None: (1, 1)}


def test_rows_without_any_date_complete_each_other(tmp_path):
    one = write(tmp_path / "a.csv", [row(group="Billing", status="open", priority="high")])
    two = write(tmp_path / "b.csv", [row(assignee="Ann", status="open")])
    assert told([one, two], "group", "assignee", "priority") == ("Billing", "Ann", "high")


def test_two_exports_of_one_kind_complete_nothing(tmp_path):
    paths = [
        write(tmp_path / f"{day}.csv", [row(updated_at=MONDAY + timedelta(days=day), group=group, brand=brand)])
        for day, group, brand in ((0, "Old", "Acme"), (1, "New", None))
    ]
    report = ask(paths, "tickets_created", by=("group", "brand"))
    assert list(figures(report, "tickets_created")) == [("New", None)]
    assert "completed" not in {note.code for note in report.result.notes}


def test_a_completed_ticket_is_counted_in_a_note_and_the_other_row_as_a_duplicate(tmp_path):
    one = write(tmp_path / "a.csv", [row(updated_at=LATER), row(2, updated_at=LATER)])
    two = write(tmp_path / "b.csv", [row(updated_at=MONDAY, brand="Acme"), row(3, updated_at=LATER, brand="Duff")])
    report = ask([one, two], "tickets_created", by="brand")
    (note,) = [note for note in report.result.notes if note.code == "completed"]
    assert note.count == 1 and note.text.startswith("1 of the tickets is in files of several kinds")
    assert account(report) == {"read": 4, "used": 3, "rejected": 0, "duplicates": 1, "excluded": {}}
    assert figures(report, "tickets_created") == {"Acme": (1, 1), "Duff": (1, 1), None: (1, 1)}


def test_equal_ids_of_two_sources_complete_nothing(tmp_path):
    one = write(tmp_path / "a.csv", [row(updated_at=LATER)])
    two = write(tmp_path / "b.csv", [row(updated_at=LATER, group="Billing")])
    report = ask([f"shop={one}", f"office={two}"], "tickets_created", by=("source", "group"))
    assert set(figures(report, "tickets_created")) == {("shop", None), ("office", "Billing")}


def test_a_flag_that_only_the_other_file_knows_takes_the_ticket_out(tmp_path):
    one = write(tmp_path / "a.csv", [row(updated_at=LATER), row(2, updated_at=LATER)])
    two = write(tmp_path / "b.csv", [row(updated_at=MONDAY, is_merged=True)])
    report = ask([one, two], "tickets_created")
    assert account(report)["excluded"] == {"merged": 1}


# JSON: a key that is not there


def zendesk(path: Path, records: list[dict[str, Any]], key: str = "tickets") -> str:
    path.write_text(json.dumps({key: records}), encoding="utf-8")
    return str(path)


def ticket(**more: Any) -> dict[str, Any]:
    own = {"id": 1, "created_at": "2024-01-08T09:00:00Z", "updated_at": "2024-01-10T09:00:00Z", "status": "open"}
    return own | {"submitter_id": 5, "assignee_id": 6, "requester_id": 5} | more


METRICS = {"reply_time_in_minutes": {"calendar": 30, "business": 30}, "replies": 2, "reopens": 1}
METRICS |= {"assignee_stations": 1, "group_stations": 1}


def measure(**more: Any) -> dict[str, Any]:
    own = {"id": 9, "ticket_id": 1, "created_at": "2024-01-08T09:00:00Z", "updated_at": "2024-01-10T09:00:00Z"}
    return own | METRICS | more


def test_the_measures_beside_bare_tickets_are_read_as_the_measures_on_them(tmp_path):
    names = ["first_reply_time", "full_resolution_time", "tickets_solved", "agent_replies_per_ticket", "reopen_rate"]
    solved = {"solved_at": "2024-01-09T09:00:00Z"}
    apart = [
        zendesk(tmp_path / "a.json", [ticket(status="solved")]),
        zendesk(tmp_path / "b.json", [measure(**solved)], "ticket_metrics"),
    ]
    inside = zendesk(tmp_path / "c.json", [ticket(status="solved", metric_set=measure(**solved))])
    expected = {name: figure(ask(inside, names), name) for name in names}
    assert expected["first_reply_time"] == (1800, 1) and expected["full_resolution_time"] == (86400, 1)
    for order in permutations(apart):
        report = ask(list(order), names)
        assert {name: figure(report, name) for name in names} == expected
        assert not missing(report)
        assert account(report) == {"read": 2, "used": 1, "rejected": 0, "duplicates": 1, "excluded": {}}


def test_a_key_that_an_object_leaves_out_is_empty_and_nothing_older_is_put_there(tmp_path):
    # reopened: the newest measures have no `solved_at`, and the older ones must not lend theirs
    reopened = zendesk(tmp_path / "a.json", [ticket(metric_set=METRICS)])
    before = ticket(
        status="solved", updated_at="2024-01-09T09:00:00Z", metric_set=METRICS | {"solved_at": "2024-01-09"}
    )
    older = zendesk(tmp_path / "b.json", [before])
    for order in permutations([reopened, older]):
        report = ask(list(order), ["tickets_solved", "backlog"])
        assert figure(report, "tickets_solved") == (0, 0)
        assert figure(report, "backlog")[0] == 1


def test_measures_made_before_the_tickets_last_change_lend_only_what_never_changes(tmp_path):
    bare = zendesk(tmp_path / "a.json", [ticket(status="solved")])
    old = measure(updated_at="2024-01-09T09:00:00Z", solved_at="2024-01-09T09:00:00Z")
    early = zendesk(tmp_path / "b.json", [old], "ticket_metrics")
    for order in permutations([bare, early]):
        report = ask(list(order), ["first_reply_time", "tickets_solved", "tickets_created"])
        assert figure(report, "first_reply_time") == (1800, 1)
        assert "tickets_solved" in missing(report)


def test_what_a_file_carries_is_what_it_could_say(tmp_path):
    bare = open_exports([zendesk(tmp_path / "a.json", [ticket()])])[0].carried("tickets")
    assert {"due_at", "status", "priority", "created_by_agent"} <= bare
    assert not {"reopens", "solved_at", "reported_first_reply_seconds"} & bare
    measured = open_exports([zendesk(tmp_path / "b.json", [measure()], "ticket_metrics")])[0].carried("tickets")
    assert {"solved_at", "reopens", "reported_first_reply_seconds"} <= measured
    assert not {"status", "group", "reported_full_resolution_seconds"} & measured


# A second opinion: the rule as plain loops over many rows


def naive(rows: list[dict[str, Any]], carried: dict[int, set[str]], columns: list[str]) -> dict[str, tuple[Any, ...]]:
    """The rule, one ticket after another; no two rows of a ticket are equally new."""
    stamps: dict[int, Any] = {}
    for one in rows:
        dates = [one[name] for name in ("created_at", "updated_at", "measured_at") if one[name]]
        stamps[one[FILE]] = max([stamps.get(one[FILE], dates[0]), *dates])
    found = {}
    for number in {one["ticket_id"] for one in rows}:
        mine = sorted(
            (one for one in rows if one["ticket_id"] == number),
            key=lambda one: str(one["updated_at"] or ""),
            reverse=True,
        )
        first, cells = mine[0], []
        for name in columns:
            value = first[name]
            if name not in carried[first[FILE]]:
                value = None
                for other in mine[1:]:
                    if name not in carried[other[FILE]]:
                        continue
                    if FRAMES["tickets"].columns[name].changes:
                        stamp = other["updated_at"] or stamps[other[FILE]]
                        if first["updated_at"] is None or stamp >= first["updated_at"]:
                            value = other[name]
                            break
                    elif other[name] is not None:
                        value = other[name]
                        break
            cells.append(value)
        found[number] = tuple(cells)
    return found


@pytest.mark.parametrize("seed", seeds(40, quick=10))
def test_completing_is_what_a_plain_loop_says(seed):
    chance = random.Random(seed)
    columns = ["status", "assignee", "brand", "language", "reopens"]
    carried = {n: {c for c in columns if chance.random() < 0.6} | {"ticket_id", "created_at"} for n in range(4)}
    dated = [chance.random() < 0.7 for _ in carried]
    dated = [is_dated or n == 0 for n, is_dated in enumerate(dated)]
    undated = max((n for n in carried if not dated[n]), default=None)  # one list at most, or the order is by fullness
    rows = []
    for number in range(12):
        for file in carried:
            if chance.random() < 0.35 or (not dated[file] and file != undated):
                continue
            cells = {c: chance.choice([f"{c} {file}", None]) if c in carried[file] else None for c in columns}
            cells["reopens"] = file if "reopens" in carried[file] and chance.random() < 0.5 else None
            day = MONDAY + timedelta(hours=chance.randrange(8) * 10 + file)
            dates = {"updated_at": day if dated[file] else None, "measured_at": None if dated[file] else day}
            rows.append({"source": "x", "ticket_id": str(number), "created_at": MONDAY, FILE: file, **dates, **cells})
    schema = {name: FRAMES["tickets"].dtype(name) for name in rows[0] if name != FILE} | {FILE: pl.UInt16}
    frame = pl.DataFrame(rows, schema=schema)
    expected = naive(rows, carried, columns)
    for order in (frame, frame.sample(fraction=1, shuffle=True, seed=seed)):
        accounts = [{"tickets": Account(read=int((frame[FILE] == n).sum()))} for n in carried]
        dataset = Dataset([], {}, {}, accounts, Loaded({}, {}, {}).rejects, [])
        found = each_once("tickets", order, dataset, carried)
        assert {key: tuple(cells) for key, *cells in found.select("ticket_id", *columns).rows()} == expected
        assert sum(books["tickets"].used for books in accounts) == found.height
