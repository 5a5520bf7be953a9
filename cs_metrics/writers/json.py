"""The whole answer as one JSON object, `"format": 1`: what was asked, of which files, the figures, and the notes.

Each figure, note and source stands on a line of its own, so that a diff of two reports shows figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TextIO

from cs_metrics.result import Result
from cs_metrics.writers._base import Options
from cs_metrics.writers.ndjson import figures, line

FORMAT = 1  # grows when a key goes or changes its meaning; new keys do not count


def write(result: Result, stream: TextIO, options: Options) -> None:
    """Figure by figure, so that a long report is never held twice in memory."""
    stream.write(f'{{"format": {FORMAT},\n"question": {line(dict(result.question))},\n')
    _write_list(
        stream,
        "sources",
        (
            {
                "path": source.path,
                "source": source.source,
                "reader": source.reader,
                "shape": source.shape,
                "as_of": source.as_of,
                "covers_from": source.covers_from,
                "frames": {frame: dict(account) for frame, account in source.frames.items()},
            }
            for source in result.sources
        ),
    )
    metrics = ",\n".join(
        f"{line(name)}: "
        + line(
            {
                "label": metric.label,
                "meaning": metric.meaning,
                "unit": metric.unit,
                "better": metric.better,
                "frame": metric.frame,
                "date": metric.date,
                "interval": metric.interval,
                "min_n": metric.min_n,
            }
        )
        for name, metric in result.metrics.items()
    )
    stream.write(f'"metrics": {{{metrics}}},\n')
    _write_list(
        stream,
        "missing",
        (
            {"metric": lack.metric, "label": lack.label, "needs": lack.needs, "reason": lack.reason}
            for lack in result.missing
        ),
    )
    if result.spreads:
        _write_list(stream, "dialects", map(asdict, result.spreads))
    if result.benchmarks is not None:
        _write_list(stream, "benchmarks", map(asdict, result.benchmarks))
    _write_list(stream, "results", figures(result))
    notes = ({"code": note.code, "text": note.text, "count": note.count} for note in result.notes)
    _write_list(stream, "notes", notes, end="}\n")


def _write_list(stream: TextIO, key: str, values: Iterable[object], end: str = ",\n") -> None:
    stream.write(f'"{key}": [')
    for place, value in enumerate(values):
        stream.write((",\n" if place else "\n") + line(value))
    stream.write("]" + end)
