"""How words are said: entries that people write, and the one form in which we keep them.

Read are lines `display form<TAB>spoken form` ("IEEE", "i triple e") and `word/P H O N E S`, phones
of ARPAbet, UPS or SAPI; a word may have several. Kept is a table with the header
`display spoken phones`, in which one of the last two is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from attune.data.atomic import atomic_text
from attune.data.lines import decodable, read_lines
from attune.data.reasons import Problem, Reason
from attune.data.report import name_character
from attune.data.transcripts import TranscriptCheck, excerpt
from attune.errors import InputError
from attune.lexicon import from_ups, is_normalised
from attune.text import normalize

__all__ = [
    "PRONUNCIATION_HEADER",
    "EntryCheck",
    "PronunciationEntry",
    "parse_phonetic",
    "read_pronunciations",
    "write_pronunciations",
]

PRONUNCIATION_HEADER = "display\tspoken\tphones"

_LONGEST_DISPLAY = 100
_LONGEST_SPOKEN = 300
_MOST_PHONES = 100
_BARRED = "~^"
_PLAIN_SPACES = re.compile(r"[ \u00a0]+")


@dataclass(frozen=True, slots=True)
class PronunciationEntry:
    """One way to say `display`: as the words `spoken`, or else as `phones` (ARPAbet)."""

    display: str
    spoken: str = ""
    phones: tuple[str, ...] = ()

    def to_line(self) -> str:
        """The entry as a row of the table."""
        return f"{self.display}\t{self.spoken}\t{' '.join(self.phones)}"


class EntryCheck:
    """Reads and checks entries, and notices those that came before.

    `most_per_word` is the number of ways in which one display form may be said.
    """

    def __init__(self, language: str, most_per_word: int) -> None:
        self._language = language
        self._most = most_per_word
        self._speech = TranscriptCheck.of(language)
        self._seen: dict[PronunciationEntry, str] = {}
        self._counts: dict[str, int] = {}
        self.mended = ""

    def read(self, line: str, where: str) -> PronunciationEntry | Problem:
        """The entry in a line of either form; what was mended in it is in `mended` afterwards."""
        self.mended = ""
        if not decodable(line) or "\ufffd" in line:
            return Problem(Reason.ENCODING, where, "the line holds bytes that are not UTF-8")
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) == 3 and bool(fields[1]) != bool(fields[2]):  # A row of the table.
            line = "\t".join(fields[:2]) if fields[1] else f"{fields[0]}/{fields[2]}"
        if "\t" not in line:
            if "/" not in line:
                detail = "expected: display form, a tab, spoken form; or word/P H O N E S"
                return Problem(Reason.MALFORMED, where, f"{excerpt(line)}: {detail}")
            return self.accept(parse_phonetic(line, where), where)
        display, _, spoken = line.partition("\t")
        display, spoken = display.strip(), spoken.strip()
        if not display or not spoken or "\t" in spoken:
            detail = "expected one tab, between display form and spoken form"
            return Problem(Reason.MALFORMED, where, f"{excerpt(line)}: {detail}")
        said = self._spoken(spoken, where)
        if isinstance(said, Problem):
            return said
        return self.accept(PronunciationEntry(single_spaced(display), said), where)

    def accept(
        self, entry: PronunciationEntry | Problem, where: str
    ) -> PronunciationEntry | Problem:
        """`entry` if its display form can be used and it is not there yet."""
        if isinstance(entry, Problem):
            return entry
        fault = display_fault(entry.display)
        if fault:
            return Problem(Reason.CHARACTERS, where, f"{excerpt(entry.display)} {fault}")
        first = self._seen.get(entry)
        if first is not None:
            return Problem(Reason.SAME_ENTRY, where, f"{entry.display!r} came first at {first}")
        count = self._counts.get(entry.display, 0) + 1
        if count > self._most:
            detail = f"{entry.display!r} has {self._most} pronunciations already: that is all"
            return Problem(Reason.LIMIT, where, detail)
        self._seen[entry] = where
        self._counts[entry.display] = count
        return entry

    def _spoken(self, spoken: str, where: str) -> str | Problem:
        if len(spoken) > _LONGEST_SPOKEN:
            detail = f"a spoken form of over {_LONGEST_SPOKEN} characters: {excerpt(spoken)}"
            return Problem(Reason.LIMIT, where, detail)
        words = single_spaced(spoken.replace("’", "'"))
        english = self._language.lower() == "en-us"
        if english and all(map(is_normalised, words.lower().split())):
            said = words.lower()  # As it is: the normaliser would make "doctor" of "dr".
        else:
            problem = self._speech(words, where) if english else None
            said = "" if problem else normalize(words, self._language)
            if not said:
                detail = problem.detail if problem else f"{excerpt(spoken)} holds no word"
                return Problem(Reason.SPOKEN, where, detail)
        if said != spoken:
            self.mended = f"the spoken form {excerpt(spoken)} became {excerpt(said)}"
        return said


def parse_phonetic(line: str, where: str) -> PronunciationEntry | Problem:
    """The entry in `word/P H O N E S`; a word may hold a stroke, phones do not."""
    word, _, written = line.rpartition("/")
    word = single_spaced(word.strip())
    if not word or not written.strip():
        detail = f"{excerpt(line)}: expected word/P H O N E S"
        return Problem(Reason.MALFORMED, where, detail)
    if len(written.split()) > _MOST_PHONES:
        return Problem(Reason.LIMIT, where, f"{word!r} has over {_MOST_PHONES} phones: shorten it")
    try:
        return PronunciationEntry(word, "", from_ups(written))
    except InputError as error:
        return Problem(Reason.PHONES, where, f"{excerpt(word)}: {error}")


def display_fault(display: str) -> str:
    """What is wrong with a display form; "" when nothing is."""
    if len(display) > _LONGEST_DISPLAY:
        return f"has over {_LONGEST_DISPLAY} characters: write one word or term"
    for character in display:
        if character in _BARRED or not character.isprintable():
            return f"holds {name_character(character)}: leave it out"
    if not any(map(str.isalnum, display)):
        return "holds neither letter nor digit: write the word as it is displayed"
    return ""


def single_spaced(text: str) -> str:
    """`text` with single spaces; tabs and controls stay, to be found."""
    return _PLAIN_SPACES.sub(" ", text)


def write_pronunciations(path: Path, entries: Iterable[PronunciationEntry]) -> None:
    """Write the table, whole or not at all."""
    with atomic_text(path) as stream:
        stream.write(f"{PRONUNCIATION_HEADER}\n")
        stream.writelines(f"{entry.to_line()}\n" for entry in entries)


def read_pronunciations(path: str | Path) -> tuple[PronunciationEntry, ...]:
    """Read the table that `write_pronunciations` wrote; InputError names the file and line."""
    path = Path(path)
    entries: list[PronunciationEntry] = []
    for number, line in read_lines(path):
        fields = line.split("\t")
        if number == 1:
            if line != PRONUNCIATION_HEADER:
                raise InputError(f"{path}:1: not a pronunciation table: import the file first")
            continue
        if len(fields) != 3 or not fields[0] or bool(fields[1]) == bool(fields[2]):
            raise InputError(f"{path}:{number}: expected display form, and spoken form or phones")
        try:
            phones = from_ups(fields[2]) if fields[2] else ()
        except InputError as error:
            raise InputError(f"{path}:{number}: {error}") from error
        entries.append(PronunciationEntry(fields[0], fields[1], phones))
    return tuple(entries)
