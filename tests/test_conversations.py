"""First replies and waits, one hand-made ticket for each rule, and random tickets against a loop in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs_metrics import conversations
from cs_metrics.entities import FRAMES

OPENED = datetime(2024, 1, 8, 9, tzinfo=UTC)
C, A, B, S = "customer", "agent", "bot", "system"
Said = tuple[float, str, bool | None]  # seconds after the creation, who, whether public


def tickets(*rows: tuple[str, str, bool | None]) -> pl.DataFrame:
    """Tickets of (source, id, created_by_agent), all opened at the same instant."""
    columns = {"source": pl.String, "ticket_id": pl.String, "created_by_agent": pl.Boolean}
    created = pl.lit(OPENED, FRAMES["tickets"].dtype("created_at"))
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(created_at=created)


def messages(*rows: tuple[str, str, float | None, str | None, bool | None]) -> pl.DataFrame:
    """Messages of (source, ticket, seconds after the creation, role, public); authors are numbered as they stand."""
    table = [
        (source, ticket, None if after is None else OPENED + timedelta(seconds=after), role, public, f"{role} {place}")
        for place, (source, ticket, after, role, public) in enumerate(rows)
    ]
    names = ("source", "ticket_id", "sent_at", "author_role", "is_public", "author")
    return pl.DataFrame(table, schema={n: FRAMES["messages"].dtype(n) for n in names}, orient="row")


def first_replies(tickets: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    return conversations.first_replies(conversations.of_tickets(tickets, messages))


def public_replies(tickets: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    return conversations.public_replies(conversations.of_tickets(tickets, messages))


def waits(tickets: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    return conversations.waits(conversations.of_tickets(tickets, messages))


def after(instant: datetime | None) -> float | None:
    return None if instant is None else (instant - OPENED).total_seconds()


def told(said: Sequence[Said], by_agent: bool | None = None) -> dict[str, Any]:
    """What one ticket's messages say, in seconds after its creation."""
    frames = tickets(("z", "1", by_agent)), messages(*(("z", "1", *one) for one in said))
    (row,) = first_replies(*frames).to_dicts()
    found = waits(*frames)
    return {
        "first": after(row["first_reply_at"]),
        "agent": row["agent_replies"],
        "customer": row["customer_replies"],
        "by_agent": row["created_by_agent"],
        "waits": [(after(w["asked_at"]), after(w["replied_at"])) for w in found.iter_rows(named=True)],
        "first_wait": [place for place, is_first in enumerate(found["is_first"]) if is_first],
    }


def expected(
    first: float | None,
    agent: int,
    customer: int,
    waits: Sequence[tuple[float, float | None]],
    by_agent: bool = False,
    first_wait: Sequence[int] | None = None,
) -> dict[str, Any]:
    if first_wait is None:
        first_wait = [place for place, (_, replied) in enumerate(waits) if replied is not None and replied == first]
    counts = {"first": first, "agent": agent, "customer": customer, "by_agent": by_agent}
    return counts | {"waits": list(waits), "first_wait": list(first_wait)}


def test_the_first_reply_is_the_first_public_message_by_a_person() -> None:
    assert told([(0, C, True), (600, A, True)]) == expected(600, 1, 0, [(0, 600)])


def test_a_private_note_before_the_first_public_comment_changes_nothing() -> None:
    said: list[Said] = [(0, C, True), (600, A, True), (700, C, True), (1000, A, True)]
    answer = expected(600, 2, 1, [(0, 600), (700, 1000)])
    assert told(said) == answer
    assert told([(0, A, False), (300, A, False), *said, (800, A, False)]) == answer


def test_a_note_that_does_not_say_whether_it_is_public_is_no_reply() -> None:
    assert told([(0, C, True), (60, A, None), (600, A, True)]) == expected(600, 1, 0, [(0, 600)])


