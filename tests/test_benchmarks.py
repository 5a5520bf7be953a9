"""Published figures: only beside a metric of the same definition, and never without where they are from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cs_metrics.benchmarks import all_benchmarks, load_benchmarks, with_benchmarks
from cs_metrics.checking import check_path
from cs_metrics.errors import DefinitionError
from tests.asking import ROOT, ask, shipped
from tests.conftest import Run

ZENDESK = str(ROOT / "sample_data/zendesk/tickets.csv")
GOOD = """\
title: A report
source: A firm
url: https://example.com/report
year: 2024
trust: vendor
figures:
  - {metric: csat, statistic: share, value: 0.9, population: shops, n: 12}
  - {metric: first_reply_time, statistic: median, value: 4h, population: shops}
"""


def saved(folder: Path, text: str) -> Path:
    path = folder / "benchmarks" / "report.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(DefinitionError) as error:
        load_benchmarks(saved(folder, text), shipped().metrics)
    return [f"{problem.line}: {problem.message}" for problem in error.value.problems]


def beside(metrics, *texts: str, folder: Path):
    """(metric, value, why it is refused) of the figures that stand beside these metrics."""
    published = load_benchmarks(saved(folder, "\n".join(texts)), shipped().metrics)
    result = with_benchmarks(ask(ZENDESK, metrics).result, published)
    return [(each.metric, each.value, each.refused) for each in result.benchmarks or ()]


def test_a_figure_stands_beside_the_metric_of_its_definition(tmp_path):
    assert beside(["first_reply_time", "csat"], GOOD, folder=tmp_path) == [
        ("first_reply_time", 14400.0, ""),
        ("csat", 0.9, ""),
    ]


def test_a_figure_by_another_rule_is_refused(tmp_path):
    by_zendesk = GOOD.replace("metric: csat,", "metric: csat, dialect: zendesk,")
    assert beside("csat", by_zendesk, folder=tmp_path) == [("csat", 0.9, "by the rule of zendesk: see csat_zendesk")]
    assert beside("csat_zendesk", by_zendesk, folder=tmp_path) == [("csat_zendesk", 0.9, "")]
    assert beside(["csat", "csat_zendesk"], by_zendesk, folder=tmp_path) == [("csat_zendesk", 0.9, "")]
    assert beside("csat_zendesk", GOOD, folder=tmp_path) == [("csat_zendesk", 0.9, "by our own rule: see csat")]


def test_a_mean_is_no_benchmark_of_a_median(tmp_path):
    mean = GOOD.replace("statistic: median", "statistic: mean")
    refused = "it is a mean, the metric a median"
    assert beside("first_reply_time", mean, folder=tmp_path) == [("first_reply_time", 14400.0, refused)]


def test_a_metric_of_which_nothing_was_published_has_nothing_beside_it(tmp_path):
    assert beside("tickets_created", GOOD, folder=tmp_path) == []


@pytest.mark.parametrize(
    "wrong, right, message",
    [
        ("trust: vender", "trust: vendor", "5: trust: 'vender' is none of "),
        ("yaer: 2024", "year: 2024", "4: unknown key 'yaer'. Did you mean 'year'?"),
        ("year: 24", "year: 2024", "4: year: 24 is no year of a publication"),
        ("link: x", "url: https://example.com/report", "3: unknown key 'link'."),
        ("url:", "url: https://example.com/report", "1: the key 'url' is missing (or 'publication')"),
        ("metric: csatt", "metric: csat", "7: metric: there is no metric 'csatt'. Did you mean 'csat'?"),
        ("metric: csat_zendesk", "metric: csat", "7: metric: csat_zendesk is a dialect; name the KPI and the rule"),
        ("metric: csat, dialect: survey", "metric: csat", "7: dialect: no metric tells csat by the rule of 'survey'"),
        ("value: 90", "value: 0.9", "7: value: a share lies between 0 and 1; 90 % is 0.9"),
        ("value: 4h", "value: 0.9", "7: value: csat is a share, not a duration"),
        ("value: 4 hours", "value: 4h", "8: value: '4 hours' is not a span of time"),
        ("statistic: average", "statistic: median", "8: figures.statistic: 'average' is none of"),
        ("n: 0", "n: 12", "7: n: this must be a whole number above 0"),
        ("population: [a]", "population: shops, n: 12", "7: figures.population: this must be text"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path, wrong, right, message):
    assert right in GOOD
    assert any(told.startswith(message) for told in problems(tmp_path, GOOD.replace(right, wrong))), problems(
        tmp_path, GOOD.replace(right, wrong)
    )


def test_all_problems_are_told_at_once(tmp_path):
    text = GOOD.replace("value: 0.9", "value: 90").replace("metric: first_reply_time", "metric: first_reply")
    assert len(problems(tmp_path, text)) == 2


def test_check_knows_benchmarks_alone_and_in_a_folder(tmp_path):
    path = saved(tmp_path, GOOD.replace("value: 0.9", "value: 90"))
    for where in (path, tmp_path):
        checked, found = check_path(where)
        assert checked == 1 and [problem.line for problem in found] == [7]
    saved(tmp_path, GOOD)
    assert check_path(path) == (1, [])


def test_a_file_of_ones_own_replaces_a_shipped_one_of_its_name(tmp_path):
    every = all_benchmarks([ROOT / "configs", tmp_path], shipped().metrics)
    path = saved(tmp_path, GOOD)
    path.rename(path.with_name("zendesk-2018.yml"))
    titles = {each.title for each in all_benchmarks([ROOT / "configs", tmp_path], shipped().metrics)}
    assert titles == {each.title for each in every} - {"Benchmarks of the batch analytics API, May 2018"} | {"A report"}


def test_every_shipped_figure_says_where_it_is_from():
    every = all_benchmarks([ROOT / "configs"], shipped().metrics)
    assert len(every) > 10
    for each in every:
        assert each.published.startswith("https://") and each.population and 2010 <= each.year <= 2030, each


def test_the_table_says_them_below_and_json_holds_them(run: Run):
    question = ("report", ZENDESK, "-m", "csat_zendesk,first_contact_resolution", "--benchmark", "-q")
    table = run(*question).out
    assert "Benchmark of CSAT (Zendesk): 86.0 % customers of Zendesk worldwide; Zendesk 2012 (vendor)" in table
    assert "No benchmark of First contact resolution: 70.0 % North American call centres" in table
    told = json.loads(run(*question, "-f", "json").out)["benchmarks"]
    assert {(each["metric"], bool(each["refused"])) for each in told} == {
        ("csat_zendesk", False),
        ("first_contact_resolution", True),
    }
    assert told[0]["value"] == 0.86 and told[0]["n"] == 15000 and told[0]["year"] == 2012


def test_who_does_not_ask_sees_none_and_who_asks_in_vain_is_told(run: Run):
    assert "enchmark" not in run("report", ZENDESK, "-m", "csat", "-q").out
    assert "No benchmark is known" in run("report", ZENDESK, "-m", "tickets_created", "--benchmark", "-q").out
