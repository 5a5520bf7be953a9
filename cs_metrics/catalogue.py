"""The catalogue: all metric files of all folders, by name and topic, and what they say of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cs_metrics import yamlfile
from cs_metrics.definitions import Metric, load_metric
from cs_metrics.errors import DefinitionError, Problem, did_you_mean


@dataclass(frozen=True)
class Catalogue:
    """All metrics by name, in the order of topics and names, and the topics with their titles."""

    metrics: Mapping[str, Metric]
    topics: Mapping[str, str]

    def chosen(self, words: Iterable[str]) -> tuple[Metric, ...]:
        """Metrics by name or topic, each once, in the order asked for. Raises `KeyError` with the unknown word."""
        found: dict[str, Metric] = {}
        for word in words:
            if word in self.metrics:
                found[word] = self.metrics[word]
            elif word in self.topics:
                found |= {name: metric for name, metric in self.metrics.items() if metric.topic == word}
            else:
                raise KeyError(word)
        return tuple(found.values())

    @property
    def kpis(self) -> tuple[Metric, ...]:
        """What the scorecard shows."""
        return tuple(metric for metric in self.metrics.values() if metric.kpi)


def load_catalogue(folders: Sequence[Path], proven: Path | None = None) -> Catalogue:
    """The metrics below `FOLDER/metrics` of each folder; later folders add to and replace what earlier ones define.

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
        for path in sorted(root.glob("*/*.yml")):
            if path.stem in here:
                problems.append(Problem(str(path), 0, f"there is a metric '{path.stem}' already: {here[path.stem]}"))
            here[path.stem] = path
        paths |= here
    found: dict[str, Metric] = {}
    for name, path in paths.items():
        try:
            found[name] = load_metric(path, proven is not None and path.is_relative_to(proven))
        except DefinitionError as error:
            problems += error.problems
    topics |= {
        metric.topic: metric.topic.replace("_", " ").capitalize()
        for metric in found.values()
        if metric.topic not in topics
    }
    problems += _cross_references(found, known=set(paths))
    if problems:
        raise DefinitionError(problems)
    order = list(topics)
    metrics = {m.name: m for m in sorted(found.values(), key=lambda m: (order.index(m.topic), m.name))}
    return Catalogue(metrics, topics)


def _cross_references(found: Mapping[str, Metric], known: set[str]) -> Iterator[Problem]:
    """Names of other metrics must lead somewhere, and a derived metric is made of direct ones."""
    for metric in found.values():
        for key, names in (("derived", metric.parts), ("beside", metric.beside), ("dialect_of", (metric.dialect_of,))):
            for name in names:
                if name is not None and name not in known:
                    yield Problem(
                        str(metric.path),
                        metric.lines.get(key, 1),
                        f"{key}: there is no metric '{name}'.{did_you_mean(name, known)}",
                    )
        for name in metric.parts:
            if name in found and found[name].parts:
                line = metric.lines.get("derived", 1)
                yield Problem(str(metric.path), line, f"derived: '{name}' is derived itself; name what it is made of")