def test_what_the_customer_wrote_counts_unless_it_is_marked_private() -> None:
    assert told([(0, C, None), (60, A, True), (90, C, None)]) == expected(60, 1, 1, [(0, 60), (90, None)])
    assert told([(0, C, True), (60, A, True), (90, C, False)]) == expected(60, 1, 0, [(0, 60)])


def test_a_bot_that_answers_first_stops_no_clock() -> None:
    assert told([(0, C, True), (5, B, True), (600, A, True)]) == expected(600, 1, 0, [(0, 600)])
    assert told([(0, C, True), (5, B, True)]) == expected(None, 0, 0, [(0, None)])


def test_an_automatic_reply_stops_no_clock_and_opens_nothing() -> None:
    assert told([(0, S, True), (0.5, C, True), (2, S, True), (600, A, True)]) == expected(600, 1, 0, [(0.5, 600)])


def test_a_ticket_that_an_agent_opened_waits_for_the_second_public_agent_message() -> None:
    assert told([(0, A, True), (7200, A, True)]) == expected(7200, 1, 0, [], by_agent=True)
    assert told([(1, A, True)]) == expected(None, 0, 0, [], by_agent=True)


def test_an_agents_ticket_that_the_customer_answers_is_replied_to_by_the_next_agent_message() -> None:
    said: list[Said] = [(0, A, True), (3600, C, True), (5400, A, True)]
    assert told(said) == expected(5400, 1, 1, [(3600, 5400)], by_agent=True)


def test_an_agents_message_two_seconds_after_the_creation_is_a_reply_unless_the_ticket_says_who_opened_it() -> None:
    said: list[Said] = [(2, A, True), (600, A, True)]
    assert told(said) == expected(2, 2, 0, [(0, 2)])
    assert told(said, by_agent=False) == expected(2, 2, 0, [(0, 2)])
    assert told(said, by_agent=True) == expected(600, 1, 0, [], by_agent=True)


def test_on_a_ticket_flagged_as_an_agents_whose_customer_speaks_first_the_first_agent_message_is_a_reply() -> None:
    said: list[Said] = [(300, C, True), (900, A, True)]
    assert told(said, by_agent=True) == expected(900, 1, 1, [(300, 900)], by_agent=True)
    assert told([(0, C, True), (900, A, True)], by_agent=True) == expected(900, 1, 0, [(0, 900)], by_agent=True)


def test_two_customer_messages_in_a_row_are_one_wait_from_the_oldest() -> None:
    said: list[Said] = [(0, C, True), (100, C, True), (400, A, True), (500, C, True), (900, C, True), (1000, A, True)]
    assert told(said) == expected(400, 2, 3, [(0, 400), (500, 1000)])


def test_a_reply_to_nobody_ends_no_wait() -> None:
    said: list[Said] = [(0, C, True), (60, A, True), (120, A, True), (180, C, True), (200, A, True)]
    assert told(said) == expected(60, 3, 1, [(0, 60), (180, 200)])
    assert told([(0, A, True), (60, A, True), (90, C, True), (120, A, True)]) == expected(
        60, 2, 1, [(90, 120)], by_agent=True, first_wait=[]
    )


def test_a_customer_who_is_not_answered_still_waits() -> None:
    assert told([(0, C, True)]) == expected(None, 0, 0, [(0, None)])
    assert told([(0, C, True), (60, A, True), (90, C, True), (95, C, True)]) == expected(
        60, 1, 2, [(0, 60), (90, None)]
    )


def test_at_one_instant_the_customer_speaks_first() -> None:
    assert told([(0, A, True), (0, C, True)]) == expected(0, 1, 0, [(0, 0)])
    said: list[Said] = [(0, C, True), (60, A, True), (300, A, True), (300, C, True)]
    assert told(said) == expected(60, 2, 1, [(0, 60), (300, 300)])


def test_without_an_opening_message_the_first_wait_begins_at_the_creation() -> None:
    assert told([(600, A, True), (700, C, True), (800, A, True)]) == expected(600, 2, 1, [(0, 600), (700, 800)])
    assert told([(300, C, True), (600, A, True)]) == expected(600, 1, 1, [(0, 600)])
    assert told([(300, C, True)]) == expected(None, 0, 1, [(0, None)])


