"""Kaplan–Meier: open rows are not ignored. Against the published case, a plain loop with fractions, and the median."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from cs_metrics import survival
from cs_metrics.catalogue import Catalogue, load_catalogue
from cs_metrics.definitions import load_metric
from cs_metrics.errors import DefinitionError
from cs_metrics.figures import overall
from tests.asking import ROOT, ask, figure, figures, shipped, write

MONDAY = datetime(2024, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
Time = tuple[int, bool]  # hours, and whether something happened then
GOLDEN: list[Time] = [(1, True), (2, True), (3, False), (4, True), (5, False), (6, False), (8, True), (10, False)]


def time_at(times: Sequence[Time], surviving: float) -> float | None:
    """What the engine says, in hours."""
    frame = clocks({0: times}).select(survival.time_at(pl.col("clock"), surviving))
    found = frame.item()
    return None if found is None else found / 3600


def clocks(cases: dict[int, Sequence[Time]]) -> pl.DataFrame:
    """(case, clock): rows that began so that the event, or as-of, came after the hours wanted."""
    as_of = MONDAY + 1000 * HOUR
    rows = [
        (case, MONDAY, MONDAY + hours * HOUR) if is_event else (case, as_of - hours * HOUR, None)
        for case, times in cases.items()
        for hours, is_event in times
    ]
    instant = pl.Datetime("us", "UTC")
    frame = pl.DataFrame(rows, {"case": pl.Int64, "start": instant, "until": instant}, orient="row")
    clock = survival.clock(pl.col("start"), pl.col("until"), pl.lit(as_of))
    return frame.select("case", clock.alias("clock"))


def slowly(times: Sequence[Time], surviving: Fraction) -> int | None:
    """The definition, one event time after the other, in exact fractions."""
    share = Fraction(1)
    for now in sorted({hours for hours, is_event in times if is_event}):
        at_risk = sum(hours >= now for hours, _ in times)
        share *= 1 - Fraction(sum(hours == now and is_event for hours, is_event in times), at_risk)
        if share <= surviving:
            return now
    return None


def random_times(random: Random) -> list[Time]:
    """Up to sixty rows over few or many hours, so that there are ties, with few or many still waiting."""
    longest, happened = random.choice([3, 12, 500]), random.choice([0.1, 0.5, 0.8, 1.0])
    return [(random.randint(0, longest), random.random() < happened) for _ in range(random.randint(1, 60))]


@pytest.mark.parametrize(
    "surviving, hours",
    [(0.9, 1), (0.875, 1), (0.87, 2), (0.75, 2), (0.7, 4), (0.6, 4), (0.59, 8), (0.5, 8), (0.3, 8), (0.29, None)],
)
def test_the_published_case_steps_down_at_1_2_4_and_8(surviving, hours):
    assert time_at(GOLDEN, surviving) == hours


def test_a_step_that_ends_exactly_at_a_half_is_at_the_half_whatever_the_rounding():
    for size in range(2, 200, 2):
        assert time_at([(hours, True) for hours in range(1, size + 1)], 0.5) == size / 2
    for size in range(10, 400, 10):
        assert time_at([(hours, True) for hours in range(1, size + 1)], 0.1) == size * 9 / 10


def test_at_one_instant_events_come_before_those_still_waiting():
    assert time_at([(1, True), (1, False)], 0.5) == 1
    assert time_at([(1, True), (1, False), (1, False)], 0.5) is None


def test_what_happens_at_once_takes_no_time_and_what_happened_before_the_start_has_none():
    assert time_at([(0, True), (3, True)], 0.5) == 0
    assert clocks({0: [(-1, True), (0, False)]})["clock"].to_list() == [None, 1]
    assert time_at([(-1, True), (2, True), (3, False)], 0.5) == 2


def test_of_no_rows_and_of_rows_that_all_wait_there_is_no_median():
    assert time_at([], 0.5) is None
    assert time_at([(5, False), (7, False)], 0.5) is None


def test_four_hundred_random_groups_are_what_the_definition_gives():
    random = Random(20240108)
    cases = {case: random_times(random) for case in range(400)}
    told = clocks(cases).group_by("case").agg(
        half=survival.time_at(pl.col("clock"), 0.5), tenth=survival.time_at(pl.col("clock"), 0.1)
    )  # fmt: skip
    for case, half, tenth in told.rows():
        for found, surviving in ((half, Fraction(1, 2)), (tenth, Fraction(1, 10))):
            expected = slowly(cases[case], surviving)
            assert found == (None if expected is None else expected * 3600), (case, cases[case])
    assert told["half"].null_count() > 20 and told["tenth"].drop_nulls().len() > 20


def test_where_nobody_waits_it_is_the_lower_median():
    random = Random(7)
    for _ in range(100):
        hours = sorted(random.randint(0, 50) for _ in range(random.randint(1, 40)))
        assert time_at([(each, True) for each in hours], 0.5) == hours[(len(hours) - 1) // 2]


def test_each_row_waits_until_its_own_source_was_exported():
    rows = pl.DataFrame({"start": [MONDAY] * 2, "until": [MONDAY + 3 * HOUR] * 2, "source": ["early", "late"]})
    known = pl.col("source").replace_strict({"early": MONDAY + 2 * HOUR, "late": MONDAY + 9 * HOUR})
    clock = rows.select(survival.clock(pl.col("start"), pl.col("until"), known).alias("clock"))["clock"]
    told = clock.to_frame().select(survival.seconds(pl.col("clock")), survival.is_event(pl.col("clock")).alias("event"))
    assert told.rows() == [(7200, False), (10800, True)]


# through the whole engine


def ticket(number: int, created: datetime, hours: float | None, **cells: Any) -> dict[str, Any]:
    solved = None if hours is None else created + hours * HOUR
    return {
        "ticket_id": number,
        "created_at": created,
        "status": "open" if hours is None else "solved",
        "solved_at": solved,
        **cells,
    }


@pytest.fixture
def desk(tmp_path: Path) -> str:
    """Billing solves after 1, 2 and 9 hours, Sales after 4 and has two open; as-of is 31 January, and two are odd."""
    rows = [
        ticket(1, MONDAY, 1, group="Billing"),
        ticket(2, MONDAY, 2, group="Billing"),
        ticket(3, MONDAY, 9, group="Billing"),
        ticket(4, MONDAY, 4, group="Sales"),
        ticket(5, MONDAY, None, group="Sales"),
        ticket(6, MONDAY + 24 * HOUR, None, group="Sales"),
        ticket(7, MONDAY, -1, group="Billing"),
        {**ticket(8, MONDAY, None, group="Billing"), "status": "solved"},
        ticket(9, MONDAY + 23 * 24 * HOUR, 0, group="Late"),
    ]
    return write(tmp_path / "desk.csv", rows)


def test_groups_and_the_total_are_told_from_rows(desk):
    report = ask(desk, "time_to_resolution_km", by="group")
    assert figures(report, "time_to_resolution_km") == {
        "Billing": (7200, 3),  # ticket 7 is solved before it was opened: in `of` alone
        "Sales": (None, 3),
        "Late": (0, 1),
    }
    assert figure(report, "time_to_resolution_km") == (14400, 7)  # 0 1 2 4 of 7: 3/7 still wait after 4 hours
    billing = report.result.frame.row(by_predicate=pl.col("group") == "Billing", named=True)
    assert (billing["n"], billing["of"]) == (3, 4)


def test_a_ticket_counts_in_the_month_of_its_opening_wherever_its_solve_lies(desk):
    report = ask(desk, "time_to_resolution_km", grain="day", since="2024-01-08", until="2024-01-09")
    assert figures(report, "time_to_resolution_km") == {"2024-01-08": (14400, 5), "2024-01-09": (None, 1)}


def test_the_rows_behind_it_are_n_and_say_which_of_them_still_wait(desk):
    report = ask(desk, "time_to_resolution_km", by="group")
    (metric,) = report.plan.metrics
    rows = report.plan.rows(metric)
    assert rows.columns == ["source", "ticket_id", "group", "date", "value", "is_event"]
    assert rows.height == figure(report, metric.name)[1] == 7
    assert dict(rows.select("ticket_id", "value").rows())["5"] == (23 * 24) * 3600
    assert rows.filter(~pl.col("is_event"))["ticket_id"].to_list() == ["5", "6"]


def test_the_median_over_all_is_told_whatever_the_question_splits_by(desk):
    report = ask(desk, ["full_resolution_time", "time_to_resolution_km"], by="group", grain="month")
    assert overall(report.plan, shipped().metrics["time_to_resolution_km"]) == (14400, 7)
    alone = ask(desk, "full_resolution_time", by="group")
    assert overall(alone.plan, shipped().metrics["time_to_resolution_km"]) == (14400, 7)
    assert overall(alone.plan, shipped().metrics["time_to_first_reply_km"]) is None


def test_a_reply_after_as_of_has_not_come(tmp_path):
    rows = [
        {"ticket_id": 1, "created_at": MONDAY, "first_reply_at": MONDAY + HOUR},
        {"ticket_id": 2, "created_at": MONDAY, "first_reply_at": MONDAY + 5 * HOUR},
        {"ticket_id": 3, "created_at": MONDAY, "first_reply_at": MONDAY + 7 * HOUR},
    ]
    path = write(tmp_path / "t.csv", rows)
    assert figure(ask(path, "time_to_first_reply_km"), "time_to_first_reply_km") == (18000, 3)
    then = ask(path, "time_to_first_reply_km", as_of=MONDAY + 3 * HOUR)
    assert figure(then, "time_to_first_reply_km") == (None, 3)


KM = """\
label: Ours
meaning: Ours.
frame: tickets
date: created_at
until: solved_at
agg: survival_median
unit: duration
better: lower
counts_open_of: full_resolution_time
"""


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "metrics" / "own" / "ours.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def catalogue_with(tmp_path: Path, text: str) -> Catalogue:
    own(tmp_path, text)
    return load_catalogue([ROOT / "configs", tmp_path])


@pytest.mark.parametrize(
    "old, new, line, words",
    [
        ("until: solved_at\n", "", 5, "survival_median needs the key 'until'"),
        ("until: solved_at", "until: solvd_at", 5, "Did you mean 'solved_at'?"),
        ("until: solved_at", "until: group", 5, "'group' is not a point in time"),
        ("unit: duration", "unit: duration\nvalue: reopens", 8, "survival_median does not look at it"),
        ("survival_median", "survival_medain", 6, "Did you mean 'survival_median'?"),
        ("counts_open_of: full", "counts_open_of: ful", 9, "Did you mean 'full_resolution_time'?"),
    ],
)
def test_a_mistake_in_its_file_is_said_with_its_line(tmp_path, old, new, line, words):
    with pytest.raises(DefinitionError) as caught:
        catalogue_with(tmp_path, KM.replace(old, new))
    said = [f"{problem.line}: {problem.message}" for problem in caught.value.problems]
    assert any(each.startswith(f"{line}: ") and words in each for each in said), said


def test_the_metric_that_it_mends_is_named(tmp_path):
    assert load_metric(own(tmp_path, KM)).counts_open_of == "full_resolution_time"
    assert catalogue_with(tmp_path / "more", KM.replace("median", "p90")).metrics["ours"].gathering.surviving == 0.1


def test_a_reply_of_which_only_the_length_is_known_is_not_waited_for(tmp_path):
    replied = {"created_at": "2024-01-08T09:00Z", "first_reply_at": "2024-01-08T09:10Z"}
    stated = {"created_at": "2024-01-08T09:00Z", "reported_first_reply_seconds": 600}
    rows = [{"ticket_id": 1, **replied}, *({"ticket_id": number, **stated} for number in range(2, 6))]
    report = ask(write(tmp_path / "t.csv", rows), ["first_reply_time", "time_to_first_reply_km"])
    assert figure(report, "first_reply_time") == (600, 5)
    assert figure(report, "time_to_first_reply_km") == (600, 1)
    assert "survivors" not in {note.code for note in report.result.notes}
