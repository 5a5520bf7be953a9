"""The reference of the definitions says of every metric what a reader of its number must know."""

from __future__ import annotations

import re

import pytest

from tests import reference
from tests.asking import ROOT, shipped

TEXT = reference.reference()
ENTRIES = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", TEXT, re.MULTILINE | re.DOTALL))


def facts(name: str) -> dict[str, str]:
    table = ENTRIES[name].partition("|---|---|\n")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| ([a-z ]+) \| (.+) \|$", table, re.MULTILINE))


def test_every_metric_has_an_entry_with_its_meaning_and_its_file():
    assert list(ENTRIES) == list(shipped().metrics)
    for name, metric in shipped().metrics.items():
        assert metric.meaning in ENTRIES[name]
        assert f"](metrics/{metric.topic}/{name}.yml)" in ENTRIES[name]


def test_every_link_leads_somewhere():
    anchors = {reference._anchor(title) for title in re.findall(r"^##+ (.+)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / "configs" / target).exists(), target


def test_an_entry_reads_as_a_specification():
    assert facts("first_reply_time") == {
        "rule": "`first_reply_seconds` where `created_by_agent IS DISTINCT FROM TRUE OR replies_from_messages`",
        "clock": "starts at `created_at`, stops at `first_reply_at`, else what the vendor reports",
        "made of": "`first_reply_seconds`: first reply time; empty without a reply, or where the reply lies before the "
        "creation",
        "gathered": "median, over tickets (a ticket as of the export)",
        "dated by": "`created_at`",
        "unit": "duration, less is better",
        "interval": "order statistics",
        "read beside": "[`csat`](#csat)",
    }
    assert ENTRIES["first_reply_time"].rstrip().endswith("→ 20 min (1,200 s), n 2 of 3 tickets")


@pytest.mark.parametrize("name", [m.name for m in shipped().metrics.values() if m.unit == "duration" and m.frame])
def test_every_duration_says_when_its_clock_runs(name):
    assert facts(name)["clock"]


def test_a_kpi_names_the_rules_of_others_and_they_name_it():
    assert facts("reopen_rate")["dialects"].startswith("dbt: [`reopen_rate_dbt`](#reopen_rate_dbt)")
    assert facts("reopen_rate_dbt")["dialects"] == "the rule of dbt for [`reopen_rate`](#reopen_rate)"


def test_a_rule_is_the_sql_of_the_file_on_one_line():
    for name, metric in shipped().metrics.items():
        said = facts(name)["rule"].replace("\\|", "|")
        for expr in (*metric.measures, *([metric.where] if metric.where else [])):
            assert " ".join(expr.text.split()) in said
        assert metric.derived is None or metric.derived in said


@pytest.mark.parametrize(
    "name, interval",
    [
        ("csat", "Wilson's score"),
        ("average_first_reply_time", "t, corrected for skewness (Johnson)"),
        ("time_to_first_reply_km", "Greenwood"),
        ("net_flow", "none: it is made of other figures"),
    ],
)
def test_every_figure_says_where_its_interval_is_from(name, interval):
    assert facts(name)["interval"] == interval


def test_benchmarks_are_listed_with_their_source():
    assert re.search(r"^\| \[`csat`\]\(#csat\) \(zendesk\) \| share \| 86.0 % \| .*\| vendor \|$", TEXT, re.MULTILINE)