def test_a_ticket_with_nothing_but_notes_and_bots_waits_from_its_creation() -> None:
    assert told([(60, A, False), (90, B, True)]) == expected(None, 0, 0, [(0, None)])
    assert told([(60, A, False)], by_agent=True) == expected(None, 0, 0, [], by_agent=True)


def test_no_clock_runs_before_the_creation() -> None:
    # the opening of an hour ago is asked at the creation; the reply that lies before it stops nothing
    said: list[Said] = [(-3600, C, True), (-1800, A, True), (-900, C, True), (120, A, True)]
    assert told(said) == expected(120, 2, 1, [(0, 120)])
    assert told([(-3600, A, True), (-900, C, True), (120, A, True)]) == expected(120, 1, 1, [], True, [])


def test_a_second_between_two_clocks_is_none() -> None:
    assert told([(-0.5, C, True), (60, A, True)]) == expected(60, 1, 0, [(0, 60)])
    assert told([(1, C, True), (60, A, True)]) == expected(60, 1, 0, [(1, 60)])
    assert told([(1.5, C, True), (60, A, True)]) == expected(60, 1, 1, [(0, 60)])


def test_equal_ids_of_two_sources_are_two_tickets() -> None:
    both = tickets(("a", "1", None), ("b", "1", None))
    said = messages(
        ("b", "1", 0, C, True), ("a", "1", 0, C, True), ("b", "1", 50, A, True), ("a", "1", 30, A, True),
        ("a", "2", 5, A, True), ("c", "1", 5, A, True),
    )  # fmt: skip
    found = first_replies(both, said)
    assert [(r["source"], after(r["first_reply_at"]), r["agent_replies"]) for r in found.to_dicts()] == [
        ("a", 30, 1),
        ("b", 50, 1),
    ]
    assert [(w["source"], after(w["replied_at"]), w["author"]) for w in waits(both, said).to_dicts()] == [
        ("a", 30, "agent 3"),
        ("b", 50, "agent 2"),
    ]


def test_messages_without_a_ticket_a_role_or_an_instant_give_nothing() -> None:
    some = tickets(("z", "1", None), ("z", "2", None), ("z", "3", None))
    said = messages(("z", "9", 0, C, True), ("z", "1", 60, None, True), ("z", "2", None, A, True))
    assert first_replies(some, said).is_empty()
    assert waits(some, said).is_empty()
    assert public_replies(some, said).is_empty()


def test_public_replies_are_those_by_persons_in_order_with_their_authors() -> None:
    some = tickets(("z", "1", None), ("z", "2", None))
    said = messages(
        ("z", "2", 90, A, True), ("z", "1", 900, A, True), ("z", "1", 0, A, True), ("z", "1", 60, A, True),
        ("z", "1", 70, B, True), ("z", "1", 80, A, False), ("z", "2", 10, C, True),
    )  # fmt: skip
    assert [(r["ticket_id"], after(r["sent_at"]), r["author"]) for r in public_replies(some, said).to_dicts()] == [
        ("1", 60, "agent 3"),
        ("1", 900, "agent 1"),
        ("2", 90, "agent 0"),
    ]


def test_the_columns_are_those_that_entities_names() -> None:
    some, said = tickets(("z", "1", None)), messages(("z", "1", 0, C, True), ("z", "1", 60, A, True))
    for frame in (waits(some, said), waits(some.clear(), said), waits(some, said.clear())):
        assert dict(frame.schema) == {name: FRAMES["waits"].dtype(name) for name in FRAMES["waits"].columns}
    without_flag_and_author = some.drop("created_by_agent"), said.drop("author")
    assert waits(*without_flag_and_author)["author"].to_list() == [None]
    assert first_replies(*without_flag_and_author)["created_by_agent"].to_list() == [False]
    replies = first_replies(some, said)
    assert {name: FRAMES["tickets"].dtype(name) for name in replies.columns} == dict(replies.schema)


