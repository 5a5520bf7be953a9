"""A question put to a population: by, where, top, windows, dates, derived metrics, and what cannot be answered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.errors import UsageError
from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import build
from tests.asking import NOW, account, ask, figure, figures, missing, own, shipped, write

JANUARY = datetime(2024, 1, 8, 9, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def ticket(number: Any, **cells: Any) -> dict[str, Any]:
    return {"ticket_id": number, "created_at": JANUARY, "status": "open", **cells}


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """Three tickets of Billing, two of Sales, one of nobody; Billing's first two are solved."""
    rows = [
        ticket(1, group="Billing", solved_at=JANUARY + DAY, status="solved", first_reply_at=JANUARY + 10 * MINUTE,
               agent_replies=1, tags="vip,de"),
        ticket(2, group="Billing", solved_at=JANUARY + 40 * DAY, status="closed", first_reply_at=JANUARY + 30 * MINUTE,
               agent_replies=3),
        ticket(3, group="Billing", created_at=JANUARY + DAY, tags="de"),
        ticket(4, group="Sales", created_at=JANUARY + 40 * DAY, tags="de, vip"),
        ticket(5, group="Sales", created_at=JANUARY + 41 * DAY, first_reply_at=JANUARY + 41 * DAY),
        ticket(6, created_at=JANUARY + 70 * DAY),
    ]  # fmt: skip
    return write(tmp_path / "shop.csv", rows)


def test_nobodys_tickets_are_a_group_of_their_own_and_no_total(shop):
    report = ask(shop, "tickets_created", by="group")
    assert figures(report, "tickets_created") == {"Billing": (3, 3), "Sales": (2, 2), None: (1, 1)}
    assert figure(report, "tickets_created") == (6, 6)
    assert report.result.frame["total"].to_list() == [False, False, False, True]


def test_every_group_has_every_month_and_every_metric_of_its_frame(shop):
    report = ask(
        shop,
        ["tickets_created", "tickets_solved", "net_flow", "backlog", "first_reply_time"],
        by="group",
        grain="month",
    )
    months = ["2024-01-01", "2024-02-01", "2024-03-01"]
    for metric in report.result.metrics:
        assert set(figures(report, metric)) == {
            (month, group) for month in months for group in ("Billing", "Sales", None)
        }, metric
    assert figures(report, "tickets_solved")["2024-02-01", "Sales"] == (0, 0)
    assert figures(report, "net_flow")["2024-02-01", "Sales"] == (2, None)
    assert figures(report, "net_flow")["2024-03-01", None] == (1, None)
    assert figures(report, "backlog")["2024-03-01", "Sales"] == (2, 2)
    assert figures(report, "first_reply_time")["2024-03-01", "Sales"] == (None, 0)


def test_a_metric_of_metrics_puts_each_part_on_its_own_date(shop):
    found = figures(ask(shop, "net_flow", grain="month"), "net_flow")
    assert found == {"2024-01-01": (2, None), "2024-02-01": (1, None), "2024-03-01": (1, None)}


def test_where_leaves_rows_out_of_value_n_and_of(shop):
    row = ask(shop, "first_reply_time", where="group = 'Billing' AND ticket_id <> '2'").result.frame.row(0, named=True)
    assert (row["value"], row["n"], row["of"]) == (600, 1, 2)


def test_what_where_cannot_say_of_an_empty_cell_is_left_out(shop):
    assert figure(ask(shop, "tickets_created", where="group <> 'Billing'"), "tickets_created") == (2, 2)
    assert figure(ask(shop, "tickets_created", where="group IS DISTINCT FROM 'Billing'"), "tickets_created") == (3, 3)


def test_a_metric_that_cannot_be_filtered_or_split_is_left_out_and_said(shop, tmp_path):
    report = ask(shop, ["tickets_created", "csat"], where="brand = 'x'")
    assert missing(report)["tickets_created"] == "cannot be filtered by brand"
    assert "brand" in missing(ask(shop, "tickets_created", by="brand"))["tickets_created"]
    with pytest.raises(UsageError, match="Did you mean 'group'"):
        ask(shop, "tickets_created", by="grop")
    with pytest.raises(UsageError, match="Did you mean 'group'"):
        ask(shop, "tickets_created", where="grop = 'x'")
    with pytest.raises(UsageError, match="not a condition"):
        ask(shop, "tickets_created", where="group")


def test_top_gathers_the_rest_from_rows(shop):
    report = ask(shop, ["tickets_created", "first_reply_time", "backlog"], by="group", top=1)
    assert figures(report, "tickets_created") == {"Billing": (3, 3), "other": (3, 3)}
    assert figures(report, "first_reply_time") == {"Billing": (1200, 2), "other": (0, 1)}
    assert figures(report, "backlog") == {"Billing": (1, 1), "other": (3, 3)}
    assert figures(ask(shop, "backlog", by="group", top=1), "backlog") == {"Billing": (1, 1), "other": (3, 3)}


