"""Files of many helpdesks, many accounts and many days in one report: nothing is mixed up, and nothing counts twice."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.asking import account, ask, figure, figures, missing, shipped, write
from tests.conftest import Run
from tests.simulator.__main__ import SAMPLE_DATA

TEN = (
    *("zendesk/tickets.csv", "freshdesk/tickets.csv", "freshservice/tickets.csv", "hubspot/tickets.csv"),
    *("intercom/conversations.csv", "jira/issues.csv", "salesforce/report.csv", "servicenow/incident.csv"),
    *("zammad/report.csv", "zoho_desk/report.csv", "helpscout/conversations.ndjson"),
)
BERLIN = "Europe/Berlin"


def vendor(name: str) -> str:
    return name.partition("/")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of eleven helpdesks side by side, with something between them that is none."""
    path = tmp_path_factory.mktemp("exports")
    for name in TEN:
        (path / f"{vendor(name)}{Path(name).suffix}").write_bytes((SAMPLE_DATA / name).read_bytes())
    (path / "notes.txt").write_text("ask Ann about the missing week")
    return path


@pytest.mark.slow
def test_a_folder_of_ten_vendors_files_says_of_each_what_its_file_says_alone(folder: Path) -> None:
    """All metrics but stocks, which are told as of the oldest of the exports; what a file cannot tell has no value."""
    metrics = [metric.name for metric in shipped().metrics.values() if not metric.is_stock]
    together = ask(str(folder), metrics, by="source", zone=BERLIN)
    scales = {name for name, reason in missing(together).items() if "more than one scale" in reason}
    compared = 0
    for file in sorted(folder.iterdir()):
        if file.suffix == ".txt":
            continue
        alone = ask(str(file), metrics, by="source", zone=BERLIN)
        for metric in (name for name in metrics if name not in scales):  # a mean of answers on several scales is none
            found = figures(together, metric).get(file.stem, (None, 0))
            if metric in missing(alone):
                assert found[0] is None or found == (0, 0), (file.stem, metric)
            else:
                assert found == figures(alone, metric)[file.stem], (file.stem, metric)
                compared += 1
    assert compared > 100


@pytest.mark.slow
def test_a_folder_is_one_report_and_the_whole_is_counted_again_from_its_rows(folder: Path, run: Run) -> None:
    done = run("report", folder, "-m", "tickets_created", "--by", "source", "--totals", "-f", "csv")
    assert done.code == 0
    rows = list(csv.DictReader(done.out.splitlines()))
    values = {row["source"]: float(row["value"]) for row in rows}
    assert set(values) == {*map(vendor, TEN), ""}
    assert values[""] == sum(value for source, value in values.items() if source)
    assert f"1 file is no export that a reader knows, and passed over: {folder / 'notes.txt'}" in done.err


@pytest.mark.slow
def test_a_source_that_cannot_tell_a_figure_is_no_zero_in_it(folder: Path) -> None:
    """Zammad's report has no solve: no ticket solved, no net flow and no backlog can be told of it."""
    names = ("tickets_solved", "net_flow", "backlog", "escalation_rate")
    files = [str(folder / "zammad.csv"), str(folder / "zendesk.csv"), str(folder / "zoho_desk.csv")]
    report = ask(files, names, by="source", zone=BERLIN)
    for name in ("tickets_solved", "net_flow"):
        assert figures(report, name)["zammad"][0] is None
        assert figures(report, name)["zendesk"][0] > 0
    assert "zammad" not in figures(report, "backlog") or figures(report, "backlog")["zammad"][0] is None
    assert figures(report, "escalation_rate")["zendesk"] == (None, 0)  # what escalates is told by Zoho alone
    assert figures(report, "escalation_rate")["zoho_desk"][1] > 0
    whole = ask(files, names, zone=BERLIN)
    solved = sum(figure(ask(file, "tickets_solved", zone=BERLIN), "tickets_solved")[0] for file in files[1:])
    assert figure(whole, "tickets_solved")[0] == solved
    said = [note.text for note in whole.result.notes if note.code == "source-silent"]
    assert said == [
        "zammad says nothing of tickets_solved, net_flow, backlog, escalation_rate: told of the other sources alone",
        "zendesk says nothing of escalation_rate: told of the other sources alone",
    ]


def test_a_helpdesk_in_which_nothing_was_solved_has_solved_none(tmp_path: Path) -> None:
    """Its export has a place for the solve: nothing was solved, which is a figure."""
    day = "2024-01-08T09:00Z"
    files = [
        write(tmp_path / "a.csv", [{"ticket_id": "1", "created_at": day, "solved_at": day, "status": "solved"}]),
        write(tmp_path / "b.csv", [{"ticket_id": "1", "created_at": day, "solved_at": "", "status": "open"}]),
        write(tmp_path / "c.csv", [{"ticket_id": "1", "created_at": day, "status": "open"}]),
    ]
    named = [f"{name}={path}" for name, path in zip("abc", files, strict=True)]
    found = figures(ask(named, ("tickets_created", "tickets_solved"), by="source"), "tickets_solved")
    assert found == {"a": (1, 1), "b": (0, 0), "c": (None, 0)}


