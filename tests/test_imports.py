"""Who may import what: the paragraph of the design, as a table. Imports point one way, and start-up stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cs_metrics"

# Readers do not know metrics, metrics do not know readers: they meet in entities. Writers know results only.
# Only the command line knows everybody.
ENGINE = {
    "beside",
    "catalogue",
    "computed",
    "dataset",
    "definitions",
    "derive",
    "entities",
    "errors",
    "expressions",
    "periods",
    "population",
    "quality",
    "question",
    "result",
}
LAW: dict[str, set[str]] = {
    "errors": set(),
    "entities": set(),
    "shipped": set(),
    "discovery": set(),
    "zones": set(),
    "yamlfile": {"errors"},
    "sqltext": set(),
    "expressions": {"entities", "errors", "sqltext"},
    "aggregations": set(),
    "metric_checks": {"aggregations", "entities", "errors", "expressions"},
    "definitions": {"aggregations", "entities", "errors", "expressions", "metric_checks", "yamlfile"},
    "catalogue": {"definitions", "errors", "yamlfile"},
    "periods": {"errors", "zones"},
    # the clocks: opening hours, promises, and the lives of tickets; they know frames, not files and not metrics
    "calendars": {"entities", "errors", "periods", "yamlfile"},
    "sla": {"calendars", "definitions", "entities", "errors", "yamlfile"},
    "history": {"calendars", "entities"},
    "conversations": {"entities"},
    "answers": {"entities"},
    "contact_columns": {"entities"},
    "status_time": {"calendars", "entities", "history"},
    "computed": {"calendars", "conversations", "entities", "history", "periods", "result", "sla", "status_time"},
    "past": {"entities", "history"},
    "targets": {"catalogue", "errors", "yamlfile"},
    "question": {"calendars", "computed", "errors", "periods", "sla", "targets"},
    "result": {"entities"},
    "profile": {"entities", "errors", "expressions", "periods", "targets", "yamlfile"},
    "readers": {"entities", "errors", "discovery", "yamlfile"},
    "derive": {"calendars", "contact_columns", "entities"},
    "quality": {"entities", "periods", "result"},
    "dataset": {"computed", "entities", "periods", "readers", "result"},
    "exclusions": {"dataset", "derive", "entities", "expressions", "past", "result"},
    "beside": {"computed", "dataset", "entities", "past", "result", "sla"},
    "versions": {"dataset", "entities", "result"},
    "sentiment": {"entities", "result"},
    "population": {
        *("answers", "beside", "calendars", "computed", "conversations", "dataset", "derive", "entities", "errors"),
        *("exclusions", "expressions", "past", "quality", "readers", "result", "sentiment", "sla", "versions"),
    },
    "needs": {"computed", "dataset", "definitions", "derive", "entities", "expressions", "population", "result", "sla"},
    "statistics": set(),
    "survival": set(),
    "aggregate": {"definitions", "entities", "periods", "question", "statistics", "survival"},
    "intervals": {"definitions", "statistics"},
    "stocks": {"aggregate", "definitions", "entities", "periods", "question"},
    "retention": {"aggregate", "definitions", "entities", "periods", "question", "stocks"},
    "prepare": ENGINE | {"aggregate"},
    "plan": ENGINE | {"aggregate", "needs", "prepare", "retention", "stocks", "survival"},
    "figures": ENGINE | {"aggregate", "plan", "retention", "stocks"},
    "compare": ENGINE | {"intervals", "plan", "targets"},
    "passes": ENGINE | {"compare", "plan"},
    "baselines": ENGINE | {"compare", "figures", "intervals", "passes", "plan"},
    "provenance": ENGINE | {"figures", "needs", "plan", "readers"},
    "report": {
        *ENGINE,
        *("aggregate", "baselines", "compare", "dialects", "figures", "intervals", "needs", "plan"),
        *("provenance", "readers"),
    },
    "dialects": ENGINE,
    "benchmarks": {"aggregations", "catalogue", "definitions", "errors", "result", "yamlfile"},
    "examples": ENGINE | {"calendars", "readers", "report", "shipped", "sla"},
    "inspection": ENGINE | {"needs", "plan", "provenance", "readers", "report"},
    "conversion": {"dataset", "entities", "errors", "population", "question", "readers"},
    "checking": {
        *ENGINE,
        *("benchmarks", "calendars", "examples", "profile", "readers", "shipped", "sla", "targets", "yamlfile"),
    },
    "schemas": {"benchmarks", "calendars", "definitions", "entities", "errors", "profile", "readers", "sla"},
    "analyses": ENGINE | {"plan", "readers", "report", "targets"},
    "writers": {"result", "errors", "discovery"},
    "console": {"errors", "result"},
}
ONLY_IN = {
    "typer": {"cli"},
    "rich": {"console", "writers"},
    "yaml": {"yamlfile"},
    "vaderSentiment": {"sentiment"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The name by which the law knows a module: its file, or the folder of a subpackage."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imported(path: Path) -> set[tuple[str, bool]]:
    """(dotted name, whether only for type checking) of everything a module imports, at any depth."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
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


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_the_law_allows(path: Path) -> None:
    part = part_of(path)
    if part in ("cli", "__init__", "__main__"):
        return
    assert part in LAW, f"{part} has no line in the law"
    ours = {name.split(".")[1] for name, _ in imported(path) if name.startswith("cs_metrics.")}
    assert ours - {part, "__version__"} <= LAW[part]


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
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
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
