"""Run by_hand.sql over an export, on all cores: `duckdb_by_hand.py FILE OUT.csv [--declared]`."""

import argparse
import csv
import os
from pathlib import Path

import duckdb

HERE = Path(__file__).parent


def main() -> None:
    """Run the query with sniffed or with declared types and write its rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--declared", action="store_true", help="take the types from by_hand_declared.sql")
    args = parser.parse_args()
    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as con:
        con.execute("set variable tickets = ?", [str(args.file)])
        if args.declared:
            con.execute((HERE / "by_hand_declared.sql").read_text())
        result = con.execute((HERE / "by_hand.sql").read_text())
        with args.out.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(column[0] for column in result.description)
            writer.writerows(result.fetchall())


if __name__ == "__main__":
    main()
