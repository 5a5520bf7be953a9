"""Zendesk's histories, calls and surveys say what the simulator's history says, row by row and metric by metric."""

from __future__ import annotations

import json
from functools import cache
from itertools import count, permutations
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import pytest

from cs_metrics.errors import DataError
from cs_metrics.readers import FilePart, Loaded, open_exports
from tests.asking import account, ask, figure, figures, missing
from tests.simulator import truth, zendesk_history
from tests.simulator.__main__ import SAMPLE_DATA
from tests.simulator.cast import BOT, agent_id, group_id
from tests.simulator.history import simulate
from tests.simulator.model import DONE, History, Ticket
from tests.simulator.zendesk_api import ticket_object
from tests.vendor_files import REAL, real_files

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

FOLDER = SAMPLE_DATA / "zendesk_history"
SHAPES = {
    "tickets.json": "tickets JSON",
    "audits.json": "ticket audits",
    "ticket_events.json": "ticket events",
    "ticket_metric_events.json": "ticket metric events",
    "ticket_metrics.json": "ticket metrics",
    "survey_responses.json": "survey responses",
    "calls.json": "Talk calls",
    "legs.json": "Talk legs",
    "view.csv": "view CSV",
}
OURS = {"hold": "on_hold"}
BERLIN = "Europe/Berlin"


@cache
def told() -> History:
    return zendesk_history.part(simulate())


def opened(path: Path) -> FilePart:
    return open_exports([str(path)])[0]


def load(path: Path, zone: str | None = BERLIN) -> Loaded:
    part = opened(path)
    return part.load({frame: part.available(frame) for frame in part.columns}, zone)


def saved(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def nested(tmp_path: Path, key: str = "audits") -> Path:
    """The tickets with their audits or comments in them, one a line."""
    lines = []
    for ticket in told().tickets:
        whole = ticket_object(ticket)
        record = {name: value for name, value in whole.items() if name not in ("metric_set", "comments")}
        inside = zendesk_history.audits(ticket) if key == "audits" else whole["comments"]
        lines.append(json.dumps({"ticket": record | {key: inside}}))
    return saved(tmp_path / f"{key}.ndjson", "\n".join(lines))


def seconds(ticket: Ticket) -> dict[str, float]:
    """How long a ticket has been in each status up to the end of the file, whole seconds."""
    ends = [change.at for change in ticket.statuses[1:]] + [told().as_of]
    spent: dict[str, float] = {}
    for change, end in zip(ticket.statuses, ends, strict=True):
        spent[change.status] = spent.get(change.status, 0) + max(0.0, (end - change.at).total_seconds())
    return spent


def with_history() -> list[Ticket]:
    return [ticket for ticket in told().tickets if not ticket.deleted]


def counted() -> list[Ticket]:
    return [ticket for ticket in told().tickets if not (ticket.deleted or ticket.merged_into)]


@pytest.mark.parametrize("name", SHAPES)
def test_each_file_is_claimed_by_one_shape_with_a_bom_and_any_order_of_keys(tmp_path, name):
    text = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        page = json.loads(text)
        records = {
            key: [dict(reversed(one.items())) for one in value] if value else value for key, value in page.items()
        }
        text = json.dumps(dict(reversed(records.items())))
    path = saved(tmp_path / "download", "\ufeff" + text)
    part = opened(path)
    assert (part.reader, part.shape.name) == ("zendesk", SHAPES[name])
    expected = load(FOLDER / name)
    assert {frame: rows.height for frame, rows in load(path).frames.items()} == {
        frame: rows.height for frame, rows in expected.frames.items()
    }
    assert expected.rejects.is_empty()


REQUIRED = {
    "tickets": {"id", "created_at", "status", "submitter_id", "assignee_id"},
    "audits": {"id", "ticket_id", "created_at", "events"},
    "ticket_events": {"id", "ticket_id", "created_at", "child_events"},
    "ticket_metric_events": {"id", "ticket_id", "metric", "instance_id", "type", "time"},
    "survey_responses": {"id", "responder_id", "subjects", "answers"},
    "calls": {"id", "created_at", "direction", "completion_status", "wait_time"},
    "legs": {"id", "call_id", "created_at", "type", "completion_status"},
}


@pytest.mark.parametrize("name", REQUIRED)
def test_a_file_is_claimed_and_read_without_its_optional_keys(tmp_path, name):
    page = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))[name]
    few = [{key: value for key, value in record.items() if key in REQUIRED[name]} for record in page]
    path = saved(tmp_path / "a.json", {name: few})
    assert opened(path).shape.name == SHAPES[f"{name}.json"]
    found, whole = load(path), load(FOLDER / f"{name}.json")
    frame = next(iter(found.frames))
    assert found.frames[frame].height == whole.frames[frame].height
    assert found.rejects.is_empty()


