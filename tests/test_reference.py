"""The reference of the definitions says of every metric what a reader of its number must know."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

from cs_metrics.definitions import Metric
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
    told = facts("first_reply_time")
    told.pop("interval", None)
    assert told == {
        "rule": "`first_reply_seconds` where `created_by_agent IS DISTINCT FROM TRUE OR replies_from_messages`",
        "clock": "starts at `created_at`, stops at `first_reply_at`, else what the vendor reports",
        "made of": "`first_reply_seconds`: first reply time; empty without a reply, or where the reply lies before the "
        "creation",
        "gathered": "median, over tickets (a ticket as of the export)",
        "dated by": "`created_at`",
        "unit": "duration, less is better",
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


def test_the_interval_is_said_as_soon_as_an_aggregation_has_one(monkeypatch):
    @dataclass(frozen=True)
    class Known:
        interval: str = "order statistics"
        surviving: None = None

    metric = shipped().metrics["average_first_reply_time"]
    monkeypatch.setattr(Metric, "gathering", property(lambda self: Known()))
    monkeypatch.setattr(Metric, "is_stock", property(lambda self: False))
    assert dict(reference._facts(replace(metric), shipped()))["interval"] == "order statistics"


def test_benchmarks_are_listed_with_their_source():
    assert re.search(r"^\| \[`csat`\]\(#csat\) \(zendesk\) \| share \| 86.0 % \| .*\| vendor \|$", TEXT, re.MULTILINE)
