"""Measure cs-metrics against DuckDB and pandas, whole processes in turn: `python tests/bench/run.py`, or `make bench`.

It measures and does not judge: figures stand beside their bounds, and the exit status is 0 unless a command fails.
Only the standard library is imported here: on Linux a child's peak memory starts at its parent's, which must be small.
"""

import argparse
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from check import compare, read_by_hand, read_report

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
METRICS = [
    "tickets_created", "tickets_solved", "net_flow", "backlog",
    "first_reply_time", "first_reply_time_p90", "average_first_reply_time",
    "first_resolution_time", "full_resolution_time", "full_resolution_time_p90", "average_resolution_time",
    "resolution_rate", "resolution_rate_to_date", "reopen_rate", "one_touch_rate", "first_contact_resolution",
    "agent_replies_per_ticket", "reassignment_rate", "csat", "csat_response_rate",
]  # fmt: skip
BUSINESS_METRICS = [
    "first_reply_time_business", "average_first_reply_time_business",
    "first_resolution_time_business", "full_resolution_time_business",
]  # fmt: skip
# With it every start would compile our modules and load those of the libraries ready made; pip compiles both.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
CS_METRICS = [sys.executable, "-m", "cs_metrics"]
LEAST_ROUNDS = 5
STARTUP_ROUNDS = 15  # short processes vary more
CHECK_TICKETS = 20_000


@dataclass(frozen=True)
class Run:
    """What one process took."""

    seconds: float
    cpu: float  # seconds on all cores; where they stay and the seconds grow, somebody else was working
    peak: float  # resident memory, in GB


Runs = dict[str, list[Run]]


def measure(command: Sequence[str | Path]) -> Run:
    """Run a command to its end from the root of the repository; if it fails, show why and stop."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(map(str, command))}\nended with {child.returncode}:\n{said}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e9)


def in_turn(commands: dict[str, list[str | Path]], rounds: int) -> Runs:
    """A B C, A B C, …: what else the machine does in the meantime falls on all of them.

    A first round is not counted: it compiles the modules and brings the file from the disk.
    """
    runs: Runs = {name: [] for name in commands}
    for _ in range(1 + rounds):
        for name, command in commands.items():
            runs[name].append(measure(command))
    return {name: each[1:] for name, each in runs.items()}


def spread(values: Sequence[float], digits: int = 2) -> str:
    """A median with its extremes."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def verdict(value: float, bound: float) -> str:
    """The bound, and whether the value keeps to it."""
    return f"at most {bound:g}  {'ok' if value <= bound else 'OVER'}"


def show_runs(title: str, runs: Runs) -> None:
    """A line for each command."""
    print(f"\n{title}\n  {'':<34}{'seconds':<24}{'CPU seconds':<24}peak GB")
    for name, each in runs.items():
        seconds, cpu = spread([run.seconds for run in each]), spread([run.cpu for run in each])
        print(f"  {name:<34}{seconds:<24}{cpu:<24}{max(run.peak for run in each):.2f}")


def show_ratio(runs: Runs, name: str, other: str, bound: float) -> None:
    """The median of the ratios within each round."""
    ratios = [mine.seconds / theirs.seconds for mine, theirs in zip(runs[name], runs[other], strict=True)]
    print(f"  {f'{name} / {other}':<62}{spread(ratios):<22}{verdict(median(ratios), bound)}")


def tickets(folder: Path, count: int) -> Path:
    """The export of so many tickets, made when it is not there; its name changes with the script that makes it."""
    script = HERE / "make_tickets.py"
    path = folder / f"tickets-{count}-{hashlib.sha256(script.read_bytes()).hexdigest()[:8]}.csv"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        measure([sys.executable, script, str(count), unfinished])
        unfinished.replace(path)
    return path


def report(file: Path, out: Path) -> list[str | Path]:
    """The tool's command for all the metrics by month and group, with totals."""
    question = ["-m", ",".join(METRICS), "--by", "group", "--grain", "month", "--totals"]
    return [*CS_METRICS, "report", file, *question, "-f", "csv", "-o", out, "-q"]


def by_hand(script: str, file: Path, out: Path, *options: str) -> list[str | Path]:
    """The command of one of the scripts by hand."""
    return [sys.executable, HERE / script, file, out, *options]


def bench_main(folder: Path, count: int, rounds: int) -> None:
    """The tool beside DuckDB and pandas."""
    file = tickets(folder, count)
    runs = in_turn(
        {
            "cs-metrics": report(file, folder / "tool.csv"),
            "DuckDB, sniffed types": by_hand("duckdb_by_hand.py", file, folder / "duckdb.csv"),
            "DuckDB, declared types": by_hand("duckdb_by_hand.py", file, folder / "declared.csv", "--declared"),
            "pandas, default engine": by_hand("pandas_by_hand.py", file, folder / "pandas.csv"),
        },
        rounds,
    )
    size = file.stat().st_size / 1e6
    show_runs(f"{count:,} tickets ({size:.0f} MB), {len(METRICS)} metrics by month and group, {rounds} rounds", runs)
    show_ratio(runs, "cs-metrics", "DuckDB, sniffed types", 1.0)
    show_ratio(runs, "cs-metrics", "DuckDB, declared types", 1.5)
    show_ratio(runs, "cs-metrics", "pandas, default engine", 0.25)
    peak = max(run.peak for run in runs["cs-metrics"])
    print(f"  {'cs-metrics, peak GB':<62}{peak:<22.2f}{verdict(peak, 1.2)}")


