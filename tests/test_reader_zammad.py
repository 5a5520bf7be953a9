"""Zammad: the figures of the history, and the traps of its ticket list and its download."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.asking import account, ask, figure, missing
from tests.simulator import truth, zammad
from tests.simulator.clock import SCHEDULE
from tests.vendor_files import (
    REAL,
    agrees,
    by_ticket,
    csv_variants,
    frame,
    load,
    opened,
    real_files,
    sample,
    saved,
    year,
)

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

LIST, NUMBERS, DOWNLOAD = "zammad/tickets.json", "zammad_numbers/tickets.json", "zammad/report.csv"
STATUS = {"hold": "pending", "solved": "closed"}


def test_each_sample_is_claimed_by_the_reader(tmp_path):
    for name, shape in ((LIST, "tickets JSON"), (NUMBERS, "tickets JSON"), (DOWNLOAD, "report download")):
        part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
        assert (part.reader, part.shape.name) == ("zammad", shape)


@pytest.mark.parametrize("how", csv_variants(DOWNLOAD))
def test_the_download_is_claimed_and_says_the_same_however_it_is_saved(tmp_path, how):
    path = saved(tmp_path / "a.csv", csv_variants(DOWNLOAD, without=("Title", "Tags", "Owner", "Sender"))[how])
    assert opened(path).reader == "zammad"
    found, expected = frame(path, "tickets"), frame(sample(DOWNLOAD), "tickets")
    assert found.equals(expected.select(name for name in expected.columns if name in found.columns))


def test_a_search_says_the_same_as_the_list_and_other_assets_are_no_tickets(tmp_path):
    listed = json.loads(sample(NUMBERS).read_text(encoding="utf-8"))
    users = {str(one["customer_id"]): {"id": one["customer_id"], "created_at": one["created_at"]} for one in listed}
    assets = {"User": users, "Ticket": {str(one["id"]): one for one in listed}, "Group": {}}
    page = {"tickets": [one["id"] for one in listed], "tickets_count": len(listed), "assets": assets}
    part = opened(saved(tmp_path / "a.json", page))
    assert (part.reader, part.shape.name) == ("zammad", "search")
    found, expected = load(tmp_path / "a.json"), load(sample(NUMBERS))
    ours = [name for name in expected.frames["tickets"].columns if not name.startswith("x_")]
    assert found.frames["tickets"].select(ours).equals(expected.frames["tickets"].select(ours))
    assert found.rejects.is_empty()


def test_the_list_gives_what_the_history_holds():
    for row, one in by_ticket(sample(LIST), year().tickets):
        closes, is_closed = one.solves, zammad.state(one) == 4 or one.merged_into is not None
        assert (row["created_at"], row["updated_at"]) == (one.created, one.updated)
        assert row["first_solved_at"] == (closes[0] if closes else None)
        assert row["solved_at"] == (closes[-1] if is_closed else None)
        assert row["first_reply_at"] == zammad.first_response(one)
        assert row["reopens"] == int(one.reopened)
        gone = one.spam or one.deleted
        assert row["status"] == ("deleted" if gone else STATUS.get(one.status, one.status))
        assert row["is_merged"] == (one.merged_into is not None)
        assert (row["group"], row["assignee"], row["organization"]) == (one.group, one.assignee, one.organization)
        assert (row["channel"], row["created_by_agent"]) == (one.channel, one.opened_by is not None)
        if zammad.has_sla(one) and one.replies and not one.opened_by:
            reply = one.replies[0].at
            assert row["reported_first_reply_business_seconds"] == 60 * SCHEDULE.minutes(one.created, reply)
            assert row["reported_first_reply_sla_met"] == (reply <= one.first_reply_due)
        elif not zammad.has_sla(one):
            assert row["reported_first_reply_business_seconds"] is None
            assert row["due_at"] is None
    assert load(sample(LIST)).rejects.is_empty()


def test_the_numbers_of_a_new_installation_say_the_same_as_the_names():
    same = ("ticket_id", "created_at", "status", "priority", "is_merged", "channel", "created_by_agent", "solved_at")
    names, numbers = frame(sample(LIST), "tickets"), frame(sample(NUMBERS), "tickets")
    assert numbers.select(same).equals(names.head(numbers.height).select(same))
    assert numbers["assignee"].null_count() == names["assignee"].head(numbers.height).null_count() > 0


def test_the_figures_are_those_of_the_history():
    metrics = ("tickets_created", "tickets_solved", "backlog", "first_reply_time", "first_resolution_time")
    agrees(str(sample(LIST)), truth.figures(zammad.part(year())), (*metrics, "full_resolution_time", "reopen_rate"))


@pytest.mark.parametrize("metric", ["tickets_created", "first_reply_time", "first_resolution_time"])
def test_the_figures_of_the_download_are_those_of_the_history(metric):
    value, n = truth.figures(zammad.part(year()))[metric]["all"]
    assert figure(ask(str(sample(DOWNLOAD)), metric, zone="UTC"), metric) == (pytest.approx(value), n)


def test_merged_and_removed_tickets_are_left_out_and_counted():
    shown = zammad.part(year()).tickets
    left = account(ask(str(sample(LIST)), "tickets_created"))["excluded"]
    assert left == {
        "merged": sum(one.merged_into is not None for one in shown),
        "deleted": sum(one.spam or one.deleted for one in shown),
    }


def test_what_it_cannot_carry_is_not_in_the_export():
    lacking = {"csat", "one_touch_rate", "requester_wait_time", "interactions_per_ticket"}
    assert missing(ask(str(sample(LIST)), sorted(lacking))).keys() == lacking
    lacking |= {"tickets_solved", "full_resolution_time", "reopen_rate"}  # the download has the first close alone
    assert missing(ask(str(sample(DOWNLOAD)), sorted(lacking))).keys() == lacking


def records(**changes):
    base = {"number": "1", "created_at": "2024-01-01T09:00:00.000Z", "state_id": 4, "first_response_diff_in_min": None}
    return base | {"close_at": "2024-01-01T10:00:00.000Z"} | changes


def test_an_older_version_tells_the_first_close_but_not_the_last(tmp_path):
    path = saved(tmp_path / "a.json", [records()])
    assert {"first_solved_at"} == {"first_solved_at", "solved_at", "reopens"} & opened(path).available("tickets")
    assert missing(ask(str(path), ("first_resolution_time", "full_resolution_time"))).keys() == {"full_resolution_time"}


def test_a_close_stays_on_a_ticket_that_is_open_again(tmp_path):
    later = "2024-01-02T10:00:00.000Z"
    rows = [
        records(number="1", last_close_at="2024-01-01T10:00:00.000Z"),
        records(number="2", last_close_at=later),
        records(number="3", last_close_at="2024-01-01T10:00:00.000Z", state_id=2),
        records(number="4", last_close_at=None, close_at=None, state_id=2),
    ]
    found = frame(saved(tmp_path / "a.json", rows), "tickets")
    assert found["reopens"].to_list() == [0, 1, 1, 0]
    assert found["solved_at"].is_null().to_list() == [False, False, True, True]


def test_minutes_left_below_zero_are_a_breach_and_none_is_no_sla(tmp_path):
    rows = [records(number=str(left), first_response_diff_in_min=left) for left in (10, 0, -6, None)]
    found = frame(saved(tmp_path / "a.json", rows), "tickets")
    assert found["reported_first_reply_sla_met"].to_list() == [True, True, False, None]


def test_the_systems_own_user_is_nobody_and_states_of_the_firms_own_are_open(tmp_path):
    rows = [records(owner="-", state="closed"), records(number="2", owner="Ann", state="waiting for parts")]
    found = frame(saved(tmp_path / "a.json", rows), "tickets")
    assert found["assignee"].to_list() == [None, "Ann"]
    assert found["status"].to_list() == ["closed", "open"]


@real_files
def test_the_tickets_of_the_documentation():
    path = REAL / "zammad_docs/tickets_list.json"
    found = frame(path, "tickets")
    assert found.height == len(json.loads(path.read_text()))
    assert found["status"].to_list() == ["new", "closed", "closed", "open"]
    assert found["assignee"].to_list() == [None, "3", "3", None]
    assert found["created_by_agent"].to_list() == [False, False, False, True]
    assert found["created_at"][0] == datetime(2021, 11, 3, 11, 51, 13, 759000, tzinfo=UTC)
