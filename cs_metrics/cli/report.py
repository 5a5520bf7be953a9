"""`cs-metrics report`: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cs_metrics import console
from cs_metrics.cli import _options as opt

if TYPE_CHECKING:
    from cs_metrics.result import Result


def report(
    files: opt.Files,
    metric: opt.Metrics = None,
    by: opt.By = None,
    top: Annotated[
        int | None, typer.Option("--top", help="With --by: the N greatest, the rest together as 'other'.", metavar="N")
    ] = None,
    grain: opt.GrainOption = None,
    since: opt.Since = None,
    until: opt.Until = None,
    last: opt.Last = None,
    trend: Annotated[
        bool, typer.Option("--trend", help="Add the figures of every week or month to one for all.")
    ] = False,
    dialects: Annotated[
        bool, typer.Option("--dialects", help="Beside each metric: what other helpdesks' rules make of it.")
    ] = False,
    benchmark: Annotated[
        bool, typer.Option("--benchmark", help="Add what was published about these metrics, where definitions agree.")
    ] = False,
    totals: Annotated[
        bool, typer.Option("--totals", help="In CSV and NDJSON too: rows for all by-values together.")
    ] = False,
    where: opt.Where = None,
    compare: opt.Compare = "previous",
    confidence: opt.Confidence = 0.95,
    intervals: Annotated[
        bool, typer.Option("--interval/--no-interval", help="Intervals, and whether a change is more than chance.")
    ] = True,
    components: Annotated[
        bool, typer.Option("--components", help="In CSV and JSON: the sums and counts behind each figure.")
    ] = False,
    fail_on_miss: Annotated[
        bool, typer.Option("--fail-on-miss", help="End with exit code 1 if a target of the profile is missed.")
    ] = False,
    tz: opt.Zone = None,
    source_tz: opt.SourceZone = None,
    dayfirst: opt.DayFirst = None,
    as_of: opt.AsOf = None,
    calendar: opt.CalendarOption = None,
    sla: opt.SlaOption = None,
    format: Annotated[
        str, typer.Option("-f", "--format", help="table, md, csv, json or ndjson.", metavar="FORMAT")
    ] = "table",
    unit: Annotated[
        str | None, typer.Option("--unit", help="Show durations in s, min, h or d.", metavar="UNIT")
    ] = None,
    raw: opt.Raw = False,
    output: opt.Output = None,
    configs: opt.Configs = None,
    profile: opt.ProfileOption = None,
    reader: opt.ReaderOption = None,
    map: opt.MapOption = None,
    rejects: opt.Rejects = None,
    quiet: opt.Quiet = False,
) -> int:
    """The KPIs that are in the files: a scorecard, or the metrics you name, split and cut as you say."""
    from cs_metrics import writers
    from cs_metrics.benchmarks import all_benchmarks, with_benchmarks
    from cs_metrics.report import build, need
    from cs_metrics.writers._base import Options

    duration_unit = writers.check(format, unit)
    setting = opt.load_setting(
        profile, configs, opt.Asked(tz, source_tz, as_of, metric, by, grain, calendar, sla),
        since=since, until=until, last=last, where=where, top=top, trend=trend or format in ("table", "md"),
        dialects=dialects, compare=opt.comparison(compare), confidence=confidence, intervals=intervals,
        components=components,
    )  # fmt: skip
    parts = opt.open_files(files, setting, reader, map, dayfirst, quiet)
    answer = build(parts, setting.question, setting.catalogue)
    result = answer.result
    if benchmark:
        result = with_benchmarks(result, all_benchmarks(setting.folders, setting.catalogue.metrics))
    width = None if opt.is_seen(output) else 0
    options = Options(duration_unit, raw, totals, trend, opt.is_colored(output), width)
    writers.write_result(result, format, output, options)
    if rejects is not None:
        writers.write_rejects(answer.rejects, rejects)
    if not quiet:
        console.talk(result)
    missed = _name_misses(result) if fail_on_miss else False
    need(result, opt.split_list(metric))
    return _verdict(result, missed) if fail_on_miss else console.ExitCode.DONE


def _name_misses(result: Result) -> bool:
    """Says which targets are missed, if any are."""
    from cs_metrics.errors import DataError
    from cs_metrics.writers import _words

    missed = result.misses()
    for row in missed.iter_rows(named=True):
        console.error(DataError(_words.miss(row, result)))
    return missed.height > 0


def _verdict(result: Result, missed: bool) -> int:
    """Whether targets are missed. Raises `UsageError` if no metric has one, `DataError` if one cannot be told."""
    from cs_metrics.errors import DataError, UsageError

    unknown = [lack for lack in result.missing if lack.metric in result.targeted]
    if unknown:
        raise DataError("\n".join(f"{lack.metric} has a target and is not in this export: {lack}" for lack in unknown))
    if not result.targeted:
        raise UsageError("--fail-on-miss: no metric in this report has a target; name them in the profile's `targets`")
    return console.ExitCode.NO if missed else console.ExitCode.DONE