def bench_calendar(folder: Path, count: int, rounds: int) -> None:
    """What counting business hours adds to the report, and the spans alone."""
    plain = [*report(tickets(folder, count), folder / "tool.csv"), "--tz", "Europe/Berlin"]
    business = [*plain, "--calendar", "weekdays-9-17", "-m", ",".join(BUSINESS_METRICS)]
    runs = in_turn({"without a calendar": plain, "with --calendar": business}, rounds)
    show_runs(f"{count:,} tickets with {len(BUSINESS_METRICS)} metrics more, in business hours, {rounds} rounds", runs)
    show_ratio(runs, "with --calendar", "without a calendar", 1.4)
    print(flush=True)
    subprocess.run([sys.executable, HERE / "spans.py"], check=True)


def bench_intervals(folder: Path, count: int, rounds: int) -> None:
    """What intervals, signals and the comparison of the running period add to the report."""
    plain = [*report(tickets(folder, count), folder / "tool.csv"), "--no-interval", "--compare", "none"]
    commands = {
        "values alone": plain,
        "with intervals": [word for word in plain if word != "--no-interval"],
        "with intervals and comparison": plain[:-3],
    }
    runs = in_turn(commands, rounds)
    show_runs(f"{count:,} tickets with intervals and comparison, {rounds} rounds", runs)
    show_ratio(runs, "with intervals", "values alone", 1.15)
    show_ratio(runs, "with intervals and comparison", "with intervals", 1.3)


def bench_scale(folder: Path, count: int, rounds: int) -> None:
    """The tool on a tenth of the rows and on all of them."""
    small, large = f"{count // 10:,} tickets", f"{count:,} tickets"
    sizes = {small: count // 10, large: count}
    commands = {name: report(tickets(folder, size), folder / "tool.csv") for name, size in sizes.items()}
    runs = in_turn(commands, rounds)
    show_runs(f"ten times the rows, {rounds} rounds", runs)
    show_ratio(runs, large, small, 12)


def bench_startup(folder: Path, rounds: int) -> None:
    """What the tool adds to importing its parts."""
    commands: dict[str, list[str | Path]] = {
        "report on 1,000 tickets": [*CS_METRICS, "report", tickets(folder, 1_000)],
        "import polars, typer, rich, yaml": [sys.executable, "-c", "import polars, typer, rich.table, yaml"],
        "--help": [*CS_METRICS, "--help"],
        "import typer, rich": [sys.executable, "-c", "import typer, rich.console"],
    }
    runs = in_turn(commands, rounds)
    show_runs(f"start-up, {rounds} rounds", runs)
    show_ratio(runs, "report on 1,000 tickets", "import polars, typer, rich, yaml", 1.6)
    show_ratio(runs, "--help", "import typer, rich", 2.2)


def check(folder: Path) -> None:
    """Do all of them say the same numbers? pandas and DuckDB first: their agreement does not need the tool."""
    file, tool, duckdb, pandas = tickets(folder, CHECK_TICKETS), *(folder / f"check-{n}.csv" for n in "abc")
    measure(by_hand("duckdb_by_hand.py", file, duckdb))
    measure(by_hand("pandas_by_hand.py", file, pandas))
    compare("DuckDB and pandas", read_by_hand(duckdb), read_by_hand(pandas))
    measure(report(file, tool))
    compare("cs-metrics and DuckDB", read_report(tool), read_by_hand(duckdb))


def machine() -> str:
    """What the figures were measured on."""
    versions = []
    for package in ["cs-metrics", "polars", "duckdb", "pandas"]:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} not installed")
    cores = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    return ", ".join([platform.system(), platform.machine(), cores, f"Python {platform.python_version()}", *versions])


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help=f"at least {LEAST_ROUNDS}")
    parser.add_argument("--only", choices=["main", "calendar", "intervals", "scale", "startup"])
    parser.add_argument("--check", action="store_true", help="compare the figures themselves, cell by cell, and stop")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "cs-metrics-bench"))
    args = parser.parse_args()
    if args.rounds < LEAST_ROUNDS:
        parser.error(f"--rounds: at least {LEAST_ROUNDS}")
    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    if args.check:
        check(folder)
        return
    if args.only in {None, "main"}:
        bench_main(folder, args.tickets, args.rounds)
    if args.only in {None, "calendar"}:
        bench_calendar(folder, args.tickets, args.rounds)
    if args.only in {None, "intervals"}:
        bench_intervals(folder, args.tickets, args.rounds)
    if args.only in {None, "scale"}:
        bench_scale(folder, args.tickets, args.rounds)
    if args.only in {None, "startup"}:
        bench_startup(folder, max(args.rounds, STARTUP_ROUNDS))


if __name__ == "__main__":
    main()
