"""Front: the figures of the history, and the traps of its message export and its API's conversations."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from cs_metrics.errors import DataError
from tests.asking import account, ask, figure, figures, missing
from tests.simulator import front, truth
from tests.vendor_files import BERLIN, agrees, csv_variants, frame, load, opened, sample, saved, unmerged, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

CSV, JSON = "front/messages.csv", "front_api/conversations.json.gz"
SHAPES = {CSV: "messages CSV", JSON: "conversations JSON"}
STATUS = {"new": "open", "hold": "pending", "solved": "closed"}
OPTIONAL = ("Segment ID", "Subject", "Reaction time", "Handle time", "Inbox", "Segment end", "Tags")


def shown():
    return front.part(year())


def told():
    """Every segment as a ticket, those of spam and deleted conversations left out."""
    kept = [one for one in shown().tickets if not (one.spam or one.deleted)]
    return replace(year(), tickets=tuple(segment for one in kept for segment in front.told(one)))


@pytest.mark.parametrize("name", SHAPES)
def test_each_sample_is_claimed_by_the_reader(tmp_path, name):
    part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("front", SHAPES[name])


@pytest.mark.parametrize("how", csv_variants(CSV))
def test_the_csv_is_claimed_and_says_the_same_however_it_is_saved(tmp_path, how):
    path = saved(tmp_path / "a.csv", csv_variants(CSV, without=OPTIONAL)[how])
    assert opened(path).reader == "front"
    found, expected = load(path).frames, load(sample(CSV)).frames
    for name, rows in expected.items():
        shared = [column for column in rows.columns if column in found[name].columns]
        assert found[name].select(shared).equals(rows.select(shared))
        assert "ticket_id" in shared


def test_a_segment_is_a_ticket_and_gives_what_the_history_holds():
    true = {
        f"{front.conversation_number(one)} {number}": (one, stretch)
        for one in shown().tickets
        for number, stretch in enumerate(front.segments(one), start=1)
    }
    assert max(Counter(one.id for one, _ in true.values()).values()) > 1
    rows = frame(sample(CSV), "tickets")
    assert rows["ticket_id"].to_list() == list(true)
    for row in rows.iter_rows(named=True):
        one, stretch = true[row["ticket_id"]]
        assert (row["created_at"], row["updated_at"]) == (stretch[0].at, stretch[-1].at)
        expected = None if one.spam else "deleted" if one.deleted else STATUS.get(one.status, one.status)
        assert (row["status"], row["is_spam"]) == (expected, one.spam)
        assert (row["group"], row["assignee"], row["organization"]) == (one.group, one.assignee, one.organization)
        assert (row["tags"] or []) == list(one.own_tags)
        handled = [45 + place for place, said in enumerate(stretch) if said.role == "agent"]
        assert row["handle_seconds"] == (sum(handled) if handled else None)
    assert load(sample(CSV)).rejects.is_empty()


def test_rows_are_the_messages_of_the_history_without_notes():
    expected = sorted(
        (f"{front.conversation_number(one)} {number}", said.at, said.role, said.author)
        for one in shown().tickets
        for number, stretch in enumerate(front.segments(one), start=1)
        for said in stretch
    )
    found = frame(sample(CSV), "messages")
    assert sorted(found.select("ticket_id", "sent_at", "author_role", "author").rows()) == expected
    assert found["is_public"].all()
    assert found["message_id"].n_unique() == found.height


def test_the_figures_of_the_messages_are_those_of_the_history():
    expected = truth.figures(told())
    expected |= {
        name: expected[name.replace("time", "time_with_agent_opened")]
        for name in ("first_reply_time", "first_reply_time_p90")
    }
    agrees(str(sample(CSV)), expected, ("tickets_created", "first_reply_time", "first_reply_time_p90"))


def test_response_times_are_those_of_a_plain_loop():
    """From the oldest unanswered message of the customer to the next one by an agent, whatever a bot says."""
    waits = []
    for one in told().tickets:
        asked = None
        for said in one.messages:
            if said.role == "customer":
                asked = asked or said.at
            elif said.role == "agent" and asked:
                waits.append((said.at - asked).total_seconds())
                asked = None
    found = figure(ask(str(sample(CSV)), "response_time", zone=BERLIN), "response_time")
    assert found == (pytest.approx(truth._at(sorted(waits), 0.5)), len(waits))


def test_the_figures_of_the_conversations_are_those_of_the_history():
    agrees(str(sample(JSON)), truth.figures(unmerged(shown())), ("tickets_created",))


def test_conversations_give_what_the_history_holds():
    true = {front.api_id(one): one for one in shown().tickets}
    rows = frame(sample(JSON), "tickets")
    assert rows["ticket_id"].to_list() == list(true)
    for row in rows.iter_rows(named=True):
        one = true[row["ticket_id"]]
        assert row["created_at"] == one.created.replace(microsecond=123_000)
        expected = None if one.spam else "deleted" if one.deleted else STATUS.get(one.status, one.status)
        assert (row["status"], row["is_spam"], row["assignee"]) == (expected, one.spam, one.assignee)
        assert row["requester"].startswith("mail-")


@pytest.mark.parametrize("name", SHAPES)
def test_spam_and_what_was_deleted_leave_the_population(name):
    gone = {"deleted": sum(one.deleted for one in shown().tickets), "spam": sum(one.spam for one in shown().tickets)}
    assert account(ask(str(sample(name)), "tickets_created"))["excluded"] == gone
    assert all(gone.values())


@pytest.mark.parametrize("name", SHAPES)
def test_what_it_cannot_carry_is_not_in_the_export(name):
    """Most segments are archived, and nothing says since when."""
    lacking = {"tickets_solved", "backlog", "full_resolution_time", "first_resolution_time", "resolution_rate", "csat"}
    lacking |= {"reopen_rate", "one_touch_rate", "first_contact_resolution", "agent_replies_per_ticket"}
    lacking |= {"resolution_sla_attainment", "requester_wait_time", "reassignment_rate"}
    lacking |= {"first_reply_time", "response_time"} if name == JSON else set()
    assert missing(ask(str(sample(name)), sorted(lacking))).keys() == lacking


HEADER = "Message ID,Conversation ID,Segment,Message date,Direction,Autoreply"
SAID = (
    "1,7,1,2024-01-08 09:00:00,Inbound,false",
    "2,7,1,2024-01-08 09:01:00,Outbound,true",
    "3,7,1,2024-01-08 09:30:00,Outbound,false",
    "4,7,2,2024-01-15 09:00:00,Inbound,false",
    "5,8,1,2024-01-08 12:00:00,Outbound,false",
    "6,8,1,2024-01-08 13:00:00,Inbound,false",
)


def written(tmp_path, *lines, header=HEADER):
    return saved(tmp_path / "a.csv", "\n".join([header, *lines]))


@pytest.mark.parametrize("order", [1, -1])
def test_the_columns_that_are_needed_suffice_in_any_order_of_the_rows(tmp_path, order):
    path = written(tmp_path, *SAID[::order])
    rows = frame(path, "tickets", None).sort("ticket_id")
    assert rows["ticket_id"].to_list() == ["7 1", "7 2", "8 1"]
    began = rows["created_at"].dt.strftime("%d %H").to_list()
    assert began == ["08 09", "15 09", "08 12"]
    report = ask(str(path), ("tickets_created", "first_reply_time", "response_time"))
    assert figure(report, "tickets_created") == (3, 3)
    assert (figure(report, "first_reply_time"), figure(report, "response_time")) == ((1800, 1), (1800, 1))


def test_without_a_direction_there_are_tickets_and_nobody_has_replied_to_them(tmp_path):
    lines = [line.partition(",Inbound")[0].partition(",Outbound")[0] for line in SAID]
    path = written(tmp_path, *lines, header=HEADER.partition(",Direction")[0])
    report = ask(str(path), ("tickets_created", "first_reply_time", "response_time"))
    assert figure(report, "tickets_created") == (3, 3)
    assert missing(report).keys() == {"first_reply_time", "response_time"}


def test_no_segment_is_counted_twice_where_two_exports_overlap(tmp_path):
    header = f"{HEADER},Segment start"
    lines = [f"{line},2024-01-08 09:00:00" for line in SAID[:3]] + [f"{SAID[3]},2024-01-15 09:00:00"]
    first = saved(tmp_path / "first.csv", "\n".join([header, *lines[:2]]))
    second = saved(tmp_path / "second.csv", "\n".join([header, *lines[1:]]))
    for files in ([str(first), str(second)], [str(second), str(first)]):
        report = ask(files, ("tickets_created", "first_reply_time"))
        assert (figure(report, "tickets_created"), figure(report, "first_reply_time")) == ((2, 2), (1800, 1))
        assert account(report, "messages")["duplicates"] == 1


def test_a_reply_counts_for_whoever_wrote_it_and_not_for_whom_it_is_assigned_to(tmp_path):
    header = f"{HEADER},Assignee,Attributed to,Author"
    lines = [f"{SAID[0]},Mary,,Ann", f"{SAID[2]},Mary,Sophia,Sophia K."]
    report = ask(str(written(tmp_path, *lines, header=header)), "response_time", by="author")
    assert figures(report, "response_time") == {"Sophia": (1800, 1)}


def test_where_tickets_are_in_use_their_status_counts_before_the_archive(tmp_path):
    header = f"{HEADER},Status,Ticket status name,Ticket status category"
    words = ("archived,Waiting on you,waiting", "open,Done,Resolved", "archived,,", "Snoozed,,", "new thing,,")
    lines = [f"{n},{n},1,2024-01-08 09:00:00,Inbound,false,{word}" for n, word in enumerate(words)]
    rows = frame(written(tmp_path, *lines, header=header), "tickets")
    assert rows["status"].to_list() == ["pending", "solved", "closed", "pending", "open"]


def test_handle_time_is_the_sum_over_a_segment_in_seconds_or_as_a_clock(tmp_path):
    for cells in (("", "90", "30"), ("", "0:01:30", "0:00:30")):
        lines = [f"{line},{cell}" for line, cell in zip(SAID[:3], cells, strict=True)]
        rows = frame(written(tmp_path, *lines, f"{SAID[3]},", header=f"{HEADER},Handle time"), "tickets")
        assert rows["handle_seconds"].to_list() == [120, None]


def test_the_export_of_activities_is_not_taken_for_messages(tmp_path):
    path = written(tmp_path, f"a1,Archive,{SAID[0]}", header=f"Activity ID,Type,{HEADER}")
    with pytest.raises(DataError, match="no reader knows this file"):
        opened(path)
