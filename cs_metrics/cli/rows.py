"""`cs-metrics rows`: the rows behind one number."""

from __future__ import annotations

from typing import Annotated

import typer

from cs_metrics.cli import _options as opt


def rows(
    metric: Annotated[str, typer.Argument(help="The metric whose rows you want.", show_default=False)],
    files: opt.Files,
    by: opt.By = None,
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
    format: Annotated[
        str, typer.Option("-f", "--format", help="table, csv, json or ndjson.", metavar="FORMAT")
    ] = "table",
    raw: opt.Raw = False,
    output: opt.Output = None,
    configs: opt.Configs = None,
    profile: opt.ProfileOption = None,
    reader: opt.ReaderOption = None,
    map: opt.MapOption = None,
) -> None:
    """The rows behind one number of the report, by the same filters: as many as its n."""
    from cs_metrics import writers
    from cs_metrics.report import drill_down

    setting = opt.load_setting(
        profile, configs, opt.Asked(tz, source_tz, as_of, [metric], by, calendar=calendar, sla=sla),
        since=since, until=until, last=last, where=where,
    )  # fmt: skip
    parts = opt.open_files(files, setting, reader, map, dayfirst)
    found = drill_down(metric, parts, setting.question, setting.catalogue)
    writers.write_rows(found, metric, format, output, raw)
