"""What a file holds decides what is on its scorecard; and every frame is split by the hours of the week."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cs_metrics.entities import FRAMES, WEEKDAYS
from tests.asking import ROOT, ask, figure, figures, missing, shipped, write

SAMPLES = ROOT / "sample_data"
CALLS = str(SAMPLES / "common/calls.csv.gz")
FRAME_OF = {name: shipped().metrics[name].frame for name in shipped().metrics}


@pytest.mark.parametrize(
    "name, frames",
    [
        ("common/calls.csv.gz", {"calls"}),
        ("common/customers.csv.gz", {"customers"}),
        ("common/mentions.csv.gz", {"mentions"}),
        ("common/visits.csv.gz", {"visits"}),
        ("common/surveys.csv", {"surveys"}),
        ("jira/issues.csv", {"tickets", "spells", "waits", "surveys"}),
    ],
)
def test_a_scorecard_speaks_of_what_its_files_hold_and_asks_for_nothing_else(name, frames):
    report = ask(str(SAMPLES / name), trend=True)
    named = [*report.result.metrics, *missing(report)]
    assert named and {FRAME_OF[metric] for metric in named} <= frames
    assert set(report.result.metrics)


def test_a_call_log_alone_is_a_call_centres_scorecard():
    report = ask(CALLS, trend=True)
    assert list(report.result.metrics) == [
        "abandonment_rate", "answer_rate", "average_handle_time", "average_speed_of_answer", "calls_offered",
        "first_call_resolution", "service_level", "talk_time",
    ]  # fmt: skip
    assert report.result.missing == []


def test_tickets_without_surveys_still_say_that_they_have_none(tmp_path):
    report = ask(write(tmp_path / "t.csv", [{"ticket_id": 1, "created_at": "2024-01-08T09:00Z", "status": "open"}]))
    lacking = missing(report)
    assert lacking["csat"] == "no surveys in these files"
    assert not {FRAME_OF[name] for name in lacking} & {"calls", "customers", "mentions", "visits"}


def test_a_metric_of_two_frames_is_on_the_scorecard_where_both_are():
    visits, tickets = str(SAMPLES / "common/visits.csv.gz"), str(SAMPLES / "lives/tickets.csv")
    assert "self_service_ratio" in ask([visits, tickets]).result.metrics
    assert "self_service_ratio" not in [*(report := ask(visits)).result.metrics, *missing(report)]


def test_a_topic_by_its_name_is_all_of_its_metrics_by_our_own_rules():
    report = ask(CALLS, "voice")
    own = {metric.name for metric in shipped().of_topic("voice") if metric.dialect_of is None}
    assert set(report.result.metrics) == own and len(own) == 10


@pytest.mark.parametrize(
    "path, metric, where",
    [
        ("common/calls.csv.gz", "talk_time", None), ("common/surveys.csv", "nps", None),
        ("common/mentions.csv.gz", "star_rating", None), ("common/visits.csv.gz", "help_centre_visitors", None),
        ("lives/tickets.csv", "tickets_created", None), ("lives/tickets.csv", "backlog", None),
        ("common/customers.csv.gz", "churned_share", "started_at IS NOT NULL"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["hour", "weekday", "day"])
def test_every_frame_is_split_by_hour_weekday_and_day(path, metric, where, by):
    report = ask(str(SAMPLES / path), metric, by=by, where=where, zone="Europe/Berlin")
    parts = figures(report, metric)
    hours = set(range(24))
    assert parts and (by == "day" or parts.keys() <= (hours if by == "hour" else set(WEEKDAYS)))
    assert sum(n or 0 for _, n in parts.values()) == figure(report, metric)[1]


def test_the_hours_of_the_week_are_those_of_the_reports_zone():
    report = ask(CALLS, "calls_offered", by=("weekday", "hour"), zone="Europe/Berlin")
    counted: Counter[tuple[str, int]] = Counter()
    for started in report.plan.rows(report.plan.metrics[0])["date"]:
        local = started.astimezone(ZoneInfo("Europe/Berlin"))
        counted[WEEKDAYS[local.weekday()], local.hour] += 1
    assert {key: n for key, (_, n) in figures(report, "calls_offered").items() if n} == counted


def test_the_busiest_hour_is_the_one_with_most_arrivals_and_of_equals_the_earliest(tmp_path):
    hours = [8, 9, 9, 14, 14, 23]
    rows = [
        {"ticket_id": n, "created_at": datetime(2024, 1, 8 + n, hour, 30, tzinfo=UTC)} for n, hour in enumerate(hours)
    ]
    path = write(tmp_path / "t.csv", rows)
    assert figure(ask(path, "busiest_hour"), "busiest_hour") == (9, 6)
    assert figure(ask(path, "busiest_hour", zone="Asia/Kolkata"), "busiest_hour") == (15, 6)  # half past nine is three
    assert figures(ask(path, "busiest_hour", grain="week"), "busiest_hour") == {"2024-01-08": (9, 6)}


def test_files_without_any_date_are_told_over_all_and_not_by_period(tmp_path):
    path = write(tmp_path / "c.csv", [{"customer_id": n, "is_churned": n < 3} for n in range(8)])
    report = ask(path, trend=True)
    assert figure(report, "churned_share") == (3 / 8, 8)
    assert report.result.question["as_of"] is None and report.result.sources[0].as_of is None
    assert report.result.frame["grain"].unique().to_list() == ["all"]
    lacking = missing(ask(path, "churned_share", grain="month"))
    assert lacking["churned_share"] == "its customers have no dates: only for all together"
    assert "no dates" in missing(ask(path, "churned_share", since="2024-01-01"))["churned_share"]


def test_undated_customers_do_not_stretch_the_periods_of_the_tickets_beside_them(tmp_path):
    customers = write(tmp_path / "c.csv", [{"customer_id": n, "is_churned": n < 3} for n in range(8)])
    report = ask([customers, str(SAMPLES / "lives/tickets.csv")], trend=True)
    periods = report.result.frame.drop_nulls("period")["period"]
    assert str(periods.min()) > "2024"


def test_what_is_counted_by_a_condition_that_no_row_meets_is_not_in_the_file():
    report = ask(str(SAMPLES / "common/surveys.csv"), ["csat_surveys_sent", "survey_coverage", "nps"])
    assert missing(report)["csat_surveys_sent"] == "no row with kind = 'csat'"
    assert "survey_coverage" in missing(report)


def test_every_frame_that_a_file_may_hold_has_metrics():
    of_tickets = {"messages", "changes", "work", "sla_events"}  # what they hold is told of tickets
    assert FRAMES.keys() - of_tickets <= {FRAME_OF[name] for name in FRAME_OF}


@pytest.mark.slow
@pytest.mark.parametrize(
    "file", ["calls.csv.gz", "customers.csv.gz", "mentions.csv.gz", "visits.csv.gz", "surveys.csv"]
)
def test_without_any_one_column_the_rest_is_told_and_the_lack_is_named(tmp_path, file):
    name = file.partition(".")[0]
    frame = pl.read_csv(SAMPLES / "common" / file, infer_schema=False)
    asked = [metric for metric in shipped().metrics if FRAME_OF[metric] == name]
    whole = ask(str(SAMPLES / "common" / file), asked)
    required = {*FRAMES[name].key, *FRAMES[name].required} if name != "customers" else {"customer_id"}
    for column in [each for each in frame.columns if each not in required]:
        path = tmp_path / f"without_{column}.csv"
        frame.drop(column).write_csv(path)
        report = ask(str(path), asked)
        assert {*report.result.metrics, *missing(report)} == set(asked)
        for metric in set(whole.result.metrics) - set(report.result.metrics):
            assert missing(report)[metric], (column, metric)
        for metric in report.result.metrics:
            assert figure(report, metric)[1] is not None, (column, metric)


def test_what_no_row_is_old_enough_for_is_said_to_be_young_and_not_to_lack_columns(tmp_path):
    opened = {"created_at": "2024-01-08T09:00Z", "solved_at": "2024-01-09T09:00Z", "status": "closed"}
    young = write(tmp_path / "t.csv", [{"ticket_id": number, **opened} for number in range(3)])
    assert missing(ask(young, trend=True))["resolution_rate"] == "none of its rows is 14 days old yet"
    later = {"ticket_id": 9, "created_at": "2024-01-23T09:00Z", "status": "open"}
    older = write(tmp_path / "u.csv", [{"ticket_id": 1, **opened}, later])
    assert figure(ask(older, "resolution_rate"), "resolution_rate") == (1.0, 1)


def test_no_clock_at_risk_is_none_and_not_unknown(tmp_path):
    report = ask(str(SAMPLES / "jira"), "sla_at_risk")
    assert missing(report) == {} and figure(report, "sla_at_risk") == (0.0, 0)
    without_clocks = str(SAMPLES / "freshdesk/tickets.csv")
    assert "sla_at_risk" in missing(ask(without_clocks, "sla_at_risk"))


def test_a_rating_that_nothing_dates_is_told_in_a_note(tmp_path):
    opened = {"created_at": "2024-01-08T09:00Z"}
    rows = [{"ticket_id": 1, "status": "solved", "solved_at": "2024-01-09T09:00Z", **opened}]
    rows.append({"ticket_id": 2, "status": "open", **opened})
    tickets = write(tmp_path / "tickets.csv", rows)
    rated = {"kind": "csat", "score": 5, "scale_min": 1, "scale_max": 5}
    surveys = write(tmp_path / "surveys.csv", [{"survey_id": n, "ticket_id": n, **rated} for n in (1, 2)])
    report = ask([tickets, surveys], "csat")
    assert figure(report, "csat") == (1.0, 1)
    (note,) = [note for note in report.result.notes if note.code == "undated"]
    assert note.text == "surveys of tickets that are not solved have no date: 1 not in csat"
    assert "undated" not in {
        note.code for note in ask([tickets, surveys], "csat", where="ticket_id = '1'").result.notes
    }


@pytest.mark.parametrize("name", ["zendesk", "zendesk_history", "intercom", "trustpilot", "gorgias", "aircall_api"])
def test_a_metric_asked_for_alone_is_that_of_the_scorecard(name):
    whole = ask(str(SAMPLES / name)).result
    for metric in whole.metrics:
        if FRAME_OF[metric] in ("surveys", "mentions", "calls"):
            alone = ask(str(SAMPLES / name), metric).result.frame.select("metric", "value", "n", "of")
            assert alone.rows() == whole.frame.filter(metric=metric).select("metric", "value", "n", "of").rows()
