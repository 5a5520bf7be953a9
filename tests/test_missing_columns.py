"""No export breaks on a column that it lacks: each is taken out of each sample, and the scorecard says what is left.

Samples are found, not listed: one that is added is tested here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from cs_metrics.errors import DataError
from cs_metrics.question import Question
from cs_metrics.readers import FilePart, open_exports
from cs_metrics.readers._load import known_headers
from cs_metrics.report import Report, build
from tests.asking import NOW, missing, shipped
from tests.saved_again import as_csv, as_lines, documents
from tests.test_identification import KNOWN, content, is_json, lines, needed

FEW = 40  # rows are enough for a figure of each metric that the sample has
DEPTH = 2  # the records' keys, and those of the objects in them

Key = tuple[str, ...]

FALLBACKS = {  # figures that only a file without the column has, and why
    ("servicenow/task_sla.csv", "end_time"): {"sla_at_risk"},  # a clock that is not known to have stopped runs
}


@cache
def few_lines(name: str) -> list[list[str]]:
    header, *rows = lines(name)
    return [header, *(row for row in rows if len(row) == len(header))][: FEW + 3]


@cache
def few_documents(name: str) -> list[Any]:
    return _cut(documents(content(name)))


def _cut(value: Any) -> Any:
    """A JSON value with the beginning of its lists."""
    if isinstance(value, list):
        return [_cut(item) for item in value[:FEW]]
    return {key: _cut(item) for key, item in value.items()} if isinstance(value, dict) else value


def keys_in(value: Any, above: Key = ()) -> Iterator[Key]:
    """The keys of all objects in a value, each behind those of the objects around it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*above, key)
            yield from keys_in(inner, (*above, key))
    for item in value if isinstance(value, list) else ():
        yield from keys_in(item, above)


def without_key(value: Any, dropped: Key, above: Key = ()) -> Any:
    if isinstance(value, list):
        return [without_key(item, dropped, above) for item in value]
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if (*above, key) != dropped}
        return {key: without_key(inner, dropped, (*above, key)) for key, inner in kept.items()}
    return value


def columns_of(name: str, part: FilePart) -> list[Key]:
    """What is taken out of a sample in turn: every column; of JSON the records' keys, and what is read one level below.

    Keys of wrappers around records, of lists beside them and of lists of records in them are on the way to a record.
    """
    if not is_json(name):
        return [(header,) for header in few_lines(name)[0]]
    outside = {*part.shape.wrappers, *part.shape.joined}
    lists = {key for each in known_headers(part.shape) for path in each for key in path.split(".")}
    read: set[str] = set()
    for each, groups in known_headers(part.shape).items():
        for path in (path for group in groups for path in group):
            read.update(accumulate((*each, *path.casefold().split(".")), lambda above, key: f"{above}.{key}"))
    found = []
    for path in dict.fromkeys(keys_in(few_documents(name))):
        inside = [key for key in path if key not in outside]
        depth = len([key for key in inside if key not in lists])
        if depth < DEPTH or (depth == DEPTH and ".".join(inside).casefold() in read):
            found.append(path)
    return found


def without(name: str, column: Key) -> str:
    """The sample without a column, or a key in all objects at its place; whole for the key `()`."""
    if is_json(name):
        return as_lines(without_key(few_documents(name), column))
    header, *rows = few_lines(name)
    places = [place for place, title in enumerate(header) if (title,) != column]
    return as_csv([[row[place] for place in places] for row in [header, *rows]])


def scorecard(path: Path, text: str) -> Report:
    path.write_text(text, encoding="utf-8")
    return build(open_exports([str(path)]), Question(now=NOW), shipped(), everything=True)


def told(report: Report) -> dict[str, tuple[float | None, int]]:
    return {metric: (value, n) for metric, value, n in report.result.frame.select("metric", "value", "n").rows()}


def parted(tmp_path: Path, name: str, *column: str) -> tuple[dict[str, tuple[float | None, int]], set[str]]:
    """(the figures that a sample tells without a column, those that only the whole one tells)."""
    whole, left = (told(scorecard(tmp_path / "download", without(name, dropped))) for dropped in ((), column))
    return left, whole.keys() - left.keys()


def test_a_ticket_report_without_its_own_column_takes_none_of_another_modules(tmp_path: Path) -> None:
    name = "zoho_desk/report.csv"  # it has the contact's status and creation, too
    left, lost = parted(tmp_path, name, "Created Time (Ticket)")
    assert {"full_resolution_time", "backlog", "backlog_age", "resolution_rate"} <= lost
    left, lost = parted(tmp_path, name, "Status (Ticket)")
    assert not lost
    assert left == told(scorecard(tmp_path / "download", without(name, ())))  # whether it is closed the close says


