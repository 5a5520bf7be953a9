"""One KPI by the rules of several helpdesks, side by side, and how far they lie apart."""

from __future__ import annotations

import json

import pytest

from cs_metrics.errors import UsageError
from tests.asking import ROOT, ask, figure, shipped, write
from tests.conftest import Run

SOLVED = {"created_at": "2024-01-08T09:00Z", "status": "solved", "solved_at": "2024-01-08T10:00Z", "reopens": 0}
TICKETS = [  # replies by agents, replies by the customer: one of each rule's cases
    {"ticket_id": 1, "requester": "ann", "agent_replies": 0, "customer_replies": 0, **SOLVED},
    {"ticket_id": 2, "requester": "bob", "agent_replies": 1, "customer_replies": 0, **SOLVED},
    {"ticket_id": 3, "requester": "cy", "agent_replies": 1, "customer_replies": 1, **SOLVED},
    {"ticket_id": 4, "requester": "di", "agent_replies": 3, "customer_replies": 2, **SOLVED},
    {"ticket_id": 5, "requester": "ed", "agent_replies": 2, "customer_replies": 0, **SOLVED},
    {"ticket_id": 6, "requester": "flo", "created_at": "2024-02-08T09:00Z", "status": "open"},  # a week is over
]


@pytest.fixture
def tickets(tmp_path) -> str:
    return write(tmp_path / "tickets.csv", [{"group": "A" if row["ticket_id"] < 3 else "B", **row} for row in TICKETS])


def spread(report, metric="first_contact_resolution"):
    (found,) = [each for each in report.result.spreads if each.metric == metric]
    return found


def test_the_rules_of_a_kpi_stand_side_by_side_ours_first(tickets):
    found = ask(tickets, "first_contact_resolution", dialects=True)
    assert list(found.result.metrics) == [
        "first_contact_resolution",  # 1, 2 and 3
        "first_contact_resolution_freshdesk",  # 2 and 3: solved in the first response
        "first_contact_resolution_freshservice",  # 1, 2 and 5: the customer never wrote again
        "first_contact_resolution_helpscout",  # 2 and 3 of the four that were replied to
    ]
    assert [figure(found, metric)[0] for metric in found.result.metrics] == [0.6, 0.4, 0.6, 0.5]


def test_the_spread_goes_from_the_least_figure_to_the_greatest_and_says_what_cannot_be_told(tickets):
    found = spread(ask(tickets, "first_contact_resolution", dialects=True))
    assert (found.low, found.high) == (0.4, 0.6)
    assert found.missing == {"first_contact_resolution_intercom": "needs messages"}
    assert [rule.dialect for rule in found.rules] == [None, "freshdesk", "freshservice", "helpscout", "intercom"]


def test_the_spread_is_that_of_all_together_where_figures_are_split(tickets):
    whole, split = (spread(ask(tickets, "first_contact_resolution", by=by, dialects=True)) for by in ((), ("group",)))
    assert split == whole


def test_periods_alone_have_no_spread(tickets):
    assert ask(tickets, "first_contact_resolution", grain="month", dialects=True).result.spreads == []


def test_a_dialect_brings_its_whole_family_and_a_topic_none(tickets):
    found = ask(tickets, "one_touch_rate_zendesk", dialects=True)
    assert list(found.result.metrics) == ["one_touch_rate", "one_touch_rate_zendesk"]
    assert spread(found, "one_touch_rate").low == 0.4
    assert not {metric.dialect_of for metric in shipped().chosen(["resolution"])} - {None}


def test_points_are_no_end_of_a_spread_of_shares(run: Run):
    done = run("report", ROOT / "sample_data/helpscout/happiness_ratings.json", "-m", "csat", "--dialects", "-q")
    assert "81.0 % by each of 2 rules (apart from them, in another unit: Happiness (Help Scout))" in done.out


def test_the_table_says_the_spread_below_and_json_says_it_unrounded(run: Run, tickets):
    question = ("report", tickets, "-m", "first_contact_resolution", "--dialects", "-q")
    assert "First contact resolution: 40.0 %–60.0 %, depending on the rule" in run(*question).out
    assert "Closed on first contact (Intercom) (needs messages)" in run(*question).out
    (told,) = json.loads(run(*question, "-f", "json").out)["dialects"]
    assert (told["low"], told["high"], told["rules"][1]["value"]) == (0.4, 0.6, 0.4)
    assert "dialects" not in json.loads(run("report", tickets, "-m", "csat", "-f", "json", "-q").out)


def test_durations_stand_apart_and_a_definition_names_its_rule(run: Run):
    lives = [ROOT / f"sample_data/lives/{name}.csv" for name in ("tickets", "changes", "messages")]
    done = run("report", *lives, "-m", "average_response_time", "--dialects", "-q", "--tz", "UTC")
    assert "Average response time: 13 h 18 min – 32 h 20 min, depending on the rule" in done.out
    shown = run("metrics", "average_response_time_intercom").out
    assert "average_response_time, by the rule of intercom" in shown


def test_a_rule_that_these_files_cannot_tell_is_no_error(run: Run, tickets):
    assert run("report", tickets, "-m", "first_contact_resolution", "--dialects", "-q").code == 0


@pytest.mark.parametrize(
    "metrics, words", [("nps", "one rule only for nps; others are known for"), ((), "name one with -m")]
)
def test_a_metric_with_one_rule_and_no_metric_at_all_are_refused(tickets, metrics, words):
    with pytest.raises(UsageError, match=words):
        ask(tickets, metrics, dialects=True)


def test_every_dialect_says_whose_rule_it_is_and_has_the_better_side_of_its_kpi():
    for metric in shipped().metrics.values():
        assert (metric.dialect is None) == (metric.dialect_of is None), metric.name
        if metric.dialect_of is not None:
            kpi = shipped().metrics[metric.dialect_of]
            assert kpi.dialect_of is None and kpi.better == metric.better, metric.name
            assert metric.name.endswith("_business") == kpi.name.endswith("_business"), metric.name
