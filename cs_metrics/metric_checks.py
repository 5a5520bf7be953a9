"""What can be wrong with a metric on one frame: (key, sentence) pairs, without the place in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import timedelta

from cs_metrics.aggregations import AGGREGATIONS, GATHERED_KEYS
from cs_metrics.entities import FLAG, FRAMES, INSTANT
from cs_metrics.errors import did_you_mean
from cs_metrics.expressions import ExpressionError, RowExpression, resolve

Finding = tuple[str, str]


def instants(key: str, names: Iterable[str], frame: str) -> Iterator[Finding]:
    """Dates must be columns that hold points in time."""
    for name in names:
        try:
            if resolve(frame, name).dtype != INSTANT:
                yield key, f"{key}: '{name}' is not a point in time"
        except ExpressionError as error:
            yield key, f"{key}: {error}"


def gathering(agg: str, given: Set[str]) -> Iterator[Finding]:
    """The keys that an aggregation needs must be there, and none that it would not look at."""
    how = AGGREGATIONS[agg]
    for key in how.needs:
        if key not in given:
            yield "agg", f"agg: {agg} needs the key '{key}'"
    for key in GATHERED_KEYS:
        if key in given and key not in (*how.needs, *how.takes):
            yield key, f"{key}: agg: {agg} does not look at it"


def ages(since: str | None, older_than: timedelta | None, younger_than: timedelta | None) -> Iterator[Finding]:
    """Bounds of an age need to know since when, and hold something between them."""
    for key, bound in (("older_than", older_than), ("younger_than", younger_than)):
        if bound is not None and since is None:
            yield key, f"{key}: older than since when? The key 'since' is missing"
    if older_than is not None and younger_than is not None and older_than >= younger_than:
        yield "younger_than", "younger_than: nothing is that young and as old as older_than asks"


def measure(key: str, expr: RowExpression, agg: str) -> Iterator[Finding]:
    """What is gathered belongs to the metric's own rows and is of the type that the aggregation takes."""
    for name, column in expr.columns.items():
        if column.link:
            yield key, f"{key}: '{name}' is a column of {column.frame}; a metric measures its own rows"
    wanted = AGGREGATIONS[agg].value
    if wanted == "flag" and expr.dtype != FLAG:
        yield key, f"{key}: '{expr.text}' is not true or false, as a {agg} needs"
    if wanted == "number" and not expr.dtype.is_numeric():
        yield key, f"{key}: '{expr.text}' is not a number, as {agg} needs"


def example(rows: Sequence[Mapping[str, object]], frame: str) -> Iterator[Finding]:
    """The cells of an example's rows are columns of its frame, or of the first that a computed frame is made of."""
    held = next(iter(FRAMES[frame].made_of), frame)
    for name in dict.fromkeys(name for row in rows for name in row):
        if name not in FRAMES[held].columns and not name.startswith("x_"):
            yield "example", f"example: {held} have no column '{name}'.{did_you_mean(name, FRAMES[held].columns)}"