def test_a_list_of_labels_is_one_value_whatever_its_order(shop):
    assert figures(ask(shop, "tickets_created", by="tags"), "tickets_created") == {
        "de": (1, 1),
        "de, vip": (2, 2),
        None: (3, 3),
    }


def test_files_without_a_metrics_frame_do_not_stop_the_run(shop):
    report = ask(shop, ["csat", "tickets_created"])
    assert missing(report) == {"csat": "no surveys in these files"}
    assert missing(ask(shop, "nps")) == {"nps": "no surveys in these files"}


def test_a_backlog_at_the_end_of_a_window_knows_nothing_that_came_after_it(shop):
    assert figure(ask(shop, "backlog", until="2024-01"), "backlog") == (2, 2)
    assert figures(ask(shop, "backlog", until="2024-02", since="2024-02", grain="month"), "backlog") == {
        "2024-02-01": (3, 3)
    }


def test_the_rows_behind_a_backlog_are_its_tickets(shop):
    report = ask(shop, "backlog", until="2024-01", by="group")
    rows = report.plan.rows(report.plan.metrics[0])
    assert rows.select("ticket_id", "group").rows() == [("2", "Billing"), ("3", "Billing")]


def test_rows_are_shown_with_their_value_their_date_and_what_they_are_split_by(shop):
    report = ask(shop, "first_reply_time", by="group")
    rows = report.plan.rows(report.plan.metrics[0])
    assert rows.select("ticket_id", "group", "value").rows() == [
        ("1", "Billing", 600),
        ("2", "Billing", 1800),
        ("5", "Sales", 0),
    ]
    assert rows["date"][0] == JANUARY


def test_a_whole_month_is_compared_with_the_one_before_and_a_running_one_with_as_much_of_it(tmp_path):
    rows = [ticket(f"{day}-{n}", created_at=datetime(2024, 1, 1, tzinfo=UTC) + day * DAY + n * timedelta(hours=2))
            for day in range(80) for n in range(12) if day % 7 < 6 or n < 6]  # fmt: skip
    frame = ask(write(tmp_path / "t.csv", rows), "tickets_created", grain="month").result.frame
    assert frame.select("value", "complete", "previous", "change").rows() == [
        (348, True, None, None),
        (324, True, 348, -24),
        (222, False, 222, 0),  # 20 days of March and of February, 17 of them of 12 tickets and 3 Sundays of 6
    ]


def test_what_only_grows_with_age_is_never_compared(tmp_path):
    rows = [ticket(n, created_at=datetime(2024, 1, 1, tzinfo=UTC) + n * timedelta(hours=6)) for n in range(400)]
    frame = ask(
        write(tmp_path / "t.csv", rows), ["resolution_rate_to_date", "tickets_created"], grain="month"
    ).result.frame
    assert frame.filter(pl.col("metric") == "resolution_rate_to_date")["previous"].null_count() == frame.height / 2
    assert frame.filter(pl.col("metric") == "tickets_created")["previous"].null_count() < frame.height / 2


# Dates


def test_a_rating_is_dated_by_its_answer_else_its_sending_else_the_solve_of_its_ticket(tmp_path):
    tickets = write(tmp_path / "t.csv", [ticket(1, status="solved", solved_at=datetime(2024, 3, 5, tzinfo=UTC))])
    common = {"kind": "csat", "ticket_id": 1, "is_satisfied": True}
    dates = ["sent_at", "answered_at"]
    for cells, month in (
        ({"answered_at": datetime(2024, 1, 5, tzinfo=UTC), "sent_at": datetime(2023, 12, 5, tzinfo=UTC)}, "2024-01-01"),
        ({"sent_at": datetime(2024, 2, 5, tzinfo=UTC)}, "2024-02-01"),
        ({}, "2024-03-01"),
    ):
        survey = write(tmp_path / "s.csv", [{**common, "survey_id": 1, **cells}], dates)
        assert figures(ask([tickets, survey], "csat", grain="month"), "csat") == {month: (1, 1)}


