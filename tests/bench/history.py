"""Measure what histories and conversations add to a report: `python tests/bench/history.py`.

It makes tickets with three changes and three messages each, in common columns as Parquet, and asks the same question of
the tickets alone, with their changes, and with their changes and messages. Like `run.py` it measures and does not
judge, and imports only the standard library itself.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from run import CS_METRICS, in_turn, machine, measure, show_runs

LEAST_ROUNDS = 3
METRICS = [
    "first_reply_time", "response_time", "full_resolution_time", "reopen_rate", "reassignment_rate", "backlog",
    "requester_wait_time", "agent_wait_time",
]  # fmt: skip


def write(folder: Path, count: int) -> None:
    """Tickets, changes and messages: most are answered, wait for the customer and are solved, some more than once."""
    import polars as pl
    from make_tickets import AGENTS, END, GROUPS, histories, instant, pick, skewed, uniform

    lives = histories(1, count + 1, count).sort(uniform("row order"))
    created, resolution, is_solved = pl.col("created"), pl.col("resolution"), pl.col("solved").is_not_null()
    ticket, agent, group = pl.col("Id").cast(pl.String), skewed("agent", 60), skewed("group", 8)
    tickets = {
        **{"ticket_id": ticket, "created_at": instant(created), "solved_at": instant(pl.col("solved"))},
        **{"status": pl.when(is_solved).then(pl.lit("solved")).otherwise(pl.lit("open"))},
        **{"group": pick(GROUPS, group), "assignee": pick(AGENTS, agent)},
    }
    reopened = pl.col("reopened")
    turns = [  # which tickets, when (as a share of the resolution), field, old, new
        (uniform("taken") < 0.9, 0.1, "assignee", None, pick(AGENTS, agent)),
        (uniform("handed") < 0.2, 0.2, "group", pick(GROUPS, skewed("first group", 8)), pick(GROUPS, group)),
        (uniform("asked") < 0.9, 0.3, "status", "new", "pending"),
        (reopened, 0.4, "status", "pending", "solved"),
        (reopened, 0.6, "status", "solved", "open"),
        (is_solved, 1.0, "status", pl.when("reopened").then(pl.lit("open")).otherwise(pl.lit("pending")), "solved"),
    ]
    changes = [
        lives.filter(happens).select(
            ticket_id=ticket,
            changed_at=instant(created + (resolution * share).cast(pl.Int64)),
            field=pl.lit(field),
            old=old if isinstance(old, pl.Expr) else pl.lit(old, pl.String),
            new=new if isinstance(new, pl.Expr) else pl.lit(new, pl.String),
        )
        for happens, share, field, old, new in turns
    ]
    sides = {"customer": (0.0, 1.0), "agent": (0.05, 0.9), "customer again": (0.5, 0.5), "agent again": (0.6, 0.6)}
    messages = [
        lives.filter(uniform(side) < likely).select(
            message_id=ticket + f"-{place}",
            ticket_id=ticket,
            sent_at=instant(created + (resolution * share).cast(pl.Int64)),
            author_role=pl.lit(side.split()[0]),
            author=pick(AGENTS, agent) if side.startswith("agent") else ticket,
            is_public=pl.lit(True),
        )
        for place, (side, (share, likely)) in enumerate(sides.items())
    ]
    past = instant(pl.lit(END))
    lives.select(**tickets).write_parquet(folder / "tickets.parquet")
    pl.concat(changes).filter(pl.col("changed_at") <= past).sort("changed_at").write_parquet(folder / "changes.parquet")
    pl.concat(messages).filter(pl.col("sent_at") <= past).sort("sent_at").write_parquet(folder / "messages.parquet")


def main() -> None:
    """Make the files, ask the question of one, two and three of them in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "cs-metrics-bench"))
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    folder = args.folder.resolve() / f"history-{args.tickets}"
    folder.mkdir(parents=True, exist_ok=True)
    if args.make:
        write(folder, args.tickets)
        return
    files = [folder / f"{frame}.parquet" for frame in ("tickets", "changes", "messages")]
    measure(
        [sys.executable, Path(__file__).resolve(), "--make", "--tickets", str(args.tickets), "--folder", args.folder]
    )
    question = ["-m", ",".join(METRICS), "--by", "group", "--grain", "month", "-f", "csv", "-q"]
    names = ["tickets alone", "with changes", "with changes and messages"]
    commands = {name: [*CS_METRICS, "report", *files[: place + 1], *question] for place, name in enumerate(names)}
    print(machine(), flush=True)
    show_runs(f"{args.tickets:,} tickets, {args.rounds} rounds", in_turn(commands, args.rounds))


if __name__ == "__main__":
    main()
