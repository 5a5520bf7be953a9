"""`cs-metrics metrics`: what can be asked, and what each figure means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cs_metrics.cli import _options as opt
from cs_metrics.cli._text import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cs_metrics.catalogue import Catalogue
    from cs_metrics.definitions import Metric


def metrics(
    name: Annotated[
        str | None, typer.Argument(help="A metric: prints its definition and runs its example.", show_default=False)
    ] = None,
    configs: opt.Configs = None,
    profile: opt.ProfileOption = None,
) -> None:
    """All metrics; or one, with its definition and the example that proves it."""
    from cs_metrics.computed import Clocks
    from cs_metrics.report import choose

    catalogue = opt.load_setting(profile, configs).catalogue
    if name is None or name in catalogue.topics:
        typer.echo("\n".join(_listed(catalogue, name)))
        return
    (metric,) = choose(catalogue, [name], Clocks())
    typer.echo("\n".join(_described(metric, catalogue)))


def _listed(catalogue: Catalogue, only: str | None) -> Iterator[str]:
    for topic, title in catalogue.topics.items():
        found = list(catalogue.of_topic(topic))
        if not found or only not in (None, topic):
            continue
        yield f"{title} ({topic})"
        yield from aligned([(m.name, "*" if m.kpi else " ", m.label, _gathered(m)) for m in found], indent=2)
        yield ""
    yield "* in the scorecard. More on one: cs-metrics metrics NAME"


def _described(metric: Metric, catalogue: Catalogue) -> Iterator[str]:
    from cs_metrics.examples import run_example

    yield f"{metric.label} ({metric.name})"
    yield ""
    yield metric.meaning
    yield ""
    facts = [("computed as", _gathered(metric))]
    if not metric.parts:
        facts += [("rows", metric.frame), ("dated by", ", else ".join(metric.dates))]
    facts += [("only where", metric.where.text)] if metric.where else []
    facts += [("until", metric.until)] if metric.until else []
    facts += [("judged after", f"{metric.ripens.days} days")] if metric.ripens else []
    facts += [("counts what is open of", metric.counts_open_of)] if metric.counts_open_of else []
    facts += [("unit", metric.unit), ("better", metric.better), ("compared", "yes" if metric.compared else "never")]
    facts += [("dialect of", f"{metric.dialect_of}, by the rule of {metric.dialect}")] if metric.dialect_of else []
    facts += [("read beside", ", ".join(metric.beside))] if metric.beside else []
    facts += [("file", str(metric.path))]
    yield from aligned(facts, indent=2)
    yield ""
    if metric.example is None:
        yield "It has no example."
        return
    yield "Example:"
    columns = list(dict.fromkeys(key for row in metric.example.rows for key in row))
    cells = [[_cell(row.get(column)) for column in columns] for row in metric.example.rows]
    yield from aligned([columns, *cells], indent=2)
    for frame, rows in metric.example.beside.items():
        heads = list(dict.fromkeys(key for row in rows for key in row))
        yield ""
        yield from aligned([heads, *([_cell(row.get(head)) for head in heads] for row in rows)], indent=2)
        yield f"  (rows of {frame})"
    rules = [("calendar", metric.example.calendar), ("sla", metric.example.sla)]
    yield from (f"with the {name} {word}" for name, word in rules if word)
    yield from [f"asked from {metric.example.since} on"] if metric.example.since else []
    outcome = run_example(metric, catalogue)
    figure = ", ".join(f"{key} {value:g}" for key, value in outcome.found.items() if value is not None)
    yield ""
    yield f"gives {figure}: " + ("as expected." if outcome.problem is None else f"WRONG: {outcome.problem}")


def _gathered(metric: Metric) -> str:
    if metric.parts:
        return str(metric.derived)
    if metric.agg == "ratio" and metric.numerator and metric.denominator:
        return f"sum of {metric.numerator.text} / sum of {metric.denominator.text}"
    if metric.is_stock:
        aged = f", age since {metric.since}" if metric.since and metric.agg != "stock" else ""
        older = f", at least {metric.older_than.days} d old" if metric.older_than else ""
        younger = f", younger than {metric.younger_than.days} d" if metric.younger_than else ""
        return f"{metric.agg} of {metric.frame} from {metric.dates[0]} until {metric.until}{aged}{older}{younger}"
    if metric.gathering is not None and metric.gathering.surviving is not None:
        return f"{metric.agg} from {metric.dates[0]} to {metric.until}"
    return f"{metric.agg} of {metric.value.text if metric.value else metric.frame}".strip()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
