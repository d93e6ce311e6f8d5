"""A phrase to be spotted: its text and the ways in which it is said."""

from __future__ import annotations

from dataclasses import dataclass

from attune.errors import InputError
from attune.keyword.pauses import default_pause_weight
from attune.lexicon import PHONES

__all__ = ["MOST_PAUSE", "MOST_PHONES", "KeywordPhrase"]

MOST_PHONES = 60
"""The longest pronunciation that a phrase may have."""

MOST_PAUSE = 5.0
"""The most that a phrase's score may fall because of what follows it."""

_SHORT = 4.5  # phones


@dataclass(frozen=True)
class KeywordPhrase:
    """A phrase and its pronunciations, each a sequence of ARPAbet phones without stress.

    `pause` is how much its score falls where speech goes on right after it: 0 where people give
    their command in the same breath; given None, it becomes what suits the phrase's length.

    InputError for no text, no pronunciation, an unknown phone, more than `MOST_PHONES` of them, or
    a `pause` that is no number from 0 to `MOST_PAUSE`.
    """

    text: str
    pronunciations: tuple[tuple[str, ...], ...]
    pause: float | None = None

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
        if self.pause is None:
            object.__setattr__(self, "pause", default_pause_weight(self.pronunciations))
        elif not 0.0 <= self.pause <= MOST_PAUSE:
            raise InputError(
                f"keyword {self.text!r}: a pause that counts {self.pause:g}: give 0 to "
                f"{MOST_PAUSE:g}"
            )

    @property
    def pause_weight(self) -> float:
        """How much the score falls where speech goes on right after the phrase."""
        assert self.pause is not None
        return self.pause

    @property
    def is_short(self) -> bool:
        """Whether it is a word of a few phones, which much of what people say comes near."""
        lengths = [len(phones) for phones in self.pronunciations]
        return sum(lengths) < _SHORT * len(lengths)
