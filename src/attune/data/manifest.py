"""The manifest: the table of recordings that every tool reads.

UTF-8, tab-separated, without quoting, with the header `path seconds speaker text`. Paths are
relative to the manifest's folder or absolute; an empty speaker means unknown; `text` is the
transcript, or the keyword in a keyword set (empty for "no keyword").
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attune.data.atomic import atomic_text
from attune.data.lines import decodable, read_lines
from attune.errors import InputError

__all__ = ["Manifest", "ManifestCheck", "Utterance", "write_manifest"]

HEADER = ("path", "seconds", "speaker", "text")
PROBLEMS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Utterance:
    """One row: a recording and what is said in it.

    `path` is usable as it stands (relative paths are joined to the manifest's folder); `line` is
    the row's line in the file, 0 for an utterance that was never read from one.
    """

    path: Path
    seconds: float
    speaker: str
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class ManifestCheck:
    """What a pass over a manifest found: totals, rows whose file is gone, files listed twice.

    `duplicates` pairs each repeated row with the line where its file came first.
    """

    path: Path
    utterances: int
    seconds: float
    speakers: int
    missing: tuple[Utterance, ...]
    duplicates: tuple[tuple[Utterance, int], ...]

    def require(self, *, distinct: bool = False) -> ManifestCheck:
        """Return self, or raise InputError naming the rows that stand in the way.

        Missing files always do; repeated files only when `distinct` (a repeat weighs more in
        training, which can be meant, but counts twice in a test, which cannot).
        """
        problems = [f"{self.path}:{row.line}: there is no file {row.path}" for row in self.missing]
        advice = "restore the files or remove the rows"
        if distinct and not problems:
            problems = [
                f"{self.path}:{row.line}: {row.path} is listed before, on line {first}"
                for row, first in self.duplicates
            ]
            advice = "remove the repeated rows"
        if problems:
            shown = "; ".join(problems[:PROBLEMS_SHOWN])
            more = len(problems) - PROBLEMS_SHOWN
            rest = f"; and {more:,} more" if more > 0 else ""
            raise InputError(f"{shown}{rest}: {advice}")
        return self


class Manifest:
    """A manifest on disk. Iterating streams its utterances: memory does not grow with the file.

    Opening reads the header and the first row. InputError names the file, and the line, of
    whatever cannot be used: not a manifest, a malformed row, no rows at all.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        next(iter(self))

    def __repr__(self) -> str:
        return f"Manifest({str(self.path)!r})"

    def __iter__(self) -> Iterator[Utterance]:
        lines = read_lines(self.path)
        number, header = next(lines, (1, ""))
        if tuple(header.split("\t")) != HEADER:
            raise InputError(
                f"{self.path}:{number}: not a manifest: its first line must be the words "
                f"{', '.join(HEADER)}, separated by tabs (`attune data import` writes manifests)"
            )
        folder = self.path.parent
        empty = True
        for number, line in lines:
            if line:
                empty = False
                yield parse_row(line, folder, f"{self.path}:{number}", number)
        if empty:
            raise InputError(f"{self.path}: the manifest has no rows: add at least one recording")

    def check(self) -> ManifestCheck:
        """Read every row and look for its file. Malformed rows raise InputError at once."""
        count, seconds = 0, 0.0
        speakers: set[str] = set()
        missing: list[Utterance] = []
        duplicates: list[tuple[Utterance, int]] = []
        first_lines: dict[str, int] = {}
        for row in self:
            count += 1
            seconds += row.seconds
            if row.speaker:
                speakers.add(row.speaker)
            # normpath, not resolve: two names of one file through a link are not worth a lookup
            # of every folder on the way.
            first = first_lines.setdefault(os.path.normpath(row.path), row.line)
            if first != row.line:
                duplicates.append((row, first))
            elif not is_file(row.path):
                missing.append(row)
        return ManifestCheck(
            self.path, count, seconds, len(speakers), tuple(missing), tuple(duplicates)
        )


def is_file(path: Path) -> bool:
    """`path.is_file()`, where a name no file can have (too long, a NUL in it) is just absent."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def parse_row(line: str, folder: Path, where: str, number: int) -> Utterance:
    """Read one row; `where` (file:line) begins the InputError of a malformed one."""
    fields = line.split("\t")
    if len(fields) != len(HEADER):
        raise InputError(
            f"{where}: {len(fields)} tab-separated fields, expected {len(HEADER)}: "
            + ", ".join(HEADER)
        )
    if not decodable(line):
        raise InputError(f"{where}: the row is not UTF-8: save the manifest as UTF-8")
    name, duration, speaker, text = fields
    if not name:
        raise InputError(f"{where}: the path is empty: name the recording's file")
    try:
        seconds = float(duration)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0.0):
        raise InputError(
            f"{where}: seconds is {duration!r}: give the recording's duration, such as 3.25"
        )
    return Utterance(folder / name, seconds, speaker, text, number)


def write_manifest(path: str | Path, rows: Iterable[Utterance]) -> int:
    """Write a manifest in one atomic step, row by row as `rows` yields them; returns their number.

    A file below the manifest's folder is named relative to it, any other by its absolute path.
    InputError for no rows at all, and for a row that no manifest can hold: a tab or line break
    inside a field, a path or text that is not UTF-8, a duration that is not a number.
    """
    path = Path(path)
    folder = path.parent.absolute()
    count = 0
    with atomic_text(path) as stream:
        stream.write("\t".join(HEADER) + "\n")
        for row in rows:
            stream.write(format_row(row, folder) + "\n")
            count += 1
        if not count:
            raise InputError(f"{path}: no rows to write: a manifest needs at least one recording")
    return count


def format_row(row: Utterance, folder: Path) -> str:
    """The line of `row` in a manifest in `folder`; `write_manifest` says what is refused."""
    recording = Path(os.path.normpath(row.path.absolute()))
    if recording.is_relative_to(folder):
        recording = recording.relative_to(folder)
    line = "\t".join((str(recording), f"{row.seconds:.3f}", row.speaker, row.text))
    if line.count("\t") != len(HEADER) - 1 or "\n" in line or "\r" in line:
        raise InputError(f"{row.path}: a tab or line break in its path, speaker or text")
    parse_row(line, folder, str(row.path), row.line)
    return line
