"""Zoho Desk: the figures of the history, and the traps of its three shapes."""

from __future__ import annotations

import pytest

from tests.asking import ask, figures, missing
from tests.simulator import truth, zoho_desk
from tests.simulator.cast import agent_id
from tests.simulator.clock import SCHEDULE
from tests.simulator.model import DONE
from tests.vendor_files import BERLIN, agrees, by_ticket, csv_variants, frame, load, opened, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

REPORT, BACKUP, JSON = "zoho_desk/report.csv", "zoho_desk_backup/Cases.csv", "zoho_desk_api/tickets.json"
STATUS = {"new": "open", "open": "open", "pending": "open", "hold": "on_hold", "solved": "closed", "closed": "closed"}
DATED = ("tickets_created", "tickets_solved", "backlog", "full_resolution_time")


def test_each_sample_is_claimed_by_the_reader(tmp_path):
    for name, shape in ((REPORT, "ticket report"), (BACKUP, "data backup"), (JSON, "tickets JSON")):
        part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
        assert (part.reader, part.shape.name) == ("zoho_desk", shape)


@pytest.mark.parametrize("how", csv_variants(BACKUP))
@pytest.mark.parametrize("name", [REPORT, BACKUP])
def test_a_csv_is_claimed_and_says_the_same_however_it_is_saved(tmp_path, name, how):
    content = csv_variants(name, without=("Status", "Priority", "Due Date", "Total Time Spent", "Sentiment"))[how]
    path = saved(tmp_path / "a.csv", content)
    assert opened(path).reader == "zoho_desk"
    found, expected = load(path).frames, load(sample(name)).frames
    assert found.keys() == expected.keys()
    for each, rows in expected.items():
        shared = [column for column in rows.columns if column in found[each].columns]
        assert found[each].select(shared).equals(rows.select(shared))


def test_the_report_gives_what_the_history_holds():
    for row, one in by_ticket(sample(REPORT), year().tickets):
        closed, reply = zoho_desk.closed_at(one), zoho_desk.reply_at(one)
        assert (row["created_at"], row["closed_at"], row["due_at"]) == (one.created, closed, one.resolution_due)
        assert (row["status"], row["vendor_status"]) == (STATUS[one.status], zoho_desk.status(one))
        assert row["priority"] == {"urgent": "high"}.get(one.priority, one.priority)
        assert (row["assignee"], row["group"], row["organization"]) == (one.assignee, one.group, one.organization)
        assert row["reopens"] == len(one.reopenings)
        assert row["assignee_stations"] == (one.assignee_stations if one.assignee else None)
        assert row["escalated"] == (one.group_stations > 1)
        assert row["handle_seconds"] == 360 * len(one.replies)
        business = row["reported_full_resolution_business_seconds"]
        assert business == (
            None if closed is None else pytest.approx(60 * SCHEDULE.minutes(one.created, closed), abs=0.2)
        )
        if closed is not None:
            assert row["reported_resolution_sla_met"] == (False if closed > one.resolution_due else
                   None if reply and reply > one.first_reply_due else True)  # fmt: skip
    assert load(sample(REPORT)).rejects.is_empty()


def test_the_backup_gives_what_the_history_holds():
    for row, one in by_ticket(sample(BACKUP), year().tickets):
        closed, reply = zoho_desk.closed_at(one), zoho_desk.reply_at(one)
        assert (row["created_at"], row["closed_at"], row["first_reply_at"]) == (one.created, closed, reply)
        assert (row["channel"], row["x_id"]) == (one.channel, str(zoho_desk.long_id(one)))
        assert row["assignee"] == (str(agent_id(one.assignee)) if one.assignee else None)
        for column, end in (("first_reply", reply), ("full_resolution", closed)):
            seconds = row[f"reported_{column}_business_seconds"]
            assert seconds == (60 * SCHEDULE.minutes(one.created, end) if end else None)


def test_the_json_gives_what_the_history_holds():
    for row, one in by_ticket(sample(JSON), year().tickets):
        assert (row["created_at"], row["closed_at"]) == (one.created, zoho_desk.closed_at(one))
        assert row["status"] == {"on_hold": "on_hold", "closed": "closed"}.get(STATUS[one.status], "open")
        assert (row["is_spam"], row["channel"], row["updated_at"]) == (one.spam, one.channel, one.updated)
    assert load(sample(JSON)).rejects.is_empty()


def test_happiness_is_the_rating_of_a_ticket_and_dashes_are_no_answer():
    surveys = frame(sample(REPORT), "surveys")
    answers = {str(one.id): one.answer for one in zoho_desk.part(year()).tickets if one.answer}
    assert surveys["ticket_id"].to_list() == list(answers)
    scores = {word: {3: "GOOD", 2: "OKAY", 1: "BAD"}[word] for word in (1, 2, 3)}
    for row in surveys.iter_rows(named=True):
        grade = answers[row["ticket_id"]].grade
        assert scores[int(row["score"])] == ("GOOD" if grade >= 5 else "OKAY" if grade == 4 else "BAD")
        assert (row["scale_min"], row["scale_max"], row["embedded"]) == (1, 3, True)


