"""LibriSpeech trees: SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt beside the recordings.

Each line is `UTTERANCE-ID TEXT`, and UTTERANCE-ID.flac (or another format) lies in the same folder
(Panayotov et al., "LibriSpeech: an ASR corpus based on public domain audio books", ICASSP 2015).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from attune.data.found import AUDIO_SUFFIXES, Found, Source, find_audio, recording
from attune.data.lines import read_lines
from attune.data.report import Problem, Reason

__all__ = ["find_librispeech", "read_librispeech"]

SUFFIX = ".trans.txt"


def find_librispeech(source: Path) -> Path | None:
    """`source` itself when it is a folder with a `*.trans.txt` somewhere below."""
    return source if source.is_dir() and next(transcripts_below(source), None) else None


def transcripts_below(folder: Path) -> Iterator[Path]:
    """Every `*.trans.txt` below `folder`, in an order that does not depend on the file system."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(SUFFIX):
                yield Path(parent, name)


def read_librispeech(folder: Path, workspace: Path) -> Source:
    """Yield the utterances of a tree; nothing is written to `workspace`.

    The speaker is the part of the utterance's name before its first hyphen.
    """
    for path in transcripts_below(folder):
        yield from read_chapter(path, folder)


def read_chapter(path: Path, tree: Path) -> Source:
    """Yield the utterances of one `*.trans.txt` in `tree`, then recordings that no line names."""
    listed: set[str] = set()
    for number, line in read_lines(path):
        where = f"{path}:{number}"
        name, _, text = line.strip().partition(" ")
        if not name:
            continue
        if "/" in name or name in (".", ".."):
            yield Problem(Reason.MALFORMED, where, f"{name!r} is not the name of a recording")
            continue
        listed.add(name)
        audio = find_audio(path.parent / name) or path.parent / f"{name}.flac"
        speaker = name.partition("-")[0]
        yield Found(where, str(audio), text, speaker, recording(audio, where, tree))
    for audio in sorted(path.parent.iterdir()):
        # A folder may hold the recordings of several chapters: leave each to its own table.
        mine = audio.name.startswith(path.name.removesuffix(SUFFIX) + "-")
        if mine and audio.suffix.lower() in AUDIO_SUFFIXES and audio.stem not in listed:
            yield Problem(Reason.NO_TRANSCRIPT, str(audio), f"{path.name} has no line for it")
