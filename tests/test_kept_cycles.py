"""A helpdesk's own SLA cycles: read, or told from the events of its clocks; never mixed with the targets of --sla."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import polars as pl
import pytest

from cs_metrics.conversion import convert_files, write_frame
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.sla import load_sla
from cs_metrics.sla.kept import TOLD, cycles_of
from tests.asking import NOW, account, ask, figure, figures, missing, seeds, write

MONDAY = datetime(2024, 1, 8, 9, tzinfo=UTC)
EVENTS = ("event_id", "ticket_id", "happened_at", "measure", "clock", "cycle", "event", "is_undone")
SLA_METRICS = ("sla_attainment", "sla_breaches", "sla_breached_open")


def at(minutes: int) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def ticket(number: Any, **cells: Any) -> dict[str, Any]:
    return {"ticket_id": number, "created_at": MONDAY, "status": "open", **cells}


def cycle(number: Any, minutes: int | None, met: bool | None, **cells: Any) -> dict[str, Any]:
    """A run of the reply clock that began on Monday morning and stopped so many minutes later."""
    over = {"is_breached": True, "breached_at": at(60)} if met is False else {"is_breached": False}
    told = {"clock": "first_reply_time", "started_at": MONDAY, "stopped_at": minutes and at(minutes), "is_met": met}
    return {"ticket_id": number, "policy": "Gold", **told, **over, **cells}


def happenings(
    number: Any, *told: tuple[int, str], clock: str = "first_reply_time", run: int = 1
) -> list[dict[str, Any]]:
    return [
        {"event_id": f"{number}{run}{place:02}", "ticket_id": number, "happened_at": at(minute), "measure": clock}
        | {"clock": clock, "cycle": run, "event": event}
        for place, (minute, event) in enumerate(told)
    ]


MET = ((0, "start"), (0, "target"), (30, "stop"))
MISSED = ((0, "start"), (0, "target"), (60, "breach"), (90, "stop"))
RUNNING = ((0, "start"), (0, "target"), (60, "breach"))
HOURLY = """
title: Hourly
policies:
  - title: Everybody
    policy_metrics:
      - {metric: first_reply_time, target: 10min}
"""


def hourly(tmp_path: Any) -> Any:
    path = tmp_path / "hourly.yml"
    path.write_text(HOURLY, encoding="utf-8")
    return load_sla(path)


def told(report: Any) -> dict[str, float | None]:
    return {name: figure(report, name)[0] for name in SLA_METRICS}


# Told from events


def naive(events: list[dict[str, Any]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The rule, one run after the other."""
    undone = {one["event_id"] for one in events if one["is_undone"]}
    runs: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for one in sorted(events, key=lambda one: (one["happened_at"], int(one["event_id"]))):
        if one["event_id"] not in undone:
            runs.setdefault((one["ticket_id"], one["clock"], one["cycle"]), []).append(one)
    found = {}
    for key, mine in runs.items():
        starts = [one["happened_at"] for one in mine if one["event"] == "start"]
        breaches = [one["happened_at"] for one in mine if one["event"] == "breach"]
        moves = [one for one in mine if one["event"] in ("start", "pause", "stop")]
        is_promised = breaches or any(one["event"] == "target" for one in mine)
        if not starts or not is_promised:
            continue
        stopped = moves[-1]["happened_at"] if moves[-1]["event"] == "stop" else None
        met = None if stopped is None else not breaches
        found[*key, starts[0]] = (stopped, breaches[0] if breaches else None, bool(breaches), met)
    return found


