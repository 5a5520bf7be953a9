"""`cs-metrics check`: are the definitions and settings right?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cs_metrics.cli._text import plural


def check(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A folder of definitions, or one file of any kind. Without: what is shipped.",
            metavar="[DIR|FILE]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Checks definitions and settings: every problem at once, with file and line."""
    from cs_metrics.checking import check_path
    from cs_metrics.errors import DefinitionError

    checked, problems = check_path(path)
    if problems:
        raise DefinitionError(problems)
    typer.echo(f"{plural(checked, 'file')} checked, nothing wrong.")
