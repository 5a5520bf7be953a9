"""osTicket: the figures of the history, and the traps of its queue export."""

from __future__ import annotations

import csv
import io

import pytest

from tests.asking import ask, figure, figures, missing
from tests.simulator import osticket, truth
from tests.simulator.model import DONE
from tests.vendor_files import BERLIN, agrees, as_csv, frame, load, opened, sample, saved, unmerged, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

CSV = "osticket/tickets.csv"
DATED = ("tickets_created", "tickets_solved", "backlog", "full_resolution_time", "full_resolution_time_p90")
STATUS = {"solved": "solved", "closed": "closed"}
OPTIONAL = ("Subject", "SLA Due Date", "Due Date", "Thread Count", "Last Updated", "From", "Priority")


def listed():
    return [one for one in osticket.part(year()).tickets if not (one.deleted or one.spam)]


def rows_of_the_sample():
    text = sample(CSV).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_sample_is_claimed_by_the_reader(tmp_path):
    part = opened(saved(tmp_path / "download", sample(CSV).read_bytes()))
    assert (part.reader, part.shape.name) == ("osticket", "ticket CSV")


@pytest.mark.parametrize("how", ["commas", "utf-16", "turned round", "fewer"])
def test_the_file_says_the_same_however_it_is_saved(tmp_path, how):
    rows = rows_of_the_sample()
    kept = [place for place, header in enumerate(rows[0]) if header not in OPTIONAL]
    content = {
        "commas": as_csv(rows).encode(),
        "utf-16": as_csv(rows, ";").encode("utf-16"),
        "turned round": as_csv([row[::-1] for row in rows]).encode(),
        "fewer": as_csv([[row[place] for place in kept] for row in rows]).encode(),
    }[how]
    path = saved(tmp_path / "a.csv", content)
    assert opened(path).reader == "osticket"
    found, expected = frame(path, "tickets"), frame(sample(CSV), "tickets")
    shared = [name for name in expected.columns if name in found.columns]
    assert found.select(shared).equals(expected.select(shared))
    assert {"created_at", "closed_at", "status", "group", "requester", "reopens"} <= set(shared)


def test_the_export_gives_what_the_history_holds():
    true = {f"{one.id:06}": one for one in listed()}
    rows = frame(sample(CSV), "tickets")
    assert rows["ticket_id"].to_list() == list(true)
    for row in rows.iter_rows(named=True):
        one = true[row["ticket_id"]]
        by_agent, by_sla = osticket.due_dates(one)
        assert (row["created_at"], row["closed_at"]) == (one.created, osticket.closed_at(one))
        assert (row["updated_at"], row["due_at"]) == (one.updated, by_agent or by_sla)
        status = "closed" if one.status == "solved" and not one.replies else STATUS.get(one.status, "open")
        assert (row["status"], row["vendor_status"]) == (status, osticket.status(one))
        assert (row["priority"], row["reopens"]) == (one.priority or "normal", len(one.reopenings))
        assert row["channel"] == {"chat": "other"}.get(one.channel, one.channel)
        assert (row["group"], row["assignee"]) == (one.group, one.assignee)
        assert row["category"] == (osticket.TOPICS.get(one.product, one.product) if one.product else None)
        assert row["requester"].startswith("mail-")
    assert rows["requester"].n_unique() == len({one.requester.id for one in listed()})
    assert load(sample(CSV)).rejects.is_empty()


def test_the_figures_are_those_of_the_history():
    agrees(str(sample(CSV)), truth.figures(unmerged(osticket.part(year()))), DATED)


def test_the_reopen_rate_is_that_of_tickets_closed_now():
    closed = [one for one in listed() if one.status in DONE]
    expected = (pytest.approx(sum(one.reopened for one in closed) / len(closed)), len(closed))
    assert any(one.reopened for one in closed)
    assert figure(ask(str(sample(CSV)), "reopen_rate", zone=BERLIN), "reopen_rate") == expected


def test_a_group_that_looks_like_markup_is_a_group_like_others():
    found = figures(ask(str(sample(CSV)), "tickets_created", by="group"), "tickets_created")
    counts = {group: sum(one.group == group for one in listed()) for group in {one.group for one in listed()}}
    assert found == {group: (count, count) for group, count in counts.items()}


def test_what_it_cannot_carry_is_not_in_the_export():
    """An overdue flag and due dates are there, but a close takes those of late tickets away."""
    lacking = {"first_reply_time", "one_touch_rate", "first_contact_resolution", "agent_replies_per_ticket", "csat"}
    lacking |= {"resolution_sla_attainment", "first_reply_sla_attainment", "reassignment_rate", "requester_wait_time"}
    assert missing(ask(str(sample(CSV)), sorted(lacking))).keys() == lacking


def tickets(tmp_path, header, *rows):
    return frame(saved(tmp_path / "a.csv", "\n".join([header, *rows])), "tickets", None)


def test_an_apostrophe_before_what_looks_like_a_formula_goes_and_others_stay(tmp_path):
    header = "Ticket Number,Date Created,Help Topic,Agent Assigned"
    rows = ["1,2024-01-05 10:15:00,'=Router,'@home", "2,2024-01-05 10:15:00,'s-Gravenhage,'-"]
    found = tickets(tmp_path, header, *rows)
    assert found.select("category", "assignee").rows() == [("=Router", "@home"), ("'s-Gravenhage", "-")]


def test_dates_are_read_as_the_agents_language_writes_them(tmp_path):
    american = tickets(tmp_path, "Ticket Number,Date Created,Help Topic", "1,1/5/24 10:15 AM,x", "2,1/25/24 2:30 PM,x")
    german = tickets(tmp_path, "Ticket Number;Date Created;Help Topic", "1;05.01.24 10:15;x", "2;25.01.24 14:30;x")
    for rows in (american, german):
        assert rows["created_at"].dt.strftime("%m-%d %H:%M").to_list() == ["01-05 10:15", "01-25 14:30"]


def test_a_status_of_the_firms_own_is_closed_where_there_is_a_close_date_and_open_where_there_is_none(tmp_path):
    header = "Ticket Number,Date Created,Help Topic,Current Status,Closed Date"
    words = ("Gelöst,2024-01-06 10:00:00", "In Arbeit,", "Resolved,2024-01-06 10:00:00", "archived,", "Deleted,")
    rows = [f"{number},2024-01-05 10:15:00,x,{word}" for number, word in enumerate(words)]
    found = tickets(tmp_path, header, *rows)
    assert found["status"].to_list() == ["closed", "open", "solved", "closed", "deleted"]
    assert found["vendor_status"].to_list() == ["Gelöst", "In Arbeit", "Resolved", "archived", "Deleted"]


def test_an_empty_count_of_reopenings_is_zero_and_one_that_is_no_number_is_none(tmp_path):
    rows = [f"{n},2024-01-05 10:15:00,x,{cell}" for n, cell in enumerate(("", "0", "2", "many"))]
    found = tickets(tmp_path, "Ticket Number,Date Created,Help Topic,Reopen Count", *rows)
    assert found["reopens"].to_list() == [0, 0, 2, None]