@pytest.mark.parametrize("seed", seeds(30, quick=8))
def test_cycles_of_events_are_what_a_plain_loop_says_in_whatever_order_they_stand(seed):
    chance = random.Random(seed)
    events = [
        {
            "source": "x",
            "event_id": str(place),
            "ticket_id": str(chance.randrange(6)),
            "happened_at": at(chance.randrange(12)),
            "measure": (clock := chance.choice(["first_reply_time", "full_resolution_time"])),
            "clock": clock,
            "cycle": str(chance.randrange(2)),
            "event": chance.choice(["start", "start", "pause", "stop", "target", "breach"]),
            "is_undone": False,
        }
        for place in range(95, 175)  # numbers of two and of three digits
    ]
    events += [one | {"is_undone": True} for one in events if one["event"] == "breach" and chance.random() < 0.5]
    chance.shuffle(events)
    found, unstarted = cycles_of(
        pl.DataFrame(events).with_columns(pl.col("happened_at").cast(pl.Datetime("us", "UTC")))
    )
    assert found.columns == list(TOLD)
    keys = zip(found["ticket_id"], found["clock"], found["started_at"], strict=True)
    values = found.select("stopped_at", "breached_at", "is_breached", "is_met").rows()
    expected = naive(events)
    # of two runs of one clock that began in the same minute either may stand first
    ours = sorted(zip(keys, values, strict=True), key=str)
    assert ours == sorted((((k[0], k[1], k[3]), value) for k, value in expected.items()), key=str)
    undone = {e["event_id"] for e in events if e["is_undone"]}
    standing = [e for e in events if e["event_id"] not in undone]
    promised = {(e["ticket_id"], e["clock"], e["cycle"]) for e in standing if e["event"] in ("target", "breach")}
    assert unstarted == len(promised) - len(expected)


def test_a_run_whose_events_lie_in_several_files_is_one_whatever_their_order(tmp_path):
    events = [*happenings("a", *MET), *happenings("b", *MISSED), *happenings("c", *RUNNING)]
    whole = write(tmp_path / "all.csv", events)
    expected = told(ask(whole, SLA_METRICS))
    assert expected == {"sla_attainment": 0.5, "sla_breaches": 2, "sla_breached_open": 1}
    pages = [write(tmp_path / f"{n}.csv", events[n::3], EVENTS[:-1]) for n in range(3)]
    for order in permutations(pages):
        assert told(ask(list(order), SLA_METRICS)) == expected


def test_an_event_in_two_files_is_one_and_one_that_was_taken_back_is_none(tmp_path):
    first = write(tmp_path / "a.csv", happenings("b", *MISSED))
    later = [one | {"is_undone": True} for one in happenings("b", *MISSED) if one["event"] == "breach"]
    second = write(tmp_path / "b.csv", [*happenings("b", *MISSED), *later])
    assert told(ask(first, SLA_METRICS))["sla_attainment"] == 0
    for order in permutations([first, second]):
        report = ask(list(order), SLA_METRICS)
        assert told(report) == {"sla_attainment": 1, "sla_breaches": 0, "sla_breached_open": 0}
        assert account(report, "sla_events") == {"read": 9, "used": 5, "rejected": 0, "duplicates": 4, "excluded": {}}


def test_a_clock_that_goes_on_after_its_stop_runs_and_one_without_a_target_is_no_promise(tmp_path):
    events = [
        *happenings("a", (0, "start"), (0, "target"), (30, "stop"), (40, "start")),
        *happenings("b", (0, "start"), (30, "stop")),
        *happenings("c", *MET),
    ]
    assert figure(ask(write(tmp_path / "a.csv", events), "sla_attainment"), "sla_attainment") == (1, 1)


def test_clocks_that_started_before_the_file_begins_are_counted_and_in_no_figure(tmp_path):
    events = [*happenings("a", (0, "target"), (30, "stop")), *happenings("c", *MET)]
    report = ask(write(tmp_path / "a.csv", events), "sla_attainment")
    assert figure(report, "sla_attainment") == (1, 1)
    assert {note.code: note.count for note in report.result.notes}["sla-unstarted"] == 1


# Read, or computed: never both


def test_cycles_in_common_columns_are_read_and_written_again(tmp_path):
    path = write(tmp_path / "a.csv", [cycle("a", 30, True), cycle("b", 90, False), cycle("c", None, None)])
    report = ask(path, [*SLA_METRICS], by="policy")
    assert figures(report, "sla_attainment") == {"Gold": (0.5, 2)}
    frames = convert_files(open_exports([path]), Question(now=NOW), extras=False)
    write_frame(frames["sla_cycles"], tmp_path / "b.csv", "csv")
    assert told(ask(str(tmp_path / "b.csv"), SLA_METRICS)) == told(report) == told(ask(path, SLA_METRICS))


def test_two_promises_of_one_clock_that_began_together_are_two(tmp_path):
    rows = [cycle("a", 30, True), cycle("a", 90, False, policy="Silver"), cycle("a", 30, True)]
    report = ask(write(tmp_path / "a.csv", rows), "sla_attainment")
    assert figure(report, "sla_attainment") == (0.5, 2)
    assert account(report, "sla_cycles")["duplicates"] == 1


