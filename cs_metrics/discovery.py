"""The modules of a folder are its registry: a new file is a new reader or format, and nothing else changes.

The file's name is the public name (`readers/freshdesk.py` ↔ `--reader freshdesk`). Names starting with `_` are helpers.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType


def module_names(package: ModuleType) -> list[str]:
    """The public module names of a package, sorted; imports none of them."""
    return sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))


def load_module(package: ModuleType, name: str) -> ModuleType:
    """The module `name` of a package; the caller has checked that it exists."""
    return import_module(f"{package.__name__}.{name}")


def plugin_modules(group: str) -> dict[str, ModuleType]:
    """Modules that installed packages register under an entry-point group, by the name they chose."""
    return {point.name: point.load() for point in entry_points(group=group)}
