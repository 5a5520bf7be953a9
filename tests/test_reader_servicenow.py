"""ServiceNow: what its five kinds of file hold is what the history says, and each trap of theirs is seen."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.errors import DataError
from cs_metrics.readers import FilePart, Loaded, open_exports
from tests.asking import ask, figure, figures, missing
from tests.simulator import servicenow as sim
from tests.simulator import truth
from tests.simulator.__main__ import SAMPLE_DATA
from tests.simulator.history import simulate
from tests.simulator.model import DONE, History, Ticket
from tests.vendor_files import REAL, real_files

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

BERLIN = "Europe/Berlin"
FOLDER = SAMPLE_DATA / "servicenow"

SHAPES = {
    "incident.csv": ("incidents CSV", 0),
    "incident_labels.csv": ("incidents CSV", 1),
    "incident.json.gz": ("Table API, stored values", 2),
    "incident_event_log.csv.gz": ("update log CSV", 3),
}
OURS = {"hold": "on_hold"}


@cache
def year() -> History:
    return simulate()


@cache
def part_of_year(name: str) -> History:
    return sim.of(year(), SHAPES[name][1])


def opened(path: Path) -> FilePart:
    return open_exports([str(path)])[0]


def load(path: Path, zone: str | None = BERLIN) -> Loaded:
    part = opened(path)
    return part.load({frame: part.available(frame) for frame in part.columns}, zone)


def rows(path: Path, zone: str | None = BERLIN) -> pl.DataFrame:
    return load(path, zone).frames["tickets"]


def saved(path: Path, content: Any) -> Path:
    if isinstance(content, (dict, list)):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def text_of(name: str) -> str:
    content = (FOLDER / name).read_bytes()
    content = gzip.decompress(content) if name.endswith(".gz") else content
    return content.decode("cp1252" if "labels" in name else "utf-8")


def as_csv(table: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(table)
    return stream.getvalue()


def solved_at(ticket: Ticket) -> datetime | None:
    return ticket.solves[-1] if ticket.status in DONE else None


# Which file it is


@pytest.mark.parametrize("name", SHAPES)
def test_each_file_is_claimed_by_its_shape_alone_under_any_name(tmp_path, name):
    part = opened(saved(tmp_path / "download", text_of(name)))
    assert (part.reader, part.shape.name) == ("servicenow", SHAPES[name][0])


@pytest.mark.parametrize("name", ["incident.csv", "incident_labels.csv", "incident_event_log.csv.gz"])
def test_a_bom_and_another_order_of_columns_change_nothing(tmp_path, name):
    table = list(csv.reader(io.StringIO(text_of(name), newline="")))
    expected = rows(FOLDER / name)
    turned = as_csv([line[::-1] for line in table])
    for content in (b"\xef\xbb\xbf" + as_csv(table).encode(), turned):
        found = rows(saved(tmp_path / "a.csv", content))
        assert found.select(expected.columns).equals(expected)


def test_a_file_with_few_columns_is_known_and_says_what_it_has(tmp_path):
    path = saved(tmp_path / "a.csv", "number,opened_at,assignment_group\nINC1,2025-01-02 10:00:00,Network\n")
    part = opened(path)
    assert (part.reader, part.available("tickets")) == ("servicenow", {"ticket_id", "created_at", "group"})


# The incidents


@pytest.mark.parametrize("name", ["incident.csv", "incident_labels.csv", "incident.json.gz"])
def test_an_incident_is_what_the_history_says(name):
    by_number = {sim.number(ticket): ticket for ticket in part_of_year(name).tickets}
    found = rows(FOLDER / name)
    assert sorted(found["ticket_id"]) == sorted(by_number)

    def shown(text: str | None) -> str | None:
        if text and name == "incident.json.gz":
            return sim.sys_id(text)
        if text and name == "incident_labels.csv":  # an old instance's encoding has no letters for some names
            return text.encode("cp1252", errors="replace").decode("cp1252")
        return text

    for row in found.iter_rows(named=True):
        ticket = by_number[row["ticket_id"]]
        assert (row["created_at"], row["solved_at"]) == (ticket.created, solved_at(ticket))
        assert row["closed_at"] == (ticket.statuses[-1].at if ticket.status == "closed" else None)
        assert row["updated_at"] == ticket.updated
        assert row["status"] == OURS.get(ticket.status, ticket.status)
        assert row["priority"] == (ticket.priority or "low")
        assert (row["group"], row["assignee"]) == (shown(ticket.group), shown(ticket.assignee))
        assert row["channel"] == ticket.channel
        assert (row["reopens"], row["group_stations"]) == (len(ticket.reopenings), ticket.group_stations)
        assert row["created_by_agent"] == (ticket.opened_by is not None)
        took = solved_at(ticket) and (ticket.solves[-1] - ticket.created).total_seconds()
        assert row["reported_full_resolution_seconds"] == took
        is_late = sim.late(ticket, year().end)
        assert row["reported_resolution_sla_met"] == (False if is_late else True if ticket.status in DONE else None)
        if name != "incident_labels.csv":
            assert row["handle_seconds"] == (360 * len(ticket.replies) or None)
            assert row["due_at"] == ticket.resolution_due


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_in_a_sample_is_left_unread(name):
    assert load(FOLDER / name).rejects.is_empty()


@pytest.mark.parametrize("name", SHAPES)
def test_the_figures_are_those_of_the_history(name):
    told = truth.figures(part_of_year(name))
    names = ("tickets_created", "tickets_solved", "full_resolution_time", "backlog")
    report = ask(str(FOLDER / name), [*names, "reopen_rate"], zone=BERLIN, source_zone=BERLIN)
    assert {each: figure(report, each) for each in names} == {each: pytest.approx(told[each]["all"]) for each in names}


@pytest.mark.parametrize("name", SHAPES)
def test_what_an_incident_does_not_know_is_said_to_be_missing(name):
    absent = missing(ask(str(FOLDER / name), ["first_reply_time", "csat", "response_time"], zone=BERLIN))
    assert set(absent) == {"first_reply_time", "csat", "response_time"}


def test_all_files_of_the_folder_are_one_helpdesk():
    every = [ticket for name in SHAPES for ticket in part_of_year(name).tickets]
    report = ask(str(FOLDER), ["tickets_created", "tickets_solved"], zone=BERLIN, source_zone=BERLIN)
    assert figure(report, "tickets_created")[0] == len(every)
    assert figure(report, "tickets_solved")[0] == sum(ticket.status in DONE for ticket in every)


# Traps


def test_nobody_is_met_before_it_is_resolved_and_a_miss_counts_at_once(tmp_path):
    lines = ["INC1,2025-01-02 10:00:00,1,true,", "INC2,2025-01-02 10:00:00,2,false,"]
    lines += [
        "INC3,2025-01-02 10:00:00,6,true,2025-01-02 11:00:00",
        "INC4,2025-01-02 10:00:00,7,false,2025-01-09 11:00:00",
    ]
    path = saved(tmp_path / "a.csv", "\n".join(["number,opened_at,state,made_sla,resolved_at", *lines]))
    assert rows(path)["reported_resolution_sla_met"].to_list() == [None, False, True, False]


@pytest.mark.parametrize(
    ("span", "seconds"),
    [
        ("1970-01-02 09:46:18", 86400 + 9 * 3600 + 46 * 60 + 18),
        ("1 Day 9 Hours 46 Minutes", 86400 + 9 * 3600 + 46 * 60),
        ("3 Days 12 Hours", 3 * 86400 + 12 * 3600),
        ("1 09:46:18", 86400 + 9 * 3600 + 46 * 60 + 18),
        ("8100", 8100),
    ],
)
def test_a_span_is_read_in_every_way_in_which_it_is_written(tmp_path, span, seconds):
    path = saved(tmp_path / "a.csv", f"number,opened_at,sys_id,time_worked\nINC1,2025-01-02 10:00:00,a,{span}\n")
    assert rows(path)["handle_seconds"].to_list() == [seconds]


def test_an_incident_on_hold_for_its_caller_is_pending_and_for_others_on_hold(tmp_path):
    lines = [f"INC{n},2025-01-02 10:00:00,a,{state},{why}" for n, (state, why) in enumerate(
        [("3", "1"), ("3", "4"), ("On Hold", "Awaiting Caller"), ("On Hold", ""), ("Awaiting User Info", "")]
    )]  # fmt: skip
    path = saved(tmp_path / "a.csv", "\n".join(["number,opened_at,sys_id,state,hold_reason", *lines]))
    assert rows(path)["status"].to_list() == ["pending", "on_hold", "pending", "on_hold", "pending"]


def test_an_unknown_state_is_open_and_counted(tmp_path):
    path = saved(tmp_path / "a.csv", "number,opened_at,sys_id,state\nINC1,2025-01-02 10:00:00,a,-100\n")
    found = load(path)
    assert found.frames["tickets"].select("status", "vendor_status").row(0) == ("open", "-100")
    assert found.rejects["reason"].to_list() == ["not read as a known word, taken as open"]


LINK = "https://x.service-now.com/api/now/table/sys_user/"


def api(**cells: Any) -> dict[str, Any]:
    record = {"number": "INC1", "sys_id": "a", "opened_at": "2025-07-01 10:00:00", "state": "2", "assigned_to": ""}
    return record | {"sys_class_name": "incident"} | cells


def test_stored_values_are_in_utc_whatever_the_zone_of_the_source(tmp_path):
    caller = {"link": LINK + "u1", "value": "u1"}
    path = saved(tmp_path / "a.json", {"result": [api(caller_id=caller), api(number="INC2", caller_id="")]})
    found = rows(path)
    assert opened(path).shape.name == "Table API, stored values"
    assert found["created_at"].dt.hour().to_list() == [10, 10]
    assert found["requester"].to_list() == ["u1", None]


def test_display_values_are_names_and_in_the_zone_of_whoever_asked(tmp_path):
    agent = {"link": LINK + "u1", "display_value": "Zoë Müller"}
    path = saved(tmp_path / "a.json", {"result": [api(state="In Progress", assigned_to=agent), api(assigned_to="")]})
    found = rows(path)
    assert opened(path).shape.name == "Table API, display values"
    assert found["created_at"].dt.hour().to_list() == [8, 8]
    assert found["assignee"].to_list() == ["Zoë Müller", None]
    assert found["status"].to_list() == ["open", "open"]


def test_with_both_values_the_stored_ones_are_read_and_people_are_named(tmp_path):
    record = {
        name: {"value": value, "display_value": shown}
        for name, value, shown in [
            ("number", "INC1", "INC1"), ("sys_id", "a", "a"), ("state", "6", "Resolved"),
            ("opened_at", "2025-07-01 10:00:00", "01-07-2025 12:00:00"),
            ("resolved_at", "2025-07-01 11:00:00", "01-07-2025 13:00:00"), ("assigned_to", "u1", "Zoë Müller"),
        ]
    }  # fmt: skip
    path = saved(tmp_path / "a.json", {"result": record | {"sys_class_name": {"value": "incident"}}})
    found = rows(path).select("ticket_id", "status", "assignee", "vendor_status").row(0)
    assert found == ("INC1", "solved", "Zoë Müller", "Resolved")
    assert rows(path)["created_at"].dt.hour().to_list() == [10]


def test_bare_texts_are_in_the_sources_zone_for_nothing_says_whose_they_are(tmp_path):
    path = saved(tmp_path / "a.json", {"result": [api(assigned_to="u1")]})
    assert opened(path).shape.name == "Table API, bare texts"
    assert rows(path)["created_at"].dt.hour().to_list() == [8]
    assert rows(path, None)["created_at"].dt.hour().to_list() == [10]


# The update log


def test_the_log_gives_each_incident_once_as_its_last_row_has_it():
    by_number = {sim.number(ticket): ticket for ticket in part_of_year("incident_event_log.csv.gz").tickets}
    found = rows(FOLDER / "incident_event_log.csv.gz")
    assert found.height == len(by_number)
    for row in found.iter_rows(named=True):
        ticket = by_number[row["ticket_id"]]
        assert (row["created_at"], row["solved_at"]) == (ticket.created, solved_at(ticket))
        assert row["updated_at"] == ticket.updated
        assert row["status"] == OURS.get(ticket.status, ticket.status)
        assert (row["group"], row["assignee"]) == (ticket.group, ticket.assignee)
        assert (row["reopens"], row["requester"]) == (len(ticket.reopenings), f"Caller {ticket.requester.id}")
        assert row["priority"] == (ticket.priority or "low")
    assert "created_by_agent" not in found.columns  # callers and openers have numbers of two kinds


LOG = "number,incident_state,sys_mod_count,opened_at,sys_updated_at,resolved_at,assignment_group,assigned_to"


def test_of_two_updates_within_a_minute_the_later_one_counts_in_whatever_order_they_stand(tmp_path):
    lines = ["INC1,Resolved,2,29/2/2016 01:16,29/2/2016 01:20,29/2/2016 01:20,Group 70,Resolver 89"]
    lines += ["INC1,Active,1,29/2/2016 01:16,29/2/2016 01:20,?,Group 70,?"]
    lines += ["INC1,New,0,29/2/2016 01:16,29/2/2016 01:16,?,Group 56,?"]
    found = load(saved(tmp_path / "a.csv", "\n".join([LOG, *lines])))
    assert found.frames["tickets"].select("status", "group", "assignee").rows() == [
        ("solved", "Group 70", "Resolver 89")
    ]
    assert (found.read["tickets"], found.rejected["tickets"]) == (1, 0)


def test_the_log_is_day_first_even_where_every_date_allows_both(tmp_path):
    lines = ["INC1,New,0,1/3/2016 01:16,2/3/2016 01:16,?,Group 56,?"]
    found = rows(saved(tmp_path / "a.csv", "\n".join([LOG, *lines])), None)
    assert found["created_at"].dt.strftime("%d %b").to_list() == ["01 Mar"]


# Task SLAs


def test_task_slas_are_cycles_of_a_response_and_a_resolution_clock():
    cycles = load(FOLDER / "task_sla.csv").frames["sla_cycles"]
    by_number = {sim.number(ticket): ticket for ticket in part_of_year("incident.csv").tickets}
    assert cycles.height == 2 * len(by_number)
    for row in cycles.iter_rows(named=True):
        ticket = by_number[row["ticket_id"]]
        is_reply = row["clock"] == "first_reply_time"
        stop = (ticket.replies[0].at if ticket.replies else None) if is_reply else solved_at(ticket)
        due = ticket.first_reply_due if is_reply else ticket.resolution_due
        assert (row["started_at"], row["due_at"]) == (ticket.created, due)
        if stop:
            assert (row["stopped_at"], row["is_met"]) == (stop, stop <= due)
            assert row["elapsed_seconds"] == 60 * sim.SCHEDULE.minutes(ticket.created, stop)


def test_task_slas_answer_what_the_helpdesks_own_clocks_say():
    tickets = part_of_year("incident.csv").tickets
    replies = [t.replies[0].at <= t.first_reply_due for t in tickets if t.replies]
    solves = [t.solves[-1] <= t.resolution_due for t in tickets if t.status in DONE]
    report = ask(str(FOLDER / "task_sla.csv"), "sla_attainment", zone=BERLIN, source_zone=BERLIN, by="clock")
    assert figures(report, "sla_attainment") == {
        name: (pytest.approx(sum(met) / len(met)), len(met))
        for name, met in (("first_reply_time", replies), ("full_resolution_time", solves))
    }


def test_a_clock_that_was_called_off_is_neither_met_nor_missed(tmp_path):
    lines = ["INC1,Response,cancelled,true,2025-01-02 10:00:00,2025-01-02 12:00:00,2025-01-02 11:00:00"]
    lines += ["INC2,Response,in_progress,false,2025-01-02 10:00:00,,2025-01-02 11:00:00"]
    lines += ["INC3,Vendor OLA,in_progress,true,2025-01-02 10:00:00,,2025-01-02 11:00:00"]
    header = "task,sla,stage,has_breached,start_time,end_time,planned_end_time"
    cycles = load(saved(tmp_path / "a.csv", "\n".join([header, *lines]))).frames["sla_cycles"]
    assert cycles["is_met"].to_list() == [None, None, None]
    assert cycles["clock"].to_list() == ["first_reply_time", "first_reply_time", None]


def test_a_task_sla_of_the_table_api_is_read_in_each_of_its_forms(tmp_path):
    cells = {"stage": "in_progress", "has_breached": "false", "start_time": "2025-01-02 10:00:00", "end_time": ""}
    cells |= {
        "planned_end_time": "2025-01-02 12:00:00",
        "schedule": "",
        "percentage": "75",
        "business_percentage": "90",
    }
    cells |= {"sys_updated_on": "2025-01-02 11:30:00"}
    link = {"link": "https://x/api"}
    shown = {"task": link | {"display_value": "INC1"}, "sla": link | {"display_value": "Priority 1 resolution"}}
    kept = {"task": link | {"value": "0a1"}, "sla": link | {"value": "9f2"}}
    both = {name: {"display_value": value, "value": value} for name, value in cells.items()}
    both |= {name: shown[name] | kept[name] for name in shown}
    plain = {"task": "INC1", "sla": "Priority 1 resolution"}
    for form, record, ticket, hour in (
        ("stored values", cells | kept, "0a1", 10),
        ("both values", both, "INC1", 10),
        ("display values", cells | shown, "INC1", 9),  # the zone of whoever asked, here Berlin's
        ("bare texts", cells | plain, "INC1", 9),
    ):
        path = saved(tmp_path / "a.json", {"result": [record]})
        assert opened(path).shape.name == f"task SLAs, {form}"
        found = load(path)
        assert found.rejects.is_empty()
        (row,) = found.frames["sla_cycles"].iter_rows(named=True)
        assert (row["ticket_id"], row["started_at"].hour, row["is_met"]) == (ticket, hour, None)
        assert row["clock"] == (None if form == "stored values" else "full_resolution_time")
        assert (row["share_left"], row["updated_at"].minute) == (0.25, 30)


def test_task_slas_beside_incidents_say_of_them_what_incidents_do_not(tmp_path):
    files = [str(FOLDER / "incident.csv"), str(FOLDER / "task_sla.csv")]
    tickets = part_of_year("incident.csv").tickets
    told = [t.replies[0].at <= t.first_reply_due for t in tickets if t.replies]
    told += [False for t in tickets if not t.replies and t.status not in DONE and year().end > t.first_reply_due]
    report = ask(files, "first_reply_sla_attainment", zone=BERLIN, source_zone=BERLIN)
    assert figure(report, "first_reply_sla_attainment") == (pytest.approx(sum(told) / len(told)), len(told))


# Real files


@real_files
def test_the_real_table_export_has_the_figures_of_its_readme():
    found = rows(REAL / "servicenow_rest/incidents_REST.IBM.csv", None)
    assert found.height == 67
    counts = dict(found["status"].value_counts().rows())
    assert counts == {"closed": 27, "open": 20, "new": 13, "on_hold": 3, "pending": 4}
    assert found.filter(pl.col("reported_full_resolution_seconds").is_not_null()).height == 27
    assert found["solved_at"].drop_nulls().len() >= 27


@real_files
@pytest.mark.parametrize("name", ["incident_data.csv", "task_data.csv"])
def test_a_warehouses_halves_of_an_incident_are_nobodys(name):
    with pytest.raises(DataError, match="no reader knows this file"):
        opened(REAL / "fivetran_servicenow" / name)


def test_the_log_tells_every_change_of_status_group_and_agent_in_our_words():
    found = load(FOLDER / "incident_event_log.csv.gz").frames["changes"]
    for ticket in part_of_year("incident_event_log.csv.gz").tickets:
        told = found.filter(ticket_id=sim.number(ticket)).sort("position", maintain_order=True)
        assert told.select("changed_at", "field", "old", "new").rows() == sim.changes(ticket), ticket.id


def test_changes_are_told_in_whatever_order_the_updates_stand(tmp_path):
    lines = ["INC1,Active,1,29/2/2016 01:16,29/2/2016 01:20,?,Group 70,Resolver 89"]
    lines += [
        "INC2,New,0,29/2/2016 01:16,29/2/2016 01:16,?,?,?",
        "INC1,New,0,29/2/2016 01:16,29/2/2016 01:16,?,Group 56,?",
    ]
    found = load(saved(tmp_path / "a.csv", "\n".join([LOG, *lines]))).frames["changes"]
    assert found.select("ticket_id", "field", "old", "new").rows() == [
        ("INC1", "status", "new", "open"), ("INC1", "group", "Group 56", "Group 70"),
        ("INC1", "assignee", None, "Resolver 89"),
    ]  # fmt: skip


def test_the_history_of_the_log_gives_the_figures_of_the_history():
    name = "incident_event_log.csv.gz"
    told = truth.figures(part_of_year(name))
    names = ("first_resolution_time", "reopen_rate", "full_resolution_time", "backlog")
    report = ask(str(FOLDER / name), names, zone=BERLIN, source_zone=BERLIN)
    assert {each: figure(report, each) for each in names} == {each: pytest.approx(told[each]["all"]) for each in names}
    passed_on = [one.assignee_stations > 1 for one in part_of_year(name).tickets if one.status in DONE]
    report = ask(str(FOLDER / name), "reassignment_rate", zone=BERLIN, source_zone=BERLIN)
    assert figure(report, "reassignment_rate") == (pytest.approx(sum(passed_on) / len(passed_on)), len(passed_on))
