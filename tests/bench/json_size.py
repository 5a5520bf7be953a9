"""Measure how a gigabyte of nested JSON is read, beside Polars' own scanner: `python tests/bench/json_size.py`.

It makes tickets with comments in Zendesk's shape, once an object a line and once as one document, and takes the frames
tickets and messages from each. `--size 0.1` makes a tenth of that. Like `run.py` it measures and does not judge, and
imports only the standard library itself.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from run import in_turn, machine, show_ratio, show_runs, verdict

WORDS = (
    "the a customer order number please thanks refund delivery cannot login password error größe invoice we have "
    "checked your account and it will be sent again on monday best regards from the team"
).split()
LEAST_ROUNDS = 3


def write(lines: Path, document: Path, size: float) -> None:
    """About `size` GB of tickets in both forms: the same bytes each time, metrics of a ticket on every third one."""
    import msgspec

    draw = random.Random(1)
    bodies = [" ".join(draw.choices(WORDS, k=draw.randint(15, 120))) for _ in range(500)]
    written, number, separator = 0, 0, b'{"tickets":['
    with lines.open("wb") as by_line, document.open("wb") as whole:
        while written < size * 1e9:
            number += 1
            ticket = msgspec.json.encode(make_ticket(number, draw, bodies))
            by_line.write(ticket + b"\n")
            whole.write(separator + ticket)
            written, separator = written + len(ticket) + 1, b","
        whole.write(b'],"next_page":null,"count":%d}' % number)


def make_ticket(number: int, draw: random.Random, bodies: list[str]) -> dict[str, Any]:
    """A ticket as the API shows it, with its comments."""
    minute, people = draw.randrange(500_000), [draw.randint(10**11, 10**12) for _ in range(4)]
    comments = [make_comment(number * 10 + place, minute + 70 * place, people, draw, bodies) for place in range(5)]
    return {
        **{"url": f"https://acme.zendesk.com/api/v2/tickets/{number}.json", "id": number, "external_id": None},
        **{"via": via(), "created_at": instant(minute), "updated_at": instant(minute + 5_000)},
        **{"type": draw.choice(["question", "incident"]), "subject": bodies[number % 500][:60], "raw_subject": ""},
        **{"description": comments[0]["body"], "priority": draw.choice(["low", "normal", "high", None])},
        **{"status": draw.choice(["open", "pending", "solved", "closed"]), "recipient": None, "has_incidents": False},
        **{"requester_id": people[0], "submitter_id": people[0], "assignee_id": people[1], "organization_id": None},
        **{"group_id": people[2], "collaborator_ids": [], "follower_ids": [], "email_cc_ids": [], "due_at": None},
        **{"tags": draw.sample(WORDS, 3), "custom_fields": [{"id": 36_000 + i, "value": None} for i in range(20)]},
        **{"satisfaction_rating": {"score": draw.choice(["good", "unoffered"])}, "brand_id": people[3]},
        **({"metric_set": metric_set(number, minute)} if number % 3 == 0 else {}),
        **{"allow_channelback": False, "comments": comments},
    }


def make_comment(number: int, minute: int, people: list[int], draw: random.Random, bodies: list[str]) -> dict[str, Any]:
    """A comment with its text in three forms."""
    body = draw.choice(bodies)
    return {
        **{"id": number, "type": "Comment", "author_id": people[number % 2], "body": body, "plain_body": body},
        **{"html_body": f'<div class="zd-comment" dir="auto">{body}</div>', "public": draw.random() < 0.8},
        **{"attachments": [], "audit_id": number + 1, "via": via(), "created_at": instant(minute)},
        **{"metadata": {"system": {"client": "Mozilla/5.0", "ip_address": "192.0.2.1"}, "custom": {}}},
    }


def via() -> dict[str, Any]:
    """The channel, and who wrote to whom."""
    people = {"from": {"address": "someone@example.org", "name": "Someone"}, "to": {}, "rel": None}
    return {"channel": "email", "source": people}


def metric_set(number: int, minute: int) -> dict[str, Any]:
    """What Zendesk counts on a ticket."""
    spans = ("reply", "first_resolution", "full_resolution", "agent_wait", "requester_wait", "on_hold")
    minutes = {f"{name}_time_in_minutes": {"calendar": 60, "business": 30} for name in spans}
    counts = dict.fromkeys(("group_stations", "assignee_stations", "reopens", "replies"), 1)
    return {"id": number, "ticket_id": number, **counts, "solved_at": instant(minute + 4_000), **minutes}


def instant(minute: int) -> str:
    """A minute of the years 2023 and 2024 as the API writes it; every month has 28 days."""
    day, hour = divmod(minute // 60, 24)
    month, day = divmod(day, 28)
    return f"{2023 + month // 12}-{month % 12 + 1:02d}-{day + 1:02d}T{hour:02d}:{minute % 60:02d}:00Z"


def read(file: Path) -> None:
    """The frames tickets and messages with all columns that the reader knows."""
    from cs_metrics.readers import open_exports

    part = open_exports([str(file)])[0]
    wanted = {frame: {name for name in part.available(frame) if name[:2] != "x_"} for frame in ("tickets", "messages")}
    loaded = part.load(wanted, None)
    assert not any(loaded.rejected.values())
    print({frame: rows.shape for frame, rows in loaded.frames.items()})


def scan(file: Path) -> None:
    """The same fields as they lie in the file, nothing converted."""
    import polars as pl

    whole, text = pl.Int64, pl.String
    channel, spans = pl.Struct({"channel": text}), pl.Struct({"calendar": whole, "business": whole})
    numbers = "id requester_id submitter_id assignee_id organization_id group_id brand_id".split()
    comment = {"id": whole, "author_id": whole, "public": pl.Boolean, "created_at": text, "via": channel}
    counts = dict.fromkeys(("group_stations", "assignee_stations", "reopens", "replies"), whole)
    names = ("reply", "first_resolution", "full_resolution", "agent_wait", "requester_wait", "on_hold")
    metrics = {"solved_at": text, **counts, **{f"{name}_time_in_minutes": spans for name in names}}
    schema: dict[str, Any] = {
        **dict.fromkeys(numbers, whole),
        **dict.fromkeys(("created_at", "updated_at", "due_at", "type", "priority", "status"), text),
        **{"tags": pl.List(text), "via": channel, "metric_set": pl.Struct(metrics)},
        **dict.fromkeys(("collaborator_ids", "follower_ids", "email_cc_ids"), pl.List(whole)),
        "comments": pl.List(pl.Struct(comment)),
    }
    tickets = pl.scan_ndjson(file, schema=schema).collect()
    print(tickets.height, tickets["comments"].list.len().sum())


def main() -> None:
    """Make the files, take both ways in turn, show them beside the bounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=float, default=1.0, help="in GB, of each of the two files")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "cs-metrics-bench"))
    parser.add_argument("--take", choices=["read", "scan"], help=argparse.SUPPRESS)
    parser.add_argument("file", type=Path, nargs="?", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.take:
        (read if args.take == "read" else scan)(args.file)
        return
    args.folder.mkdir(parents=True, exist_ok=True)
    lines, document = (args.folder.resolve() / f"comments-{args.size:g}.{ending}" for ending in ("ndjson", "json"))
    if not document.exists():
        unfinished = document.with_suffix(".part")
        write(lines, unfinished, args.size)
        unfinished.replace(document)
    me: list[str | Path] = [sys.executable, Path(__file__).resolve(), "--take"]
    by_line, wrapped, scanned = "cs-metrics, an object a line", "cs-metrics, one document", "scan_ndjson"
    commands = {by_line: [*me, "read", lines], wrapped: [*me, "read", document], scanned: [*me, "scan", lines]}
    print(machine(), flush=True)
    runs = in_turn(commands, args.rounds)
    show_runs(f"{lines.stat().st_size / 1e9:.2f} GB of tickets with comments, {args.rounds} rounds", runs)
    for name, bound in ((by_line, 1.0), (wrapped, 1.3)):
        show_ratio(runs, name, scanned, bound)
    for name in (by_line, wrapped):
        peak = max(run.peak for run in runs[name])
        print(f"  {f'{name}, peak GB':<62}{peak:<22.2f}{verdict(peak, 2.0)}")


if __name__ == "__main__":
    main()
