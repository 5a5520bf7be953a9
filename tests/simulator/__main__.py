"""Write the sample exports: `python -m tests.simulator [FOLDER]`; without FOLDER into sample_data beside tests."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from . import awkward, common, freshdesk, freshdesk_api, lives, zendesk, zendesk_api
from .broken import broken_files
from .files import csv_text, gzipped, json_array, json_lines, json_wrapped
from .history import simulate
from .model import History

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"


def sample_files(history: History) -> dict[str, bytes]:
    """Every sample file by its path below the folder."""
    zendesk_rows = [list(row.values()) for row in zendesk.ticket_rows(history) + awkward.zendesk_rows()]
    freshdesk_rows = freshdesk.ticket_rows(history) + awkward.freshdesk_rows(history)
    return {
        "zendesk/tickets.csv": csv_text([zendesk.HEADER, *zendesk_rows]).encode(),
        "zendesk/satisfaction_ratings.json": json_wrapped(zendesk.ratings(history)).encode(),
        "zendesk_api/tickets.ndjson.gz": gzipped(json_lines(zendesk_api.account_export(history))),
        "zendesk_api/incremental.json": json_wrapped(zendesk_api.incremental_page(history)).encode(),
        "freshdesk/tickets.csv": csv_text([freshdesk.HEADER, *freshdesk_rows]).encode(),
        "freshdesk_api/tickets.json": json_array(freshdesk_api.tickets(history)).encode(),
        "freshdesk_api/satisfaction_ratings.json": json_array(freshdesk_api.ratings(history)).encode(),
        "common/surveys.csv": csv_text([common.HEADER, *common.survey_rows(history)]).encode(),
        "lives/tickets.csv": csv_text([lives.TICKET_HEADER, *lives.ticket_rows()]).encode(),
        "lives/changes.csv": csv_text([lives.CHANGE_HEADER, *lives.change_rows()]).encode(),
        "lives/messages.csv": csv_text([lives.MESSAGE_HEADER, *lives.message_rows()]).encode(),
        **{f"broken/{name}": content for name, content in broken_files(history).items()},
        **{name: content for vendor in vendors() for name, content in vendor.files(history).items()},
    }


def vendors() -> list[Any]:
    """The modules beside this one that write a vendor's files: those with a function `files`, {path: content}."""
    names = [each.name for each in iter_modules([str(Path(__file__).parent)]) if each.name != "__main__"]
    modules = [import_module(f".{name}", __package__) for name in names]
    return [module for module in modules if callable(vars(module).get("files"))]


def write(folder: Path) -> None:
    for name, content in sample_files(simulate()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{len(content):>9,}  {name}")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE_DATA)
