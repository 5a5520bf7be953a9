"""The rows that count: all files of a frame together, each row once, without those that leave the population.

Nothing is dropped silently: every row read is used, rejected, a duplicate, or excluded for a named reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from cs_metrics import derive, quality
from cs_metrics.entities import FRAMES, TEXT
from cs_metrics.expressions import RowExpression
from cs_metrics.periods import Knowledge
from cs_metrics.readers import FilePart, Loaded
from cs_metrics.result import Note

FILE, VERSION, STAYS = "__file", "__version", "__stays"
_FLAG_REASONS = {"is_spam": "spam", "is_merged": "merged", "is_test": "test"}
POPULATION_COLUMNS = {"tickets": ("status", "updated_at", *_FLAG_REASONS), "surveys": ("embedded", "kind", "ticket_id")}


@dataclass
class Account:
    """What became of a frame's rows in one file: read = used + rejected + duplicates + excluded."""

    read: int = 0
    rejected: int = 0
    duplicates: int = 0
    excluded: dict[str, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """The rows that are left."""
        return self.read - self.rejected - self.duplicates - sum(self.excluded.values())

    def as_json(self) -> dict[str, Any]:
        """The account as the report's JSON shows it."""
        lost = {"rejected": self.rejected, "duplicates": self.duplicates, "excluded": self.excluded}
        return {"read": self.read, "used": self.used, **lost}


@dataclass
class Dataset:
    """The frames of all files as one.

    `have` names each frame's columns, also those that hold nothing but nulls; `knowledge` is what each frame's sources
    know of time; `accounts` and `parts` go together.
    """

    parts: Sequence[FilePart]
    frames: dict[str, pl.DataFrame]
    have: dict[str, set[str]]
    accounts: list[dict[str, Account]]
    rejects: pl.DataFrame
    notes: list[Note]
    knowledge: dict[str, Knowledge] = field(default_factory=dict)

    def rows(self, frame: str) -> pl.LazyFrame:
        """The rows of a frame that count; those that left are still in `frames`, so that nothing large is copied."""
        rows = self.frames[frame].lazy()
        return rows.filter(STAYS) if STAYS in self.frames[frame].columns else rows

    def link_keys(self, frame: str, target: str, key: str) -> list[str]:
        """The columns of a link: source and key, or the key alone while both frames have one and the same source."""
        sources = pl.concat([self.frames[name]["source"].unique() for name in (frame, target)]).n_unique()
        return [key] if sources == 1 else ["source", key]


def load_population(
    parts: Sequence[FilePart],
    wanted: Mapping[str, set[str]],
    zone: str | None,
    now: datetime,
    as_of: datetime | None = None,
    exclude: Sequence[RowExpression] = (),
    keep_all: bool = False,
) -> Dataset:
    """The wanted columns of the wanted frames, as one population.

    `zone` is that of wall-clock times; instants after `now` do not tell when an export was made; `as_of` puts the clock
    back: later rows leave and later instants are unknown. With `keep_all` only duplicates leave.
    """
    accounts: list[dict[str, Account]] = [{} for _ in parts]
    frames: dict[str, list[pl.DataFrame]] = {}
    rejects = []
    for number, part in enumerate(parts):
        asked = {frame: columns & part.available(frame) for frame, columns in wanted.items() if frame in part.columns}
        if not asked:
            continue
        loaded = part.load(asked, zone)
        rejects.append(loaded.rejects)
        for frame, rows in loaded.frames.items():
            if frame == "surveys" and len(parts) > 1:
                rows = _with_version(rows, loaded.frames.get("tickets"))
            accounts[number][frame] = Account(loaded.read[frame], loaded.rejected[frame])
            frames.setdefault(frame, []).append(_labelled(rows, part, number, len(parts)))
    dataset = Dataset(parts, {}, {}, accounts, pl.concat([Loaded({}, {}, {}).rejects, *rejects]), [])
    whole = {name: pl.concat(rows, how="diagonal") if len(rows) > 1 else rows[0] for name, rows in frames.items()}
    is_past = as_of is not None and any(quality.newest(frame, rows, now) > as_of for frame, rows in whole.items())
    for frame in list(whole):
        rows = whole.pop(frame)
        if as_of is not None and is_past:
            rows = _put_back(frame, rows, as_of)
        rows = _each_once(frame, rows, dataset).drop(VERSION, strict=False)
        dataset.frames[frame] = derive.settled(frame, rows.with_columns(_defaults(frame, rows)))
    dataset.knowledge = quality.knowledge(dataset.frames, now, as_of)
    _trace_contacts(dataset, wanted)
    dataset.notes += quality.unlinked(dataset.frames)
    if not keep_all:
        _exclude(dataset, exclude)
    for frame, rows in dataset.frames.items():
        dataset.have[frame] = set(rows.columns) - {FILE, STAYS}
    return dataset


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


def _put_back(frame: str, rows: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The rows as they were known at an instant: no later events, and nothing that has been overwritten since."""
    declared = FRAMES[frame].columns
    known = [name for name in rows.columns if name not in declared or not declared[name].changes]
    rows = rows.select(known)
    now = pl.lit(as_of)
    born = next((name for name in FRAMES[frame].required if name in FRAMES[frame].dates and name in known), None)
    dates = [name for name in FRAMES[frame].dates if name in known and name != born]
    later = [pl.when(pl.col(name) <= now).then(pl.col(name)).alias(name) for name in dates]
    if "created_at" in known:
        spans = [n for n in ("reported_first_reply_seconds", "reported_first_resolution_seconds") if n in known]
        later += [
            pl.when(pl.col("created_at") + pl.duration(seconds=pl.col(n)) <= now).then(pl.col(n)).alias(n)
            for n in spans
        ]
    if frame == "surveys" and "answered_at" in known:
        answers = [n for n in ("score", "is_satisfied", "is_answered", "has_comment") if n in known]
        is_in = pl.col("answered_at").is_null() | (pl.col("answered_at") <= now)
        later += [pl.when(is_in).then(pl.col(name)).alias(name) for name in answers]
    unborn = pl.col(born) > now if born else pl.lit(False)
    if "embedded" in known and rows["embedded"].any():
        # a rating read off a ticket has no date: it lies before no day, and the unanswered ones cannot be counted
        unborn = pl.col("embedded")
        rows = rows.with_columns(pl.lit(None, declared["is_answered"].dtype).alias("is_answered"))
    return rows.with_columns(later).with_columns(unborn.fill_null(False).alias("__unborn"))


def _defaults(frame: str, rows: pl.DataFrame) -> list[pl.Expr]:
    """Flags whose empty cells mean no."""
    declared = FRAMES[frame].columns
    flags = [name for name in rows.columns if name in declared and declared[name].default is not None]
    return [pl.col(name).fill_null(declared[name].default) for name in flags]


def _each_once(frame: str, rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Of rows with one key the newest stays, then the fuller, then the greater hash: never the order of files."""
    keys = ["source", *(name for name in FRAMES[frame].key if name in rows.columns)]
    if len(keys) == 1:
        return rows
    looked_at = keys if rows["source"].n_unique() > 1 or len(keys) > 2 else keys[1:]
    digest = rows.select(pl.struct(looked_at).hash() if len(looked_at) > 1 else pl.col(looked_at[0]).hash()).to_series()
    if digest.n_unique() == rows.height:
        return rows
    repeated = digest.is_duplicated()
    cells = [name for name in rows.columns if name not in (FILE, VERSION)]
    newest = [pl.col(name).alias("__newest") for name in ("updated_at", VERSION) if name in rows.columns]
    ranked = rows.filter(repeated).with_columns(
        *newest,
        pl.sum_horizontal(pl.col(cells).is_not_null().cast(pl.UInt16)).alias("__filled"),
        pl.struct(cells).hash().alias("__hash"),
    )
    order = [name for name in ("__newest", "__filled", "__hash") if name in ranked.columns]
    ranked = ranked.sort(order, descending=True, nulls_last=True)
    is_first = ranked.select(pl.struct(keys).is_first_distinct()).to_series()
    _count(dataset, frame, ranked.filter(~is_first), "duplicates")
    return pl.concat([rows.filter(~repeated), ranked.filter(is_first).drop(order)])


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


def _exclude(dataset: Dataset, exclude: Sequence[RowExpression]) -> None:
    """Takes rows out of the population, tickets first: what hangs on an excluded ticket leaves with it."""
    gone = None
    for frame in sorted(dataset.frames, key=lambda name: name != "tickets"):
        rows = dataset.frames.pop(frame)
        if frame == "surveys":
            rows = _with_answered(_surveys_over_embedded(dataset, rows))
        named = [name for test in exclude if test.frame == frame for name in test.columns]
        absent = derive.absent_columns(frame, set(rows.columns), named)
        rows = rows.with_columns(absent)
        for name in sorted(set(named) - set(rows.columns)):
            dataset.notes.append(Note("exclude-unknown", f"nothing is excluded by {name}: it is not in these files"))
        tests = _reasons(frame, rows, exclude)
        if gone is not None and "ticket_id" in rows.columns and frame != "tickets":
            keys = (
                ["source", "ticket_id"]
                if len({*rows["source"].unique(), *gone["source"].unique()}) > 1
                else ["ticket_id"]
            )
            left_with = rows.select(keys).join(
                gone.select(*keys, "__ticket"), on=keys, how="left", maintain_order="left"
            )
            rows = rows.with_columns(left_with["__ticket"])
        leaves = [test.fill_null(False) for _, test in tests]
        leaves += [pl.col("__ticket").is_not_null()] if "__ticket" in rows.columns else []
        is_left = rows.select(pl.any_horizontal(leaves)).to_series() if leaves else pl.Series([False])
        if is_left.any():
            reasons: list[pl.Expr] = [pl.when(test).then(pl.lit(reason)) for reason, test in tests]
            reasons += [pl.col("__ticket")] if "__ticket" in rows.columns else []
            left = rows.filter(is_left).with_columns(pl.coalesce(reasons).cast(TEXT).alias("__excluded"))
            if frame == "tickets":
                gone = left.select("source", "ticket_id", __ticket="__excluded")
            for reason in left["__excluded"].unique().sort():
                _count(dataset, frame, left.filter(pl.col("__excluded") == reason), reason)
        rows = rows.drop(["__unborn", "__ticket", *(column.meta.output_name() for column in absent)], strict=False)
        dataset.frames[frame] = rows.with_columns((~is_left).alias(STAYS)) if is_left.any() else rows


def _reasons(frame: str, rows: pl.DataFrame, exclude: Sequence[RowExpression]) -> list[tuple[str, pl.Expr]]:
    have = set(rows.columns)
    reasons = [("deleted", pl.col("status") == "deleted")] if frame == "tickets" and "status" in have else []
    reasons += [(reason, pl.col(flag)) for flag, reason in _FLAG_REASONS.items() if flag in have]
    reasons += [("profile", test.expr) for test in exclude if frame == test.frame and set(test.columns) <= have]
    if "__unborn" in have:
        reasons.append(("after_as_of", pl.col("__unborn")))
    return reasons


def _surveys_over_embedded(dataset: Dataset, rows: pl.DataFrame) -> pl.DataFrame:
    """Without ratings read off a ticket's row where there is a survey row of the same ticket and kind."""
    if not {"embedded", "ticket_id", "kind"} <= set(rows.columns) or not rows["embedded"].any():
        return rows
    keys = ["source", "ticket_id", "kind"]
    is_embedded = pl.col("embedded").fill_null(False)
    own = rows.filter(~is_embedded).select(keys).unique()
    if own.is_empty():
        return rows
    doubled = rows.filter(is_embedded).join(own, on=keys, how="semi")
    _count(dataset, "surveys", doubled, "duplicates")
    return pl.concat([rows.filter(~is_embedded), rows.filter(is_embedded).join(own, on=keys, how="anti")])


def _with_answered(rows: pl.DataFrame) -> pl.DataFrame:
    """Answers are answered; but only where a source lists the unanswered too does that say how many answer."""
    answers = [pl.col(name).is_not_null() for name in ("score", "is_satisfied") if name in rows.columns]
    if "is_answered" not in rows.columns or not answers or not rows["is_answered"].null_count():
        return rows
    lists_unanswered = (~pl.col("is_answered")).any().over("source", "kind")
    told = pl.when(lists_unanswered & pl.any_horizontal(answers)).then(pl.lit(True))
    return rows.with_columns(pl.coalesce("is_answered", told).alias("is_answered"))


def _count(dataset: Dataset, frame: str, rows: pl.DataFrame, reason: str) -> None:
    """Books rows that leave under the file that they came from."""
    if rows.is_empty():
        return
    numbers = rows[FILE].value_counts().rows() if FILE in rows.columns else [(_only_file(dataset, frame), rows.height)]
    for number, count in numbers:
        account = dataset.accounts[number][frame]
        if reason == "duplicates":
            account.duplicates += count
        else:
            account.excluded[reason] = account.excluded.get(reason, 0) + count


def _only_file(dataset: Dataset, frame: str) -> int:
    return next(number for number, accounts in enumerate(dataset.accounts) if frame in accounts)
