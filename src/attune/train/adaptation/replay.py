"""Speech of the base's own kind, heard again while the encoder learns a new one.

A network that is trained on one speaker forgets the others; a few minutes of what it was trained on
before, mixed in, keep them (rehearsal: Robins 1995, "Catastrophic forgetting, rehearsal and
pseudorehearsal"). A replay set is a manifest with its recordings, or one zip of them, in which a
second manifest, `general.tsv`, may list speech that the base never learnt: to measure with.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from attune.bundle import Bundle
from attune.bundle.atomic import new_folder, write_errors
from attune.data import Manifest, Utterance
from attune.errors import InputError
from attune.train.adaptation.splitting import split_rows

__all__ = ["NO_REPLAY", "ROLE", "find_replay", "part_replay"]

NO_REPLAY = "none"
"""What to give in place of a replay set to do without."""

ROLE = "replay"
"""The role of a bundle's own replay set."""

_MANIFEST, _GENERAL = "manifest.tsv", "general.tsv"
_MEASURED = 0.25
_LARGEST = 1_000_000_000  # bytes that a set may unpack to


def find_replay(base: Bundle, given: str | None, work: Path) -> Path | None:
    """The manifest of the replay set: `given` (a manifest or zip), else the bundle's own part.

    None when there is none, or `given` is `none`. A zip is unpacked into `work`. InputError names
    what cannot be used.
    """
    if given == NO_REPLAY:
        return None
    if given is None:
        return _unpacked(base.part_path(ROLE), work) if base.has(ROLE) else None
    path = Path(given)
    if not path.is_file():
        raise InputError(f"--replay {path}: no such file: give a manifest, a zip, or none")
    return _unpacked(path, work) if zipfile.is_zipfile(path) else path


def part_replay(manifest: Path | None) -> tuple[list[Utterance], list[Utterance]]:
    """What is mixed into the learning, and what only shows whether it is forgotten.

    The second is what a `general.tsv` beside an unpacked `manifest` lists, else a quarter of the
    set.
    """
    if manifest is None:
        return [], []
    Manifest(manifest).check().require()
    rows, general = list(Manifest(manifest)), manifest.with_name(_GENERAL)
    if manifest.name == _MANIFEST and general.is_file():
        Manifest(general).check().require(distinct=True)
        return rows, list(Manifest(general))
    split = split_rows(rows, lambda text: text, _MEASURED)
    return list(split.training), list(split.held_out)


def _unpacked(path: Path, work: Path) -> Path:
    folder = work / "replay"
    manifest = folder / _MANIFEST
    if manifest.is_file():
        return manifest
    try:
        with zipfile.ZipFile(path) as archive:
            _check(path, archive.infolist())
            with write_errors(folder, "choose another --work folder"):
                shutil.rmtree(folder, ignore_errors=True)
                with new_folder(folder) as fresh:
                    archive.extractall(fresh)
    except (zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"{path}: the replay set is damaged ({error}): make it again") from error
    return manifest


def _check(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    if _MANIFEST not in {entry.filename for entry in entries}:
        raise InputError(f"{path}: no {_MANIFEST} in it: not a replay set")
    if sum(entry.file_size for entry in entries) > _LARGEST:
        raise InputError(f"{path}: a replay set of over {_LARGEST // 10**6} MB: make a smaller one")
