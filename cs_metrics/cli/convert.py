"""`cs-metrics convert`: the common frames as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cs_metrics.cli import _options as opt
from cs_metrics.cli._text import plural


def convert(
    files: opt.Files,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A folder, or a file if there is one frame.", metavar="DIR|FILE")
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--format",
            help="parquet, csv or ndjson. Without: by the file's ending, else parquet.",
            metavar="FORMAT",
        ),
    ] = None,
    extras: Annotated[bool, typer.Option("--extras", help="Also columns that no reader knows, as x_….")] = False,
    tz: opt.Zone = None,
    source_tz: opt.SourceZone = None,
    dayfirst: opt.DayFirst = None,
    profile: opt.ProfileOption = None,
    reader: opt.ReaderOption = None,
    map: opt.MapOption = None,
    quiet: opt.Quiet = False,
) -> None:
    """The files' tickets, surveys and so on in one common form, for other programs and for report."""
    from cs_metrics.conversion import FORMATS, convert_files, format_of, write_frame
    from cs_metrics.errors import UsageError
    from cs_metrics.writers import replacing

    chosen = format_of(output, format)
    setting = opt.load_setting(profile, None, opt.Asked(tz, source_tz))
    frames = convert_files(opt.open_files(files, setting, reader, map, dayfirst, quiet), setting.question, extras)
    is_file = output.name.endswith(tuple(FORMATS.values())) and not output.is_dir()
    if is_file and len(frames) > 1:
        raise UsageError(f"the files hold {', '.join(frames)}: name a folder for them, not one file")
    for frame, rows in frames.items():
        target = output if is_file else output / f"{frame}{FORMATS[chosen]}"
        with replacing(target) as temporary:
            write_frame(rows, temporary, chosen)
        if not quiet:
            typer.echo(f"{target}: {plural(rows.height, 'row')}", err=True)
