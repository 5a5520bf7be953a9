"""Customer relations: several of one customer, those that never began, and what an earlier day knew of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.asking import account, ask, figure, figures, own, write
from tests.vendor_files import relations

JANUARY, DAY = datetime(2024, 1, 8, 9, tzinfo=UTC), timedelta(days=1)
STOCK = "frame: customers\ndate: started_at\nuntil: ended_at\nagg: stock\n"


def relation(customer="a", start=0, end=None, **cells):
    ended = {} if end is None else {"ended_at": JANUARY + end * DAY}
    return {"customer_id": customer, "started_at": JANUARY + start * DAY, **ended, **cells}


def test_who_comes_back_has_two_relations_and_a_repeated_row_is_one(tmp_path):
    rows = [relation(end=10), relation(start=50), relation(start=50), relation("b")]
    found, counts = relations([write(tmp_path / "c.csv", rows)])
    assert sorted((row["customer_id"], row["started_at"]) for row in found) == [
        ("a", JANUARY),
        ("a", JANUARY + 50 * DAY),
        ("b", JANUARY),
    ]
    assert (counts.read, counts.duplicates) == (4, 1)


def test_two_subscriptions_that_begin_in_one_instant_are_two(tmp_path):
    rows = [relation(relation_id=1, end=10), relation(relation_id=2)]
    assert len(relations([write(tmp_path / "c.csv", rows)])[0]) == 2


def test_a_newer_version_of_a_relation_wins_whatever_the_order_of_files(tmp_path):
    older = write(tmp_path / "1.csv", [relation(updated_at=JANUARY, plan="old")], ["ended_at"])
    newer = write(tmp_path / "2.csv", [relation(updated_at=JANUARY + 9 * DAY, end=9)], ["plan"])
    for files in ([older, newer], [newer, older]):
        (row,) = relations(files)[0]
        assert (row["ended_at"], row["plan"]) == (JANUARY + 9 * DAY, None)


@pytest.mark.parametrize(("flag", "reason"), [("is_trial", "trial"), ("is_deleted", "deleted")])
def test_trials_and_deleted_ones_leave_the_population_and_are_counted(tmp_path, flag, reason):
    rows = [relation("a", **{flag: True}), relation("b")]
    catalogue = own(tmp_path, there=STOCK)
    report = ask(write(tmp_path / "c.csv", rows, ["ended_at"]), "there", catalogue)
    assert figure(report, "there") == (1, 1)
    assert account(report, "customers")["excluded"] == {reason: 1}


def test_a_ticket_of_a_customer_with_several_relations_is_there_once_under_the_newest(tmp_path):
    rows = [relation("firm", start=50, plan="Pro"), relation("firm", end=10, plan="Basic"), relation("x", plan="Free")]
    tickets = [
        {"ticket_id": 1, "created_at": JANUARY, "organization": "firm"},
        {"ticket_id": 2, "created_at": JANUARY, "organization": "x"},
    ]
    files = [write(tmp_path / "t.csv", tickets), write(tmp_path / "c.csv", rows)]
    report = ask(files, "tickets_created", by="plan")
    assert figures(report, "tickets_created") == {"Pro": (1, 1), "Free": (1, 1)}
    assert figure(report, "tickets_created") == (2, 2)


def test_an_earlier_day_knows_neither_later_customers_nor_later_ends(tmp_path):
    rows = [relation("a", end=40), relation("b", start=20), relation("c", end=5)]
    path = write(tmp_path / "c.csv", rows)
    found, counts = relations([path], as_of=JANUARY + 10 * DAY)
    assert {row["customer_id"]: row["ended_at"] for row in found} == {"a": None, "c": JANUARY + 5 * DAY}
    assert counts.excluded == {"after_as_of": 1}
    report = ask(path, "there", own(tmp_path, there=STOCK), as_of=JANUARY + 10 * DAY)
    assert figure(report, "there") == (1, 1)


def test_a_list_without_anybody_who_left_says_that_it_may_be_of_the_living_alone(tmp_path):
    catalogue = own(tmp_path, there=STOCK)
    for end, codes in ((None, ["nobody-left"]), (10, [])):
        rows = [relation("a", end=end), relation("b"), relation("c", is_trial=True, end=None)]
        report = ask(write(tmp_path / "c.csv", rows, ["ended_at"]), "there", catalogue)
        notes = [note for note in report.result.notes if note.code == "nobody-left"]
        assert [note.code for note in notes] == codes
        assert all(note.count == 2 for note in notes)
