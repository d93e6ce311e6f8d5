"""Recordings without transcripts, in a folder or a zip: to be inspected, or transcribed later."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from attune.data.archive import ZipAudio, is_clutter
from attune.data.azure import TABLE, unpack
from attune.data.found import AUDIO_SUFFIXES, Found, Source, recording
from attune.data.report import Problem, Reason

__all__ = ["find_audio_folder", "read_audio_folder", "read_audio_zip"]


def find_audio_folder(source: Path) -> Path | None:
    """`source` itself when it is a folder with a recording somewhere below."""
    names = (path.name for path in files_below(source))
    return source if any(name.lower().endswith(AUDIO_SUFFIXES) for name in names) else None


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below `folder`, in an order that does not depend on the file system.

    Links to folders are given too, for they are not followed.
    """
    for parent, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*names, *links]))


def read_audio_folder(folder: Path, workspace: Path) -> Source:
    """Yield the recordings below a folder, without text; nothing is written to `workspace`."""
    for path in files_below(folder):
        where = str(path)
        if path.is_dir():
            yield Problem(Reason.OUTSIDE, where, "a link to a folder, which is not followed")
        elif path.name.lower().endswith(AUDIO_SUFFIXES) and not is_clutter(path.name):
            yield Found(where, where, "", "", recording(path, where, folder))
        elif not is_clutter(path.name):
            yield other_file(where, path.name)


def read_audio_zip(archive: Path, workspace: Path) -> Source:
    """Yield the recordings of a zip, without text, unpacked below `workspace`.

    Raises InputError for an archive that must not be unpacked.
    """
    with ZipAudio(archive) as opened:
        for name in opened.names:
            where = f"{archive}/{name}"
            if name.lower().endswith(AUDIO_SUFFIXES):
                fetch = partial(unpack, opened, name, where, workspace)
                yield Found(where, name, "", "", fetch, made=True)
            else:
                yield other_file(where, name.rpartition("/")[2])


def other_file(where: str, name: str) -> Problem:
    """The warning about a file that is no recording."""
    transcript = name.lower() == TABLE
    hint = "a transcript, not used: it is with the kind acoustic" if transcript else "not used"
    return Problem(Reason.OTHER_FILE, where, hint)
