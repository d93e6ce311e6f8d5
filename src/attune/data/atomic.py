"""Text files that are kept appear whole or not at all: a temporary file, then a rename."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from attune.bundle.atomic import write_errors

__all__ = ["atomic_text"]


@contextmanager
def atomic_text(path: Path) -> Iterator[TextIO]:
    """Open `path` for streaming UTF-8 text; it replaces the old file when the block ends well.

    Folders on the way are made. After an error, and after Ctrl-C, the old file stands untouched
    and nothing is left behind. Raises as `write_errors` does when the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with write_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Not mkstemp: that file stays readable by its owner alone, even after the rename.
            with open(temporary, "x", encoding="utf-8", newline="\n") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
