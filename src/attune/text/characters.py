"""Characters that more than one language folds alike before its rules see the text."""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "APOSTROPHES",
    "DASHES",
    "FRACTIONS",
    "INVISIBLE",
    "LATIN_LETTERS",
    "LONG_RUN",
    "QUOTES",
    "SUPERSCRIPTS",
]

APOSTROPHES = "’‘\u201b\u02bc´`\u2032"
QUOTES = "“”„«»\u2033\u201a\u2039\u203a"
DASHES = "–\u2012−\u2010\u2011"
"""What stands for a hyphen or a minus sign; a long dash (—) separates words instead."""

INVISIBLE = "\u00ad"
"""The soft hyphen, which marks where a word may be broken and is no part of it."""

LATIN_LETTERS = {
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
    "ø": "o",
    "Ø": "O",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "\u0131": "i",
}
"""Letters that Unicode does not take apart into a plain letter and an accent."""

FRACTIONS = {
    character: " " + unicodedata.normalize("NFKD", character).replace("\u2044", "/")
    for character in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
}
"""One character as three (½ as " 1/2"), apart from a number in front: 2½ is no 21/2."""

SUPERSCRIPTS = {character: f" {value}" for value, character in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
"""Raised digits apart from the number in front: 10² is not 102."""

# Nobody says a number this long as one: broken up, it is read digit by digit, and no rule has to
# search through megabytes of it.
LONG_RUN = re.compile(r"[\d,.]{40}")
