"""`cs-metrics schema`: for editors that complete and check YAML."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    kind: Annotated[str, typer.Argument(help="profile, metric, calendar, sla, benchmark or map.", show_default=False)],
) -> None:
    """The JSON Schema of a kind of YAML file, for your editor.

    Save it beside your files and begin each with: # yaml-language-server: $schema=metric.schema.json
    """
    from cs_metrics.schemas import schema_text

    typer.echo(schema_text(kind))
