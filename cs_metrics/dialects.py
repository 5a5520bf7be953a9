"""One KPI by the rules of several helpdesks: the metrics that tell it, and how far apart their figures lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from cs_metrics.catalogue import Catalogue
from cs_metrics.definitions import Metric
from cs_metrics.errors import UsageError
from cs_metrics.result import Missing, Rule, Spread


def with_dialects(chosen: Sequence[Metric], catalogue: Catalogue) -> tuple[Metric, ...]:
    """The metrics, each with those that tell the same KPI by another rule, our own rule first.

    Raises `UsageError` if no other rule is known for any of them.
    """
    spoken: dict[str, list[Metric]] = {}
    for metric in catalogue.metrics.having("dialect_of"):
        spoken.setdefault(str(metric.dialect_of), []).append(metric)
    roots = list(dict.fromkeys(metric.dialect_of or metric.name for metric in chosen))
    if not spoken.keys() & set(roots):
        raise UsageError(f"there is one rule only for {', '.join(roots)}; others are known for {', '.join(spoken)}")
    found = {each.name: each for root in roots for each in (catalogue.metrics[root], *spoken.get(root, ()))}
    return tuple(found.values())


def spreads(figures: pl.DataFrame, chosen: Sequence[Metric], missing: dict[str, Missing]) -> Iterator[Spread]:
    """For each KPI that more than one of the metrics tells: what each rule says of the whole stretch.

    `figures` is the frame of a Result; without figures for all (grain `all`) there is nothing to say.
    """
    whole = figures.filter((pl.col("grain") == "all") & (pl.col("total") | ~pl.col("total").any().over("metric")))
    values = dict(whole.select("metric", "value").rows())
    for root in (metric for metric in chosen if metric.dialect_of is None):
        family = [metric for metric in chosen if root.name in (metric.name, metric.dialect_of)]
        if len(family) < 2 or not values:
            continue
        rules = [
            Rule(metric.name, metric.label, metric.dialect, metric.unit, values.get(metric.name)) for metric in family
        ]
        told = [rule.value for rule in rules if rule.value is not None and rule.unit == root.unit]
        reasons = {metric.name: str(missing[metric.name]) for metric in family if metric.name in missing}
        yield Spread(
            root.name, root.label, root.unit, min(told, default=None), max(told, default=None), tuple(rules), reasons
        )
