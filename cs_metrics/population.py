"""The rows that count: all files of a frame together, each row once, without those that leave the population.

Nothing is dropped silently: every row read is used, rejected, a duplicate, or excluded for a named reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import polars as pl

from cs_metrics import answers, conversations, derive, quality, sentiment
from cs_metrics.beside import add_kept_cycles, living, read_for, with_told
from cs_metrics.calendars import CHOSEN
from cs_metrics.computed import Clocks, computed_frames, has_history, has_messages, with_history, with_replies
from cs_metrics.conversations import Conversations
from cs_metrics.dataset import FILE, STAYS, Account, Dataset
from cs_metrics.entities import FRAMES, HISTORY, INSTANT, SENTIMENT_EXTRA
from cs_metrics.errors import DataError
from cs_metrics.exclusions import ANSWERS, FLAG_REASONS, exclude_rows
from cs_metrics.expressions import RowExpression
from cs_metrics.past import put_back
from cs_metrics.readers import FilePart, Loaded
from cs_metrics.result import Note
from cs_metrics.sla.clocks import is_sla_met
from cs_metrics.versions import VERSION, each_once

POPULATION_COLUMNS = {
    "tickets": ("status", "updated_at", "measured_at", *FLAG_REASONS),
    "surveys": ("embedded", "kind", "ticket_id"),
    "calls": ("updated_at",),
    "customers": ("updated_at", *FLAG_REASONS),
    "mentions": ("updated_at",),
    "sla_cycles": ("updated_at",),
    "work": ("updated_at",),
}


def load_population(
    parts: Sequence[FilePart],
    wanted: Mapping[str, set[str]],
    zone: str | None,
    now: datetime,
    as_of: datetime | None = None,
    exclude: Sequence[RowExpression] = (),
    keep_all: bool = False,
    clocks: Clocks | None = None,
) -> Dataset:
    """The wanted columns of the wanted frames, as one population.

    `zone` is that of wall-clock times; instants after `now` do not tell when an export was made; `as_of` puts the clock
    back: later rows leave and later instants are unknown. With `keep_all` only duplicates leave.
    """
    clocks = clocks or Clocks()
    dataset, whole = _read(parts, read_for(wanted, clocks), zone)
    dataset.clocks = clocks
    held = [number for number, part in enumerate(parts) if "tickets" in part.columns]
    carried = {number: parts[number].carried("tickets") for number in held} if len(held) > 1 else None
    is_past = as_of is not None and any(quality.newest(frame, rows, now) > as_of for frame, rows in whole.items())
    changes = whole.get("changes") if has_history({name: rows.columns for name, rows in whole.items()}) else None
    for frame in list(whole):
        rows = whole.pop(frame)
        if as_of is not None and is_past:
            rows = put_back(frame, rows, changes, as_of)
        rows = each_once(frame, rows, dataset, carried if frame == "tickets" else None).drop(VERSION, strict=False)
        dataset.frames[frame] = derive.settled(frame, rows.with_columns(_defaults(frame, rows)))
    if as_of is not None and not is_past:
        dataset.notes.append(Note("as-of-later", "nothing in these files is later than --as-of: it changes nothing"))
    dataset.knowledge = quality.knowledge(dataset.frames, now, as_of if is_past else None)
    spells, talks = _told_by_others(dataset, wanted)
    _trace_contacts(dataset, wanted)
    dataset.notes += quality.unlinked(dataset.frames) + quality.nobody_left(dataset.frames)
    if not keep_all:
        exclude_rows(dataset, exclude)
    _place_answers(dataset, wanted)
    for frame, rows in dataset.frames.items():
        dataset.have[frame] = set(rows.columns) - {FILE, STAYS}
    unread = any(sentiment.can_be_scored(part.available("mentions")) for part in parts)
    if unread and "mentions" in dataset.have and not sentiment.is_installed():
        dataset.have["mentions"].add(SENTIMENT_EXTRA)
    _add_computed(dataset, wanted, spells, talks)
    return dataset


def _read(
    parts: Sequence[FilePart], reading: Mapping[str, set[str]], zone: str | None
) -> tuple[Dataset, dict[str, pl.DataFrame]]:
    """(the account of every file with what could not be read, the rows of each frame from all files together)."""
    accounts: list[dict[str, Account]] = [{} for _ in parts]
    frames: dict[str, list[pl.DataFrame]] = {}
    rejects, scored_texts = [], 0
    for number, part in enumerate(parts):
        asked = _asked(part, reading)
        if not asked:
            continue
        loaded = part.load(asked, zone)
        rejects.append(loaded.rejects)
        for frame, rows in loaded.frames.items():
            if sentiment.WRITTEN in rows.columns:
                rows, count = sentiment.scored(rows)
                scored_texts += count
            if frame == "surveys" and len(parts) > 1:
                rows = _with_version(rows, loaded.frames.get("tickets"))
            accounts[number][frame] = Account(loaded.read[frame], loaded.rejected[frame])
            frames.setdefault(frame, []).append(_labelled(rows, part, number, len(parts)))
    if not any(rows.height for several in frames.values() for rows in several):
        _refuse_unusable(accounts, rejects)
    notes = [sentiment.note(scored_texts)] if scored_texts else []
    whole = {name: pl.concat(rows, how="diagonal") if len(rows) > 1 else rows[0] for name, rows in frames.items()}
    return Dataset(parts, {}, {}, accounts, pl.concat([Loaded({}, {}, {}).rejects, *rejects]), notes), whole


def _asked(part: FilePart, wanted: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What to read of a file: also what people answered where it is asked whether they did.

    What they wrote is read where it alone can tell the tone, and never otherwise.
    """
    asked = {frame: columns & part.available(frame) for frame, columns in wanted.items() if frame in part.columns}
    if "is_answered" in wanted.get("surveys", ()) and "surveys" in asked:
        asked["surveys"] |= ANSWERS & part.available("surveys")
    if "mentions" in asked:
        asked["mentions"].discard(sentiment.WRITTEN)
        available = part.available("mentions")
        if "sentiment" in wanted["mentions"] and sentiment.can_be_scored(available) and sentiment.is_installed():
            asked["mentions"] |= sentiment.columns_to_score(available)
    return asked


