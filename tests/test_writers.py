"""What comes out: the same numbers in every format, names that do no harm, files that are whole or not there."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics import console, writers
from cs_metrics.errors import DataError, UsageError
from cs_metrics.result import AFTER_BY, BEFORE_BY, MetricInfo, Missing, Note, Result, Source
from cs_metrics.writers import Options, md, table
from cs_metrics.writers._base import clean, say, say_change, say_duration, say_interval

GOLDEN = Path(__file__).parent / "golden"
SUFFIX = {"csv": "csv", "json": "json", "ndjson": "ndjson", "md": "md", "table": "txt"}

# What people may call a group: markup, a formula, a pipe and quotes, an escape and a line break, a number, nothing.
GROUPS = ["-", "-5", "=SUM(A1)", 'Zoë | "A", 日本', "[red]VIP[/red]", "stop\x1b[31m\nhere", None]
INFOS = {
    name: MetricInfo(label, meaning, unit, better, topic, frame, date_name, interval, min_n=15)
    for name, label, meaning, unit, better, topic, frame, date_name, interval in (
        ("csat", "CSAT", "Good ratings.", "share", "higher", "satisfaction", "surveys", "solved_at", "share"),
        ("first_reply_time", "First reply time", "First.", "duration", "lower", "speed", "tickets", "created_at",
         "quantile"),
        ("nps", "NPS", "Promoters.", "points", "higher", "satisfaction", "surveys", "answered_at", "nps"),
        ("tickets_created", "Tickets created", "All.", "count", "neither", "volume", "tickets", "created_at", "count"),
    )
}  # fmt: skip


def figure(metric: str, value: float | None, n: int | None = 1, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys([*BEFORE_BY, *AFTER_BY])
    row |= {"metric": metric, "grain": "all", "complete": True, "total": False}
    return row | {"value": value, "n": n, "of": n} | more


def make_result(rows: list[dict[str, Any]], by: tuple[str, ...] = (), **more: Any) -> Result:
    types: dict[str, Any] = BEFORE_BY | {name: pl.String() for name in by} | AFTER_BY
    question = {
        "metrics": list(INFOS), "by": list(by), "grain": "all", "from": None, "to": None, "timezone": "Europe/Berlin",
        "as_of": "2024-02-20T17:00:00+00:00", "where": None, "calendar": None, "compare": "previous",
        "confidence": 0.95,
    }  # fmt: skip
    account = {"read": 1204, "used": 1200, "rejected": 2, "duplicates": 1, "excluded": {"spam": 1}}
    as_of, since = datetime(2024, 2, 20, 17, tzinfo=UTC), datetime(2023, 12, 4, 8, tzinfo=UTC)
    names = ("zendesk/tickets.csv", "zendesk", "zendesk", "Zendesk Support", "account CSV")
    source = Source(*names, as_of, since, {"tickets": account})
    return Result(
        frame=pl.DataFrame([{name: row.get(name) for name in types} for row in rows], schema=types),
        by=by,
        question=question | more.pop("question", {}),
        sources=more.pop("sources", [source]),
        metrics={name: info for name, info in INFOS.items() if any(row["metric"] == name for row in rows)},
        topics={"speed": "Speed", "volume": "Volume", "satisfaction": "Satisfaction"},
        missing=[Missing("one_touch", "One-touch rate", ("reopens",)), Missing("reopens", "Reopen rate", ("reopens",))],
        notes=[Note("unparsed", "1 cell of 'solved_at' could not be read", 1)],
    )


def nasty() -> Result:
    """Four units by a group of evil names, over a month cut at its left, a whole one, and one that is running."""
    months = [
        (date(2023, 12, 1), date(2024, 1, 1), False, "left-truncated"),
        (date(2024, 1, 1), date(2024, 2, 1), True, None),
        (date(2024, 2, 1), date(2024, 3, 1), False, None),
    ]
    values: dict[str, list[float | None]] = {
        "csat": [1.0, 0.875, 2 / 3, 0.0, None, 0.9994, 0.5, 0.81],
        "first_reply_time": [45, 8040.4, 3599.7, 276480, None, 0.5, 59, 172800],
        "nps": [30.0, -12.5, 0.0, -100, None, 100 / 3, 1, 7.25],
        "tickets_created": [1204, 0, 7, 1, None, 3, 4, 1219],
    }
    rows = []
    for metric, of_groups in values.items():
        for place, (start, end, complete, note) in enumerate(months):
            for group, value in zip([*GROUPS, None], of_groups, strict=True):
                total = group is None and value == of_groups[-1]
                n = None if value is None else 4 + place
                when = {"grain": "month", "period": start, "period_end": end, "complete": complete, "note": note}
                value = None if value is None else value if place == 1 else value / 2
                rows.append(figure(metric, value, n, **when, of=20, total=total, group=group))
    return make_result(rows, ("group",), question={"grain": "month", "by": ["group"]})


def scorecard() -> Result:
    """Figures for all, and weeks below them: the last whole one against the one before, and one that is running."""
    rows = [
        figure("csat", 0.864, 184, of=439, low=0.8071, high=0.9062, target=0.9, met=False),
        figure("first_reply_time", 9000.0, 507, of=545, low=7560, high=11160, target=14400, met=True),
        figure("nps", -4.04, 14, of=14, low=-40.26, high=32.31),
        figure("tickets_created", 1200.0, 1200, low=1133.06, high=1269.86),
    ]
    signals = {"csat": True, "first_reply_time": True, "tickets_created": False}
    weeks = [date(2024, 1, 29), date(2024, 2, 5), date(2024, 2, 12), date(2024, 2, 19)]
    series = {
        "csat": [0.80, 0.86, 0.83, 0.5],
        "first_reply_time": [9000.0, 8000.0, 6000.0, 100.0],
        "nps": [10.0, None, 12.5, 0.0],
        "tickets_created": [300.0, 400.0, 100.0, 9.0],
    }
    for metric, values in series.items():
        for place, (week, value) in enumerate(zip(weeks, values, strict=True)):
            previous = values[place - 1] if place in (1, 2) else None
            change = value - previous if value is not None and previous is not None else None
            end = date.fromordinal(week.toordinal() + 7)
            when = {"grain": "week", "period": week, "period_end": end, "complete": place < 3}
            signal = signals.get(metric) if change is not None else None
            rows.append(figure(metric, value, 10, **when, previous=previous, change=change, signal=signal))
    return make_result(sorted(rows, key=lambda row: list(INFOS).index(row["metric"])))


def text_of(result: Result, format: str, **options: Any) -> str:
    stream = io.StringIO()
    __import__(f"cs_metrics.writers.{format}", fromlist=["write"]).write(result, stream, Options(**options))
    return stream.getvalue()


@pytest.mark.parametrize("name", ["nasty", "scorecard"])
@pytest.mark.parametrize("format", SUFFIX)
def test_every_format_is_as_it_was_read_and_approved(
    name: str, format: str, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    result = {"nasty": nasty, "scorecard": scorecard}[name]()
    written, golden = tmp_path / "out", GOLDEN / f"{name}.{SUFFIX[format]}"
    writers.write_result(result, format, written, Options(totals=True, width=80 if name == "nasty" else None))
    if pytestconfig.getoption("--regenerate"):
        golden.write_bytes(written.read_bytes())
    assert written.read_bytes() == golden.read_bytes()


def test_every_format_has_a_golden_file() -> None:
    assert sorted(SUFFIX) == writers.names()


def test_csv_json_and_ndjson_hold_the_same_cells() -> None:
    result = nasty()
    whole = json.loads(text_of(result, "json"))
    lines = [json.loads(line) for line in text_of(result, "ndjson", totals=True).splitlines()]
    assert lines == whole["results"]
    rows = list(csv.DictReader(io.StringIO(text_of(result, "csv", totals=True, raw=True))))
    assert len(rows) == len(lines) == result.frame.height

    def cell(value: Any) -> str:
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    for row, line in zip(rows, lines, strict=True):
        flat = line | line.pop("by")
        assert list(row) == result.frame.columns
        assert {name: float(text) if isinstance(flat[name], float) else text for name, text in row.items()} == {
            name: value if isinstance(value, float) else cell(value) for name, value in flat.items()
        }


def grids_of(text: str, splits: str) -> list[list[list[str]]]:
    """The body cells of each grid in a table or in Markdown: what stands between a rule and an empty line."""
    grids: list[list[list[str]]] = []
    is_body = False
    for line in text.splitlines():
        is_rule = re.match(r"─+$|\| ---", line) is not None
        if is_rule and not is_body:
            grids.append([])
        elif is_body and line.strip() and not is_rule:
            cells = re.split(splits, re.sub(r"^\| | \|$", "", line))
            grids[-1].append([re.sub(r"\\(.)", r"\1", cell).strip("* ") for cell in cells])
        is_body = bool(line.strip()) and (is_body or is_rule)
    return grids


def test_table_and_markdown_show_the_figures_of_json_cell_by_cell() -> None:
    result = nasty()
    from_table = grids_of(text_of(result, "table"), r" {2,}")
    from_md = grids_of(text_of(result, "md"), r"(?<!\\)\|")
    assert len(from_table) == len(INFOS)
    assert from_table == from_md
    figures = json.loads(text_of(result, "json"))["results"]
    for grid, (metric, info) in zip(from_md, INFOS.items(), strict=True):
        of_metric = [row for row in figures if row["metric"] == metric]
        told = {(row["period"], row["by"]["group"], row["total"]): row["value"] for row in of_metric}
        assert len(told) == 24
        keys = [*((group, False) for group in GROUPS), (None, True)]
        for row, (group, total) in zip(grid, keys, strict=True):
            values = [told[month, group, total] for month in ("2023-12-01", "2024-01-01", "2024-02-01")]
            assert [cell.rstrip("*…") for cell in row[1:]] == [say(value, info.unit) for value in values]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("result", [nasty(), scorecard()], ids=["nasty", "scorecard"])
def test_no_line_is_wider_than_the_terminal_and_no_figure_is_lost(result: Result, width: int) -> None:
    from rich.cells import cell_len

    narrow, wide = text_of(result, "table", width=width), text_of(result, "table", width=0)
    assert max(cell_len(line) for line in narrow.splitlines()) <= width
    numbers = re.compile(r"[+−]?\d[\d,.]* (?:%|pp|min|h|d|s)\b|[▁-█]{2,}")
    assert sorted(numbers.findall(narrow)) == sorted(numbers.findall(wide))


@pytest.mark.parametrize("format", SUFFIX)
def test_a_closed_pipe_is_left_to_the_caller(format: str) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    writer = import_module(f"cs_metrics.writers.{format}")
    with pytest.raises(BrokenPipeError):
        writer.write(scorecard(), Closed(), Options())


def test_even_a_terminal_of_ten_columns_gets_something() -> None:
    assert "CSAT" in text_of(scorecard(), "table", width=10)


@pytest.mark.parametrize("format", ["table", "md"])
def test_what_people_read_holds_no_control_character_of_the_data(format: str) -> None:
    for options in ({}, {"width": 40}):
        text = text_of(nasty(), format, **options)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
        assert "stop" in text


def test_colour_is_in_the_escapes_and_nowhere_else() -> None:
    plain, colored = text_of(scorecard(), "table"), text_of(scorecard(), "table", color=True)
    assert "\x1b[32m" in colored and "\x1b[31m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == plain


def test_rich_markup_in_a_name_is_shown_as_it_is() -> None:
    assert "[red]VIP[/red]" in text_of(nasty(), "table", color=True)


def test_markdown_escapes_what_would_end_a_cell_or_format_it() -> None:
    assert md.escape("a|b [x](y) *z* <b> `c`") == r"a\|b \[x\](y) \*z\* \<b\> \`c\`"
    assert md.escape("needs first_reply_at") == "needs first_reply_at"


def test_colour_follows_what_is_better_for_the_metric() -> None:
    lines = {line.split("  ")[0]: line for line in text_of(scorecard(), "table", color=True).splitlines()}
    reply = next(line for name, line in lines.items() if "First reply time" in name)
    csat = next(line for name, line in lines.items() if "CSAT" in name)
    created = next(line for name, line in lines.items() if "Tickets created" in name)
    assert "\x1b[32m▼ 25 %" in reply
    assert "\x1b[31m▼ 3.0 pp" in csat
    assert "\x1b[2m↓ 75 %" in created


def test_a_figure_of_too_few_rows_is_grey() -> None:
    lines = text_of(scorecard(), "table", color=True).splitlines()
    assert "\x1b[2m−4.0\x1b[0m" in next(line for line in lines if "NPS" in line)
    assert "\x1b[1m86.4 %\x1b[0m" in next(line for line in lines if "CSAT" in line)


def test_the_foot_says_how_many_changes_would_be_marked_by_chance() -> None:
    text = text_of(scorecard(), "md")
    assert "of 3 changes tested here 0.2 would be marked by chance alone" in text


def test_limits_are_said_in_the_unit_of_their_figure() -> None:
    said = [
        ("share", 0.864, 0.8071, 0.9062, "80.7–90.6 %"),
        ("duration", 9000, 7560, 11160, "2.1–3.1 h"),
        ("duration", 50, 9.6, 100, "10–100 s"),
        ("duration", 67.5, 66.5, 68.6, "67–69 s"),
        ("duration", 224.92, 224.81, 225.04, "224.8–225.0 s"),
        ("share", 0.81, 0.81001, 0.81002, "81.001–81.002 %"),
        ("duration", 400000, 86400, None, "≥ 1.0 d"),
        ("duration", 400000, None, 864000, "≤ 10.0 d"),
        ("points", 30.0, 14.47, 44.93, "+14.5 – +44.9"),
        ("count", 1200, 1133.06, 1269.86, "1,133–1,270"),
        ("score", 4.381, 4.312, 4.45, "4.31–4.45"),
        ("score", 4.381, None, None, ""),
    ]
    for unit, value, low, high, expected in said:
        assert say_interval({"value": value, "low": low, "high": high}, unit) == expected


def formula_cells(**options: Any) -> list[str]:
    return [row["group"] for row in csv.DictReader(io.StringIO(text_of(nasty(), "csv", **options)))][: len(GROUPS)]


def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe_unless_raw() -> None:
    assert formula_cells()[:3] == ["-", "'-5", "'=SUM(A1)"]
    assert formula_cells(raw=True)[:3] == ["-", "-5", "=SUM(A1)"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_every_beginning_of_a_formula_is_guarded(text: str) -> None:
    result = make_result([figure("csat", -0.5, group=text)], ("group",))
    (row,) = csv.DictReader(io.StringIO(text_of(result, "csv"), newline=""))
    assert row["group"] == "'" + text
    assert row["value"] == "-0.5"


def test_a_header_is_never_changed() -> None:
    result = make_result([figure("csat", 1.0, **{"=x": "a"})], ("=x",))
    assert "=x" in text_of(result, "csv").splitlines()[0].split(",")


def test_csv_has_total_rows_only_on_demand() -> None:
    assert ",true," not in text_of(nasty(), "csv").replace(",true,false,", ",,")
    assert len(text_of(nasty(), "csv", totals=True)) > len(text_of(nasty(), "csv"))


def test_weekdays_come_from_monday_and_hours_by_number() -> None:
    days = [figure("csat", 0.5, weekday=day) for day in sorted(["Mon", "Tue", "Wed", "Sun"])]
    text = text_of(make_result(days, ("weekday",)), "md")
    assert re.findall(r"^\| (\w{3}) ", text, re.M) == ["Mon", "Tue", "Wed", "Sun"]
    hours = [figure("csat", 0.5, hour=hour) for hour in sorted(["9", "10", "8"])]
    assert re.findall(r"^\| (\d+) ", text_of(make_result(hours, ("hour",)), "md"), re.M) == ["8", "9", "10"]


def test_a_missing_name_is_not_taken_for_the_total() -> None:
    rows = [figure("csat", 0.1, group=None), figure("csat", 0.2, total=True, group=None)]
    lines = text_of(make_result(rows, ("group",)), "md").splitlines()
    assert "| (none) | 10.0 % | 1 |" in lines
    assert "| **All** | **20.0 %** | **1** |" in lines


def test_trend_puts_every_period_below_the_scorecard() -> None:
    assert "Week of" not in text_of(scorecard(), "md")
    assert "| 19 Feb 2024… | 50.0 % | 1 min 40 s | 0.0 | 9 |" in text_of(scorecard(), "md", trend=True)


def test_the_longer_side_of_a_pivot_goes_down_the_page() -> None:
    months = [date(2024, month, 1) for month in range(1, 7)]
    rows = [
        figure("csat", 0.5, grain="month", period=month, total=group is None, group=group)
        for month in months
        for group in ("a", "b", None)
    ]
    text = text_of(make_result(rows, ("group",), question={"grain": "month"}), "md")
    assert "| Month | a | b | All |" in text
    assert "| Jun 2024 | 50.0 % | 50.0 % | 50.0 % |" in text


def test_two_by_columns_are_both_shown() -> None:
    rows = [figure("csat", 0.5, weekday=day, channel="chat") for day in ("Fri", "Mon")]
    text = text_of(make_result(rows, ("weekday", "channel")), "md")
    assert text.index("| Mon | chat | 50.0 % |") < text.index("| Fri | chat | 50.0 % |")


def test_the_head_says_what_the_figures_stand_on() -> None:
    (source,) = scorecard().sources
    other = replace(source, source="uk", title="Freshdesk", reader="freshdesk", frames={"tickets": {"used": 1}})
    two = {"sources": [source, source, other], "question": {"timezone": None, "from": "2024-01-01", "to": "2024-02-01"}}
    head = text_of(make_result([figure("csat", 1.0)], **two), "table").split("\n\n")[0]
    assert head.splitlines() == [
        "Zendesk Support · 2,400 tickets · 2 files",
        "Freshdesk (uk) · 1 ticket",
        "1 Jan – 31 Jan 2024 · times as in the file · as of 20 Feb 17:00",
    ]
    question = {"where": "priority = 'high'", "timezone": "UTC"}
    text = text_of(make_result([figure("csat", 1.0)], question=question), "table")
    assert "2024 · UTC · as of 20 Feb 17:00\nwhere priority = 'high'\n" in text


def test_the_head_names_the_tickets_first_whatever_file_came_first_and_frames_as_words() -> None:
    (source,) = scorecard().sources
    ratings = replace(source, frames={"surveys": {"used": 7}, "sla_cycles": {"used": 2}})
    text = text_of(make_result([figure("csat", 1.0)], sources=[ratings, source]), "table")
    assert text.startswith("Zendesk Support · 1,200 tickets, 7 surveys, 2 sla cycles · 2 files")


def test_a_file_that_the_question_does_not_read_is_not_said_to_be_empty() -> None:
    (source,) = scorecard().sources
    unasked, empty = (
        replace(source, title="Aircall", frames={}),
        replace(source, title="Stripe", frames={"customers": {}}),
    )
    head = text_of(make_result([figure("csat", 1.0)], sources=[source, unasked, empty]), "table").splitlines()
    assert head[1:3] == ["Aircall · nothing of it is asked for", "Stripe · no rows"]


def test_the_unit_asked_for_changes_what_people_read_and_nothing_else() -> None:
    assert "2.50 h" in text_of(scorecard(), "table", unit="h")
    assert text_of(scorecard(), "csv", unit="h") == text_of(scorecard(), "csv")
    assert text_of(scorecard(), "json", unit="h") == text_of(scorecard(), "json")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (0.04, "0.0 s"), (4.25, "4.3 s"), (45, "45 s"), (59.6, "1 min"), (150, "2 min 30 s"),
        (599.6, "10 min"), (3599.6, "1 h"), (8040, "2 h 14 min"), (105960, "29 h 26 min"), (172799, "2.0 d"),
        (276480, "3.2 d"), (86400 * 150, "150 d"), (-8040, "−2 h 14 min"),
    ],
)  # fmt: skip
def test_durations_are_said_in_what_suits_their_size(seconds: float, said: str) -> None:
    assert say_duration(seconds) == said


def test_numbers_are_said_by_their_unit() -> None:
    said = [say(0.873, "share"), say(1204.0, "count"), say(30.0, "points"), say(-0.04, "points"), say(4.375, "score")]
    assert said == ["87.3 %", "1,204", "+30.0", "0.0", "4.38"]
    assert say(None, "share") == "–"


def test_changes_are_said_by_their_unit() -> None:
    assert say_change(0.021, 0.8, "share") == "↑ 2.1 pp"
    assert say_change(-30.0, 120.0, "duration") == "↓ 25 %"
    assert say_change(3.0, 0.0, "count") == "↑ 3"
    assert say_change(-2.5, 10.0, "points") == "↓ 2.5"
    assert say_change(0.0, 5.0, "count") == "→ 0 %"
    assert say_change(None, 5.0, "count") == ""


def test_clean_text_is_one_line_that_steers_nothing() -> None:
    assert clean("a\n b\x1b[31m\u202e c") == "a b�[31m� c"


def test_an_unknown_format_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'json'"):
        writers.write_result(scorecard(), "jsn", None, Options())
    with pytest.raises(UsageError, match="only s, min, h, d"):
        writers.check("table", "hours")


class Broken(Result):
    """Fails in the middle of being written."""

    @property
    def notes(self) -> Iterator[Note]:  # type: ignore[override]
        yield Note("a", "b")
        raise KeyboardInterrupt

    @notes.setter
    def notes(self, value: object) -> None:
        pass


def test_a_half_written_file_is_removed_and_the_old_one_stays(tmp_path: Path) -> None:
    target, good = tmp_path / "out.json", scorecard()
    target.write_text("old")
    broken = Broken(**{name: getattr(good, name) for name in Result.__dataclass_fields__ if name != "notes"})
    with pytest.raises(KeyboardInterrupt):
        writers.write_result(broken, "json", target, Options())
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_is_replaced_through_its_link_and_keeps_its_mode(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    writers.write_result(scorecard(), "csv", link, Options())
    assert link.is_symlink() and target.read_text().startswith("metric,")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_what_cannot_be_written_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder") as nowhere:
        writers.write_result(scorecard(), "csv", tmp_path / "no" / "out.csv", Options())
    assert "\n" not in str(nowhere.value)
    with pytest.raises(UsageError, match="it is a folder"):
        writers.write_result(scorecard(), "csv", tmp_path, Options())
    writers.write_result(scorecard(), "csv", Path("/dev/null"), Options())
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("format", ["csv", "json", "ndjson", "table"])
def test_rows_behind_a_number_come_in_every_format(format: str, tmp_path: Path) -> None:
    when = datetime(2024, 1, 2, 3, 4, tzinfo=UTC)
    frame = pl.DataFrame({"ticket_id": ["=1"], "tags": [["a", "b"]], "date": [when], "value": [1.5]})
    writers.write_rows(frame, "csat", format, tmp_path / "out")
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert "1.5" in text and "2024-01-02" in text
    assert ("'=1" in text) == (format == "csv")


def test_rejected_cells_are_written_as_csv(tmp_path: Path) -> None:
    writers.write_rejects(pl.DataFrame({"row": [7], "value": ["@x"]}), tmp_path / "lost.csv")
    assert (tmp_path / "lost.csv").read_bytes() == b"row,value\n7,'@x\n"


def test_errors_are_one_prefixed_line_each_and_never_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console.error(DataError("one\x1b[2J\ntwo"))
    assert capsys.readouterr().err == "cs-metrics: one�[2J\ncs-metrics: two\n"


def test_a_bug_shows_its_traceback_and_says_whose_mistake_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("x")
    except ValueError as error:
        console.bug(error)
    said = capsys.readouterr().err
    assert "Traceback" in said and "ValueError: x" in said and "a bug in cs-metrics" in said


def test_talk_tells_what_became_of_the_rows_and_then_the_notes(capsys: pytest.CaptureFixture[str]) -> None:
    console.talk(scorecard())
    assert capsys.readouterr().err.splitlines() == [
        "zendesk/tickets.csv: 1,204 tickets read, 1,200 used, 2 rejected, 1 duplicate, 1 spam",
        "1 cell of 'solved_at' could not be read",
    ]
    account = {"read": 5, "used": 5, "rejected": 0, "duplicates": 0, "excluded": {"spam": 0}}
    assert console.account_line("a", "tickets", account) == ""


def test_a_stream_that_is_no_terminal_gets_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert not console.wants_color(io.StringIO())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert console.wants_color(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not console.wants_color(Terminal())


def test_a_table_asks_the_terminal_for_its_width_only_if_there_is_one() -> None:
    assert table._terminal_width(io.StringIO()) is None
