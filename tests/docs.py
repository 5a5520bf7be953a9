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
from cs_metrics.definitions import Metric
from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import all_readers
from cs_metrics.report import build_report
from cs_metrics.schemas import KINDS, schema_text
from cs_metrics.shipped import configs_folder
from cs_metrics.writers import table
from cs_metrics.writers._base import Options
from tests.reference import reference

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / ".github" / "scorecard.svg"
MEASURED = ROOT / "tests" / "bench" / "measured.json"
_WIDTH = 100


def metrics_block() -> str:
    """A row for each topic: the scorecard's metrics, and the names of the others by which they are asked for."""
    catalogue = load_catalogue([configs_folder()])
    lines = ["| topic | in the scorecard | by name |", "|---|---|---|"]
    for topic, title in catalogue.topics.items():
        found = [metric for metric in catalogue.of_topic(topic) if not metric.name.endswith("_business")]
        shown = ", ".join(_linked(metric) for metric in found if metric.kpi) or "–"
        others = ", ".join(f"`{metric.name}`" for metric in found if not metric.kpi) or "–"
        lines.append(f"| {title} | {shown} | {others} |")
    return "\n".join(lines)


def _linked(metric: Metric) -> str:
    return f"[`{metric.name}`]({metric.path.relative_to(configs_folder().parent)})"


def readers_block() -> str:
    """A row for each reader: the product, its files, and what comes out of them."""
    lines = ["| reader | product | files | what comes out |", "|---|---|---|---|"]
    for name, reader in all_readers().items():
        if not reader.shapes:  # a map is another thing
            continue
        if name == "common":
            own = "CSV, JSON or Parquet in our own column names, as `convert` writes them"
            lines.append(f"| `common` | | {own} | every frame |")
            continue
        files = dict.fromkeys(shape.name.partition(", ")[0] for shape in reader.shapes)  # in whatever spelling
        frames = dict.fromkeys(frame for shape in reader.shapes for frame in shape.frames)
        lines.append(f"| `{name}` | {reader.title} | {', '.join(files)} | {', '.join(frames).replace('_', ' ')} |")
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


def schemas() -> dict[Path, str]:
    """The JSON Schemas of the YAML files, each where the shipped files look for it."""
    folder = configs_folder() / "schemas"
    return {folder / f"{kind}.json": schema_text(kind) + "\n" for kind in KINDS}


def main() -> None:
    """Writes README, reference, schemas and picture."""
    README.write_text(readme(), encoding="utf-8")
    (configs_folder() / "README.md").write_text(reference(), encoding="utf-8")
    for path, text in schemas().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
