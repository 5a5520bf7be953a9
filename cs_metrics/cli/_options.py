"""Options that several commands share, and how they become a question. Every help text is for a support lead."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast, get_args

import typer

if TYPE_CHECKING:
    from cs_metrics.calendars import BusinessHours
    from cs_metrics.catalogue import Catalogue
    from cs_metrics.profile import Profile
    from cs_metrics.question import Comparison, Question
    from cs_metrics.readers import FilePart
    from cs_metrics.sla import SlaPolicies

Files = Annotated[
    list[str],
    typer.Argument(
        help="Exports: files, folders, patterns like 'exports/*.csv', - for standard input; NAME=FILE names a source.",
        metavar="FILES...",
        show_default=False,
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "-m", "--metric", help="Metrics or topics, also as a list with commas. Without: the scorecard.", metavar="NAME"
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "-b", "--by", help="Split by a column: group, assignee, channel, priority, hour, weekday, …", metavar="COLUMN"
    ),
]
GrainOption = Annotated[
    str | None,
    typer.Option(
        "-g", "--grain", help="One figure for all, or one per day, week, month, quarter or year.", metavar="GRAIN"
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--from", help="Begin here: 2024, 2024-Q1, 2024-03, 2024-W05, 2024-03-31 or an instant.", metavar="DATE"
    ),
]
Until = Annotated[
    str | None, typer.Option("--to", help="End here, the whole of what you name included.", metavar="DATE")
]
Last = Annotated[
    str | None,
    typer.Option("--last", help="The last complete periods: 4w, 3m, 2q, 1y, 10d.", metavar="SPAN"),
]
Where = Annotated[
    str | None,
    typer.Option(
        "-w", "--where", help="Only rows that meet a condition, such as \"priority = 'urgent'\".", metavar="SQL"
    ),
]
Zone = Annotated[
    str | None,
    typer.Option("--tz", help="Time zone in which days and months begin, such as Europe/Berlin.", metavar="ZONE"),
]
SourceZone = Annotated[
    str | None,
    typer.Option("--source-tz", help="Time zone of the times in the files, if it is another one.", metavar="ZONE"),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="Answer with what was known at the end of this day, or at this instant.", metavar="DATE"
    ),
]
CalendarOption = Annotated[
    str | None,
    typer.Option(
        "--calendar",
        help="Opening hours for business time: a name (always, weekdays-9-17, your own) or a file.",
        metavar="NAME|FILE",
    ),
]
SlaOption = Annotated[
    str | None, typer.Option("--sla", help="What was promised: the name of an SLA, or its file.", metavar="NAME|FILE")
]
Compare = Annotated[
    str,
    typer.Option(
        "--compare", help="Compare with the period before, the same a year before, or none.",
        metavar="previous|year|none",
    ),
]  # fmt: skip
Confidence = Annotated[
    float, typer.Option("--confidence", help="How sure intervals and signals are to be.", metavar="SHARE")
]
Configs = Annotated[
    Path | None,
    typer.Option("--configs", help="A folder with metrics of your own, beside the shipped ones.", metavar="DIR"),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option(
        "--profile",
        help="Your team's settings. Without: cs-metrics.yml in this folder, if it is there.",
        metavar="FILE",
    ),
]
ReaderOption = Annotated[
    str | None,
    typer.Option("--reader", help="Read the files as this helpdesk's, see: cs-metrics readers", metavar="NAME"),
]
MapOption = Annotated[
    list[Path] | None, typer.Option("--map", help="A map for files that no reader knows.", metavar="FILE")
]
DayFirst = Annotated[
    bool | None,
    typer.Option(
        "--dayfirst/--monthfirst",
        help="What 03/04/2024 is, where the files do not show it: 3 April or March 4.",
        show_default=False,
    ),
]
Raw = Annotated[bool, typer.Option("--raw", help="In CSV: leave cells alone that a spreadsheet would run as formulas.")]
Rejects = Annotated[
    Path | None,
    typer.Option("--rejects", help="Write every cell and row that could not be read to this CSV file.", metavar="FILE"),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Write to this file instead of the terminal.", metavar="FILE")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors on the side.")]


@dataclass(frozen=True)
class Asked:
    """What the command line says in words that have to be looked up, or leaves to the profile to say."""

    tz: str | None = None
    source_tz: str | None = None
    as_of: str | None = None
    metrics: list[str] | None = None
    by: list[str] | None = None
    grain: str | None = None
    calendar: str | None = None
    sla: str | None = None


class Setting(NamedTuple):
    """The team's settings, all definitions, and the question that the options and settings make together.

    `folders` are those of the definitions, the shipped one first.
    """

    profile: Profile
    catalogue: Catalogue
    question: Question
    folders: list[Path]


def load_setting(profile: Path | None, configs: Path | None, asked: Asked | None = None, **told: Any) -> Setting:
    """Settings, definitions and question; what the command line leaves out comes from the profile.

    `told` are fields of the question that the command line alone says, and says as they are. Raises `UsageError`.
    """
    from cs_metrics.catalogue import load_catalogue
    from cs_metrics.errors import UsageError
    from cs_metrics.profile import DEFAULT_NAME, Profile, load_profile
    from cs_metrics.shipped import configs_folder
    from cs_metrics.targets import misfits

    default = Path(DEFAULT_NAME)
    settings = load_profile(profile or default) if profile or default.is_file() else Profile()
    own = configs or settings.configs
    if own is not None and not own.is_dir():
        raise UsageError(f"{own}: there is no such folder")
    folders = [configs_folder(), *([own] if own else [])]
    catalogue = load_catalogue(folders, proven=configs_folder())
    wrong = [f"targets: {message}" for _, message in misfits(settings.targets, catalogue)]
    if wrong:
        raise UsageError("\n".join(wrong))
    return Setting(settings, catalogue, _question(asked or Asked(), settings, folders, told), folders)


def _question(asked: Asked, settings: Profile, folders: list[Path], told: dict[str, Any]) -> Question:
    from datetime import UTC, timedelta

    from cs_metrics.errors import check_word
    from cs_metrics.periods import GRAINS, check_zone, parse_bound
    from cs_metrics.question import Question
    from cs_metrics.sla import find_sla

    if asked.grain is not None:
        check_word("grain", asked.grain, GRAINS)
    zone, source_zone = (name if name is None else check_zone(name) for name in (asked.tz, asked.source_tz))
    calendar = settings.calendar(zone)
    promised = find_sla(asked.sla or settings.sla or "", folders) if asked.sla or settings.sla else None
    return Question(
        now=datetime.now(UTC),
        metrics=split_list(asked.metrics) or settings.metrics,
        by=split_list(asked.by) or settings.by,
        grain=asked.grain or settings.grain or "all",  # type: ignore[arg-type]
        exclude=settings.exclude,
        as_of=parse_bound(asked.as_of, calendar, end=True) - timedelta(microseconds=1) if asked.as_of else None,
        calendar=calendar,
        zone_given=bool(zone or settings.zone),
        source_zone=source_zone or settings.source_zone,
        hours=_business_hours(asked.calendar, settings, promised, folders, calendar.zone),
        sla=promised,
        targets=settings.targets,
        **told,
    )


def _business_hours(
    word: str | None, settings: Profile, promised: SlaPolicies | None, folders: list[Path], zone: str
) -> BusinessHours | None:
    """The calendar of the command line for all tickets, else those of the profile, else that of the SLA."""
    from cs_metrics.calendars import BusinessHours, find_calendar
    from cs_metrics.errors import UsageError

    default = word or settings.business_calendar or (promised.calendar if promised is not None else None)
    if default is None:
        if promised is not None and promised.needs_calendar:
            raise UsageError(f"the SLA '{promised.name}' counts business hours; name them with --calendar NAME")
        return None
    columns = {} if word or settings.business_calendar is None else settings.business_calendars
    names = list(dict.fromkeys([default, *(name for values in columns.values() for name in values.values())]))
    rules = [
        (column, {value: names.index(name) for value, name in values.items()}) for column, values in columns.items()
    ]
    return BusinessHours(tuple(find_calendar(name, folders, zone) for name in names), tuple(rules))


def open_files(
    files: list[str], setting: Setting, reader: str | None, maps: list[Path] | None,
    day_first: bool | None = None, quiet: bool = False,
) -> list[FilePart]:  # fmt: skip
    """The files bound to their readers; the command line's maps come before the profile's.

    Raises `UsageError` where a topic or metric stands in a file's place.
    """
    from cs_metrics import console
    from cs_metrics.errors import UsageError
    from cs_metrics.readers import open_exports

    for word in files:
        kind = "topic" if word in setting.catalogue.topics else "metric" if word in setting.catalogue.metrics else None
        if kind and not Path(word).exists():
            raise UsageError(f"{word}: there is no such file; for the {kind} write: cs-metrics report -m {word} FILE")
    every = [*(maps or []), *setting.profile.maps]
    return open_exports(files, reader, every, day_first, console.progress(quiet))


def comparison(word: str) -> Comparison:
    """The word, if it names a comparison; else raises `UsageError`."""
    from cs_metrics.errors import check_word
    from cs_metrics.question import Comparison

    check_word("comparison", word, get_args(Comparison))
    return cast("Comparison", word)


def split_list(words: list[str] | None) -> tuple[str, ...]:
    """`-m a -m b,c` → (a, b, c)."""
    return tuple(word.strip() for given in words or [] for word in given.split(",") if word.strip())


def is_seen(output: Path | None) -> bool:
    """Whether a person reads on a terminal what is written to `output`."""
    return output is None and sys.stdout.isatty()


def is_colored(output: Path | None) -> bool:
    """Whether to write to it in colors; see no-color.org."""
    return is_seen(output) and "NO_COLOR" not in os.environ