def test_a_ticket_with_both_comments_and_audits_is_read_by_its_audits(tmp_path):
    ticket = next(ticket for ticket in told().tickets if ticket.id == 504)
    whole = ticket_object(ticket) | {"audits": zendesk_history.audits(ticket)}
    for content in (whole, [whole], {"tickets": [whole]}, {"tickets": [{"ticket": whole}]}):
        part = opened(saved(tmp_path / "a.json", content))
        assert part.shape.name == "tickets JSON with audits"
        assert part.load({"messages": []}, None).frames["messages"].height == len(ticket.messages)


# Audits, comments, ticket events


def test_the_changes_of_a_list_of_audits_are_those_of_the_history():
    changes = load(FOLDER / "audits.json").frames["changes"]
    expected: dict[str, list[tuple[Any, ...]]] = {"status": [], "group": [], "assignee": []}
    for ticket in with_history():
        for field, steps in {
            "status": [(one.at, OURS.get(one.status, one.status)) for one in ticket.statuses],
            "group": [(one.at, str(group_id(one.group))) for one in ticket.assignments],
            "assignee": [(one.at, str(agent_id(one.agent)) if one.agent else None) for one in ticket.assignments],
        }.items():
            at_once = dict(steps)  # of several at one instant the last one is told
            before = None
            for at, value in at_once.items():
                if value != before:
                    expected[field].append((str(ticket.id), at, before, value))
                before = value
    for field, rows in expected.items():
        found = changes.filter(field=field).select("ticket_id", "changed_at", "old", "new").rows()
        assert sorted(found, key=str) == sorted(rows, key=str), field


def test_tickets_with_their_audits_have_the_same_changes_and_who_wrote_what(tmp_path):
    inside = load(nested(tmp_path)).frames
    listed = load(FOLDER / "audits.json").frames
    keys = ["ticket_id", "changed_at", "field", "position", "old", "new"]
    assert inside["changes"].select(keys).equals(listed["changes"].select(keys))
    expected = [
        (str(ticket.id), message.at, "system" if message.author == BOT else message.role, message.public)
        for ticket in with_history()
        for message in ticket.messages
    ]
    found = inside["messages"].select("ticket_id", "sent_at", "author_role", "is_public").rows()
    assert sorted(found) == sorted(expected)


def test_comments_on_tickets_say_the_same_as_the_comments_in_their_audits(tmp_path):
    columns = ["ticket_id", "sent_at", "author", "author_role", "is_public"]
    comments, events = (load(nested(tmp_path, key)).frames["messages"] for key in ("comments", "audits"))
    comments = comments.filter(pl.col("ticket_id").is_in(events["ticket_id"].unique().implode()))
    assert comments.select(columns).sort(columns).equals(events.select(columns).sort(columns))


def test_a_list_of_audits_knows_the_requester_from_the_audit_that_made_the_ticket(tmp_path):
    columns = ["message_id", "ticket_id", "sent_at", "author", "author_role", "is_public"]
    listed, inside = load(FOLDER / "audits.json"), load(nested(tmp_path))
    assert listed.frames["messages"].select(columns).equals(inside.frames["messages"].select(columns))


