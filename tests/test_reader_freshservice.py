"""Freshservice: the figures of the history, and the traps of its two shapes."""

from __future__ import annotations

import pytest

from cs_metrics.readers import open_exports
from tests.asking import ask, missing
from tests.simulator import freshservice, truth
from tests.simulator.model import DONE
from tests.vendor_files import agrees, by_ticket, csv_variants, frame, load, opened, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

CSV, JSON = "freshservice/tickets.csv", "freshservice_api/tickets.json"
METRICS = ("tickets_created", "tickets_solved", "backlog", "first_reply_time", "full_resolution_time")
SURVEYS_APART = ("Survey Result", "Experience Score")


def test_each_sample_is_claimed_by_the_reader(tmp_path):
    for name, shape in ((CSV, "ticket CSV"), (JSON, "tickets JSON")):
        part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
        assert (part.reader, part.shape.name) == ("freshservice", shape)


@pytest.mark.parametrize("how", csv_variants(CSV))
def test_the_csv_is_claimed_and_says_the_same_however_it_is_saved(tmp_path, how):
    content = csv_variants(CSV, without=SURVEYS_APART)[how]
    path = saved(tmp_path / "a.csv", content)
    assert opened(path).reader == "freshservice"
    found, expected = frame(path, "tickets"), frame(sample(CSV), "tickets")
    shared = [name for name in expected.columns if name in found.columns and not name.startswith("x_")]
    assert found.select(shared).equals(expected.select(shared))


def test_the_csv_gives_what_the_history_holds():
    for row, one in by_ticket(sample(CSV), year().tickets):
        solved, closed, reply = freshservice.instants(one)
        assert (row["created_at"], row["solved_at"], row["closed_at"]) == (one.created, solved, closed)
        assert (row["first_reply_at"], row["updated_at"], row["due_at"]) == (reply, one.updated, one.resolution_due)
        assert row["status"] == {"new": "open", "hold": "pending"}.get(one.status, one.status)
        assert (row["priority"], row["channel"]) == (one.priority or "low", one.channel)
        assert (row["group"], row["assignee"], row["organization"]) == (one.group, one.assignee, one.organization)
        assert row["agent_replies"] == len(one.replies)
        assert row["handle_seconds"] == (360 * len(one.replies) or None)
        assert sorted(row["tags"] or []) == sorted(one.own_tags)
        if reply is None:
            assert row["reported_first_reply_business_seconds"] is None
        if one.status not in DONE:
            assert row["reported_full_resolution_business_seconds"] is None
    assert load(sample(CSV)).rejects.is_empty()


def test_the_json_gives_what_the_history_holds():
    for row, one in by_ticket(sample(JSON), year().tickets):
        solved, closed, reply = freshservice.instants(one)
        assert (row["created_at"], row["solved_at"], row["closed_at"]) == (one.created, solved, closed)
        assert (row["first_reply_at"], row["first_reply_due_at"]) == (reply, one.first_reply_due)
        assert (row["status"] == "deleted", row["is_spam"]) == (one.deleted, one.spam)
        assert row["priority"] == (one.priority or "low")
        assert row["agent_replies"] == len(one.replies)
        if reply is not None:
            assert row["reported_first_reply_sla_met"] == (reply <= one.first_reply_due)
    assert load(sample(JSON)).rejects.is_empty()


@pytest.mark.parametrize("name", [CSV, JSON])
def test_the_figures_are_those_of_the_history(name):
    expected = truth.figures(freshservice.part(year()), "freshdesk_api")
    # neither form says that an agent opened the ticket
    expected = expected | {"first_reply_time": expected["first_reply_time_with_agent_opened"]}
    agrees(str(sample(name)), expected, METRICS)


def test_what_it_cannot_carry_is_not_in_the_export():
    for name in (CSV, JSON):
        report = ask(str(sample(name)), ("reopen_rate", "csat", "requester_wait_time", "one_touch_rate"))
        assert missing(report).keys() == {"reopen_rate", "csat", "requester_wait_time", "one_touch_rate"}


def test_a_list_without_stats_says_nothing_of_replies_and_solves(tmp_path):
    keys = ("id", "created_at", "responder_id", "department_id", "urgency", "sub_category")
    record = dict.fromkeys(keys, 1) | {"created_at": "2024-01-01T09:00:00Z", "status": 5, "is_escalated": True}
    part = opened(saved(tmp_path / "a.json", {"tickets": [record]}))
    assert part.reader == "freshservice"
    assert not {"solved_at", "first_reply_at", "reported_resolution_sla_met"} & part.available("tickets")
    single = opened(saved(tmp_path / "b.json", {"ticket": record}))
    assert (single.reader, single.load({"tickets": ["status"]}, None).frames["tickets"]["status"].to_list()) == (
        "freshservice",
        ["closed"],
    )


def test_spans_in_hours_are_read_as_clocks_and_as_decimal_hours(tmp_path):
    header = "Ticket Id,Created Time,Requester Name,Initial Response Time,First Response Time (in Hrs)"
    rows = ["1,2024-01-01 09:00:00,A,2024-01-01 10:00:00,26:30:00", "2,2024-01-01 09:00:00,A,,00:00:00"]
    path = saved(tmp_path / "a.csv", "\n".join([header, *rows]))
    assert frame(path, "tickets")["reported_first_reply_business_seconds"].to_list() == [95400, None]
    path = saved(tmp_path / "b.csv", f"{header}\n1,2024-01-01 09:00:00,A,2024-01-01 10:00:00,12.5\n")
    assert frame(path, "tickets")["reported_first_reply_business_seconds"].to_list() == [45000]


def test_urgency_and_impact_together_tell_it_from_freshdesk_and_shared_columns_alone_do_not(tmp_path):
    shared = "Ticket Id,Created Time,Status,Agent interactions,Resolution Time (in Hrs)"
    row = "1,2024-01-01 09:00:00,Open,1,00:00:00"
    own = saved(tmp_path / "a.csv", f"{shared},Urgency,Impact\n{row},Low,Low\n")
    assert open_exports([str(own)])[0].reader == "freshservice"
    assert open_exports([str(saved(tmp_path / "b.csv", f"{shared}\n{row}\n"))])[0].reader == "freshdesk"
    assert open_exports([str(saved(tmp_path / "c.csv", f"{shared},Urgency\n{row},Low\n"))])[0].reader == "freshdesk"
