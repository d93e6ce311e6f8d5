"""The two ways out: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
from json import dumps
from typing import IO, Any, Protocol

__all__ = ["Report", "emit", "emit_json", "emit_report", "is_terminal", "note", "wants_colour"]


class Report(Protocol):
    """What a command tells at its end."""

    def to_json(self) -> Any:
        """For programs."""
        ...

    def to_text(self) -> str:
        """For people."""
        ...


def emit(text: str) -> None:
    """Write a result to stdout at once, and a line end."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def emit_json(document: object) -> None:
    """Write the one JSON document of a command to stdout."""
    emit(dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def emit_report(report: Report, *, json: bool) -> None:
    """Write what a command did to stdout: one JSON document, or text."""
    if json:
        emit_json(report.to_json())
    else:
        emit(report.to_text().rstrip("\n"))


def note(message: str) -> None:
    """Tell the person something that is not the result: on stderr."""
    sys.stderr.write(f"attune: {message}\n")
    sys.stderr.flush()


def is_terminal(stream: IO[Any]) -> bool:
    """Whether a person sees what is written to the stream."""
    try:
        return stream.isatty()
    except ValueError:  # Closed.
        return False


def wants_colour(stream: IO[Any]) -> bool:
    """Whether to colour what is written to the stream (https://no-color.org is respected)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (
        is_terminal(stream) and os.environ.get("TERM") != "dumb"
    )
