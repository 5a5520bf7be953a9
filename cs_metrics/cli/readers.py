"""`cs-metrics readers`: which exports are understood."""

from __future__ import annotations

import typer

from cs_metrics.cli._text import aligned


def readers() -> None:
    """The helpdesks and file shapes that are recognised."""
    from cs_metrics.readers import all_readers

    rows = [
        (
            name if place == 0 else "",
            reader.title if place == 0 else "",
            f"{shape.name} ({shape.kind}): {', '.join(shape.frames)}",
        )
        for name, reader in all_readers().items()
        for place, shape in enumerate(reader.shapes)
    ]
    typer.echo("\n".join(aligned(rows)))
    typer.echo("\nAny other flat CSV or JSON through a map: cs-metrics inspect FILE --write-map my-map.yml")