def test_ticket_events_say_the_same_as_audits():
    events, audits = load(FOLDER / "ticket_events.json").frames, load(FOLDER / "audits.json").frames
    some = events["changes"]["ticket_id"].unique().implode()
    # an agent taken away is not told there, and what is none of the four fields is called other
    ours = audits["changes"].filter(pl.col("ticket_id").is_in(some) & pl.col("new").is_not_null())
    theirs = events["changes"].filter(pl.col("field") != "other")
    columns = ["ticket_id", "changed_at", "field", "old", "new", "position"]
    assert theirs.select(columns).sort(columns).equals(ours.select(columns).sort(columns))
    columns = ["message_id", "ticket_id", "sent_at", "author", "author_role", "is_public"]
    messages = audits["messages"].filter(pl.col("ticket_id").is_in(some))
    assert events["messages"].select(columns).sort(columns).equals(messages.select(columns).sort(columns))


@pytest.mark.parametrize("key", ["audits", "comments"])
def test_metrics_of_tickets_with_messages_equal_the_truth(tmp_path, key):
    names = ["tickets_created", "first_reply_time"]
    names += ["tickets_solved", "first_resolution_time", "full_resolution_time", "backlog"] if key == "audits" else []
    names += ["reopen_rate", "one_touch_rate", "agent_replies_per_ticket"] if key == "audits" else []
    report, figures = ask(str(nested(tmp_path, key)), names), truth.figures(told())
    assert {name: figure(report, name) for name in names} == {
        name: pytest.approx(figures[name]["all"]) for name in names
    }


def test_waiting_and_backlog_are_told_from_bare_tickets_and_a_list_of_audits():
    files = [str(FOLDER / "tickets.json"), str(FOLDER / "audits.json")]
    names = ["requester_wait_time", "pending_time", "on_hold_time", "tickets_solved", "reopen_rate", "backlog"]
    report, figures = ask(files, names), truth.figures(told())
    spent = [seconds(ticket) for ticket in counted()]
    waits = [sum(one.get(status, 0) for status in ("new", "open", "hold")) for one in spent]
    assert figure(report, "requester_wait_time") == (median(waits), len(waits))
    for name in ("tickets_solved", "reopen_rate", "backlog"):
        assert figure(report, name) == pytest.approx(figures[name]["all"]), name


def test_bare_tickets_alone_lack_what_only_their_metrics_or_histories_know():
    lacking = missing(
        ask(str(FOLDER / "tickets.json"), ["first_reply_time", "full_resolution_time", "tickets_created"])
    )
    assert set(lacking) == {"first_reply_time", "full_resolution_time"}


def comment(number: int, author: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "author_id": author, "public": True, "created_at": "2024-01-01T00:00:00Z"} | more


def test_roles_come_from_the_requester_the_copies_the_followers_and_the_way(tmp_path):
    who = {"requester_id": 5, "submitter_id": 5, "assignee_id": 6, "collaborator_ids": [7, 8, 6], "follower_ids": [8]}
    ticket = {"id": 1, "created_at": "2024-01-01T00:00:00Z", "status": "open", "email_cc_ids": [9]} | who
    said = [
        *(comment(author, author, via={"channel": "email"}) for author in (5, 6, 7, 8, 9, 75)),
        comment(100, -1),
        comment(101, 6, via={"channel": "rule"}),
    ]
    roles = load(saved(tmp_path / "a.json", [ticket | {"comments": said}])).frames["messages"]["author_role"].to_list()
    assert roles == ["customer", "agent", "customer", "agent", "customer", "agent", "system", "system"]


def test_a_list_of_comments_has_roles_only_from_the_users_beside_it(tmp_path):
    listed = [comment(1, 5, ticket_id=1), comment(2, 6, ticket_id=1), comment(3, 7, ticket_id=1)]
    users = [{"id": 5, "role": "end-user"}, {"id": 6, "role": "agent"}, {"id": 7, "role": "admin"}]
    told = load(saved(tmp_path / "a.json", {"comments": listed, "users": users})).frames["messages"]
    assert told["author_role"].to_list() == ["customer", "agent", "agent"]
    alone = load(saved(tmp_path / "b.json", {"comments": listed})).frames["messages"]
    assert "author_role" not in alone.columns


