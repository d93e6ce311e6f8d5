"""en-US text normalisation: display text to the lower-case spoken words `a-z`, `'` and space."""

from __future__ import annotations

import re
import string
import unicodedata

from . import english_abbreviations, english_dates, english_quantities
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
from .rules import Rules

__all__ = ["ENGLISH"]

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys(APOSTROPHES, "'"),
        **dict.fromkeys(QUOTES, '"'),
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(INVISIBLE, ""),
        **dict.fromkeys("—―…™®©\u200b\ufeff", " "),
        "×": "x",
        "÷": " divided by ",
        "±": " plus or minus ",
        **SUPERSCRIPTS,
        "²": " squared ",
        "³": " cubed ",
        **FRACTIONS,
        "§": " section ",
        "ß": "ss",
        **LATIN_LETTERS,
    }
)
_KEPT = "£€¥¢°"


def _fold(text: str) -> str:
    if not text.isascii():
        text = text.translate(_CHARACTERS)
        if not text.isascii():
            text = "".join(
                c if c.isascii() or c in _KEPT else ("" if unicodedata.combining(c) else " ")
                for c in unicodedata.normalize("NFKD", text)
            )
    text = " ".join(text.replace("--", " ").split())
    return LONG_RUN.sub(r"\g<0> ", text)


_LETTERS_ONLY = {c: " " for c in range(256) if not chr(c).isalpha() and chr(c) != "'"}
_LETTERS_ONLY |= {c: chr(c).lower() for c in range(65, 91)}
_LETTERS_ONLY |= {c: " " for c in range(128, 256)}
_OUTER_APOSTROPHE = re.compile(r"(?<![a-z])'+|'+(?![a-z])")
# One word however it is written ("e_mail"): the rule for it sees a space or a hyphen only.
_EMAIL = re.compile(r"(?<![a-z'])e +mail(?=s?(?![a-z']))")


def _strip(text: str) -> str:
    text = text.translate(_LETTERS_ONLY)
    if "'" in text:
        text = _OUTER_APOSTROPHE.sub(" ", text)
    return _EMAIL.sub("email", text) if " mail" in text else text


# Plain characters, unless they spell a place and its state ("San Jose, CA") or a grade ("B-").
_SPECIAL = re.compile(r"[^A-Za-z' ,.?!;:\"()\-\n]|,\s+[A-Z][A-Z]\b|-(?<=[A-DO]-)(?![\w-])")

ENGLISH = Rules(
    language="en-US",
    symbols=frozenset(string.ascii_lowercase + "' "),
    fold=_fold,
    rules=english_abbreviations.RULES + english_dates.RULES + english_quantities.RULES,
    strip=_strip,
    words=english_abbreviations.SPOKEN_WORDS,
    special=_SPECIAL,
    cues=english_abbreviations.CUES,
)
