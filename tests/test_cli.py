"""The command line as a person meets it: what it prints, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_data"
ZENDESK = str(SAMPLES / "zendesk" / "tickets.csv")
BROKEN = SAMPLES / "broken"


def test_report_without_options_prints_the_scorecard_and_names_what_is_missing(run: Run) -> None:
    done = run("report", ZENDESK)
    assert done.code == 0
    assert "Tickets created" in done.out
    assert "First reply SLA attainment" in done.out.partition("Not in")[2]
    assert "\x1b" not in done.out


def test_numbers_in_csv_json_and_ndjson_are_the_same(run: Run) -> None:
    question = ("report", ZENDESK, "-m", "csat,first_reply_time", "--by", "group", "-g", "month", "-q")
    rows = list(csv.DictReader(io.StringIO(run(*question, "-f", "csv", "--totals").out)))
    whole = json.loads(run(*question, "-f", "json").out)["results"]
    lines = [json.loads(line) for line in run(*question, "-f", "ndjson", "--totals").out.splitlines()]
    assert len(rows) > 50
    assert [(r["metric"], r["period"], r["value"], r["n"]) for r in whole] == [
        (r["metric"], r["period"], r["value"], r["n"]) for r in lines
    ]
    assert [float(r["value"]) if r["value"] else None for r in rows] == [r["value"] for r in whole]


def test_stdout_is_data_and_talk_goes_to_stderr(run: Run) -> None:
    done = run("report", ZENDESK, "-m", "csat", "-f", "json")
    assert json.loads(done.out)["format"] == 1
    assert "587 " in done.err and "2 rejected" in done.err
    assert run("report", ZENDESK, "-m", "csat", "-f", "json", "-q").err == ""


def test_the_account_of_rows_adds_up_in_json(run: Run) -> None:
    (source,) = json.loads(run("report", ZENDESK, "-f", "json", "-q").out)["sources"]
    account = source["frames"]["tickets"]
    lost = account["rejected"] + account["duplicates"] + sum(account["excluded"].values())
    assert account["read"] == account["used"] + lost
    assert (account["read"], account["rejected"], account["duplicates"], account["excluded"]) == (
        587,
        2,
        1,
        {"merged": 11},
    )


def test_rows_gives_as_many_rows_as_the_number_counts(run: Run) -> None:
    filters = ("--where", "priority = 'high'", "--from", "2025-03", "--to", "2025-06")
    report = json.loads(run("report", ZENDESK, "-m", "full_resolution_time", *filters, "-f", "json", "-q").out)
    rows = json.loads(run("rows", "full_resolution_time", ZENDESK, *filters, "-f", "json").out)
    assert rows["format"] == 1 and rows["metric"] == "full_resolution_time"
    assert len(rows["rows"]) == report["results"][0]["n"] > 10
    assert {"ticket_id", "value"} <= set(rows["rows"][0])


def test_rows_of_a_derived_metric_names_its_parts(run: Run) -> None:
    done = run("rows", "net_flow", ZENDESK)
    assert done.code == 2
    assert "tickets_created or tickets_solved" in done.err


def test_a_rating_counts_once_when_it_comes_twice(run: Run) -> None:
    alone = json.loads(run("report", ZENDESK, "-m", "csat", "-f", "json", "-q").out)["results"][0]
    both = json.loads(run("report", SAMPLES / "zendesk", "-m", "csat", "-f", "json", "-q").out)["results"][0]
    assert 0 <= both["n"] - alone["n"] <= 2  # ratings of tickets that are unsolved have no solve to be dated by
    assert both["of"] < 2 * alone["of"]


def test_top_gathers_the_rest_as_other_and_says_so(run: Run) -> None:
    done = run("report", ZENDESK, "-m", "tickets_created", "--by", "assignee", "--top", "3", "-f", "json")
    results = json.loads(done.out)["results"]
    names = [r["by"]["assignee"] for r in results if not r["total"]]
    assert len(names) == 4 and "other" in names
    assert sum(r["value"] for r in results if not r["total"]) == next(r["value"] for r in results if r["total"])
    assert "3 with most rows" in done.err


def test_trend_adds_the_months_to_the_whole(run: Run) -> None:
    results = json.loads(run("report", ZENDESK, "-m", "tickets_created", "--trend", "-f", "json", "-q").out)["results"]
    assert {r["grain"] for r in results} == {"all", "month"}
    assert results[0]["value"] == sum(r["value"] for r in results[1:])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["-m", "first_replay_time"], 2, "Did you mean 'first_reply_time'?"),
        (["--by", "grup"], 2, "Did you mean 'group'?"),
        (["-f", "jsn"], 2, "Did you mean 'json'?"),
        (["-g", "mnth"], 2, "Did you mean 'month'?"),
        (["--tz", "Europe/Berln"], 2, "Did you mean 'Europe/Berlin'?"),
        (["--where", "status = 'Resolved'"], 2, "vendor_status"),
        (["--where", "SUM(reopens) > 1"], 2, "more than one row"),
        (["--where", "created_at < NOW()"], 2, "--as-of"),
        (["--where", "group ="], 2, "cannot be read"),
        (["--where", "group"], 2, "is not a condition"),
        (["--from", "yesterday"], 2, "is no point in time"),
        (["--from", "2025-06", "--to", "2025-01"], 2, "lies after"),
        (["--last", "four weeks"], 2, "4w"),
        (["--last", "4w", "--from", "2025"], 2, "one or the other"),
        (["--top", "3"], 2, "--by"),
        (["--reader", "zendisk"], 2, "Did you mean 'zendesk'?"),
        (["--reader", "freshdesk"], 3, "freshdesk"),
        (["--unit", "parsec"], 2, "parsec"),
        (["--configs", "nowhere"], 2, "no such folder"),
        (["--profile", "nowhere.yml"], 2, "nowhere.yml"),
        (["-o", "no/such/folder/out.csv"], 2, "no/such/folder"),
        (["-m", "escalation_rate"], 3, "escalation_rate is not in this export: needs escalated"),
    ],
)
def test_a_question_that_cannot_be_answered_gets_one_plain_line(
    run: Run, arguments: list[str], code: int, says: str
) -> None:
    done = run("report", ZENDESK, *arguments, "-q")
    assert (done.code, says in done.err) == (code, True), done.err
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("empty.csv", "the file is empty"),
        ("image.csv", "PNG"),
        ("login_page.csv", "web page"),
        ("truncated.json", "broken or cut off"),
    ],
)
def test_a_file_that_is_no_export_gets_one_plain_line(run: Run, name: str, says: str) -> None:
    done = run("report", BROKEN / name)
    assert (done.code, done.out) == (3, "")
    assert says in done.err and name in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_a_file_nobody_knows_is_told_with_its_columns_and_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("order,amount\n1,2\n", encoding="utf-8")
    done = run("report", tmp_path / "shop.csv")
    assert done.code == 3
    assert "order, amount" in done.err and "--write-map" in done.err


def test_a_missing_file_and_an_empty_folder_are_told(run: Run, tmp_path: Path) -> None:
    assert run("report", "nowhere.csv").code == 3
    (tmp_path / "void").mkdir()
    done = run("report", tmp_path / "void")
    assert done.code == 3 and "no files" in done.err
    (tmp_path / "void" / "notes.txt").write_text("hello\n", encoding="utf-8")
    done = run("report", tmp_path / "void")
    assert done.code == 3 and "notes.txt" in done.err


def test_header_only_is_an_answer_of_zero(run: Run) -> None:
    done = run("report", BROKEN / "header_only.csv", "-m", "tickets_created", "-f", "json", "-q")
    assert done.code == 0
    assert [(r["value"], r["n"]) for r in json.loads(done.out)["results"]] == [(0, 0)]


def test_ragged_rows_are_rejected_with_their_lines_and_none_is_shifted(run: Run, tmp_path: Path) -> None:
    done = run(
        "report", BROKEN / "ragged.csv", "-m", "tickets_created", "-f", "json", "--rejects", tmp_path / "lost.csv"
    )
    account = json.loads(done.out)["sources"][0]["frames"]["tickets"]
    assert (account["read"], account["used"], account["rejected"], account["excluded"]) == (20, 17, 2, {"merged": 1})
    rejects = list(csv.DictReader(io.StringIO((tmp_path / "lost.csv").read_text(encoding="utf-8"))))
    assert len(rejects) == 2 and all("cell" in row["reason"] for row in rejects)


def test_a_stray_quote_costs_one_row(run: Run) -> None:
    done = run("report", BROKEN / "stray_quote.csv", "-m", "tickets_created", "-f", "json", "-q")
    account = json.loads(done.out)["sources"][0]["frames"]["tickets"]
    assert account["rejected"] == 1
    assert account["read"] == account["used"] + 1 + sum(account["excluded"].values())


def test_an_error_leaves_no_half_written_file(run: Run, tmp_path: Path) -> None:
    done = run("report", ZENDESK, "--where", "grup = 'x'", "-f", "csv", "-o", tmp_path / "out.csv")
    assert done.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_check_tells_all_problems_with_file_and_line(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "own" / "metrics" / "speed"
    folder.mkdir(parents=True)
    (folder / "bad.yml").write_text(
        "label: x\nmeanin: y\nframe: tikets\nagg: median\nunit: sec\nbetter: lower\n", encoding="utf-8"
    )
    done = run("check", tmp_path / "own")
    assert done.code == 2
    assert "bad.yml:2: unknown key 'meanin'. Did you mean 'meaning'?" in done.err
    assert "bad.yml:5: unit: 'sec' is none of" in done.err
    assert run("check").code == 0


def test_init_writes_a_profile_that_check_accepts_and_report_uses(run: Run, tmp_path: Path) -> None:
    assert run("init").code == 0
    assert run("check", "cs-metrics.yml").code == 0
    done = run("report", ZENDESK, "-m", "tickets_created", "-f", "json", "-q")
    assert json.loads(done.out)["question"]["timezone"] == "Europe/Berlin"
    assert run("init").code == 2


def test_a_profile_excludes_names_and_counts(run: Run, tmp_path: Path) -> None:
    before = json.loads(run("report", ZENDESK, "-m", "tickets_created", "--by", "group", "-f", "json", "-q").out)
    group = before["results"][0]["by"]["group"]
    profile = tmp_path / "team.yml"
    profile.write_text(
        f"timezone: Europe/Berlin\nexclude:\n  group: [{json.dumps(group)}]\nmetrics: [tickets_created]\n",
        encoding="utf-8",
    )
    after = json.loads(run("report", ZENDESK, "--profile", profile, "-f", "json", "-q").out)
    gone = after["sources"][0]["frames"]["tickets"]["excluded"]["profile"]
    assert gone == before["results"][0]["value"] > 0
    profile.write_text("timezon: UTC\ngrain: mnth\nexclude: {statsu: [open]}\n", encoding="utf-8")
    done = run("report", ZENDESK, "--profile", profile)
    assert done.code == 2
    assert len(done.err.strip().splitlines()) == 3 and "Did you mean 'timezone'?" in done.err


def test_inspect_says_what_is_there_and_what_cannot_be_told(run: Run) -> None:
    done = run("inspect", ZENDESK)
    assert done.code == 0
    assert "587 rows read, 573 used, 2 rejected, 1 duplicate, 11 merged" in done.out
    assert "They cannot answer:" in done.out and "needs escalated" in done.out
    told = json.loads(run("inspect", ZENDESK, "-f", "json").out)
    assert told["sources"][0]["unparsed"]["First reply time in minutes"] == 1
    assert {m["metric"]: m["answerable"] for m in told["metrics"]}["csat"] is True


@pytest.mark.parametrize(("word", "kind"), [("speed", "topic"), ("csat", "metric")])
def test_a_topic_in_a_files_place_is_told_where_it_goes(run: Run, tmp_path: Path, word: str, kind: str) -> None:
    done = run("report", word, ZENDESK)
    assert done.code == 2 and done.out == ""
    assert f"{word}: there is no such file; for the {kind} write: cs-metrics report -m {word} FILE" in done.err
    (tmp_path / word).write_bytes(Path(ZENDESK).read_bytes())
    assert run("report", word, "-m", "csat", "-q").code == 0


def test_inspect_says_each_reason_once_with_the_metrics_that_it_stands_for(run: Run) -> None:
    unable = run("inspect", SAMPLES / "aircall").out.partition("They cannot answer:")[2].splitlines()
    reasons = [line.strip() for line in unable if line.startswith("  ") and not line.startswith("    ")]
    assert len(reasons) == len(set(reasons)) and "needs is_resolved" in reasons
    assert "    first_call_resolution, first_call_resolution_offered" in unable
    assert len(unable) < 60 and max(map(len, unable)) <= 100
    told = json.loads(run("inspect", SAMPLES / "aircall", "-f", "json").out)
    lacking = {m["metric"] for m in told["metrics"] if not m["answerable"]}
    named = {name.strip(" ,") for line in unable if line.startswith("    ") for name in line.split(",")} - {""}
    assert named <= lacking and lacking - named == {name for name in lacking if name.endswith("_business")}


def test_inspect_writes_a_starter_map_that_report_takes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tool.csv").write_text(
        "Case No,Opened,State\n1,2025-01-02 10:00,Open\n2,2025-01-03 10:00,Solved\n", encoding="utf-8"
    )
    assert run("inspect", "tool.csv", "--write-map", "map.yml").code == 0
    text = (tmp_path / "map.yml").read_text(encoding="utf-8")
    assert all(header in text for header in ("Case No", "Opened", "State"))


@pytest.mark.slow
def test_convert_and_report_give_the_same_numbers(run: Run, tmp_path: Path) -> None:
    question = ("-g", "month", "--by", "group", "-f", "csv", "-q", "--totals")
    before = run("report", SAMPLES / "zendesk", "--tz", "Europe/Berlin", *question).out
    for format in ("parquet", "csv", "ndjson"):
        assert (
            run("convert", SAMPLES / "zendesk", "-o", tmp_path / format, "-f", format, "--tz", "Europe/Berlin").code
            == 0
        )
        assert run("report", tmp_path / format, "--tz", "Europe/Berlin", *question).out == before, format


def test_metrics_prints_a_definition_and_proves_it(run: Run) -> None:
    assert "first_contact_resolution" in run("metrics").out
    done = run("metrics", "first_reply_time")
    assert done.code == 0 and "as expected" in done.out and "dated by" in done.out
    assert run("metrics", "nonsense").code == 2


def test_readers_lists_every_reader(run: Run) -> None:
    out = run("readers").out
    assert all(name in out for name in ("zendesk", "freshdesk", "common"))


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m cs_metrics report {ZENDESK} --by assignee -g day -f csv -q | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("metric,")


def test_standard_input_is_read(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cs_metrics", "report", "-", "-m", "tickets_created", "-f", "json", "-q"]
    done = subprocess.run(command, input=Path(ZENDESK).read_bytes(), capture_output=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout)["results"][0]["value"] == 573


@pytest.mark.parametrize("command", ["report", "rows", "inspect", "metrics", "readers", "check", "convert", "init"])
def test_every_command_and_option_has_help(run: Run, command: str) -> None:
    out = run(command, "--help").out
    options = [line for line in out.splitlines() if line.strip().startswith("-")]
    assert options
    for place, line in enumerate(options):
        following = out.splitlines()[out.splitlines().index(line) + 1] if len(line.split("  ")) < 3 else ""
        assert len(line.split("  ")) > 2 or following.strip(), f"{line} says nothing ({place})"
