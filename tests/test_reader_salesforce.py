"""Salesforce: the figures of the history, and the traps of reports, Data Loader files, weekly exports and queries."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.asking import account, ask, figure, figures, missing
from tests.simulator import salesforce, truth
from tests.simulator.cast import BOT
from tests.simulator.model import DONE, Merged
from tests.vendor_files import REAL, agrees, as_csv, frame, load, opened, real_files, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

REPORT, CASES, QUERY = "salesforce/report.csv", "salesforce/Case.csv", "salesforce/query.json"
HISTORY, MAILS = "salesforce/CaseHistory.csv", "salesforce/EmailMessage.csv"
SHAPES = {
    REPORT: "case report CSV",
    CASES: "Case CSV",
    QUERY: "Case JSON",
    HISTORY: "CaseHistory CSV",
    MAILS: "EmailMessage CSV",
}
STATUS = {"hold": "on_hold", "solved": "closed"}
FIGURES = ("tickets_created", "tickets_solved", "full_resolution_time")


def figures_of(tickets, merges_show=True):
    kept = [
        replace(one, events=tuple(each for each in one.events if merges_show or not isinstance(each, Merged)))
        for one in tickets
    ]
    return truth.figures(replace(year(), tickets=tuple(replace(one, opened_by=None) for one in kept)))


def together():
    return [str(sample(name)) for name in (CASES, HISTORY, MAILS)]


@pytest.mark.parametrize("name", SHAPES)
def test_each_sample_is_claimed_by_the_reader(tmp_path, name):
    content = sample(name).read_bytes()
    variants = [content] if name == QUERY else [content, b"\xef\xbb\xbf" + content.removeprefix(b"\xef\xbb\xbf")]
    for each in variants:
        part = opened(saved(tmp_path / "download", each))
        assert (part.reader, part.shape.name) == ("salesforce", SHAPES[name])


@pytest.mark.parametrize("how", ["capital headings", "semicolons", "utf-16 with tabs", "turned round"])
def test_cases_say_the_same_however_they_are_saved(tmp_path, how):
    rows = list(csv.reader(io.StringIO(sample(CASES).read_text(encoding="utf-8-sig"), newline="")))
    content = {
        "capital headings": as_csv([[header.upper() for header in rows[0]], *rows[1:]]).encode("utf-8-sig"),
        "semicolons": as_csv(rows, ";").encode(),
        "utf-16 with tabs": as_csv(rows, "\t").encode("utf-16"),
        "turned round": as_csv([line[::-1] for line in rows]).encode(),
    }[how]
    found, expected = frame(saved(tmp_path / "a.csv", content), "tickets"), frame(sample(CASES), "tickets")
    same = [name for name in expected.columns if not name.startswith("x_")]
    assert found.select(same).equals(expected.select(same))


def test_the_report_gives_what_the_history_holds_without_its_footer():
    true = {salesforce.case_number(ticket): ticket for ticket in salesforce.in_report(year())}
    rows = frame(sample(REPORT), "tickets")
    assert rows["ticket_id"].to_list() == list(true)  # with its leading zeros
    for row in rows.iter_rows(named=True):
        ticket = true[row["ticket_id"]]
        assert (row["created_at"], row["solved_at"]) == (ticket.created, salesforce.closed_at(ticket))
        assert row["status"] == {"pending": "pending"}.get(ticket.status, STATUS.get(ticket.status, ticket.status))
        assert row["priority"] == {"urgent": "high"}.get(ticket.priority, ticket.priority)
        assert (row["assignee"], row["channel"]) == (ticket.assignee or ticket.group, ticket.channel)
        assert (row["organization"], row["category"]) == (ticket.organization, ticket.product)


def test_the_figures_of_the_report_are_those_of_the_history():
    agrees(str(sample(REPORT)), figures_of(salesforce.in_report(year()), merges_show=False), FIGURES)


@pytest.mark.parametrize(("name", "of"), [(CASES, salesforce.in_loader), (QUERY, salesforce.in_query)])
@pytest.mark.parametrize("zone", ["Europe/Berlin", None])
def test_cases_give_what_the_history_holds_and_are_in_utc(name, of, zone):
    true = {salesforce.case_id(ticket): ticket for ticket in of(year())}
    rows = frame(sample(name), "tickets", zone)
    assert rows["ticket_id"].to_list() == list(true)
    for row in rows.iter_rows(named=True):
        ticket = true[row["ticket_id"]]
        assert (row["created_at"], row["updated_at"]) == (ticket.created, ticket.updated)
        assert row["solved_at"] == (None if ticket.deleted else salesforce.closed_at(ticket))
        assert row["status"] == ("deleted" if ticket.deleted else STATUS.get(ticket.status, ticket.status))
        assert row["is_merged"] == (ticket.merged_into is not None)
        assert row["escalated"] == ("vip" in ticket.own_tags)
        owner = salesforce.owner(ticket)
        assert (row["assignee"], row["group"]) == ((owner, None) if ticket.assignee else (None, owner))
    assert load(sample(name)).rejects.is_empty()


def test_the_history_gives_statuses_and_agents():
    expected = []
    for ticket in salesforce.in_loader(year()):
        case = salesforce.case_id(ticket)
        pairs = zip(ticket.statuses, ticket.statuses[1:], strict=False)
        words = {"solved": "closed", "hold": "on_hold"}
        expected += [
            (case, now.at, "status", words.get(was.status, was.status), words.get(now.status, now.status))
            for was, now in pairs
        ]
        for was, now in zip(ticket.assignments, ticket.assignments[1:], strict=False):
            old, new = ((salesforce.user_id(each.agent) if each.agent else None) for each in (was, now))
            if (old, was.group if not old else "") != (new, now.group if not new else ""):
                expected.append((case, now.at, "assignee", old, new))
    found = frame(sample(HISTORY), "changes").filter(pl.col("field") != "other")
    columns = ("ticket_id", "changed_at", "field", "old", "new")
    assert Counter(found.select(columns).rows()) == Counter(expected)
    assert load(sample(HISTORY)).rejects.is_empty()


def test_mails_are_the_messages_of_customers_and_agents():
    expected = [
        (salesforce.case_id(ticket), message.at, message.role, True)
        for ticket in salesforce.in_loader(year())
        for message in ticket.messages
        if message.public and message.author != BOT
    ]
    found = frame(sample(MAILS), "messages").select("ticket_id", "sent_at", "author_role", "is_public")
    assert sorted(found.rows()) == sorted(expected)


def test_the_figures_of_cases_with_history_and_mails_are_those_of_the_history():
    expected = truth.figures(replace(year(), tickets=tuple(salesforce.in_loader(year()))))
    expected = expected | {"first_reply_time": expected["first_reply_time_with_agent_opened"]}
    metrics = (*FIGURES, "first_reply_time", "first_resolution_time", "reopen_rate", "agent_replies_per_ticket")
    report = ask(together(), metrics, zone="Europe/Berlin")
    for metric in metrics:
        value, n = expected[metric]["all"]
        assert figure(report, metric) == (pytest.approx(value), n), metric
    shown = [one for one in salesforce.in_loader(year()) if not (one.deleted or one.merged_into) and one.status in DONE]
    waiting = ("new", "open", "hold")
    waits = sorted(
        sum((end - start).total_seconds() for status, start, end in one.spans() if status in waiting) for one in shown
    )
    report = ask(together(), "requester_wait_time", by="status", grain="all")
    assert figures(report, "requester_wait_time")["closed"] == (pytest.approx(truth._at(waits, 0.5)), len(shown))


def test_the_figures_of_a_query_are_those_of_the_history():
    expected = figures_of(salesforce.in_query(year()))
    report = ask(str(sample(QUERY)), (*FIGURES, "backlog"), zone="Europe/Berlin")
    for metric in (*FIGURES, "backlog"):
        value, n = expected[metric]["all"]
        assert figure(report, metric) == (pytest.approx(value), n), metric


def test_merged_and_deleted_cases_are_left_out_and_counted():
    left = account(ask(str(sample(CASES)), "tickets_created"))["excluded"]
    cases = salesforce.in_loader(year())
    assert left == {
        "deleted": sum(ticket.deleted for ticket in cases),
        "merged": sum(ticket.merged_into is not None for ticket in cases),
    }
    assert all(left.values())


def test_what_cases_alone_cannot_carry_is_not_in_the_export():
    lacking = {"csat", "first_reply_time", "reopen_rate", "requester_wait_time", "agent_replies_per_ticket"}
    for name in (REPORT, CASES, QUERY):
        assert missing(ask(str(sample(name)), sorted(lacking))).keys() == lacking


def report(path, header, *rows):
    quoted = "\n".join(",".join(f'"{cell}"' for cell in row) for row in [["Case Number", "Case Owner", *header], *rows])
    footer = '\n\n\n"Open cases"\n"Copyright (c) 2000-2025 salesforce.com, inc. All rights reserved."\n'
    return saved(path, quoted + footer + '"Confidential Information - Do Not Distribute"\n"Grand Totals (2 records)"\n')


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (("3/15/2024 2:30 PM", "4/2/2024 9:05 AM"), [(15, 3, 14), (2, 4, 9)]),
        (("15/03/2024, 14:30", "02/04/2024, 09:05"), [(15, 3, 14), (2, 4, 9)]),
        (("15.03.2024 14:30", "02.04.2024 09:05"), [(15, 3, 14), (2, 4, 9)]),
        (("2024-03-15 14:30", "2024-04-02 09:05"), [(15, 3, 14), (2, 4, 9)]),
    ],
)
def test_a_reports_dates_are_spelt_as_the_user_spells_them(tmp_path, written, expected):
    rows = [[f"0000100{place}", "Ada", time] for place, time in enumerate(written)]
    found = frame(report(tmp_path / "a.csv", ["Date/Time Opened"], *rows), "tickets", "UTC")
    assert found["ticket_id"].to_list() == ["00001000", "00001001"]
    assert [(at.day, at.month, at.hour) for at in found["created_at"]] == expected


def test_whether_a_case_is_closed_is_told_by_flag_date_and_word_in_this_order(tmp_path):
    header = ["Status", "Closed", "Date/Time Opened", "Date/Time Closed", "Age (Hours)"]
    rows = (
        ["1", "Ada", "Erledigt", "1", "2024-03-15 14:30", "2024-03-16 14:30", "24.0"],
        ["2", "Ada", "Escalated", "0", "2024-03-15 14:30", "", "99.5"],
        ["3", "Ada", "Erledigt", "", "2024-03-15 14:30", "2024-03-17 14:30", "48.0"],
        ["4", "Ada", "Closed - Duplicate", "", "2024-03-15 14:30", "", ""],
        ["5", "Ada", "Closed", "0", "2024-03-15 14:30", "", ""],
        ["6", "Ada", "On Hold", "0", "2024-03-15 14:30", "", ""],
    )
    found = frame(report(tmp_path / "a.csv", header, *rows), "tickets", "UTC")
    assert found["status"].to_list() == ["closed", "open", "closed", "closed", "open", "on_hold"]
    assert found["solved_at"].dt.day().to_list() == [16, None, 17, None, None, None]
    assert found["reported_full_resolution_seconds"].to_list() == [86400, None, 172800, None, None, None]


CASE = {
    "Id": "500dN00000PC95xQAD", "IsDeleted": "0", "MasterRecordId": "000000000000000AAA", "CaseNumber": "00001003",
    "Status": "New", "IsClosed": "0", "ClosedDate": "", "OwnerId": "00GdN0000000001QAB",
    "CreatedDate": "2026-06-09 18:24:44", "ContactId": "000000000000000AAA",
}  # fmt: skip


def case(path, **changes):
    made = CASE | changes
    return saved(path, [list(made), list(made.values())])


def test_the_weekly_export_writes_flags_as_digits_and_links_to_nothing_as_zeros(tmp_path):
    row = frame(case(tmp_path / "a.csv"), "tickets", "UTC").row(0, named=True)
    assert (row["is_merged"], row["requester"], row["status"]) == (False, None, "new")
    assert (row["group"], row["assignee"]) == ("00GdN0000000001QAB", None)
    assert row["created_at"] == datetime(2026, 6, 9, 18, 24, 44, tzinfo=UTC)


def test_a_case_with_a_master_is_merged_and_a_deleted_one_deleted(tmp_path):
    merged = frame(case(tmp_path / "a.csv", MasterRecordId="500dN00000PC95yQAD"), "tickets")
    deleted = frame(case(tmp_path / "b.csv", IsDeleted="true"), "tickets")
    assert (merged["is_merged"][0], deleted["status"][0]) == (True, "deleted")


def test_of_an_owners_change_the_row_with_ids_counts_and_a_queue_is_no_agent(tmp_path):
    agent, queue, other = "005dN0000000001QAB", "00GdN0000000001QAB", "005dN0000000002"
    told = [
        ("Owner", "Billing", "Ada"), ("Owner", queue, agent), ("ownerAccepted", agent, other), ("Owner", agent, queue),
        ("created", "", ""), ("Priority", "Low", "High"), ("Status", "New", "Closed - Spam"), ("Subject", "a", "b"),
    ]  # fmt: skip
    lines = [["c", "2024-01-08T10:00:00.000Z", *each] for each in told]
    path = saved(tmp_path / "a.csv", [["CaseId", "CreatedDate", "Field", "OldValue", "NewValue"], *lines])
    assert frame(path, "changes").select("field", "old", "new").rows() == [
        ("other", "Billing", "Ada"), ("assignee", None, agent), ("assignee", agent, other), ("assignee", agent, None),
        ("other", None, None), ("priority", "low", "high"), ("status", "new", "closed"), ("other", "a", "b"),
    ]  # fmt: skip
    assert load(path).rejects.is_empty()


def test_a_draft_is_not_sent(tmp_path):
    header = ["Id", "ParentId", "Incoming", "MessageDate", "Status"]
    lines = [["1", "c", "0", "2024-01-08T10:00:00.000Z", "3"], ["2", "c", "0", "2024-01-08T10:00:00.000Z", "5"]]
    found = frame(saved(tmp_path / "a.csv", [header, *lines]), "messages")
    assert found.select("author_role", "is_public").rows() == [("agent", True), ("agent", False)]


def test_a_compliant_milestone_is_a_verdict_once_the_case_is_closed(tmp_path):
    met = [
        frame(case(tmp_path / "a.csv", MilestoneStatus=word, ClosedDate=closed), "tickets")[
            "reported_resolution_sla_met"
        ][0]
        for word, closed in (("Compliant", ""), ("Compliant", "2026-06-10 10:00:00"), ("Open Violation", ""), ("", ""))
    ]
    assert met == [None, True, False, None]


@real_files
def test_the_real_weekly_export_has_one_new_case():
    loaded = load(REAL / "salesforce_case/Case.csv", "UTC")
    assert loaded.rejects.is_empty()
    row = loaded.frames["tickets"].row(0, named=True)
    assert (row["ticket_id"], row["status"], row["priority"]) == ("500dN00000PC95xQAD", "new", "low")
    assert (row["assignee"], row["group"], row["is_merged"]) == ("005dN00000C1tUIQAZ", None, False)
    assert opened(REAL / "salesforce_case/Case.csv").reader == "salesforce"
