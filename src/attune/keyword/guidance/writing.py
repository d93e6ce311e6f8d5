"""Whether a phrase is written so that everybody would say it alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from attune.keyword.guidance.findings import Finding
from attune.text import normalize

__all__ = ["MOST_CHARACTERS", "Written", "read_writing"]

MOST_CHARACTERS = 40
"""Of the longest phrase, which takes three seconds to say."""

_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})  # noqa: RUF001
_ENDS = '.,!?;:…"“”„«»()'
_HYPHENS = "-‐‑‒–—"  # noqa: RUF001
_INITIALS = re.compile(
    r"(?<![^\W_])(?:(?:[A-Za-z]\.){2,}[A-Za-z]?|[A-Za-z](?:[./][A-Za-z])+)(?!\w)"
)


@dataclass(frozen=True)
class Written:
    """A phrase as read: its words (a-z and inner apostrophes), and what is to be said about it.

    There are no words when a finding is an error.
    """

    words: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_writing(text: str) -> Written:
    """Read a phrase as somebody typed it; what is wrong with it is in the findings."""
    plain = text.translate(_STRAIGHT)
    found = list(_unusable(plain)) or list(_ambiguous(plain))
    if any(finding.severity == "error" for finding in found):
        return Written((), tuple(found))
    read = unicodedata.normalize("NFKC", _without_marks(plain))
    words = tuple(normalize(read.lower() if _is_shouted(read) else read).split())
    if not words:
        found.append(_error("empty", f"{text!r} holds no word", "give it words, such as hey atlas"))
    elif sum(map(len, words)) == 1:
        found.append(
            _error(
                "one letter",
                f"{text!r} is one letter, which is heard in all speech",
                "take two or three words, such as hey atlas",
            )
        )
    return Written(() if found and found[-1].severity == "error" else words, tuple(found))


def _error(code: str, message: str, suggestion: str) -> Finding:
    return Finding(code, "error", message, suggestion)


def _unusable(text: str) -> Iterator[Finding]:
    """What makes a phrase unusable before its characters are looked at one by one."""
    if not text.strip():
        yield _error("empty", "the phrase is empty", "give it words, such as hey atlas")
    elif len(text.strip()) > MOST_CHARACTERS:
        yield _error(
            "long",
            f"the phrase has {len(text.strip())} characters, more than {MOST_CHARACTERS}",
            "take two to four words that are said in less than two seconds",
        )
    hidden = [mark for mark in text if unicodedata.category(mark)[0] == "C" and not mark.isspace()]
    if hidden and not _is_sign(text):
        yield _error(
            "hidden characters",
            f"the phrase holds a character that cannot be seen (U+{ord(hidden[0]):04X})",
            "type the phrase anew, with letters and spaces only",
        )


def _ambiguous(text: str) -> Iterator[Finding]:
    """What could be read in several ways, or not at all."""
    bare = "".join(" " if _is_symbol(mark) else mark for mark in text)
    signs = [mark for mark in text if _is_sign(mark)]
    if signs:
        left = " ".join("".join(m for m in bare if not _is_sign(m)).split())
        yield _error(
            "emoji",
            f"'{text}' holds an emoji or sign ({_name(signs[0])}), which nobody says",
            f"leave it out: {left!r}" if left.strip(_ENDS) else "give words, such as hey atlas",
        )
        return
    foreign = [mark for mark in text if mark.isalpha() and not _is_latin(mark)]
    if foreign:
        yield _error(
            "script",
            f"{text!r} holds letters of another script: {_name(foreign[0])} ({foreign[0]})",
            "write how it sounds in the letters a to z, or give phones with --pronunciation",
        )
    if any(mark.isdigit() or mark.isnumeric() for mark in text):
        yield _error(
            "digits",
            f"{text!r} holds digits, which are said in more than one way",
            f"write them as they are said: {_spoken_digits(text)}",
        )
    elif initials := _INITIALS.search(text):
        letters = " ".join(mark.upper() for mark in initials[0] if mark.isalpha())
        yield _error(
            "initials",
            f"{initials[0]!r} is said as a word by some and letter by letter by others",
            f"write the letters apart ({letters!r}), or a word that sounds like it",
        )
    elif symbols := [mark for mark in _without_marks(text) if _is_symbol(mark)]:
        spoken = normalize(text) or "hey atlas"
        yield _error(
            "symbols",
            f"{text!r} holds {symbols[0]!r}, which is said in more than one way or not at all",
            f"write what is said, in words: {spoken!r}",
        )
    else:
        yield from _abbreviations(text)


def _abbreviations(text: str) -> Iterator[Finding]:
    for word in _without_marks(text).split():
        letters = "".join(mark for mark in word if mark.isalpha())
        said = normalize(word)
        if 1 < len(letters) <= 5 and letters.isupper() and not _is_shouted(text):
            apart = " ".join(letters)
            yield Finding(
                "capitals",
                "warning",
                f"{word!r} may be said as a word or letter by letter",
                f"write {word.lower()!r} for the word, {apart!r} for the letters",
            )
        elif _letters(said) != _letters(word):
            yield _error(
                "abbreviation",
                f"{word!r} is an abbreviation",
                f"write it out, such as {normalize(text)!r}",
            )
    if any(mark in _ENDS for mark in text.strip()):
        yield Finding("punctuation", "note", "punctuation is not said and was left out")


def _is_shouted(text: str) -> bool:
    """Whether several words are all in capitals, which says nothing of one of them."""
    return text.isupper() and len(text.split()) > 1


def _letters(text: str) -> str:
    """The letters of a text without accents, in lower case."""
    spread = unicodedata.normalize("NFKD", text.lower())
    return "".join(mark for mark in spread if "a" <= mark <= "z")


def _without_marks(text: str) -> str:
    """The phrase without the punctuation around words; hyphens part words."""
    parted = "".join(" " if mark in _HYPHENS else mark for mark in text)
    return " ".join(word.strip(_ENDS + "'") for word in parted.split()).strip()


def _spoken_digits(text: str) -> str:
    """A phrase with digits in the ways they may be said."""

    def one_by_one(zero: str) -> str:
        names = [zero, *_DIGITS[1:]]
        digits = [(mark, unicodedata.digit(mark, -1)) for mark in text]
        return normalize("".join(mark if d < 0 else f" {names[d]} " for mark, d in digits))

    ways = dict.fromkeys((normalize(text), one_by_one("zero"), one_by_one("oh")))
    return " or ".join(repr(way) for way in ways if way)


def _is_symbol(mark: str) -> bool:
    known = mark.isspace() or mark in _ENDS or mark in _HYPHENS or mark == "'"
    return not (known or unicodedata.category(mark)[0] in "LMN")


def _is_latin(mark: str) -> bool:
    return unicodedata.name(mark, "").startswith(("LATIN", "FULLWIDTH LATIN"))


def _is_sign(text: str) -> bool:
    """Whether a pictograph is in the text, a part of one, or another sign that is no word."""
    return any(
        unicodedata.category(mark) == "So" or 0x1F000 <= ord(mark) <= 0x1FAFF for mark in text
    )


def _name(mark: str) -> str:
    return unicodedata.name(mark, f"U+{ord(mark):04X}").lower()