def test_comments_that_do_not_say_their_ticket_are_refused(tmp_path):
    with pytest.raises(DataError, match="no reader knows this file"):
        opened(saved(tmp_path / "a.json", {"comments": [comment(1, 5)], "meta": {"has_more": False}}))


def test_an_audit_without_changes_and_a_change_of_another_field_give_no_rows(tmp_path):
    events = [
        {"id": 1, "type": "Change", "field_name": "subject", "value": "x", "previous_value": "y"},
        {"id": 2, "type": "Change", "field_name": "tags", "value": ["a"], "previous_value": []},
        {"id": 3, "type": "Create", "field_name": "first_reply_time", "value": {"minutes": 1440}},
        {"id": 4, "type": "Notification", "subject": "x"},
        {"id": 5, "type": "Change", "field_name": "status", "value": "hold", "previous_value": "open"},
        {"id": 6, "type": "Change", "field_name": "assignee_id", "value": None, "previous_value": "9"},
    ]
    audit = {"id": 9, "ticket_id": 1, "author_id": 6, "created_at": "2024-01-01T00:00:00Z", "via": {"channel": "web"}}
    found = load(saved(tmp_path / "a.json", {"audits": [audit | {"events": events}, audit | {"events": []}]}))
    assert found.frames["changes"].select("field", "old", "new").rows() == [
        ("status", "open", "on_hold"),
        ("assignee", "9", None),
    ]
    assert found.rejects.is_empty()


# Metric events, ticket metrics


def test_verdicts_of_metric_events_are_those_of_the_targets():
    names = ["first_reply_sla_attainment", "tickets_created"]
    report = ask(str(FOLDER / "ticket_metric_events.json"), names)
    deleted_too = History(tuple(told().tickets), (), told().start, told().end)
    met = []
    for ticket in deleted_too.tickets:
        reply = ticket.replies[0].at if ticket.replies else None
        if reply is not None:
            met.append(reply <= ticket.first_reply_due)
        elif ticket.status not in DONE and ticket.first_reply_due < told().end:
            met.append(False)
    assert figure(report, "first_reply_sla_attainment") == (pytest.approx(sum(met) / len(met)), len(met))


def test_a_breach_that_was_taken_back_is_none_and_a_running_clock_has_no_verdict(tmp_path):
    numbers = count(1)

    def event(ticket: int, minute: int, kind: str, metric: str = "reply_time", **more: Any) -> dict[str, Any]:
        key = {"id": next(numbers), "ticket_id": ticket, "metric": metric, "instance_id": 1, "type": kind}
        return key | {"time": f"2024-01-01T00:{minute:02}:00Z"} | more

    def begins(ticket: int) -> list[dict[str, Any]]:
        return [event(ticket, 0, "activate"), event(ticket, 0, "apply_sla")]

    events = [
        *(*begins(1), event(1, 5, "breach", deleted=True), event(1, 9, "fulfill")),
        *(*begins(2), event(2, 5, "breach", deleted=False), event(2, 9, "fulfill")),
        *begins(3),
        *(event(4, 0, "activate"), event(4, 9, "fulfill")),
        event(5, 9, "fulfill"),
    ]
    for page in ({"ticket_metric_events": events}, {"ticket_metric_events": events[::-1]}):
        report = ask(str(saved(tmp_path / "a.json", page)), "first_reply_sla_attainment", by="ticket_id")
        assert figures(report, "first_reply_sla_attainment") == {
            "1": (1, 1), "2": (0, 1), "3": (None, 0), "4": (None, 0),
        }  # fmt: skip