def test_a_resolution_target_is_dated_by_when_it_was_due_and_an_open_breach_is_missed(tmp_path):
    met = "reported_resolution_sla_met"
    rows = [
        ticket(1, due_at=datetime(2024, 2, 3, tzinfo=UTC), status="solved", solved_at=JANUARY + DAY, **{met: True}),
        ticket(2, due_at=datetime(2024, 2, 4, tzinfo=UTC), **{met: False}),
        ticket(3, due_at=datetime(2024, 2, 5, tzinfo=UTC)),
        ticket(4, created_at=datetime(2024, 3, 1, tzinfo=UTC), due_at=datetime(2024, 3, 9, tzinfo=UTC), **{met: True}),
    ]
    found = figures(
        ask(write(tmp_path / "t.csv", rows), "resolution_sla_attainment", grain="month"), "resolution_sla_attainment"
    )
    assert found == {"2024-02-01": (0.5, 2)}


def test_reopens_are_dated_by_the_first_solve_solved_again_or_not(tmp_path):
    rows = [
        ticket(1, first_solved_at=JANUARY, reopens=1),
        ticket(2, first_solved_at=JANUARY, status="solved", solved_at=JANUARY + 60 * DAY, reopens=2),
        ticket(3, status="solved", solved_at=JANUARY, reopens=0),
    ]
    report = ask(write(tmp_path / "t.csv", rows), ["reopen_rate", "first_resolution_time"], grain="month")
    assert figures(report, "reopen_rate") == {"2024-01-01": (pytest.approx(2 / 3), 3)}


# Metrics of one's own


def test_each_word_of_aggregation_gives_its_figure_and_its_empty_value(tmp_path):
    rows = [
        ticket(n, agent_replies=value, requester=who)
        for n, (value, who) in enumerate([(1, "a"), (2, "b"), (4, "b"), (None, None)])
    ]
    rows.append(ticket("later", created_at=JANUARY + 70 * DAY))
    tail = "frame: tickets\ndate: created_at\nvalue: agent_replies\nagg: "
    words = {"sum": 7, "mean": 7 / 3, "median": 2, "p75": 3, "p90": 3.6, "p95": 3.8, "p99": 3.96, "min": 1, "max": 4}
    catalogue = own(
        tmp_path,
        **{f"our_{word}": f"{tail}{word}\n" for word in words},
        our_count="frame: tickets\ndate: created_at\nvalue: requester\nagg: count\n",
        our_people="frame: tickets\ndate: created_at\nvalue: requester\nagg: count_distinct\n",
        our_ratio="frame: tickets\ndate: created_at\nagg: ratio\nnumerator: agent_replies\n"
        "denominator: agent_replies + 1\n",
    )
    names = [f"our_{word}" for word in words]
    report = ask(
        write(tmp_path / "t.csv", rows), [*names, "our_count", "our_people", "our_ratio"], catalogue, grain="month"
    )
    for word, value in words.items():
        assert figures(report, f"our_{word}")["2024-01-01"] == (pytest.approx(value), 3), word
        assert figures(report, f"our_{word}")["2024-02-01"] == (None, 0), word
    assert figures(report, "our_count")["2024-01-01"] == (3, 3)
    assert figures(report, "our_people")["2024-01-01"] == (2, 3)
    assert figures(report, "our_ratio")["2024-01-01"] == (pytest.approx(7 / 10), 3)
    assert [figures(report, name)["2024-02-01"] for name in ("our_count", "our_people", "our_ratio")] == [
        (0, 0),
        (0, 0),
        (None, 0),
    ]


def test_a_ratio_over_nothing_is_nothing(tmp_path, shop):
    lines = "frame: tickets\ndate: created_at\nagg: ratio\nnumerator: agent_replies\ndenominator: reopens\n"
    rows = [ticket(n, agent_replies=2, reopens=0) for n in (1, 2)]
    assert figure(ask(write(tmp_path / "t.csv", rows), "ours", own(tmp_path, ours=lines)), "ours") == (None, 2)


def test_nps_of_no_answer_is_nothing_and_not_not_a_number(tmp_path):
    rows = [{"survey_id": n, "kind": "nps", "score": score, "answered_at": datetime(2024, month, 5, tzinfo=UTC)}
            for n, (score, month) in enumerate([(10, 1), (0, 3), (11, 3), (-1, 3)])]  # fmt: skip
    found = figures(ask(write(tmp_path / "s.csv", rows), "nps", grain="month"), "nps")
    assert found == {"2024-01-01": (100, 1), "2024-02-01": (None, 0), "2024-03-01": (-100, 1)}


def test_what_is_not_finite_is_left_out_and_said(tmp_path, shop):
    catalogue = own(tmp_path, odd="frame: tickets\ndate: created_at\nvalue: 1.0 / (agent_replies - 1)\nagg: mean\n")
    report = ask(shop, "odd", catalogue)
    assert figure(report, "odd") == (0.5, 1)
    assert [note.count for note in report.result.notes if note.code == "non-finite"] == [1]


