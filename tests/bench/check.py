"""Compare reports cell by cell: the tool's long CSV and the wide CSV of the scripts by hand."""

import csv
import math
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

ALL_GROUPS = "ALL GROUPS"  # what the scripts by hand call a month's total
TOLERANCE = 1e-9  # relative: the programs add up the same numbers in different orders
SHOWN = 4  # differences of each metric

Cell = tuple[str, str, str]  # metric, first day of the month, group
Cells = dict[Cell, float | None]


def number(text: str) -> float | None:
    """A cell of a CSV; an empty one (or pandas' and DuckDB's words for it) is null."""
    return None if text in {"", "NaN", "nan", "None"} else float(text)


def read_by_hand(path: Path) -> Cells:
    """One column per metric, one row per month and group."""
    with path.open(newline="") as file:
        return {
            (metric, row["month"][:10], row["group"]): number(text)
            for row in csv.DictReader(file)
            for metric, text in row.items()
            if metric not in {"month", "group"}
        }


def read_report(path: Path) -> Cells:
    """One row per metric, month and group; a month's total is a row of its own with `total` true."""
    with path.open(newline="") as file:
        return {
            (row["metric"], row["period"][:10], ALL_GROUPS if row["total"].lower() == "true" else row["group"]): number(
                row["value"]
            )
            for row in csv.DictReader(file)
            if row["grain"] == "month"
        }


def agree(left: float | None, right: float | None) -> bool:
    """Both null, or the same number but for rounding."""
    if left is None or right is None:
        return left is right
    return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def differences(left: Cells, right: Cells) -> Iterator[tuple[str, str]]:
    """The metric and a sentence for each cell that only one side has or on which the two do not agree."""
    for cell in sorted(left.keys() | right.keys()):
        metric, month, group = cell
        if cell not in left or cell not in right:
            yield metric, f"{month} {group}: only in the {'second' if cell not in left else 'first'}"
        elif not agree(left[cell], right[cell]):
            yield metric, f"{month} {group}: {left[cell]} and {right[cell]}"


def compare(title: str, left: Cells, right: Cells) -> None:
    """Print how many cells differ and, for each metric, the first of them."""
    found = list(differences(left, right))
    print(f"{title}: {len(left.keys() & right.keys())} cells in both, {len(found)} differences")
    for metric, lines in groupby(found, key=itemgetter(0)):
        sentences = [sentence for _, sentence in lines]
        print(f"  {metric}: {len(sentences)}", *sentences[:SHOWN], sep="\n    ")
