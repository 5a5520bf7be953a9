"""`configs/README.md`, written from the files beside it: every metric with its rule, clock, unit and example."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cs_metrics.benchmarks import all_benchmarks
from cs_metrics.catalogue import Catalogue, load_catalogue
from cs_metrics.definitions import Example, Metric
from cs_metrics.entities import FRAMES
from cs_metrics.shipped import configs_folder
from cs_metrics.writers._base import say

HEAD = """\
# Definitions

Generated from the files beside this one: `make docs`. ★ in the scorecard. `cs-metrics metrics NAME` prints one of them
and runs its example.

* [`metrics`](metrics): one YAML file per metric, in a folder per topic.
* [`calendars`](calendars): opening hours for business time, chosen with `--calendar`.
* [`sla`](sla): what is promised to whom, chosen with `--sla`.
* [`benchmarks`](benchmarks): published figures, shown with `--benchmark`; [below](#benchmarks).
* [`schemas`](schemas): JSON Schemas for editors, as `cs-metrics schema KIND` prints them.

A rule is SQL on one row: `where` says which rows are looked at, the value is gathered over those of which it can be
told. A duration is in seconds in a file and shown in a unit of its size, a share is from 0 to 1. The examples are rows
as in a file in common columns; every figure in them was worked out by hand and is tested."""

_GATHERED = {
    "count": "number of rows",
    "count_distinct": "number of different values",
    "sum": "sum",
    "mean": "mean",
    "median": "median",
    "min": "least value",
    "max": "greatest value",
    "share": "share of true values",
    "nps": "share of 9 and 10 less share of 0 to 6, times 100",
    "ratio": "sum of one by sum of the other",
    "stock": "number at the period's end",
    "stock_median": "median age at the period's end",
    "stock_p90": "90th percentile of the age at the period's end",
    "survival_median": "time by which half are over (Kaplan and Meier)",
    "survival_p90": "time by which nine of ten are over (Kaplan and Meier)",
}
_INTERVALS = {
    "none": "none",
    "share": "Wilson's score",
    "count": "Poisson",
    "sum": "the sum's own variance",
    "mean": "t, corrected for skewness (Johnson)",
    "nps": "the adjusted variance of its three groups",
    "ratio": "linearisation",
    "quantile": "order statistics",
    "survival": "Greenwood",
}
_SPAN = re.compile(r"^(\w+) − (\w+)\b")


def reference() -> str:
    """The whole file."""
    catalogue = load_catalogue([configs_folder()])
    lines = [HEAD, ""]
    for topic, title in catalogue.topics.items():
        links = [f"[{_name(metric)}](#{metric.name})" for metric in catalogue.of_topic(topic)]
        lines += [f"**[{title}](#{_anchor(title)})**: {' · '.join(links)}", ""]
    for topic, title in catalogue.topics.items():
        lines += [f"## {title}", ""]
        for metric in catalogue.of_topic(topic):
            lines += _entry(metric, catalogue)
    return "\n".join([*lines, *_benchmarks(catalogue)])


def _name(metric: Metric) -> str:
    return f"{metric.name}{' ★' if metric.kpi else ''}"


def _anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _entry(metric: Metric, catalogue: Catalogue) -> Iterator[str]:
    yield f"### {metric.name}"
    yield ""
    yield f"**{metric.label}**{' ★' if metric.kpi else ''} · {metric.meaning} [`{metric.name}.yml`]({_path(metric)})"
    yield ""
    yield from _table(("", ""), [(key, text) for key, text in _facts(metric, catalogue) if text])
    yield ""
    if metric.example is not None:
        yield from _example(metric, metric.example)


def _path(metric: Metric) -> str:
    return metric.path.relative_to(configs_folder()).as_posix()


def _facts(metric: Metric, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    yield "rule", rule(metric)
    yield "clock", clock(metric)
    yield "made of", "; ".join(_made_of(metric))
    if metric.frame:
        yield "gathered", f"{_gathered(metric)}, over {metric.frame} ({FRAMES[metric.frame].row})"
        yield "dated by", ", else ".join(f"`{name}`" for name in metric.dates)
    yield "judged after", f"{metric.ripens.days} days" if metric.ripens else ""
    better = {"lower": "less is better", "higher": "more is better", "neither": "neither is better"}[metric.better]
    yield "unit", f"{metric.unit}, {better}{'' if metric.compared else ', never compared'}"
    yield "interval", _INTERVALS[metric.gathering.interval] if metric.frame else "none: it is made of other figures"
    yield "dialects", ", ".join(_dialects(metric, catalogue))
    yield "read beside", ", ".join(f"[`{name}`](#{name})" for name in metric.beside)


def _gathered(metric: Metric) -> str:
    percent = re.fullmatch(r"p(\d\d)", metric.agg)
    return f"{percent[1]}th percentile" if percent else _GATHERED.get(metric.agg, metric.agg)


def rule(metric: Metric) -> str:
    """What is computed of which rows, as SQL."""
    if metric.derived:
        return _code(metric.derived)
    if metric.numerator and metric.denominator:
        found = f"{_code(metric.numerator.text)} by {_code(metric.denominator.text)}"
    else:
        found = _code(metric.value.text) if metric.value else "every row"
    ages = [("at least", metric.older_than, "old"), ("less than", metric.younger_than, "old")]
    found += "".join(f", {word} {span.days} days {old}" for word, span, old in ages if span is not None)
    return found + (f" where {_code(metric.where.text)}" if metric.where else "")


def clock(metric: Metric) -> str:
    """When the time that a metric tells begins and ends; empty for what tells no time."""
    if metric.unit != "duration" or not metric.frame:
        return ""
    if metric.gathering.surviving is not None:
        return f"starts at `{metric.dates[0]}`, stops at `{metric.until}`; without it the clock still runs"
    if metric.is_stock:
        return f"starts at `{metric.since}`, is read at the period's end"
    spans = [
        FRAMES[metric.frame].derived[name]
        for expr in metric.measures
        for name in expr.columns
        if name in FRAMES[metric.frame].derived
    ]
    said = [_SPAN.sub(r"starts at `\2`, stops at `\1`", span.formula) for span in spans]
    stated = [name for expr in metric.measures for name in expr.columns if name in FRAMES[metric.frame].columns]
    said += [f"as the export states `{name}`" for name in stated if name.endswith("_seconds")]
    return "; ".join(dict.fromkeys(said))


def _made_of(metric: Metric) -> Iterator[str]:
    """The columns in a rule that we compute."""
    for name, at in metric.columns.items():
        declared = FRAMES[at.frame].derived.get(at.column)
        if declared is not None:
            yield f"`{name}`: {declared.meaning}" + ("" if clock(metric) else f" = {declared.formula}")


def _dialects(metric: Metric, catalogue: Catalogue) -> Iterator[str]:
    if metric.dialect_of:
        yield f"the rule of {metric.dialect} for [`{metric.dialect_of}`](#{metric.dialect_of})"
    for other in catalogue.metrics.values():
        if other.dialect_of == metric.name:
            yield f"{other.dialect}: [`{other.name}`](#{other.name})"


def _example(metric: Metric, example: Example) -> Iterator[str]:
    frame = metric.frame and (FRAMES[metric.frame].made_of or (metric.frame,))[0]
    yield from _rows(example.rows)
    for other, rows in example.beside.items():
        yield ""
        yield f"with these {other}:"
        yield ""
        yield from _rows(rows)
    rules = [f"the {word} `{name}`" for word, name in (("calendar", example.calendar), ("SLA", example.sla)) if name]
    value, n, of = (example.expect.get(key) for key in ("value", "n", "of"))
    told = "nothing" if value is None else say(value, metric.unit)
    if value is not None and metric.unit == "duration":
        told += f" ({value:,.12g} s)"
    rest = "" if n is None else f", n {n:g}" + ("" if of is None else f" of {of:g} {frame}".rstrip())
    yield ""
    yield f"→ {told}{rest}{', by ' + ' and '.join(rules) if rules else ''}"
    yield ""


def _rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    yield from _table(columns, [[_cell(row.get(column)) for column in columns] for row in rows])


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`"


def _benchmarks(catalogue: Catalogue) -> Iterator[str]:
    yield "## Benchmarks"
    yield ""
    yield "Published figures; loose, and only as good as their source. `report --benchmark` shows one beside the metric"
    yield "of the same definition and refuses it, with the reason, beside any other."
    yield ""
    rows = []
    for each in all_benchmarks([configs_folder()], catalogue.metrics):
        whose = f" ({each.dialect})" if each.dialect else ""
        of = f"{each.population}{f', n {each.n:,}' if each.n else ''}"
        source = f"[{each.source}, {each.title}]({each.published})"
        metric, value = f"[`{each.metric}`](#{each.metric}){whose}", say(each.value, each.unit)
        rows.append([metric, each.statistic, value, of, str(each.year), source, each.trust])
    yield from _table(("metric", "statistic", "value", "of whom", "year", "source", "trust"), rows)
    yield ""
