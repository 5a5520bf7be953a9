"""Like with like: what a figure is compared with, and when a change is called a signal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from random import Random
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from cs_metrics.cli import app
from tests.asking import ask, own, write

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def opened(*instants: datetime, **more: Any) -> list[dict[str, Any]]:
    return [{"ticket_id": f"{n} {instant:%F %T}", "created_at": instant, **more} for n, instant in enumerate(instants)]


def hourly(first: datetime, last: datetime, step: timedelta = 6 * HOUR) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += step


def previous(report: Any, metric: str, key: str = "period") -> dict[Any, tuple[float | None, float | None]]:
    """(value, previous) by period, or by another column."""
    rows = report.result.frame.filter((pl.col("metric") == metric) & ~pl.col("total"))
    return {str(row[key]): (row["value"], row["previous"]) for row in rows.iter_rows(named=True)}


def signals(report: Any, metric: str) -> list[bool | None]:
    return report.result.frame.filter(pl.col("metric") == metric).sort("period")["signal"].to_list()


# What is compared


def test_a_running_week_is_compared_with_the_same_weekdays_of_the_one_before(tmp_path):
    path = write(tmp_path / "t.csv", opened(*hourly(at(2024, 1, 1), at(2024, 1, 24, 12))))
    told = previous(ask(path, "tickets_created", grain="week"), "tickets_created")
    assert told["2024-01-15"] == (28, 28)
    assert told["2024-01-22"] == (11, 11)  # Monday, Tuesday and Wednesday up to 12:00 and no further


def test_a_running_month_ends_with_a_shorter_one_before_it(tmp_path):
    path = write(tmp_path / "t.csv", opened(*hourly(at(2023, 1, 1), at(2023, 3, 30, 12))))
    told = previous(ask(path, "tickets_created", grain="month"), "tickets_created")
    assert told["2023-03-01"] == (119, 112)  # 29 days and three of four tickets, against the 28 days of February


def test_days_are_compared_with_the_same_weekday_a_week_before(tmp_path):
    rows = opened(*(day + n * HOUR for day in hourly(at(2024, 1, 1), at(2024, 1, 21), DAY)
                    for n in range(9 if day.weekday() < 5 else 3)), at(2024, 1, 22, 8))  # fmt: skip
    told = previous(ask(write(tmp_path / "t.csv", rows), "tickets_created", grain="day"), "tickets_created")
    assert told["2024-01-20"] == (3, 3)
    assert told["2024-01-15"] == (9, 9)
    assert told["2024-01-05"] == (9, None)


def test_a_year_before_is_the_same_month_or_the_same_iso_week(tmp_path):
    path = write(tmp_path / "t.csv", opened(*hourly(at(2023, 1, 1), at(2024, 4, 20), DAY)))
    months = previous(ask(path, "tickets_created", grain="month", compare="year"), "tickets_created")
    assert (months["2024-02-01"], months["2024-01-01"], months["2023-12-01"]) == ((29, 28), (31, 31), (31, None))
    assert months["2024-04-01"] == (20, 20)
    report = ask(path, "tickets_created", grain="week", compare="year")
    weeks = previous(report, "tickets_created")
    assert weeks["2024-01-08"] == (7, 7) and weeks["2023-12-25"] == (7, None)


def test_a_53rd_week_has_none_a_year_before(tmp_path):
    path = write(tmp_path / "t.csv", opened(*hourly(at(2019, 12, 2), at(2021, 1, 10), DAY)))
    weeks = previous(ask(path, "tickets_created", grain="week", compare="year"), "tickets_created")
    assert weeks["2020-12-28"] == (7, None)
    assert weeks["2020-12-21"] == (7, 7)


def test_no_comparison_is_no_comparison(tmp_path):
    path = write(tmp_path / "t.csv", opened(*hourly(at(2024, 1, 1), at(2024, 3, 5))))
    frame = ask(path, "tickets_created", grain="month", compare="none").result.frame
    assert frame["previous"].null_count() == frame["signal"].null_count() == frame.height


@pytest.mark.parametrize(
    "window, expected",
    [
        ({"since": "2024-03", "until": "2024-03"}, 29),  # February
        ({"since": "2024-03", "until": "2024-04"}, 60),  # January and February
        ({"since": "2024-03-04", "until": "2024-03-10"}, 7),
        ({"since": "2024-03-04", "until": "2024-03-13"}, 10),  # ten days, two weeks earlier
        ({"last": "2m"}, 60),
        ({"since": "2024-03", "until": "2024-03", "compare": "year"}, 31),
    ],
)
def test_a_stretch_that_is_asked_for_is_compared_with_an_equal_one_before(tmp_path, window, expected):
    path = write(tmp_path / "t.csv", opened(*hourly(at(2023, 1, 1), at(2024, 5, 1), DAY)))
    row = ask(path, "tickets_created", **window).result.frame.row(0, named=True)
    assert row["previous"] == expected


def test_a_stretch_that_still_runs_is_compared_with_as_much_of_the_one_before(tmp_path):
    path = write(tmp_path / "t.csv", opened(*hourly(at(2024, 1, 1), at(2024, 3, 10), 12 * HOUR)))
    row = ask(path, "tickets_created", since="2024-03", until="2024-03").result.frame.row(0, named=True)
    assert (row["value"], row["previous"], row["complete"]) == (19, 19, False)


def test_a_stretch_before_the_file_begins_is_nothing_to_compare_with(tmp_path):
    path = write(tmp_path / "t.csv", opened(*hourly(at(2024, 1, 1), at(2024, 3, 10))))
    assert ask(path, "tickets_created", since="2024-01", until="2024-02").result.frame["previous"].to_list() == [None]


def test_a_stock_is_compared_with_the_stock_at_the_same_moment(tmp_path):
    """One ticket comes a day, at noon, and the even ones are solved 25 hours later: the last of them at 13:00."""
    rows = [
        {"ticket_id": n, "created_at": created, "status": "solved" if n % 2 == 0 else "open",
         "solved_at": created + 25 * HOUR if n % 2 == 0 else None}
        for n, created in enumerate(hourly(at(2024, 1, 1, 12), at(2024, 3, 10, 12), DAY))
    ]  # fmt: skip
    report = ask(write(tmp_path / "t.csv", rows), "backlog", grain="month")
    by_loop = {moment: sum(row["created_at"] <= moment and not (row["solved_at"] and row["solved_at"] <= moment)
                           for row in rows) for moment in (at(2024, 3, 10, 13), at(2024, 2, 10, 13))}  # fmt: skip
    assert previous(report, "backlog")["2024-03-01"] == tuple(by_loop.values())


def test_a_metric_of_metrics_is_compared_by_its_parts(tmp_path):
    rows = [
        {"ticket_id": n, "created_at": created, "status": "solved" if n % 3 else "open",
         "solved_at": created + HOUR if n % 3 else None}
        for n, created in enumerate(hourly(at(2024, 1, 1), at(2024, 3, 10, 12)))
    ]  # fmt: skip
    report = ask(write(tmp_path / "t.csv", rows), ["tickets_created", "tickets_solved", "net_flow"], grain="month")
    created, solved, net = (previous(report, name) for name in ("tickets_created", "tickets_solved", "net_flow"))
    march = "2024-03-01"
    assert net[march] == tuple(c - s for c, s in zip(created[march], solved[march], strict=True))


@pytest.mark.parametrize("grain, first", [("week", "2024-03-04"), ("month", "2024-02-01")])
def test_a_metric_of_metrics_asked_for_alone_is_compared_before_the_stretch_too(tmp_path, grain, first):
    rows = [
        {"ticket_id": n, "created_at": created, "status": "solved" if n % 3 else "open",
         "solved_at": created + HOUR if n % 3 else None}
        for n, created in enumerate(hourly(at(2023, 11, 1), at(2024, 3, 20, 12), 5 * HOUR))
    ]  # fmt: skip
    path, window = write(tmp_path / "t.csv", rows), {"grain": grain, "since": first, "until": "2024-03-10"}
    alone = previous(ask(path, "net_flow", **window), "net_flow")
    assert alone[first][1] is not None
    assert alone == previous(ask(path, ["tickets_created", "tickets_solved", "net_flow"], **window), "net_flow")


def test_what_still_ripens_is_not_compared(tmp_path):
    rows = opened(*hourly(at(2024, 1, 1), at(2024, 3, 10)), status="solved", solved_at=at(2024, 3, 10, 1))
    told = previous(ask(write(tmp_path / "t.csv", rows), "resolution_rate", grain="month"), "resolution_rate")
    assert told["2024-03-01"][1] is None


@pytest.mark.parametrize("grain, period", [("week", "2024-01-22"), ("week", "2024-01-15"), ("all", "None")])
def test_waits_are_compared_with_those_that_were_over_as_long_after(tmp_path, grain, period):
    """Every third reply takes three days: of the newest tickets those are still to come, and would be no loss."""
    rows = [{"ticket_id": n, "created_at": created, "first_reply_at": created + (72 if n % 3 == 0 else 1) * HOUR}
            for n, created in enumerate(hourly(at(2023, 12, 25), at(2024, 1, 24, 12)))]  # fmt: skip
    as_of = at(2024, 1, 24, 12)
    rows = [row | {"first_reply_at": row["first_reply_at"] if row["first_reply_at"] <= as_of else None} for row in rows]
    window = {"since": "2024-01-22"} if grain == "all" else {}
    report = ask(write(tmp_path / "t.csv", rows), "average_first_reply_time", grain=grain, **window)
    start = at(2024, 1, 15) if period == "2024-01-15" else at(2024, 1, 22)
    end = min(as_of + timedelta(microseconds=1), start + 7 * DAY)

    def by_loop(ago: timedelta) -> float:
        waits = [row["first_reply_at"] - row["created_at"] for row in rows
                 if start - ago <= row["created_at"] < end - ago and row["first_reply_at"]
                 and row["first_reply_at"] <= as_of - ago]  # fmt: skip
        return sum(waits, timedelta(0)).total_seconds() / len(waits)

    assert previous(report, "average_first_reply_time")[period] == (by_loop(0 * DAY), by_loop(7 * DAY))


def test_a_by_value_that_was_not_there_counted_nothing_before(tmp_path):
    rows = opened(*hourly(at(2024, 1, 1), at(2024, 2, 26)), group="old")
    rows += opened(*hourly(at(2024, 3, 2), at(2024, 3, 10)), group="new")
    rows += opened(*hourly(at(2024, 3, 1), at(2024, 3, 10)), group="old")
    report = ask(write(tmp_path / "t.csv", rows), "tickets_created", by="group", since="2024-03-01", until="2024-03-07")
    assert previous(report, "tickets_created", "group") == {"new": (24, 0), "old": (28, 13)}


def test_other_holds_the_same_by_values_before(tmp_path):
    rows = opened(*hourly(at(2024, 1, 1), at(2024, 1, 31, 18)), group="Small")
    rows += opened(*hourly(at(2024, 1, 1, 1), at(2024, 1, 31, 19), DAY), group="Big")
    rows += opened(*hourly(at(2024, 2, 1, 2), at(2024, 3, 1, 2), 2 * HOUR), group="Big")
    rows += opened(*hourly(at(2024, 2, 1, 3), at(2024, 2, 29, 20), DAY), group="Small")
    report = ask(
        write(tmp_path / "t.csv", rows), "tickets_created", by="group", top=1, since="2024-02", until="2024-02"
    )
    assert previous(report, "tickets_created", "group") == {"Big": (347, 31), "other": (29, 124)}


@pytest.mark.parametrize("grain", ["week", "month"])
@pytest.mark.parametrize("compare", ["previous", "year"])
def test_every_comparison_is_what_a_plain_loop_finds(tmp_path, grain, compare):
    random = Random(7)
    begin = at(2023, 1, 1)
    rows = [
        {"ticket_id": n, "created_at": begin + random.random() * timedelta(days=500), "group": random.choice("ab")}
        for n in range(3000)
    ]  # fmt: skip
    as_of = max(row["created_at"] for row in rows)
    report = ask(write(tmp_path / "t.csv", rows), "tickets_created", by="group", grain=grain, compare=compare)
    compared = 0
    for row in report.result.frame.filter(~pl.col("total")).iter_rows(named=True):
        start, end = (at(*day.timetuple()[:3]) for day in (row["period"], row["period_end"]))
        past = _before(row["period"], grain, compare)
        if row["period"] == date(2022, 12, 26) or past is None or at(*past.timetuple()[:3]) < at(2023, 1, 1):
            assert row["previous"] is None
            continue
        began = at(*past.timetuple()[:3])
        lasts = min(as_of - start, end - start) if as_of < end else _after(past, grain) - began
        mine = [r for r in rows if r["group"] == row["group"]]
        running = as_of < end
        until = min(began + lasts, _after(past, grain)) if running else began + lasts
        expected = sum(began <= r["created_at"] < until or (running and r["created_at"] == until) for r in mine)
        assert row["previous"] == expected, row
        compared += 1
    assert compared >= 10


def _before(day: date, grain: str, compare: str) -> date | None:
    if grain == "month":
        months = 12 if compare == "year" else 1
        return date(day.year - (day.month <= months), (day.month - months - 1) % 12 + 1, 1)
    if compare == "previous":
        return day - timedelta(days=7)
    year, week, _ = day.isocalendar()
    return date.fromisocalendar(year - 1, week, 1)


def _after(day: date, grain: str) -> datetime:
    following = day + timedelta(days=7) if grain == "week" else (day + timedelta(days=32)).replace(day=1)
    return at(*following.timetuple()[:3])


# What is a signal


def ratings(month: int, hits: int, n: int) -> Iterable[dict[str, Any]]:
    for place in range(n):
        answered = at(2024, month, 1, 1) + place * (27 * DAY / n)
        score = 5 if place < hits else 1
        yield {"survey_id": f"{month}-{place}", "kind": "csat", "answered_at": answered, "score": score,
               "scale_min": 1, "scale_max": 5}  # fmt: skip


def two_months(tmp_path: Any, first: tuple[int, int], second: tuple[int, int]) -> list[bool | None]:
    rows = [*ratings(1, *first), *ratings(2, *second), *ratings(3, 1, 1)]
    return signals(ask(write(tmp_path / "s.csv", rows), "csat", grain="month"), "csat")[:2]


def test_newcombes_example_is_a_signal_and_a_smaller_difference_is_none(tmp_path):
    assert two_months(tmp_path, (48, 80), (56, 70)) == [None, True]
    assert two_months(tmp_path, (48, 80), (50, 70)) == [None, False]


def test_newcombes_example_comes_with_its_published_interval_of_the_difference(tmp_path):
    rows = [*ratings(1, 48, 80), *ratings(2, 56, 70), *ratings(3, 1, 1)]
    path = write(tmp_path / "s.csv", rows)
    said = CliRunner().invoke(app, ["report", path, "-m", "csat", "--grain", "month", "-f", "json", "-q"])
    february = json.loads(said.stdout)["results"][1]
    told = [round(february[name], 4) for name in ("change", "change_low", "change_high")]
    assert told == [0.2, 0.0524, 0.3339]


def test_a_signal_is_a_change_whose_interval_leaves_out_nothing(tmp_path):
    random = Random(3)
    rows = []
    for n, created in enumerate(hourly(at(2023, 1, 1), at(2024, 1, 10))):
        solved, replied = random.expovariate(1) * DAY, random.expovariate(0.2 + created.month) * HOUR
        rows.append({"ticket_id": n, "created_at": created, "solved_at": created + solved, "status": "solved",
                     "first_reply_at": created + replied, "group": random.choice("abc")})  # fmt: skip
    metrics = ["average_first_reply_time", "first_reply_time", "first_reply_time_p90", "tickets_solved"]
    told = ask(write(tmp_path / "t.csv", rows), metrics, grain="month", by="group").result.frame
    shown = told.drop_nulls("change_low")
    assert set(shown["signal"]) == {True, False} and shown["metric"].n_unique() == len(metrics)
    assert shown["signal"].to_list() == ((shown["change_low"] > 0) | (shown["change_high"] < 0)).to_list()
    assert shown["change"].is_between(shown["change_low"], shown["change_high"]).all()


def replies(month: int, *counts: tuple[int, int]) -> list[dict[str, Any]]:
    """Solved tickets of a month: (how many, with how many replies each)."""
    each = [number for rows, number in counts for _ in range(rows)]
    first = datetime(2024, month, 1, tzinfo=UTC)
    return [{"ticket_id": f"{month} {n}", "created_at": first + n * HOUR, "solved_at": first + n * HOUR + HOUR,
             "status": "solved", "agent_replies": number} for n, number in enumerate(each)]  # fmt: skip


def change_of_replies(tmp_path: Any, agg: str, *rows: list[dict[str, Any]]) -> tuple[float | None, bool | None]:
    """(change, signal) of February against January."""
    catalogue = own(tmp_path, replies=f"frame: tickets\ndate: created_at\nagg: {agg}\nvalue: agent_replies\n")
    path = write(tmp_path / "t.csv", [*chain(*rows), *replies(3, (1, 1))])
    told = ask(path, "replies", catalogue, grain="month").result.frame.row(1, named=True)
    return told["change"], told["signal"]


def test_medians_of_whole_numbers_are_no_signal_where_either_could_have_been_the_other(tmp_path):
    """Of 1s and 2s in equal parts the median is one or the other by a hair; both have the limits 1 and 2."""
    more, fewer = replies(1, (48, 1), (52, 2)), replies(2, (52, 1), (48, 2))
    assert change_of_replies(tmp_path, "median", more, fewer) == (-1, False)


def test_medians_of_whole_numbers_that_could_not_be_one_another_are_a_signal(tmp_path):
    more, fewer = replies(1, (10, 1), (90, 2)), replies(2, (90, 1), (10, 2))
    assert change_of_replies(tmp_path, "median", more, fewer) == (-1, True)


@pytest.mark.parametrize("few, is_signal", [(20, False), (400, True)])
def test_the_mean_of_few_equal_rows_is_no_signal_where_others_hardly_ever_differ(tmp_path, few, is_signal):
    """One in fifty has five replies and not one: among twenty it is nothing rare that none has, among 400 it is."""
    many, equal = replies(1, (294, 1), (6, 5)), replies(2, (few, 1))
    assert change_of_replies(tmp_path, "mean", many, equal) == (pytest.approx(-0.08), is_signal)


def test_fewer_rows_than_min_n_give_no_signal(tmp_path):
    assert two_months(tmp_path, (14, 14), (0, 80)) == [None, None]
    assert two_months(tmp_path, (15, 15), (0, 80)) == [None, True]


def test_a_longer_month_with_as_many_a_day_is_no_signal(tmp_path):
    instants = [*hourly(at(2023, 1, 1), at(2023, 4, 2), timedelta(minutes=40))]
    report = ask(write(tmp_path / "t.csv", opened(*instants)), "tickets_created", grain="month")
    assert signals(report, "tickets_created")[1:3] == [False, False]
    fewer = [instant for n, instant in enumerate(instants) if instant.month != 2 or n % 8]
    report = ask(write(tmp_path / "t.csv", opened(*fewer)), "tickets_created", grain="month")
    assert signals(report, "tickets_created")[1:3] == [True, True]


def test_a_sum_over_a_longer_month_is_no_signal_either(tmp_path):
    instants = [*hourly(at(2023, 1, 1), at(2023, 4, 2), timedelta(minutes=40))]
    catalogue = own(tmp_path, handled="frame: tickets\ndate: created_at\nagg: sum\nvalue: handle_seconds\n")

    def told(rows: list[dict[str, Any]]) -> list[bool | None]:
        report = ask(write(tmp_path / "t.csv", rows), "handled", catalogue, grain="month")
        assert report.result.frame["change_low"][:3].null_count() == 3
        return signals(report, "handled")[1:3]

    assert told(opened(*instants, handle_seconds=60)) == [False, False]
    fewer = [instant for n, instant in enumerate(instants) if instant.month != 2 or n % 8]
    assert told(opened(*fewer, handle_seconds=60)) == [True, True]


def test_a_stock_signals_by_what_came_and_went(tmp_path):
    """100 come a month. Where all go but 2 the stock moved less than 198 moves do by chance; where 60 stay, more."""

    def month(stay: int) -> bool | None:
        rows = [{"ticket_id": f"{m}-{n}", "created_at": at(2024, m, 2) + n * 5 * HOUR,
                 "status": "open" if m == 3 and n < stay else "solved",
                 "solved_at": None if m == 3 and n < stay else at(2024, m, 2) + n * 5 * HOUR + HOUR}
                for m in (1, 2, 3) for n in range(100)] + opened(at(2024, 4, 3), status="new")  # fmt: skip
        return signals(ask(write(tmp_path / "t.csv", rows), "backlog", grain="month"), "backlog")[2]

    assert (month(20), month(60)) == (False, True)


def test_a_metric_of_metrics_and_the_age_of_a_stock_have_no_test(tmp_path):
    rows = [{"ticket_id": n, "created_at": created, "status": "solved" if n % 2 else "open",
             "solved_at": created + HOUR if n % 2 else None}
            for n, created in enumerate(hourly(at(2024, 1, 1), at(2024, 4, 2)))]  # fmt: skip
    report = ask(write(tmp_path / "t.csv", rows), ["backlog_age", "net_flow"], grain="month")
    assert report.result.frame["change"].drop_nulls().len() > 0
    assert report.result.frame["signal"].null_count() == report.result.frame.height
