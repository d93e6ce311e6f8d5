"""What a long stage has found so far, a line for each recording: a stopped run goes on from it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from attune.bundle.atomic import growing_file, write_errors

__all__ = ["Journal"]


class Journal:
    """JSON values by name, kept in a file that only grows. Threads may share it."""

    def __init__(self, values: dict[str, Any], file: BinaryIO) -> None:
        self._values, self._file = values, file
        self._lock = threading.Lock()

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Journal]:
        """Open or begin the journal at `path`; a last line that was cut off is dropped.

        InputError when it cannot be written, AttuneError when the disk is full.
        """
        with write_errors(path, "choose another --work folder"):
            whole, file = growing_file(path)
            with file:
                yield cls(dict(json.loads(line) for line in whole.splitlines()), file)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def add(self, name: str, value: Any) -> None:
        """Keep a value; it is in the file when this returns."""
        line = json.dumps([name, value]).encode() + b"\n"
        with self._lock:
            self._values[name] = value
            self._file.write(line)
            self._file.flush()
