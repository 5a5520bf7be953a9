"""What must hold of any helpdesk's rows whatever they are: sums, order, duplicates, and the rows behind each number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.asking import ask, figure, figures, shipped, write

pytestmark = pytest.mark.slow  # run by `make slow`, and by .ci/run

START = datetime(2024, 1, 1, tzinfo=UTC)
TICKETS = [name for name, metric in shipped().metrics.items() if metric.frame in ("tickets", "spells")]
COUNTS = ["tickets_created", "tickets_solved", "backlog"]

few = settings(
    max_examples=8, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)

hours = st.integers(0, 24 * 120)
small = st.none() | st.integers(0, 3)
flags = st.sampled_from([None, None, None, True, False])


@st.composite
def tickets(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One ticket, or up to thirty, of a few people over four months, with holes."""
    return [_ticket(draw, number) for number in range(draw(st.integers(8, 30)) if draw(st.booleans()) else 1)]


def _ticket(draw: st.DrawFn, number: int) -> dict[str, Any]:
    created = START + timedelta(hours=draw(hours), seconds=draw(st.sampled_from([0, 1, 1799])))
    status = draw(st.sampled_from(["new", "open", "pending", "solved", "closed", "closed", "deleted"]))
    solved = created + timedelta(minutes=draw(st.integers(-30, 60 * 24 * 20)))
    replied = created + timedelta(minutes=draw(st.integers(-5, 3000)))
    return {
        "ticket_id": number,
        "created_at": created,
        "updated_at": max(created, solved, replied),
        "first_reply_at": replied if draw(st.booleans()) else None,
        "first_solved_at": created + (solved - created) / 2 if draw(st.booleans()) else None,
        "solved_at": solved if status in ("solved", "closed") else None,
        "status": status,
        "group": draw(st.sampled_from(["a", "b", "c", None])),
        "requester": draw(st.sampled_from(["ann", "bob", "eve", None])),
        "agent_replies": draw(small),
        "customer_replies": draw(small),
        "reopens": draw(small),
        "assignee_stations": draw(small),
        "is_spam": draw(flags),
        "is_merged": draw(flags),
        "created_by_agent": draw(flags),
        "escalated": draw(flags),
        "reported_first_reply_sla_met": draw(flags),
        "reported_resolution_sla_met": draw(flags),
        "due_at": created + timedelta(days=2) if draw(st.booleans()) else None,
    }


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def told(files: str | list[str], **question: Any) -> dict[Any, Any]:
    """Every figure of every metric, by metric, period, total and by-values, rounded to what order may change."""
    frame = ask(files, list(shipped().metrics), **question).result.frame
    key = ["metric", "period", "total", *question.get("by", ())]
    rows = frame.with_columns(pl.col("value").round_sig_figs(10)).select(*key, "value", "n", "of").rows()
    return {row[: len(key)]: row[len(key) :] for row in rows}


@few
@given(tickets())
def test_the_parts_of_a_count_sum_to_the_total(rows):
    with folder() as at:
        path = write(at / "t.csv", rows)
        for grain in ("all", "month"):
            report = ask(path, COUNTS, by="group", grain=grain)
            for metric in COUNTS:
                parts: dict[Any, float] = {}
                for key, (value, _) in figures(report, metric).items():
                    period = key[0] if grain == "month" else ()
                    parts[period] = parts.get(period, 0) + (value or 0)
                totals = {key: value for key, (value, _) in figures(report, metric, total=True).items()}
                assert {key: parts.get(key, 0) for key in totals} == totals
                assert parts.keys() <= totals.keys()


@few
@given(tickets())
def test_the_months_of_a_flow_sum_to_the_whole_and_the_last_stock_is_the_stock(rows):
    with folder() as at:
        path = write(at / "t.csv", rows)
        in_all, months = ask(path, COUNTS), ask(path, COUNTS, grain="month")
        for metric in ("tickets_created", "tickets_solved"):
            assert sum(value or 0 for value, _ in figures(months, metric).values()) == figure(in_all, metric)[0]
        stocks = figures(months, "backlog")
        assert stocks[max(stocks)] == figure(in_all, "backlog") if stocks else True


@few
@given(tickets(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_files_changes_nothing(rows, random: Random):
    shuffled = random.sample(rows, len(rows))
    cut = random.randrange(len(rows) + 1)
    columns = list(rows[0])
    with folder() as at:
        whole = told(write(at / "t.csv", rows), by=("group",), grain="month")
        assert told(write(at / "shuffled.csv", shuffled), by=("group",), grain="month") == whole
        halves = [write(at / "1.csv", shuffled[:cut], columns), write(at / "2.csv", shuffled[cut:], columns)]
        assert told(halves, by=("group",), grain="month") == whole
        assert told(halves[::-1], by=("group",), grain="month") == whole


@few
@given(tickets(), st.data())
def test_a_row_twice_and_an_older_version_of_it_change_nothing(rows, data):
    again = data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=5))
    older = [{**row, "updated_at": START - timedelta(days=1), "status": "open", "solved_at": None} for row in again]
    with folder() as at:
        before, after = write(at / "t.csv", rows), write(at / "more.csv", [*older, *rows, *again, *older])
        assert told(after, grain="month") == told(before, grain="month")


