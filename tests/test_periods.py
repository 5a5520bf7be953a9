"""How time is cut, and which periods may be read as whole: texts, weeks, clock changes, edges of the files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from cs_metrics.errors import UsageError
from cs_metrics.periods import Calendar, Grain, check_zone, parse_bound, parse_last
from cs_metrics.question import Question
from tests.asking import NOW, ask, figures, write

BERLIN = Calendar("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_the_wall_clock_of_summer_shows_the_same_as_that_of_winter_an_hour_earlier():
    calendar = Calendar("Europe/Berlin")
    noons = [datetime(2024, 3, day, 12) for day in (30, 31)]
    instants = [calendar.at_wall(noon) for noon in noons]
    assert instants == [datetime(2024, 3, 30, 11, tzinfo=UTC), datetime(2024, 3, 31, 10, tzinfo=UTC)]
    assert [calendar.wall(instant) for instant in instants] == noons
    assert calendar.at_wall(datetime(2024, 10, 27, 2, 30)) == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)  # shown twice


@pytest.mark.parametrize(
    "text, begins, is_over",
    [
        ("2024", utc(2024, 1, 1), utc(2025, 1, 1)),
        ("2024-Q1", utc(2024, 1, 1), utc(2024, 4, 1)),
        ("2024-Q4", utc(2024, 10, 1), utc(2025, 1, 1)),
        ("2024-02", utc(2024, 2, 1), utc(2024, 3, 1)),
        ("2024-12", utc(2024, 12, 1), utc(2025, 1, 1)),
        ("2024-W05", utc(2024, 1, 29), utc(2024, 2, 5)),
        ("2020-W53", utc(2020, 12, 28), utc(2021, 1, 4)),
        ("2024-02-29", utc(2024, 2, 29), utc(2024, 3, 1)),
        (" 2024-03-31 ", utc(2024, 3, 31), utc(2024, 4, 1)),
        ("2024-03-31T18:00", utc(2024, 3, 31, 18), utc(2024, 3, 31, 18, 0, 0, 1)),
        ("2024-03-31 18:00:30+02:00", utc(2024, 3, 31, 16, 0, 30), utc(2024, 3, 31, 16, 0, 30, 1)),
        ("2024-03-31T18:00Z", utc(2024, 3, 31, 18), utc(2024, 3, 31, 18, 0, 0, 1)),
    ],
)
def test_a_text_names_where_it_begins_and_where_it_is_over(text, begins, is_over):
    assert parse_bound(text, Calendar(), end=False) == begins
    assert parse_bound(text, Calendar(), end=True) == is_over


def test_days_begin_at_midnight_in_the_reports_zone():
    assert parse_bound("2024-03-31", BERLIN, end=False) == utc(2024, 3, 30, 23)
    assert parse_bound("2024-03-31", BERLIN, end=True) == utc(2024, 3, 31, 22)
    assert parse_bound("2024-10-27", BERLIN, end=True) - parse_bound("2024-10-27", BERLIN, end=False) == timedelta(
        hours=25
    )
    assert parse_bound("2024-07-01T12:00", BERLIN, end=False) == utc(2024, 7, 1, 10)


@pytest.mark.parametrize(
    "text",
    ["2024-13", "2024-02-30", "2024-W54", "2023-W53", "2024-Q5", "24", "last week", "20240131", "2024-W05-3",
     "0000", "9999",
     "2024-1", "2024-03-31T25:00", "2024-03-31T", ""],
)  # fmt: skip
def test_what_is_no_point_in_time_is_refused_with_the_text_in_the_message(text):
    with pytest.raises(UsageError, match=text or "''"):
        parse_bound(text, Calendar(), end=True)


@pytest.mark.parametrize(
    "text, parsed",
    [("4w", (4, "week")), ("1d", (1, "day")), ("12m", (12, "month")), ("2q", (2, "quarter")), ("3 y", (3, "year"))],
)
def test_last_is_a_number_and_a_letter(text, parsed):
    assert parse_last(text) == parsed


@pytest.mark.parametrize("text", ["0w", "w", "4", "4 weeks", "-1w", "1.5m", ""])
def test_a_last_that_is_no_number_of_periods_is_refused(text):
    with pytest.raises(UsageError, match="4w"):
        parse_last(text)


def test_last_excludes_from_and_to():
    with pytest.raises(UsageError, match="--last"):
        Question(now=NOW, last="4w", since="2024")


def test_from_after_to_is_refused(tmp_path):
    with pytest.raises(UsageError, match="lies after"):
        ask(write(tmp_path / "t.csv", list(_office(2))), "tickets_created", since="2024-03", until="2024-02")


def test_a_zone_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="Europe/Berlin"):
        check_zone("Europe/Berln")


@pytest.mark.parametrize("week_start", [0, 5, 6])
@pytest.mark.parametrize("year_start", [1, 2, 4, 10])
@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_columns_are_cut_like_single_days_and_every_day_lies_in_its_period(grain: Grain, week_start, year_start):
    calendar = Calendar("UTC", week_start, year_start)
    days = [date(2023, 11, 20) + timedelta(days=3 * n) for n in range(260)] + [date(1969, 12, 31), date(2000, 2, 29)]
    single = [calendar.start_of(day, grain) for day in days]
    assert pl.Series(days).to_frame("d").select(calendar.start_expr(pl.col("d"), grain)).to_series().to_list() == single
    for day, start in zip(days, single, strict=True):
        assert start <= day < calendar.next_start(start, grain)
        assert calendar.start_of(calendar.next_start(start, grain), grain) == calendar.next_start(start, grain)


def test_weeks_start_where_the_profile_says():
    assert Calendar().start_of(date(2024, 1, 7), "week") == date(2024, 1, 1)
    assert Calendar(week_start=6).start_of(date(2024, 1, 7), "week") == date(2024, 1, 7)
    assert Calendar(year_start=4).start_of(date(2024, 3, 31), "year") == date(2023, 4, 1)
    assert Calendar(year_start=2).start_of(date(2024, 1, 31), "quarter") == date(2023, 11, 1)


def test_a_ticket_of_a_summer_night_counts_on_its_local_day(tmp_path):
    moments = ["2024-03-30T22:59:59Z", "2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z", "2024-03-31T22:00:00Z"]
    rows = [{"ticket_id": place, "created_at": moment} for place, moment in enumerate(moments)]
    found = figures(
        ask(write(tmp_path / "t.csv", rows), "tickets_created", grain="day", zone="Europe/Berlin"), "tickets_created"
    )
    assert found == {"2024-03-30": (1, 1), "2024-03-31": (2, 2), "2024-04-01": (1, 1)}


def test_the_hour_and_the_weekday_are_those_of_the_reports_zone(tmp_path):
    path = write(tmp_path / "t.csv", [{"ticket_id": 1, "created_at": "2024-07-07T22:30:00Z"}])
    assert figures(ask(path, "tickets_created", by=("weekday", "hour"), zone="Europe/Berlin"), "tickets_created") == {
        ("Mon", 0): (1, 1)
    }
    assert figures(
        ask(path, "tickets_created", by=("weekday", "hour"), zone="America/New_York"), "tickets_created"
    ) == {("Sun", 18): (1, 1)}


def test_from_and_to_include_what_they_name(tmp_path):
    rows = [{"ticket_id": day, "created_at": f"2024-01-{day:02d}T23:59:59Z"} for day in range(1, 32)]
    rows += [{"ticket_id": day, "created_at": f"2024-01-{day}T00:00:00Z"} for day in (10, 21)]
    rows[-2]["ticket_id"], rows[-1]["ticket_id"] = "first moment", "a moment too late"
    found = ask(write(tmp_path / "t.csv", rows), "tickets_created", since="2024-01-10", until="2024-01-20")
    assert figures(found, "tickets_created") == {(): (12, 12)}


# An office: tickets on weekdays from 8 to 18 o'clock, five an hour.


def _office(
    weeks: int, until: datetime | None = None, start: datetime = datetime(2024, 1, 1, tzinfo=UTC)
) -> Iterator[dict[str, Any]]:
    rng = Random(7)
    for day in range(7 * weeks):
        moments = sorted(start + timedelta(days=day, hours=8, seconds=rng.randrange(36000)) for _ in range(50))
        if (start + timedelta(days=day)).weekday() < 5:
            for place, moment in enumerate(moments):
                if until is None or moment <= until:
                    yield {
                        "ticket_id": f"{day}-{place}",
                        "created_at": moment,
                        "status": "open",
                        "requester": f"{day}-{place}",
                    }


def _complete(path: str, grain: Grain, metric: str = "tickets_created", **question: Any) -> dict[str, bool]:
    frame = ask(path, metric, grain=grain, **question).result.frame.filter(pl.col("metric") == metric)
    return {str(period): complete for period, complete in frame.select("period", "complete").rows()}


def test_fridays_last_ticket_leaves_neither_its_day_nor_its_week_open(tmp_path):
    rows = list(_office(12))
    assert rows[-1]["created_at"].weekday() == 4
    path = write(tmp_path / "t.csv", rows)
    assert _complete(path, "week")["2024-03-18"] is True
    assert _complete(path, "day")["2024-03-22"] is True


@pytest.mark.parametrize("until", [utc(2024, 3, 20, 12), utc(2024, 3, 22, 12)])
def test_an_export_of_noon_leaves_its_day_and_its_week_open(tmp_path, until):
    path = write(tmp_path / "t.csv", list(_office(12, until)))
    weeks, days = _complete(path, "week"), _complete(path, "day")
    assert weeks == {week: week != "2024-03-18" for week in weeks}
    assert days == {day: day != str(until.date()) for day in days}


def test_an_evening_in_the_middle_of_the_week_closes_the_day_and_not_the_week(tmp_path):
    path = write(tmp_path / "t.csv", list(_office(12, utc(2024, 3, 20, 18))))
    assert _complete(path, "day")["2024-03-20"] is True
    assert _complete(path, "week")["2024-03-18"] is False


def test_a_friday_evening_on_the_last_of_a_month_does_not_hide_that_the_month_goes_on(tmp_path):
    path = write(tmp_path / "t.csv", list(_office(4, start=utc(2024, 1, 1))))  # ends on Friday, 26 January
    assert _complete(path, "month") == {"2024-01-01": False}


def test_the_last_weeks_end_with_the_newest_one_that_is_wholly_known(tmp_path):
    friday = write(tmp_path / "friday.csv", list(_office(12)))
    wednesday = write(tmp_path / "wednesday.csv", list(_office(12, utc(2024, 3, 20, 12))))
    assert list(figures(ask(friday, "tickets_created", last="2w", grain="week"), "tickets_created")) == [
        "2024-03-11",
        "2024-03-18",
    ]
    found = figures(ask(wednesday, "tickets_created", last="2w", grain="week"), "tickets_created")
    assert list(found) == ["2024-03-04", "2024-03-11"]
    assert all(value == 250 for value, _ in found.values())


def test_the_first_period_is_whole_only_if_the_file_begins_with_it(tmp_path):
    begun = write(tmp_path / "begun.csv", list(_office(12)))
    midway = write(tmp_path / "midway.csv", [row for row in _office(12) if row["created_at"] > utc(2024, 1, 3, 12)])
    assert _complete(begun, "week")["2024-01-01"] is True
    assert _complete(midway, "week")["2024-01-01"] is False
    assert _complete(midway, "day")["2024-01-03"] is False
    assert _complete(midway, "week")["2024-01-08"] is True


def test_a_period_that_from_or_to_cuts_is_not_whole_and_not_compared_but_whole_ones_see_beyond_the_edge(tmp_path):
    path = write(tmp_path / "t.csv", list(_office(12)))
    report = ask(path, "tickets_created", grain="week", since="2024-01-10", until="2024-02-20")
    frame = report.result.frame
    assert frame["complete"].to_list() == [False, True, True, True, True, True, False]
    assert frame["previous"].to_list() == [None, 250, 250, 250, 250, 250, None]


def test_a_period_is_ripe_only_when_the_window_of_its_last_ticket_is_over(tmp_path):
    rows = [{**row, "status": "solved", "solved_at": row["created_at"] + timedelta(minutes=5)} for row in _office(12)]
    path = write(tmp_path / "t.csv", rows)
    weeks = _complete(path, "week", "resolution_rate")
    assert weeks == {week: week <= "2024-03-04" for week in weeks}
    frame = ask(path, "resolution_rate", grain="week").result.frame
    last = frame.filter(pl.col("period") == date(2024, 3, 18)).row(0, named=True)
    assert (last["value"], last["n"], last["of"], last["previous"]) == (None, 0, 250, None)


def test_what_is_solved_soon_after_the_files_beginning_is_noted_as_left_truncated(tmp_path):
    rows = [{**row, "status": "solved", "solved_at": row["created_at"] + timedelta(days=10)} for row in _office(12)]
    frame = ask(
        write(tmp_path / "t.csv", rows), ["tickets_solved", "backlog", "tickets_created"], grain="week"
    ).result.frame
    noted = {
        metric: frame.filter((pl.col("metric") == metric) & (pl.col("note") == "left-truncated"))["period"].to_list()
        for metric in ("tickets_solved", "backlog", "tickets_created")
    }
    first_weeks = [date(2024, 1, 1), date(2024, 1, 8)]
    assert noted == {"tickets_solved": first_weeks, "backlog": first_weeks, "tickets_created": []}
    assert not frame.filter(pl.col("note") == "left-truncated")["complete"].any()


def test_a_stated_as_of_is_believed_whatever_silence_follows(tmp_path):
    path = write(tmp_path / "t.csv", list(_office(12)))
    assert _complete(path, "week", as_of=utc(2024, 3, 8, 18))["2024-03-04"] is False


# A year of constant true rates of which only the last six months are exported.

REPLY, RESOLUTION = (2 * 3600.0, 1.0), (24 * 3600.0, 1.2)  # median in seconds, sigma of the logarithm
ONE_TOUCH, REOPENED = 0.6, 0.1


def _year(seed: int, as_of: datetime) -> Iterator[dict[str, Any]]:
    rng = Random(seed)
    day = utc(2024, 1, 1)
    while day < as_of:
        for place in range(_poisson(rng, 40) if day.weekday() < 5 else 0):
            created = day + timedelta(hours=8, seconds=rng.randrange(36000))
            replied = created + timedelta(seconds=rng.lognormvariate(math.log(REPLY[0]), REPLY[1]))
            solved = created + timedelta(seconds=rng.lognormvariate(math.log(RESOLUTION[0]), RESOLUTION[1]))
            if created <= as_of:
                yield {
                    "ticket_id": f"{day:%j}-{place}",
                    "created_at": created,
                    "first_reply_at": replied if replied <= as_of else None,
                    "solved_at": solved if solved <= as_of else None,
                    "status": "solved" if solved <= as_of else "open",
                    "agent_replies": 1 if rng.random() < ONE_TOUCH else 2,
                    "reopens": 0,
                    "assignee_stations": 2 if rng.random() < REOPENED else 1,
                    "requester": f"{day:%j}-{place}",
                }
        day += timedelta(days=1)


def _poisson(rng: Random, mean: float) -> int:
    count, product, limit = 0, rng.random(), math.exp(-mean)
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count


@pytest.mark.slow
@pytest.mark.parametrize("grain", ["week", "month"])
@pytest.mark.parametrize(
    "seed, as_of", [(1, utc(2024, 12, 31, 18)), (2, utc(2024, 12, 18, 12)), (3, utc(2024, 12, 27, 17))]
)
def test_half_a_year_of_constant_rates_shows_nothing_but_chance(tmp_path, seed, as_of, grain):
    year = list(_year(seed, as_of))
    half = [row for row in year if row["created_at"] >= utc(2024, 7, 1)]
    metrics = [*TRUE, "backlog", "tickets_solved", "tickets_created"]
    whole = ask(write(tmp_path / "year.csv", year), metrics, grain=grain)
    cut = ask(write(tmp_path / "half.csv", half), metrics, grain=grain)
    rows = cut.result.frame.filter(pl.col("complete") & pl.col("note").is_null())
    for metric in metrics:
        scores = []
        for period, value, n in (
            rows.filter(pl.col("metric") == metric).select(pl.col("period").cast(str), "value", "n").rows()
        ):
            if metric in TRUE:
                scores.append(TRUE[metric](value, n))
            else:  # counts: as in the whole year, of which the half is but an export
                known = figures(whole, metric)[period][0]
                scores.append((value - known) / math.sqrt(known))
        assert len(scores) >= (3 if grain == "month" else 18), (metric, len(scores))
        assert max(map(abs, scores)) < 4, (metric, scores)
        assert abs(sum(scores)) / math.sqrt(len(scores)) < 4, (metric, "is off on the average", scores)
        assert abs(_slope(scores)) < 4, (metric, "shows a trend", scores)


def _log_score(true: float, sigma: float, width: float) -> Any:
    """How many standard errors a percentile of log-normal times is off."""
    return lambda value, n: (math.log(value) - math.log(true)) / (width * sigma / math.sqrt(n))


def _share_score(true: float) -> Any:
    return lambda value, n: (value - true) / math.sqrt(true * (1 - true) / n)


MEDIAN, TAIL = math.sqrt(math.pi / 2), 0.3 / 0.17550  # √(p(1−p)) over the density at the percentile
WITHIN_14_DAYS = 0.5 * (1 + math.erf(math.log(14) / RESOLUTION[1] / math.sqrt(2)))
TRUE = {
    "first_reply_time": _log_score(REPLY[0], REPLY[1], MEDIAN),
    "first_reply_time_p90": _log_score(REPLY[0] * math.exp(1.28155 * REPLY[1]), REPLY[1], TAIL),
    "full_resolution_time": _log_score(RESOLUTION[0], RESOLUTION[1], MEDIAN),
    "full_resolution_time_p90": _log_score(RESOLUTION[0] * math.exp(1.28155 * RESOLUTION[1]), RESOLUTION[1], TAIL),
    "one_touch_rate": _share_score(ONE_TOUCH),
    "first_contact_resolution": _share_score(ONE_TOUCH),
    "reassignment_rate": _share_score(REOPENED),
    "resolution_rate": _share_score(WITHIN_14_DAYS),
}


def _slope(scores: list[float]) -> float:
    """The slope of independent scores in its own standard errors."""
    middle = (len(scores) - 1) / 2
    return sum((x - middle) * score for x, score in enumerate(scores)) / math.sqrt(
        sum((x - middle) ** 2 for x in range(len(scores)))
    )
