"""The shipped maps for Gladly, on the history in the columns that its two reports are documented with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import build
from tests.asking import NOW, ROOT, account, figure, missing, shipped
from tests.simulator import truth
from tests.simulator.clock import local
from tests.simulator.model import DONE
from tests.vendor_files import BERLIN, saved, year

MAPS = [ROOT / f"configs/maps/gladly_{name}.yml" for name in ("conversations", "timestamps")]
CONVERSATIONS = (
    "Created At", "Conversation ID", "Customer ID", "Conversation Link", "Status", "Assigned Agent ID - Current",
    "Assigned Agent Name - Current", "Inbox ID - Current", "Inbox Name - Current", "First Closed At", "Last Closed At",
    "Initiator Type - Created", "Initiator Agent ID - Created", "Initiator Agent Name - Created",
    "Inbox ID - Created", "Inbox Name - Created",
)  # fmt: skip
TIMESTAMPS = (
    "Timestamp", "Event Type", "Conversation ID", "Customer ID", "Initiator Type", "Initiator ID",
    "Initiator Agent Name", "Assigned Inbox ID", "Assigned Inbox Name", "Assigned Agent ID", "Assigned Agent Name",
)  # fmt: skip


def shown():
    """A third of the year, and all that was reopened."""
    kept = (one for one in year().tickets if not (one.deleted or one.spam))
    return replace(year(), tickets=tuple(one for one in kept if one.id % 3 == 0 or one.reopened))


def conversation(one):
    status = "MERGED" if one.merged_into else "CLOSED" if one.status in DONE else "OPEN"
    closed = [clock(one.solves[0]), clock(one.solves[-1])] if one.solves else ["", "Null"]
    began = ["Agent", "7", one.opened_by] if one.opened_by else ["Customer", "", ""]
    agent, inbox = one.assignee or "", one.group or ""
    link = f"https://acme.gladly.example/{one.id}"
    return [clock(one.created), f"c{one.id}", f"p{one.requester.id}", link, status, agent and "7", agent, inbox and "3",
            inbox, *closed, *began, "3", inbox]  # fmt: skip


def events(one):
    told = [
        (one.created, "CONVERSATION/CREATED"),
        (one.updated, "CONVERSATION/TOPIC_ADDED"),
        (one.updated, "NOTE/CREATED"),
    ]
    told += [(each.at, "CONVERSATION_ASSIGNEE/UPDATED") for each in one.assignments]
    told += [(at, "CONVERSATION/CLOSED") for at in one.solves]
    told += [(at, "CONVERSATION/REOPENED") for at in one.reopenings]
    return [[clock(at), event, f"c{one.id}", f"p{one.requester.id}", *[""] * 7] for at, event in sorted(told)]


def clock(instant):
    return local(instant).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def report(tmp_path):
    """Asks for metrics of the conversations, or of both files."""
    conversations = [CONVERSATIONS, *map(conversation, shown().tickets)]
    timestamps = [TIMESTAMPS, *(row for one in shown().tickets for row in events(one))]
    files = [saved(tmp_path / "conversations.csv", conversations), saved(tmp_path / "timestamps.csv", timestamps)]

    def asked(*metrics, both):
        question = Question(now=NOW, metrics=metrics, calendar=Calendar(BERLIN), zone_given=True)
        return build(open_exports([str(file) for file in files[: 1 + both]], None, MAPS), question, shipped())

    return asked


@pytest.mark.parametrize("both", [False, True])
def test_the_figures_are_those_of_the_history(report, both):
    metrics = ["tickets_created", "tickets_solved", "backlog", "full_resolution_time", "first_resolution_time"]
    metrics += ["reopen_rate"] if both else []
    found, expected = report(*metrics, both=both), truth.figures(shown())
    for metric in metrics:
        value, n = expected[metric]["all"]
        assert figure(found, metric) == (pytest.approx(value), n), metric


def test_reopenings_are_told_by_the_timestamps_alone(report):
    again = sum(len(one.reopenings) for one in shown().tickets if not one.merged_into)
    assert figure(report("reopened_events", both=True), "reopened_events") == (again, again)
    assert missing(report("reopen_rate", "reopened_events", both=False)).keys() == {"reopen_rate", "reopened_events"}


def test_what_was_merged_away_leaves_and_every_event_is_told_to_a_conversation(report):
    found = report("tickets_created", "reopened_events", both=True)
    assert account(found)["excluded"] == {"merged": sum(one.merged_into is not None for one in shown().tickets)}
    assert account(found, "changes")["rejected"] == 0
    assert not [note for note in found.result.notes if note.code in ("unlinked", "status-unknown", "history-differs")]


def test_what_it_cannot_carry_is_not_in_the_export(report):
    lacking = {"first_reply_time", "one_touch_rate", "csat", "response_time"}
    found = report(*sorted(lacking), "reassignment_rate", both=True)
    assert missing(found).keys() == lacking
    assert figure(found, "reassignment_rate") == (None, 0)