def test_the_newer_version_of_a_cycle_counts(tmp_path):
    rows = [cycle("a", None, None, updated_at=at(10), target_seconds=3600), cycle("a", 30, True, updated_at=at(40))]
    paths = [write(tmp_path / f"{n}.csv", [one]) for n, one in enumerate(rows)]
    for order in permutations(paths):
        assert figure(ask(list(order), "sla_attainment"), "sla_attainment") == (1, 1)


def test_with_targets_of_ones_own_the_helpdesks_cycles_are_left_aside_and_it_is_said(tmp_path):
    tickets = write(tmp_path / "t.csv", [ticket("a", first_reply_at=at(30)), ticket("b", first_reply_at=at(5))])
    kept = write(tmp_path / "c.csv", [cycle("a", 30, True), cycle("b", 5, True)])
    events = write(tmp_path / "e.csv", happenings("c", *MET))
    files, sla = [tickets, kept, events], hourly(tmp_path)
    report, alone = ask(files, "sla_attainment", sla=sla), ask(tickets, "sla_attainment", sla=sla)
    assert figure(report, "sla_attainment") == figure(alone, "sla_attainment") == (0.5, 2)
    assert "sla-kept" in {note.code for note in report.result.notes}
    assert "sla-kept" not in {note.code for note in alone.result.notes}
    assert figure(ask(files, "sla_attainment"), "sla_attainment") == (1, 3)


def test_with_targets_of_ones_own_and_no_tickets_there_is_no_answer_but_the_lack(tmp_path):
    kept = write(tmp_path / "c.csv", [cycle("a", 30, True)])
    assert missing(ask(kept, "sla_attainment", sla=hourly(tmp_path)))["sla_attainment"] == "needs tickets"


def test_without_cycles_and_without_targets_the_metric_says_what_it_needs(tmp_path):
    path = write(tmp_path / "t.csv", [ticket("a", first_reply_at=at(30))])
    assert missing(ask(path, "sla_attainment"))["sla_attainment"] == "needs an SLA (--sla)"


def test_the_scorecard_shows_sla_clocks_where_files_hold_them(tmp_path):
    tickets, kept = write(tmp_path / "t.csv", [ticket("a")]), write(tmp_path / "c.csv", [cycle("a", 30, True)])
    assert "sla_attainment" in set(ask([tickets, kept]).result.frame["metric"])
    assert "sla_attainment" not in set(ask(tickets).result.frame["metric"])


def test_cycles_of_tickets_that_leave_leave_with_them_and_borrow_their_dimensions(tmp_path):
    rows = [ticket("a", group="Billing"), ticket("b", group="Sales"), ticket("s", is_spam=True)]
    tickets = write(tmp_path / "t.csv", rows)
    kept = write(tmp_path / "c.csv", [cycle("a", 30, True), cycle("s", 90, False)])
    events = write(tmp_path / "e.csv", [*happenings("b", *MISSED), *happenings("s", *MET, run=2)])
    report = ask([tickets, kept, events], "sla_attainment", by="group")
    assert figures(report, "sla_attainment") == {"Billing": (1, 1), "Sales": (0, 1)}
    assert account(report, "sla_cycles")["excluded"] == {"spam": 1}
    assert account(report, "sla_events")["excluded"] == {"spam": 3}


def test_events_of_one_helpdesk_are_not_told_to_equal_tickets_of_another(tmp_path):
    tickets = write(tmp_path / "t.csv", [ticket("a", group="Billing")])
    events = write(tmp_path / "e.csv", happenings("a", *MET))
    report = ask([f"shop={tickets}", f"office={events}"], "sla_attainment", by="group")
    assert figures(report, "sla_attainment") == {None: (1, 1)}


def test_before_its_stop_a_clock_of_the_past_was_running(tmp_path):
    events = write(
        tmp_path / "e.csv", [*happenings("a", *MET), *happenings("b", *MISSED), *happenings("z", (600, "start"))]
    )
    rows = [cycle("a", 30, True), cycle("b", 90, False), cycle("z", None, None, started_at=at(600))]
    kept = write(tmp_path / "c.csv", rows)
    for path in (events, kept):
        report = ask(path, ["sla_attainment", "sla_breaches"], as_of=at(70))
        assert figure(report, "sla_attainment") == (1, 1)
        assert figure(report, "sla_breaches")[0] == 1


