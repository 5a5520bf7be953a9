"""START HERE: from files to a Result, the drawing of the README as code.

export files ─► readers ─► common frames ─► derive ─► plan ─► compare ─► Result ─► writers
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import polars as pl

from cs_metrics.aggregate import SPREAD
from cs_metrics.baselines import with_past
from cs_metrics.beside import SLA_FRAMES
from cs_metrics.catalogue import Catalogue
from cs_metrics.compare import in_columns, with_change, with_derived, with_periods, with_targets
from cs_metrics.computed import Clocks
from cs_metrics.definitions import Metric
from cs_metrics.dialects import spreads, with_dialects
from cs_metrics.entities import FRAMES, NUMBER, TEXT
from cs_metrics.errors import DataError, UsageError, did_you_mean
from cs_metrics.expressions import ExpressionError, parse
from cs_metrics.figures import compute_figures
from cs_metrics.intervals import with_limits
from cs_metrics.needs import bind_by, bind_where, wanted_columns, with_computed
from cs_metrics.periods import Grain
from cs_metrics.plan import Plan
from cs_metrics.population import load_population
from cs_metrics.provenance import asked, info_of, notes_of, source_of
from cs_metrics.question import Question
from cs_metrics.readers import FilePart, open_exports
from cs_metrics.result import AFTER_BY, BEFORE_BY, Missing, Result

_TREND_WEEKS_BELOW_DAYS = 120


@dataclass(frozen=True)
class Report:
    """A Result with what lies behind it: the population, the plan that was put to it, and cells that were not read."""

    result: Result
    plan: Plan
    rejects: pl.DataFrame


def build_report(files: Sequence[str], question: Question, catalogue: Catalogue, **how: Any) -> Result:
    """The answer to a question about files. `how` goes to `open_exports` (reader, maps).

    Raises `UsageError` for a question that cannot be asked, `DataError` for files that cannot be read.
    """
    return build(open_exports(files, **how), question, catalogue).result


def build(parts: Sequence[FilePart], question: Question, catalogue: Catalogue, everything: bool = False) -> Report:
    """`build_report` for files that are open already, with all that a drill-down needs; see `make_plan`."""
    has_cycles = question.clocks.sla is not None or any(SLA_FRAMES & part.columns.keys() for part in parts)
    chosen = choose(catalogue, question.metrics, question.clocks, has_cycles)
    if not question.metrics:
        chosen = _of_these_files(chosen, {frame for part in parts for frame in part.columns}, catalogue)
    if question.dialects:
        chosen = with_dialects(chosen, catalogue)
    direct = _with_parts(chosen, catalogue)
    plan = make_plan(parts, question, direct, everything)
    missing = {metric.name: lack for metric in direct if (lack := plan.unanswerable(metric)) is not None}
    answered = [metric for metric in direct if metric.name not in missing]
    missing |= _derived_missing(chosen, missing)
    missing |= _mixed_scales(plan, answered)
    plan.metrics = [metric for metric in answered if metric.name not in missing]
    grains = _grains(question, plan)
    figures = _figures(plan, grains)
    if not (question.where or plan.window.start or plan.window.end):
        missing |= _without_rows(figures, plan, question.metrics)
        missing |= _derived_missing(chosen, missing)
    figures = with_periods(figures, plan, {metric.name: metric for metric in plan.metrics})
    told = [metric for metric in chosen if metric.name not in missing]
    by_name = {metric.name: metric for metric in told}
    figures = with_derived(figures, [metric for metric in told if metric.parts], question.by)
    figures = with_past(figures, plan, told)
    figures = with_change(figures, by_name, question)
    figures = with_targets(figures, question.targets)
    figures = in_columns(figures, by_name, question)
    dataset = plan.dataset
    result = Result(
        frame=_in_order(figures, told, grains, question.by),
        by=question.by,
        question=asked(question, chosen, plan),
        sources=[source_of(part, dataset, place) for place, part in enumerate(parts)],
        metrics={metric.name: info_of(metric, plan) for metric in told},
        topics=catalogue.topics,
        missing=[missing[metric.name] for metric in chosen if metric.name in missing],
        notes=notes_of(plan, told, catalogue),
        targeted=[metric.name for metric in chosen if metric.name in question.targets],
        spreads=list(spreads(figures, chosen, missing)) if question.dialects else [],
    )
    return Report(result, plan, dataset.rejects)


def choose(catalogue: Catalogue, words: Sequence[str], clocks: Clocks, has_cycles: bool = False) -> tuple[Metric, ...]:
    """The metrics asked for by name or topic; the scorecard if none, with SLA clocks if there are any to tell of.

    Raises `UsageError` with the nearest name.
    """
    if not words:
        return catalogue.kpis(clocks.hours is not None, has_cycles)
    try:
        return catalogue.chosen(words)
    except KeyError as error:
        known = [*catalogue.metrics, *catalogue.topics]
        word = str(error.args[0])
        raise UsageError(f"there is no metric '{word}'.{did_you_mean(word, known)} See: cs-metrics metrics") from None


def _of_these_files(chosen: Sequence[Metric], frames: Set[str], catalogue: Catalogue) -> tuple[Metric, ...]:
    """The scorecard without the metrics of frames that no file holds: a call log is not asked for its churn.

    Surveys belong to a helpdesk: that tickets come without any is worth saying. Of files that hold nothing with a
    scorecard of its own everything is said to be missing.
    """
    held = frames | ({"surveys"} if "tickets" in frames else set())

    def is_held(metric: Metric) -> bool:
        own = [metric.frame] if metric.frame else [catalogue.metrics[part].frame for part in metric.parts]
        return all({frame, *FRAMES[frame].made_of[:1]} & held for frame in own)

    return tuple(filter(is_held, chosen)) or tuple(chosen)


def make_plan(
    parts: Sequence[FilePart], question: Question, metrics: Sequence[Metric], everything: bool = False
) -> Plan:
    """Reads what these metrics and this question need, or all columns of ours, and binds them to it."""
    have = {frame: set[str]() for part in parts for frame in part.columns}
    for part in parts:
        for frame in part.columns:
            have[frame] |= part.available(frame)
    readable = {frame: {name for name in names if not name.startswith("x_")} for frame, names in have.items()}
    have = with_computed(have, question.clocks)
    frames = list(dict.fromkeys(metric.frame for metric in metrics if metric.frame in have)) or list(have)
    try:
        by, where = bind_by(question.by, frames), bind_where(question.where, frames)
        exclude = [parse(condition, "tickets") for condition in question.exclude]
    except ExpressionError as error:
        raise UsageError(str(error)) from None
    conditions = [*where.values(), *exclude]
    wanted = wanted_columns(metrics, by, conditions, have, question.clocks)
    if everything:
        wanted |= {frame: wanted.get(frame, set()) | names for frame, names in readable.items()}
    dataset = load_population(
        parts, wanted, question.file_zone, question.now, question.as_of, exclude, clocks=question.clocks
    )
    return Plan(dataset, question, metrics, by, where)


def _with_parts(chosen: Sequence[Metric], catalogue: Catalogue) -> list[Metric]:
    """The direct metrics to compute: those chosen, and the parts of derived ones."""
    direct: dict[str, Metric] = {}
    for metric in chosen:
        for name in metric.parts or (metric.name,):
            direct[name] = catalogue.metrics[name]
    return list(direct.values())


def _derived_missing(chosen: Sequence[Metric], missing: Mapping[str, Missing]) -> dict[str, Missing]:
    return {
        metric.name: Missing(metric.name, metric.label, missing[part].needs, missing[part].reason)
        for metric in chosen
        for part in metric.parts
        if part in missing
    }


def _mixed_scales(plan: Plan, metrics: Sequence[Metric]) -> dict[str, Missing]:
    """Metrics whose rows must agree in some columns (the ends of a scale) and do not."""
    found = {}
    for metric in metrics:
        if metric.uniform:
            rows = plan.prepared([metric])
            rows = rows.filter(metric.where.expr.fill_null(False)) if metric.where else rows
            if rows.select(metric.uniform).drop_nulls().unique().collect().height > 1:
                reason = f"its rows have more than one {' and '.join(metric.uniform)}"
                found[metric.name] = Missing(metric.name, metric.label, metric.uniform, reason)
    return found


def _grains(question: Question, plan: Plan) -> list[Grain]:
    """The question's grain and, for a trend of a whole, weeks under 120 days and months above."""
    if not question.trend or question.grain != "all":
        return [question.grain]
    known = [knowledge for knowledge in plan.dataset.knowledge.values() if knowledge.is_dated]
    if not known:
        return ["all"]
    start = plan.window.start or min(knowledge.covers_from for knowledge in known)
    end = min(plan.window.end or known[0].as_of, max(knowledge.as_of for knowledge in known))
    return ["all", "week" if (end - start).days < _TREND_WEEKS_BELOW_DAYS else "month"]


