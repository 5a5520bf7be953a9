"""One option: `pytest --regenerate` writes the golden files again; read them in the diff before you keep them."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the files under tests/golden again")
