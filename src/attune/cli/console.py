"""The two ways out: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any

__all__ = ["emit", "emit_json", "is_terminal", "note", "wants_colour"]


def emit(text: str) -> None:
    """Write a result to stdout at once, and a line end."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def emit_json(document: object) -> None:
    """Write the one JSON document of a command to stdout."""
    emit(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


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
