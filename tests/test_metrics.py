"""Every shipped metric proves its meaning: its example is computed and must give what it says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cs_metrics.catalogue import load_catalogue
from cs_metrics.checking import check_path
from cs_metrics.examples import run_example
from cs_metrics.shipped import configs_folder

CATALOGUE = load_catalogue([configs_folder()])

REQUIRED = [
    "tickets_created",
    "tickets_solved",
    "net_flow",
    "backlog",
    "first_reply_time",
    "first_reply_time_p90",
    "average_first_reply_time",
    "first_resolution_time",
    "full_resolution_time",
    "full_resolution_time_p90",
    "average_resolution_time",
    "resolution_rate",
    "resolution_rate_to_date",
    "reopen_rate",
    "one_touch_rate",
    "first_contact_resolution",
    "agent_replies_per_ticket",
    "interactions_per_ticket",
    "reassignment_rate",
    "escalation_rate",
    "first_reply_sla_attainment",
    "resolution_sla_attainment",
    "csat",
    "csat_response_rate",
    "nps",
    "ces",
]


@pytest.mark.parametrize("name", CATALOGUE.metrics)
def test_the_example_of_a_metric_gives_what_it_expects(name: str) -> None:
    outcome = run_example(CATALOGUE.metrics[name], CATALOGUE)
    assert outcome.problem is None
    assert outcome.expected


@pytest.mark.parametrize("name", REQUIRED)
def test_the_shipped_catalogue_has_the_metric(name: str) -> None:
    assert name in CATALOGUE.metrics


def test_a_wrong_example_is_told_with_both_figures() -> None:
    metric = CATALOGUE.metrics["tickets_created"]
    assert metric.example is not None
    wrong = replace(metric, example=replace(metric.example, expect={"value": 3}))
    assert run_example(wrong, CATALOGUE).problem == "value is 2.0, the example expects 3"


def test_a_metric_without_an_example_is_a_problem() -> None:
    assert run_example(replace(CATALOGUE.metrics["csat"], example=None), CATALOGUE).problem == "the example is missing"


@pytest.mark.slow
def test_check_finds_nothing_wrong_with_what_is_shipped() -> None:
    checked, problems = check_path(None)
    others = [path for kind in ("benchmarks", "calendars", "sla") for path in configs_folder().glob(f"{kind}/*.yml")]
    assert checked == len(CATALOGUE.metrics) + len(others)
    assert problems == []


def test_check_reports_every_wrong_file_of_a_folder_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "metrics" / "speed"
    folder.mkdir(parents=True)
    good = (configs_folder() / "metrics" / "speed" / "first_reply_time.yml").read_text(encoding="utf-8")
    (folder / "ours.yml").write_text(good.replace("value: 1200", "value: 1201"), encoding="utf-8")
    (folder / "typo.yml").write_text(good.replace("agg: median", "agg: medain"), encoding="utf-8")
    _, problems = check_path(tmp_path / "own")
    assert any("typo.yml" in p.path and p.message.startswith("agg: 'medain' is none of") for p in problems)
    (folder / "typo.yml").unlink()
    _, problems = check_path(tmp_path / "own")
    assert [(Path(p.path).name, p.message) for p in problems] == [
        ("ours.yml", "value is 1200.0, the example expects 1201")
    ]


def test_a_metric_of_ones_own_is_one_new_file(tmp_path: Path) -> None:
    folder = tmp_path / "metrics" / "speed"
    folder.mkdir(parents=True)
    shutil.copy(configs_folder() / "metrics" / "speed" / "first_reply_time.yml", folder / "our_reply_time.yml")
    catalogue = load_catalogue([configs_folder(), tmp_path])
    assert catalogue.metrics["our_reply_time"].topic == "speed"
    assert set(catalogue.metrics) == {*CATALOGUE.metrics, "our_reply_time"}
