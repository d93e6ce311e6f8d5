"""The kinds of text that can be imported, and telling them apart by looking."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from attune.data.azure import TABLE
from attune.data.found import AUDIO_SUFFIXES
from attune.data.pronunciation_entries import PRONUNCIATION_HEADER
from attune.data.structured_parsing import STRUCTURED_BYTES
from attune.data.text_file import TextFile, open_text_file
from attune.errors import InputError
from attune.lexicon import from_ups

__all__ = ["TEXT_KINDS", "TextKind", "detect_text_kind", "find_text_kind", "named_text_kind"]


@dataclass(frozen=True, slots=True)
class TextKind:
    """A kind of text: `bytes` is the largest file, `output` the name of the file that an import
    writes, `unit` what its report counts."""

    name: str
    what: str
    bytes: int
    output: str
    unit: str


TEXT_KINDS = (
    TextKind(
        "structured",
        "lists and sentences that use them (`@ list`, `# section`)",
        STRUCTURED_BYTES,
        "structured.md",
        "entries",
    ),
    TextKind(
        "display",
        "display rules (`#itn`, `#rewrite`, `#profanity`)",
        10_000_000,
        "display.txt",
        "rules",
    ),
    TextKind(
        "pronunciation",
        "lines `display form<TAB>spoken form` or `word/P H O N E S`",
        1 << 20,
        "pronunciations.tsv",
        "pronunciations",
    ),
    TextKind("language", "plain text, an utterance a line", 1_500_000_000, "text.txt", "lines"),
)

_LOOKED_AT = 400
_MOST_ENTRIES = 0.8
"""The share of lines that must be pronunciations for a file to hold them."""

_DISPLAY = re.compile(r"#\s*(itn|rewrite|profanity)\s*", re.IGNORECASE)
_STRUCTURED = re.compile(r"@\s*(list\s+\S.*=|speech\s*:\s*phoneticlexicon.*)", re.IGNORECASE)
_LIST_USE = re.compile(r"-.*\{\s*@[^}]*\}.*")
_TEXT_SUFFIXES = (".txt", ".md", ".lu", ".text", "")


def named_text_kind(name: str) -> TextKind:
    """The kind called `name`; InputError when there is none."""
    for kind in TEXT_KINDS:
        if kind.name == name:
            return kind
    known = ", ".join(kind.name for kind in TEXT_KINDS)
    raise InputError(f"{name!r} is not a kind of text: use one of {known}")


def find_text_kind(source: Path) -> TextKind | None:
    """The kind of text that the file `source` holds, or None when it does not look like a text to
    import: a folder, another suffix than .txt, .md, .lu or none, a list of recordings (trans.txt).

    InputError when it looks like text by name and cannot be read as such.
    """
    if source.suffix.lower() not in _TEXT_SUFFIXES or source.name.lower() == TABLE:
        return None
    if not source.is_file():
        return None
    file = open_text_file(source, max(kind.bytes for kind in TEXT_KINDS))
    lines = [line for _, line in itertools.islice(file.lines(), _LOOKED_AT)]
    recordings = sum(map(names_recording, lines))
    return None if recordings > len(lines) / 2 else detect_text_kind(file, lines)


def detect_text_kind(file: TextFile, lines: list[str] | None = None) -> TextKind:
    """The kind of text in `file`, by its first `lines` and by its suffix; plain text if nothing
    speaks for another."""
    if lines is None:
        lines = [line for _, line in itertools.islice(file.lines(), _LOOKED_AT)]
    told = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("//")]
    if any(_DISPLAY.fullmatch(line) for line in told):
        return named_text_kind("display")
    if any(_STRUCTURED.fullmatch(line) or _LIST_USE.fullmatch(line) for line in told):
        return named_text_kind("structured")
    if file.path.suffix.lower() in (".md", ".lu"):
        return named_text_kind("structured")
    entries = sum(map(is_entry, told))
    if told and (told[0] == PRONUNCIATION_HEADER or entries >= _MOST_ENTRIES * len(told)):
        return named_text_kind("pronunciation")
    return named_text_kind("language")


def is_entry(line: str) -> bool:
    """Whether a line looks like a pronunciation."""
    left, tab, right = line.partition("\t")
    if tab:
        return bool(left.strip() and right.strip()) and "\t" not in right
    word, stroke, phones = line.rpartition("/")
    if not stroke or not word.strip():
        return False
    try:
        return len(from_ups(phones)) > 0
    except InputError:
        return False


def names_recording(line: str) -> bool:
    """Whether a line is one of a transcript table: a recording, a tab, what is said."""
    name, tab, _ = line.partition("\t")
    return bool(tab) and name.strip().lower().endswith(AUDIO_SUFFIXES)
