"""Metric files: what is wrong with them is said at once, with file and line and the nearest word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cs_metrics.catalogue import load_catalogue
from cs_metrics.definitions import load_metric, parse_span
from cs_metrics.errors import DefinitionError
from tests.asking import ROOT, shipped

GOOD = """\
label: Ours
meaning: Ours.
frame: tickets
date: created_at
value: reopens > 0
agg: share
unit: share
better: lower
"""
DERIVED = "label: Ours\nmeaning: Ours.\nunit: ratio\nbetter: lower\nderived: "


def metric(tmp_path: Path, text: str, name: str = "own/ours") -> Path:
    path = tmp_path / "metrics" / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    """The problems of one file, each as `line: message`."""
    path = metric(tmp_path, text)
    with pytest.raises(DefinitionError) as caught:
        load_metric(path)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def test_a_good_file_is_a_metric_by_the_name_of_its_file_and_folder(tmp_path):
    found = load_metric(metric(tmp_path, GOOD))
    assert (found.name, found.topic, found.dates, found.agg) == ("ours", "own", ("created_at",), "share")
    assert set(found.columns) == {"created_at", "reopens"}


def test_every_problem_of_a_file_comes_at_once_with_its_line(tmp_path):
    text = GOOD.replace("created_at", "createdat").replace("reopens > 0", "SUM(reopens)") + "ripens: soon\n"
    text = text.replace("value:", "where: grop = 'x'\nvalue:")
    found = problems(tmp_path, text)
    assert [line.split(":")[0] for line in found] == ["4", "5", "6", "10"]
    assert "Did you mean 'created_at'?" in found[0]
    assert "Did you mean 'group'?" in found[1]
    assert "more than one row" in found[2]
    assert "30min" in found[3]


def test_every_problem_of_every_file_comes_at_once(tmp_path):
    metric(tmp_path, GOOD.replace("agg: share", "agg: shar"), "own/one")
    metric(tmp_path, GOOD.replace("label", "lable"), "own/two")
    metric(tmp_path, "label: [", "own/three")
    metric(tmp_path, GOOD + "beside: [csta]\n", "own/four")
    (tmp_path / "metrics" / "topics.yml").write_text("own: A\nown: B\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_catalogue([ROOT / "configs", tmp_path])
    found = {(Path(problem.path).stem, problem.line) for problem in caught.value.problems}
    assert found >= {("one", 6), ("two", 1), ("four", 9), ("topics", 2)}
    assert any(place == "three" for place, _ in found)
    assert "Did you mean 'csat'?" in str(caught.value)


@pytest.mark.parametrize(
    "change, line, words",
    [
        (("agg: share", "agg: shares"), 6, "Did you mean 'share'?"),
        (("unit: share", "unit: percent"), 7, "'percent' is none of duration, share"),
        (("better: lower", "better: smaller"), 8, "none of lower, higher, neither"),
        (("label: Ours", "lable: Ours"), 1, "unknown key 'lable'. Did you mean 'label'?"),
        (("frame: tickets", "frame: ticket"), 3, "Did you mean 'tickets'?"),
        (("date: created_at", "date: group"), 4, "'group' is not a point in time"),
        (("date: created_at", "date: [created_at, solvd_at]"), 4, "Did you mean 'solved_at'?"),
        (("value: reopens > 0", "value: reopens"), 5, "is not true or false, as a share needs"),
        (("agg: share", "agg: median"), 5, "is not a number, as median needs"),
        (("agg: share", "agg: ratio"), 6, "ratio needs the key 'numerator'"),
        (("agg: share", "agg: stock"), 6, "stock needs the key 'until'"),
        (
            ("value: reopens > 0", "value: status = 'Resolved'"),
            5,
            "Did you mean 'solved'? For the helpdesk's own words use vendor_status",
        ),
        (("label: Ours", "label: 5"), 1, "label"),
        (("label: Ours", "kpi: 'yes'\nlabel: Ours"), 1, "kpi"),
        (("value: reopens > 0", "where: group\nvalue: reopens > 0"), 5, "'group' is not a condition"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_a_way_out(tmp_path, change, line, words):
    found = problems(tmp_path, GOOD.replace(*change))
    assert any(problem.startswith(f"{line}: ") and words in problem for problem in found), found


@pytest.mark.parametrize("key", ["label", "meaning", "unit", "better", "frame", "agg", "date", "value"])
def test_a_missing_key_is_named(tmp_path, key):
    text = "".join(line for line in GOOD.splitlines(keepends=True) if not line.startswith(f"{key}:"))
    assert any(f"'{key}'" in problem for problem in problems(tmp_path, text))


def test_a_metric_measures_its_own_rows_and_borrows_only_to_split_and_filter(tmp_path):
    text = GOOD.replace("frame: tickets", "frame: surveys").replace("date: created_at", "date: answered_at")
    assert "a metric measures its own rows" in problems(tmp_path, text)[0]
    borrowed = text.replace("value: reopens > 0", "where: reopens > 0\nvalue: is_satisfied")
    assert load_metric(metric(tmp_path, borrowed)).columns["reopens"].link == "ticket"


def test_a_metric_of_metrics_has_no_rows_of_its_own(tmp_path):
    found = problems(tmp_path, DERIVED + "csat / nps\nframe: tickets\nagg: mean\n")
    assert [problem.split(": ")[1] for problem in found] == [
        "a derived metric has no 'frame'",
        "a derived metric has no 'agg'",
    ]


@pytest.mark.parametrize(
    "formula, words",
    [
        ("net_flow / tickets_created", "'net_flow' is derived itself"),
        ("tickets_creatd / tickets_solved", "Did you mean 'tickets_created'?"),
        ("SUM(tickets_created)", "more than one row"),
        ("tickets_created /", "cannot be read"),
        ("ours + 1", "'ours' is derived itself"),
    ],
)
def test_a_metric_of_metrics_is_made_of_direct_ones(tmp_path, formula, words):
    path = metric(tmp_path, DERIVED + formula + "\n")
    with pytest.raises(DefinitionError, match=words) as caught:
        load_catalogue([ROOT / "configs", tmp_path])
    assert {(problem.path, problem.line) for problem in caught.value.problems} == {(str(path), 5)}


def test_functions_in_a_metric_of_metrics_are_no_metrics(tmp_path):
    metric(tmp_path, DERIVED + "tickets_solved / nullif(tickets_created, 0)\n")
    assert load_catalogue([ROOT / "configs", tmp_path]).metrics["ours"].parts == ("tickets_solved", "tickets_created")


def test_a_later_folder_replaces_a_shipped_metric_and_adds_a_topic(tmp_path):
    metric(tmp_path, GOOD, "speed/first_reply_time")
    metric(tmp_path, GOOD, "our_own/ours")
    found = load_catalogue([ROOT / "configs", tmp_path])
    assert found.metrics["first_reply_time"].label == "Ours"
    assert found.topics["our_own"] == "Our own"
    assert len(found.metrics) == len(shipped().metrics) + 1


def test_one_name_in_two_topics_of_one_folder_is_an_error_and_no_silent_choice(tmp_path):
    metric(tmp_path, GOOD, "a/ours")
    metric(tmp_path, GOOD, "b/ours")
    with pytest.raises(DefinitionError, match="already"):
        load_catalogue([ROOT / "configs", tmp_path])


def test_metrics_are_chosen_by_name_or_topic_each_once(tmp_path):
    names = [found.name for found in shipped().chosen(["csat", "satisfaction", "backlog", "csat"])]
    topic = {metric.name for metric in shipped().of_topic("satisfaction") if metric.dialect_of is None}
    assert names[0] == "csat" and names[-1] == "backlog" and len(names) == len(set(names)) == len({*topic, "backlog"})
    with pytest.raises(KeyError, match="csatt"):
        shipped().chosen(["csatt"])


# YAML is stranger than it looks


@pytest.mark.parametrize(
    "text, line, words",
    [
        (GOOD + "label: Again\n", 9, "stands here twice (first in line 1)"),
        ("- label\n", 1, "is not a list of `key: value` lines"),
        ("just words\n", 1, "is not a list of `key: value` lines"),
        ("label: 'open\n", 2, "found unexpected end of stream"),
        ("label: a\n\tmeaning: b\n", 2, "tab character"),
        ("1: a\n", 1, "the key 1 is not text"),
        ("label: !!python/object:os.system {}\n", 1, "could not determine a constructor"),
        ("", 1, "the key 'label' is missing"),
    ],
)
def test_broken_yaml_is_one_line_with_its_place(tmp_path, text, line, words):
    found = problems(tmp_path, text)
    assert any(problem.startswith(f"{line}: ") and words in problem for problem in found), found


@pytest.mark.parametrize("word", ["yes", "on", "NO", "010", "10:30", "1e3", "2024-01-08", "0x1F", "1_000", ".5"])
def test_a_word_that_yaml_would_turn_into_something_else_stays_a_word(tmp_path, word):
    assert load_metric(metric(tmp_path, GOOD.replace("label: Ours", f"label: {word}"))).label == word


def test_a_file_that_is_not_utf8_is_said_to_be(tmp_path):
    path = metric(tmp_path, GOOD)
    path.write_bytes("label: Größe\n".encode("latin-1"))
    with pytest.raises(DefinitionError, match="not UTF-8"):
        load_metric(path)


@pytest.mark.parametrize(
    "text, seconds", [("30s", 30), ("30min", 1800), ("4h", 14400), ("7d", 604800), (" 2 w ", 1209600)]
)
def test_a_span_is_a_number_and_a_unit(text, seconds):
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["7", "d", "7m", "-7d", "1.5h", "a week", ""])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError, match="30min, 4h, 7d or 2w"):
        parse_span(text)


def test_every_shipped_metric_has_an_example_and_a_companion_that_exists():
    for found in shipped().metrics.values():
        assert found.example is not None and found.example.rows, found.name
        assert all(name in shipped().metrics for name in found.beside)
