"""What a corpus run has done so far: one line a prompt, added when its audio is safe."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from attune.bundle.atomic import growing_file, write_errors
from attune.errors import InputError

__all__ = ["Entry", "Journal"]

_FILE = "synthesis.journal.tsv"


@dataclass(frozen=True, slots=True)
class Entry:
    """One prompt: spoken by `voice` for `seconds`, or left out (0 seconds) for a `reason`."""

    number: int
    seconds: float
    voice: str
    reason: str
    text: str


class Journal:
    """The entries of prompts 0, 1, 2, ... in a corpus' folder, as far as they are done."""

    def __init__(self, path: Path, entries: list[Entry], file: BinaryIO) -> None:
        self._path = path
        self._entries = entries
        self._file = file

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path) -> Iterator[Journal]:
        """Open the folder's journal; a last line that was cut off is dropped.

        Raises InputError when it is damaged or cannot be written.
        """
        path = folder / _FILE
        with write_errors(path):
            whole, file = growing_file(path)
            with file:
                yield cls(path, _entries(whole, path), file)

    def entry(self, number: int, text: str) -> Entry | None:
        """The entry of prompt `number`, None when it is not done yet.

        Raises InputError when the entry is of another text: the prompts have changed.
        """
        if number >= len(self._entries):
            return None
        entry = self._entries[number]
        if entry.text != text:
            raise InputError(
                f"{self._path.parent} was made from other prompts: number {number} was "
                f"{entry.text[:60]!r}, now it is {text[:60]!r}: choose a new folder"
            )
        return entry

    def add(self, entry: Entry) -> None:
        """Append the entry of the next prompt."""
        line = f"{entry.seconds!r}\t{entry.voice}\t{entry.reason}\t{entry.text}\n"
        self._file.write(line.encode("utf-8"))
        self._file.flush()
        self._entries.append(entry)


def _entries(content: bytes, path: Path) -> list[Entry]:
    entries = []
    # Not splitlines(): a prompt may hold characters that it takes for line ends.
    for number, line in enumerate(content.split(b"\n")[:-1]):
        try:
            seconds, voice, reason, text = line.decode("utf-8").split("\t")
            entries.append(Entry(number, float(seconds), voice, reason, text))
        except ValueError as error:
            raise InputError(
                f"{path}:{number + 1} is damaged: remove {path.parent} and start again"
            ) from error
    return entries
