"""The words for `agg`, and what follows from each: the keys it needs, what it gathers, what an empty period holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

# The keys that say what is gathered; each aggregation looks at some of them.
GATHERED_KEYS = ("value", "numerator", "denominator", "until", "since", "older_than", "younger_than")


@dataclass(frozen=True)
class Aggregation:
    """`needs` are the keys without which it cannot be, `takes` those that it may have as well.

    `quantile` is the share of rows at or below its value; `surviving` the share still waiting at the time it tells.
    `counts`: over no rows it is 0, where others have no value. A stock is told at a period's end and never summed.
    """

    needs: tuple[str, ...] = ("value",)
    takes: tuple[str, ...] = ()
    value: Literal["number", "flag", "any"] = "number"
    quantile: float | None = None
    surviving: float | None = None
    counts: bool = False
    is_stock: bool = False


AGGREGATIONS: Mapping[str, Aggregation] = {
    "count": Aggregation(needs=(), takes=("value",), value="any", counts=True),
    "count_distinct": Aggregation(value="any", counts=True),
    "sum": Aggregation(),
    "mean": Aggregation(),
    "median": Aggregation(quantile=0.5),
    "p75": Aggregation(quantile=0.75),
    "p90": Aggregation(quantile=0.9),
    "p95": Aggregation(quantile=0.95),
    "p99": Aggregation(quantile=0.99),
    "min": Aggregation(),
    "max": Aggregation(),
    "share": Aggregation(value="flag"),
    "nps": Aggregation(),
    "ratio": Aggregation(needs=("numerator", "denominator")),
    "stock": Aggregation(("until",), ("since", "older_than", "younger_than"), counts=True, is_stock=True),
    "stock_median": Aggregation(needs=("until", "since"), quantile=0.5, is_stock=True),
    "stock_p90": Aggregation(needs=("until", "since"), quantile=0.9, is_stock=True),
    "survival_median": Aggregation(needs=("until",), surviving=0.5),
    "survival_p90": Aggregation(needs=("until",), surviving=0.1),
}

if TYPE_CHECKING:
    Word = str
else:
    Word = Literal[tuple(AGGREGATIONS)]
