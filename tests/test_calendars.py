"""Business calendars: seconds worked out by hand, laws, a minute-by-minute loop, and what is wrong with a bad file."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_metrics.calendars import CHOSEN, BusinessCalendar, BusinessHours, find_calendar, load_calendar
from cs_metrics.errors import DefinitionError, UsageError
from cs_metrics.periods import check_zone
from cs_metrics.zones import FRIENDLY_ZONES, zone_of
from tests.asking import ROOT

CONFIGS = ROOT / "configs"
INSTANT = pl.Datetime("us", "UTC")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NINE_TO_FIVE = "hours: {%s}\n" % ", ".join(f"{day}: 09:00-17:00" for day in WEEKDAYS[:5])  # noqa: UP031
ALWAYS = "hours: {%s}\n" % ", ".join(f"{day}: 00:00-24:00" for day in WEEKDAYS)  # noqa: UP031
LUNCH = "hours: {monday: ['09:00-12:30', '13:15-17:45']}\n"


def made(folder: Path, text: str, zone: str = "UTC") -> BusinessCalendar:
    path = folder / "ours.yml"
    path.write_text(text, encoding="utf-8")
    return load_calendar(path, zone)


def instants(*texts: str | None) -> pl.Series:
    return pl.Series([text and datetime.fromisoformat(text).astimezone(UTC) for text in texts], dtype=INSTANT)


def spans(calendar: BusinessCalendar, start: pl.Series, end: pl.Series) -> list[float | None]:
    frame = pl.DataFrame({"a": start, "b": end})
    return frame.select(BusinessHours((calendar,)).between(pl.col("a"), pl.col("b")).alias("s"))["s"].to_list()


# file, zone, from, to, seconds; the days of the week stand in the comments
WORKED = {
    # Friday 16:00–17:00 and Monday 09:00–10:00
    "over a weekend": (NINE_TO_FIVE, "UTC", "2024-01-05T16:00Z", "2024-01-08T10:00Z", 7200),
    # Monday 12:00–12:30 and 13:15–14:00
    "over a lunch break": (LUNCH, "UTC", "2024-01-08T12:00Z", "2024-01-08T14:00Z", 30 * 60 + 45 * 60),
    "wholly on a weekend": (NINE_TO_FIVE, "UTC", "2024-01-06T10:00Z", "2024-01-07T12:00Z", 0),
    "wholly in the lunch break": (LUNCH, "UTC", "2024-01-08T12:30Z", "2024-01-08T13:15Z", 0),
    # Friday 22:00 to Saturday 06:00
    "a night shift": ("hours: {friday: '22:00-06:00'}", "UTC", "2024-01-05T21:00Z", "2024-01-06T23:00Z", 8 * 3600),
    # Sunday 22:00 to Monday 06:00, seen from Monday's midnight
    "a night shift over the week's end": (
        "hours: {sunday: '22:00-06:00'}", "UTC", "2024-01-08T00:00Z", "2024-01-08T12:00Z", 6 * 3600,
    ),
    # Monday 23:00–24:00 and Tuesday 00:00–02:00
    "until 24:00 and on from 00:00": (
        "hours: {monday: '18:00-24:00', tuesday: '00:00-02:00'}", "UTC", "2024-01-08T23:00Z", "2024-01-09T03:00Z",
        3 * 3600,
    ),
    "a day of 23 hours": (ALWAYS, "Europe/Berlin", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00", 23 * 3600),
    "a day of 25 hours": (ALWAYS, "Europe/Berlin", "2024-10-27T00:00+02:00", "2024-10-28T00:00+01:00", 25 * 3600),
    # 02:00 → 03:00 is missing of the six hours
    "spring forward within the hours": (
        "hours: {sunday: '00:00-06:00'}", "Europe/Berlin", "2024-03-30T12:00Z", "2024-03-31T12:00Z", 5 * 3600,
    ),
    "hours in the missing hour": (
        "hours: {sunday: '02:00-03:00'}", "Europe/Berlin", "2024-03-30T12:00Z", "2024-03-31T12:00Z", 0,
    ),
    "hours in the repeated hour": (
        "hours: {sunday: '02:00-03:00'}", "Europe/Berlin", "2024-10-26T12:00Z", "2024-10-27T12:00Z", 2 * 3600,
    ),
    # The clock comes to 02:30 (the second time) at 01:30 UTC: one hour and a half of the two
    "half of the repeated hour": (
        "hours: {sunday: '02:00-03:00'}", "Europe/Berlin", "2024-10-26T12:00Z", "2024-10-27T01:30Z", 5400,
    ),
    # Hong Kong went back for the last time on 1979-10-21 at 03:30; a year later the Sunday had its 24 hours
    "the last summer time of Hong Kong": (
        "hours: {sunday: '00:00-06:00'}", "Asia/Hong_Kong", "1979-10-20T12:00Z", "1979-10-21T12:00Z", 7 * 3600,
    ),
    "Hong Kong without summer time": (
        "hours: {sunday: '00:00-06:00'}", "Asia/Hong_Kong", "1980-10-18T12:00Z", "1980-10-19T12:00Z", 6 * 3600,
    ),
    # Saturday 2019-02-16 had 23:00–24:00 twice
    "the last summer time of Brazil": (
        "hours: {saturday: '20:00-24:00'}", "America/Sao_Paulo", "2019-02-16T12:00Z", "2019-02-17T12:00Z", 5 * 3600,
    ),
    # Sunday 2018-11-04 began at 01:00, Sunday 2019-11-03 at midnight again
    "Brazil springs forward at midnight": (
        "hours: {sunday: '00:00-06:00'}", "America/Sao_Paulo", "2018-11-03T12:00Z", "2018-11-04T12:00Z", 5 * 3600,
    ),
    "Brazil springs forward no more": (
        "hours: {sunday: '00:00-06:00'}", "America/Sao_Paulo", "2019-11-02T12:00Z", "2019-11-03T12:00Z", 6 * 3600,
    ),
    # Thursday and Saturday: Samoa had no Friday 2011-12-30
    "a date that never was": (
        ALWAYS, "Pacific/Apia", "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00", 2 * 86400,
    ),
    "hours on a date that never was": (
        "hours: {friday: '09:00-17:00'}", "Pacific/Apia", "2011-12-29T12:00-10:00", "2012-01-01T00:00+14:00", 0,
    ),
    "a zone of half hours": (NINE_TO_FIVE, "Asia/Kolkata", "2024-01-08T03:30Z", "2024-01-08T23:00Z", 8 * 3600),
    "a zone of quarters": (NINE_TO_FIVE, "Asia/Kathmandu", "2024-01-08T00:00Z", "2024-01-08T03:16Z", 60),
    # Friday 16:00–17:00 and Monday 09:00–10:00, two weeks later
    "holidays of two weeks": (
        NINE_TO_FIVE + "holidays: 2024-07-01..2024-07-12", "UTC", "2024-06-28T16:00Z", "2024-07-15T10:00Z", 7200,
    ),
    # Monday 2024-12-23 16:00–17:00 and Friday 2025-01-03 09:00–10:00
    "yearly holidays over the year's end": (
        NINE_TO_FIVE + "holidays: ['--12-24..--01-02']", "UTC", "2024-12-23T16:00Z", "2025-01-03T10:00Z", 7200,
    ),
    # New Year's Eve 2024 is a Tuesday: Monday 16:00–17:00 and Wednesday 09:00–10:00
    "a holiday on the last day of the year": (
        NINE_TO_FIVE + "holidays: ['--12-31']", "UTC", "2024-12-30T16:00Z", "2025-01-01T10:00Z", 7200,
    ),
    # A Thursday in 2024; in 2023 neither 28 February (Tuesday) nor 1 March
    "29 February where there is one": (
        NINE_TO_FIVE + "holidays: ['--02-29']", "UTC", "2024-02-28T00:00Z", "2024-03-02T00:00Z", 2 * 8 * 3600,
    ),
    "29 February where there is none": (
        NINE_TO_FIVE + "holidays: ['--02-29']", "UTC", "2023-02-28T00:00Z", "2023-03-02T00:00Z", 2 * 8 * 3600,
    ),
    # Friday 22:00–24:00; Saturday's holiday closes the rest of the night
    "a holiday ends the night shift before it": (
        "hours: {friday: '22:00-06:00'}\nholidays: [2024-01-06]", "UTC", "2024-01-05T12:00Z", "2024-01-06T12:00Z",
        2 * 3600,
    ),
    # Friday is closed; the part after its midnight is Saturday's
    "the night shift of a holiday goes on after it": (
        "hours: {friday: '22:00-06:00'}\nholidays: [2024-01-05]", "UTC", "2024-01-05T12:00Z", "2024-01-06T12:00Z",
        6 * 3600,
    ),
    # Thursday 12–17: 5, Friday 8, Monday 6, Tuesday 6, Wednesday 09–12: 3 hours
    "hours that change with the year": (
        f"versions:\n- until: 2023-12-31\n  {NINE_TO_FIVE}- from: 2024-01-01\n  {NINE_TO_FIVE.replace('17', '15')}",
        "UTC", "2023-12-28T12:00Z", "2024-01-03T12:00Z", 28 * 3600,
    ),
    # 53 weeks of five days of eight hours
    "more than 52 weeks": (NINE_TO_FIVE, "UTC", "2023-01-02T09:00Z", "2024-01-08T09:00Z", 53 * 5 * 8 * 3600),
    # Friday 09:00–12:00
    "a closure": (
        NINE_TO_FIVE + "closures: 2024-06-14T12:00..2024-06-14T18:00", "UTC", "2024-06-14T00:00Z", "2024-06-15T00:00Z",
        3 * 3600,
    ),
    # Tuesday 09:00–13:00
    "half a day on every 24 December": (
        NINE_TO_FIVE + "closures: ['--12-24T13:00..--12-24T24:00']", "UTC", "2024-12-24T00:00Z", "2024-12-25T00:00Z",
        4 * 3600,
    ),
    # Wednesday 16:00–17:00 and Friday 09:00–10:00: Thursday 2024-10-03 is German Unity Day
    "a national holiday": (NINE_TO_FIVE + "country: DE", "UTC", "2024-10-02T16:00Z", "2024-10-04T10:00Z", 7200),
    # Friday 2023-01-06 is Epiphany in Bavaria only
    "a holiday of a subdivision": (
        NINE_TO_FIVE + "country: DE\nsubdivision: BY", "UTC", "2023-01-06T00:00Z", "2023-01-07T00:00Z", 0,
    ),
    "not a holiday of the country": (
        NINE_TO_FIVE + "country: DE", "UTC", "2023-01-06T00:00Z", "2023-01-07T00:00Z", 8 * 3600,
    ),
    # Microseconds are kept: 09:00:00.000001 is the first open one that counts
    "a microsecond": (NINE_TO_FIVE, "UTC", "2024-01-08T08:00Z", "2024-01-08T09:00:00.000001Z", 1e-6),
}  # fmt: skip


@pytest.mark.parametrize("case", WORKED)
def test_seconds_worked_out_by_hand(tmp_path, case):
    text, zone, start, end, seconds = WORKED[case]
    assert spans(made(tmp_path, text, zone), instants(start), instants(end)) == [seconds]


def test_the_example_knows_its_lunch_its_outing_and_christmas_eve():
    office = find_calendar("office-with-lunch", [CONFIGS], "UTC")
    days = ["2024-06-10", "2024-06-14", "2024-12-23", "2024-12-24", "2024-12-31", "2024-06-07"]
    start, end = instants(*(f"{day}T00:00Z" for day in days)), instants(*(f"{day}T22:00Z" for day in days))
    # Monday 3.5 + 4.5 hours; outing 09–10; Monday again; 09–12; break; Friday 3.5
    assert spans(office, start, end) == [8 * 3600, 3600, 8 * 3600, 3 * 3600, 0, 3.5 * 3600]


def test_no_instant_gives_no_seconds(tmp_path):
    calendar = made(tmp_path, NINE_TO_FIVE)
    at = instants("2024-01-06T10:00Z", None, None)
    assert spans(calendar, at, instants(None, "2024-01-06T10:00Z", None)) == [None, None, None]
    assert spans(calendar, at.clear(), at.clear()) == []
    assert calendar.open_seconds(pl.Series([None], dtype=pl.Null)).to_list() == [None]


def test_outside_its_years_a_calendar_says_nothing(tmp_path):
    text = "versions: [{from: 2024-01-01, until: 2024-01-05, %s}]" % NINE_TO_FIVE.strip()  # noqa: UP031
    bounded = made(tmp_path, text, "America/New_York")
    at = instants("2024-01-01T04:59Z", "2024-01-01T05:00Z", "2024-01-06T05:00Z", "2024-01-06T05:01Z")
    assert bounded.open_seconds(at).to_list() == [None, 0, 5 * 8 * 3600, None]
    always = made(tmp_path, ALWAYS)
    at = instants("1969-12-31T23:59:59Z", "1970-01-01T00:00Z", "2101-01-01T00:00Z", "2101-01-01T00:00:01Z")
    end = datetime(2101, 1, 1, tzinfo=UTC).timestamp()
    assert always.open_seconds(at).to_list() == [None, 0, end, None]


def test_a_night_shift_ends_with_the_calendar_and_goes_on_into_other_hours(tmp_path):
    night = "hours: {%s}" % ", ".join(f"{day}: '22:00-06:00'" for day in WEEKDAYS)  # noqa: UP031
    at = instants("2024-01-05T12:00Z", "2024-01-06T00:00Z")
    assert spans(made(tmp_path, "versions: [{until: 2024-01-05, %s}]" % night), at[:1], at[1:]) == [7200]  # noqa: UP031
    text = f"versions: [{{until: 2024-01-05, {night}}}, {{from: 2024-01-06, {NINE_TO_FIVE.strip()}}}]"
    calendar = made(tmp_path, text)
    assert spans(calendar, at[:1], instants("2024-01-08T10:00Z")) == [8 * 3600 + 3600]


@pytest.mark.parametrize(
    ("start", "seconds", "expected"),
    [
        ("2024-01-05T16:00Z", 7200, "2024-01-08T10:00Z"),  # Friday 17:00 is one hour, Monday 10:00 the other
        ("2024-01-05T16:00Z", 3600, "2024-01-05T17:00Z"),  # exactly at closing time, not on Monday
        ("2024-01-05T16:00Z", 3600.000001, "2024-01-08T09:00:00.000001Z"),
        ("2024-01-05T17:00Z", 60, "2024-01-08T09:01Z"),
        ("2024-01-06T12:00Z", 60, "2024-01-08T09:01Z"),  # Saturday
        ("2024-01-06T12:00Z", 0, "2024-01-06T12:00Z"),  # due at once
        ("2024-01-08T09:00Z", 53 * 40 * 3600, "2025-01-10T17:00Z"),  # 53 weeks: Friday of the 53rd
        (None, 60, None),
        ("2024-01-06T12:00Z", None, None),
        ("2024-01-06T12:00Z", 1e12, None),
        ("1960-01-06T12:00Z", 60, None),
        ("1960-01-06T12:00Z", 0, None),
    ],
)
def test_the_instant_after_so_much_open_time(tmp_path, start, seconds, expected):
    calendar = made(tmp_path, NINE_TO_FIVE)
    frame = pl.DataFrame({"at": instants(start), "seconds": pl.Series([seconds], dtype=pl.Float64)})
    due = frame.select(BusinessHours((calendar,)).after(pl.col("at"), pl.col("seconds")).alias("due"))["due"]
    assert due.to_list() == instants(expected).to_list()
    assert due.dtype == INSTANT


def test_rules_choose_the_calendar_of_each_ticket(tmp_path):
    nine = made(tmp_path, NINE_TO_FIVE)
    always, lunch = (find_calendar(name, [CONFIGS], "UTC") for name in ("always", "office-with-lunch"))
    hours = BusinessHours((nine, always, lunch), (("group", {"Night": 1}), ("priority", {"urgent": 1, "low": 2})))
    assert hours.columns == ("group", "priority")
    assert hours.label == (
        "ours (UTC); group Night: always (UTC); priority urgent: always (UTC); "
        "priority low: office-with-lunch (Europe/Berlin)"
    )
    tickets = pl.LazyFrame(
        {
            "group": ["Day", "Night", None, "Night", "Day", "Day"],
            "priority": ["normal", "low", "urgent", None, "low", None],
            "at": [datetime(2024, 1, 5, 16, tzinfo=UTC)] * 6,
        },
        schema_overrides={"at": INSTANT},
    )
    until = pl.lit(datetime(2024, 1, 8, 10, tzinfo=UTC))
    chosen = tickets.with_columns(hours.choose({"group", "priority"}))
    spent = chosen.with_columns(s=hours.between(pl.col("at"), until), due=hours.after(pl.col("at"), pl.lit(3600.0)))
    # nine to five: 2 hours; always: 66 hours; Munich on Monday from 08:00 UTC: 2 hours
    expected = [7200, 66 * 3600, 66 * 3600, 66 * 3600, 7200, 7200]
    for engine in ("in-memory", "streaming"):
        found = spent.collect(engine=engine)
        assert found[CHOSEN].to_list() == [0, 1, 1, 1, 2, 0]
        assert found[CHOSEN].dtype == pl.UInt8
        assert found["s"].to_list() == expected
        assert [due.hour for due in found["due"]] == [17, 17, 17, 17, 9, 17]
    assert tickets.select(hours.choose({"priority"})).collect()[CHOSEN].to_list() == [0, 2, 1, 0, 2, 0]
    assert spent.clear().collect().height == 0
    assert BusinessHours((nine,)).label == "ours (UTC)"


# ── laws ──

MOMENTS = st.lists(st.integers(0, 4_102_444_800_000_000), min_size=3, max_size=3).map(sorted)
LAWFUL = {
    "office": ("office-with-lunch", "UTC"),
    "nine": ("weekdays-9-17", "America/Sao_Paulo"),
    "always": ("always", "Australia/Lord_Howe"),
}


@cache
def lawful(name: str) -> BusinessCalendar:
    word, zone = LAWFUL[name]
    return find_calendar(word, [CONFIGS], zone)


def moments(*microseconds: int) -> pl.Series:
    return pl.Series(microseconds, dtype=pl.Int64).cast(INSTANT)


@settings(deadline=None, max_examples=60)
@given(MOMENTS, st.sampled_from(sorted(LAWFUL)))
def test_parts_sum_to_the_whole_and_stay_below_calendar_time(at, name):
    first, second, whole = spans(lawful(name), moments(at[0], at[1], at[0]), moments(at[1], at[2], at[2]))
    assert first >= 0 and second >= 0  # F is monotone
    assert first + second == pytest.approx(whole, rel=1e-15, abs=1e-6)  # seconds since 1970 carry no finer a step
    assert round(whole * 1e6) <= at[2] - at[0]
    if name == "always":  # the same figure, bit by bit, as Polars gives for calendar time
        assert whole == ((moments(at[2]) - moments(at[0])).dt.total_microseconds() / 1e6).item()


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 3_000_000_000_000_000), st.integers(1, 10**13), st.sampled_from(sorted(LAWFUL)))
def test_the_instant_after_inverts_the_time_between(at, microseconds, name):
    start = moments(at)
    due = lawful(name).instant_after(start, pl.Series([microseconds / 1e6]))
    just_before = due.dt.offset_by("-1us")
    [until], [before] = spans(lawful(name), start, due), spans(lawful(name), start, just_before)
    assert round(until * 1e6) == microseconds > round(before * 1e6)


# ── a loop over minutes ──


class Written:
    """A calendar as random words, for the file, and as plain values, for the loop."""

    def __init__(self, rng: random.Random, zone: str, anchor: datetime) -> None:
        self.zone, self.anchor = zone, anchor
        day = anchor.date() + timedelta(days=rng.randint(-5, 5))
        self.change = day if rng.random() < 0.4 else None
        self.weeks = [self.week(rng) for _ in range(2 if self.change else 1)]
        near = [anchor.date() + timedelta(days=rng.randint(-12, 12)) for _ in range(6)]
        self.days = set(near[: rng.randint(0, 2)])
        self.ranges = [(near[2], near[2] + timedelta(days=rng.randint(1, 9)))] if rng.random() < 0.3 else []
        self.yearly = {(near[3].month, near[3].day)} if rng.random() < 0.5 else set()
        self.turn = rng.random() < 0.3  # from 24 December to 2 January
        begin = datetime(near[4].year, near[4].month, near[4].day, rng.randint(0, 23), rng.choice([0, 15, 30, 59]))
        self.closures = [(begin, begin + timedelta(minutes=rng.randint(1, 3000)))] if rng.random() < 0.5 else []
        self.half_day = (near[5].month, near[5].day, rng.randint(0, 23)) if rng.random() < 0.4 else None

    @staticmethod
    def week(rng: random.Random) -> list[list[tuple[int, int]]]:
        """Minutes of the day; a shift past midnight ends above 1440."""
        week: list[list[tuple[int, int]]] = []
        free = 0
        for number in range(7):
            step = rng.choice([1, 5, 15, 30, 60])
            kind = rng.choice(["closed", "day", "split", "whole", "night", "day and night"])
            spans = []
            if kind == "whole" and free == 0:
                spans = [(0, 1440)]
            elif kind != "closed":
                inside = sorted(
                    rng.sample(range(free // step + 1, 1440 // step), 4 if 1440 // step - free // step > 6 else 2)
                )
                edges = [step * edge for edge in inside]
                spans = [(edges[n], edges[n + 1]) for n in range(0, 4 if kind == "split" and len(edges) == 4 else 2, 2)]
            if "night" in kind:
                evening, morning = rng.randrange(12 * 60, 1440, step), rng.randrange(0, 12 * 60, step)
                spans = [span for span in spans if span[1] <= evening]
                first = min((opens for opens, _ in week[0]), default=1440) if number == 6 else 1440
                spans.append((evening, 1440 + min(morning, first)))
            free = max((closes - 1440 for _, closes in spans if closes > 1440), default=0)
            week.append(spans)
        return week

    def text(self) -> str:
        def clock(minute: int) -> str:
            return f"{minute // 60:02d}:{minute % 60:02d}"

        def hours(week: list[list[tuple[int, int]]]) -> str:
            return "hours: {%s}" % ", ".join(  # noqa: UP031
                f"{WEEKDAYS[n]}: {[clock(a) + '-' + clock(b if b <= 1440 else b - 1440) for a, b in spans]}"
                for n, spans in enumerate(week)
            )

        lines = [f"timezone: {self.zone}"]
        if self.change:
            before = self.change - timedelta(days=1)
            lines.append("versions:")
            lines += [
                f"- until: {before}\n  {hours(self.weeks[0])}",
                f"- from: {self.change}\n  {hours(self.weeks[1])}",
            ]
        else:
            lines.append(hours(self.weeks[0]))
        words = [str(day) for day in self.days] + [f"{a}..{b}" for a, b in self.ranges]
        words += [f"--{month:02d}-{day:02d}" for month, day in self.yearly] + ["--12-24..--01-02"] * self.turn
        lines.append(f"holidays: {words}")
        closures = [f"{a:%Y-%m-%dT%H:%M}..{b:%Y-%m-%dT%H:%M}" for a, b in self.closures]
        if self.half_day:
            month, day, hour = self.half_day
            closures.append(f"--{month:02d}-{day:02d}T{hour:02d}:00..--{month:02d}-{day:02d}T24:00")
        return "\n".join([*lines, f"closures: {closures}", ""])

    def hours_of(self, day: date) -> list[tuple[int, int]]:
        return self.weeks[1 if self.change and day >= self.change else 0][day.weekday()]

    def is_open(self, wall: datetime) -> bool:
        day, minute = wall.date(), wall.hour * 60 + wall.minute
        if day in self.days or (day.month, day.day) in self.yearly or any(a <= day <= b for a, b in self.ranges):
            return False
        if self.turn and ((day.month == 12 and day.day >= 24) or (day.month == 1 and day.day <= 2)):
            return False
        if any(begin <= wall < end for begin, end in self.closures):
            return False
        if self.half_day and (day.month, day.day) == self.half_day[:2] and wall.hour >= self.half_day[2]:
            return False
        if any(opens <= minute < closes for opens, closes in self.hours_of(day)):
            return True
        return any(minute + 1440 < closes for _, closes in self.hours_of(day - timedelta(days=1)))

    def minutes(self, start: datetime, end: datetime) -> int:
        zone, count = ZoneInfo(self.zone), 0
        while start < end:
            count += self.is_open(start.astimezone(zone).replace(tzinfo=None))
            start += timedelta(minutes=1)
        return count


# Zones, and instants at which their clocks or calendars jump
JUMPS = [
    ("Europe/Berlin", "2024-03-31T01:00Z"), ("Europe/Berlin", "2021-10-31T01:00Z"),
    ("Europe/London", "1971-10-31T02:00Z"),
    ("America/New_York", "2007-03-11T07:00Z"), ("America/New_York", "2023-11-05T06:00Z"),
    ("Asia/Hong_Kong", "1979-05-12T19:30Z"), ("Asia/Hong_Kong", "1979-10-20T18:30Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00Z"), ("America/Sao_Paulo", "2019-02-17T02:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"), ("Pacific/Apia", "2021-04-03T14:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00Z"), ("America/St_Johns", "2006-10-29T02:31Z"),
    ("America/St_Johns", "2007-03-11T03:31Z"), ("Australia/Lord_Howe", "2024-04-06T15:00Z"),
    ("Asia/Kathmandu", "1985-12-31T18:30Z"), ("Asia/Kolkata", "2024-12-31T18:30Z"),
    ("Asia/Pyongyang", "2015-08-14T15:00Z"), ("Australia/Adelaide", "2023-09-30T16:30Z"),
    ("UTC", "2023-12-31T12:00Z"), ("Antarctica/Troll", "2024-03-31T01:00Z"),
]  # fmt: skip


def mismatches(folder: Path, calendars: int, each: int, days: float, seed: int) -> list[tuple[str, datetime, datetime]]:
    rng = random.Random(seed)
    found = []
    for number in range(calendars):
        zone, text = JUMPS[number % len(JUMPS)]
        anchor = datetime.fromisoformat(text)
        if rng.random() < 0.3:  # somewhere else in the years
            anchor = datetime(rng.randint(1973, 2035), rng.randint(1, 12), rng.randint(1, 28), tzinfo=UTC)
        written = Written(rng, zone, anchor)
        starts = [anchor + timedelta(minutes=rng.randint(-8 * 1440, 4 * 1440)) for _ in range(each)]
        starts[: each // 4] = [anchor - timedelta(minutes=rng.randint(0, 600)) for _ in range(each // 4)]
        ends = [start + timedelta(minutes=int(rng.random() ** 2 * days * 1440)) for start in starts]
        calendar = made(folder, written.text())
        seconds = spans(calendar, pl.Series(starts, dtype=INSTANT), pl.Series(ends, dtype=INSTANT))
        for start, end, ours in zip(starts, ends, seconds, strict=True):
            if ours != 60 * written.minutes(start, end):
                found.append((written.text(), start, end))
    return found


def test_a_loop_over_minutes_finds_the_same_seconds(tmp_path):
    assert mismatches(tmp_path, calendars=21, each=5, days=3, seed=3) == []


@pytest.mark.slow
def test_a_loop_over_minutes_finds_the_same_seconds_for_thousands_of_intervals(tmp_path):
    assert mismatches(tmp_path, calendars=210, each=12, days=10, seed=4) == []


# ── what is wrong with a file ──

GOOD = "timezone: Europe/Berlin\nhours:\n  monday: 09:00-17:00\n"
BAD = {
    "hours:\n  mondey: 09:00-17:00\n": ["2: unknown key 'hours.mondey'. Did you mean 'monday'?"],
    "hours:\n  monday: [09:00-12:00, 11:30-17:00]\n": ["2: monday: 09:00-12:00 and 11:30-17:00 overlap"],
    "hours:\n  friday: 22:00-06:00\n  saturday: 05:00-12:00\n": [
        "2: friday: 22:00-06:00 runs into 05:00-12:00 on saturday"
    ],
    "hours:\n  monday: 05:00-12:00\n  sunday: 22:00-06:00\n": [
        "3: sunday: 22:00-06:00 runs into 05:00-12:00 on monday"
    ],
    "hours:\n  monday: 11:00-09:00\n": ["2: monday: '11:00-09:00' closes before it opens"],
    "hours:\n  monday: 17:00-13:00\n": ["2: monday: '17:00-13:00' closes before it opens"],
    "hours:\n  monday: 09:00-09:00\n": ["2: monday: '09:00-09:00' has no length; for the whole day write 00:00-24:00"],
    "hours:\n  monday: 24:00-09:00\n": ["2: monday: '24:00-09:00' has no length; for the whole day write 00:00-24:00"],
    "hours:\n  monday: 09:00-24:30\n": ["2: monday: '09:00-24:30': there is no 24:30 o'clock"],
    "hours:\n  monday: nine to five\n": ["2: monday: 'nine to five' are no opening hours; write 09:00-17:00"],
    "hours:\n  monday: 9\n": ["2: hours.monday: this must be a list or text"],
    "hours: 09:00-17:00\n": ["1: hours: this must be keys with values"],
    "title: Ours\n": ["1: the key 'hours' is missing (or 'versions')"],
    GOOD + "holydays: []\n": ["4: unknown key 'holydays'. Did you mean 'holidays'?"],
    GOOD.replace("Berlin", "Berln"): [
        "1: timezone: there is no time zone 'Europe/Berln'. Did you mean 'Europe/Berlin'?"
    ],
    GOOD + "country: DEE\n": ["4: country: no holidays are known of the country 'DEE'. Did you mean '"],
    GOOD + "country: FR\nsubdivision: Corse\n": ["5: subdivision: 'FR' has no subdivision 'Corse'; it has "],
    GOOD + "subdivision: BY\n": ["4: subdivision: this needs a 'country'"],
    GOOD + "holidays: [2024-02-30]\n": ["4: holidays: '2024-02-30' is no date: day is out of range for month"],
    GOOD + "holidays: [24.12.]\n": [
        "4: holidays: '24.12.' is no date; write 2024-12-24, 2024-12-27..2024-12-31 or, each"
    ],
    GOOD + "holidays: [2024-12-31..2024-12-27]\n": ["4: holidays: '2024-12-31..2024-12-27' ends before it begins"],
    GOOD + "holidays: [2024-12-24..--12-26]\n": ["4: holidays: '2024-12-24..--12-26' has a year on one side only"],
    GOOD + "holidays: ['2024-12-24T12:00..2024-12-24T18:00']\n": [
        "4: holidays: '2024-12-24T12:00..2024-12-24T18:00' has a"
    ],
    GOOD + "closures: ['2024-12-24T12:00']\n": ["4: closures: '2024-12-24T12:00' is no stretch of time; write"],
    GOOD + "closures: ['2024-12-24T12:00..2024-12-24T12:00']\n": [
        "4: closures: '2024-12-24T12:00..2024-12-24T12:00' ends b"
    ],
    GOOD + "closures: 7\n": ["4: closures: this must be a list or text"],
    GOOD + "versions: []\n": ["2: hours: these stand under 'versions'", "4: versions: there is none"],
    "versions:\n- from: soon\n  hours: {}\n": ["2: versions.from: this must be a day such as 2024-03-31"],
    "versions:\n- until: 2024-01-01\n": ["2: the key 'versions.hours' is missing"],
    "versions:\n- until: 2024-01-01\n  hours: {}\n- from: 2024-01-03\n  hours: {}\n": [
        "4: versions: the one from 2024-01-03 leaves a gap to the one until 2024-01-01"
    ],
    "versions:\n- until: 2024-01-01\n  hours: {}\n- from: 2024-01-01\n  hours: {}\n": [
        "4: versions: the one from 2024-01-01 overlaps with the one until 2024-01-01"
    ],
    "versions:\n- hours: {}\n- hours: {}\n": ["3: versions: 'from' is missing"],
    "versions:\n- hours: {}\n- from: 2024-01-01\n  hours: {}\n": [
        "3: versions: 'until' is missing in the version before"
    ],
    "versions:\n- from: 2024-01-02\n  until: 2024-01-01\n  hours: {}\n": [
        "3: versions: 2024-01-01 is before 2024-01-02"
    ],
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_calendar_is_told_with_its_line(tmp_path, text):
    with pytest.raises(DefinitionError) as caught:
        made(tmp_path, text)
    said = [str(problem).removeprefix(f"{tmp_path / 'ours.yml'}:") for problem in caught.value.problems]
    assert [line[: len(start)] for line, start in zip(said, BAD[text], strict=True)] == BAD[text]


def test_all_problems_of_a_calendar_come_at_once(tmp_path):
    text = (
        "timezone: Atlantis\nhours:\n  mondy: 09:00-17:00\n  friday: [09:00-08:00, x]\n"
        "country: XX\nholidays: [2024-13-01, --02-30]\nclosures: [2024-01-01, never]\n"
    )
    with pytest.raises(DefinitionError) as caught:
        made(tmp_path, text)
    assert [problem.line for problem in caught.value.problems] == [1, 3, 4, 4, 5, 6, 6, 7]


def test_a_calendar_is_found_by_name_or_path_and_later_folders_win(tmp_path):
    (tmp_path / "calendars").mkdir()
    own = tmp_path / "calendars" / "always.yml"
    own.write_text(GOOD, encoding="utf-8")
    assert find_calendar("always", [CONFIGS, tmp_path], "UTC").zone == "Europe/Berlin"
    assert find_calendar("always", [tmp_path, CONFIGS], "UTC").zone == "UTC"
    assert find_calendar(str(own), [CONFIGS], "UTC").name == "always"
    assert find_calendar("weekdays-9-17", [CONFIGS], "Asia/Tokyo").zone == "Asia/Tokyo"
    with pytest.raises(UsageError, match=r"'alway'.* always, office-with-lunch, weekdays-9-17\. Did you mean 'always'"):
        find_calendar("alway", [CONFIGS], "UTC")


def test_every_shipped_calendar_is_good():
    for path in sorted((CONFIGS / "calendars").glob("*.yml")):
        assert load_calendar(path, "UTC").file.title


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Central Time (US & Canada)", "America/Chicago"),
        ("(GMT-06:00) Central Time (US & Canada)", "America/Chicago"),
        ("(UTC+01:00) berlin", "Europe/Berlin"),
        (" Mumbai ", "Asia/Kolkata"),
        ("Kyiv", "Europe/Kiev"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("(GMT+00:00) UTC", "UTC"),
        ("Singapore", "Singapore"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_zone_may_be_called_as_in_the_helpdesk(name, zone):
    assert zone_of(name) == zone


def test_every_friendly_zone_is_one_that_the_engine_knows(tmp_path):
    assert len(FRIENDLY_ZONES) > 150
    for name in FRIENDLY_ZONES:
        check_zone(name)
    assert (
        made(tmp_path, "timezone: (GMT-05:00) Eastern Time (US & Canada)\n" + NINE_TO_FIVE).zone == "America/New_York"
    )
    with pytest.raises(UsageError, match=r"no time zone 'Centrl Time.*Did you mean 'Central Time \(US & Canada\)'"):
        check_zone("Centrl Time (US & Canada)")
    with pytest.raises(UsageError, match="no time zone 'localtime'"):
        check_zone("localtime")
