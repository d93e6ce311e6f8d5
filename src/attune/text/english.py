"""en-US text normalisation: display text to the lower-case spoken words `a-z`, `'` and space."""

from __future__ import annotations

import re
import unicodedata

from . import english_abbreviations, english_dates, english_quantities
from .rules import Rules

__all__ = ["ENGLISH"]

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("’‘\u201b\u02bc´`\u2032", "'"),
        **dict.fromkeys("“”„«»\u2033", '"'),
        **dict.fromkeys("–\u2012−\u2010\u2011", "-"),
        **dict.fromkeys("—―…™®©\u200b\ufeff", " "),
        "×": "x",
        "÷": " divided by ",
        "±": " plus or minus ",
        "²": " squared ",
        "³": " cubed ",
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
        "⅓": " 1/3",
        "⅔": " 2/3",
        "⅛": " 1/8",
        "§": " section ",
        "ß": "ss",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ø": "o",
        "Ø": "O",
        "ð": "d",
        "þ": "th",
        "Þ": "Th",
        "ł": "l",
        "đ": "d",
    }
)
_KEPT = "£€¥¢°"
# Nobody says a number this long as one: broken up, it is read digit by digit, and no rule has to
# search through megabytes of it.
_LONG_RUN = re.compile(r"[\d,.]{40}")


def _fold(text: str) -> str:
    if not text.isascii():
        text = text.translate(_CHARACTERS)
        if not text.isascii():
            text = "".join(
                c if c.isascii() or c in _KEPT else ("" if unicodedata.combining(c) else " ")
                for c in unicodedata.normalize("NFKD", text)
            )
    text = " ".join(text.replace("--", " ").split())
    return _LONG_RUN.sub(r"\g<0> ", text)


_LETTERS_ONLY = {c: " " for c in range(256) if not chr(c).isalpha() and chr(c) != "'"}
_LETTERS_ONLY |= {c: chr(c).lower() for c in range(65, 91)}
_LETTERS_ONLY |= {c: " " for c in range(128, 256)}
_OUTER_APOSTROPHE = re.compile(r"(?<![a-z])'+|'+(?![a-z])")


def _strip(text: str) -> str:
    text = text.translate(_LETTERS_ONLY)
    return _OUTER_APOSTROPHE.sub(" ", text) if "'" in text else text


# Plain characters, unless they spell a place and its state ("San Jose, CA").
_SPECIAL = re.compile(r"[^A-Za-z' ,.?!;:\"()\-\n]|, [A-Z][A-Z]\b")

ENGLISH = Rules(
    language="en-US",
    fold=_fold,
    rules=english_abbreviations.RULES + english_dates.RULES + english_quantities.RULES,
    strip=_strip,
    words=english_abbreviations.SPOKEN_WORDS,
    special=_SPECIAL,
    cues=english_abbreviations.CUES,
)
