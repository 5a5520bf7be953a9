"""How the values behind a number are spread: no value is lost, limits stand on the right side, and all adds up."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_metrics.analyses.distribution import _axis, distribution
from cs_metrics.catalogue import load_catalogue
from cs_metrics.errors import DataError, UsageError
from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.result import Bin
from cs_metrics.writers._base import Options
from cs_metrics.writers._distribution import FORMATS, bin_labels
from tests.asking import NOW, ROOT, ask, figure, shipped, write
from tests.conftest import Run

ZENDESK = str(ROOT / "sample_data/zendesk/tickets.csv")
SURVEYS = str(ROOT / "sample_data/common/surveys.csv")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def spread(files, metric, target=None, by=(), catalogue=None, **question):
    asked = Question(now=NOW, metrics=(metric,), by=by, calendar=Calendar("UTC"), zone_given=True, **question)
    return distribution(metric, open_exports([files]), asked, catalogue or shipped(), target)


def replies(folder: Path, *seconds: float | None, group: str = "A") -> str:
    rows = []
    for number, wait in enumerate(seconds):
        at = None if wait is None else f"2024-01-0{8 + int(wait // DAY)}T{int(wait % DAY // HOUR):02}:{int(wait % HOUR // 60):02}:{int(wait % 60):02}Z"  # fmt: skip  # noqa: E501
        rows.append({"ticket_id": number, "created_at": "2024-01-08T00:00:00Z", "first_reply_at": at, "group": group})
    return write(folder / "tickets.csv", rows, columns=["first_reply_at"])


def told(found, part=-1):
    return dict(zip(bin_labels(found), found.parts[part].counts, strict=True))


def test_durations_fall_into_spans_that_people_say(tmp_path):
    found = spread(replies(tmp_path, 40, 70, 4 * HOUR, 4 * HOUR + 1, DAY, None), "first_reply_time")
    assert told(found) == {
        **{"30 s – 1 min": 1, "1 – 2 min": 1, "2 – 5 min": 0, "5 – 15 min": 0, "15 – 30 min": 0, "30 min – 1 h": 0},
        **{"1 – 2 h": 0, "2 – 4 h": 1, "4 – 8 h": 1, "8 h – 1 d": 1},
    }
    assert found.parts[0].n == 5


def test_what_takes_no_time_at_all_has_a_bin_of_its_own(tmp_path):
    found = spread(replies(tmp_path, 0, 0, 70), "first_reply_time")
    assert told(found) == {"0": 2, "up to 1 min": 0, "1 – 2 min": 1}
    assert found.bins[0] == Bin(0.0, 0.0)


def test_less_than_nothing_is_not_lost(tmp_path):
    folder = tmp_path / "metrics" / "speed"
    folder.mkdir(parents=True)
    text = (ROOT / "configs/metrics/speed/first_reply_time.yml").read_text(encoding="utf-8")
    (folder / "early.yml").write_text(text.replace("value: first_reply_seconds", "value: first_reply_seconds - 60"))
    catalogue = load_catalogue([ROOT / "configs", tmp_path])
    found = spread(replies(tmp_path, 0, 10, 60, 120), "early", catalogue=catalogue)
    assert told(found) == {"below 0": 2, "0": 1, "up to 30 s": 0, "30 s – 1 min": 1}


def test_the_target_is_a_limit_and_what_is_exactly_at_it_is_within(tmp_path):
    found = spread(replies(tmp_path, HOUR, 3 * HOUR, 3 * HOUR + 1, 5 * HOUR), "first_reply_time", "3h")
    assert (found.target, found.closed, found.parts[0].beyond) == (3 * HOUR, "right", 2)
    assert told(found)["2 – 3 h"] == 1 and told(found)["3 – 4 h"] == 1


def test_scores_are_bins_of_one_value_each_and_less_than_the_target_is_beyond_it():
    found = spread(SURVEYS, "nps", "8")
    assert bin_labels(found) == [str(score) for score in range(11)]
    scores = [row["score"] for row in csv.DictReader(io.StringIO(Path(SURVEYS).read_text())) if row["kind"] == "nps"]
    known = [float(score) for score in scores if score and 0 <= float(score) <= 10]
    assert list(found.parts[0].counts) == [known.count(score) for score in range(11)]
    assert (found.closed, found.unit, found.parts[0].beyond) == ("left", "score", sum(score < 8 for score in known))


def test_a_long_tail_of_counts_ends_in_an_open_bin(tmp_path):
    days = {"created_at": "2024-01-08", "solved_at": "2024-01-09"}
    rows = [{"ticket_id": n, "agent_replies": 500 if n == 999 else n % 4, **days} for n in range(1000)]
    found = spread(write(tmp_path / "tickets.csv", rows), "agent_replies_per_ticket")
    assert told(found) == {"0": 250, "1": 250, "2": 250, "3": 249, "over 3": 1}


def test_shares_and_percentiles_are_those_that_sql_finds():
    found = spread(ZENDESK, "full_resolution_time", "2d")
    seconds = f"""
        with latest as (
            from read_csv('{ZENDESK}', all_varchar = true, header = true)
            where trim(coalesce("Id", '')) <> '' and try_strptime("Created at", '%Y-%m-%d %H:%M') is not null
            qualify row_number() over (partition by "Id" order by "Updated at" desc) = 1
        )
        select 60 * try_cast("Full resolution time in minutes" as double) as s from latest
        where "Status" in ('Solved', 'Closed') and nullif("Solved at", '') is not null
            and not list_contains(string_split(coalesce("Tags", ''), ' '), 'closed_by_merge')
    """
    cuts = ", ".join(f"count(*) filter (s > {b.lower} and s <= {b.upper})" for b in found.bins if b.lower != b.upper)
    shares = ", ".join(f"quantile_cont(s, {share})" for share in (0.5, 0.75, 0.9, 0.95, 0.99))
    with duckdb.connect() as sql:
        counts = sql.execute(f"select {cuts} from ({seconds}) where s is not null").fetchone()
        quantiles = sql.execute(f"select {shares}, count(s), count(*) filter (s > 172800) from ({seconds})").fetchone()
    assert counts is not None and quantiles is not None
    ours = [n for b, n in zip(found.bins, found.parts[0].counts, strict=True) if b.lower != b.upper]
    assert ours == list(counts)
    part = found.parts[0]
    assert [*part.percentiles.values(), part.n, part.beyond] == pytest.approx(list(quantiles))


@pytest.mark.parametrize("metric", ["first_reply_time", "full_resolution_time", "backlog_age"])
def test_n_and_the_median_are_those_of_the_report(metric):
    for by in ((), ("group",)):
        found, report = spread(ZENDESK, metric, by=by), ask(ZENDESK, [metric, f"{metric}_p90"], by=by)
        whole = found.parts[-1]
        assert (whole.percentiles["p50"], whole.n) == figure(report, metric)
        assert whole.percentiles["p90"] == pytest.approx(figure(report, f"{metric}_p90")[0])
        assert all(sum(part.counts) == part.n for part in found.parts)
        if by:
            assert sum(part.n for part in found.parts[:-1]) == whole.n
            assert [sum(counts) for counts in zip(*(p.counts for p in found.parts[:-1]), strict=True)] == [
                *whole.counts
            ]


def test_the_mean_and_the_median_of_one_value_have_one_distribution():
    assert spread(ZENDESK, "average_first_reply_time").parts == spread(ZENDESK, "first_reply_time").parts


NUMBERS = st.lists(st.one_of(st.floats(-1e9, 1e9), st.integers(-30, 30).map(float), st.sampled_from((0.0, 1.0, HOUR))), max_size=60)  # fmt: skip  # noqa: E501


@given(
    NUMBERS, st.sampled_from(("duration", "score")), st.sampled_from(("left", "right")), st.none() | st.floats(1, 1e6)
)
@settings(max_examples=300, deadline=None)
def test_every_value_lies_within_the_limits_of_its_bin(values, unit, closed, limit):
    series = pl.Series(values, dtype=pl.Float64)
    cuts, bins = _axis(series, unit, limit, closed)
    assert cuts == sorted(set(cuts)) and len(bins) == len(cuts) + 1 and (len(bins) < 60 or unit == "score")
    places = pl.Series(cuts, dtype=pl.Float64).search_sorted(series, side="left" if closed == "right" else "right")
    for value, place in zip(values, places, strict=True):
        lower, upper = bins[place].lower, bins[place].upper
        if lower == upper and lower is not None:
            assert value == lower
        else:
            assert lower is None or (lower < value if closed == "right" else lower <= value)
            is_strict = closed == "left" or (unit == "duration" and lower is None)
            assert upper is None or (value < upper if is_strict else value <= upper)


@pytest.mark.parametrize(
    "metric, words",
    [
        ("csat", "csat is a share: its rows say yes or no"),
        ("tickets_created", "counts rows"),
        ("backlog", "counts rows"),
        ("net_flow", "computed from other metrics; ask for the rows of tickets_created or tickets_solved"),
        ("time_to_first_reply_km", "ask for first_reply_time"),
        ("speed", "speed is a topic"),
        ("frist_reply_time", "Did you mean 'first_reply_time'"),
    ],
)
def test_what_has_no_number_per_row_is_refused_in_one_line(metric, words):
    with pytest.raises(UsageError, match=re.escape(words)) as error:
        spread(ZENDESK, metric)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "metric, target, words",
    [
        ("first_reply_time", "soon", "'soon' is no target; write a number"),
        ("first_reply_time", "90 %", "first_reply_time is a duration, and no share"),
        ("nps", "4h", "nps is a points, and no duration"),
    ],
)
def test_a_target_must_fit_its_metric(metric, target, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        spread(SURVEYS, metric, target)


def test_without_a_target_of_its_own_it_takes_that_of_the_profile(run: Run, tmp_path):
    targets = "targets:\n  first_reply_time: {at_most: 2h}\n  nps: {at_least: 30}\n"
    (tmp_path / "cs-metrics.yml").write_text(targets)
    assert "target at most 2 h: 55.4 % beyond it" in run("distribution", "first_reply_time", ZENDESK, "-q").out
    assert "target at most 4 h" in run("distribution", "first_reply_time", ZENDESK, "-q", "--target", "4h").out
    assert "target" not in run("distribution", "nps", SURVEYS, "-q").out  # of the figure, not of single answers


def test_what_the_files_cannot_tell_is_a_data_error():
    with pytest.raises(DataError, match="nps is not in this export"):
        spread(ZENDESK, "nps")


def test_csv_and_json_hold_the_bins_unrounded(run: Run):
    question = ("distribution", "first_reply_time", ZENDESK, "--by", "group", "--target", "4h", "-q")
    rows = list(csv.DictReader(io.StringIO(run(*question, "-f", "csv").out)))
    whole = json.loads(run(*question, "-f", "json").out)
    assert [*rows[0]] == "metric group lower upper count share n p50 p75 p90 p95 p99 target beyond".split()
    parts = {part["by"].get("group"): part for part in whole["parts"][:-1]}
    assert whole["parts"][-1]["by"] == {} and whole["target"] == 14400 and whole["closed"] == "right"
    assert len(rows) == sum(len(part["bins"]) for part in parts.values())
    for group, part in parts.items():
        mine = [row for row in rows if row["group"].removeprefix("'") == (group or "")]
        assert [float(row["share"]) for row in mine] == [each["share"] for each in part["bins"]]
        assert sum(int(row["count"]) for row in mine) == part["n"]
        assert {float(row["p90"]) for row in mine} == {part["percentiles"]["p90"]}
        assert {float(row["beyond"]) for row in mine} == {part["beyond"]}


def drawn(found, **options) -> str:
    page = io.StringIO()
    FORMATS["table"](found, page, Options(**options))
    return page.getvalue()


def test_the_histogram_marks_percentiles_and_the_target_and_keeps_to_the_page():
    found = spread(ZENDESK, "first_reply_time", "4h")
    for width in (80, 100, 140):
        lines = drawn(found, width=width).splitlines()
        assert max(map(len, lines)) <= width
        (line,) = [place for place, text in enumerate(lines) if text.startswith("target 4 h")]
        assert lines[line - 1].startswith("2 – 4 h") and lines[line + 1].startswith("4 – 8 h")
        assert "38.3 %" in lines[line] and "p50 2 h 30 min" in lines[line - 1]
        assert lines[-1] == "target at most 4 h: 38.3 % beyond it (194 of 507)"


def test_colour_moves_nothing():
    found = spread(ZENDESK, "first_reply_time", "4h")
    assert re.sub(r"\x1b\[[0-9;]*m", "", drawn(found, width=100, color=True)) == drawn(found, width=100)


def test_small_multiples_stand_on_one_axis_the_greatest_first():
    page = drawn(spread(ZENDESK, "first_reply_time", by=("group",)), width=0)
    head = next(line for line in page.splitlines() if line.startswith("Group"))
    assert re.split(r" {2,}", head.strip()) == [
        *("Group", "Billing", "Versand & Retouren", "Technik", "[red]VIP[/red]", "(none)", "All")
    ]
    assert next(line for line in page.splitlines() if line.startswith("n ")).split() == "n 165 143 141 57 1 507".split()


def test_more_groups_than_fit_are_named(tmp_path):
    instants = {"created_at": "2024-01-08T00:00Z", "first_reply_at": "2024-01-08T01:00Z"}
    rows = [{"ticket_id": n, "group": f"g{n % 15}", **instants} for n in range(60)]
    found = spread(write(tmp_path / "tickets.csv", rows), "first_reply_time", by=("group",))
    assert "3 more by-values with fewer values: in csv and json" in drawn(found, width=0)
    assert len(found.parts) == 16


def test_a_stretch_without_rows_is_empty_and_no_error(run: Run):
    question = ("distribution", "first_reply_time", ZENDESK, "-q", "--from", "2024-01", "--to", "2024-01")
    assert "0 values" in run(*question).out
    assert json.loads(run(*question, "-f", "json").out)["parts"][0]["bins"] == []
    assert run(*question, "-f", "csv").out.startswith("metric,lower,upper,count")
