"""What the frames say about themselves: what they cover, and what is odd in them. Findings are values, never errors."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, timedelta

import polars as pl

from cs_metrics.entities import FRAMES
from cs_metrics.periods import NEVER, Knowledge
from cs_metrics.result import Note

UNDATED_LIMIT = 0.05  # more solved tickets without an instant than this, and stocks cannot be told
MOSTLY_UNDATED = 0.5  # more than this, and no count or share of solves can be told
UNPARSED_LIMIT = 0.05
_EDGE_WEEKS = 9  # the first and last weeks of activity, from which usual silences are read
_SETTLING_QUANTILE = 0.95


def knowledge(frames: Mapping[str, pl.DataFrame], now: datetime, as_of: datetime | None) -> dict[str, Knowledge]:
    """For each frame what its sources know of time; of several sources the oldest as-of counts.

    As-of is the newest of the frame's dates that is not in the future (due dates are no events), or the `as_of` to
    which the clock was put back.
    """
    seen = {frame: _edges(frame, rows, now) for frame, rows in frames.items()}
    newest: dict[str, datetime] = {}
    for edges in seen.values():
        for source, (_, last) in edges.items():
            newest[source] = max(last, newest.get(source, last))
    known = {}
    for frame, edges in seen.items():
        if not edges:
            continue
        last = min(newest[source] for source in edges)
        first = min(edge for edge, _ in edges.values())
        known[frame] = Knowledge(
            as_of=as_of or last,
            covers_from=first,
            is_stamped=as_of is not None,
            settling=_settling(frames.get("tickets")),
            until={} if as_of is not None else newest,
            activity=_activity(frame, frames[frame], first, last),
        )
    # ratings read off tickets have no date of their own: they know what their tickets know
    for frame in frames:
        if frame not in known:
            known[frame] = known.get("tickets", Knowledge(NEVER, NEVER))  # of no row at all nothing is known
    return known


def newest(frame: str, rows: pl.DataFrame, now: datetime) -> datetime:
    """The last instant of a frame that is not in the future."""
    return max((last for _, last in _edges(frame, rows, now).values()), default=NEVER)


def _edges(frame: str, rows: pl.DataFrame, now: datetime) -> dict[str, tuple[datetime, datetime]]:
    """(oldest, newest) instant of each source; oldest by the frame's first date only."""
    dates = [name for name in FRAMES[frame].dates if name in rows.columns]
    if not dates or rows.is_empty():
        return {}
    past = [pl.col(name).filter(pl.col(name) <= now).max().alias(name) for name in dates]
    born = [name for name in ("created_at", "sent_at", "started_at", "posted_at") if name in dates] or dates
    oldest = [pl.col(name).min().alias(f"{name} first") for name in born]
    if rows["source"].n_unique() == 1:
        table = rows.select(pl.col("source").first(), *past, *oldest)
    else:
        table = rows.group_by("source").agg(*past, *oldest)
    edges = table.select("source", pl.min_horizontal([f"{n} first" for n in born]), last=pl.max_horizontal(dates))
    return {source: (first, last) for source, first, last in edges.rows() if first is not None and last is not None}


def _activity(frame: str, rows: pl.DataFrame, first: datetime, last: datetime) -> pl.Series:
    """Sorted instants (microseconds since 1970) of the first and last weeks."""
    name = next(name for name in FRAMES[frame].dates if name in rows.columns and rows[name].null_count() < rows.height)
    edge = timedelta(weeks=_EDGE_WEEKS)
    near = (pl.col(name) >= last - edge) | (pl.col(name) <= first + edge)
    return rows.lazy().select(pl.col(name)).filter(near).collect().to_series().dt.epoch("us").sort()


def _settling(tickets: pl.DataFrame | None) -> timedelta:
    """How long after an export's first day solved-dated figures still miss tickets opened before it."""
    if tickets is None or not {"created_at", "solved_at"} <= set(tickets.columns):
        return timedelta(0)
    spans = (tickets["solved_at"] - tickets["created_at"]).drop_nulls()
    longest = spans.quantile(_SETTLING_QUANTILE) if len(spans) else None
    return longest if isinstance(longest, timedelta) else timedelta(0)


