"""What a report's figures stand on: the question as it was understood, the files, and what to know of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from cs_metrics import quality
from cs_metrics.aggregate import DATE
from cs_metrics.catalogue import Catalogue
from cs_metrics.dataset import Dataset
from cs_metrics.definitions import Metric
from cs_metrics.figures import overall
from cs_metrics.needs import flag_notes
from cs_metrics.plan import Plan
from cs_metrics.question import Question
from cs_metrics.readers import FilePart, all_readers
from cs_metrics.readers._local_times import tells_local_times
from cs_metrics.result import MetricInfo, Note, Source

_SURVIVORS_LIMIT = 0.8  # a median of the solved alone below this share of the one with the open ones is noted


def asked(question: Question, chosen: Sequence[Metric], plan: Plan) -> dict[str, Any]:
    """The question as a result states it: days in the report's zone, `as_of` the earliest of what the frames know."""
    calendar, window = question.calendar, plan.window
    frames = plan.dataset.frames
    known = [
        knowledge.as_of
        for frame, knowledge in plan.dataset.knowledge.items()
        if frame in frames and frames[frame].height and knowledge.is_dated
    ]
    return {
        "metrics": [metric.name for metric in chosen],
        "by": list(question.by),
        "grain": question.grain,
        "from": _local(window.start, plan),
        "to": _local(window.end, plan),
        "timezone": calendar.zone if question.zone_given or not _times_as_in_file(plan) else None,
        "as_of": min(known).isoformat() if known else None,
        "where": question.where,
        "calendar": question.hours.label if question.hours else None,
        "sla": question.sla.name if question.sla else None,
        "compare": question.compare,
        "confidence": question.confidence if question.intervals else None,
    }


def _local(instant: Any, plan: Plan) -> str | None:
    return plan.calendar.local_day(instant).isoformat() if instant is not None else None


def _times_as_in_file(plan: Plan) -> bool:
    """Whether wall-clock times without a zone were read as they stand."""
    return plan.question.file_zone is None and any(
        part.shape.kind == "csv" and part.shape.zone is None for part in plan.dataset.parts
    )


def info_of(metric: Metric, plan: Plan) -> MetricInfo:
    """What a writer shows of a metric beside its figures."""
    dates = plan.dates_of(metric) if metric.frame in plan.dataset.have else metric.dates
    date = " or ".join(dates) or None
    return MetricInfo(
        metric.label,
        metric.meaning,
        metric.unit,
        metric.better,
        metric.topic,
        metric.frame or None,
        date,
        "none" if metric.parts else metric.gathering.interval,
        metric.min_n,
        metric.agg if metric.frame else None,
        metric.dialect_of,
        metric.dialect,
    )


def source_of(part: FilePart, dataset: Dataset, place: int) -> Source:
    """What a writer shows of one file: its reader, what it covers, and the account of its rows."""
    known = [dataset.knowledge[frame] for frame in dataset.accounts[place] if dataset.frames[frame].height]
    dated = [knowledge for knowledge in known if knowledge.is_dated]
    return Source(
        path=part.item.name,
        source=part.source,
        reader=part.reader,
        title=all_readers()[part.reader].title if part.reader in all_readers() else part.reader,
        shape=part.shape.name,
        as_of=max((knowledge.as_of for knowledge in dated), default=None),
        covers_from=min((knowledge.covers_from for knowledge in dated), default=None),
        frames={frame: account.as_json() for frame, account in dataset.accounts[place].items()},
    )


