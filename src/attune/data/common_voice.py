"""Mozilla Common Voice: a TSV of clips beside the folder `clips/`.

Columns are found by their names, for they grew over the releases: `client_id path sentence …` at
first, `client_id path sentence_id sentence sentence_domain …` since release 17. Early releases
name clips without `.mp3`. The tables are not quoted, except that some releases wrap a sentence
that has quotation marks in further ones.
"""

from __future__ import annotations

from pathlib import Path

from attune.data.found import Found, Source, recording
from attune.data.lines import read_lines
from attune.data.report import Problem, Reason
from attune.errors import InputError

__all__ = ["find_common_voice", "read_common_voice"]

TABLES = ("validated.tsv", "train.tsv")
SPEAKER_LENGTH = 16


def find_common_voice(source: Path) -> Path | None:
    """The table to read: `source` itself, or `validated.tsv`, else `train.tsv`, in that folder."""
    candidates = [source / name for name in TABLES] if source.is_dir() else [source]
    return next((path for path in candidates if path.is_file() and has_columns(path)), None)


def has_columns(path: Path) -> bool:
    """Whether the first line of `path` names the columns of a Common Voice table."""
    if path.suffix.lower() != ".tsv":
        return False
    try:
        _, header = next(read_lines(path), (1, ""))
    except InputError:
        return False
    return {"path", "sentence"}.issubset(header.split("\t"))


def read_common_voice(table: Path, workspace: Path) -> Source:
    """Yield the utterances of one table; nothing is written to `workspace`.

    Speakers are named by the first 16 characters of `client_id` (a hash of 128 characters). Clips
    that the table leaves out belong to other tables, and are no problem.
    """
    # In `clips/` as released, or beside the table.
    clips = table.parent / "clips"
    folder = clips if clips.is_dir() else table.parent
    lines = read_lines(table)
    _, header = next(lines, (1, ""))
    columns = header.split("\t")
    path_column, text_column = columns.index("path"), columns.index("sentence")
    speaker_column = columns.index("client_id") if "client_id" in columns else None
    for number, line in lines:
        if not line:
            continue
        where = f"{table}:{number}"
        fields = line.split("\t")
        if len(fields) != len(columns):
            detail = f"{len(fields)} tab-separated fields under {len(columns)} columns"
            yield Problem(Reason.MALFORMED, where, detail)
            continue
        name = fields[path_column]
        if not name:
            yield Problem(Reason.MALFORMED, where, "the path is empty")
            continue
        clip = folder / (name if Path(name).suffix else f"{name}.mp3")
        speaker = "" if speaker_column is None else fields[speaker_column][:SPEAKER_LENGTH]
        text = unwrap(fields[text_column])
        yield Found(where, str(clip), text, speaker, recording(clip, where, folder))


def unwrap(sentence: str) -> str:
    """Take off the marks around a quoted field: `\"""Yes"", he said.\"` is `"Yes", he said.`"""
    inner = sentence[1:-1]
    wrapped = len(sentence) > 1 and sentence[0] == sentence[-1] == '"'
    if wrapped and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return sentence
