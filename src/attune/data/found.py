"""What a layout reader yields: an utterance, as its source tells it, before anything is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attune.data.manifest import is_file
from attune.data.report import Problem, Reason

__all__ = ["Found", "Source", "find_audio", "recording"]

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3")


@dataclass(frozen=True, slots=True)
class Found:
    """One utterance of a source.

    `where` is the place of its transcript (`file:line`); `key` tells recordings apart, so that one
    listed twice is noticed; `fetch` returns the recording's file, and makes it first where it must
    be unpacked or cut. `fetch` is called only for transcripts that can be used; it returns a
    Problem instead when there is no such recording.
    """

    where: str
    key: str
    text: str
    speaker: str
    fetch: Callable[[], Path | Problem]


Source = Iterator[Found | Problem]


def recording(path: Path, where: str) -> Callable[[], Path | Problem]:
    """`fetch` of a recording that stays where it is: `path`, if there is such a file."""

    def fetch() -> Path | Problem:
        if is_file(path):
            return path
        return Problem(Reason.NO_FILE, where, f"there is no file {path}")

    return fetch


def find_audio(stem: Path) -> Path | None:
    """The recording named `stem` plus the suffix of an audio format, WAV first."""
    for suffix in AUDIO_SUFFIXES:
        path = stem.with_name(stem.name + suffix)
        if is_file(path):
            return path
    return None