def _refuse_unusable(accounts: Sequence[Mapping[str, Account]], rejects: Sequence[pl.DataFrame]) -> None:
    """Raises `DataError` where there are rows and not one that can be used: nothing is no number then."""
    read = max((account.read for frames in accounts for account in frames.values()), default=0)
    first = next((rows.row(0, named=True) for rows in rejects if rows.height), None)
    if not read or first is None:
        return
    rows = f"none of the {read:,} rows can be used" if read > 1 else "its one row cannot be used"
    cell = f", '{first['value']}' in '{first['column']}'" if first["column"] and first["value"] else ""
    place = f"row {first['row']}: " if first["column"] else ""  # what was not cut into cells says its line itself
    raise DataError(f"{first['file']}: {rows}; {place}{first['reason']}{cell}")


def _living(
    dataset: Dataset, frame: str, whether: Callable[[Mapping[str, Collection[str]]], bool]
) -> pl.DataFrame | None:
    """The rows of changes or messages, without those after as-of, if they can be told to tickets."""
    if "tickets" not in dataset.frames or not whether({name: rows.columns for name, rows in dataset.frames.items()}):
        return None
    return living(dataset, frame)


def _told_by_others(
    dataset: Dataset, wanted: Mapping[str, set[str]]
) -> tuple[pl.DataFrame | None, Conversations | None]:
    """Puts onto tickets what messages and changes say of them; the spells and conversations, where there are such."""
    tickets = dataset.frames.get("tickets")
    if tickets is None:
        return None, None
    if dataset.clocks.hours is not None and dataset.clocks.hours.rules:
        tickets = tickets.with_columns(dataset.clocks.hours.choose(set(tickets.columns)).alias(CHOSEN))
    tickets = with_told(tickets, dataset, wanted.get("tickets", ()))
    messages, changes = _living(dataset, "messages", has_messages), _living(dataset, "changes", has_history)
    spells, held = None, None
    is_undated = "created_at" not in tickets.columns  # to messages and changes the same as a column of empty cells
    tickets = tickets.with_columns(pl.lit(None, INSTANT).alias("created_at")) if is_undated else tickets
    if messages is not None:
        held = conversations.of_tickets(tickets, messages)
        tickets = with_replies(tickets, held)
    if changes is not None:
        asked = wanted.get("tickets", set()) & FRAMES["tickets"].derived.keys()
        known = dataset.knowledge["tickets"]
        tickets, spells, notes = with_history(tickets, changes, asked, known, dataset.clocks)
        dataset.notes += notes
    dataset.frames["tickets"] = tickets.drop("created_at") if is_undated else tickets
    return spells, held


