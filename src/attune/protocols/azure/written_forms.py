"""The forms of a result that Azure gives: lexical, ITN, masked ITN and display."""

from __future__ import annotations

from attune.recognize import Result
from attune.text import inverse_normalize

__all__ = ["itn_of", "itn_of_words", "masked_itn"]

_MARKS = ",.?!"
_MASK = "*"


def masked_itn(display: str) -> str:
    """Display text without capitals and punctuation: "5 pencils" of "5 pencils."."""
    return " ".join(filter(None, map(_plain, display.split())))


def itn_of(result: Result) -> str:
    """The best reading's numbers and the like as written, its words as said, none masked."""
    pieces, covered = [], 0
    words = [word.text for word in result.words]
    for token in result.tokens:
        said = words[token.first : token.last]
        pieces += words[covered : token.first]  # Removed from the display text.
        pieces += said if _MASK in token.text else [masked_itn(token.text)]
        covered = token.last
    return " ".join(filter(None, [*pieces, *words[covered:]]))


def itn_of_words(lexical: str) -> str:
    """The same of another reading, of which no pieces are known, by the usual rules alone."""
    return " ".join(token.text for token in inverse_normalize(lexical.split()))


def _plain(piece: str) -> str:
    """One piece: marks at its end go, and capitals of what is nothing but a word."""
    bare = piece.rstrip(_MARKS)
    return bare.lower() if bare.replace("'", "").replace("-", "").isalpha() else bare
