"""Azure Custom Speech: WAV files with a transcript table, zipped or in a folder.

The table (`trans.txt`) has a line `file.wav<TAB>text` for each recording; it lies inside the zip
(as since 2019) or beside it (as in 2017).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from attune.data.archive import DamagedEntry, ZipAudio, is_clutter
from attune.data.found import AUDIO_SUFFIXES, Found, Source, leads_out, recording
from attune.data.lines import read_lines, split_lines
from attune.data.report import Problem, Reason
from attune.errors import InputError

__all__ = [
    "TABLE",
    "find_azure_folder",
    "find_azure_zip",
    "read_azure_folder",
    "read_azure_zip",
    "unpack",
]

TABLE = "trans.txt"
TABLE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript table, found at `where`."""

    where: str
    name: str
    text: str


def find_azure_folder(source: Path) -> Path | None:
    """The `trans.txt` in the folder `source`, or `source` itself when it is one."""
    table = source / TABLE if source.is_dir() else source
    if not table.is_file() or table.name.lower() != TABLE:
        return None
    audio = (path for path in table.parent.iterdir() if path.suffix.lower() in AUDIO_SUFFIXES)
    return table if next(audio, None) else None


def find_azure_zip(source: Path) -> Path | None:
    """`source` itself when it is a zip, or the one zip in that folder.

    Raises InputError when the folder holds several.
    """
    if not source.is_dir():
        return source if source.suffix.lower() == ".zip" and source.is_file() else None
    archives = sorted(path for path in source.iterdir() if path.suffix.lower() == ".zip")
    if len(archives) > 1:
        names = ", ".join(path.name for path in archives)
        raise InputError(f"{source}: holds several archives ({names}): name the one to import")
    return archives[0] if archives else None


def read_azure_folder(table: Path, workspace: Path) -> Source:
    """Yield the utterances of a folder with `trans.txt`; nothing is written to `workspace`.

    Raises InputError when the table is a link to somewhere else.
    """
    folder = table.parent
    if leads_out(table, folder):
        raise InputError(f"{table}: a link to {table.resolve()}: put the file itself in its place")
    files = [path for path in folder.iterdir() if path != table and not path.is_dir()]
    names = sorted(path.name for path in files if not is_clutter(path.name))

    def fetch_from_folder(name: str, where: str) -> Callable[[], Path | Problem]:
        return recording(folder / name, where, folder)

    lines = parse_table(read_lines(table), str(table))
    yield from match(lines, names, "", str(folder), fetch_from_folder, made=False)


def read_azure_zip(archive: Path, workspace: Path) -> Source:
    """Yield the utterances of a zip; those asked for are unpacked below `workspace`.

    Raises InputError for an archive that must not be unpacked, and when there is no transcript.
    """
    with ZipAudio(archive) as opened:
        names = list(opened.names)
        inside = find_inside(names, archive)
        if inside is not None:
            names.remove(inside)
            lines = parse_table(read_inside(opened, inside), f"{archive}/{inside}")
            base = inside.rpartition("/")[0]
        else:
            table = find_beside(archive)
            lines = parse_table(read_lines(table), str(table))
            base = ""

        def fetch_from_zip(name: str, where: str) -> Callable[[], Path | Problem]:
            return partial(unpack, opened, name, where, workspace)

        yield from match(lines, names, base, str(archive), fetch_from_zip, made=True)


def unpack(archive: ZipAudio, name: str, where: str, workspace: Path) -> Path | Problem:
    """`fetch` of a recording in a zip."""
    try:
        return archive.extract(name, workspace)
    except DamagedEntry as error:
        return Problem(Reason.ARCHIVE, where, str(error))


def find_inside(names: list[str], archive: Path) -> str | None:
    """The entry that is the transcript table: `trans.txt`, or else the only text file."""
    tables = [name for name in names if name.rpartition("/")[2].lower() == TABLE]
    if not tables:
        tables = [name for name in names if name.lower().endswith((".txt", ".tsv"))]
    if len(tables) > 1:
        listed = ", ".join(tables)
        raise InputError(f"{archive}: several transcripts ({listed}): keep one trans.txt")
    return tables[0] if tables else None


def find_beside(archive: Path) -> Path:
    """The table next to a zip without one: the zip's name with `.txt`, or else `trans.txt`."""
    for path in (archive.with_suffix(".txt"), archive.with_name(TABLE)):
        if path.is_file():
            return path
    raise InputError(
        f"{archive}: no transcript: put trans.txt (lines `file.wav<TAB>text`) into the zip, or "
        f"{archive.stem}.txt or trans.txt beside it, or import the recordings alone (--kind audio)"
    )


def read_inside(archive: ZipAudio, name: str) -> Iterator[tuple[int, str]]:
    """The lines of the text file `name` in a zip, at most 256 MiB of them."""
    content = bytearray()
    for piece in archive.read(name):
        content += piece
        if len(content) > TABLE_BYTES:
            raise InputError(f"{archive.path}: {name!r} is over {TABLE_BYTES >> 20} MiB: split it")
    yield from split_lines(io.BytesIO(content), f"{archive.path}/{name}")


def parse_table(lines: Iterator[tuple[int, str]], name: str) -> Iterator[Line | Problem]:
    """Read the lines of a transcript table called `name`; blank ones are left out."""
    for number, line in lines:
        where = f"{name}:{number}"
        file, tab, text = line.partition("\t")
        if not line.strip():
            continue
        if not tab or not file.strip():
            yield Problem(Reason.MALFORMED, where, "expected: file name, a tab, what is said")
        else:
            yield Line(where, file.strip(), text)


def match(
    lines: Iterator[Line | Problem],
    names: list[str],
    base: str,
    place: str,
    fetch: Callable[[str, str], Callable[[], Path | Problem]],
    *,
    made: bool,
) -> Source:
    """Bring the lines of a table and the files called `names` together.

    A line names its recording relative to the table's folder `base`, or by its bare name when just
    one file is so called; capitals may differ, for the files come from Windows.
    """
    exact = {name.casefold(): name for name in names}
    bare: dict[str, list[str]] = {}
    for name in names:
        bare.setdefault(name.rpartition("/")[2].casefold(), []).append(name)
    told: set[str] = set()
    for line in lines:
        if isinstance(line, Problem):
            yield line
            continue
        asked = line.name.replace("\\", "/").casefold()
        candidates = [exact[key] for key in (f"{base}/{asked}".lstrip("/"), asked) if key in exact]
        candidates += bare.get(asked, []) if len(bare.get(asked, [])) == 1 else []
        if not candidates:
            yield Problem(Reason.NO_FILE, line.where, f"{place} holds no {line.name!r}")
            continue
        name = candidates[0]
        told.add(name)
        if is_audio(name):
            yield Found(line.where, name, line.text, "", fetch(name, line.where), made)
        else:
            yield Problem(Reason.UNREADABLE, line.where, f"{line.name!r} is no kind of recording")
    for name in names:
        if name in told:
            continue
        if is_audio(name):
            yield Problem(Reason.NO_TRANSCRIPT, f"{place}/{name}", "no line tells what it says")
        else:
            yield Problem(Reason.OTHER_FILE, f"{place}/{name}", "not used")


def is_audio(name: str) -> bool:
    """Whether a file is called like a recording."""
    return name.lower().endswith(AUDIO_SUFFIXES)
