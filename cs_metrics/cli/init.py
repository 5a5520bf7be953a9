"""`cs-metrics init`: a commented profile to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.", metavar="FILE")] = Path("cs-metrics.yml"),
) -> None:
    """Writes a commented profile: time zone, exclusions, and what your team looks at."""
    from cs_metrics.errors import UsageError
    from cs_metrics.profile import STARTER

    if path.exists():
        raise UsageError(f"{path} is there already; name another file")
    try:
        path.write_text(STARTER, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    typer.echo(f"Wrote {path}. Edit it, then: cs-metrics check {path}", err=True)