def notes_of(plan: Plan, told: Sequence[Metric], catalogue: Catalogue) -> list[Note]:
    """All that is to be said beside the figures: by which clocks, what could not be read or told, what to beware of."""
    dataset, question, findings = plan.dataset, plan.question, []
    if "tickets" in dataset.frames:
        findings = quality.findings(dataset.rows("tickets"), dataset.have["tickets"], question.now)
    remarks = [Note(each.code, each.text, each.count) for part in dataset.parts for each in part.remarks.values()]
    notes = [*remarks, *dataset.notes, *plan.notes, *findings]
    rests_on_hours = any("business" in name for metric in plan.metrics for name in metric.columns)
    if question.hours is not None and (rests_on_hours or question.sla is not None):
        notes.insert(0, Note("calendar", f"business hours of {question.hours.label}"))
    if question.sla is not None:
        notes.insert(0, Note("sla", f"targets of {question.sla.title}"))
    if _times_as_in_file(plan):
        notes.insert(0, Note("times-as-in-file", _local_times_said(dataset.parts)))
    for column, count in quality.unparsed(dataset.rejects).items():
        frames = dataset.rejects.filter(pl.col("column") == column)["frame"].unique()
        rows = sum(account[frame].read for account in dataset.accounts for frame in frames if frame in account)
        is_much = quality.UNPARSED_LIMIT * rows < count <= rows  # a case of an event log has many cells
        share = f", {100 * count / rows:.0f} % of the column" if is_much else ""
        cells = "1 cell" if count == 1 else f"{count:,} cells"
        notes.append(Note("unparsed", f"{cells} of '{column}' could not be read{share}", count))
    return [
        *notes,
        *_silences(plan, told),
        *_undated(plan),
        *_survivors(plan, told, catalogue),
        *flag_notes(plan.metrics, dataset),
    ]


def _local_times_said(parts: Sequence[FilePart]) -> str:
    """That times stand as in the file; and what that does where other files of the account tell theirs in UTC."""
    for source in dict.fromkeys(part.source for part in parts):
        own = [part for part in parts if part.source == source]
        local = [part.item.name for part in own if tells_local_times(part)] if len(own) > 1 else []
        placed = [part.item.name for part in own if part.item.name not in local]
        if local and placed:
            return (
                f"times of {local[0]} are as in the file, those of {placed[0]} are not: "
                "what lies between them is off by the zone's offset until --source-tz or --tz says it"
            )
    return "times as in the file; --source-tz and --tz place them"


def _silences(plan: Plan, told: Sequence[Metric]) -> list[Note]:
    """Sources that cannot tell a metric which others tell, where the figures do not show it source by source."""
    if "source" in plan.question.by:
        return []
    silent: dict[str, list[str]] = {}
    for metric in told:
        sources = {source for name in metric.parts or [metric.name] for source in plan.silent.get(name, [])}
        for source in sorted(sources):
            silent.setdefault(source, []).append(metric.name)
    text = "{} says nothing of {}: told of the other sources alone"
    return [Note("source-silent", text.format(source, ", ".join(names))) for source, names in silent.items()]


def _undated(plan: Plan) -> list[Note]:
    """Surveys that only their ticket's solve could date, where there is none: in no period, nor in the whole."""
    found: dict[str, int] = {}
    for metric in plan.metrics:
        if any("." in name for name in plan.dates_of(metric)):
            holds = metric.where.expr.fill_null(False) if metric.where else pl.lit(True)
            has_value = pl.any_horizontal(measure.expr.is_not_null() for measure in metric.measures)
            rows = plan.prepared([metric]).filter(pl.col(DATE).is_null() & holds)
            if count := int(rows.select(has_value.sum()).collect().item()):
                found[metric.name] = count
    if not found:
        return []
    said = ", ".join(f"{count:,} not in {name}" for name, count in found.items())
    return [Note("undated", f"surveys of tickets that are not solved have no date: {said}", max(found.values()))]


def _survivors(plan: Plan, told: Sequence[Metric], catalogue: Catalogue) -> list[Note]:
    """Where a median of what is over runs far below the one that counts what is still open (Kaplan and Meier).

    Only over all: within a stretch of time the two are about other tickets, those solved and those opened in it. And
    only where the other knows of all that the median knows.
    """
    notes: list[Note] = []
    if plan.window.start is not None or plan.window.end is not None:
        return notes
    twins = {metric.counts_open_of: metric for metric in catalogue.metrics.having("counts_open_of")}
    for metric in told:
        twin = twins.get(metric.name)
        naive, whole = (overall(plan, metric), overall(plan, twin)) if twin is not None else (None, None)
        if naive is None or whole is None or whole[1] < naive[1]:
            continue
        if (part := naive[0] / whole[0] if whole[0] else 1.0) < _SURVIVORS_LIMIT:
            text = f"{metric.label}: {100 * (1 - part):.0f} % shorter than with the tickets that are still open"
            notes.append(Note("survivors", f"{text} ({twin.name if twin else ''})"))
    return notes