# The same by a loop over one ticket's messages at a time


def by_hand(said: Sequence[Said], flag: bool | None) -> dict[str, Any] | None:
    if not said:
        return None
    public = []
    for seconds, role, is_public in said:
        if role == A and is_public is True:
            public.append((seconds, 1))
        if role == C and is_public is not False:
            public.append((seconds, 0))
    public.sort()
    opening = None
    if public and (public[0][0] <= 1 or (flag is True and public[0][1] == 1)):
        opening = public.pop(0)
    by_agent = flag is True or (opening is not None and opening[1] == 1)
    found: dict[str, Any] = {
        "agent": sum(who for _, who in public),
        "customer": sum(1 - who for _, who in public),
        "by_agent": by_agent,
        "first": None,
        "waits": [],
        "first_wait": [],
    }
    waiting: float | None = None
    if opening is None and not by_agent:
        waiting = 0
    elif opening is not None and opening[1] == 0:
        waiting = max(opening[0], 0)
    for seconds, who in public:
        if seconds < -1:
            continue
        seconds = max(seconds, 0)
        if who == 0:
            waiting = seconds if waiting is None else waiting
            continue
        if waiting is not None:
            if found["first"] is None:
                found["first_wait"] = [len(found["waits"])]
            found["waits"].append((waiting, seconds))
            waiting = None
        if found["first"] is None:
            found["first"] = seconds
    if waiting is not None:
        found["waits"].append((waiting, None))
    return found


instants = st.one_of(st.sampled_from([-3600.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]), st.integers(-3, 40).map(float))
one_message = st.tuples(instants, st.sampled_from([C, C, A, A, B, S]), st.sampled_from([True, True, True, False, None]))
one_ticket = st.tuples(st.lists(one_message, max_size=9), st.sampled_from([None, False, True]))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(one_ticket, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_many_tickets_at_once_are_as_each_would_be_by_hand(drawn: list[tuple[list[Said], Any]], random: Any) -> None:
    names = [(f"source {place % 3}", str(place // 3)) for place in range(len(drawn))]
    rows = [(*name, *one) for name, (said, _) in zip(names, drawn, strict=True) for one in said]
    random.shuffle(rows)
    frames = tickets(*((*name, flag) for name, (_, flag) in zip(names, drawn, strict=True))), messages(*rows)
    firsts = {(r["source"], r["ticket_id"]): r for r in first_replies(*frames).to_dicts()}
    found = waits(*frames)
    replies = public_replies(*frames)
    assert replies.group_by("source", "ticket_id").agg(pl.col("sent_at").is_sorted())["sent_at"].all()
    for name, (said, flag) in zip(names, drawn, strict=True):
        truth = by_hand(said, flag)
        mine = found.filter(source=name[0], ticket_id=name[1])
        if truth is None:
            assert name not in firsts and mine.is_empty()
            continue
        row = firsts[name]
        assert {
            "first": after(row["first_reply_at"]),
            "agent": row["agent_replies"],
            "customer": row["customer_replies"],
            "by_agent": row["created_by_agent"],
            "waits": [(after(w["asked_at"]), after(w["replied_at"])) for w in mine.iter_rows(named=True)],
            "first_wait": [place for place, is_first in enumerate(mine["is_first"]) if is_first],
        } == truth


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_makes_no_difference(seed: int) -> None:
    said = messages(*(("z", str(place % 7), float(place * 37 % 50), (C, A)[place % 2], True) for place in range(60)))
    some = tickets(*(("z", str(number), None) for number in range(7)))
    shuffled = said.sample(fraction=1.0, shuffle=True, seed=seed)
    assert waits(some, shuffled).drop("author").equals(waits(some, said).drop("author"))
    assert first_replies(some, shuffled).equals(first_replies(some, said))
