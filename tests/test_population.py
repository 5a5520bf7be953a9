"""Who counts: each ticket once, in its newest version, without spam, merges, tests and what a profile leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import build
from tests.asking import ROOT, account, ask, figure, figures, missing, shipped, write

MONDAY = datetime(2024, 1, 8, 9, tzinfo=UTC)
LATE = {"ticket_id": "late", "created_at": datetime(2024, 3, 1, tzinfo=UTC), "status": "open"}  # the clock of the file
Row = dict[str, Any]


def ticket(number: Any, created: datetime = MONDAY, **cells: Any) -> Row:
    return {"ticket_id": number, "created_at": created, "status": "open", **cells}


def solved(number: Any, at: datetime = MONDAY, **cells: Any) -> Row:
    """One reply, no reopen, by `ann`, unless said otherwise."""
    once = {"requester": "ann", "agent_replies": 1, "reopens": 0}
    return ticket(number, at - timedelta(hours=1), **{"status": "solved", "solved_at": at, **once, **cells})


def notes(report: Any) -> dict[str, int | None]:
    return {note.code: note.count for note in report.result.notes}


# Each ticket once


def test_the_newest_version_of_a_ticket_counts_whatever_the_order_of_files(tmp_path):
    versions = [
        ticket(1, updated_at=MONDAY, group="old", agent_replies=9, brand="fuller"),
        ticket(1, updated_at=MONDAY + timedelta(days=1), group="new"),
        ticket(1, group="undated", agent_replies=9, brand="fuller"),
    ]
    paths = [write(tmp_path / f"{place}.csv", [row], versions[0]) for place, row in enumerate(versions)]
    for order in permutations(paths):
        report = ask(list(order), "tickets_created", by="group")
        assert figures(report, "tickets_created") == {"new": (1, 1)}
        assert account(report) == {"read": 3, "used": 1, "rejected": 0, "duplicates": 2, "excluded": {}}


def test_of_equally_new_versions_the_fuller_one_counts(tmp_path):
    versions = [ticket(1, updated_at=MONDAY, group="full", agent_replies=2), ticket(1, updated_at=MONDAY, group="bare")]
    for place, order in enumerate((versions, versions[::-1])):
        report = ask(
            write(tmp_path / f"{place}.csv", order, ["agent_replies"]),
            ["tickets_created", "agent_replies_per_ticket"],
            by="group",
        )
        assert figures(report, "tickets_created") == {"full": (1, 1)}


def test_of_equally_new_and_full_versions_the_same_one_counts_in_either_order(tmp_path):
    versions = [ticket(1, updated_at=MONDAY, group=group, tags=f"{group},x") for group in ("a", "b")]
    paths = [write(tmp_path / f"{place}.csv", [row]) for place, row in enumerate(versions)]
    found = [
        figures(ask(order, "tickets_created", by=("group", "tags")), "tickets_created")
        for order in (paths, paths[::-1])
    ]
    assert found[0] == found[1] and len(found[0]) == 1


def test_equal_ids_of_two_sources_are_two_tickets(tmp_path):
    path, other = write(tmp_path / "a.csv", [ticket(1)]), write(tmp_path / "b.csv", [ticket(1)])
    assert figure(ask([path, other], "tickets_created"), "tickets_created") == (1, 1)
    two = ask([f"shop={path}", f"office={other}"], "tickets_created", by="source")
    assert figures(two, "tickets_created") == {"shop": (1, 1), "office": (1, 1)}
    assert account(two)["duplicates"] == 0


def test_a_column_called_source_tells_two_accounts_in_one_file_apart(tmp_path):
    rows = [ticket(1, source="shop"), ticket(1, source="office"), ticket(1, source="shop")]
    assert figure(ask(write(tmp_path / "t.csv", rows), "tickets_created"), "tickets_created") == (2, 2)


def test_a_helpdesk_left_behind_does_not_end_the_rows_of_the_next_one(tmp_path):
    old = write(tmp_path / "old.csv", [ticket(1), ticket(2)], ["solved_at"])
    new = write(tmp_path / "new.csv", [ticket(1, datetime(2025, 1, 1, tzinfo=UTC))], ["solved_at"])
    report = ask([f"old={old}", f"new={new}"], ["tickets_created", "backlog"])
    assert figure(report, "tickets_created") == (3, 3)
    assert figure(report, "backlog") == (3, 3)


# Who leaves


def test_every_row_is_used_rejected_a_duplicate_or_excluded_for_a_reason(tmp_path):
    rows = [
        ticket(1),
        ticket(2, status="deleted", is_spam=True),
        ticket(3, is_spam=True, is_merged=True),
        ticket(4, is_merged=True),
        ticket(5, is_test=True),
        ticket(6, is_spam=False, is_merged=False),
        ticket(6),
        {"ticket_id": 7},
        {"created_at": MONDAY},
        ticket(8, group="Bots"),
    ]
    report = ask(write(tmp_path / "t.csv", rows), "tickets_created", exclude=("group = 'Bots'",))
    gone = {"deleted": 1, "spam": 1, "merged": 1, "test": 1, "profile": 1}
    assert account(report) == {"read": 10, "used": 2, "rejected": 2, "duplicates": 1, "excluded": gone}
    assert figure(report, "tickets_created") == (2, 2)


def test_the_newer_version_decides_whether_a_ticket_is_spam(tmp_path):
    rows = [
        ticket(1, updated_at=MONDAY, is_spam=True),
        ticket(1, updated_at=MONDAY + timedelta(hours=1), is_spam=False),
    ]
    assert figure(ask(write(tmp_path / "t.csv", rows), "tickets_created"), "tickets_created") == (1, 1)


def test_an_empty_flag_means_no(tmp_path):
    rows = [solved(1, escalated=True), solved(2, escalated=None), solved(3, escalated=False)]
    path = write(tmp_path / "t.csv", rows)
    assert figure(ask(path, "escalation_rate"), "escalation_rate") == (pytest.approx(1 / 3), 3)
    assert figure(ask(path, "tickets_created", where="NOT escalated"), "tickets_created") == (2, 2)


@pytest.mark.parametrize(
    "condition, left",
    [("group = 'Bots' OR is_test", 2), ("is_solved", 1), ("NOT escalated", 0), ("brand = 'Sandbox'", 3)],
)
def test_a_profile_excludes_by_columns_that_we_compute_and_by_flags_that_no_file_has(tmp_path, condition, left):
    path = write(tmp_path / "t.csv", [ticket(1, group="Bots"), solved(2), solved(3)])
    report = ask(path, "tickets_created", exclude=(condition,))
    assert figure(report, "tickets_created") == (left, left)
    assert ("exclude-unknown" in notes(report)) is ("brand" in condition)


def test_ratings_of_tickets_that_leave_leave_too(tmp_path):
    tickets = write(
        tmp_path / "t.csv", [solved(1), solved(2, is_spam=True), solved(3, group="Bots"), solved(4, is_merged=True)]
    )
    rating = {"kind": "csat", "answered_at": MONDAY}
    ratings = [{**rating, "survey_id": n, "ticket_id": n, "is_satisfied": n == 1} for n in (1, 2, 3, 4, 99)]
    report = ask([tickets, write(tmp_path / "s.csv", ratings)], "csat", exclude=("group = 'Bots'",))
    assert figure(report, "csat") == (0.5, 2)  # 1, and 99 whose ticket is in no file
    assert account(report, "surveys")["excluded"] == {"spam": 1, "profile": 1, "merged": 1}


def test_a_rating_on_the_ticket_yields_to_the_survey_of_the_same_ticket_and_kind(tmp_path):
    tickets = write(tmp_path / "t.csv", [solved(1), solved(2)])
    embedded = {"kind": "csat", "embedded": True, "is_satisfied": False}
    rows = [
        {**embedded, "survey_id": "ticket 1", "ticket_id": 1},
        {**embedded, "survey_id": "ticket 2", "ticket_id": 2},
        {"survey_id": "s1", "ticket_id": 1, "kind": "csat", "answered_at": MONDAY, "is_satisfied": True},
        {
            "survey_id": "s2",
            "ticket_id": 2,
            "kind": "ces",
            "answered_at": MONDAY,
            "score": 7,
            "scale_min": 1,
            "scale_max": 7,
        },
    ]
    report = ask([tickets, write(tmp_path / "s.csv", rows)], ["csat", "ces"])
    assert figure(report, "csat") == (0.5, 2)
    assert figure(report, "ces") == (7, 1)
    assert account(report, "surveys")["duplicates"] == 1


# When it was solved


@pytest.mark.parametrize(
    "cells, is_open, is_solved",
    [
        ({"status": "solved", "solved_at": MONDAY}, 0, 1),
        ({"status": "closed", "closed_at": MONDAY}, 0, 1),
        ({"status": "closed", "solved_at": MONDAY, "closed_at": MONDAY + timedelta(days=9)}, 0, 1),
        ({"status": "open", "solved_at": MONDAY}, 1, 0),
        ({"status": "pending", "closed_at": MONDAY}, 1, 0),
        ({"status": None, "solved_at": MONDAY}, 0, 1),
        ({"status": None}, 1, 0),
        ({"status": "solved", "solved_at": MONDAY - timedelta(days=2)}, 0, 1),
    ],
)
def test_a_ticket_is_solved_by_its_last_solve_else_its_close_while_it_is_solved(tmp_path, cells, is_open, is_solved):
    rows = [ticket(1, **cells), *(solved(number) for number in range(2, 30))]
    path = write(tmp_path / "t.csv", rows, ["closed_at"])
    report = ask(path, ["backlog", "tickets_solved"])
    assert figure(report, "backlog") == (is_open, is_open)
    assert figure(report, "tickets_solved") == (28 + is_solved, 28 + is_solved)


def test_a_ticket_solved_nobody_knows_when_is_in_no_stock_and_in_no_solved_count(tmp_path):
    rows = [ticket(1, status="solved"), *(solved(number) for number in range(2, 30))]
    report = ask(write(tmp_path / "t.csv", rows), ["backlog", "tickets_solved", "tickets_created"])
    assert [figure(report, name)[0] for name in ("backlog", "tickets_solved", "tickets_created")] == [0, 28, 29]
    assert notes(report)["solved-undated"] == 1


def test_too_many_tickets_solved_nobody_knows_when_leave_no_stock(tmp_path):
    report = ask(write(tmp_path / "t.csv", [ticket(1, status="solved"), solved(2)]), ["backlog", "tickets_created"])
    assert set(missing(report)) == {"backlog"}


def test_a_ticket_solved_before_it_was_opened_is_never_in_the_backlog(tmp_path):
    rows = [ticket(1, MONDAY + timedelta(days=3), status="solved", solved_at=MONDAY + timedelta(days=1))]
    rows += [solved(2, MONDAY + timedelta(days=5)), ticket(3, MONDAY)]
    found = figures(ask(write(tmp_path / "t.csv", rows), "backlog", grain="day"), "backlog")
    assert {day: value for day, (value, _) in found.items()} == {f"2024-01-{day:02d}": 1 for day in range(8, 14)}


# As of an earlier day


def test_as_of_an_earlier_day_later_tickets_are_gone_and_what_changed_since_is_refused(tmp_path):
    rows = [
        ticket(1, first_reply_at=MONDAY + timedelta(minutes=10)),
        ticket(2, first_reply_at=MONDAY + timedelta(days=3)),
        ticket(3, MONDAY + timedelta(days=2)),
        solved(4),
    ]
    names = ["tickets_created", "first_reply_time", "backlog", "tickets_solved", "first_contact_resolution", "csat"]
    report = ask(write(tmp_path / "t.csv", rows), names, as_of=MONDAY + timedelta(days=1))
    assert figure(report, "tickets_created") == (3, 3)
    assert figure(report, "first_reply_time") == (600, 1)
    assert account(report)["excluded"] == {"after_as_of": 1}
    assert set(missing(report)) == {"backlog", "tickets_solved", "first_contact_resolution", "csat"}
    assert "as of 2024-01-09" in missing(report)["backlog"]


def test_as_of_an_earlier_day_nothing_can_be_split_by_what_has_changed_since(tmp_path):
    report = ask(write(tmp_path / "t.csv", [ticket(1, group="a"), LATE]), "tickets_created", by="group", as_of=MONDAY)
    assert set(missing(report)) == {"tickets_created"}


def test_as_of_a_day_after_the_last_event_everything_is_still_known(tmp_path):
    path = write(tmp_path / "t.csv", [ticket(1), solved(2)])
    report = ask(path, ["backlog", "tickets_solved"], as_of=MONDAY + timedelta(days=30))
    assert (figure(report, "backlog"), figure(report, "tickets_solved")) == ((1, 1), (1, 1))


def test_answers_after_the_as_of_are_unknown(tmp_path):
    sent = {"kind": "csat", "sent_at": MONDAY, "is_satisfied": True}
    rows = [{**sent, "survey_id": n, "answered_at": MONDAY + timedelta(days=n)} for n in (0, 1, 2)]
    assert figure(ask(write(tmp_path / "s.csv", rows), "csat", as_of=MONDAY + timedelta(days=1)), "csat") == (1, 2)


# First contact resolution


def first_contact(
    tmp_path: Any, *rows: Row, columns: tuple[str, ...] = (), **question: Any
) -> tuple[float | None, int | None]:
    path = write(tmp_path / "t.csv", [*rows, LATE], ["requester", "agent_replies", "reopens", *columns])
    return figure(ask(path, "first_contact_resolution", **question), "first_contact_resolution")


def again(after: timedelta, **cells: Any) -> Row:
    return ticket("again", MONDAY + after, requester="ann", **cells)


WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)


@pytest.mark.parametrize(
    "other, share",
    [
        (again(WEEK), 0),  # within seven days, the last second included
        (again(WEEK + SECOND), 1),
        (again(SECOND), 0),
        (again(timedelta(0)), 1),  # in the very second of the solve is not after it
        (again(-SECOND), 1),
        (again(timedelta(days=1), is_merged=True), 0),
        (again(timedelta(days=1), is_spam=True), 1),
        (again(timedelta(days=1), source="another"), 1),
        (again(timedelta(days=1)) | {"requester": "bob"}, 1),
        (again(timedelta(days=1)) | {"requester": None}, 1),
    ],
)
def test_a_contact_within_seven_days_after_the_solve_undoes_it(tmp_path, other, share):
    assert first_contact(tmp_path, solved(1), other, columns=("is_merged", "is_spam", "source")) == (share, 1)


@pytest.mark.parametrize(
    "cells, found",
    [
        ({"agent_replies": 0}, (1, 1)),
        ({"agent_replies": 2}, (0, 1)),
        ({"reopens": 1}, (0, 1)),
        ({"requester": None}, (None, 0)),
        ({"agent_replies": None}, (None, 0)),
        ({"status": "open"}, (None, 0)),
        ({"created_at": MONDAY + timedelta(hours=2)}, (1, 1)),  # solved "before" it was opened: not its own contact
    ],
)
def test_one_reply_no_reopen_and_somebody_to_come_back(tmp_path, cells, found):
    assert first_contact(tmp_path, solved(1) | cells) == found


def test_a_contact_that_the_question_filters_away_is_still_a_contact(tmp_path):
    rows = [solved(1, group="a"), again(timedelta(days=1), group="b")]
    assert first_contact(tmp_path, *rows, where="group = 'a'") == (0, 1)
    assert first_contact(tmp_path, *rows, exclude=("group = 'b'",)) == (0, 1)
    assert first_contact(tmp_path, *rows, until="2024-01-08") == (0, 1)


def test_solves_of_the_last_seven_days_are_not_judged_yet(tmp_path):
    as_of = LATE["created_at"]
    rows = [solved(1, as_of - WEEK, requester="ann"), solved(2, as_of - WEEK + SECOND, requester="bob")]
    assert first_contact(tmp_path, *rows) == (1, 1)


def test_somebody_with_more_than_fifty_tickets_in_thirty_days_is_nobody(tmp_path):
    def box(count: int, days: float) -> list[Row]:
        return [solved(f"b{n}", MONDAY + n * timedelta(days=days) / (count - 1), requester="box") for n in range(count)]

    path = write(tmp_path / "t.csv", [*box(51, 30), solved("other"), LATE], ["requester"])
    report = ask(path, "first_contact_resolution")
    assert figure(report, "first_contact_resolution") == (1, 1)
    assert notes(report)["busy-requesters"] == 51
    for few in (box(50, 30), box(51, 30.01)):
        assert first_contact(tmp_path, *few, solved("other"))[1] == len(few) + 1


def test_people_of_many_ids_are_not_mixed_up(tmp_path):
    """Requester and second share one number inside: nobody may spill over into the next requester."""
    early = [ticket(f"e{n}", datetime(1969, 12, 31, tzinfo=UTC), requester=f"p{n}") for n in range(30)]
    assert first_contact(tmp_path, *(solved(n, requester=f"p{n}") for n in range(30)), *early) == (1, 30)


def test_the_rating_on_the_newer_version_of_a_ticket_counts(tmp_path):
    """Zendesk's CSV has the rating on the ticket and no date with it: the customer has changed her mind since."""

    def export(name: str, updated: str, ratings: str) -> str:
        columns = {
            "Summation column": 1,
            "Created at": "2024-01-08 09:00",
            "Solved at": "2024-01-08 10:00",
            "Status": "Closed",
        }
        rows = [
            {**columns, "Id": n, "Updated at": updated, "Satisfaction Score": word}
            for n, word in enumerate(ratings.split())
        ]
        return write(tmp_path / name, rows)

    older = export("older.csv", "2024-01-09 09:00", "Good Good Good Bad Bad Bad Offered Good")
    newer = export("newer.csv", "2024-02-09 09:00", "Bad Bad Bad Bad Bad Good Good Good")
    for files in ([older, newer], [newer, older]):
        assert figure(ask(files, "csat"), "csat") == (3 / 8, 8)


def test_an_undated_rating_is_in_no_past_and_cannot_raise_its_response_rate():
    """The ticket's row says offered or good, but not when; a ratings file beside it knows only the answers."""
    question = Question(now=datetime(2026, 1, 1, tzinfo=UTC), as_of=datetime(2025, 6, 30, 22, tzinfo=UTC))
    parts = open_exports([str(ROOT / "sample_data" / "zendesk")])
    result = build(parts, question, shipped()).result
    assert "csat" in result.metrics
    assert "csat_response_rate" in {lack.metric for lack in result.missing}