def undated_share(tickets: pl.LazyFrame, have: Set[str]) -> float:
    """The share of solved or closed tickets that have no solved instant."""
    if not {"status", "solved_at"} <= have:
        return 0.0
    is_done = pl.col("status").is_in(["solved", "closed"])
    undated, done = (
        tickets.select((is_done & pl.col("solved_at").is_null()).sum(), is_done.sum().alias("done")).collect().row(0)
    )
    return float(undated / done) if done else 0.0


def findings(tickets: pl.LazyFrame, have: Set[str], now: datetime) -> list[Note]:
    """Odd rows of the tickets, counted. They stay in the counts; what cannot be true of them is left out."""
    tests: list[tuple[str, set[str], pl.Expr, str]] = [
        (
            "solved-undated",
            {"status", "solved_at"},
            pl.col("status").is_in(["solved", "closed"]) & pl.col("solved_at").is_null(),
            "{} solved without a date: in no solved count and in no backlog",
        ),
        (
            "reply-before-creation",
            {"first_reply_at", "created_at"},
            pl.col("first_reply_at") < pl.col("created_at"),
            "{} with a reply before the creation: counted, but without a reply time",
        ),
        (
            "solved-before-creation",
            {"solved_at", "created_at"},
            pl.col("solved_at") < pl.col("created_at"),
            "{} solved before the creation: counted, but without a resolution time",
        ),
        ("future-date", {"created_at"}, pl.col("created_at") > now, "{} created in the future: in no period yet"),
    ]
    asked = [(code, test, text) for code, needs, test, text in tests if needs <= have]
    if not asked:
        return []
    counts = tickets.select(test.sum().alias(code) for code, test, _ in asked).collect().row(0)
    return [
        Note(code, text.format(f"{count:,} ticket{'s' if count != 1 else ''}"), count)
        for (code, _, text), count in zip(asked, counts, strict=True)
        if count
    ]


def unparsed(rejects: pl.DataFrame) -> dict[str, int]:
    """Cells that could not be read, by column header; rows that were left out are not among them."""
    cells = rejects.filter(pl.col("column").is_not_null() & ~pl.col("reason").str.starts_with("the row is left out"))
    return dict(cells.group_by("column").len().sort("column").rows())


def unlinked(frames: Mapping[str, pl.DataFrame]) -> list[Note]:
    """How many rows of other frames name a ticket that is not in these files: nothing can be borrowed for them."""
    tickets, notes = frames.get("tickets"), []
    for frame, rows in frames.items():
        if tickets is None or frame == "tickets" or "ticket_id" not in rows.columns:
            continue
        is_named = pl.col("ticket_id").is_not_null()
        if "embedded" in rows.columns:  # read off a ticket's own row
            is_named &= ~pl.col("embedded")
        keys = ["source", "ticket_id"]
        named = rows.lazy().filter(is_named).select(keys).collect()
        lost = named.join(tickets.select(keys), on=keys, how="anti").height if named.height else 0
        if lost:
            rows_of = f"{lost:,} {frame} belong" if lost != 1 else f"1 {frame.removesuffix('s')} belongs"
            notes.append(Note("unlinked", f"{rows_of} to no ticket of the same source here", lost))
    return notes


def nobody_left(frames: Mapping[str, pl.DataFrame]) -> list[Note]:
    """Whether all customers are still there: billing systems leave those who left out unless they are asked for."""
    customers = frames.get("customers")
    if customers is None or "ended_at" not in customers.columns:
        return []
    has_left = pl.col("ended_at").is_not_null()
    if "is_churned" in customers.columns:
        has_left |= pl.col("is_churned").fill_null(False)
    count = customers.filter(~pl.col("is_trial")).height if "is_trial" in customers.columns else customers.height
    if not count or customers.select(has_left.any()).item():
        return []
    text = f"of {count:,} customer relations none has ended: an export of those that still run would look the same"
    return [Note("nobody-left", text, count)]