def _place_answers(dataset: Dataset, wanted: Mapping[str, set[str]]) -> None:
    """Puts onto surveys what other answers about their ticket, and its messages, say of them."""
    surveys, asked = dataset.frames.get("surveys"), wanted.get("surveys", set())
    if surveys is None:
        return
    if asked & answers.ORDER:
        surveys = answers.with_order(surveys, pl.col(STAYS) if STAYS in surveys.columns else pl.lit(True))
    if asked & answers.FOLLOW_UP and has_messages({name: rows.columns for name, rows in dataset.frames.items()}):
        surveys = answers.with_follow_up(surveys, dataset.rows("messages").collect())
    dataset.frames["surveys"] = surveys


def _add_computed(
    dataset: Dataset, wanted: Mapping[str, set[str]], spells: pl.DataFrame | None, held: Conversations | None
) -> None:
    """The frames that no file holds, of the tickets that count."""
    add_kept_cycles(dataset, wanted)
    asked = dataset.clocks.computed(wanted)
    if "created_at" not in dataset.have.get("tickets", ()):
        return
    dataset.have["tickets"] |= dataset.clocks.given | ({HISTORY} if spells is not None else set())
    computed, notes = computed_frames(
        dataset.rows("tickets"), dataset.have, spells, held, asked, dataset.knowledge["tickets"], dataset.clocks
    )
    dataset.notes += notes
    if "is_sla_met" in wanted["tickets"] and "sla_cycles" in computed:
        verdicts = is_sla_met(computed["sla_cycles"].collect())
        tickets = dataset.frames["tickets"].join(
            verdicts, on=["source", "ticket_id"], how="left", maintain_order="left"
        )
        dataset.frames["tickets"] = tickets
        dataset.have["tickets"].add("is_sla_met")
    for name, rows in computed.items():
        dataset.computed[name] = rows
        unseen = {"is_reopen"} if name == "spells" and spells is None else set()
        if unseen and "solved_at" not in dataset.have["tickets"]:
            unseen |= {"ended_at", "is_solve"}
        dataset.have[name] = (set(rows.collect_schema().names()) | dataset.clocks.given) - unseen
        dataset.knowledge[name] = dataset.knowledge["tickets"]


def _labelled(rows: pl.DataFrame, part: FilePart, number: int, parts: int) -> pl.DataFrame:
    """The rows with their source (a row's own wins) and, among several files, the file's number."""
    source = pl.lit(part.source)
    labels = [pl.coalesce("source", source) if "source" in rows.columns else source.alias("source")]
    if parts > 1:
        labels.append(pl.lit(number, pl.UInt16).alias(FILE))
    return rows.with_columns(labels)


def _with_version(surveys: pl.DataFrame, tickets: pl.DataFrame | None) -> pl.DataFrame:
    """Ratings read off tickets with their ticket's last change in that file: the newer one has the newer rating."""
    if tickets is None or "updated_at" not in tickets.columns or not {"embedded", "ticket_id"} <= set(surveys.columns):
        return surveys
    versions = tickets.group_by("ticket_id").agg(pl.col("updated_at").max().alias(VERSION))
    return surveys.join(versions, on="ticket_id", how="left", maintain_order="left")


def _defaults(frame: str, rows: pl.DataFrame) -> list[pl.Expr]:
    """Flags whose empty cells mean no."""
    declared = FRAMES[frame].columns
    flags = [name for name in rows.columns if name in declared and declared[name].default is not None]
    return [pl.col(name).fill_null(declared[name].default) for name in flags]


def _trace_contacts(dataset: Dataset, wanted: Mapping[str, set[str]]) -> None:
    asked = wanted.get("tickets", set()) & derive.OVER_THE_WHOLE_FRAME
    rows = dataset.frames.get("tickets")
    if rows is None or not asked or not {"requester", "created_at"} <= set(rows.columns):
        return
    if "solved_at" not in rows.columns:
        asked = asked - {"next_contact_at"}
    columns, busy = derive.next_contacts(rows, asked)
    dataset.frames["tickets"] = rows.with_columns(columns)
    if busy:
        who = f"requesters with more than {derive.BUSY_TICKETS} in {derive.BUSY_DAYS} days"
        text = f"{busy:,} tickets of {who} are left out of first contact resolution"
        dataset.notes.append(Note("busy-requesters", text, busy))