def test_an_event_says_its_clock_its_target_and_its_policy(tmp_path):
    def event(metric: str, run: int, kind: str, **more: Any) -> dict[str, Any]:
        key = {"id": 100 + run, "ticket_id": 1, "metric": metric, "instance_id": run, "type": kind}
        return key | {"time": "2024-01-01T00:00:00Z"} | more

    policy = {"id": 3, "title": "Gold", "description": None}
    events = [
        event("reply_time", 1, "apply_sla", sla={"target": 60, "business_hours": True, "policy": policy}),
        event("reply_time", 2, "activate"),
        event("group_ownership_time", 1, "apply_group_sla", group_sla={"target_in_seconds": 90, "policy": policy}),
        event("agent_work_time", 1, "pause"),
        event("resolution_time", 1, "update_status", status={"calendar": 1, "business": 1}),
        event("resolution_time", 1, "measure"),
    ]
    found = load(saved(tmp_path / "a.json", {"ticket_metric_events": events}))
    columns = ("measure", "clock", "event", "policy", "target_seconds", "in_business_hours")
    assert found.frames["sla_events"].select(columns).rows() == [
        ("reply_time", "first_reply_time", "target", "Gold", 3600, True),
        ("reply_time", "next_reply_time", "start", None, None, None),
        ("group_ownership_time", None, "target", "Gold", 90, None),
        ("agent_work_time", "agent_work", "pause", None, None, None),
    ]
    assert found.rejects.is_empty()


def test_pages_of_metric_events_say_what_they_say_together(tmp_path):
    page = json.loads((FOLDER / "ticket_metric_events.json").read_text(encoding="utf-8"))["ticket_metric_events"]
    # as the incremental export lists them, a hundred events of many tickets a page
    page.sort(key=lambda event: event["time"])
    size = len(page) // 4 + 1
    paths = [
        str(saved(tmp_path / f"{n}.json", {"ticket_metric_events": page[n * size : (n + 1) * size]})) for n in range(4)
    ]
    names = ["sla_attainment", "sla_breaches", "sla_breached_open", "first_reply_sla_attainment", "tickets_created"]
    whole = ask(str(FOLDER / "ticket_metric_events.json"), names)
    for order in (paths, paths[::-1]):
        report = ask(order, names)
        assert {name: figure(report, name) for name in names} == {name: figure(whole, name) for name in names}


def test_the_cycles_of_metric_events_are_the_promises_of_the_history():
    report = ask(str(FOLDER / "ticket_metric_events.json"), "sla_attainment", by="clock")
    replies = [one.replies[0].at <= one.first_reply_due for one in told().tickets if one.replies]
    solves = [one.solves[-1] <= one.resolution_due for one in told().tickets if one.status in DONE]
    assert figures(report, "sla_attainment") == {
        name: (pytest.approx(sum(met) / len(met)), len(met))
        for name, met in (("first_reply_time", replies), ("full_resolution_time", solves))
    }


def test_bare_tickets_with_their_measures_beside_them_have_the_figures_of_the_history():
    files = [str(FOLDER / f"{name}.json") for name in ("ticket_metrics", "tickets", "ticket_metric_events")]
    names = ("tickets_created", "tickets_solved", "first_reply_time", "full_resolution_time", "first_resolution_time")
    names += ("reopen_rate", "agent_replies_per_ticket", "one_touch_rate")
    figures_of = truth.figures(told())
    for order in permutations(files):
        report = ask(list(order), names)
        assert {name: figure(report, name) for name in names} == {
            name: pytest.approx(figures_of[name]["all"]) for name in names
        }
        books = account(report)
        assert books["read"] == 3 * len(told().tickets)
        assert books["duplicates"] == 2 * len(told().tickets)


def test_ticket_metrics_alone_give_times_without_a_status(tmp_path):
    metric = {
        "id": 9, "ticket_id": 1, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-02-01T00:00:00Z",
        "solved_at": "2024-01-02T00:00:00Z", "replies": 1, "reopens": 0, "assignee_stations": 1, "group_stations": 1,
        "reply_time_in_minutes": {"calendar": 30, "business": 10},
    }  # fmt: skip
    report = ask(str(saved(tmp_path / "a.json", {"ticket_metrics": [metric]})), ["first_reply_time", "tickets_solved"])
    assert (figure(report, "first_reply_time"), figure(report, "tickets_solved")) == ((1800, 1), (1, 1))


def test_all_kinds_of_files_together_are_one_history():
    names = ("tickets_created", "tickets_solved", "first_reply_time", "full_resolution_time", "first_resolution_time")
    names += ("reopen_rate", "agent_replies_per_ticket", "one_touch_rate", "csat", "backlog")
    report, expected = ask(str(FOLDER), names, zone=BERLIN, source_zone=BERLIN), truth.figures(told())
    assert {name: figure(report, name) for name in names} == {
        name: pytest.approx(expected[name]["all"]) for name in names
    }
    books = account(report)
    assert books["read"] == books["used"] + books["duplicates"] + sum(books["excluded"].values())


