"""Targets of a profile: how they are written, when they are met, and when a report ends with 1."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cs_metrics import yamlfile
from cs_metrics.checking import check_path
from cs_metrics.cli import app
from cs_metrics.errors import CsMetricsError
from cs_metrics.profile import load_profile
from cs_metrics.targets import Target, parse_value
from tests.asking import ask, write

OPENED = "2024-01-08T09:00Z"


@pytest.fixture
def tickets(tmp_path) -> str:
    rows = [
        {
            "ticket_id": "a",
            "created_at": "2024-01-08T09:00Z",
            "first_reply_at": "2024-01-08T10:00Z",
            "group": "Billing",
        },
        {"ticket_id": "b", "created_at": "2024-02-08T09:00Z", "first_reply_at": "2024-02-08T14:00Z", "group": "Sales"},
        {"ticket_id": "c", "created_at": "2024-03-08T09:00Z", "group": "Sales"},
    ]
    return write(tmp_path / "tickets.csv", rows)


def profile(folder: Path, targets: str) -> Path:
    path = folder / "team.yml"
    path.write_text(f"targets:\n{targets}")
    return path


def run(*words: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output, and what is said on the side."""
    said = CliRunner().invoke(app, ["report", *map(str, words)], standalone_mode=False)
    if isinstance(said.exception, CsMetricsError):
        return said.exception.exit_code, said.stdout, str(said.exception)
    return said.return_value, said.stdout, said.stderr


@pytest.mark.parametrize(
    "text, value, unit",
    [("4h", 14400, "duration"), ("30 min", 1800, "duration"), ("1.5d", 129600, "duration"), ("90 %", 0.9, "share"),
     ("92.5%", 0.925, "share"), (4.5, 4.5, None), (0, 0, None)],
)  # fmt: skip
def test_a_target_is_a_number_a_share_or_a_span(text, value, unit):
    assert parse_value(text) == (pytest.approx(value), unit)


def test_a_target_is_the_very_number_that_rows_can_reach():
    assert [parse_value(f"{hits / 10:g} %")[0] for hits in range(1001)] == [hits / 1000 for hits in range(1001)]
    assert parse_value("1.1h") == (3960, "duration")


@pytest.mark.parametrize("text", ["soon", "4 hours", "90 percent", True, ""])
def test_anything_else_is_no_target(text):
    with pytest.raises(ValueError, match="is no target"):
        parse_value(text)


def test_a_profile_says_what_must_not_be_exceeded_or_fallen_below(tmp_path):
    path = profile(tmp_path, "  csat: {at_least: 90 %}\n  first_reply_time: {at_most: 4h}\n")
    assert load_profile(path).targets == {
        "csat": Target(0.9, is_least=True, unit="share"),
        "first_reply_time": Target(14400, is_least=False, unit="duration"),
    }


def test_every_wrong_target_is_named_with_its_line(tmp_path):
    text = "  csat: {at_least: 0.9, at_most: 1}\n  nps: {over: 3}\n  ces: {at_most: soon}\n  first_reply_time: 4\n"
    _, problems = check_path(profile(tmp_path, text))
    assert [problem.line for problem in problems] and all("targets" in problem.message for problem in problems)
    text = "  csat: {at_least: 0.9, at_most: 1}\n  nps: {over: 3}\n  ces: {at_most: soon}\n"
    assert [problem.line for problem in check_path(profile(tmp_path, text))[1]] == [2, 3, 4]


@pytest.mark.parametrize(
    "target, message",
    [("csta: {at_least: 0.9}", "there is no metric 'csta'. Did you mean 'csat'?"),
     ("csat: {at_least: 90}", "csat is a share from 0 to 1; write 0.9 or 90 %"),
     ("csat: {at_least: 4h}", "csat is a share, and no duration")],
)  # fmt: skip
def test_a_target_that_fits_no_metric_is_refused_by_check_and_by_report(tmp_path, tickets, target, message):
    path = profile(tmp_path, f"  {target}\n")
    ((problem,),) = (check_path(path)[1],)
    assert (problem.line, problem.message) == (2, f"targets: {message}")
    assert run(tickets, "--profile", path)[0] == 2


