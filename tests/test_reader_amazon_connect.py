"""Amazon Connect: its contact records as calls, each once in its newest version."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from cs_metrics.population import load_population
from cs_metrics.readers import open_exports
from tests.asking import NOW
from tests.simulator import amazon_connect
from tests.vendor_files import REAL, frame, load, opened, real_files, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

SAMPLE = "amazon_connect/contacts.ndjson"


def counted(path):
    """The calls as the engine counts them, each once, and what became of the rows."""
    parts = open_exports([str(path)])
    dataset = load_population(parts, {"calls": parts[0].available("calls")}, None, NOW)
    return dataset.frames["calls"], dataset.accounts[0]["calls"]


def record(**changes):
    base = {
        "AWSContactTraceRecordFormatVersion": "2017-03-10", "Channel": "VOICE", "ContactId": "1", "Agent": None,
        "InitiationMethod": "INBOUND", "InitiationTimestamp": "2024-01-01T09:00:00Z", "Queue": None,
        "DisconnectTimestamp": "2024-01-01T09:10:00Z", "LastUpdateTimestamp": "2024-01-01T09:11:00Z",
    }  # fmt: skip
    return base | changes


AGENT = {"ConnectedToAgentTimestamp": "2024-01-01T09:01:00Z", "AgentInteractionDuration": 60}
QUEUE = {"EnqueueTimestamp": "2024-01-01T09:00:10Z", "Duration": 50, "Name": "Billing"}


def test_the_sample_is_claimed_by_the_reader_as_lines_and_as_an_array(tmp_path):
    lines = sample(SAMPLE).read_bytes()
    array = b"[" + b",".join(lines.splitlines()) + b"]"
    for content in (lines, b"\xef\xbb\xbf" + lines, array):
        part = opened(saved(tmp_path / "download", content))
        assert (part.reader, part.shape.name) == ("amazon_connect", "contact records")
        assert part.load({"calls": ["call_id"]}, None).frames["calls"].height == frame(sample(SAMPLE), "calls").height


def test_each_call_is_counted_once_in_its_newest_version_whatever_the_order():
    rows, counts = counted(sample(SAMPLE))
    true = {call.id: call for call in amazon_connect.calls(year()) if call.channel == "VOICE"}
    assert set(rows["call_id"]) == set(true)
    sent = [each for each in amazon_connect.records(year()) if each["Channel"] == "VOICE"]
    assert (counts.read, counts.duplicates) == (len(sent), len(sent) - len(true))
    for row in rows.iter_rows(named=True):
        call = true[row["call_id"]]
        assert (row["started_at"], row["ended_at"]) == (call.started, call.ended)
        assert row["direction"] == {"OUTBOUND": "outbound", "CALLBACK": "outbound"}.get(call.method, "inbound")
        if call.fate == "answered":
            assert (row["answered_at"], row["assignee"]) == (call.connected, call.agent)
            assert (row["talk_seconds"], row["hold_seconds"]) == (call.talk, call.hold)
            assert row["wrap_seconds"] == call.wrap
        else:
            assert (row["answered_at"], row["talk_seconds"], row["assignee"]) == (None, None, None)
        assert row["queue"] == (None if call.fate == "left early" else call.queue)
        assert row["wait_seconds"] == (None if call.fate == "left early" else call.wait)


def test_outcomes_are_those_of_calls_that_came_in_and_were_queued():
    rows, _ = counted(sample(SAMPLE))
    true = [call for call in amazon_connect.calls(year()) if call.channel == "VOICE"]
    inbound = [call.fate for call in true if call.method in ("INBOUND", "TRANSFER")]
    outcomes = Counter(rows["outcome"].to_list())
    assert outcomes["answered"] == inbound.count("answered") > 0
    assert outcomes["abandoned"] == inbound.count("abandoned") > 0
    assert outcomes[None] == inbound.count("left early") + len(true) - len(inbound)


def test_the_frames_columns_hold_the_calls_handling_time():
    rows, _ = counted(sample(SAMPLE))
    answered = [c for c in amazon_connect.calls(year()) if c.channel == "VOICE" and c.fate == "answered"]
    handled = sum(rows[name].sum() for name in ("talk_seconds", "hold_seconds", "wrap_seconds"))
    assert handled == sum(call.talk + call.hold + call.wrap for call in answered)


def test_chats_and_tasks_are_no_calls(tmp_path):
    rows = [record(), record(ContactId="2", Channel="CHAT"), record(ContactId="3", Channel="TASK")]
    assert frame(saved(tmp_path / "a.json", rows), "calls")["call_id"].to_list() == ["1"]


def test_a_caller_who_leaves_the_queue_has_abandoned_and_one_who_never_reached_it_has_not(tmp_path):
    rows = [
        record(ContactId="1", Queue=QUEUE, Agent=AGENT),
        record(ContactId="2", Queue=QUEUE),
        record(ContactId="3"),
        record(ContactId="4", Queue=QUEUE, Agent=AGENT, InitiationMethod="OUTBOUND"),
        record(ContactId="5", Queue=QUEUE, Agent=AGENT, InitiationMethod="MONITOR"),
    ]
    found = frame(saved(tmp_path / "a.json", rows), "calls")
    assert found["outcome"].to_list() == ["answered", "abandoned", None, None, None]
    assert found["direction"].to_list() == ["inbound", "inbound", "inbound", "outbound", None]


def test_a_method_that_nobody_knows_is_counted_as_unread(tmp_path):
    rows = [record(), record(ContactId="2", InitiationMethod="TELEPATHY")]
    rejects = load(saved(tmp_path / "a.json", rows)).rejects
    assert rejects.select("column", "value").rows() == [("InitiationMethod", "TELEPATHY")]


@real_files
def test_of_the_real_contact_that_came_three_times_the_last_version_counts():
    rows, counts = counted(REAL / "amazon_connect_ctr/ctr_3_versions.ndjson")
    row = rows.row(0, named=True)
    assert (rows.height, counts.read, counts.duplicates) == (1, 3, 2)
    assert row["updated_at"] == datetime(2022, 1, 11, 4, 9, 47, tzinfo=UTC)
    assert [row[f"{name}_seconds"] for name in ("talk", "hold", "wrap", "wait")] == [239, 221, 5, 346]
    assert (row["outcome"], row["direction"], row["queue"]) == ("answered", "inbound", "TCC Refrig AC LLA")
