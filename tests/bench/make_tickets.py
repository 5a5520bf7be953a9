"""Write a Zendesk account export of N invented tickets: `make_tickets.py N OUT`.

Every cell is a fixed function of the ticket's number, so that two machines and two years get the same file. Tickets are
created on whole multiples of STEP minutes and solved one minute past them: no span of whole days in a definition (14
days to solve, 7 days without a new ticket) is ever met to the minute, and two programs cannot differ over < and <=.
"""

import argparse
import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

START = datetime(2022, 1, 1)
SPAN = int((datetime(2025, 1, 1) - START).total_seconds()) // 60  # three years, in minutes
END = SPAN - 1  # the minute of the export
STEP = 4
DAY = 24 * 60
BATCH = 100_000  # rows are shuffled within a batch only: out of order, as in real exports, but not by years

GROUPS = ["Support", "Billing", "Technical", "Returns", "Shipping", "Sales", "Onboarding", "VIP"]
AGENTS = [f"Agent {number:02d}" for number in range(1, 61)]
TAGS = ["shop", "app vip", "web", None]
TOPICS = ["Where is my order", "Cannot log in", "Wrong invoice", "Change of address", "Question about", "Broken part"]


def uniform(draw: str) -> pl.Expr:
    """A number in [0, 1) for each ticket and draw: SplitMix64 written out, since `Expr.hash` changes with Polars."""
    x = (pl.col("Id").cast(pl.UInt64) + (zlib.crc32(draw.encode()) << 24)) * pl.lit(0x9E3779B97F4A7C15, pl.UInt64)
    x = (x ^ (x // 2**30)) * pl.lit(0xBF58476D1CE4E5B9, pl.UInt64)
    x = (x ^ (x // 2**27)) * pl.lit(0x94D049BB133111EB, pl.UInt64)
    x = x ^ (x // 2**31)
    return (x // 2**11).cast(pl.Float64) / 2**53


def minutes(draw: str, median: float, sigma: float) -> pl.Expr:
    """Whole minutes, log-normal in shape; three uniforms stand for the normal and keep it within three sigma."""
    normal = 2 * (uniform(f"{draw} a") + uniform(f"{draw} b") + uniform(f"{draw} c") - 1.5)
    return (median * (sigma * normal).exp()).cast(pl.Int64)


def skewed(draw: str, size: int) -> pl.Expr:
    """A whole number from 0 to size - 1, the small ones more often."""
    return (uniform(draw) * uniform(draw).sqrt() * size).cast(pl.Int64)


def pick(labels: Sequence[str | None], position: pl.Expr) -> pl.Expr:
    """The label at each row's position."""
    return pl.lit(pl.Series(labels)).gather(position)


def instant(minute: pl.Expr) -> pl.Expr:
    """A count of minutes since START as the instant that it stands for."""
    return pl.lit(START) + pl.duration(minutes=minute)


def histories(first: int, last: int, total: int) -> pl.DataFrame:
    """What happened to the tickets from `first` to before `last`, in minutes since START: all cells follow from it."""
    position = (pl.col("Id") - 1 + uniform("created")) / total
    created, solved, resolution = pl.col("created"), pl.col("solved"), pl.col("resolution")
    stays_open = (uniform("open") < 0.155 * pl.col("Id") / total) & ~pl.col("merged")  # the newer, the likelier
    first_solve = pl.when("reopened").then(resolution // 3 + 1).otherwise(resolution)
    reply = pl.min_horizontal(minutes("reply", median=75, sigma=1.2) + 1, resolution)
    return (
        pl.DataFrame({"Id": pl.int_range(first, last, eager=True)})
        .with_columns(
            created=(position * (SPAN // STEP)).cast(pl.Int64) * STEP,
            resolution=minutes("resolution", median=1400, sigma=1.4) // STEP * STEP + 1,
            merged=uniform("merged") < 0.02,
            reopened=uniform("reopened") < 0.07,
        )
        .with_columns(solved=pl.when(~stays_open & (created + resolution <= END)).then(created + resolution))
        .with_columns(
            reply=pl.when((uniform("replied") < 0.95) & (created + reply <= END)).then(reply),
            first_solve=pl.when((solved.is_not_null() | pl.col("reopened")) & (created + first_solve <= END)).then(
                first_solve
            ),
        )
    )


def cells(history: pl.DataFrame, total: int) -> pl.DataFrame:
    """The export's columns for these histories, in its order; most of those that no metric reads are left out."""
    created, solved, reply, first_solve = (pl.col(name) for name in ("created", "solved", "reply", "first_solve"))
    done = solved.is_not_null()
    touched = pl.coalesce(solved, created + reply, created)
    requester = 360_000_001 + skewed("requester", max(1, total // 3))
    comma = pl.when(uniform("comma") < 0.03).then(pl.lit(", order ")).otherwise(pl.lit(" "))
    status = (
        pl.when(solved < END - 28 * DAY).then(pl.lit("Closed"))
        .when(done).then(pl.lit("Solved"))
        .when(reply.is_null()).then(pl.lit("New"))
        .otherwise(pick(["Open", "Pending", "On-hold"], skewed("status", 3)))
    )  # fmt: skip
    rating = (
        pl.when(~done | (uniform("rating") >= 0.38)).then(pl.lit("Not Offered"))
        .when(uniform("rating") >= 0.163).then(pl.lit("Offered"))
        .when(uniform("happy") < 0.86).then(pl.lit("Good"))
        .otherwise(pl.lit("Bad"))
    )  # fmt: skip
    columns = {
        "Summation column": pl.lit(1),
        "Id": pl.col("Id"),
        "Requester id": pl.when(uniform("anonymous") >= 0.002).then(requester),
        "Assignee": pl.when(reply.is_not_null() | done).then(pick(AGENTS, skewed("agent", 60))),
        "Group": pick(GROUPS, skewed("group", 8)),
        "Subject": pick(TOPICS, skewed("topic", 6)) + comma + pl.col("Id").cast(pl.String),
        "Tags": pl.when("merged").then(pl.lit("shop closed_by_merge")).otherwise(pick(TAGS, skewed("tags", 4))),
        "Status": status,
        "Priority": pick(["Normal", "Low", "High", "Urgent"], skewed("priority", 4)),
        "Via": pick(["Mail", "Web form", "Chat", "API"], skewed("via", 4)),
        "Created at": instant(created),
        "Updated at": instant(pl.min_horizontal(touched + minutes("update", median=2 * DAY, sigma=0.5), END)),
        "Solved at": instant(solved),
        "Satisfaction Score": rating,
        "Group stations": 1 + skewed("group stations", 2),
        "Assignee stations": 1 + skewed("assignee stations", 3),
        "Reopens": pl.when("reopened").then(1 + skewed("reopens", 2)).otherwise(0),
        "Replies": pl.when(reply.is_not_null()).then(1 + skewed("replies", 4)).otherwise(0),
        "First reply time in minutes": reply,
        "First resolution time in minutes": first_solve,
        "Full resolution time in minutes": solved - created,
    }
    return history.select(**columns)


def main() -> None:
    """Write the file batch by batch: two million rows need little memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tickets", type=int)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    with args.out.open("wb") as out:
        for first in range(1, args.tickets + 1, BATCH):
            history = histories(first, min(first + BATCH, args.tickets + 1), args.tickets)
            rows = cells(history.sort(uniform("row order")), args.tickets)
            rows.write_csv(out, include_header=first == 1, datetime_format="%Y-%m-%d %H:%M")


if __name__ == "__main__":
    main()
