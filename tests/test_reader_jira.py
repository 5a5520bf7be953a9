"""Jira: what its CSV and its search hold is what the history says, and each trap of theirs is seen."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import pytest

from cs_metrics.readers import FilePart, Loaded, open_exports
from tests.asking import ask, figure, figures, missing
from tests.simulator import jira as sim
from tests.simulator import truth
from tests.simulator.__main__ import SAMPLE_DATA
from tests.simulator.history import simulate
from tests.simulator.model import DONE, History, Ticket
from tests.vendor_files import REAL, real_files

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

BERLIN = "Europe/Berlin"
ISSUES, SEARCH = SAMPLE_DATA / "jira/issues.csv", SAMPLE_DATA / "jira/search.json.gz"
OURS = {"hold": "on_hold"}


@cache
def year() -> History:
    return simulate()


def opened(path: Path) -> FilePart:
    return open_exports([str(path)])[0]


def load(path: Path, zone: str | None = BERLIN) -> Loaded:
    part = opened(path)
    return part.load({frame: part.available(frame) for frame in part.columns}, zone)


def saved(path: Path, content: Any) -> Path:
    if isinstance(content, (dict, list)):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table() -> list[list[str]]:
    return list(csv.reader(io.StringIO(ISSUES.read_text(encoding="utf-8"), newline="")))


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def solved_at(ticket: Ticket) -> datetime | None:
    return ticket.solves[-1] if ticket.status in DONE else None


# Which file it is


@pytest.mark.parametrize(("path", "shape"), [(ISSUES, "issues CSV"), (SEARCH, "issues JSON")])
def test_each_file_is_claimed_by_its_shape_alone_under_any_name(tmp_path, path, shape):
    part = opened(saved(tmp_path / "download", path.read_bytes()))
    assert (part.reader, part.shape.name) == ("jira", shape)


def test_a_bom_semicolons_and_another_order_of_columns_change_nothing(tmp_path):
    expected = load(ISSUES)
    for content in (
        b"\xef\xbb\xbf" + as_csv(table()).encode(),
        as_csv(table(), ";"),
        as_csv([line[::-1] for line in table()]),
    ):
        found = load(saved(tmp_path / "a.csv", content))
        for name, rows in expected.frames.items():
            known = [column for column in rows.columns if not column.startswith("x_")]  # copies change their numbers
            pair = (frame.select(known) for frame in (found.frames[name], rows))
            if "tags" in known:  # labels stand in the order of their columns
                pair = (frame.with_columns(pl.col("tags").list.sort()) for frame in pair)
            ours, theirs = pair
            assert ours.equals(theirs)


def test_headers_that_a_data_frame_made_unique_are_read_too(tmp_path):
    text = "Issue key,Issue id,Created,Labels,Labels.1\nA-1,1,25/Feb/26 10:17 PM,one,two\nA-2,2,11/May/24,,\n"
    for header in ("Labels,Labels", "Labels,Labels.1", "Labels,Labels_duplicated_1"):
        found = load(saved(tmp_path / "a.csv", text.replace("Labels,Labels.1", header))).frames["tickets"]
        assert found["tags"].to_list() == [["one", "two"], []]


def test_a_file_with_few_columns_is_known_and_says_what_it_has(tmp_path):
    part = opened(saved(tmp_path / "a.csv", "Issue key,Issue Type,Created,Status\nA-1,Task,25/Feb/26 10:17 PM,Open\n"))
    assert part.reader == "jira"
    assert part.available("tickets") == {"ticket_id", "created_at", "type", "status", "vendor_status"}


@pytest.mark.parametrize("page", ["classic", "token", "one", "lines"])
def test_every_page_of_a_search_and_a_single_issue_are_read(tmp_path, page):
    issue = sim.issue(sim.in_search(year()).tickets[0], year().end)
    content: Any = {
        "classic": {"startAt": 0, "maxResults": 50, "total": 1, "issues": [issue]},
        "token": {"issues": [issue], "nextPageToken": "x", "isLast": False},
        "one": issue,
        "lines": "\n".join([json.dumps(issue), json.dumps(issue | {"key": "HELP-2"})]),
    }[page]
    found = load(saved(tmp_path / "a.json", content)).frames
    assert found["tickets"]["ticket_id"][0] == issue["key"]
    assert found["messages"].height == (2 if page == "lines" else 1) * (1 + len(issue["fields"]["comment"]["comments"]))


# The CSV


def test_an_issue_of_the_csv_is_what_the_history_says():
    by_key = {sim.key(ticket): ticket for ticket in sim.in_csv(year()).tickets}
    found = load(ISSUES)
    assert found.rejects.is_empty()
    assert sorted(found.frames["tickets"]["ticket_id"]) == sorted(by_key)
    for row in found.frames["tickets"].iter_rows(named=True):
        ticket = by_key[row["ticket_id"]]
        first = sim.first_response(ticket)
        assert (row["created_at"], row["solved_at"]) == (ticket.created, solved_at(ticket))
        assert (row["first_reply_at"], row["updated_at"]) == (first.at if first else None, ticket.updated)
        assert row["status"] == OURS.get(ticket.status, ticket.status)
        assert row["priority"] == (ticket.priority or "low")
        assert (row["group"], row["assignee"]) == (ticket.group, ticket.assignee)
        assert sorted(row["tags"]) == sorted(ticket.own_tags)
        assert row["created_by_agent"] == (ticket.opened_by is not None)
        assert (row["organization"], row["category"]) == (ticket.organization, ticket.product)
        assert row["handle_seconds"] == (360 * len(ticket.replies) or None)


def test_the_sign_of_the_time_left_is_the_verdict_once_the_clock_has_stopped():
    by_key = {sim.key(ticket): ticket for ticket in sim.in_csv(year()).tickets}
    for row in load(ISSUES).frames["tickets"].iter_rows(named=True):
        ticket = by_key[row["ticket_id"]]
        solved, first = solved_at(ticket), sim.first_response(ticket)
        for name, stopped, due in (
            ("reported_resolution_sla_met", solved, ticket.resolution_due),
            ("reported_first_reply_sla_met", first.at if first else None, ticket.first_reply_due),
        ):
            is_late = (stopped or year().end) > due
            is_over = stopped is not None or solved is not None
            assert row[name] == (False if is_late else True if is_over else None), (row["ticket_id"], name)


def test_the_ratings_of_the_csv_have_their_own_date_and_five_points():
    answers = {sim.key(t): t.answer for t in sim.in_csv(year()).tickets if t.answer}
    found = load(ISSUES).frames["surveys"]
    assert found.height == len(answers)
    for row in found.iter_rows(named=True):
        answer = answers[row["ticket_id"]]
        assert (row["answered_at"], row["score"], row["scale_max"]) == (answer.at, sim.stars(answer), 5)


def test_the_figures_of_the_csv_are_those_of_the_history():
    told = truth.figures(sim.in_csv(year()))
    names = ("tickets_created", "tickets_solved", "full_resolution_time", "backlog", "csat")
    report = ask(str(ISSUES), [*names, "first_reply_time"], zone=BERLIN, source_zone=BERLIN)
    assert {name: figure(report, name) for name in names} == {name: pytest.approx(told[name]["all"]) for name in names}
    waits = [
        (first.at - ticket.created).total_seconds()
        for ticket in sim.in_csv(year()).tickets
        if ticket.opened_by is None and (first := sim.first_response(ticket))
    ]
    assert figure(report, "first_reply_time") == (pytest.approx(median(waits)), len(waits))


def test_what_the_csv_does_not_know_is_said_to_be_missing():
    names = ["reopen_rate", "agent_replies_per_ticket", "requester_wait_time", "response_time", "csat_response_rate"]
    assert set(missing(ask(str(ISSUES), names, zone=BERLIN))) == set(names)


# The search


def test_an_issue_of_the_search_is_what_the_history_says():
    by_key = {sim.key(ticket): ticket for ticket in sim.in_search(year()).tickets}
    found = load(SEARCH)
    assert found.rejects.is_empty()
    assert sorted(found.frames["tickets"]["ticket_id"]) == sorted(by_key)
    for row in found.frames["tickets"].iter_rows(named=True):
        ticket = by_key[row["ticket_id"]]
        assert (row["created_at"], row["solved_at"]) == (ticket.created, solved_at(ticket))
        assert row["status"] == OURS.get(ticket.status, ticket.status)
        assert (row["assignee"], row["requester"]) == (ticket.assignee, sim.account(ticket.requester.name, ticket))
        assert sorted(row["tags"] or []) == sorted(ticket.own_tags)
        assert row["created_by_agent"] == (ticket.opened_by is not None)


def test_the_comments_of_the_search_are_its_messages():
    expected = [
        (sim.key(ticket), said.at, said.role, said.author, said.public)
        for ticket in sim.in_search(year()).tickets
        for said in (ticket.messages if sim.comments(ticket) else [])
    ]
    found = load(SEARCH).frames["messages"]
    assert sorted(found.select("ticket_id", "sent_at", "author_role", "author", "is_public").rows()) == sorted(expected)
    assert found["message_id"].n_unique() == found.height


def test_the_changelog_is_every_change_of_status_and_agent_in_our_words():
    found = load(SEARCH).frames["changes"]
    assert set(found["field"]) == {"status", "assignee"}
    for ticket in sim.in_search(year()).tickets:
        mine = found.filter(ticket_id=sim.key(ticket)).sort("changed_at", "position")
        statuses = [OURS.get(change.status, change.status) for change in ticket.statuses]
        told = mine.filter(field="status")
        pairs = [(a, b) for a, b in pairwise(statuses) if a != b]
        assert told.select("old", "new").rows() == pairs
        agents = [None, *(assignment.agent for assignment in ticket.assignments)]
        told = mine.filter(field="assignee")
        assert told.select("old", "new").rows() == [(a, b) for a, b in pairwise(agents) if a != b]


def test_the_figures_of_the_search_are_those_of_the_history():
    told = truth.figures(sim.in_search(year()))
    told["first_reply_time"] = told["first_reply_time_with_agent_opened"]  # as messages tell it
    names = (
        *("tickets_created", "tickets_solved", "first_reply_time", "full_resolution_time", "first_resolution_time"),
        *("reopen_rate", "backlog"),
    )
    report = ask(str(SEARCH), names, zone=BERLIN)
    for name in names:
        assert figure(report, name) == pytest.approx(told[name]["all"]), name


def test_the_replies_are_told_from_the_comments_and_none_where_there_is_no_comment():
    told = truth.figures(sim.in_search(year()))
    names = ("agent_replies_per_ticket", "one_touch_rate")
    report = ask(str(SEARCH), names, zone=BERLIN)
    assert {name: figure(report, name) for name in names} == {name: pytest.approx(told[name]["all"]) for name in names}


def test_no_replies_are_counted_where_comments_do_not_say_who_sees_them(tmp_path):
    issue = sim.issue(sim.in_search(year()).tickets[0], year().end)
    said = {"id": "1", "author": issue["fields"]["assignee"], "created": "2026-04-01T10:00:00.000+0000"}
    fields = issue["fields"] | {"reporter": {"name": "kunde1", "displayName": "Kunde"}}  # as Data Center has it
    comments = [{"comments": [said], "total": 1}, {"comments": [], "total": 0}]
    page = [issue | {"key": f"A-{n}", "fields": fields | {"comment": c}} for n, c in enumerate(comments)]
    path = saved(tmp_path / "a.json", {"issues": page})
    assert set(missing(ask(str(path), ["agent_replies_per_ticket", "response_time"]))) == {
        *("agent_replies_per_ticket", "response_time")
    }


def test_the_requesters_wait_is_told_from_the_changelog():
    at = sim.in_search(year()).as_of
    waits = []
    for ticket in sim.in_search(year()).tickets:
        ends = [*(change.at for change in ticket.statuses[1:]), at]
        spans = [(was.status, end - was.at) for was, end in zip(ticket.statuses, ends, strict=True)]
        waits.append(sum(span.total_seconds() for status, span in spans if status in ("new", "open", "hold")))
    report = ask(str(SEARCH), "requester_wait_time", zone=BERLIN)
    assert figure(report, "requester_wait_time") == (pytest.approx(median(waits)), len(waits))


def test_what_the_search_does_not_know_is_said_to_be_missing():
    assert set(missing(ask(str(SEARCH), ["csat"], zone=BERLIN))) == {"csat"}


def test_both_files_together_are_one_helpdesk():
    every = [*sim.in_csv(year()).tickets, *sim.in_search(year()).tickets]
    report = ask(str(ISSUES.parent), ["tickets_created", "tickets_solved"], zone=BERLIN, source_zone=BERLIN)
    assert figure(report, "tickets_created")[0] == len(every)
    assert figure(report, "tickets_solved")[0] == sum(ticket.status in DONE for ticket in every)


# SLA fields


def test_every_sla_field_is_a_cycle_with_what_its_clock_showed():
    page = sim.in_search(year())
    found = load(SEARCH).frames["sla_cycles"]
    assert found.height == 2 * len(page.tickets)
    for ticket in page.tickets:
        mine = found.filter(ticket_id=sim.key(ticket))
        first = ticket.replies[0].at if ticket.replies else None
        for clock, stop, due in (
            ("first_reply_time", first, ticket.first_reply_due),
            ("full_resolution_time", solved_at(ticket), ticket.resolution_due),
        ):
            (row,) = mine.filter(clock=clock).iter_rows(named=True)
            until, goal = stop or year().end, 60 * sim.SCHEDULE.minutes(ticket.created, due)
            late, shown = until > due, 60 * sim.SCHEDULE.minutes(ticket.created, until)
            assert (row["started_at"], row["stopped_at"], row["due_at"]) == (ticket.created, stop, due)
            assert (row["target_seconds"], row["elapsed_seconds"]) == (pytest.approx(goal), pytest.approx(shown))
            assert (row["is_breached"], row["breached_at"]) == (late, due if late else None)
            assert row["is_met"] == (None if stop is None else not late)
            left = None if stop else 0.0 if late else pytest.approx((goal - shown) / goal)
            assert row["share_left"] == left


def test_the_sla_fields_answer_for_clocks_and_for_tickets():
    tickets = sim.in_search(year()).tickets
    replies = [t.replies[0].at <= t.first_reply_due for t in tickets if t.replies]
    solves = [at <= t.resolution_due for t in tickets if (at := solved_at(t))]
    names = ["sla_attainment", "sla_breaches", "sla_breached_open", "sla_at_risk"]
    report = ask(str(SEARCH), names, zone=BERLIN, by="clock")
    assert figures(report, "sla_attainment") == {
        name: (pytest.approx(sum(met) / len(met)), len(met))
        for name, met in (("first_reply_time", replies), ("full_resolution_time", solves))
    }
    over = [t for t in tickets if not t.replies and year().end > t.first_reply_due]
    over += [t for t in tickets if not solved_at(t) and year().end > t.resolution_due]
    assert figure(report, "sla_breached_open")[0] == len(over)
    assert figure(report, "sla_breaches")[0] == len(over) + replies.count(False) + solves.count(False)
    report = ask(str(SEARCH), ["first_reply_sla_attainment", "resolution_sla_attainment"], zone=BERLIN)
    now = sim.in_search(year()).as_of  # what was due later is in no period yet
    for metric, promises in (
        ("first_reply_sla_attainment", [(t.first_reply_due, t.replies[0].at if t.replies else None) for t in tickets]),
        ("resolution_sla_attainment", [(t.resolution_due, solved_at(t)) for t in tickets]),
    ):
        met = [stop is not None and stop <= due for due, stop in promises if due <= now]
        assert figure(report, metric) == (pytest.approx(sum(met) / len(met)), len(met))


def test_an_sla_field_has_an_id_of_the_sites_own_and_may_be_filled_in_the_last_issue_alone(tmp_path):
    bare = sim.issue(sim.in_search(year()).tickets[0], year().end)
    own = {name: value for name, value in bare["fields"].items() if not name.startswith("customfield_")}
    nothing = {"customfield_7": None, "customfield_8": {"value": "a list to choose from"}, "customfield_9": ["x"]}
    started = {"startTime": {"epochMillis": 1_700_000_000_000}, "goalDuration": {"millis": 60_000}}
    over = started | {"stopTime": {"epochMillis": 1_700_000_030_000}, "breached": False}
    again = {"startTime": {"iso8601": "2023-11-15T00:00:00+0100"}, "breached": True, "goalDuration": {"millis": 0}}
    sla = {"id": "4", "name": "Time to resolution", "completedCycles": [over], "ongoingCycle": again}
    other = {"id": "5", "name": "Time to close after resolution", "completedCycles": [over]}
    issues = [bare | {"key": f"A-{n}", "fields": own | nothing} for n in range(250)]
    issues.append(bare | {"key": "A-last", "fields": own | nothing | {"customfield_7": sla, "customfield_77": other}})
    for content in ({"issues": issues}, "\n".join(map(json.dumps, issues))):
        found = load(saved(tmp_path / "a.json", content))
        columns = ("ticket_id", "policy", "clock", "is_met", "is_breached", "target_seconds")
        assert sorted(found.frames["sla_cycles"].select(columns).rows(), key=str) == [
            ("A-last", "Time to close after resolution", None, True, False, 60),
            ("A-last", "Time to resolution", "full_resolution_time", None, True, 0),
            ("A-last", "Time to resolution", "full_resolution_time", True, False, 60),
        ]
        assert found.frames["tickets"].height == 251
        assert found.rejects.is_empty()


def test_the_slas_of_one_request_are_read_and_name_it_by_their_link(tmp_path):
    ticket = sim.in_search(year()).tickets[0]
    field = sim.issue(ticket, year().end)["fields"]["customfield_10306"]
    link = {"_links": {"self": "https://muster.atlassian.net/rest/servicedeskapi/request/HELP-9/sla/1"}}
    page = {"start": 0, "limit": 50, "size": 1, "isLastPage": True, "values": [field | link]}
    part = opened(saved(tmp_path / "a.json", page))
    assert (part.reader, part.shape.name) == ("jira", "SLAs of a request")
    found = load(saved(tmp_path / "a.json", page)).frames["sla_cycles"]
    assert found.select("ticket_id", "clock", "started_at").rows() == [("HELP-9", "first_reply_time", ticket.created)]


# Traps


def test_dates_are_read_as_the_sites_look_writes_them_months_of_other_languages_included(tmp_path):
    dates = [
        "25/Feb/26 10:17 PM",
        "5/Mar/26 9:05 AM",
        "11/May/24",
        "25/févr./26 22:17",
        "7/Okt/25 14:00",
        "3/März/25 9:05",
    ]
    lines = [f"A-{place},{place},{date}" for place, date in enumerate(dates)]
    found = load(saved(tmp_path / "a.csv", "\n".join(["Issue key,Issue id,Created", *lines])), None)
    assert found.frames["tickets"]["created_at"].dt.strftime("%Y-%m-%d %H:%M").to_list() == [
        *("2026-02-25 22:17", "2026-03-05 09:05", "2024-05-11 00:00"),
        *("2026-02-25 22:17", "2025-10-07 14:00", "2025-03-03 09:05"),
    ]


def test_dates_of_a_spreadsheet_are_month_first_where_the_column_says_so(tmp_path):
    text = "Issue key,Issue id,Created\nA-1,1,6/21/2025 16:14\nA-2,2,6/1/2025 9:05\n"
    found = load(saved(tmp_path / "a.csv", text), None).frames["tickets"]
    assert found["created_at"].dt.strftime("%m-%d %H:%M").to_list() == ["06-21 16:14", "06-01 09:05"]


def test_custom_fields_write_decimals_of_any_width(tmp_path):
    header = "Issue key,Issue id,Created,Custom field ([CHART] Date of First Response)"
    dates = ["2026-02-25 16:38:58.679", "2026-02-25 16:38:58.43", "2026-02-25 16:38:58.0"]
    lines = [f"A-{place},1,25/Feb/26 4:30 PM,{date}" for place, date in enumerate(dates)]
    found = load(saved(tmp_path / "a.csv", "\n".join([header, *lines])), None).frames["tickets"]
    assert found["first_reply_at"].dt.microsecond().to_list() == [679000, 430000, 0]


def test_the_category_says_whether_a_status_of_the_firms_own_is_done(tmp_path):
    cases = [
        ("Beim Lieferanten", "In Progress", "open"), ("Abgenommen", "Done", "solved"), ("Eingang", "To Do", "new"),
        ("Waiting for customer", "In Progress", "pending"), ("Canceled", "Done", "closed"), ("Done", "To Do", "new"),
        ("Resolved", "In Progress", "open"), ("On hold", "To Do", "on_hold"), ("Reopened", "To Do", "open"),
        ("Waiting for support", "", "open"), ("Open", "", "new"), ("Beim Lieferanten", "", "open"),
    ]  # fmt: skip
    lines = [f"A-{n},{n},25/Feb/26 4:30 PM,{word},{group}" for n, (word, group, _) in enumerate(cases)]
    header = "Issue key,Issue id,Created,Status,Status Category"
    found = load(saved(tmp_path / "a.csv", "\n".join([header, *lines])))
    assert found.frames["tickets"]["status"].to_list() == [ours for *_, ours in cases]
    assert found.rejects.is_empty()


@pytest.mark.parametrize("name", ["Custom field (Time to resolution)", "Time to done", "Custom field (Time to done)"])
def test_the_promise_to_resolve_has_one_of_two_names(tmp_path, name):
    lines = ["A-1,1,25/Feb/26 4:30 PM,26/Feb/26 4:30 PM,-0:30", "A-2,2,25/Feb/26 4:30 PM,26/Feb/26 4:30 PM,1:30"]
    lines += ["A-3,3,25/Feb/26 4:30 PM,,1:30"]
    found = load(saved(tmp_path / "a.csv", "\n".join([f"Issue key,Issue id,Created,Resolved,{name}", *lines])))
    assert found.frames["tickets"]["reported_resolution_sla_met"].to_list() == [False, True, None]


def test_where_no_resolution_is_set_the_change_to_done_is_the_solve(tmp_path):
    header = "Issue key,Issue id,Created,Status,Status Category,Resolved,Status Category Changed"
    lines = ["A-1,1,25/Feb/26 4:30 PM,Fertig,Done,,26/Feb/26 4:30 PM"]
    lines += ["A-2,2,25/Feb/26 4:30 PM,Fertig,Done,27/Feb/26 4:30 PM,26/Feb/26 4:30 PM"]
    lines += ["A-3,3,25/Feb/26 4:30 PM,Läuft,In Progress,,26/Feb/26 4:30 PM"]
    found = load(saved(tmp_path / "a.csv", "\n".join([header, *lines]))).frames["tickets"]
    assert found["solved_at"].dt.day().to_list() == [26, 27, None]


def test_a_status_that_no_issue_has_now_is_told_by_its_word_and_others_by_their_category(tmp_path):
    issue = sim.issue(sim.in_search(year()).tickets[0], year().end)

    def moved(number: int, now: str, category: str, *steps: str) -> dict[str, Any]:
        items = [{"field": "status", "fromString": a, "toString": b} for a, b in pairwise(steps)]
        log = [
            {"id": str(place), "created": f"2026-04-01T1{place}:00:00.000+0000", "items": [item]}
            for place, item in enumerate(items)
        ]
        status = {"name": now, "statusCategory": {"key": category}}
        fields = issue["fields"] | {"status": status, "comment": {"comments": []}}
        return issue | {"key": f"A-{number}", "fields": fields, "changelog": {"histories": log}}

    issues = [
        moved(1, "Abgenommen", "done", "Eingang", "Beim Lieferanten", "Abgenommen"),
        moved(2, "Beim Lieferanten", "indeterminate", "Abgenommen", "Beim Lieferanten"),
    ]
    changes = load(saved(tmp_path / "a.json", {"issues": issues})).frames["changes"]
    assert changes.select("old", "new").rows() == [("open", "open"), ("open", "solved"), ("solved", "open")]


def test_histories_stand_newest_first_and_those_of_one_instant_keep_their_order(tmp_path):
    issue = sim.issue(sim.in_search(year()).tickets[0], year().end)
    at = "2026-04-01T10:00:00.000+0200"
    log = [
        {"id": "12", "created": at, "items": [{"field": "status", "fromString": "Resolved", "toString": "Closed"}]},
        {"id": "11", "created": at, "items": [{"field": "status", "fromString": "Open", "toString": "Resolved"}]},
        {"id": "10", "created": at, "items": [{"field": "description", "fromString": "a", "toString": "b"}]},
    ]
    changes = load(saved(tmp_path / "a.json", {"issues": [issue | {"changelog": {"histories": log}}]})).frames[
        "changes"
    ]
    assert changes.sort("position")["new"].to_list() == ["solved", "closed"]
    assert changes["changed_at"].dt.hour().to_list() == [8, 8]


def test_who_wrote_a_comment_is_told_by_the_account_and_the_reporter(tmp_path):
    issue = sim.issue(sim.in_search(year()).tickets[0], year().end)
    reporter = issue["fields"]["reporter"]["accountId"]
    people = [
        {"accountId": reporter, "accountType": "atlassian"}, {"accountId": "qm:1", "accountType": "customer"},
        {"accountId": "557058:x", "accountType": "app"}, {"accountId": "712020:y", "accountType": "atlassian"},
    ]  # fmt: skip
    said = [
        {"id": str(place), "author": who, "created": "2026-04-01T10:00:00.000+0000", **seen}
        for place, (who, seen) in enumerate(
            zip(people, [{}, {"jsdPublic": True}, {"jsdPublic": False}, {"visibility": {"value": "Team"}}], strict=True)
        )
    ]
    fields = issue["fields"] | {"comment": {"comments": said}}
    found = load(saved(tmp_path / "a.json", {"issues": [issue | {"fields": fields}]})).frames["messages"]
    found = found.filter(pl.col("message_id") != pl.format("{} description", "ticket_id"))
    assert found["author_role"].to_list() == ["customer", "customer", "bot", "agent"]
    assert found["is_public"].to_list() == [None, True, False, False]


def test_a_longer_row_than_the_header_is_counted_and_shifts_nothing(tmp_path):
    text = (
        "Issue key,Issue id,Created,Labels,Status\nA-1,1,25/Feb/26 4:30 PM,a,b,Open\nA-2,2,25/Feb/26 4:30 PM,a,Open\n"
    )
    found = load(saved(tmp_path / "a.csv", text))
    assert found.frames["tickets"].select("ticket_id", "status").rows() == [("A-2", "new")]
    assert found.rejected["tickets"] == 1


# Real files


@real_files
def test_the_real_csv_has_the_figures_of_its_readme():
    found = load(REAL / "jira_csv_english/Jira.csv", None)
    assert found.frames["tickets"].height == 120
    assert found.frames["tickets"]["status"].value_counts(sort=True).rows() == [
        ("solved", 87),
        ("open", 20),
        ("new", 13),
    ]
    assert found.frames["tickets"]["solved_at"].drop_nulls().len() == 87
    assert found.rejects.is_empty()


@real_files
def test_a_real_issue_was_reopened_once():
    found = load(REAL / "jira_json/complete_sample/SP-5.json").frames
    assert found["changes"].filter(field="status").height == 7
    report = ask(str(REAL / "jira_json/complete_sample"), ["tickets_created", "tickets_solved", "reopened_events"])
    assert [figure(report, name)[0] for name in ("tickets_created", "tickets_solved", "reopened_events")] == [6, 1, 1]