@pytest.mark.parametrize("part", ["Agent", "Queue"])
def test_contacts_without_their_agent_or_queue_do_not_say_whether_a_call_was_answered(
    tmp_path: Path, part: str
) -> None:
    _, lost = parted(tmp_path, "amazon_connect/contacts.ndjson", part)
    assert {"answer_rate", "abandonment_rate", "service_level", "calls_offered"} <= lost


def test_a_contact_with_an_agent_was_answered_whatever_is_said_of_the_agent(tmp_path: Path) -> None:
    name = "amazon_connect/contacts.ndjson"
    left, _ = parted(tmp_path, name, "Agent", "ConnectedToAgentTimestamp")
    whole = told(scorecard(tmp_path / "download", without(name, ())))
    assert [left[metric] for metric in ("answer_rate", "abandonment_rate")] == [
        whole[metric] for metric in ("answer_rate", "abandonment_rate")
    ]


def test_missed_calls_without_a_reason_do_not_say_who_gave_up(tmp_path: Path) -> None:
    left, lost = parted(tmp_path, "aircall_api/calls.json", "calls", "missed_call_reason")
    assert "abandonment_rate" in lost
    assert "answer_rate" in left


def test_tickets_that_are_mostly_solved_without_a_date_are_in_no_count_or_rate_of_solves(tmp_path: Path) -> None:
    _, lost = parted(tmp_path, "lives/tickets.csv", "solved_at")
    assert {"resolution_rate", "tickets_solved", "backlog"} <= lost


def test_calls_without_an_outcome_have_no_answer_rate_where_instants_are_not_kept_of_all(tmp_path: Path) -> None:
    _, lost = parted(tmp_path, "common/calls.csv.gz", "outcome")
    assert {"answer_rate", "abandonment_rate", "service_level"} <= lost


def test_ratings_that_do_not_say_when_they_were_asked_for_have_no_response_rate(tmp_path: Path) -> None:
    keys = ("conversations", "conversation_rating", "created_at")
    left, lost = parted(tmp_path, "intercom/conversations.json", *keys)
    assert "csat_response_rate" in lost
    assert "csat" in left


def test_ticket_parts_without_a_state_change_no_status(tmp_path: Path) -> None:
    keys = ("tickets", "ticket_parts", "ticket_parts", "ticket_state")
    _, lost = parted(tmp_path, "intercom/tickets.json", *keys)
    assert {"backlog", "tickets_solved", "resolution_rate"} <= lost


@pytest.mark.parametrize(
    "column", ["creator", "reporter", *(f"comment.comments{key}" for key in ("", ".author", ".created", ".jsdPublic"))]
)
def test_issues_whose_comments_are_not_told_are_not_judged_by_those_without_any(tmp_path: Path, column: str) -> None:
    _, lost = parted(tmp_path, "jira/search.json.gz", "issues", "fields", *column.split("."))
    assert {"one_touch_rate", "first_contact_resolution", "first_reply_time"} <= lost


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("freshdesk_api/tickets.json", ("stats", "resolved_at")),
        ("freshservice_api/tickets.json", ("tickets", "stats", "resolved_at")),
    ],
)
def test_a_close_meets_no_target_where_resolutions_are_not_told(
    tmp_path: Path, name: str, column: tuple[str, ...]
) -> None:
    _, lost = parted(tmp_path, name, *column)
    assert "resolution_sla_attainment" in lost


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_a_scorecard_is_told_of_a_file_that_lacks_a_column_and_names_what_it_cannot_say(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "download"
    whole = scorecard(path, without(name, ()))
    (part,) = open_exports([str(path)])
    chosen, before = {*whole.result.metrics, *missing(whole)}, told(whole)
    must = {part.shape.known_as(header).casefold() for header in needed(part, name)}
    columns = columns_of(name, part)
    assert columns
    for column in columns:
        is_needed = part.shape.known_as(column[-1].strip()).casefold() in must
        try:
            report = scorecard(path, without(name, column))
        except DataError as error:
            assert is_needed, (column, str(error))
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error), column
            continue
        if is_needed and report.result.sources[0].reader == "common":  # only our own names are left of it
            continue
        now, lacking = told(report), missing(report)
        assert chosen <= {*now, *lacking}, column
        assert not now.keys() & lacking.keys(), column
        assert all(str(reason) for reason in lacking.values()), column
        appeared = {metric for metric in now.keys() - before.keys() if now[metric][1]}
        assert appeared <= FALLBACKS.get((name, *column), set()), (column, appeared)
