"""Who may import what, as a paragraph along the way of the data. Imports point one way, and start-up stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cs_metrics"

# A line says what its module may import, and names only lines above it; a stage in capitals stands for its modules.
# Readers do not know metrics, metrics do not know readers: they meet in entities. Writers know results only. Only the
# command line knows everybody.
LAW: dict[str, dict[str, str]] = {
    "TOOLS": {
        "errors": "",
        "discovery": "",
        "shipped": "",
        "zones": "",
        "sqltext": "",
        "yamlfile": "errors",
    },
    "WORDS": {  # what everybody talks about: frames, stretches of time, results
        "entities": "",
        "periods": "errors zones",
        "result": "entities",
    },
    "FILES": {  # the way in
        "readers": "discovery entities errors yamlfile",
    },
    "DEFINITIONS": {  # of metrics, and of what a team wants of them
        "aggregations": "",
        "expressions": "entities errors sqltext",
        "metric_checks": "aggregations entities errors expressions",
        "metric_keys": "aggregations",
        "definitions": "aggregations entities errors expressions metric_checks metric_keys yamlfile",
        "catalogue": "definitions errors yamlfile",
        "dialects": "catalogue definitions errors result",
        "benchmarks": "aggregations catalogue definitions errors result yamlfile",
        "targets": "catalogue errors yamlfile",
        "profile": "entities errors expressions periods targets yamlfile",
    },
    "CLOCKS": {  # opening hours, promises and the lives of tickets: they know frames, not files and not metrics
        "calendars": "entities errors periods yamlfile",
        "history": "calendars entities",
        "status_time": "calendars entities history",
        "conversations": "entities",
        "past": "entities history",
        "sla": "calendars definitions entities errors yamlfile",
        "computed": "calendars conversations entities history periods result sla status_time",
    },
    "QUESTION": {
        "question": "calendars computed errors periods sla targets",
    },
    "POPULATION": {  # the rows of all files that count, each once, with what is computed for them
        "answers": "entities",
        "contact_columns": "entities",
        "derive": "calendars contact_columns entities",
        "sentiment": "entities result",
        "quality": "WORDS",
        "dataset": "computed readers WORDS",
        "versions": "dataset WORDS",
        "exclusions": "dataset derive expressions past WORDS",
        "beside": "computed dataset past sla WORDS",
        "population": (
            "answers beside dataset derive exclusions quality sentiment versions "
            "errors expressions readers CLOCKS WORDS"
        ),
    },
    "FIGURES": {  # what a metric needs of the population, and what it makes of it
        "statistics": "",
        "survival": "",
        "needs": "definitions derive expressions CLOCKS POPULATION WORDS",
        "aggregate": "definitions question statistics survival WORDS",
        "stocks": "aggregate definitions question WORDS",
        "retention": "aggregate definitions question stocks WORDS",
        "prepare": "aggregate dataset derive expressions WORDS",
        "plan": "aggregate needs prepare retention stocks survival DEFINITIONS POPULATION question WORDS",
        "figures": "aggregate plan retention stocks definitions question WORDS",
    },
    "COMPARISON": {  # how sure a figure is, and what it is beside others
        "intervals": "definitions statistics",
        "compare": "intervals plan definitions errors targets question WORDS",
        "passes": "compare plan definitions question WORDS",
        "baselines": "compare figures intervals passes plan definitions question WORDS",
    },
    "ANSWER": {
        "provenance": "aggregate figures needs plan dataset quality readers DEFINITIONS question WORDS",
        "report": "errors readers provenance DEFINITIONS CLOCKS question POPULATION FIGURES COMPARISON WORDS",
    },
    "WAY OUT": {
        "writers": "discovery errors result",
        "console": "errors result",
    },
    "BESIDE THE WAY": {  # other things to do with files and definitions
        "analyses": "errors readers DEFINITIONS question ANSWER WORDS",
        "inspection": "readers quality DEFINITIONS question ANSWER WORDS",
        "conversion": "errors readers dataset population question WORDS",
        "examples": "errors readers shipped CLOCKS DEFINITIONS question ANSWER WORDS",
        "schemas": "errors readers CLOCKS DEFINITIONS WORDS",
        "checking": "examples readers CLOCKS DEFINITIONS TOOLS WORDS",
    },
}
STAGES = {stage: set(lines) for stage, lines in LAW.items()}
ONLY_IN = {
    "typer": {"cli"},
    "rich": {"console", "writers"},
    "yaml": {"yamlfile"},
    "vaderSentiment": {"sentiment"},
}


@cache
def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The name by which the law knows a module: its file, or the folder of a subpackage."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> set[tuple[str, bool]]:
    """(dotted name, whether only for type checking) of everything a module imports, at any depth."""
    tree = parsed(path)
    for_types: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for_types |= set(ast.walk(node))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(alias.name, node in for_types) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "cs_metrics":
                found |= {(f"cs_metrics.{alias.name}", node in for_types) for alias in node.names}
            else:
                found.add((node.module, node in for_types))
    return found


def allowed() -> dict[str, set[str]]:
    """By module the names that its line of the law allows."""
    return {
        module: set().union(*(STAGES.get(word, {word}) for word in words.split()))
        for lines in LAW.values()
        for module, words in lines.items()
    }


def test_the_law_names_only_what_stands_above():
    above: set[str] = set()
    for module, names in allowed().items():
        assert names <= above, f"{module}: {sorted(names - above)}"
        above.add(module)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_the_law_allows(path: Path) -> None:
    part = part_of(path)
    if part in ("cli", "__init__", "__main__"):
        return
    assert part in allowed(), f"{part} has no line in the law"
    ours = {name.split(".")[1] for name, _ in imported(path) if name.startswith("cs_metrics.")}
    assert ours - {part, "__version__"} <= allowed()[part]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_package_with_a_home_is_imported_only_there(path: Path) -> None:
    for name, _ in imported(path):
        home = ONLY_IN.get(name.split(".")[0])
        assert home is None or part_of(path) in home, f"{name} belongs in {home}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_reads_the_clock(path: Path) -> None:
    if part_of(path) == "cli":
        return
    calls = [
        node.func.attr
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert not {"now", "today", "utcnow"} & set(calls)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["report", "--help"]])
def test_help_and_version_load_no_data_library(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['cs-metrics', *{arguments!r}]\n"
        "from cs_metrics.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'polars', 'yaml', 'msgspec', 'rich.table'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert done.stdout


def test_the_package_itself_loads_nothing_heavy() -> None:
    code = "import sys, cs_metrics; print({'polars', 'typer', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
