"""Aircall: calls of the CSV, of the API and of webhooks, as they happened."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from cs_metrics.population import load_population
from cs_metrics.readers import open_exports
from tests.asking import NOW
from tests.simulator import aircall
from tests.vendor_files import csv_rows, csv_variants, frame, load, opened, sample, saved, year

CSV, JSON, WEBHOOKS = "aircall/calls.csv", "aircall_api/calls.json", "aircall_api/webhooks_december.ndjson"
FOLDERS = [("aircall",), ("aircall_api",), ("aircall", "aircall_api")]


def counted(*folders):
    """The calls as the engine counts them, each once, and what became of the rows."""
    parts = open_exports([str(sample(folder)) for folder in folders])
    ours = {name for part in parts for name in part.available("calls") if not name.startswith("x_")}
    dataset = load_population(parts, {"calls": ours}, None, NOW)
    return dataset.frames["calls"], [each["calls"] for each in dataset.accounts]


def csv_call(path, header, *lines):
    return saved(path, "\n".join([f"call id,datetime (UTC),missed_call_reason,{header}", *lines]))


@pytest.mark.parametrize(("name", "shape"), [(CSV, "call history"), (JSON, "calls JSON"), (WEBHOOKS, "calls JSON")])
def test_each_sample_is_claimed_by_the_reader_under_any_name(tmp_path, name, shape):
    part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("aircall", shape)


@pytest.mark.parametrize("how", csv_variants(CSV))
def test_the_csv_says_the_same_however_it_is_saved(tmp_path, how):
    optional = ("tags", "team", "call direction - type", "time in ivr", "in-call duration")
    content = csv_variants(CSV, without=optional)[how]
    found, expected = frame(saved(tmp_path / "a.csv", content), "calls"), frame(sample(CSV), "calls")
    shared = [name for name in expected.columns if name in found.columns]
    assert found.select(shared).equals(expected.select(shared))
    assert {"started_at", "outcome", "wait_seconds", "talk_seconds", "direction"} <= set(shared)


@pytest.mark.parametrize("folders", FOLDERS, ids="+".join)
def test_every_call_is_told_as_it_happened(folders):
    true = {str(call.id): call for call in aircall.calls(year())}
    rows, _ = counted(*folders)
    assert set(rows["call_id"]) == set(true)
    assert rows.height == len(true)
    for row in rows.iter_rows(named=True):
        call = true[row["call_id"]]
        assert (row["started_at"], row["answered_at"], row["ended_at"]) == (call.started, call.answered, call.ended)
        assert row["direction"] == ("inbound" if call.is_inbound else "outbound")
        assert (row["outcome"], row["queue"]) == (call.outcome, call.line)
        assert (row["wait_seconds"], row["talk_seconds"]) == (call.waited, call.talk if call.is_answered else None)
        assert row["assignee"] == (call.agent if call.is_answered else None)


@pytest.mark.parametrize("folders", FOLDERS, ids="+".join)
def test_outcomes_and_times_add_up_to_those_of_the_history(folders):
    rows, _ = counted(*folders)
    true = aircall.calls(year())
    outcomes = Counter(call.outcome for call in true)
    assert Counter(rows["outcome"].to_list()) == outcomes
    assert min(outcomes[word] for word in ("answered", "abandoned", "missed", "voicemail", None)) > 3
    assert rows["wait_seconds"].sum() == sum(call.waited or 0 for call in true)
    assert rows["talk_seconds"].sum() == sum(call.talk for call in true)
    assert not {"hold_seconds", "wrap_seconds", "ticket_id", "is_resolved"} & set(rows.columns)


def test_a_call_that_comes_by_list_by_webhook_and_in_the_csv_is_one_call():
    _, accounts = counted("aircall", "aircall_api")
    calls = len(aircall.calls(year()))
    sent = len(sample(WEBHOOKS).read_bytes().splitlines())
    assert [(each.read, each.duplicates) for each in accounts] == [(calls, 0), (calls, calls), (sent, sent)]


def test_of_webhooks_alone_the_last_state_counts_whatever_the_order():
    events = [json.loads(line) for line in sample(WEBHOOKS).read_text(encoding="utf-8").splitlines()]
    true = {str(call.id): call.outcome for call in aircall.calls(year())}
    parts = open_exports([str(sample(WEBHOOKS))])
    rows = load_population(parts, {"calls": parts[0].available("calls")}, None, NOW).frames["calls"]
    assert set(rows["call_id"]) == {str(event["data"]["id"]) for event in events}
    assert rows.height < len(events)
    assert all(row["outcome"] == true[row["call_id"]] for row in rows.iter_rows(named=True))


def test_a_call_that_still_rings_or_goes_on_is_not_missed(tmp_path):
    base = {"raw_digits": "1", "direction": "inbound", "started_at": 1_700_000_000, "ended_at": None, "voicemail": None}
    ringing = base | {"id": 1, "status": "initial", "answered_at": None, "missed_call_reason": None}
    talking = base | {"id": 2, "status": "answered", "answered_at": 1_700_000_009, "missed_call_reason": None}
    ended = base | {
        "id": 3,
        "status": "done",
        "answered_at": None,
        "ended_at": 1_700_000_050,
        "missed_call_reason": None,
    }
    found = frame(saved(tmp_path / "a.json", {"calls": [ringing, talking, ended]}), "calls")
    assert found["outcome"].to_list() == [None, "answered", "missed"]
    assert found["wait_seconds"].to_list() == [None, 9, 50]
    assert found["talk_seconds"].to_list() == [None, None, None]


def test_duration_has_the_waiting_in_it_and_talk_has_not(tmp_path):
    lines = ["1,2024-01-01 10:00:00,,inbound,Yes,530,486,00:00:44", "2,2024-01-01 10:00:00,,inbound,Yes,530,,0:00:44"]
    path = csv_call(tmp_path / "a.csv", "direction,answered,duration (total),duration (in call),waiting time", *lines)
    found = frame(path, "calls")
    assert found["talk_seconds"].to_list() == [486, 486]
    assert found["wait_seconds"].to_list() == [44, 44]
    assert found["ended_at"].to_list() == [datetime(2024, 1, 1, 10, 8, 50, tzinfo=UTC)] * 2


def test_without_a_waiting_time_it_is_what_the_talk_leaves_of_the_duration(tmp_path):
    lines = ["1,2024-01-01 10:00:00,,inbound,Yes,530,486", "2,2024-01-01 10:00:00,abandoned_in_classic,inbound,No,70,"]
    path = csv_call(tmp_path / "a.csv", "direction,answered,duration (total),duration (in call)", *lines)
    assert frame(path, "calls")["wait_seconds"].to_list() == [44, 70]


def test_who_calls_outside_opening_hours_has_not_abandoned_and_was_not_missed(tmp_path):
    lines = [
        "1,2024-01-01 10:00:00,out_of_opening_hours,Inbound - Out of business hours,http://message",
        "2,2024-01-01 10:00:00,,Inbound - AI Call,",
        "3,2024-01-01 10:00:00,no_available_agent,Inbound - Voicemail,http://message",
        "4,2024-01-01 10:00:00,no_available_agent,Inbound - Missed,",
        "5,2024-01-01 10:00:00,short_abandoned,Inbound - Abandoned,",
        "6,2024-01-01 10:00:00,,Inbound-Answered,",
        "7,2024-01-01 10:00:00,,Outbound,",
    ]
    found = frame(csv_call(tmp_path / "a.csv", "Call direction - Type,Voicemail", *lines), "calls")
    assert found["outcome"].to_list() == [None, None, "voicemail", "missed", "abandoned", "answered", None]
    assert found["direction"].to_list() == ["inbound"] * 6 + ["outbound"]


@pytest.mark.parametrize("reason", ["missed_call_reason", "Missed cause", "Unanswered Call Reason"])
@pytest.mark.parametrize("number", ["Call ID (UUID)", "Call ID (internal)", "call id"])
def test_headers_are_known_in_the_spellings_of_all_generations(tmp_path, number, reason):
    header = f"{number},datetime (UTC),Call direction - type,{reason},Answered,User,Waiting time"
    line = "CA1,2024-01-01 10:00:00,Inbound - Missed,no_available_agent,No,[No associated user],00:01:10"
    row = frame(saved(tmp_path / "a.csv", f"{header}\n{line}\n"), "calls").row(0, named=True)
    assert (row["call_id"], row["outcome"], row["wait_seconds"], row["assignee"]) == ("CA1", "missed", 70, None)


@pytest.mark.parametrize(
    ("header", "hour"),
    [("datetime (UTC)", 10), ("datetime (utc)", 10), ("datetime (Europe/Berlin)", 9), ("call start time", 15)],
)
def test_the_zone_in_the_header_wins_and_without_one_that_of_the_question_counts(tmp_path, header, hour):
    text = f"call id,{header},missed_call_reason,direction\n1,2024-01-01 10:00:00,short_abandoned,inbound\n"
    found = load(saved(tmp_path / "a.csv", text), "America/New_York").frames["calls"]
    assert found["started_at"].dt.hour().to_list() == [hour]


def test_an_export_without_reasons_is_told_by_its_call_types(tmp_path):
    text = "Call ID (UUID),Call start time,Call type,Call direction\nCA1,2024-01-01 10:00:00,Missed,Inbound\n"
    row = frame(saved(tmp_path / "a.csv", text), "calls").row(0, named=True)
    assert (row["call_id"], row["direction"], row["outcome"]) == ("CA1", "inbound", "missed")


def test_a_reason_that_nobody_knows_is_counted_as_unread(tmp_path):
    path = csv_call(tmp_path / "a.csv", "direction,answered", "1,2024-01-01 10:00:00,meteor,inbound,No")
    assert load(path).rejects.select("column", "value").rows() == [("missed_call_reason", "meteor")]
    assert frame(path, "calls")["outcome"].to_list() == ["missed"]


@pytest.mark.parametrize("name", [CSV, JSON])
def test_why_a_call_was_not_answered_can_be_told_apart(name):
    part = opened(sample(name))
    rows = part.load({"calls": ["x_missed_call_reason"]}, None).frames["calls"]
    true = {str(call.id): call.reason or None for call in aircall.calls(year())}
    assert dict(rows.select("call_id", "x_missed_call_reason").rows()) == true


def test_the_team_and_the_tags_of_the_csv_are_there_by_their_own_names():
    part = opened(sample(CSV))
    assert {"x_team", "x_tags", "x_country_code"} <= part.available("calls")
    assert csv_rows(CSV)[0][3] == "datetime (UTC)"
