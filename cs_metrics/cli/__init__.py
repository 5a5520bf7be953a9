"""The command line: parse, call, write. One file per command; nothing here computes.

Modules that load data libraries are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated, Any

import typer

from cs_metrics import __version__, console
from cs_metrics.cli import check, convert, distribution, init, inspect, metrics, readers, report, rows, schema
from cs_metrics.errors import CsMetricsError

app = typer.Typer(
    name="cs-metrics",
    help="Customer-service KPIs from the files that helpdesks export.",
    epilog="Start with: cs-metrics report tickets.csv",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

app.command()(report.report)
app.command()(rows.rows)
app.command()(distribution.distribution)
app.command()(inspect.inspect)
app.command()(metrics.metrics)
app.command()(readers.readers)
app.command()(check.check)
app.command()(convert.convert)
app.command()(init.init)
app.command()(schema.schema)

# Modules and definitions are many objects that stay; to look through them for cycles takes a tenth of a short report.
_OBJECTS_BETWEEN_SEARCHES = 100_000

# The base of Typer's own errors, which it does not export under one name in all versions.
_WRONG_OPTION: type[Any] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"cs-metrics {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command line; every way in which it can end is here."""
    gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES)
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except CsMetricsError as error:
        console.error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `cs-metrics report … | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(console.ExitCode.DONE)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(console.ExitCode.INTERRUPTED)
    except Exception as error:
        if isinstance(error, _WRONG_OPTION):  # the message names it and the command's help
            error.show()
            sys.exit(error.exit_code)
        console.bug(error)
        sys.exit(console.ExitCode.BUG)
    sys.exit(code if isinstance(code, int) else console.ExitCode.DONE)