# What they say of tickets


def test_the_helpdesks_cycles_say_the_verdicts_that_tickets_do_not(tmp_path):
    names = ["first_reply_sla_attainment", "resolution_sla_attainment", "sla_attainment_by_ticket"]
    rows = [ticket(name, status="solved", solved_at=at(200)) for name in "abcd"]
    tickets = write(tmp_path / "t.csv", rows)
    solve = {"clock": "full_resolution_time"}
    kept = write(
        tmp_path / "c.csv",
        [
            *(cycle("a", 30, True), cycle("a", 200, True, **solve)),
            *(cycle("b", 90, False), cycle("b", 200, True, **solve)),
            *(cycle("c", 30, None), cycle("c", 30, True, policy="Silver")),  # the first one was called off
            *(cycle("d", None, None), cycle("d", 200, False, **solve), cycle("d", 100, True, **solve, policy="Silver")),
        ],
    )
    report = ask([tickets, kept], names)
    assert figure(report, "first_reply_sla_attainment") == (pytest.approx(2 / 3), 3)  # a, b, c
    assert figure(report, "resolution_sla_attainment") == (pytest.approx(2 / 3), 3)  # a, b, d
    assert figure(report, "sla_attainment_by_ticket") == (0.5, 4)  # a and c


def test_a_broken_promise_that_is_still_open_counts_on_the_day_when_it_was_due(tmp_path):
    names = ["resolution_sla_attainment"]
    rows = [ticket("a"), ticket("b", status="solved", solved_at=at(30)), ticket("c")]
    tickets = write(tmp_path / "t.csv", rows)
    kept = [cycle("a", None, None, is_breached=True, due_at=at(60), breached_at=at(60)), cycle("b", 30, True)]
    solve = {"clock": "full_resolution_time"}
    cycles = write(tmp_path / "c.csv", [one | solve for one in kept])
    events = write(
        tmp_path / "e.csv",
        [*happenings("a", *RUNNING, clock=solve["clock"]), *happenings("b", *MET, clock=solve["clock"])],
    )
    for path in (cycles, events):
        report = ask([tickets, path], names, grain="day")
        assert figures(report, names[0]) == {"2024-01-08": (0.5, 2)}


def test_what_a_tickets_own_row_says_of_its_promise_comes_first_also_beside_targets_of_ones_own(tmp_path):
    tickets = write(tmp_path / "t.csv", [ticket("a", reported_first_reply_sla_met=False), ticket("b")])
    kept = write(tmp_path / "c.csv", [cycle("a", 30, True), cycle("b", 30, True)])
    for sla in (None, hourly(tmp_path)):
        report = ask([tickets, kept], "first_reply_sla_attainment", sla=sla)
        assert figure(report, "first_reply_sla_attainment") == (0.5, 2)


def test_entries_of_working_time_are_summed_up_for_tickets_that_do_not_say_it(tmp_path):
    tickets = write(tmp_path / "t.csv", [ticket("a"), ticket("b", handle_seconds=60), ticket("c")])
    entries = [
        {"entry_id": n, "ticket_id": name, "worked_at": MONDAY, "seconds": seconds}
        for n, (name, seconds) in enumerate([("a", 100), ("a", 50), ("b", 500), ("a", None)])
    ]
    paths = [tickets, *(write(tmp_path / f"{n}.csv", entries[n:]) for n in (0, 1))]
    for order in permutations(paths):
        report = ask(list(order), "tickets_created", by="handle_seconds")
        assert figures(report, "tickets_created") == {150: (1, 1), 60: (1, 1), None: (1, 1)}
        assert account(report, "work")["duplicates"] == 3


def test_a_clock_at_risk_needs_the_share_that_the_helpdesk_says_is_left(tmp_path):
    rows = [cycle("a", None, None, share_left=0.1), cycle("b", None, None, share_left=0.5), cycle("c", 30, True)]
    assert figure(ask(write(tmp_path / "c.csv", rows), "sla_at_risk"), "sla_at_risk") == (1, 1)
    told = ask(write(tmp_path / "e.csv", happenings("a", *RUNNING)), "sla_at_risk")
    assert missing(told)["sla_at_risk"] == "needs share_left"
