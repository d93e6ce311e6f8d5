"""Turning the data of other tools into a manifest, with a report of what was left out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from attune.data.audio_alone import (
    find_audio_folder,
    read_audio_folder,
    read_audio_zip,
)
from attune.data.azure import (
    find_azure_folder,
    find_azure_zip,
    read_azure_folder,
    read_azure_zip,
)
from attune.data.common_voice import find_common_voice, read_common_voice
from attune.data.deepspeech import find_deepspeech, read_deepspeech
from attune.data.found import Source
from attune.data.kaldi import find_kaldi, read_kaldi
from attune.data.librispeech import find_librispeech, read_librispeech
from attune.data.manifest import write_manifest
from attune.data.manifest_source import find_manifest, read_manifest
from attune.data.recordings import Purpose, read_purpose
from attune.data.report import ImportReport, ImportTally
from attune.data.report_files import deliver_report
from attune.data.screening import keep_usable
from attune.errors import InputError

__all__ = ["KINDS", "LAYOUTS", "Layout", "check_manifest", "detect_layout", "import_data"]

MANIFEST = "manifest.tsv"
AUDIO = "audio"

KINDS = ("acoustic", "audio")
"""Kinds of data sets that become a manifest: recordings with transcripts, and recordings alone."""

ALONE = (
    "recordings alone, without transcripts: to listen to, to transcribe and to see what a model "
    "makes of them, not to train or measure with"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of arranging a data set of the kind `kind` on disk.

    `find` tells where in a source the layout's table is, or None when the source is not arranged
    so; `read` yields the utterances from there, and writes recordings that must be unpacked or cut
    to the folder given.
    """

    name: str
    what: str
    find: Callable[[Path], Path | None]
    read: Callable[[Path, Path], Source]
    kind: str = "acoustic"


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
    Layout("audio-zip", "a zip of recordings", find_azure_zip, read_audio_zip, "audio"),
    Layout("audio-folder", "a tree of recordings", find_audio_folder, read_audio_folder, "audio"),
)


def detect_layout(
    source: str | Path, name: str | None = None, kind: str | None = None
) -> tuple[Layout, Path]:
    """The layout of `source`, and the table or folder to read.

    That is the first of `LAYOUTS` that fits, of those of one `kind` (default: "acoustic"), or the
    one called `name`. InputError when none fits.
    """
    source = Path(source)
    if not source.exists():
        raise InputError(f"{source}: no such file or folder: check the name")
    layouts = choose_layouts(name, kind)
    with reading(source):
        for layout in layouts:
            place = layout.find(source)
            if place is not None:
                return layout, place
        if name is None and kind != "audio" and find_audio_folder(source):
            raise InputError(
                f"{source}: holds recordings, but no transcript in a known form: put trans.txt "
                "(lines `file.wav<TAB>text`) beside them, or import the recordings alone "
                "(--kind audio)"
            )
    expected = "; ".join(f"{layout.name}: {layout.what}" for layout in layouts)
    raise InputError(f"{source}: not data that can be imported. Expected {expected}")


def choose_layouts(name: str | None, kind: str | None) -> list[Layout]:
    """The layouts that are asked for: the one called `name`, or all of `kind`."""
    if kind is not None and kind not in KINDS:
        raise InputError(f"{kind!r} is not a kind of data set: use one of {', '.join(KINDS)}")
    if name is None:
        return [layout for layout in LAYOUTS if layout.kind == (kind or KINDS[0])]
    layouts = [layout for layout in LAYOUTS if layout.name == name]
    if not layouts:
        known = ", ".join(layout.name for layout in LAYOUTS)
        raise InputError(f"{name!r} is not a layout: use one of {known}")
    if kind not in (None, layouts[0].kind):
        raise InputError(
            f"the layout {name!r} is of the kind {layouts[0].kind!r}, not {kind!r}: leave one out"
        )
    return layouts


def import_data(
    source: str | Path,
    out: str | Path,
    *,
    layout: str | None = None,
    kind: str | None = None,
    purpose: str | None = None,
    language: str = "en-US",
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import `source` into the folder `out`: `manifest.tsv`, and the report as text, JSON and HTML.

    Recordings stay where they are, except those of zips and Kaldi segments, which are unpacked or
    cut into `out/audio`. Transcripts keep their form; they are dropped when normalising them for
    `language` would lose speech. `kind` is one of `KINDS` (default: that of the layout).
    Recordings are checked for `purpose`, "training" or "testing", which allow different lengths;
    the default is training, but testing for recordings alone. `progress` is called with the number
    of items done so far.

    Raises InputError when the source cannot be read at all, when `out` has a manifest already
    (unless `overwrite`), and when nothing could be kept; the report is written even then.
    """
    source, out = Path(source), Path(out)
    chosen, place = detect_layout(source, layout, kind)
    alone = chosen.kind == "audio"
    checked_for = read_purpose(purpose or (Purpose.TESTING if alone else Purpose.TRAINING))
    if alone and checked_for is Purpose.TRAINING:
        raise InputError(
            f"{source}: recordings without transcripts cannot be trained on: ask for "
            f"{Purpose.TESTING}, or add the transcripts"
        )
    manifest = out / MANIFEST
    if manifest.exists() and not overwrite:
        raise InputError(f"{manifest} exists: choose another folder, or ask to overwrite it")
    tally = ImportTally()
    items = guard(chosen.read(place, out / AUDIO), source)
    kept = keep_usable(items, None if alone else language, checked_for, tally, progress)
    first = next(kept, None)
    if first is not None:
        write_manifest(manifest, itertools.chain((first,), kept))
    notes = (f"its table is {place}",) if place != source and not alone else ()
    report = tally.report(
        source,
        chosen.name,
        manifest if first else None,
        (*notes, ALONE) if alone else notes,
        purpose=checked_for,
        unit="recordings" if alone else "utterances",
    )
    return deliver_report(report, out)


def check_manifest(
    path: str | Path,
    *,
    purpose: str | None = None,
    language: str = "en-US",
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """What `import_data` would keep and drop of the manifest at `path`; nothing is written.

    The rows of the report are those of the manifest; its `manifest` is None. Without a `purpose`
    recordings may have any length. Raises InputError for a file that is not a manifest, or is
    malformed.
    """
    path = Path(path)
    tally = ImportTally()
    checked_for = None if purpose is None else read_purpose(purpose)
    rows = read_manifest(path, path.parent)
    for _ in keep_usable(rows, language, checked_for, tally, progress):
        pass
    return tally.report(path, "manifest", None, purpose=checked_for or "")


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
