"""`cs-metrics inspect`: what files hold, and what they can answer."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cs_metrics.cli import _options as opt
from cs_metrics.cli._text import aligned, day_and_time, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cs_metrics.inspection import Ability, Inspection
    from cs_metrics.readers._local_times import ClockChanges
    from cs_metrics.result import Source

_WIDTH = 100


def inspect(
    files: opt.Files,
    format: Annotated[str, typer.Option("-f", "--format", help="table or json.", metavar="FORMAT")] = "table",
    write_map: Annotated[
        Path | None,
        typer.Option(
            "--write-map", help="Write a starter map for a file that no reader knows, to be completed.", metavar="FILE"
        ),
    ] = None,
    tz: opt.Zone = None,
    source_tz: opt.SourceZone = None,
    dayfirst: opt.DayFirst = None,
    configs: opt.Configs = None,
    profile: opt.ProfileOption = None,
    reader: opt.ReaderOption = None,
    map: opt.MapOption = None,
    rejects: opt.Rejects = None,
) -> None:
    """What the files are, what became of their rows, and which metrics they can answer."""
    from cs_metrics import writers
    from cs_metrics.errors import check_word
    from cs_metrics.inspection import inspect_files

    check_word("format for inspect", format, ("table", "json"))
    if write_map is not None:
        _write_map(files, write_map)
        return
    setting = opt.load_setting(profile, configs, opt.Asked(tz, source_tz))
    parts = opt.open_files(files, setting, reader, map, dayfirst)
    found = inspect_files(parts, setting.question, setting.catalogue)
    if format == "json":
        import msgspec

        typer.echo(msgspec.json.format(msgspec.json.encode(found.as_json()), indent=1).decode())
    else:
        typer.echo("\n".join(_lines(found, setting.question.calendar.zone)))
    if rejects is not None:
        writers.write_rejects(found.rejects, rejects)


def _write_map(files: list[str], target: Path) -> None:
    from cs_metrics.errors import UsageError
    from cs_metrics.readers import expand, open_table
    from cs_metrics.readers.mapped import starter_map

    if len(files) != 1:
        raise UsageError("--write-map looks at one file")
    if target.exists():
        raise UsageError(f"{target} is there already; name another file")
    (item, *_) = expand(files)
    target.write_text(starter_map(open_table(item)), encoding="utf-8")
    typer.echo(f"Wrote {target}. Complete it, then: cs-metrics report {item.name} --map {target}", err=True)


def _lines(found: Inspection, zone: str) -> Iterator[str]:
    for source in found.sources:
        yield source.path
        facts = [
            ("reader", f"{source.reader} ({source.title}), {source.shape}; source {source.source}"),
            *_coverage(source, zone),
        ]
        facts += [(frame, _account(account)) for frame, account in source.frames.items()]
        cells = found.unparsed.get(source.path, {})
        if cells:
            facts.append(("not read", "; ".join(f"{plural(n, 'cell')} of '{column}'" for column, n in cells.items())))
        changes = found.clock_changes.get(source.path, {})
        facts += [(f"'{column}'", _clock_changes(times)) for column, times in changes.items()]
        extras = found.extras.get(source.path, ())
        if extras:
            facts.append(("other columns", ", ".join(extras)))
        yield from aligned(facts, indent=2)
        yield ""
    for note in found.notes:
        yield f"note: {note.text}"
    if found.notes:
        yield ""
    able = [a for a in found.abilities if a.missing is None]
    yield "These files can answer:" if able else "These files can answer nothing as they are."
    yield from aligned([(a.metric, a.label, _from_rows(a.n, a.of)) for a in able], indent=2)
    unable = [a for a in found.abilities if a.missing is not None]
    if unable:
        yield ""
        yield "They cannot answer:"
        yield from _by_reason(unable)


def _by_reason(unable: Iterable[Ability]) -> Iterator[str]:
    """Every reason once, with the metrics that it keeps from being told; a twin in business hours goes with its own."""
    names: dict[str, list[str]] = {}
    for ability in unable:
        names.setdefault(str(ability.missing), []).append(ability.metric)
    for reason, metrics in names.items():
        yield f"  {reason}"
        shown = [name for name in metrics if (own := name.removesuffix("_business")) == name or own not in metrics]
        yield from textwrap.wrap(", ".join(shown), _WIDTH, initial_indent="    ", subsequent_indent="    ")


def _coverage(source: Source, zone: str) -> list[tuple[str, str]]:
    if source.covers_from is None or source.as_of is None:
        return []
    return [("covers", f"{day_and_time(source.covers_from, zone)} to {day_and_time(source.as_of, zone)}")]


def _clock_changes(times: ClockChanges) -> str:
    repeated = f"{plural(times.repeated, 'time')} in a repeated hour, read as its first pass"
    missing = f"{plural(times.missing, 'time')} in a missing hour, moved on by the gap"
    return "; ".join(said for said, count in ((repeated, times.repeated), (missing, times.missing)) if count)


def _account(account: object) -> str:
    assert isinstance(account, dict)
    twice = "duplicate" if account["duplicates"] == 1 else "duplicates"
    lost = {"rejected": account["rejected"], twice: account["duplicates"], **account["excluded"]}
    parts = [f"{count:,} {reason}" for reason, count in lost.items() if count]
    return f"{plural(account['read'], 'row')} read, {account['used']:,} used" + "".join(f", {part}" for part in parts)


def _from_rows(n: int | None, of: int | None) -> str:
    if n is None or of is None:
        return ""
    return f"from {plural(n, 'row')}" + (f" of {of:,}" if of != n else "")
