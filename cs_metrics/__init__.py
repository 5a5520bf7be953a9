"""cs-metrics: customer-service KPIs from the files that helpdesks export.

    from datetime import UTC, datetime
    from cs_metrics import Question, build_report
    from cs_metrics.catalogue import load_catalogue
    from cs_metrics.shipped import configs_folder

    result = build_report(["tickets.csv"], Question(now=datetime.now(UTC)), load_catalogue([configs_folder()]))
    result.frame          # one long Polars frame: metric, period, value, n, of, …

Importing this package loads nothing heavy; the names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cs_metrics.question import Question
    from cs_metrics.readers import open_exports
    from cs_metrics.report import build_report
    from cs_metrics.result import Result

__version__ = "0.1.0"
__all__ = ["Question", "Result", "__version__", "build_report", "open_exports"]

_HOMES = {
    "Question": "cs_metrics.question",
    "Result": "cs_metrics.result",
    "build_report": "cs_metrics.report",
    "open_exports": "cs_metrics.readers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cs_metrics' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
