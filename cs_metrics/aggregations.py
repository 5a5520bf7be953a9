"""The words for `agg`, and what follows from each: the keys it needs, what it gathers, what an empty period holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

# The rules by which an interval is found and a change is called a signal; see `intervals`.
Interval = Literal["none", "share", "count", "sum", "mean", "nps", "ratio", "quantile", "survival"]

# The keys that say what is gathered; each aggregation looks at some of them.
GATHERED_KEYS = ("value", "numerator", "denominator", "until", "since", "older_than", "younger_than")


@dataclass(frozen=True)
class Aggregation:
    """`needs` are the keys without which it cannot be, `takes` those that it may have as well.

    `quantile` is the share of rows at or below its value; `surviving` the share still waiting at the time it tells.
    `counts`: over no rows it is 0, where others have no value. A stock is told at a period's end and never summed.
    `turnover`: of those who are there at a period's beginning, whether it tells of the kept or of the lost.
    `interval` is the rule for what the value may really be; an extreme has none, nor has how many different ones there
    are, of which one more row mostly brings no other.
    """

    needs: tuple[str, ...] = ("value",)
    takes: tuple[str, ...] = ()
    value: Literal["number", "flag", "any"] = "number"
    quantile: float | None = None
    surviving: float | None = None
    counts: bool = False
    is_stock: bool = False
    interval: Interval = "none"
    turnover: Literal["kept", "lost"] | None = None


AGGREGATIONS: Mapping[str, Aggregation] = {
    "count": Aggregation(needs=(), takes=("value",), value="any", counts=True, interval="count"),
    "count_distinct": Aggregation(value="any", counts=True),
    "sum": Aggregation(interval="sum"),
    "mean": Aggregation(interval="mean"),
    "median": Aggregation(quantile=0.5, interval="quantile"),
    "p75": Aggregation(quantile=0.75, interval="quantile"),
    "p90": Aggregation(quantile=0.9, interval="quantile"),
    "p95": Aggregation(quantile=0.95, interval="quantile"),
    "p99": Aggregation(quantile=0.99, interval="quantile"),
    "min": Aggregation(),
    "max": Aggregation(),
    "mode": Aggregation(),
    "share": Aggregation(value="flag", interval="share"),
    "nps": Aggregation(interval="nps"),
    "ratio": Aggregation(needs=("numerator", "denominator"), interval="ratio"),
    "stock": Aggregation(
        ("until",), ("since", "older_than", "younger_than"), counts=True, is_stock=True, interval="count"
    ),
    "stock_median": Aggregation(needs=("until", "since"), quantile=0.5, is_stock=True, interval="quantile"),
    "stock_p90": Aggregation(needs=("until", "since"), quantile=0.9, is_stock=True, interval="quantile"),
    "retention": Aggregation(needs=("until",), is_stock=True, turnover="kept", interval="share"),
    "churn": Aggregation(needs=("until",), is_stock=True, turnover="lost", interval="share"),
    "survival_median": Aggregation(needs=("until",), surviving=0.5, interval="survival"),
    "survival_p90": Aggregation(needs=("until",), surviving=0.1, interval="survival"),
}

if TYPE_CHECKING:
    Word = str
else:
    Word = Literal[tuple(AGGREGATIONS)]
