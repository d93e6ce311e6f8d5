"""How phrases are said other than the dictionary says: quick speech, and accents.

Each rule rewrites a phrase's phones wherever it applies, written as text with a bar between words:
`HH EY | AE T L AH S`. Quick speech after Shockey, "Sound Patterns of Spoken English" (2003),
accents after Wells, "Accents of English" (1982). The lexicon has no stress, so a vowel that English
reduces (AH, ER, IH, and IY and OW in some places) passes for unstressed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from attune.lexicon import PHONES, VOWELS

__all__ = ["REDUCTIONS", "WEAK_FORMS", "Reduction", "SpokenWords", "said_otherwise"]

SpokenWords = tuple[tuple[str, ...], ...]
"""The phones of each word of a phrase."""

_VOWEL = f"(?:{'|'.join(sorted(VOWELS))})"
_CONSONANT = f"(?:{'|'.join(phone for phone in PHONES if phone not in VOWELS)})"
_WEAK = "(?:AH|ER|IH|IY|OW)"
_FULL = f"(?:{'|'.join(sorted(VOWELS - {'AH', 'ER', 'IH'}))})"
_AFTER_VOWEL = f"(?<={'|'.join(f'{vowel} ' for vowel in sorted(VOWELS))})"


def _before(phones: str) -> str:
    """Followed by `phones` in the same word or the next."""
    return rf"(?= (?:\| )?{phones}(?!\S))"


def _within(phones: str) -> str:
    """Followed by `phones` in the same word."""
    return rf"(?= {phones}(?!\S))"


@dataclass(frozen=True)
class Reduction:
    """A way of saying that changes phones: `weight` is how usual it is, 1 being the dictionary's.

    `kind`: quick speech, which everybody falls into, or an accent, which some people have.
    `edits`: regular expressions over the phones, and what takes the place of what they match.
    """

    name: str
    kind: Literal["quick", "accent"]
    weight: float
    edits: tuple[tuple[str, str], ...]

    def apply(self, words: SpokenWords) -> SpokenWords | None:
        """The words said so, None when nothing changes or a word would lose all its phones."""
        written = " | ".join(" ".join(word) for word in words)
        changed = written
        for pattern, replacement in self.edits:
            changed = re.sub(rf"(?<!\S){pattern}(?!\S)", replacement, changed)
            changed = " ".join(changed.split())
        spoken = tuple(tuple(word.split()) for word in changed.split("|"))
        return spoken if changed != written and all(spoken) else None


def _quick(name: str, weight: float, *edits: tuple[str, str]) -> Reduction:
    return Reduction(name, "quick", weight, edits)


def _accent(name: str, weight: float, *edits: tuple[str, str]) -> Reduction:
    return Reduction(name, "accent", weight, edits)


REDUCTIONS: tuple[Reduction, ...] = (
    _quick("one consonant for two alike", 0.7, (rf"({_CONSONANT}) \|(?= \1(?!\S))", "|")),
    _quick("t as a flap", 0.4, (rf"(?:{_AFTER_VOWEL}|(?<=R ))T{_before(_WEAK)}", "D")),
    _quick("t left out after n", 0.25, (rf"N T{_within(_WEAK)}", "N")),
    _quick("t or d left out", 0.3, (rf"([NSFKPL]) [TD] \|{_within(_CONSONANT)}", r"\1 |")),
    _quick("d and y as j", 0.3, (r"D \| Y", "| JH")),
    _quick("t and y as ch", 0.3, (r"T \| Y", "| CH")),
    _quick(
        "weak vowel higher",
        0.3,
        (rf"({_VOWEL} (?:{_CONSONANT} )+)AH{_within(_CONSONANT)}", r"\1IH"),
        (rf"({_CONSONANT}) AH{_within(f'(?:{_CONSONANT} )+{_FULL}')}", r"\1 IH"),
    ),
    _quick(
        "weak vowel lower", 0.3, (rf"({_VOWEL} (?:{_CONSONANT} )+)IH{_within('[^N]G?')}", r"\1AH")
    ),
    _quick("weak vowel left out", 0.25, (rf"({_CONSONANT}) AH{_within(f'[LRN] {_VOWEL}')}", r"\1")),
    _quick("weak vowel lost in r", 0.25, (rf"({_CONSONANT}) ER{_within(_VOWEL)}", r"\1 R")),
    _quick("-in' for -ing", 0.2, (r"IH NG(?= \||$)", "IH N")),
    _accent("caught as cot", 0.4, (r"AO(?! R(?!\S))", "AA")),
    _accent("cot as caught", 0.15, (r"AA(?! R(?!\S))", "AO")),
    _accent("marry as merry", 0.3, (rf"AE{_within(f'R {_VOWEL}')}", "EH")),
    _accent(
        "r not sounded",
        0.2,
        (rf"ER(?! (?:\| )?{_VOWEL}(?!\S))", "AH"),
        (rf"(AA|AO) R(?! (?:\| )?{_VOWEL}(?!\S))", r"\1"),
        (rf"(IY|IH|EH|UH|AY|AW) R(?! (?:\| )?{_VOWEL}(?!\S))", r"\1 AH"),
    ),
    _accent("h not sounded", 0.12, (rf"HH{_within(_VOWEL)}", "")),
    _accent("pen as pin", 0.12, (rf"EH{_within('[MN]')}", "IH")),
    _accent("tune with y", 0.12, (r"(T|D|N|S|TH) UW", r"\1 Y UW")),
    _accent("th as f", 0.08, (r"TH", "F")),
    _accent("th as t", 0.08, (r"TH", "T")),
    _accent("bath as in father", 0.08, (rf"AE{_within('(?:F|S|TH|N S|N T|N CH|M P)')}", "AA")),
)

WEAK_FORMS: dict[str, tuple[tuple[str, float], ...]] = {
    "a": (("AH", 1.0),),
    "and": (("AH N", 0.5), ("N", 0.2)),
    "at": (("AH T", 0.4),),
    "hello": (("HH EH L OW", 0.4),),
    "hey": (("HH EH", 0.15),),
    "my": (("M AH", 0.2),),
    "of": (("AH", 0.25),),
    "okay": (("K EY", 0.35), ("AH K EY", 0.3)),
    "ok": (("K EY", 0.35), ("AH K EY", 0.3)),
    "you": (("Y AH", 0.3),),
    "your": (("Y ER", 0.5),),
}
"""Further ways to say words that are seldom stressed, and how usual they are, 1 being the first."""


def said_otherwise(phones: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """What the rules of `REDUCTIONS` make of phones whose words are not known, each rule by itself.
    Phones of which at most one would be left are not said."""
    said = (rule.apply((tuple(phones),)) for rule in REDUCTIONS)
    found = dict.fromkeys(words[0] for words in said if words is not None)
    return tuple(other for other in found if len(other) > 1)
