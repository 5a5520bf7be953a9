"""`cs-metrics distribution`: how the values behind one number are spread."""

from __future__ import annotations

import os
import shutil
from typing import Annotated

import typer

from cs_metrics import console
from cs_metrics.cli import _options as opt


def distribution(
    metric: Annotated[str, typer.Argument(help="The metric whose values you want to see.", show_default=False)],
    files: opt.Files,
    by: opt.By = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            help="A line at this value: 4h for a duration, else a number. Without: the profile's.",
            metavar="VALUE",
        ),
    ] = None,
    since: opt.Since = None,
    until: opt.Until = None,
    last: opt.Last = None,
    where: opt.Where = None,
    tz: opt.Zone = None,
    source_tz: opt.SourceZone = None,
    dayfirst: opt.DayFirst = None,
    as_of: opt.AsOf = None,
    calendar: opt.CalendarOption = None,
    sla: opt.SlaOption = None,
    format: Annotated[str, typer.Option("-f", "--format", help="table, csv or json.", metavar="FORMAT")] = "table",
    raw: Annotated[
        bool, typer.Option("--raw", help="In CSV: leave cells alone that a spreadsheet would run as formulas.")
    ] = False,
    output: opt.Output = None,
    configs: opt.Configs = None,
    profile: opt.ProfileOption = None,
    reader: opt.ReaderOption = None,
    map: opt.MapOption = None,
    quiet: opt.Quiet = False,
) -> None:
    """How the values behind one number are spread: a histogram with percentiles, and what lies beyond a target."""
    from cs_metrics import writers
    from cs_metrics.analyses.distribution import distribution as spread
    from cs_metrics.writers._base import Options

    setting = opt.load_setting(
        profile, configs, tz, source_tz, as_of, [metric], by, None, since, until, last, where, hours=calendar, sla=sla
    )
    parts = opt.open_files(files, setting, reader, map, dayfirst, quiet)
    found = spread(metric, parts, setting.question, setting.catalogue, target)
    on_terminal = output is None and opt.is_terminal()
    color = on_terminal and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size().columns if on_terminal else 0
    writers.write_distribution(found, format, output, Options(raw=raw, color=color, width=width))
    if not quiet:
        console.talk(found.result)