# Surveys


def test_survey_responses_are_the_answers_of_the_history():
    answered = [ticket for ticket in told().tickets if ticket.answer]
    surveys = load(FOLDER / "survey_responses.json").frames["surveys"]
    assert surveys.select("survey_id", "ticket_id", "answered_at", "score", "is_satisfied", "has_comment").rows() == [
        (
            f"R{ticket.id}",
            str(ticket.id),
            ticket.answer.at,
            zendesk_history.RATING[ticket.answer.grade],
            ticket.answer.good,
            ticket.answer.comment is not None,
        )
        for ticket in answered
    ]
    report = ask(str(FOLDER / "survey_responses.json"), ["csat"])
    assert figure(report, "csat") == (sum(ticket.answer.good for ticket in answered) / len(answered), len(answered))


def test_survey_responses_are_told_to_their_tickets_and_stand_for_the_rating_on_them():
    files = [str(FOLDER / "survey_responses.json"), str(FOLDER / "tickets.json")]
    report = ask(files, ["csat"], by="channel")
    answered = [ticket for ticket in counted() if ticket.answer]
    assert figure(report, "csat") == (sum(ticket.answer.good for ticket in answered) / len(answered), len(answered))
    by_channel = {
        channel: [t.answer.good for t in answered if t.channel == channel] for channel in {t.channel for t in answered}
    }
    assert {name: value for name, value in figures(report, "csat").items() if value[1]} == {
        channel: (pytest.approx(sum(good) / len(good)), len(good)) for channel, good in by_channel.items()
    }
    assert account(report, "surveys")["duplicates"] == len([ticket for ticket in told().tickets if ticket.answer])


def test_a_response_to_what_is_no_ticket_has_none(tmp_path):
    answers = [{"id": "a", "type": "rating_scale", "rating": 5, "created_at": "2024-01-01T00:00:00Z"}]
    ticket, other = ({"id": "9", "type": kind, "zrn": f"zen:{kind}:9"} for kind in ("ticket", "conversation"))
    subjects = [[other, ticket], [other], [], None]
    page = [{"id": f"R{n}", "responder_id": 5, "subjects": one, "answers": answers} for n, one in enumerate(subjects)]
    found = load(saved(tmp_path / "a.json", {"survey_responses": page}))
    assert found.frames["surveys"]["ticket_id"].to_list() == ["9", None, None, None]
    assert found.rejects.is_empty()


def test_an_answer_in_words_is_no_rating(tmp_path):
    answers = [
        {
            "id": "a",
            "type": "rating_scale",
            "rating": 3,
            "rating_category": "neutral",
            "created_at": "2024-01-01T00:00:00Z",
        },
        {"id": "b", "type": "open_ended", "comment": "Danke", "created_at": "2024-01-01T00:00:00Z"},
    ]
    response = {"id": "R", "responder_id": 5, "subjects": [], "answers": answers}
    found = load(saved(tmp_path / "a.json", {"survey_responses": [response]})).frames["surveys"]
    assert found.select("score", "is_satisfied").rows() == [(3, False)]


# Talk


def test_calls_have_their_outcomes_and_only_answered_ones_have_talk():
    calls = load(FOLDER / "calls.json").frames["calls"]
    outcomes = {"completed": "answered", "abandoned_on_hold": "answered", "voicemail": "voicemail"}
    for row, call in zip(calls.iter_rows(named=True), zendesk_history.calls(simulate()), strict=True):
        outcome = outcomes.get(call.outcome, "abandoned")
        assert (row["call_id"], row["started_at"], row["outcome"]) == (str(call.id), call.at, outcome)
        assert (row["direction"], row["wait_seconds"]) == ("inbound", call.wait)
        talk = sum(seconds for _, seconds in call.talks) if outcome == "answered" else None
        assert row["talk_seconds"] == talk
        assert row["assignee"] == (str(agent_id(call.talks[-1][0])) if call.talks else None)


