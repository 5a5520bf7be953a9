"""The catalogue: all metric files of all folders, by name and topic, and what they say of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cs_metrics import yamlfile
from cs_metrics.definitions import Metric, load_metric
from cs_metrics.errors import DefinitionError, Problem, did_you_mean

_OTHER_KINDS = frozenset({"benchmarks", "calendars", "maps", "profiles"})  # no topics; `sla` is one


class Shelf(Mapping[str, Metric]):
    """Metrics by name, in the order of their paths; those that are not given are loaded when they are asked for."""

    def __init__(self, paths: Mapping[str, Path], loaded: Mapping[str, Metric]) -> None:
        self._paths, self._loaded = paths, dict(loaded)

    def __getitem__(self, name: str) -> Metric:
        if name not in self._loaded:
            self._loaded[name] = load_metric(self._paths[name], proven=True)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def with_metric(self, metric: Metric) -> Shelf:
        """With this metric under its name, whatever stood there."""
        return Shelf({**self._paths, metric.name: metric.path}, {**self._loaded, metric.name: metric})

    def topic_of(self, name: str) -> str:
        """The folder in which a metric's file lies."""
        return self._paths[name].parent.name

    def having(self, key: str) -> Iterator[Metric]:
        """The metrics whose files have this key; the others need not be loaded."""
        for name, text in self._texts.items():
            if f"\n{key}:" in text:
                yield self[name]

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {name: f"\n{path.read_text(encoding='utf-8')}" for name, path in self._paths.items()}


@dataclass(frozen=True)
class Catalogue:
    """All metrics by name, in the order of topics and names, and the topics with their titles."""

    metrics: Shelf
    topics: Mapping[str, str]

    def with_metric(self, metric: Metric) -> Catalogue:
        """With this metric under its name, whatever stood there."""
        return Catalogue(self.metrics.with_metric(metric), self.topics)

    def chosen(self, words: Iterable[str]) -> tuple[Metric, ...]:
        """Metrics by name or topic, each once, in the order asked for. Raises `KeyError` with the unknown word.

        A topic stands for its metrics by our own rules; the dialects of other helpdesks are asked for by name.
        """
        found: dict[str, Metric] = {}
        for word in words:
            if word in self.metrics:
                found[word] = self.metrics[word]
            elif word in self.topics:
                found |= {metric.name: metric for metric in self.of_topic(word) if metric.dialect_of is None}
            else:
                raise KeyError(word)
        return tuple(found.values())

    def of_topic(self, topic: str) -> Iterator[Metric]:
        """The metrics of one topic."""
        return (self.metrics[name] for name in self.metrics if self.metrics.topic_of(name) == topic)

    def kpis(self, with_calendar: bool = False, with_sla: bool = False) -> tuple[Metric, ...]:
        """What the scorecard shows; some KPIs only where a calendar or an SLA is named."""
        given = {True, *(["with calendar"] if with_calendar else []), *(["with sla"] if with_sla else [])}
        return tuple(metric for metric in self.metrics.having("kpi") if metric.kpi in given)


def load_catalogue(folders: Sequence[Path], proven: Path | None = None) -> Catalogue:
    """The metrics below `FOLDER/metrics` of each folder; later folders add to and replace what earlier ones define.

    Those of the folder `proven` (the shipped ones, which the tests check) are loaded when they are asked for.

    Raises `DefinitionError` with every problem of every file.
    """
    topics: dict[str, str] = {}
    paths: dict[str, Path] = {}
    problems: list[Problem] = []
    for folder in folders:
        root = folder / "metrics" if (folder / "metrics").is_dir() else folder
        if (root / "topics.yml").is_file():
            try:
                topics |= {name: str(title) for name, title in yamlfile.load(root / "topics.yml").items()}
            except DefinitionError as error:
                problems += error.problems
        here: dict[str, Path] = {}
        for path in sorted(path for path in root.glob("*/*.yml") if path.parent.name not in _OTHER_KINDS):
            if path.stem in here:
                problems.append(Problem(str(path), 0, f"there is a metric '{path.stem}' already: {here[path.stem]}"))
            here[path.stem] = path
        paths |= here
    found: dict[str, Metric] = {}
    for name, path in paths.items():
        if proven is not None and path.is_relative_to(proven):
            continue
        try:
            found[name] = load_metric(path)
        except DefinitionError as error:
            problems += error.problems
    names = {path.parent.name for path in paths.values()}
    topics |= {name: name.replace("_", " ").capitalize() for name in sorted(names - topics.keys())}
    order = {topic: place for place, topic in enumerate(topics)}
    ordered = dict(sorted(paths.items(), key=lambda item: (order[item[1].parent.name], item[0])))
    broken = {Path(problem.path) for problem in problems}
    shelf = Shelf({name: path for name, path in ordered.items() if path not in broken}, found)
    problems += _cross_references(found, shelf, known=set(paths))
    if problems:
        raise DefinitionError(problems)
    return Catalogue(shelf, topics)


def _cross_references(found: Mapping[str, Metric], shelf: Shelf, known: set[str]) -> Iterator[Problem]:
    """Names of other metrics must lead somewhere, and a derived metric is made of direct ones."""
    for metric in found.values():
        references = (
            ("derived", metric.parts),
            ("beside", metric.beside),
            ("dialect_of", (metric.dialect_of,)),
            ("counts_open_of", (metric.counts_open_of,)),
        )
        for key, names in references:
            for name in names:
                if name is not None and name not in known:
                    yield Problem(
                        str(metric.path),
                        metric.lines.get(key, 1),
                        f"{key}: there is no metric '{name}'.{did_you_mean(name, known)}",
                    )
        for name in metric.parts:
            if name in shelf and shelf[name].parts:
                line = metric.lines.get("derived", 1)
                yield Problem(str(metric.path), line, f"derived: '{name}' is derived itself; name what it is made of")
