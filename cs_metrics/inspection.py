"""What files hold and what they can answer, before any question is asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from cs_metrics import quality
from cs_metrics.catalogue import Catalogue
from cs_metrics.provenance import source_of
from cs_metrics.question import Question
from cs_metrics.readers import FilePart
from cs_metrics.readers._local_times import ClockChanges, clock_changes
from cs_metrics.report import build
from cs_metrics.result import Note, Source


@dataclass(frozen=True)
class Ability:
    """Whether the files can answer a metric: from how many rows out of how many, or what is missing."""

    metric: str
    label: str
    n: int | None
    of: int | None
    missing: str | None


@dataclass(frozen=True)
class Inspection:
    """Files with their accounts, columns no reader knows, and what can be told.

    By file and column: cells not read, and local times that were read by rule because the clock was changed then.
    """

    sources: Sequence[Source]
    unparsed: Mapping[str, Mapping[str, int]]
    clock_changes: Mapping[str, Mapping[str, ClockChanges]]
    extras: Mapping[str, Sequence[str]]
    abilities: Sequence[Ability]
    notes: Sequence[Note]
    rejects: pl.DataFrame

    def as_json(self) -> dict[str, Any]:
        """The inspection for the next program in the pipe."""
        return {
            "format": 1,
            "sources": [
                {
                    "path": source.path,
                    "source": source.source,
                    "reader": source.reader,
                    "shape": source.shape,
                    "as_of": source.as_of and source.as_of.isoformat(),
                    "covers_from": source.covers_from and source.covers_from.isoformat(),
                    "frames": source.frames,
                    "unparsed": self.unparsed.get(source.path, {}),
                    "clock_changes": {
                        column: {"repeated": times.repeated, "missing": times.missing}
                        for column, times in self.clock_changes.get(source.path, {}).items()
                    },
                    "extra_columns": self.extras.get(source.path, ()),
                }
                for source in self.sources
            ],
            "metrics": [
                {"metric": a.metric, "n": a.n, "of": a.of, "missing": a.missing, "answerable": a.missing is None}
                for a in self.abilities
            ],
            "notes": [{"code": note.code, "text": note.text, "count": note.count} for note in self.notes],
        }


def inspect_files(parts: Sequence[FilePart], question: Question, catalogue: Catalogue) -> Inspection:
    """Reads every column that our frames know, once, and puts every metric to it."""
    every = replace(question, metrics=tuple(catalogue.metrics), by=(), grain="all", trend=False)
    report = build(parts, every, catalogue, everything=True)
    dataset = report.plan.dataset
    answered = {row["metric"]: row for row in report.result.frame.iter_rows(named=True)}
    missing = {lack.metric: str(lack) for lack in report.result.missing}
    return Inspection(
        sources=[source_of(part, dataset, place) for place, part in enumerate(parts)],
        unparsed={
            part.item.name: quality.unparsed(dataset.rejects.filter(pl.col("file") == part.item.name)) for part in parts
        },
        clock_changes={part.item.name: clock_changes(part, every.file_zone) for part in parts},
        extras={part.item.name: _extras(part) for part in parts},
        abilities=[
            Ability(name, metric.label, *_counts(answered.get(name)), missing.get(name))
            for name, metric in catalogue.metrics.items()
        ],
        notes=report.result.notes,
        rejects=dataset.rejects,
    )


def _extras(part: FilePart) -> list[str]:
    """The columns of a file that go by names of its own."""
    return sorted({name for frame in part.columns for name in part.available(frame) if name.startswith("x_")})


def _counts(row: Mapping[str, Any] | None) -> tuple[int | None, int | None]:
    return (row["n"], row["of"]) if row else (None, None)
