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
_OF_A_SOURCE = ("path", "source", "reader", "shape", "as_of", "covers_from", "frames")
_OF_A_METRIC = ("label", "meaning", "unit", "better", "frame", "date", "interval", "min_n")


def write(result: Result, stream: TextIO, options: Options) -> None:
    """Figure by figure, so that a long report is never held twice in memory."""
    stream.write(f'{{"format": {FORMAT},\n"question": {line(dict(result.question))},\n')
    _write_list(stream, "sources", (_named(source, _OF_A_SOURCE) for source in result.sources))
    metrics = (f"{line(name)}: {line(_named(metric, _OF_A_METRIC))}" for name, metric in result.metrics.items())
    stream.write('"metrics": {' + ",\n".join(metrics) + "},\n")
    _write_list(stream, "missing", (_named(lack, ("metric", "label", "needs", "reason")) for lack in result.missing))
    if result.spreads:
        _write_list(stream, "dialects", map(asdict, result.spreads))
    if result.benchmarks is not None:
        _write_list(stream, "benchmarks", map(asdict, result.benchmarks))
    _write_list(stream, "results", figures(result))
    _write_list(stream, "notes", (_named(note, ("code", "text", "count")) for note in result.notes), end="}\n")


def _named(thing: object, names: Iterable[str]) -> dict[str, object]:
    """What of a thing belongs to the format, in the format's order; the rest is for writers of tables."""
    return {name: getattr(thing, name) for name in names}


def _write_list(stream: TextIO, key: str, values: Iterable[object], end: str = ",\n") -> None:
    stream.write(f'"{key}": [')
    for place, value in enumerate(values):
        stream.write((",\n" if place else "\n") + line(value))
    stream.write("]" + end)
