"""The command line. `main` is the console script, `app` the Typer application."""

from attune.cli.application import app, main

__all__ = ["app", "main"]
