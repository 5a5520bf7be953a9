"""What the documentation shows is what the program does."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from cs_metrics.cli import app
from tests import docs

README = docs.README.read_text(encoding="utf-8")


def test_the_generated_blocks_of_the_readme_are_fresh() -> None:
    assert docs.readme() == README, "run: make docs"


def test_the_reference_of_the_definitions_is_fresh() -> None:
    assert docs.reference() == (docs.configs_folder() / "README.md").read_text(encoding="utf-8"), "run: make docs"


def test_the_schemas_for_editors_are_fresh() -> None:
    assert {path: path.read_text(encoding="utf-8") for path in docs.schemas()} == docs.schemas(), "run: make docs"


@pytest.mark.parametrize(
    "kind, files",
    [("metric", "metrics/*/*.yml"), ("calendar", "calendars/*"), ("sla", "sla/*"), ("benchmark", "benchmarks/*")],
)
def test_every_shipped_file_names_its_schema(kind: str, files: str) -> None:
    for path in docs.configs_folder().glob(files):
        schemas = docs.configs_folder() / "schemas"
        schema = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
        assert schema and (path.parent / schema[1]).resolve() == schemas / f"{kind}.json", path


def test_the_picture_is_the_real_output() -> None:
    assert docs.picture() == docs.PICTURE.read_text(encoding="utf-8"), "run: make docs"


def test_every_command_is_in_the_readme() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {name for name in names if f"cs-metrics {name}" not in README} == set()


def commands() -> list[str]:
    """The cs-metrics commands of the README's shell blocks, without what stands before and after them in a pipe."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
    found = [re.search(r"(?:^|\| |: |  )cs-metrics ([a-z].*?)(?: +\||  +#|$)", line) for line in lines]
    return [match[1] for match in found if match]


@pytest.mark.parametrize("command", commands())
def test_every_option_of_a_command_in_the_readme_exists(command: str) -> None:
    import typer.main

    words = shlex.split(command.partition("&&")[0])
    group = typer.main.get_command(app)
    subcommand = group.commands[words[0]]  # type: ignore[attr-defined]
    known = {option for parameter in subcommand.params for option in getattr(parameter, "opts", ())}
    assert {word for word in words[1:] if word.startswith("-") and word != "-"} <= known


def test_the_links_of_the_readme_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) > 10
    assert [target for target in targets if "://" not in target and not (docs.ROOT / target).exists()] == []


def test_the_top_level_holds_what_it_should() -> None:
    allowed = {"pyproject.toml", "README.md", "cs_metrics", "tests", "sample_data", "configs", "Makefile"}
    customary = {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}
    made = {"build", "dist"}
    there = {path.name for path in docs.ROOT.iterdir() if not path.name.startswith(".")}
    assert there - allowed - customary - made - {"cs_metrics.egg-info"} == set()
    assert sys.version_info >= (3, 11) and Path(docs.ROOT / "configs").is_dir()