@pytest.mark.parametrize("name", [REPORT, BACKUP, JSON])
def test_the_figures_are_those_of_the_history(name):
    expected = truth.figures(zoho_desk.part(year()), "freshdesk_api")
    expected = expected | {"first_reply_time": expected["first_reply_time_with_agent_opened"]}
    agrees(str(sample(name)), expected | {"csat": expected["csat_by_solved"]},
           DATED + {REPORT: ("csat",), BACKUP: ("first_reply_time",), JSON: ()}[name])  # fmt: skip


def test_the_reopen_rate_is_that_of_tickets_closed_now():
    found = figures(ask(str(sample(REPORT)), "reopen_rate", zone=BERLIN), "reopen_rate")[()]
    closed = [one for one in zoho_desk.part(year()).tickets if one.status in DONE and not (one.spam or one.deleted)]
    assert found == (pytest.approx(sum(one.reopened for one in closed) / len(closed)), len(closed))


def test_what_it_cannot_carry_is_not_in_the_export():
    for name in (REPORT, BACKUP, JSON):
        lacking = {"one_touch_rate", "requester_wait_time", "csat_response_rate"}
        lacking |= {"first_reply_time"} if name != BACKUP else {"csat", "reopen_rate"}
        lacking |= {"csat", "reopen_rate"} if name == JSON else set()
        assert missing(ask(str(sample(name)), sorted(lacking))).keys() == lacking


REPORT_HEADER = "Ticket Id,Ticket Owner,Created Time (Ticket),Closed Time"


def spans(tmp_path, *cells):
    rows = [f"{n},A,05 Jan 2024 10:15 AM,06 Jan 2024 09:00 PM,{cell}" for n, cell in enumerate(cells)]
    path = saved(tmp_path / "a.csv", "\n".join([f"{REPORT_HEADER},Resolution Time in Business Hours", *rows]))
    return frame(path, "tickets")["reported_full_resolution_business_seconds"].to_list()


def test_spans_are_milliseconds_decimal_hours_or_clocks_by_the_whole_column(tmp_path):
    assert spans(tmp_path, "5000", "60000", "7200000", "-") == [5, 60, 7200, None]
    assert spans(tmp_path, "5000", "12.5", "0") == [18_000_000, 45_000, 0]
    assert spans(tmp_path, "26:30", "00:06") == [95_400, 360]


def test_a_zero_of_what_has_not_happened_is_none(tmp_path):
    rows = ["1,A,05 Jan 2024 10:15 AM,-,0", "2,A,05 Jan 2024 10:15 AM,06 Jan 2024 09:00 PM,0"]
    path = saved(tmp_path / "a.csv", "\n".join([f"{REPORT_HEADER},Resolution Time in Business Hours", *rows]))
    assert frame(path, "tickets")["reported_full_resolution_business_seconds"].to_list() == [None, 0]


def test_a_noon_and_a_midnight_are_told_apart_and_blanks_around_headers_do_not_matter(tmp_path):
    text = " Ticket Id ,Ticket Owner,Created Time (Ticket)\n1,A,05 Jan 2024 12:15 AM\n2,A,05 Jan 2024 12:15 PM\n"
    hours = frame(saved(tmp_path / "a.csv", text), "tickets", None)["created_at"].dt.hour().to_list()
    assert hours == [0, 12]


def test_any_violation_but_not_violated_is_a_breach(tmp_path):
    words = ("Not Violated", "Resolution Violation", "Response Violation", "Violated", "-", "")
    rows = [f"{n},A,05 Jan 2024 10:15 AM,{word}" for n, word in enumerate(words)]
    path = saved(tmp_path / "a.csv", "\n".join(["Ticket Id,Ticket Owner,Created Time,SLA Violation Type", *rows]))
    found = frame(path, "tickets")
    assert found["reported_resolution_sla_met"].to_list() == [True, False, None, False, None, None]
    assert found["reported_first_reply_sla_met"].to_list() == [True, None, False, None, None, None]


def test_escalated_is_a_flag_or_a_status_and_a_status_of_the_firms_own_counts_as_open(tmp_path):
    text = "Ticket Id,Ticket Owner,Created Time,Status (Ticket),Is Escalated\n" + "\n".join(
        ["1,A,05 Jan 2024 10:15 AM,Escalated,false", "2,A,05 Jan 2024 10:15 AM,Testing,true",
         "3,A,05 Jan 2024 10:15 AM,Closed,null"]
    )  # fmt: skip
    found = frame(saved(tmp_path / "a.csv", text), "tickets")
    assert found["escalated"].to_list() == [True, True, False]
    assert found["status"].to_list() == ["open", "open", "closed"]


def test_a_list_with_ticket_owner_is_zohos_and_not_freshdesks(tmp_path):
    text = "Ticket Id,Created Time,Status,Ticket Owner\n1,05/01/2024 10:15,Open,x\n"
    path = saved(tmp_path / "a.csv", text)
    assert opened(path).reader == "zoho_desk"
    assert str(frame(path, "tickets", None)["created_at"][0]) == "2024-01-05 10:15:00+00:00"