def _figures(plan: Plan, grains: Sequence[Grain]) -> pl.DataFrame:
    if plan.metrics:
        direct = {metric.name: metric for metric in plan.metrics}
        return with_limits(compute_figures(plan, grains), direct, plan.question.confidence)
    named: dict[str, pl.DataType] = {name: BEFORE_BY[name] for name in ("metric", "grain", "period", "total")}
    numbers = {name: AFTER_BY[name] for name in ("value", "n", "of")} | dict.fromkeys(SPREAD, NUMBER)
    return pl.DataFrame(schema=named | dict.fromkeys(plan.question.by, pl.String()) | numbers | {"limits": TEXT})


def _without_rows(figures: pl.DataFrame, plan: Plan, named: Sequence[str]) -> dict[str, Missing]:
    """Metrics whose condition no row of the files meets: an export of CSAT ratings says nothing of NPS.

    A count of rows chosen by what they measure is 0 then, and that is an answer: no clock is at risk. The scorecard
    also leaves out what has rows but no value in any of them, unless it was asked for by name.
    """
    sums = figures.group_by("metric").agg(pl.col("n", "of").sum()).rows()
    rows = {name: (n, of) for name, n, of in sums}
    found = {}
    for metric in plan.metrics:
        n, of = rows.get(metric.name, (0, 0))
        if metric.is_stock or (metric.agg == "count" and _is_chosen_by_value(metric)):
            continue
        if metric.where is not None and not of:
            found[metric.name] = Missing(metric.name, metric.label, (), f"no row with {metric.where.text}")
        elif of and not n and not named:
            lacking = [name for expr in metric.measures for name in expr.columns] or list(metric.ends)
            reason = f"no {' or '.join(lacking)} in its rows"
            if plan.is_unripe(metric):
                reason = f"none of its rows is {metric.ripens.days} days old yet"
            found[metric.name] = Missing(metric.name, metric.label, tuple(lacking), reason)
    return found


