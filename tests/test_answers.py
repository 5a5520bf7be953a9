"""Answers in the order of their ticket, and whether a person came back on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.asking import ask, figure, missing, write

AT, HOUR = datetime(2024, 1, 8, 9, tzinfo=UTC), timedelta(hours=1)
LAST = {"survey_id": "last", "kind": "nps", "answered_at": AT + timedelta(days=30), "score": 10}


def rating(number: int, ticket: object, hours: float, is_happy: bool, **more: Any) -> dict[str, Any]:
    return {
        "survey_id": f"{number:02}", "ticket_id": ticket, "kind": "csat", "answered_at": AT + hours * HOUR,
        "is_satisfied": is_happy, "score": None,
    } | more  # fmt: skip


def message(number: int, ticket: object, hours: float, role: str = "agent", public: bool = True) -> dict[str, Any]:
    at = AT + hours * HOUR
    return {"message_id": number, "ticket_id": ticket, "sent_at": at, "author_role": role, "is_public": public}


@pytest.mark.parametrize("flip", [1, -1])
def test_who_was_unhappy_first_and_happy_last_is_recovered_whatever_the_order_of_the_file(tmp_path, flip):
    rows = [
        rating(1, "a", 0, False), rating(2, "a", 1, True),
        rating(3, "b", 0, False), rating(4, "b", 1, True), rating(5, "b", 2, False),
        rating(6, "c", 0, True), rating(7, "c", 1, False),
        rating(8, "d", 0, False), rating(9, "d", 0, True),  # at one instant: the greater number is the later one
        LAST,
    ]  # fmt: skip
    assert figure(ask(write(tmp_path / "s.csv", rows[::flip]), "csat_recovery"), "csat_recovery") == (2 / 3, 3)


def test_two_helpdesks_tickets_of_one_number_are_rated_apart(tmp_path):
    files = [
        f"{name}={write(tmp_path / f'{name}.csv', [row, LAST])}"
        for name, row in (("one", rating(1, 7, 0, False)), ("two", rating(1, 7, 1, True)))
    ]
    assert figure(ask(files, "csat_recovery"), "csat_recovery") == (0.0, 1)


def test_an_answer_that_leaves_with_its_ticket_is_not_its_first(tmp_path):
    tickets = [{"ticket_id": n, "created_at": AT - HOUR, "is_spam": n == 2} for n in (1, 2)]
    rows = [rating(1, 1, 0, False), rating(2, 1, 1, True), rating(3, 2, 0, False), LAST]
    files = [write(tmp_path / "t.csv", tickets), write(tmp_path / "s.csv", rows)]
    assert figure(ask(files, "csat_recovery"), "csat_recovery") == (1.0, 1)


def test_only_a_public_word_of_a_person_after_the_answer_is_a_follow_up(tmp_path):
    messages = [
        message(1, "a", 47), message(2, "b", 49), message(3, "c", -1), message(4, "c", 1, "bot"),
        message(5, "c", 2, public=False), message(6, "c", 3, "customer"), message(7, "d", 0), message(8, "d", 48),
    ]  # fmt: skip
    answers = [rating(n, ticket, 0, False) for n, ticket in enumerate("abcd")]
    answers += [rating(10, "e", 0, False), rating(11, None, 0, False), rating(12, "a", 0, True)]
    answers += [{**LAST, "survey_id": "n", "score": 6, "ticket_id": "a", "answered_at": AT}, LAST]
    files = [write(tmp_path / "m.csv", messages), write(tmp_path / "s.csv", answers)]
    report = ask(files, ["closed_loop_rate", "time_to_follow_up"])
    assert figure(report, "closed_loop_rate") == (
        3 / 5,
        5,
    )  # a, d and the NPS on a; e and the one without cannot be told
    assert figure(report, "time_to_follow_up") == (47.5 * 3600, 4)  # 47, 47, 48 and 49 hours


def test_without_messages_nobody_can_say_whether_the_loop_was_closed(tmp_path):
    report = ask(write(tmp_path / "s.csv", [rating(1, "a", 0, False)]), "closed_loop_rate")
    assert missing(report)["closed_loop_rate"] == "needs messages"