def test_legs_add_up_to_calls_and_a_missed_leg_is_nobodys_talk():
    legs = load(FOLDER / "legs.json").frames["calls"]
    assert legs.height == sum(len(call.legs) for call in zendesk_history.calls(simulate()))
    rows = legs.select(name for name in legs.columns if not name.startswith("x_")).unique().sort("call_id")
    assert rows.height == len(zendesk_history.calls(simulate()))
    for row, call in zip(rows.iter_rows(named=True), zendesk_history.calls(simulate()), strict=True):
        talked = bool(call.talks)
        assert (row["call_id"], row["started_at"]) == (str(call.id), call.at)
        assert row["outcome"] == ("answered" if talked else None)
        assert row["talk_seconds"] == (sum(seconds for _, seconds in call.talks) if talked else None)
        assert row["wrap_seconds"] == (30 * len(call.talks) if talked else None)
        assert row["assignee"] == (str(agent_id(call.talks[-1][0])) if talked else None)


@pytest.mark.parametrize(("status", "is_voicemail", "outcome"), [
    ("completed", False, "answered"), ("completed", True, "voicemail"), ("abandoned_on_hold", False, "answered"),
    ("abandoned_in_ivr", False, "abandoned"), ("not_answered", False, "missed"),
])  # fmt: skip
def test_what_became_of_a_call_and_a_duration_that_is_null(tmp_path, status, is_voicemail, outcome):
    call = {"id": 1, "created_at": "2024-01-01T00:00:00Z", "direction": "inbound", "completion_status": status}
    call |= {"wait_time": 12, "talk_time": None, "hold_time": 0, "voicemail": is_voicemail}
    found = load(saved(tmp_path / "a.json", {"calls": [call]}))
    assert found.frames["calls"].select("outcome", "wait_seconds", "talk_seconds").row(0) == (outcome, 12, None)
    assert found.frames["calls"]["hold_seconds"].to_list() == [0 if outcome == "answered" else None]
    assert found.rejects.is_empty()


# A view


def test_a_view_gives_what_its_columns_say():
    by_id = {str(ticket.id): ticket for ticket in told().tickets}
    for row in load(FOLDER / "view.csv").frames["tickets"].iter_rows(named=True):
        ticket = by_id[row["ticket_id"]]
        assert (row["created_at"], row["updated_at"]) == (ticket.created, ticket.updated)
        assert row["status"] == OURS.get(ticket.status, ticket.status)
        assert (row["priority"], row["type"]) == (ticket.priority, ticket.type)
        assert (row["group"], row["assignee"]) == (ticket.group, ticket.assignee)
        assert row["requester"] == ticket.requester.name
    lacking = missing(ask(str(FOLDER / "view.csv"), ["first_reply_time", "tickets_solved", "tickets_created"]))
    assert set(lacking) == {"first_reply_time", "tickets_solved"}


# Real files


@real_files
def test_a_real_audit_has_a_private_comment_and_a_change_made_by_a_trigger():
    found = load(REAL / "zendesk_json/go-zendesk_ticket_audits.json").frames
    assert found["changes"].select("ticket_id", "field", "old", "new").rows() == [("666", "status", "new", "open")]
    assert found["messages"].select("ticket_id", "author", "is_public").rows() == [("666", "5246746", False)]


@real_files
def test_the_real_tickets_have_the_statuses_that_their_readme_counts():
    statuses = load(REAL / "zendesk_initech/tickets.json").frames["tickets"]["status"].value_counts()
    counts = {"pending": 45, "solved": 43, "open": 39, "on_hold": 37, "closed": 36}
    assert dict(statuses.rows()) == counts


@real_files
@pytest.mark.parametrize("name", ["ticket", "tickets", "ticket_show_many", "search_ticket"])
def test_real_pages_of_tickets_are_read(name):
    found = load(REAL / f"zendesk_json/go-zendesk_{name}.json")
    assert found.frames["tickets"]["created_at"].dt.year().unique().to_list() == [2019]
    assert found.rejects.is_empty()
