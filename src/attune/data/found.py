"""What a layout reader yields: an utterance, as its source tells it, before anything is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attune.data.manifest import is_file
from attune.data.report import Problem, Reason

__all__ = ["AUDIO_SUFFIXES", "Found", "Source", "find_audio", "leads_out", "recording"]

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3")


@dataclass(frozen=True, slots=True)
class Found:
    """One utterance of a source.

    `where` is the place of its transcript (`file:line`); `key` tells recordings apart, so that one
    listed twice is noticed; `fetch` returns the recording's file, and makes it first where it must
    be unpacked or cut. `fetch` is called only for transcripts that can be used; it returns a
    Problem instead when there is no such recording. `made` says that `fetch` writes the file, so
    that it may be deleted when it turns out to be of no use.
    """

    where: str
    key: str
    text: str
    speaker: str
    fetch: Callable[[], Path | Problem]
    made: bool = False


Source = Iterator[Found | Problem]


def recording(path: Path, where: str, inside: Path | None = None) -> Callable[[], Path | Problem]:
    """`fetch` of a recording that stays where it is: `path`, if there is such a file.

    With `inside`, neither links nor `..` may lead out of that folder.
    """

    def fetch() -> Path | Problem:
        if not is_file(path):
            return Problem(Reason.NO_FILE, where, f"there is no file {path}")
        if inside is not None and leads_out(path, inside):
            return Problem(Reason.OUTSIDE, where, f"{path} leads to {path.resolve()}")
        return path

    return fetch


def leads_out(path: Path, folder: Path) -> bool:
    """Whether the file at `path`, links followed, lies outside of `folder`."""
    return not path.resolve().is_relative_to(folder.resolve())


def find_audio(stem: Path) -> Path | None:
    """The recording named `stem` plus the suffix of an audio format, WAV first."""
    for suffix in AUDIO_SUFFIXES:
        path = stem.with_name(stem.name + suffix)
        if is_file(path):
            return path
    return None