def test_equal_ids_of_two_vendors_and_of_two_accounts_stay_two_tickets(tmp_path: Path) -> None:
    zendesk = SAMPLE_DATA / "zendesk/tickets.csv"
    freshdesk = SAMPLE_DATA / "freshdesk/tickets.csv"
    one, other = (figure(ask(str(path), "tickets_created"), "tickets_created") for path in (zendesk, freshdesk))
    both = ask([str(zendesk), str(freshdesk)], "tickets_created")
    assert figure(both, "tickets_created")[0] == one[0] + other[0]
    accounts = [f"east={zendesk}", f"west={zendesk}"]
    report = ask(accounts, "tickets_created", by="source")
    assert figures(report, "tickets_created") == {"east": one, "west": one}
    assert account(report)["duplicates"] == 2  # the one that each file has itself
    copied = tmp_path / "copy.csv"
    copied.write_bytes(zendesk.read_bytes())
    report = ask([str(zendesk), str(copied)], "tickets_created")
    assert figure(report, "tickets_created") == one
    assert account(report)["duplicates"] == 2 + one[0] + account(report)["excluded"].get("merged", 0)


# Exports of one day after the other, which overlap

Version = tuple[int, int, str]  # ticket, hour of its last change, group: what an export holds of a ticket


def zendesk_json(path: Path, versions: Sequence[Version]) -> None:
    keys = {"created_at": "2024-01-08T00:00:00Z", "status": "open", "submitter_id": 1, "assignee_id": 2}
    page = [{"id": n, **keys, "updated_at": f"2024-01-08T{at:02}:00:00Z", "group_id": team} for n, at, team in versions]
    path.write_text(json.dumps({"tickets": page, "end_of_stream": True}))


def freshdesk_csv(path: Path, versions: Sequence[Version]) -> None:
    lines = [f"{n},Open,2024-01-08 00:00:00,2024-01-08 {at:02}:00:00,{team}" for n, at, team in versions]
    path.write_text("\n".join(["Ticket ID,Status,Created time,Last update time,Group", *lines, ""]))


def jira_csv(path: Path, versions: Sequence[Version]) -> None:
    lines = [f"S-{n},{n},Incident,Open,08/Jan/24 12:00 AM,{_jira(at)},{team}" for n, at, team in versions]
    path.write_text("\n".join(["Issue key,Issue id,Issue Type,Status,Created,Updated,Component/s", *lines, ""]))


def _jira(hour: int) -> str:
    return f"08/Jan/24 {hour % 12 or 12}:00 {'AM' if hour < 12 else 'PM'}"


def common_csv(path: Path, versions: Sequence[Version]) -> None:
    write(
        path,
        [
            {"ticket_id": n, "created_at": "2024-01-08T00:00Z", "updated_at": f"2024-01-08T{at:02}:00Z", "group": team}
            for n, at, team in versions
        ],
    )


WRITERS: dict[str, Callable[[Path, Sequence[Version]], None]] = {
    "zendesk": zendesk_json,
    "freshdesk": freshdesk_csv,
    "jira": jira_csv,
    "common": common_csv,
}
EXPORTS = st.lists(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 23), st.sampled_from(["Alpha", "Beta", "Gamma"])),
        min_size=1,
        max_size=4,
        unique_by=lambda version: (version[0], version[1]),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("reader", WRITERS)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exports=EXPORTS)
def test_the_newest_version_of_a_ticket_counts_whatever_the_order_and_the_others_are_counted(tmp_path, reader, exports):
    groups: dict[int, set[str]] = {}
    for number, at, _ in (version for export in exports for version in export):
        newest = max(when for export in exports for n, when, _ in export if n == number)
        if at == newest:
            groups[number] = {team for export in exports for n, when, team in export if (n, when) == (number, newest)}
    files = []
    for place, export in enumerate(exports):
        files.append(str(tmp_path / f"{place}.{'json' if reader == 'zendesk' else 'csv'}"))
        WRITERS[reader](Path(files[-1]), export)
    answers: list[Any] = []
    for order in (files, files[::-1]):
        report = ask(order, "tickets_created", by=("ticket_id", "group"))
        found = figures(report, "tickets_created")
        assert {number for number, _ in found} == {f"S-{n}" if reader == "jira" else str(n) for n in groups}
        for (number, group), counted in found.items():
            assert group in groups[int(number.removeprefix("S-"))]
            assert counted == (1, 1)
        told = account(report)
        assert told["read"] == sum(map(len, exports))
        assert told["duplicates"] == told["read"] - len(groups)
        assert {source.source for source in report.result.sources} == {reader}
        answers.append(found)
    assert all(answer == answers[0] for answer in answers)
