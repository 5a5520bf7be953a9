"""What messages and changes say of tickets, and the frames made of tickets: spells, waits and SLA cycles.

What is computed from messages and changes wins over what the export states, which stays as `reported_…`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass

import polars as pl

from cs_metrics import conversations, history, status_time
from cs_metrics.calendars import CHOSEN, BusinessHours
from cs_metrics.conversations import Conversations
from cs_metrics.entities import CALENDAR, FRAMES, HISTORY, MESSAGES, OVERRULED, POLICIES
from cs_metrics.history import TICKET, UNTIL
from cs_metrics.periods import Knowledge
from cs_metrics.result import Note
from cs_metrics.sla import SlaPolicies
from cs_metrics.sla.clocks import AS_OF
from cs_metrics.sla.clocks import cycles as sla_cycles

_KEYS = ["source", "ticket_id"]
_STATED_AS = {"first_solved_at": "solved_at", "reopens_to_open": "reopens"}  # where the export lacks the column itself
MESSAGE_NEEDS = frozenset({"ticket_id", "sent_at", "author_role", "is_public"})


@dataclass(frozen=True)
class Clocks:
    """The rules by which time is counted: opening hours and SLA policies, where the question names them."""

    hours: BusinessHours | None = None
    sla: SlaPolicies | None = None

    @property
    def given(self) -> set[str]:
        """How columns that rest on these name them as a need."""
        return {name for name, rule in ((CALENDAR, self.hours), (POLICIES, self.sla)) if rule is not None}

    def computed(self, names: Iterable[str]) -> set[str]:
        """Those of the frames that are computed: all that are made of others, unless by a rule that is not there."""
        return {name for name in names if FRAMES[name].made_of and FRAMES[name].made_by in ("", *self.given)}


def has_history(have: Mapping[str, Collection[str]]) -> bool:
    """Whether the changes at hand can be told to tickets."""
    return {"ticket_id", "changed_at", "field", "new"} <= set(have.get("changes", ()))


def has_messages(have: Mapping[str, Collection[str]]) -> bool:
    """Whether the messages at hand say who wrote what in public on which ticket."""
    return set(have.get("messages", ())) >= MESSAGE_NEEDS


def with_replies(tickets: pl.DataFrame, held: Conversations) -> pl.DataFrame:
    """Tickets whose replies are told from their messages; tickets without messages here keep what the export states."""
    told = conversations.first_replies(held).with_columns(pl.lit(True).alias("__told"))
    columns = (*OVERRULED[MESSAGES], "created_by_agent")
    joined = tickets.join(told, on=_KEYS, how="left", maintain_order="left", suffix=" told")
    joined = joined.with_columns(pl.col("__told").fill_null(False).alias("replies_from_messages"))
    return _overruled(tickets, joined, columns)


def _overruled(tickets: pl.DataFrame, joined: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """`joined` carries `NAME told` (or NAME, where tickets lack it) and `__told`."""
    found = []
    for name in columns:
        if name not in tickets.columns:
            continue
        told = pl.when("__told").then(pl.col(f"{name} told")).otherwise(pl.col(name))
        found.append(told.alias(name))
        if f"reported_{name}" in FRAMES["tickets"].columns:
            found.append(pl.col(name).alias(f"reported_{name}"))
    return joined.with_columns(found).drop("__told", *(f"{n} told" for n in columns if f"{n} told" in joined.columns))


def with_history(
    tickets: pl.DataFrame,
    changes: pl.DataFrame,
    asked: Collection[str],
    knowledge: Knowledge,
    clocks: Clocks,
) -> tuple[pl.DataFrame, pl.DataFrame | None, list[Note]]:
    """(tickets with the asked columns that their changes give, their spells, notes).

    A ticket whose history is not here keeps what the export states; the spells are None if that is so of all.
    """
    changes = changes.filter(pl.col("changed_at") <= knowledge.row_until)
    sources = history.covered_sources(tickets, changes)
    if not sources:
        return tickets, None, []
    spells = history.spells_of(tickets, changes).with_columns(
        pl.coalesce("ended_at", pl.max_horizontal(knowledge.clock_until, "began_at")).alias(UNTIL)
    )
    known = spells.filter(pl.col("is_from_history") & history.is_first(TICKET)).select(TICKET, __told=pl.lit(True))
    if CHOSEN in tickets.columns:
        spells = spells.join(tickets.select(CHOSEN).with_row_index(TICKET), on=TICKET, maintain_order="left")
    told = status_time.ticket_columns(spells, {*asked, *OVERRULED[HISTORY], "status"}, clocks.hours)
    rows = tickets.select("source").with_row_index(TICKET)
    rows = rows.join(known, on=TICKET, how="left", maintain_order="left").with_columns(
        pl.col("__told").fill_null(False)
    )
    rows = rows.join(told, on=TICKET, how="left", maintain_order="left")
    is_told = {
        field: pl.col("source").is_in(list(sources.get(field, ()))) if field != "status" else pl.col("__told")
        for field in history.FIELDS
    }
    names = told.columns[1:]
    rows = rows.with_columns(
        pl.when(is_told[status_time.TOLD_BY.get(name, "status")]).then(pl.col(name)).alias(name) for name in names
    )
    found = []
    for name in names:
        stated = _stated(name, set(tickets.columns), clocks)
        best = pl.coalesce(name, *stated) if stated else pl.col(name)
        if name == "status" and stated:  # no history tells of a deletion
            best = pl.when(stated[0] == "deleted").then(stated[0]).otherwise(best)
        found.append(best.alias(name))
    columns = rows.hstack(tickets.drop("source").rename(lambda name: f"{name} stated")).select(found)
    reported = [pl.col(n).alias(f"reported_{n}") for n in OVERRULED[HISTORY] if n in tickets.columns]
    notes = _disagreements(tickets, rows) + _untold(rows, changes)
    return tickets.with_columns(reported).with_columns(columns), spells, notes


def _stated(name: str, have: Set[str], clocks: Clocks) -> list[pl.Expr]:
    """What the export itself says of a column that its history may give, best first."""
    if name.endswith("_business_seconds") and clocks.hours is not None:
        return []  # hours of the helpdesk's own, not those that were asked for
    ways = [name, _STATED_AS.get(name, name), f"reported_{name.replace('_with_solved', '')}"]
    return [pl.col(f"{way} stated") for way in ways if way in have]


def _untold(rows: pl.DataFrame, changes: pl.DataFrame) -> list[Note]:
    """How many tickets have no history here, and words of it that are none of ours."""
    untold, notes = rows.height - int(rows["__told"].sum()), []
    if untold:
        text = f"{untold:,} of {rows.height:,} tickets have no history here: told as the export states them"
        notes.append(Note("no-history", text, untold))
    taken_as = {"status": "open", "priority": "none"}
    for field, words in history.unknown_words(changes).items():
        if words:
            quoted = ", ".join(f"'{word}'" for word in words[:5]) + (", …" if len(words) > 5 else "")
            text = f"the history has words for a {field} that are not ours, taken as {taken_as[field]}: {quoted}"
            notes.append(Note(f"{field}-unknown", text, len(words)))
    return notes


def _disagreements(tickets: pl.DataFrame, rows: pl.DataFrame) -> list[Note]:
    """How many tickets are solved by their own row and open by their history, or the other way round."""
    if "status" not in tickets.columns:
        return []
    stated, told = tickets["status"].is_in(history.DONE), rows["status"].is_in(history.DONE)
    count = int((rows["__told"] & (stated != told)).sum())
    text = (
        f"{count:,} tickets are solved by one and open by the other of their row and their history: the history counts"
    )
    return [Note("history-differs", text, count)] if count else []


def computed_frames(
    tickets: pl.LazyFrame,
    have: Mapping[str, set[str]],
    spells: pl.DataFrame | None,
    held: Conversations | None,
    wanted: Collection[str],
    knowledge: Knowledge,
    clocks: Clocks,
) -> tuple[dict[str, pl.LazyFrame], list[Note]]:
    """The wanted ones of spells, waits and sla_cycles, of the tickets that count, and what to know of them."""
    frames: dict[str, pl.LazyFrame] = {}
    notes: list[Note] = []
    until = knowledge.clock_until.alias(UNTIL)
    if "spells" in wanted or "sla_cycles" in wanted:
        if spells is None:
            simple = history.simple_spells(tickets, have["tickets"])
            frames["spells"] = simple.with_columns(pl.coalesce("ended_at", until).alias(UNTIL))
            if "spells" in wanted and "solved_at" in have["tickets"]:
                text = "stocks are told from created and solved; what was reopened counts as open in between"
                notes.append(Note("approximate-stock", text))
        else:
            frames["spells"] = _of_those(spells, tickets.select(_KEYS))
    if held is not None and ("waits" in wanted or "sla_cycles" in wanted):
        here = tickets.select(*_KEYS, *([CHOSEN] if CHOSEN in have["tickets"] else []))
        frames["waits"] = _of_those(conversations.waits(held), here)
    if "sla_cycles" in wanted and clocks.sla is not None:
        replies = None if held is None else _of_those(conversations.public_replies(held), tickets.select(_KEYS))
        frames["sla_cycles"] = sla_cycles(
            clocks.sla,
            tickets.with_columns(knowledge.clock_until.alias(AS_OF)).collect(),
            frames["spells"].collect(),
            frames["waits"].collect() if "waits" in frames else None,
            None if replies is None else replies.collect(),
            clocks.hours,
        ).lazy()
        absent = clocks.sla.absent(have["tickets"])
        if absent:
            text = f"not in these files, so no SLA filter on it is met: {', '.join(sorted(absent))}"
            notes.append(Note("sla-filter-unknown", text))
        if held is not None:
            lacking = tickets.select(pl.col("replies_from_messages").not_().sum()).collect().item()
            text = f"{lacking:,} tickets have no messages here: their later replies are in no SLA clock"
            notes += [Note("sla-approximate", text, lacking)] if lacking else []
        if spells is None or held is None:
            unread = " and ".join(n for n, there in (("changes", spells), ("messages", held)) if there is None)
            text = f"SLA clocks are told without {unread}: pauses and later replies are not seen"
            notes.append(Note("sla-approximate", text))
    return {name: frame for name, frame in frames.items() if name in wanted}, notes


def _of_those(rows: pl.DataFrame, tickets: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of these tickets, in their order, with what else `tickets` has beside its keys."""
    return rows.lazy().join(tickets, on=_KEYS, how="inner", maintain_order="left")
