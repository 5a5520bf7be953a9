"""Published figures with their provenance, and the metrics beside which they may stand: those of the same definition.

A file of `configs/benchmarks` is one publication:

    title: Customer Satisfaction Index, March 2012
    source: Zendesk
    url: https://…                    # or `publication`, where it is not on the web
    year: 2012
    trust: vendor                     # documented: its method is published · raw · vendor · second-hand
    figures:
      - metric: csat                  # the KPI, and whose rule it is: none where it is the metric's own
        dialect: zendesk
        statistic: share              # how it was gathered, in the words of `agg`
        value: 0.86                   # a share from 0 to 1; a duration as a span (4h) or in seconds
        population: customers of Zendesk worldwide
        n: 15000
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec

from cs_metrics import yamlfile
from cs_metrics.aggregations import Word
from cs_metrics.catalogue import Shelf
from cs_metrics.definitions import parse_span
from cs_metrics.errors import DefinitionError, Problem, did_you_mean
from cs_metrics.result import Benchmark, MetricInfo, Result

Trust = Literal["documented", "raw", "vendor", "second-hand"]
_YEARS = range(1980, 2101)


class _FigureKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One figure: what it measures, of whom. A rule that no metric here tells needs a `definition`."""

    metric: str
    statistic: Word
    value: float | str
    population: str
    dialect: str | None = None
    definition: str | None = None
    n: int | None = None


class BenchmarkKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of a benchmark file: a publication and its figures."""

    title: str
    source: str
    year: int
    trust: Trust
    figures: list[_FigureKeys]
    url: str | None = None
    publication: str | None = None


def load_benchmarks(path: Path, metrics: Shelf) -> list[Benchmark]:
    """One file of figures about these metrics. Raises `DefinitionError` with every problem, with file and line."""
    raw = yamlfile.load(path)
    raw.line = 1
    problems = list(yamlfile.key_problems(raw, BenchmarkKeys, path))
    told = {(metric.dialect_of, metric.dialect): metric.name for metric in metrics.having("dialect_of")}
    if not problems:
        problems += _problems(raw, path, metrics, told)
    if problems:
        raise DefinitionError(problems)
    keys = msgspec.convert(raw, BenchmarkKeys)
    return [
        Benchmark(
            metric=each.metric,
            label=metrics[each.metric].label,
            unit=metrics[each.metric].unit,
            dialect=each.dialect,
            told_by=told.get((each.metric, each.dialect)) if each.dialect else each.metric,
            definition=each.definition,
            statistic=each.statistic,
            value=_value(each.value),
            population=each.population,
            n=each.n,
            title=keys.title,
            source=keys.source,
            year=keys.year,
            trust=keys.trust,
            published=keys.url or str(keys.publication),
        )
        for each in keys.figures
    ]


def all_benchmarks(folders: Sequence[Path], metrics: Shelf) -> list[Benchmark]:
    """The figures below `FOLDER/benchmarks` of each folder; a later folder's file replaces one of its name.

    Raises `DefinitionError` with every problem of every file.
    """
    files = {path.stem: path for folder in folders for path in sorted((folder / "benchmarks").glob("*.yml"))}
    found: list[Benchmark] = []
    problems: list[Problem] = []
    for path in files.values():
        try:
            found += load_benchmarks(path, metrics)
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)
    return found


def with_benchmarks(result: Result, published: Sequence[Benchmark]) -> Result:
    """The result with what was published about its metrics: beside the one of the same definition, else refused."""
    found = []
    for each in published:
        family = {n: info for n, info in result.metrics.items() if each.metric == (info.dialect_of or n)}
        refusals = {name: _refused(each, info) for name, info in family.items()}
        for name, info in family.items():
            if not refusals[name]:
                found.append(replace(each, metric=name, label=info.label))
        if family and all(refusals.values()):
            name, info = next(iter(family.items()))
            found.append(replace(each, metric=name, label=info.label, refused=refusals[name]))
    order = {name: place for place, name in enumerate(result.metrics)}
    return replace(result, benchmarks=sorted(found, key=lambda benchmark: order[benchmark.metric]))


def _refused(published: Benchmark, info: MetricInfo) -> str:
    """Why a figure may not stand beside a metric's; empty if it may."""
    if published.dialect != info.dialect:
        rule = f"by the rule of {published.dialect}" if published.dialect else "by our own rule"
        return f"{rule}: {published.definition or f'see {published.told_by}'}"
    if published.statistic != info.agg:
        return f"it is a {published.statistic}, the metric a {info.agg}"
    return ""


def _value(value: float | str) -> float:
    return parse_span(value).total_seconds() if isinstance(value, str) else float(value)


def _problems(
    raw: yamlfile.Mapping, path: Path, metrics: Shelf, told: Mapping[tuple[str | None, str | None], str]
) -> Iterator[Problem]:
    """What is wrong with a file whose keys are right."""
    if bool(raw.get("url")) == bool(raw.get("publication")):
        yield Problem(str(path), 1, "the key 'url' is missing (or 'publication'): where was it published?")
    if raw["year"] not in _YEARS:
        yield Problem(str(path), raw.lines["year"], f"year: {raw['year']} is no year of a publication")
    if not raw["figures"]:
        yield Problem(str(path), raw.lines["figures"], "figures: there is none")
    for figure in raw["figures"]:
        for key, message in _figure_problems(figure, metrics, told):
            yield Problem(str(path), figure.lines[key], f"{key}: {message}")


def _figure_problems(
    figure: yamlfile.Mapping, metrics: Shelf, told: Mapping[tuple[str | None, str | None], str]
) -> Iterator[tuple[str, str]]:
    name, dialect = figure["metric"], figure.get("dialect")
    if name not in metrics:
        yield "metric", f"there is no metric '{name}'.{did_you_mean(name, metrics)}"
        return
    metric = metrics[name]
    if metric.dialect_of is not None:
        advice = f"name the KPI and the rule: metric: {metric.dialect_of}, dialect: {metric.dialect}"
        yield "metric", f"{name} is a dialect; {advice}"
    if dialect and (name, dialect) not in told and not figure.get("definition"):
        rules = sorted(str(rule) for kpi, rule in told if kpi == name)
        others = f"only by that of {', '.join(rules)}" if rules else "nor by that of any other helpdesk"
        yield "dialect", f"no metric tells {name} by the rule of '{dialect}', {others}; say what it is in `definition`"
    try:
        value = _value(figure["value"])
    except ValueError as error:
        yield "value", str(error)
        return
    if isinstance(figure["value"], str) and metric.unit != "duration":
        yield "value", f"{name} is a {metric.unit}, not a duration"
    elif metric.unit == "share" and not 0 <= value <= 1:
        yield "value", f"a share lies between 0 and 1; {value:g} % is {value / 100:g}"
    if figure.get("n") is not None and figure["n"] < 1:
        yield "n", "this must be a whole number above 0"
