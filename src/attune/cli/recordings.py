"""Which recordings a command was given: files, folders, glob patterns, standard input."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from attune.errors import InputError

__all__ = [
    "AUDIO_SUFFIXES",
    "RAW_SUFFIXES",
    "STANDARD_INPUT",
    "Failure",
    "Found",
    "Recording",
    "find_recordings",
    "output_names",
]

AUDIO_SUFFIXES = frozenset((".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3"))
"""What is taken from folders; a file that is named itself may be called anything."""

RAW_SUFFIXES = frozenset((".raw", ".pcm"))
"""What is taken from folders when the format of headerless samples is stated."""

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording to work on.

    `path` is None for standard input. `relative` is where its output goes below an output folder:
    the path below the folder it was found in, or the bare name of a file that was named itself.
    """

    path: Path | None
    relative: Path

    @property
    def name(self) -> str:
        """The path as it was given, or "-"."""
        return STANDARD_INPUT if self.path is None else str(self.path)


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that was asked for and could not be done, and why."""

    name: str
    message: str


@dataclass(slots=True)
class Found:
    """What the arguments of a command come to."""

    recordings: list[Recording] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def find_recordings(arguments: Sequence[str], *, raw: bool = False) -> Found:
    """The recordings that `arguments` name, each once, folders in order of name.

    A named file that does not exist is among them: whoever opens it says so. Folders without
    recordings and patterns without matches are failures. `raw`: take `RAW_SUFFIXES` from folders.
    """
    found = Found()
    seen: set[str] = set()
    for argument in arguments:
        try:
            recordings = _expand(argument, RAW_SUFFIXES if raw else AUDIO_SUFFIXES)
        except InputError as error:
            found.failures.append(Failure(argument, str(error)))
            continue
        for recording in recordings:
            key = os.path.normpath(recording.name)
            if key not in seen:
                seen.add(key)
                found.recordings.append(recording)
    return found


def _expand(argument: str, suffixes: frozenset[str]) -> list[Recording]:
    if argument == STANDARD_INPUT:
        return [Recording(None, Path("stdin"))]
    path = Path(argument)
    if path.is_dir():
        return _search(path, suffixes)
    if path.exists() or not glob.has_magic(argument):
        return [Recording(path, Path(path.name))]
    matches = [Path(match) for match in sorted(glob.glob(argument, recursive=True))]
    if not matches:
        raise InputError(f"{argument}: no file matches this pattern: check it")
    return [
        recording
        for match in matches
        for recording in (
            _search(match, suffixes) if match.is_dir() else [Recording(match, Path(match.name))]
        )
    ]


def _search(top: Path, suffixes: frozenset[str]) -> list[Recording]:
    found: list[Recording] = []
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if Path(name).suffix.lower() in suffixes and not name.startswith("."):
                path = Path(folder, name)
                found.append(Recording(path, path.relative_to(top)))
    if not found:
        wanted = ", ".join(sorted(suffixes))
        raise InputError(f"{top}: no recordings in this folder (looked for {wanted})")
    return found


def output_names(recordings: Sequence[Recording], suffix: str) -> list[Path]:
    """Where each recording's output goes below the output folder: its name with `suffix`.

    Recordings whose names differ only in their suffix keep it (`a.wav.txt`, `a.mp3.txt`). Raises
    InputError where two would still write the same file.
    """
    short = [recording.relative.with_suffix(suffix) for recording in recordings]
    uses = Counter(short)
    names: list[Path] = []
    taken: dict[Path, Recording] = {}
    for name, recording in zip(short, recordings, strict=True):
        if uses[name] > 1:
            name = Path(f"{recording.relative}{suffix}")
        other = taken.setdefault(name, recording)
        if other is not recording:
            raise InputError(
                f"{other.name} and {recording.name} would both be written to {name}: rename one, "
                "or give the folder that holds both"
            )
        names.append(name)
    return names
