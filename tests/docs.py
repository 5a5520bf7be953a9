"""Writes the generated parts of the README: `make docs`. `tests/test_docs.py` fails where they are stale.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`; the picture is the real output of `report`.
"""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cs_metrics.catalogue import load_catalogue
from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import all_readers
from cs_metrics.report import build_report
from cs_metrics.shipped import configs_folder
from cs_metrics.writers import table
from cs_metrics.writers._base import Options

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / ".github" / "scorecard.svg"
MEASURED = ROOT / "tests" / "bench" / "measured.json"
_WIDTH = 100


def metrics_block() -> str:
    """The catalogue as a table, topic by topic."""
    catalogue = load_catalogue([configs_folder()])
    lines = ["| | metric | what it is | dated by |", "|---|---|---|---|"]
    for metric in catalogue.metrics.values():
        dated = ", else ".join(f"`{name}`" for name in metric.dates) or f"`{metric.derived}`"
        star = "★" if metric.kpi else ""
        path = metric.path.relative_to(configs_folder().parent)
        lines.append(f"| {star} | [`{metric.name}`]({path}) | {metric.meaning} | {dated} |")
    return "\n".join(lines)


def readers_block() -> str:
    """Every reader with its shapes."""
    lines = ["| reader | files | what comes out |", "|---|---|---|"]
    for name, reader in all_readers().items():
        if name == "common":
            lines.append(
                "| `common` | CSV, JSON or Parquet in our own column names, as `convert` writes them | every frame |"
            )
            continue
        for shape in reader.shapes:
            lines.append(f"| `{name}` | {reader.title}: {shape.name} | {', '.join(shape.frames)} |")
    return "\n".join(lines)


def metric_file_block() -> str:
    """One metric file, whole."""
    path = configs_folder() / "metrics" / "speed" / "first_reply_time.yml"
    return f"```yaml\n# {path.relative_to(configs_folder().parent)}\n{path.read_text(encoding='utf-8').strip()}\n```"


def performance_block() -> str:
    """The figures of the last `make bench`, as it wrote them down."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    lines = ["| what was measured | reached | bound |", "|---|---|---|"]
    lines += [f"| {row['what']} | {row['reached']} | {row['bound']} |" for row in measured["rows"]]
    return f"{measured['about']}\n\n" + "\n".join(lines) + "\n\nTo repeat it: `make bench`."


BLOCKS = {
    "metrics": metrics_block,
    "readers": readers_block,
    "metric-file": metric_file_block,
    "performance": performance_block,
}


def readme() -> str:
    """The README with its generated blocks made anew."""
    text = README.read_text(encoding="utf-8")
    for name, block in BLOCKS.items():
        pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        made = block()
        text, found = pattern.subn(lambda match, made=made: f"{match[1]}{made}\n{match[2]}", text)
        assert found == 1, f"README.md has no block {name}"
    return text


def picture() -> str:
    """The scorecard of the sample export as SVG."""
    question = Question(
        now=datetime(2026, 1, 1, tzinfo=UTC), trend=True, calendar=Calendar("Europe/Berlin"), zone_given=True
    )
    folder = "sample_data/zendesk"
    result = build_report([str(ROOT / folder)], question, load_catalogue([configs_folder()]))
    drawn = io.StringIO()
    table.write(result, drawn, Options(unit=None, raw=False, totals=False, trend=False, color=True, width=_WIDTH))
    console = Console(record=True, file=io.StringIO(), width=_WIDTH, force_terminal=True)
    console.print(Text.from_ansi(drawn.getvalue()))
    return console.export_svg(title=f"cs-metrics report {folder} --tz Europe/Berlin", unique_id="scorecard")


def main() -> None:
    """Writes README and picture."""
    README.write_text(readme(), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
