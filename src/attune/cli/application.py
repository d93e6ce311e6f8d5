"""The command `attune`: its groups of commands, and the way in and out."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import Annotated

import typer

from attune import __version__
from attune.cli import adapt, data, lexicon, model, train
from attune.cli.console import emit, note
from attune.cli.evaluate import evaluate
from attune.cli.exits import INTERRUPTED, ReportingGroup
from attune.cli.listen import listen
from attune.cli.transcribe import transcribe

__all__ = ["app", "main"]

app = typer.Typer(
    name="attune",
    cls=ReportingGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Speech recognition that you can attune to your own words. Everything runs on this "
    "machine.",
    epilog="Exit codes: 0 done, 1 failure, 2 bad input, 130 stopped with Ctrl-C. Results go to "
    "stdout, all else to stderr.",
)
app.command()(transcribe)
app.command()(listen)
app.command()(evaluate)
app.add_typer(data.app, name="data")
app.add_typer(train.app, name="train")
app.add_typer(adapt.app, name="adapt")
app.add_typer(lexicon.app, name="lexicon")
app.add_typer(model.app, name="model")


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
