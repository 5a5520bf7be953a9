"""`--regenerate` writes the golden files again (read them in the diff); `run` is the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cs_metrics.cli import main


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the files under tests/golden again")


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command line in an empty folder and gives exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def go(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["cs-metrics", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capfd.readouterr()
        return Done(int(stopped.value.code or 0), out, err)

    return go
