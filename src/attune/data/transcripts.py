"""Whether a transcript can be learned from: it says something, in letters that the model knows."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container
from functools import lru_cache, partial

from attune.data.lines import decodable
from attune.data.report import Problem, Reason, name_character
from attune.text import normal_symbols, normalize

__all__ = ["TranscriptCheck"]

EXCERPT = 80
# Letters, marks and digits carry speech; pictures, controls and unassigned characters show that
# something went wrong. Punctuation and spaces may vanish in normalisation without loss.
SPOKEN = ("L", "M", "N", "So", "Cc", "Cn", "Co", "Cs")


class TranscriptCheck:
    """Decides whether a transcript survives normalisation into `symbols` without losing speech.

    `normalize` is the normaliser that training uses; `symbols` are the characters of its output,
    those of en-US by default. Normalisers drop what they do not know, so every non-ASCII character
    is also tried alone.
    """

    def __init__(
        self, normalize: Callable[[str], str], symbols: Container[str] | None = None
    ) -> None:
        self._normalize = normalize
        self._symbols = normal_symbols("en-US") if symbols is None else symbols
        self._speakable = lru_cache(maxsize=1 << 16)(self._is_speakable)

    @classmethod
    def of(cls, language: str) -> TranscriptCheck:
        """The check of transcripts in a language; InputError for one without rules."""
        return cls(partial(normalize, language=language), normal_symbols(language))

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
