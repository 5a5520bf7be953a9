"""`cs-metrics distribution`: how the values behind one number are spread."""

from __future__ import annotations

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
    raw: opt.Raw = False,
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
        profile, configs, opt.Asked(tz, source_tz, as_of, [metric], by, calendar=calendar, sla=sla),
        since=since, until=until, last=last, where=where,
    )  # fmt: skip
    parts = opt.open_files(files, setting, reader, map, dayfirst, quiet)
    found = spread(metric, parts, setting.question, setting.catalogue, target)
    width = shutil.get_terminal_size().columns if opt.is_seen(output) else 0
    options = Options(raw=raw, color=opt.is_colored(output), width=width)
    writers.write_distribution(found, format, output, options)
    if not quiet:
        console.talk(found.result)