def test_a_value_at_its_target_meets_it(tickets):
    for value, is_least, met in (
        (10800, False, True),
        (10799, False, False),
        (10800, True, True),
        (10801, True, False),
    ):
        report = ask(tickets, "first_reply_time", targets={"first_reply_time": Target(value, is_least)})
        row = report.result.frame.row(0, named=True)
        assert (row["value"], row["target"], row["met"]) == (10800, value, met)


def test_what_has_no_value_neither_meets_nor_misses(tickets):
    report = ask(tickets, "first_reply_time", grain="month", targets={"first_reply_time": Target(7200, False)})
    assert report.result.frame["met"].to_list() == [True, False, None]
    assert report.result.misses()["period"].to_list() == [report.result.frame["period"][1]]


def test_a_missed_target_ends_the_report_with_1_and_is_named(tmp_path, tickets):
    path = profile(tmp_path, "  first_reply_time: {at_most: 2h}\n")
    code, out, said = run(tickets, "--profile", path, "-m", "first_reply_time", "--fail-on-miss", "-q")
    assert code == 1 and "3 h" in out
    assert said == "cs-metrics: first_reply_time missed its target: 3 h (at most 2 h)\n"
    assert run(tickets, "--profile", path, "-m", "first_reply_time")[0] == 0


def test_the_group_and_month_that_miss_are_named(tmp_path, tickets):
    path = profile(tmp_path, "  first_reply_time: {at_most: 4h}\n")
    code, _, said = run(tickets, "--profile", path, "-m", "first_reply_time", "--fail-on-miss", "-q",
                        "--by", "group", "--grain", "month")  # fmt: skip
    assert code == 1
    assert "first_reply_time missed its target: 5 h in Feb 2024, Sales (at most 4 h)\n" in said
    assert "Billing" not in said


def test_tickets_without_a_group_that_miss_are_not_taken_for_all(tmp_path):
    replied = {"created_at": "2024-01-08T09:00Z", "first_reply_at": "2024-01-08T12:00Z"}
    rows = [{"ticket_id": n, "group": group, **replied} for n, group in enumerate(["Billing", None])]
    path = profile(tmp_path, "  first_reply_time: {at_most: 1h}\n")
    _, _, said = run(write(tmp_path / "t.csv", rows), "--profile", path, "-m", "first_reply_time", "--by", "group",
                     "--fail-on-miss", "-q")  # fmt: skip
    assert [line.partition(": 3 h ")[2] for line in said.splitlines()] == [
        "in Billing (at most 1 h)", "in (none) (at most 1 h)", "(at most 1 h)"
    ]  # fmt: skip


def test_a_miss_is_named_also_where_another_metric_cannot_be_told(tmp_path, tickets):
    path = profile(tmp_path, "  first_reply_time: {at_most: 2h}\n")
    said = CliRunner().invoke(app, ["report", tickets, "--profile", str(path), "-m", "csat,first_reply_time",
                                    "--fail-on-miss", "-q"], standalone_mode=False)  # fmt: skip
    assert said.exception.exit_code == 3
    assert "first_reply_time missed its target: 3 h (at most 2 h)" in said.stderr


def test_met_targets_end_it_with_0(tmp_path, tickets):
    path = profile(tmp_path, "  first_reply_time: {at_most: 3h}\n")
    assert run(tickets, "--profile", path, "--fail-on-miss", "-q")[::2] == (0, "")


def test_a_target_that_cannot_be_told_is_not_taken_as_met(tmp_path, tickets):
    path = profile(tmp_path, "  csat: {at_least: 0.9}\n")
    code, _, said = run(tickets, "--profile", path, "-m", "csat,first_reply_time", "--fail-on-miss", "-q")
    assert code == 3 and "csat" in said


def test_fail_on_miss_without_a_target_is_a_mistake(tmp_path, tickets):
    code, _, said = run(tickets, "-m", "first_reply_time", "--fail-on-miss", "-q")
    assert code == 2 and "no metric in this report has a target" in said


def test_the_starter_profiles_targets_are_right_when_they_are_uncommented(tmp_path):
    from cs_metrics.profile import STARTER

    lines = STARTER.splitlines()
    start = lines.index("# targets:")
    path = tmp_path / "cs-metrics.yml"
    path.write_text("\n".join(line.removeprefix("# ") for line in lines[start : start + 3]))
    assert check_path(path)[1] == []
    assert yamlfile.load(path)["targets"]["csat"] == {"at_least": "90 %"}
