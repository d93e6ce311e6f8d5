"""The command `attune`: its groups of commands, and the way in and out."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import Annotated, Any, cast

import typer

from attune import __version__
from attune.cli.command_table import CommandTable
from attune.cli.console import emit, note
from attune.cli.exits import INTERRUPTED, ReportingGroup

__all__ = ["app", "main"]

COMMANDS = {
    "transcribe": "attune.cli.transcribe:transcribe",
    "listen": "attune.cli.listen:listen",
    "evaluate": "attune.cli.evaluate:evaluate",
    "data": "attune.cli.data:app",
    "train": "attune.cli.train:app",
    "adapt": "attune.cli.adapt:app",
    "keyword": "attune.cli.keyword:app",
    "lexicon": "attune.cli.lexicon:app",
    "model": "attune.cli.model:app",
    "serve": "attune.cli.serve:serve",
}
"""The commands and groups of commands, and where they are, in the order of the help."""


class AllCommands(ReportingGroup):
    """The group of `COMMANDS`, each imported when it is used."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast(Any, CommandTable(COMMANDS))  # Nobody adds to it.


app = typer.Typer(
    name="attune",
    cls=AllCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Speech recognition that you can attune to your own words. Everything runs on this "
    "machine.",
    epilog="Exit codes: 0 done, 1 failure, 2 bad input, 130 stopped with Ctrl-C. Results go to "
    "stdout, all else to stderr.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        emit(f"attune {__version__}")
        raise typer.Exit


@app.callback()
def start(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Only declares the options that come before a command."""


def main() -> None:
    """The console script: run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # File names need not be text, and terminals need not know every character.
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:
        note("stopped")
        sys.exit(INTERRUPTED)
