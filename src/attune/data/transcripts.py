"""Whether a transcript can be learned from: it says something, in letters that the model knows."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable, Container
from functools import lru_cache

from attune.data.lines import decodable
from attune.data.report import Problem, Reason, name_character

__all__ = ["TranscriptCheck", "symbols_of"]

EXCERPT = 80
SYMBOLS = frozenset(string.ascii_lowercase + "' ")


class ChineseSymbols:
    """Han characters, capital letters and the space."""

    def __contains__(self, character: object) -> bool:
        if not isinstance(character, str):
            return False
        return character in " " + string.ascii_uppercase or unicodedata.name(
            character, ""
        ).startswith("CJK")


OTHER_SYMBOLS: dict[str, Container[str]] = {
    "de-de": frozenset(string.ascii_lowercase + "äöüß "),
    "zh-cn": ChineseSymbols(),
}


def symbols_of(language: str) -> Container[str]:
    """The characters of what `attune.text.normalize` makes of a language."""
    return OTHER_SYMBOLS.get(language.lower(), SYMBOLS)


# Letters, marks and digits carry speech; pictures, controls and unassigned characters show that
# something went wrong. Punctuation and spaces may vanish in normalisation without loss.
SPOKEN = ("L", "M", "N", "So", "Cc", "Cn", "Co", "Cs")


class TranscriptCheck:
    """Decides whether a transcript survives normalisation into `symbols` without losing speech.

    `normalize` is the normaliser that training uses; `symbols` are the characters of its output.
    Normalisers drop what they do not know, so every non-ASCII character is also tried alone.
    """

    def __init__(self, normalize: Callable[[str], str], symbols: Container[str] = SYMBOLS) -> None:
        self._normalize = normalize
        self._symbols = symbols
        self._speakable = lru_cache(maxsize=1 << 16)(self._is_speakable)

    def __call__(self, text: str, where: str) -> Problem | None:
        """What is wrong with `text`, found at `where`; None when it can be used."""
        if not decodable(text):
            shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            return Problem(Reason.ENCODING, where, f"the transcript is {excerpt(shown)}")
        if not text.strip():
            return Problem(Reason.EMPTY, where, "the transcript is empty")
        spoken = self._normalize(text)
        strange = dict.fromkeys(
            [character for character in text if not self._speakable(character)]
            + [character for character in spoken if character not in self._symbols]
        )
        if strange:
            named = ", ".join(name_character(character) for character in strange)
            return Problem(Reason.CHARACTERS, where, f"{named} in {excerpt(text)}", tuple(strange))
        if not spoken:
            return Problem(Reason.EMPTY, where, f"{excerpt(text)} holds no word")
        return None

    def _is_speakable(self, character: str) -> bool:
        if character.isspace() or (character.isascii() and character.isprintable()):
            return True
        if not unicodedata.category(character).startswith(SPOKEN):
            return True
        # A sign may mean something only beside a number (20°), a mark only on a letter (é).
        for before in ("", "1", "a"):
            spoken = self._normalize(before + character)
            changed = spoken and spoken != self._normalize(before)
            if changed and all(each in self._symbols for each in spoken):
                return True
        return unicodedata.combining(character) > 0


def excerpt(text: str) -> str:
    """`text` quoted, and cut where it is long."""
    return repr(text if len(text) <= EXCERPT else text[:EXCERPT] + "…")
