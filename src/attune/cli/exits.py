"""Exit codes, and how every error leaves the program: a message on stderr, never a traceback.

0 done, 1 failure, 2 bad input or wrong usage, 130 stopped with Ctrl-C, 141 nobody reads the output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from attune.cli.console import note
from attune.errors import AttuneError, InputError

__all__ = [
    "BAD_INPUT",
    "FAILURE",
    "INTERRUPTED",
    "UNREAD",
    "ReportingGroup",
    "Stopped",
    "reporting",
]

FAILURE = 1
BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, what shells report for a command stopped with Ctrl-C.
UNREAD = 141  # 128 + SIGPIPE, what shells report for a command whose reader went away.


class Stopped(KeyboardInterrupt):
    """Ctrl-C, with a message that says what is done and how to go on."""


@contextmanager
def reporting() -> Iterator[None]:
    """Turn the errors that Attune raises on purpose, and Ctrl-C, into a message and an exit code.

    Raises `typer.Exit` with the code.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        discard_output()
        raise typer.Exit(UNREAD) from error
    except KeyboardInterrupt as error:
        note(f"stopped: {error}" if str(error) else "stopped before the end")
        raise typer.Exit(INTERRUPTED) from error
    except InputError as error:
        note(f"error: {error}")
        raise typer.Exit(BAD_INPUT) from error
    except AttuneError as error:
        interrupted = isinstance(error.__cause__, KeyboardInterrupt)
        note(str(error) if interrupted else f"error: {error}")
        raise typer.Exit(INTERRUPTED if interrupted else FAILURE) from error
    except OSError as error:
        # What reading and writing of files raises is turned into AttuneError where the file is
        # known; this is the rest, such as output that goes to a full disk.
        where = f"{error.filename}: " if error.filename else ""
        note(f"error: {where}{error.strerror or error}")
        raise typer.Exit(FAILURE) from error


def discard_output() -> None:
    """Point stdout at nothing, so that the interpreter's last flush of it cannot fail."""
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        os.dup2(nothing.fileno(), sys.__stdout__.fileno() if sys.__stdout__ else 1)


class ReportingGroup(TyperGroup):
    """The group of all commands, which runs them under `reporting`."""

    def invoke(self, ctx: Any) -> Any:
        with reporting():
            return super().invoke(ctx)