def _is_chosen_by_value(metric: Metric) -> bool:
    """Whether a count counts rows as such, or those whose value its own condition chooses."""
    return metric.value is None or (metric.where is not None and set(metric.value.columns) <= set(metric.where.columns))


def _in_order(
    figures: pl.DataFrame, told: Sequence[Metric], grains: Sequence[Grain], by: Sequence[str]
) -> pl.DataFrame:
    """Sorted as asked: by metric, grain, period, by-values with the total last."""
    names, order = [metric.name for metric in told], list(grains)
    ranked = figures.filter(pl.col("metric").is_in(names)).with_columns(
        pl.col("metric")
        .replace_strict({name: place for place, name in enumerate(names)}, return_dtype=pl.Int32)
        .alias("__metric"),
        pl.col("grain")
        .replace_strict({grain: place for place, grain in enumerate(order)}, return_dtype=pl.Int32)
        .alias("__grain"),
    )
    return ranked.sort("__metric", "__grain", "period", "total", *by, nulls_last=True).drop("__metric", "__grain")


def need(result: Result, named: Sequence[str]) -> None:
    """Raises `DataError` for the metrics that were asked for by name and cannot be told from these files."""
    lacking = [lack for lack in result.missing if lack.metric in named]
    if lacking:
        raise DataError("\n".join(f"{lack.metric} is not in this export: {lack}" for lack in lacking))


def with_rows(name: str, catalogue: Catalogue, clocks: Clocks) -> Metric:
    """The metric of this name. Raises `UsageError` for a topic, and for a derived metric, which has no rows."""
    if name in catalogue.topics:
        raise UsageError(
            f"{name} is a topic; name one of its metrics: {', '.join(m.name for m in catalogue.chosen([name]))}"
        )
    (metric,) = choose(catalogue, [name], clocks)
    if metric.parts:
        raise UsageError(f"{name} is computed from other metrics; ask for the rows of {' or '.join(metric.parts)}")
    return metric


def drill_down(name: str, parts: Sequence[FilePart], question: Question, catalogue: Catalogue) -> pl.DataFrame:
    """The rows behind a metric's number: keys, by-columns, date and value; as many as the number's `n`.

    Raises `UsageError` for a derived metric, which has no rows of its own, and `DataError` where it cannot be told.
    """
    metric = with_rows(name, catalogue, question.clocks)
    plan = make_plan(parts, question, [metric])
    lack = plan.unanswerable(metric)
    if lack is not None:
        raise DataError(f"{name} is not in this export: {lack}")
    return plan.rows(metric)
