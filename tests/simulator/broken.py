"""Files that no reader can use whole: each is to end in one plain sentence about this file, never in a traceback.

Most are the first twenty rows of the Zendesk CSV with one thing wrong, so that recognising the file is not difficult.
"""

from __future__ import annotations

import json

from . import zendesk
from .files import csv_text
from .model import History
from .zendesk_api import incremental_page

LOGIN_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>Sign in to Muster Support</title></head>
<body>
<p>Your session has expired. Please sign in to download export_2025_12_31.csv.</p>
<form action="/login" method="post"><input name="user"><input name="password" type="password"></form>
</body>
</html>
"""
# One grey pixel. Written out, because a compressor may compress differently tomorrow.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)


def broken_files(history: History) -> dict[str, bytes]:
    header = list(zendesk.HEADER)
    rows = [list(row.values()) for row in zendesk.ticket_rows(history)[:20]]
    page = json.dumps(incremental_page(history), ensure_ascii=False)
    return {
        "ragged.csv": csv_text([header, *_ragged(rows)]).encode(),
        "stray_quote.csv": _stray_quote(rows).encode(),
        "header_only.csv": csv_text([header]).encode(),
        "empty.csv": b"",
        "truncated.json": page[:20_000].encode(),
        "login_page.csv": LOGIN_PAGE.encode(),
        "image.csv": PNG,
        "utf16.csv": b"\xff\xfe" + csv_text([header, *rows], delimiter=";").encode("utf-16-le"),
    }


def _ragged(rows: list[list[str]]) -> list[list[str]]:
    """The 8th row has two cells too many, the 14th breaks off after its 12th cell."""
    return [*rows[:7], [*rows[7], "oops", "7"], *rows[8:13], rows[13][:12], *rows[14:]]


def _stray_quote(rows: list[list[str]]) -> str:
    """The subject of the 6th row opens a quote that nothing closes: the rest of the file is one cell."""
    plain = [[cell.translate(str.maketrans(",\n", "; ", '"')) for cell in row] for row in rows]
    subject = zendesk.HEADER.index("Subject")
    lines = csv_text([list(zendesk.HEADER), *plain]).split("\n")
    lines[6] = ",".join([*plain[5][:subject], '"' + plain[5][subject], *plain[5][subject + 1 :]])
    return "\n".join(lines)
