"""Where the definitions lie that come with the package: inside the wheel, or beside a source checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def configs_folder() -> Path:
    """The shipped `configs/`: metrics, and in time calendars, SLA policies, maps and benchmarks."""
    installed = _PACKAGE / "_configs"
    return installed if installed.is_dir() else _PACKAGE.parent / "configs"