@few
@given(tickets())
def test_there_are_exactly_n_rows_behind_every_number(rows):
    with folder() as at:
        report = ask(write(at / "t.csv", rows), TICKETS)
        for metric in (each for each in report.plan.metrics if each.name in report.result.metrics):
            behind = report.plan.rows(metric)
            value, n = figure(report, metric.name)
            assert behind.height == (n or 0), metric.name
            assert behind["ticket_id"].n_unique() == behind.height
            if metric.agg in ("mean", "share") and n:
                assert behind["value"].cast(pl.Float64).mean() == pytest.approx(value)
            if metric.agg == "median" and n:
                assert behind["value"].median() == pytest.approx(value)


@few
@given(tickets())
def test_the_backlog_is_what_is_neither_solved_nor_closed_nor_deleted(rows):
    as_of = max(row["updated_at"] for row in rows)
    left = [row for row in rows if not row["is_spam"] and not row["is_merged"]]
    open_ones = [row for row in left if row["status"] not in ("solved", "closed", "deleted")]
    with folder() as at:
        report = ask(write(at / "t.csv", rows), ["backlog", "tickets_created"], now=as_of)
        assert figure(report, "backlog") == (len(open_ones), len(open_ones))
        assert figure(report, "tickets_created")[0] == sum(row["status"] != "deleted" for row in left)


@few
@given(tickets())
def test_every_share_and_percentile_lies_between_the_least_and_the_greatest_of_its_rows(rows):
    with folder() as at:
        report = ask(write(at / "t.csv", rows), TICKETS)
        for metric in (each for each in report.plan.metrics if each.name in report.result.metrics):
            value, n = figure(report, metric.name)
            if metric.agg in ("median", "p90", "mean", "share") and n:
                behind = report.plan.rows(metric)["value"].cast(pl.Float64)
                assert behind.min() - 1e-6 <= value <= behind.max() + 1e-6, metric.name


@few
@given(tickets(), st.sampled_from(["a", "b", "c"]))
def test_the_figure_of_a_group_is_the_figure_where_the_group_is_it(rows, group):
    with folder() as at:
        path = write(at / "t.csv", rows)
        split = told(path, by=("group",), grain="month")
        alone = told(path, where=f"group = '{group}'", grain="month")
        of_the_group = {
            (metric, period): told for (metric, period, total, name), told in split.items() if name == group
        }
        for (metric, period, _), found in alone.items():
            if (metric, period) in of_the_group:
                assert of_the_group[metric, period] == found, (metric, period)
            else:
                assert not found[0] and not found[1], (metric, period)


@few
@given(tickets())
def test_a_metric_says_the_same_alone_and_in_company(rows):
    with folder() as at:
        path = write(at / "t.csv", rows)
        together = ask(path, TICKETS, grain="month")
        for metric in ("backlog", "first_contact_resolution", "reopen_rate", "resolution_sla_attainment"):
            alone = figures(ask(path, metric, grain="month"), metric)
            company = figures(together, metric)
            assert {key: company[key] for key in alone} == alone, metric
            empty = {(None, 0), (0.0, 0)} | ({company[max(alone)]} if metric == "backlog" and alone else set())
            assert all(company[key] in empty for key in company.keys() - alone.keys()), metric


@few
@given(tickets())
def test_totals_are_computed_again_from_rows_and_not_from_parts(rows):
    with folder() as at:
        path = write(at / "t.csv", rows)
        whole, split = told(path, grain="month"), told(path, grain="month", by=("group",))
        assert {(m, p, False): found for (m, p, total, _), found in split.items() if total} == whole


@few
@given(tickets())
def test_a_window_shows_the_months_that_it_names_as_the_whole_does(rows):
    with folder() as at:
        path = write(at / "t.csv", rows)
        flows = [name for name in TICKETS if name not in ("backlog", "first_contact_resolution", "resolution_rate")]
        whole = ask(path, [*flows, "backlog"], grain="month")
        cut = ask(path, [*flows, "backlog"], grain="month", since="2024-02", until="2024-03")
        for metric in (*flows, "backlog"):
            known = figures(whole, metric)
            for period, found in figures(cut, metric).items():
                assert period in ("2024-02-01", "2024-03-01")
                empty = (0.0 if shipped().metrics[metric].gathering.counts else None, 0)
                (value, n), (known_value, known_n) = found, known.get(period, empty)
                assert n == known_n, (metric, period)
                # sums of decimals differ in the last digit with the order in which threads add them
                assert value == known_value or value == pytest.approx(known_value, rel=1e-12), (metric, period)
