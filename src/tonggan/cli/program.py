"""The program: its commands, and what surrounds each run of one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from tonggan import __version__
from tonggan.cli import (
    backups,
    bench,
    demo,
    doctor,
    encode,
    evaluate,
    explain,
    feeds,
    judgments,
    keys,
    learn,
    packs,
    rules,
    search,
    serve,
    suggest,
    synonyms,
)
from tonggan.cli.failures import UNREAD, Reporter, UsageError

NAME = "tonggan"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

COMMANDS = {
    "demo": demo.demo,
    "init": feeds.init,
    "inspect": feeds.inspect,
    "import": feeds.import_feed,
    "search": search.search,
    "explain": explain.explain,
    "suggest": suggest.suggest,
    "serve": serve.serve,
    "encode": encode.encode,
    "export": backups.export,
    "backup": backups.backup,
    "restore": backups.restore,
    "doctor": doctor.doctor,
    "bench": bench.bench,
}
"""In the order of the help text: the way a newcomer goes."""

for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(judgments.app, name="judgments")
app.add_typer(rules.app, name="rules")
app.add_typer(synonyms.app, name="synonyms")
app.add_typer(packs.app, name="packs")
app.add_typer(keys.app, name="keys")
app.add_typer(learn.app, name="learn")


@app.callback()
def tonggan(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected error comes from.")] = False,
) -> None:
    """Search for shops: words, pictures and stars, alone or mixed, in Chinese and English.

    Begin with `tonggan demo`, or with `tonggan import products_export.csv`.
    """


def run(arguments: Sequence[str]) -> int:
    """Run the program with these arguments and return its exit code; whatever fails is told on stderr."""
    options = _before_words(arguments)
    if options[:1] == ["--version"]:
        return _print_version()
    reporter = Reporter(is_json="--json" in options, is_debug="--debug" in options)
    try:
        _execute(arguments)
        sys.stdout.flush()
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return reporter.stopped()
    except BrokenPipeError:
        return _abandon_output()
    except UsageError as error:
        return reporter.misused(error)
    except Exception as error:
        return reporter.failed(error)
    return 0


def _execute(arguments: Sequence[str]) -> None:
    with get_command(app).make_context(NAME, list(arguments)) as context:
        context.command.invoke(context)


def _before_words(arguments: Sequence[str]) -> list[str]:
    """The arguments that may be options: those before `--`."""
    given = list(arguments)
    return given[: given.index("--")] if "--" in given else given


def _print_version() -> int:
    typer.echo(f"{NAME} {__version__}")
    return 0


def _abandon_output() -> int:
    """Nobody reads any more; what is still buffered must not fail a second time when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UNREAD
