"""Reading structured text, with everything that is wrong told by its line.

The format is that of structured-text data for Azure Custom Speech:

    // a comment
    @ list city =
    - Paris
    @ speech:phoneticlexicon
    - cntk/S IY EH N T IY K EY
    # a section of sentences
    - fly to {@city} by {@airline}
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from attune.data.pronunciation_entries import EntryCheck, PronunciationEntry, parse_phonetic
from attune.data.reasons import Problem, Reason
from attune.data.structured_text import ListUse, Sentence, StructuredText, TextList
from attune.data.text_file import open_text_file
from attune.data.text_lines import LineCheck
from attune.data.transcripts import excerpt
from attune.errors import InputError

__all__ = ["STRUCTURED_BYTES", "StructuredLimits", "parse_structured", "read_structured_text"]

STRUCTURED_BYTES = 200_000_000

_LIST = re.compile(r"@\s*list\s+(.*?)\s*=", re.IGNORECASE)
_PHONETIC = re.compile(r"@\s*speech\s*:\s*phoneticlexicon\s*=?", re.IGNORECASE)
_ITEM = re.compile(r"[-*+]\s*(.*)", re.DOTALL)
_NAME = re.compile(r"[^\W\d][\w.-]{0,99}")
_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True)
class StructuredLimits:
    """What is beyond these is left out."""

    sentences: int = 50_000
    lists: int = 20
    items: int = 4_000
    pronunciations: int = 15_000
    pronunciations_per_word: int = 2
    lists_in_a_sentence: int = 20


@dataclass(slots=True)
class Found:
    """A sentence, and where."""

    sentence: Sentence
    where: str


def parse_structured(
    lines: Iterable[tuple[int, str]],
    name: str,
    language: str = "en-US",
    limits: StructuredLimits | None = None,
) -> tuple[StructuredText, list[Problem]]:
    """The structured text in numbered `lines` of the file `name`, and what was left out of it or
    mended."""
    parser = StructuredParser(name, language, limits or StructuredLimits())
    for number, line in lines:
        parser.read(line, f"{name}:{number}")
    return parser.finish(), parser.problems


def read_structured_text(path: str | Path, language: str = "en-US") -> StructuredText:
    """Read structured text that an import wrote; InputError names the line of what is wrong."""
    path = Path(path)
    lines = open_text_file(path, STRUCTURED_BYTES).lines()
    text, problems = parse_structured(lines, str(path), language)
    for problem in problems:
        if not problem.reason.advisory:
            raise InputError(f"{problem.where}: {problem.detail}")
    return text


@dataclass(slots=True)
class OpenList:
    """A list as far as it has been read; `usable` is false for one whose items are not kept."""

    name: str
    where: str
    usable: bool = True
    items: dict[str, None] = field(default_factory=dict)


class StructuredParser:
    """Takes line after line; `problems` has what was wrong so far."""

    def __init__(self, name: str, language: str, limits: StructuredLimits) -> None:
        self.problems: list[Problem] = []
        self._name = name
        self._limits = limits
        self._check = LineCheck(language)
        self._entries = EntryCheck(language, limits.pronunciations_per_word)
        self._place: OpenList | str | None = None  # A list, a section, or nothing that is known.
        self._phonetic = False
        self._lists: dict[str, OpenList] = {}
        self._sentences: list[Found] = []
        self._pronunciations: list[PronunciationEntry] = []

    def read(self, line: str, where: str) -> None:
        """Read one line, which stands at `where`."""
        text = line.strip()
        if not text or text.startswith("//"):
            return
        if text.startswith("@"):
            self._open_list(text, where)
        elif text.startswith("#"):
            self._open_section(text, where)
        elif item := _ITEM.fullmatch(text):
            self._read_item(item[1], where)
        else:
            detail = f"{excerpt(text)}: expected '@ list NAME =', '# SECTION', '- ITEM' or '//'"
            self.problems.append(Problem(Reason.SYNTAX, where, detail))

    def finish(self) -> StructuredText:
        """All that can be used, once every line has been read."""
        usable = {key: one for key, one in self._lists.items() if one.items}
        for one in self._lists.values():
            if one.usable and not one.items:
                detail = f"the list {one.name!r} has no items"
                self.problems.append(Problem(Reason.LIST, one.where, detail))
        sentences = []
        used: set[str] = set()
        for found in self._sentences:
            missing = [name for name in found.sentence.uses if name.casefold() not in usable]
            if missing:
                known = "has no items" if missing[0].casefold() in self._lists else "is not defined"
                detail = f"the list {missing[0]!r} {known}: {excerpt(str(found.sentence))}"
                self.problems.append(Problem(Reason.LIST, found.where, detail))
                continue
            used.update(name.casefold() for name in found.sentence.uses)
            parts = tuple(
                ListUse(usable[part.name.casefold()].name) if isinstance(part, ListUse) else part
                for part in found.sentence.parts
            )
            sentences.append(Sentence(parts, found.sentence.section))
        for key, one in usable.items():
            if key not in used:
                self.problems.append(Problem(Reason.UNUSED, one.where, repr(one.name)))
        lists = tuple(TextList(one.name, tuple(one.items)) for one in usable.values())
        return StructuredText(lists, tuple(sentences), tuple(self._pronunciations))

    def _open_list(self, text: str, where: str) -> None:
        self._place, self._phonetic = None, False
        if _PHONETIC.fullmatch(text):
            self._phonetic = True
            return
        match = _LIST.fullmatch(text)
        if match is None:
            detail = f"{excerpt(text)}: expected '@ list NAME =' or '@ speech:phoneticlexicon'"
            self.problems.append(Problem(Reason.SYNTAX, where, detail))
            return
        name = match[1]
        # What follows is read, and left out, even when the list cannot be used.
        self._place = OpenList(name, where, usable=False)
        first = self._lists.get(name.casefold())
        if not _NAME.fullmatch(name):
            detail = f"{excerpt(name)} is no name: write letters, digits, _ - . without spaces"
            self.problems.append(Problem(Reason.LIST, where, detail))
        elif first is not None:
            detail = f"the list {name!r} was defined at {first.where}; its items here are left out"
            self.problems.append(Problem(Reason.LIST, where, detail))
        elif len(self._lists) >= self._limits.lists:
            detail = f"the list {name!r} is one more than the {self._limits.lists} allowed"
            self.problems.append(Problem(Reason.LIMIT, where, detail))
        else:
            self._place.usable = True
            self._lists[name.casefold()] = self._place

    def _open_section(self, text: str, where: str) -> None:
        name = " ".join(text.lstrip("#").split())
        self._phonetic = False
        self._place = name if name.isprintable() and name else "sentences"

    def _read_item(self, text: str, where: str) -> None:
        if self._phonetic:
            self._read_phonetic(text, where)
            return
        if self._place is None:
            detail = f"{excerpt(text)} stands under no list and no section"
            self.problems.append(Problem(Reason.SYNTAX, where, detail))
            return
        line = self._check(text, where)
        if isinstance(line, Problem):
            self.problems.append(line)
            return
        before = len(self.problems)
        if isinstance(self._place, OpenList):
            self._read_list_item(self._place, line.text, where)
        else:
            self._read_sentence(self._place, line.text, where)
        if len(self.problems) == before:
            self.problems += (Problem(Reason.MENDED, where, what) for what in line.mended)

    def _read_list_item(self, one: OpenList, text: str, where: str) -> None:
        if not one.usable:
            return
        if _BRACES.search(text):
            detail = f"{excerpt(text)}: an item of a list cannot hold braces or other lists"
            self.problems.append(Problem(Reason.SYNTAX, where, detail))
        elif text in one.items:
            detail = f"{excerpt(text)} is in the list {one.name!r} already"
            self.problems.append(Problem(Reason.SAME_ENTRY, where, detail))
        elif len(one.items) >= self._limits.items:
            detail = f"the list {one.name!r} has {self._limits.items:,} items already"
            self.problems.append(Problem(Reason.LIMIT, where, detail))
        else:
            one.items[text] = None

    def _read_sentence(self, section: str, text: str, where: str) -> None:
        if len(self._sentences) >= self._limits.sentences:
            detail = f"one more than the {self._limits.sentences:,} sentences allowed"
            self.problems.append(Problem(Reason.LIMIT, where, detail))
            return
        try:
            sentence = Sentence(parse_parts(text), section)
        except InputError as error:
            self.problems.append(Problem(Reason.SYNTAX, where, f"{excerpt(text)}: {error}"))
            return
        if len(sentence.uses) > self._limits.lists_in_a_sentence:
            detail = f"uses {len(sentence.uses)} lists, at most {self._limits.lists_in_a_sentence}"
            self.problems.append(Problem(Reason.LIMIT, where, detail))
            return
        self._sentences.append(Found(sentence, where))

    def _read_phonetic(self, text: str, where: str) -> None:
        if len(self._pronunciations) >= self._limits.pronunciations:
            detail = f"one more than the {self._limits.pronunciations:,} pronunciations allowed"
            self.problems.append(Problem(Reason.LIMIT, where, detail))
            return
        entry = self._entries.accept(parse_phonetic(text, where), where)
        if isinstance(entry, Problem):
            self.problems.append(entry)
        else:
            self._pronunciations.append(entry)


def parse_parts(text: str) -> tuple[str | ListUse, ...]:
    """The texts and lists of a sentence; InputError says which brace is wrong."""
    parts: list[str | ListUse] = []
    place = 0
    while brace := _BRACES.search(text, place):
        opened = brace.start()
        closed = text.find("}", opened)
        if brace[0] == "}" or closed < 0:
            other = "{" if brace[0] == "}" else "}"
            raise InputError(
                f"{brace[0]!r} at character {opened + 1} has no {other!r}: write {{@NAME}}"
            )
        inside = text[opened + 1 : closed].strip()
        name = inside.removeprefix("@").strip()
        if not inside.startswith("@") or not _NAME.fullmatch(name):
            raise InputError(
                f"{excerpt(text[opened : closed + 1])} at character {opened + 1} names no list: "
                "write {@NAME}"
            )
        if text[place:opened]:
            parts.append(text[place:opened])
        parts.append(ListUse(name))
        place = closed + 1
    if text[place:]:
        parts.append(text[place:])
    return tuple(parts)
