"""Turning the data of other tools into a manifest, with a report of what was left out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from attune.audio import probe_audio
from attune.data.atomic import atomic_text
from attune.data.azure import (
    find_azure_folder,
    find_azure_zip,
    read_azure_folder,
    read_azure_zip,
)
from attune.data.common_voice import find_common_voice, read_common_voice
from attune.data.deepspeech import find_deepspeech, read_deepspeech
from attune.data.found import Found, Source
from attune.data.kaldi import find_kaldi, read_kaldi
from attune.data.librispeech import find_librispeech, read_librispeech
from attune.data.lines import decodable
from attune.data.manifest import Utterance, write_manifest
from attune.data.manifest_source import find_manifest, read_manifest
from attune.data.report import ImportReport, ImportTally, Problem, Reason
from attune.data.transcripts import TranscriptCheck
from attune.errors import InputError
from attune.text import normalize

__all__ = ["LAYOUTS", "Layout", "check_manifest", "detect_layout", "import_data"]

MANIFEST = "manifest.tsv"
AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of arranging recordings and transcripts on disk.

    `find` tells where in a source the layout's table is, or None when the source is not arranged
    so; `read` yields the utterances from there, and writes recordings that must be unpacked or cut
    to the folder given.
    """

    name: str
    what: str
    find: Callable[[Path], Path | None]
    read: Callable[[Path, Path], Source]


LAYOUTS = (
    Layout("manifest", "a manifest", find_manifest, read_manifest),
    Layout("kaldi", "a folder with wav.scp and text", find_kaldi, read_kaldi),
    Layout(
        "common-voice",
        "a folder with validated.tsv or train.tsv and clips/, or one such table",
        find_common_voice,
        read_common_voice,
    ),
    Layout(
        "deepspeech",
        "a CSV with wav_filename,wav_filesize,transcript",
        find_deepspeech,
        read_deepspeech,
    ),
    Layout(
        "azure-folder",
        "a folder with trans.txt and WAV files",
        find_azure_folder,
        read_azure_folder,
    ),
    Layout("azure-zip", "a zip with trans.txt inside or beside it", find_azure_zip, read_azure_zip),
    # Last, for it has to walk the whole tree.
    Layout("librispeech", "a tree with *.trans.txt files", find_librispeech, read_librispeech),
)


def detect_layout(source: str | Path, name: str | None = None) -> tuple[Layout, Path]:
    """The layout of `source` (the first of `LAYOUTS` that fits, or the one called `name`) and the
    table or folder to read. InputError when none fits."""
    source = Path(source)
    if not source.exists():
        raise InputError(f"{source}: no such file or folder: check the name")
    layouts = [layout for layout in LAYOUTS if name in (None, layout.name)]
    if not layouts:
        known = ", ".join(layout.name for layout in LAYOUTS)
        raise InputError(f"{name!r} is not a layout: use one of {known}")
    with reading(source):
        for layout in layouts:
            place = layout.find(source)
            if place is not None:
                return layout, place
    expected = "; ".join(f"{layout.name}: {layout.what}" for layout in layouts)
    raise InputError(f"{source}: not data that can be imported. Expected {expected}")


def import_data(
    source: str | Path,
    out: str | Path,
    *,
    layout: str | None = None,
    language: str = "en-US",
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import `source` into the folder `out`: `manifest.tsv`, `report.json` and `report.txt`.

    Recordings stay where they are, except those of zips and Kaldi segments, which are unpacked or
    cut into `out/audio`. Transcripts keep their form; they are dropped when normalising them for
    `language` would lose speech. `progress` is called with the number of items done so far.

    Raises InputError when the source cannot be read at all, when `out` has a manifest already
    (unless `overwrite`), and when nothing could be kept; the report is written even then.
    """
    source, out = Path(source), Path(out)
    chosen, place = detect_layout(source, layout)
    manifest = out / MANIFEST
    if manifest.exists() and not overwrite:
        raise InputError(f"{manifest} exists: choose another folder, or ask to overwrite it")
    tally = ImportTally()
    items = guard(chosen.read(place, out / AUDIO), source)
    kept = keep_usable(items, language, tally, progress)
    first = next(kept, None)
    if first is not None:
        write_manifest(manifest, itertools.chain((first,), kept))
    notes = (f"its table is {place}",) if place != source else ()
    report = tally.report(source, chosen.name, manifest if first else None, notes)
    with atomic_text(out / "report.txt") as stream:
        stream.write(report.to_text())
    with atomic_text(out / "report.json") as stream:
        json.dump(report.to_json(), stream, indent=1, ensure_ascii=False)
    if first is None:
        raise InputError(f"{source}: nothing could be kept\n{report.to_text()}")
    return report


def check_manifest(
    path: str | Path,
    *,
    language: str = "en-US",
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """What `import_data` would keep and drop of the manifest at `path`; nothing is written.

    The rows of the report are those of the manifest; its `manifest` is None. Raises InputError for
    a file that is not a manifest, or is malformed.
    """
    path = Path(path)
    tally = ImportTally()
    for _ in keep_usable(read_manifest(path, path.parent), language, tally, progress):
        pass
    return tally.report(path, "manifest", None)


@contextmanager
def reading(source: Path) -> Iterator[None]:
    """Turn OSError while looking through `source` into InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename or source}: cannot read: {error.strerror}") from error


def guard(items: Source, source: Path) -> Source:
    """`items`, with the OSErrors of reading them turned into InputError."""
    with reading(source):
        yield from items


def keep_usable(
    source: Source,
    language: str,
    tally: ImportTally,
    progress: Callable[[int], None] | None,
) -> Iterator[Utterance]:
    """Yield what can be used, and count everything in `tally`."""
    check = TranscriptCheck(lambda text: normalize(text, language))
    seen: dict[str, str] = {}
    for number, item in enumerate(source, start=1):
        result = item if isinstance(item, Problem) else examine(item, check, seen)
        if isinstance(result, Problem):
            tally.drop(result)
        else:
            tally.keep(result.seconds, result.speaker)
            yield result
        if progress is not None:
            progress(number)


def examine(found: Found, check: TranscriptCheck, seen: dict[str, str]) -> Utterance | Problem:
    """Make a row of one utterance, or say why not; `seen` maps keys to where they came first."""
    where = found.where
    if found.key in seen:
        return Problem(Reason.REPEATED, where, f"{found.key} came first at {seen[found.key]}")
    problem = check(found.text, where)
    if problem is not None:
        return problem
    path = found.fetch()
    if isinstance(path, Problem):
        return path
    if not (decodable(str(path)) and str(path).isprintable()):
        return Problem(Reason.MALFORMED, where, f"the file's name {str(path)!r} is not plain text")
    try:
        seconds = probe_audio(path).seconds
    except InputError as error:
        return Problem(Reason.UNREADABLE, where, str(error))
    seen[found.key] = where
    speaker = found.speaker if decodable(found.speaker) else ""
    return Utterance(path, seconds, " ".join(speaker.split()), " ".join(found.text.split()))
