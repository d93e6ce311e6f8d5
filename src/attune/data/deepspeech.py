"""DeepSpeech and Coqui STT tables: CSV with `wav_filename,wav_filesize,transcript`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from attune.data.found import Found, Source, recording
from attune.data.lines import read_lines
from attune.data.report import Problem, Reason
from attune.errors import InputError

__all__ = ["find_deepspeech", "read_deepspeech"]

COLUMNS = {"wav_filename", "transcript"}


def find_deepspeech(source: Path) -> Path | None:
    """The table to read: `source` itself, or the one such CSV in that folder.

    Raises InputError when the folder holds several, for they are usually train, dev and test.
    """
    candidates = sorted(source.glob("*.csv")) if source.is_dir() else [source]
    tables = [path for path in candidates if path.is_file() and has_columns(path)]
    if len(tables) > 1:
        names = ", ".join(path.name for path in tables)
        raise InputError(f"{source}: holds several tables ({names}): name the one to import")
    return tables[0] if tables else None


def has_columns(path: Path) -> bool:
    """Whether the first line of `path` names the columns of a DeepSpeech table."""
    if path.suffix.lower() != ".csv":
        return False
    try:
        _, header = next(read_lines(path), (1, ""))
        return COLUMNS.issubset(next(csv.reader([header]), []))
    except (InputError, csv.Error):
        return False


def read_deepspeech(table: Path, workspace: Path) -> Source:
    """Yield the utterances of one table; nothing is written to `workspace`.

    Paths are absolute or relative to the table. The layout knows no speakers, and `wav_filesize`
    served only to sort batches.
    """
    rows = read_rows(table)
    _, columns = next(rows, (1, []))
    path_column, text_column = columns.index("wav_filename"), columns.index("transcript")
    for number, fields in rows:
        if not fields:
            continue
        where = f"{table}:{number}"
        if len(fields) != len(columns):
            detail = f"{len(fields)} fields under {len(columns)} columns (quote texts with commas)"
            yield Problem(Reason.MALFORMED, where, detail)
            continue
        name = fields[path_column]
        if not name:
            yield Problem(Reason.MALFORMED, where, "wav_filename is empty")
            continue
        audio = table.parent / name
        yield Found(where, str(audio), fields[text_column], "", recording(audio, where))


def read_rows(table: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the row's last line, fields); InputError for what the csv module refuses."""
    reader = csv.reader(line + "\n" for _, line in read_lines(table))
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{table}:{reader.line_num}: not CSV: {error}") from error
        if fields is None:
            return
        yield reader.line_num, fields
