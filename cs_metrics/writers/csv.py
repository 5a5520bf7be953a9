"""The long frame as CSV for the next program: full precision, durations in seconds, shares from 0 to 1, nulls empty.

Total rows only on demand, so that a sum over the file is right. A text cell that a spreadsheet would run as a formula
gets a leading apostrophe; numbers never do, and `raw` leaves the text as it is.
"""

from __future__ import annotations

from typing import TextIO

import polars as pl

from cs_metrics.result import Result
from cs_metrics.writers._base import Options

_INSTANT = "%Y-%m-%dT%H:%M:%S%.f%:z"
_FORMULA = r"^[=+\-@\t\r]"
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"


def write(result: Result, stream: TextIO, options: Options) -> None:
    """One row per figure under the frame's own column names, in the frame's order."""
    write_frame(result.frame if options.totals else result.frame.filter(~pl.col("total")), stream, options.raw)


def write_frame(frame: pl.DataFrame, stream: TextIO, raw: bool) -> None:
    """Any frame: instants with their offset, lists joined by commas, text guarded unless `raw`."""
    frame = frame.with_columns(
        pl.selectors.datetime().dt.strftime(_INSTANT), pl.selectors.list().cast(pl.List(pl.String)).list.join(", ")
    )
    text = pl.selectors.string()
    if not raw:
        risky = text.str.contains(_FORMULA) & (text != "-")
        frame = frame.with_columns(pl.when(risky).then(pl.lit("'") + text).otherwise(text).name.keep())
    if not raw and stream.isatty():  # a file keeps every character; a terminal would obey some of them
        frame = frame.with_columns(text.str.replace_all(_CONTROL, "�"))
    stream.write(frame.write_csv())
