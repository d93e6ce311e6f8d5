"""Reading display rules from text, with everything that is wrong told by its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from attune.errors import InputError

from .display_phrases import GRAMMAR_PUNCTUATION, phrase_keys
from .display_rules import DisplayRules, Example, Rewriting

if TYPE_CHECKING:
    from .itn_patterns import Pattern

__all__ = ["DISPLAY_SECTIONS", "RuleFault", "read_display_rules"]

DISPLAY_SECTIONS = ("itn", "rewrite", "profanity", "test")

_MOST_RULES = 50_000
"""Rules that a section may hold."""

_LONGEST_PHRASE = 500
_HEADER = re.compile(r"#\s*([A-Za-z]+)\s*")


@dataclass(frozen=True, slots=True)
class RuleFault:
    """Why a line (from 1) was left out, and what to do about it."""

    line: int
    kind: Literal["malformed", "repeated", "limit"]
    detail: str


def read_display_rules(
    lines: Iterable[str], language: str = "en-US"
) -> tuple[DisplayRules, tuple[RuleFault, ...]]:
    """The rules in `lines`, and what was left out because something is wrong with it."""
    reading = _Reading()
    for number, line in enumerate(lines, start=1):
        text = line.strip().removeprefix("\ufeff").strip()
        if text and not text.startswith("//"):
            reading.read(text, number)
    rules = DisplayRules(
        tuple(reading.patterns),
        tuple(reading.rewritings),
        tuple(reading.profanity),
        tuple(reading.examples),
        language,
    )
    return rules, tuple(reading.faults)


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    section: str | None = None
    patterns: list[Pattern] = field(default_factory=list)
    rewritings: list[Rewriting] = field(default_factory=list)
    profanity: list[str] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    faults: list[RuleFault] = field(default_factory=list)
    seen: dict[tuple[str, object], int] = field(default_factory=dict)

    def read(self, text: str, line: int) -> None:
        header = _HEADER.fullmatch(text)
        if header:
            self.section = header[1].lower()
            if self.section not in DISPLAY_SECTIONS:
                known = ", ".join(f"#{name}" for name in DISPLAY_SECTIONS)
                self.fault(line, f"{text!r} is not a section: use one of {known}")
            return
        if not text.isprintable() and not text.replace("\t", "").isprintable():
            self.fault(line, "holds control characters or special spaces: remove them")
        elif self.section == "itn":
            self.read_pattern(text, line)
        elif self.section == "rewrite":
            self.read_rewriting(text, line)
        elif self.section == "profanity":
            self.read_profanity(text, line)
        elif self.section == "test":
            self.read_example(text, line)
        elif self.section is None:
            self.fault(line, "stands before the first section: begin with #itn or another")
        else:
            self.fault(line, f"stands in the unknown section #{self.section}")

    def fault(self, line: int, detail: str) -> None:
        self.faults.append(RuleFault(line, "malformed", detail))

    def is_new(self, key: object, held: int, line: int) -> bool:
        """Whether `key` may be added to its section, which has `held` rules; else say why not."""
        if held >= _MOST_RULES:
            detail = f"one more than the {_MOST_RULES:,} rules that #{self.section} may hold"
            self.faults.append(RuleFault(line, "limit", detail))
            return False
        first = self.seen.setdefault((self.section or "", key), line)
        if first != line:
            self.faults.append(RuleFault(line, "repeated", f"came first in line {first}"))
        return first == line

    def read_pattern(self, text: str, line: int) -> None:
        from .itn_patterns import parse_pattern  # Files without patterns do without it.

        try:
            pattern = parse_pattern(text)
        except InputError as error:
            self.fault(line, str(error))
            return
        if self.is_new(text, len(self.patterns), line):
            self.patterns.append(pattern)

    def pair(self, text: str, line: int) -> tuple[str, str] | None:
        """The two fields of a line."""
        left, tab, right = text.partition("\t")
        left, right = left.strip(), right.strip()
        if not tab or not left or not right or "\t" in right:
            self.fault(line, "expected two fields with one tab between them")
        elif max(len(left), len(right)) > _LONGEST_PHRASE:
            self.fault(line, f"a field of over {_LONGEST_PHRASE} characters: shorten it")
        else:
            return left, right
        return None

    def read_rewriting(self, text: str, line: int) -> None:
        pair = self.pair(text, line)
        if pair is None:
            return
        if not phrase_keys(pair[0]):
            self.fault(line, f"{pair[0]!r} holds no word: write the phrase that shall be replaced")
        elif self.is_new(phrase_keys(pair[0]), len(self.rewritings), line):
            self.rewritings.append(Rewriting(*pair))

    def read_profanity(self, text: str, line: int) -> None:
        strange = [mark for mark in GRAMMAR_PUNCTUATION + "\t" if mark in text]
        if strange or len(text) > _LONGEST_PHRASE:
            named = " ".join(map(repr, strange)) or f"over {_LONGEST_PHRASE} characters"
            self.fault(line, f"holds {named}: write the word or phrase without it")
        elif self.is_new(phrase_keys(text), len(self.profanity), line):
            self.profanity.append(text)

    def read_example(self, text: str, line: int) -> None:
        pair = self.pair(text, line)
        if pair is not None and self.is_new(pair, len(self.examples), line):
            self.examples.append(Example(*pair, line))