def test_a_stock_of_another_frame_is_a_stock_too(tmp_path):
    catalogue = own(tmp_path, customers="frame: customers\ndate: started_at\nuntil: ended_at\nagg: stock\n")
    rows = [
        {"customer_id": 1, "started_at": datetime(2024, 1, 5, tzinfo=UTC)},
        {
            "customer_id": 2,
            "started_at": datetime(2024, 1, 6, tzinfo=UTC),
            "ended_at": datetime(2024, 2, 6, tzinfo=UTC),
        },
        {"customer_id": 3, "started_at": datetime(2024, 3, 6, tzinfo=UTC)},
    ]
    found = figures(ask(write(tmp_path / "c.csv", rows), "customers", catalogue, grain="month"), "customers")
    assert found == {"2024-01-01": (2, 2), "2024-02-01": (1, 1), "2024-03-01": (2, 2)}


def test_a_date_that_is_also_in_the_condition_is_there(tmp_path):
    lines = "frame: surveys\ndate: [answered_at, ticket.solved_at]\nvalue: score\nagg: mean\n"
    lines += "where: ticket.solved_at IS NOT NULL\n"
    tickets = write(tmp_path / "t.csv", [ticket(1, status="solved", solved_at=JANUARY), ticket(2)], ["solved_at"])
    surveys = [{"survey_id": n, "kind": "csat", "ticket_id": n, "score": n, "answered_at": JANUARY} for n in (1, 2)]
    report = ask([tickets, write(tmp_path / "s.csv", surveys)], "of_solved", own(tmp_path, of_solved=lines))
    assert figure(report, "of_solved") == (1, 1)


def test_a_row_of_surveys_is_split_and_filtered_by_what_its_ticket_says(tmp_path):
    tickets = write(tmp_path / "t.csv", [ticket(1, priority="high", brand="a"), ticket(2, priority="low", brand="b")])
    surveys = [
        {"survey_id": n, "kind": "csat", "ticket_id": n, "is_satisfied": n == 1, "answered_at": JANUARY}
        for n in (1, 2, 3)
    ]
    files = [tickets, write(tmp_path / "s.csv", surveys)]
    assert figures(ask(files, "csat", by="ticket.priority"), "csat") == {"high": (1, 1), "low": (0, 1), None: (0, 1)}
    assert figures(ask(files, "csat", by="priority"), "csat") == {"high": (1, 1), "low": (0, 1), None: (0, 1)}
    assert figure(ask(files, "csat", where="brand = 'a'"), "csat") == (1, 1)
    assert account(ask(files, "csat"), "surveys")["used"] == 3


def test_a_period_and_its_end_follow_the_calendar(shop):
    frame = ask(shop, "tickets_created", grain="quarter", year_start=2).result.frame
    assert frame.select("period", "period_end").rows() == [
        (date(2023, 11, 1), date(2024, 2, 1)),
        (date(2024, 2, 1), date(2024, 5, 1)),
    ]


def test_tickets_without_a_created_date_have_no_clock_and_no_days_that_they_cover(tmp_path):
    rows = [{"ticket_id": n, "solved_at": "2024-01-09T09:00Z", "status": "solved"} for n in (1, 2)]
    text = "frames: {tickets: {ticket_id: ticket_id, solved_at: solved_at, status: status}}"
    (tmp_path / "my.yml").write_text(text, encoding="utf-8")
    undated = "frames: {tickets: {ticket_id: ticket_id, status: status}}"
    (tmp_path / "undated.yml").write_text(undated, encoding="utf-8")
    file = write(tmp_path / "a.csv", rows)
    question = Question(now=NOW, calendar=Calendar(), zone_given=True)
    report = build(open_exports([file], None, [tmp_path / "my.yml"]), question, shipped())
    assert figure(report, "tickets_solved") == (2, 2)
    lack = missing(report)
    assert [lack[name] for name in ("backlog", "backlog_age", "tickets_created")] == ["needs created_at"] * 3
    assert lack["csat"] == "no surveys in these files"
    report = build(open_exports([file], None, [tmp_path / "undated.yml"]), question, shipped())
    assert report.result.question["as_of"] is None
    assert [(source.as_of, source.covers_from) for source in report.result.sources] == [(None, None)]


def test_a_metric_of_metrics_alone_is_compared_with_the_month_before_the_stretch_asked_for(tmp_path):
    """Its parts are not in the report, and yet theirs is the month before."""
    created = [datetime(2024, month, 5, tzinfo=UTC) for month in (1, 2, 2, 3, 3, 3, 4)]
    rows = [ticket(n, created_at=at, status="open", solved_at=None) for n, at in enumerate(created)]
    frame = ask(write(tmp_path / "t.csv", rows), "net_flow", grain="month", since="2024-03").result.frame
    assert frame.select("value", "previous").rows()[0] == (3, 2)
