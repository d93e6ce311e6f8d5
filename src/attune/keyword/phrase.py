"""A phrase to be spotted: its text and the ways in which it is said."""

from __future__ import annotations

from dataclasses import dataclass

from attune.errors import InputError
from attune.lexicon import PHONES

__all__ = ["MOST_PHONES", "KeywordPhrase"]

MOST_PHONES = 60
"""The longest pronunciation that a phrase may have."""


@dataclass(frozen=True)
class KeywordPhrase:
    """A phrase and its pronunciations, each a sequence of ARPAbet phones without stress.

    InputError for no text, no pronunciation, an unknown phone, or more than `MOST_PHONES` of them.
    """

    text: str
    pronunciations: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InputError("a keyword needs a text: give the words to listen for")
        if not self.pronunciations:
            raise InputError(f"keyword {self.text!r} has no pronunciation: give at least one")
        for phones in self.pronunciations:
            unknown = [phone for phone in phones if phone not in PHONES]
            if unknown:
                raise InputError(
                    f"keyword {self.text!r}: unknown phone {unknown[0]!r}: use {', '.join(PHONES)}"
                )
            if not 2 <= len(phones) <= MOST_PHONES:
                raise InputError(
                    f"keyword {self.text!r}: a pronunciation of {len(phones)} phones: use 2 to "
                    f"{MOST_PHONES}"
                )
