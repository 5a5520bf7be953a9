"""What is computed of each call, survey, customer and mention alone, row by row as one would by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from cs_metrics import derive
from cs_metrics.entities import FRAMES
from tests.asking import ask, figure, missing, write

AT = datetime(2024, 1, 8, 9, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def told(frame: str, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """A derived column of rows that have just the cells named by any of them."""
    given = dict.fromkeys(column for row in rows for column in row)
    schema = {column: FRAMES[frame].dtype(column) for column in given}
    table = pl.DataFrame([[row.get(column) for column in given] for row in rows], schema, orient="row")
    assert derive.can_derive(frame, name, set(given))
    return table.with_columns(derive.absent_columns(frame, set(given), [name]))[name].to_list()


def test_a_call_without_a_direction_came_in():
    calls = [{"call_id": "a", "direction": word} for word in ("inbound", "outbound", None)]
    assert told("calls", "is_inbound", calls) == [True, False, True]
    assert told("calls", "is_inbound", [{"call_id": "a"}]) == [True]


def test_a_call_was_answered_as_its_outcome_says_or_else_its_instant():
    outcomes = ["answered", "abandoned", "missed", "voicemail", None, None]
    instants = [None, AT, None, None, AT, None]
    calls = [{"outcome": word, "answered_at": at} for word, at in zip(outcomes, instants, strict=True)]
    assert told("calls", "is_answered", calls) == [True, False, False, False, True, None]
    assert told("calls", "is_answered", [{"answered_at": AT}, {"answered_at": None}]) == [True, False]


def test_outcomes_that_are_never_told_leave_it_open_which_calls_were_to_be_answered():
    calls = [{"outcome": None, "answered_at": AT}, {"outcome": None, "answered_at": None}]
    assert told("calls", "is_answered", calls) == [None, None]


def test_a_call_without_an_instant_was_not_answered_only_where_talks_have_theirs():
    kept = [{"answered_at": AT, "talk_seconds": 60.0}, {"answered_at": None, "talk_seconds": None}]
    assert told("calls", "is_answered", kept) == [True, False]
    assert told("calls", "is_answered", [{"answered_at": None, "talk_seconds": 0.0}]) == [False]
    unkept = [*kept, {"answered_at": None, "talk_seconds": 60.0}]
    assert told("calls", "is_answered", unkept) == [None, None, None]
    few = [*kept[:1] * 19, kept[1], unkept[2]]  # of one talk in twenty
    assert told("calls", "is_answered", few) == [True] * 19 + [False, None]


def test_each_source_keeps_its_calls_instants_as_it_does():
    one, two = ({"source": source, "answered_at": None} for source in ("one", "two"))
    calls = [one | {"talk_seconds": 60.0}, one | {"talk_seconds": None}, two | {"talk_seconds": None}]
    assert told("calls", "is_answered", calls) == [None, None, False]


def test_a_wait_is_what_is_stated_or_the_time_until_the_answer_and_never_negative():
    calls = [
        {"wait_seconds": 7.0, "started_at": AT, "answered_at": later(9)},
        {"wait_seconds": None, "started_at": AT, "answered_at": later(9)},
        {"wait_seconds": -1.0, "started_at": AT, "answered_at": later(-1)},
        {"wait_seconds": None, "started_at": AT, "answered_at": None},
    ]
    assert told("calls", "waiting_seconds", calls) == [7.0, 9.0, None, None]


def test_only_who_gave_up_gave_up_after_a_time():
    calls = [
        {"outcome": "abandoned", "wait_seconds": 4.0, "started_at": AT, "ended_at": later(9)},
        {"outcome": "abandoned", "wait_seconds": None, "started_at": AT, "ended_at": later(9)},
        {"outcome": "answered", "wait_seconds": 2.0, "started_at": AT, "ended_at": later(9)},
        {"outcome": None, "wait_seconds": 2.0, "started_at": AT, "ended_at": later(9)},
    ]
    assert told("calls", "gave_up_seconds", calls) == [4.0, 9.0, None, None]
    assert told("calls", "gave_up_seconds", [{"outcome": "abandoned"}]) == [None]


def test_handling_is_talk_and_what_goes_with_it_and_nothing_without_talk():
    calls = [
        {"outcome": "answered", "talk_seconds": 100.0, "hold_seconds": 20.0, "wrap_seconds": 3.0},
        {"outcome": "answered", "talk_seconds": 100.0, "hold_seconds": None, "wrap_seconds": None},
        {"outcome": "answered", "talk_seconds": None, "hold_seconds": 20.0, "wrap_seconds": 3.0},
        {"outcome": "abandoned", "talk_seconds": 0.0, "hold_seconds": 0.0, "wrap_seconds": 0.0},
        {"outcome": None, "talk_seconds": 50.0, "hold_seconds": None, "wrap_seconds": 1.0},
    ]
    assert told("calls", "handling_seconds", calls) == [123.0, 100.0, None, None, 51.0]
    assert not derive.can_derive("calls", "handling_seconds", {"talk_seconds", "hold_seconds"})


@pytest.mark.parametrize(
    "least, most, low_is_good, easy",
    [(1, 7, False, {5, 6, 7}), (1, 5, False, {4, 5}), (1, 5, True, {1, 2}), (0, 10, False, {6, 7, 8, 9, 10}),
     (1, 4, False, {3, 4}), (1, 7, True, {1, 2, 3}), (1, 3, False, {3})],
)  # fmt: skip
def test_easy_is_the_good_side_of_the_middle(least, most, low_is_good, easy):
    scale = {"scale_min": float(least), "scale_max": float(most), "low_is_good": low_is_good}
    answers = [{"score": float(score), **scale} for score in range(least, most + 1)]
    found = told("surveys", "is_easy", answers)
    assert {score for score, is_easy in zip(range(least, most + 1), found, strict=True) if is_easy} == easy


@pytest.mark.parametrize("most, happy", [(2, {1}), (3, {1}), (5, {1, 2}), (7, {1, 2})])
def test_on_a_scale_whose_low_answers_are_good_those_are_happy(tmp_path, most, happy):
    """School marks: of 1 to 5 the 1 and the 2, where an answer of 5 would be the happiest on the usual scale."""
    scale = {"kind": "csat", "answered_at": AT, "scale_min": 1, "scale_max": most, "low_is_good": True}
    path = write(tmp_path / "s.csv", [{"survey_id": score, "score": score, **scale} for score in range(1, most + 1)])
    assert figure(ask(path, "csat"), "csat") == (pytest.approx(len(happy) / most), most)


def test_an_effort_scale_on_which_low_is_easy_has_its_own_mean(tmp_path):
    scale = {"kind": "ces", "answered_at": AT, "scale_min": 1, "scale_max": 5}
    rows = [{"survey_id": n, "score": n, "low_is_good": True, **scale} for n in (1, 2)]
    report = ask(write(tmp_path / "s.csv", rows), ["ces", "ces_low", "ces_share"])
    assert [figure(report, name) for name in ("ces", "ces_low", "ces_share")] == [(None, 0), (1.5, 2), (1.0, 2)]
    report = ask(write(tmp_path / "t.csv", [{**row, "low_is_good": None} for row in rows]), ["ces", "ces_low"])
    assert figure(report, "ces") == (1.5, 2)
    assert missing(report)["ces_low"] == "no row with kind = 'ces' AND low_is_good"


def test_who_has_left_nobody_knows_when_is_not_dated():
    customers = [
        {"started_at": AT, "ended_at": None, "is_churned": None},
        {"started_at": AT, "ended_at": None, "is_churned": True},
        {"started_at": AT, "ended_at": later(9), "is_churned": True},
        {"started_at": None, "ended_at": later(9), "is_churned": True},
    ]
    assert told("customers", "is_dated", customers) == [True, False, True, False]


def test_a_mention_wants_an_answer_as_it_says_or_if_it_is_not_the_firms_own():
    mentions = [
        {"mention_id": "a", "needs_reply": needs, "is_own_post": own}
        for needs, own in ((True, False), (False, False), (None, False), (None, True), (True, True))
    ]
    assert told("mentions", "awaits_reply", mentions) == [True, False, True, False, True]


def test_engagements_are_what_is_known_of_them():
    posts = [{"likes": 3, "comments": None, "shares": 1}, {"likes": 0, "comments": None, "shares": None}]
    assert told("mentions", "engagements", [*posts, {"likes": None}]) == [4, 0, None]
    stated = [{"clicks": 2, "reported_engagements": 9}, {"clicks": 2, "reported_engagements": None}]
    assert told("mentions", "engagements", stated) == [9, 2]
    assert told("mentions", "engagements", [{"reported_engagements": 5}]) == [5]
