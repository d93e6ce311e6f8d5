"""de-DE text normalisation: display text to the lower-case spoken words `a-z`, `äöüß` and space."""

from __future__ import annotations

import re
import unicodedata

from . import german_dates, german_quantities
from .characters import (
    APOSTROPHES,
    DASHES,
    FRACTIONS,
    INVISIBLE,
    LATIN_LETTERS,
    LONG_RUN,
    QUOTES,
    SUPERSCRIPTS,
)
from .rules import Rule, Rules

__all__ = ["GERMAN"]

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys(APOSTROPHES, "'"),
        **dict.fromkeys(QUOTES, '"'),
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(INVISIBLE, ""),
        "ẞ": "ß",
        **FRACTIONS,
        **SUPERSCRIPTS,
        **LATIN_LETTERS,
    }
)
# Custom Speech takes a line with one of these for damaged, and so do we.
_BARRED = "^¢£¤¥¦§©ª¬®°±²µ×ÿØ"
_BARRED_CHARACTER = re.compile(f"[{re.escape(_BARRED)}]")
_UMLAUTS = dict(zip("aouAOU", "äöüÄÖÜ", strict=True))
_UMLAUT = re.compile("([aouAOU])[\u0300-\u036f]*?\u0308")
_KEPT = "äöüÄÖÜß€"


def _fold(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        if not _BARRED_CHARACTER.search(text):
            text = text.translate(_CHARACTERS)
            text = _UMLAUT.sub(
                lambda match: _UMLAUTS[match[1]], unicodedata.normalize("NFKD", text)
            )
            text = "".join(
                c if c.isascii() or c in _KEPT else "" if unicodedata.combining(c) else " "
                for c in text
            )
    return LONG_RUN.sub(r"\g<0> ", " ".join(text.split()))


_LETTERS = {ord(letter): letter for letter in "abcdefghijklmnopqrstuvwxyzäöüß"}
_LETTERS_ONLY = {c: " " for c in range(256)} | _LETTERS
_LETTERS_ONLY |= {ord(letter.upper()): letter for letter in _LETTERS.values() if letter != "ß"}
_INNER_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'+(?=[^\W\d_])")


def _strip(text: str) -> str:
    if "'" in text:
        text = _INNER_APOSTROPHE.sub("", text)
    return text.translate(_LETTERS_ONLY)


# A rule for each character, so that an explanation names the one that emptied the line.
_EMPTYING = tuple(
    Rule(f"line_with_{character}", re.compile(r"(?s)\A.+\Z"), lambda m: "", character)
    for character in _BARRED
)

GERMAN = Rules(
    language="de-DE",
    symbols=frozenset((*_LETTERS.values(), " ")),
    fold=_fold,
    rules=_EMPTYING + german_dates.RULES + german_quantities.RULES,
    strip=_strip,
    words={},
    special=re.compile(r"[^A-Za-zäöüÄÖÜß' ,.?!;:\"()\-\n]"),
    cues=frozenset(),
)
