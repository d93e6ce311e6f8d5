# ruff: noqa: RUF001 - full-width marks are meant.
"""zh-CN text normalisation: display text to spoken words of Han characters and of capitals A-Z."""

from __future__ import annotations

import re
import unicodedata

from . import chinese_rules
from .characters import DASHES, FRACTIONS, INVISIBLE, LATIN_LETTERS, LONG_RUN, SUPERSCRIPTS
from .chinese_words import HAN, cut_words
from .rules import Rules

__all__ = ["CHINESE"]

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(INVISIBLE, ""),
        "〇": "零",
        "ß": "ss",
        **FRACTIONS,
        **SUPERSCRIPTS,
        **LATIN_LETTERS,
    }
)
# Marks that no rule reads; they stay as they are until all punctuation is dropped.
_MARKS = "，。？！；、（）《》〈〉「」『』【】“”‘’…—·"
_FOREIGN = re.compile(f"[^\\x00-\\x7f{HAN}{_MARKS}]+")
_SYMBOL = re.compile(f"[A-Z {HAN}]")
_INNER_APOSTROPHE = re.compile("(?<=[A-Za-z])['’]+(?=[A-Za-z])")


def _plain(match: re.Match[str]) -> str:
    """Full-width forms become half-width, accented letters plain ones."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", match.group())
        if not unicodedata.combining(character)
    )


def _fold(text: str) -> str:
    if not text.isascii():
        text = _FOREIGN.sub(_plain, text.translate(_CHARACTERS))
    return LONG_RUN.sub(r"\g<0> ", " ".join(text.split()))


def _strip(text: str) -> str:
    return " ".join(cut_words(_INNER_APOSTROPHE.sub("", text).upper()))


class _Symbols:
    """Han characters, capital letters and the space."""

    def __contains__(self, character: object) -> bool:
        return isinstance(character, str) and _SYMBOL.fullmatch(character) is not None


CHINESE = Rules(
    language="zh-CN",
    symbols=_Symbols(),
    fold=_fold,
    rules=chinese_rules.RULES,
    strip=_strip,
    words={},
    special=re.compile(f"[^A-Za-z{HAN}{_MARKS} ,.?!;:'\"()\\n]"),
    cues=frozenset(),
)
