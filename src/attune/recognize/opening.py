"""An utterance whose beginning is known from elsewhere, as a keyword is: prefix first, rest after.

Whatever knows the beginning looks at the same posteriors as the search and says with which words
the utterance opens and where they end. The search starts there, with a new sentence, and every
result begins with these words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attune.recognize.readout import DisplayText
from attune.recognize.results import Alternative, Result, Token, Word

__all__ = ["Opening", "Prefix", "with_prefix"]

Floats = NDArray[np.float32]

# What a sentence goes on from without a mark, so that the next word shows its case inside one.
_LINK = "and"


@dataclass(frozen=True, slots=True)
class Prefix:
    """Words that an utterance begins with, whatever the search would make of them.

    `words` have times in seconds of the stream, `text` is how display text shows them, and `row`
    is the first row of posteriors behind them, counted from the stream's begin.
    """

    text: str
    words: tuple[Word, ...]
    row: int


class Opening(Protocol):
    """What finds a `Prefix` in the posteriors of a stream, chunk by chunk."""

    @property
    def settled(self) -> bool:
        """Whether it needs no more rows and will not change its mind."""
        ...

    def look(self, rows: Floats) -> Prefix | None:
        """The next rows, float32 [rows, symbols]; a prefix where it is found, or found better."""
        ...

    def close(self) -> Prefix | None:
        """No rows follow: a prefix that is found now, or found better, by those there were."""
        ...


def with_prefix(result: Result, prefix: Prefix, display: DisplayText | None) -> Result:
    """`result` of what followed, as one utterance that begins with `prefix`.

    `display` writes words as text; None leaves display text lexical.
    """
    shift = len(prefix.words)
    spoken = [word.text for word in prefix.words]
    sure = min(word.confidence for word in prefix.words)
    text, lead = _led(prefix, result.text, [w.text for w in result.words], display)
    opening = Token(lead, 0, shift)
    following = [Token(t.text, t.first + shift, t.last + shift) for t in result.tokens]
    if following:
        first = text[len(lead) + 1 :][: len(following[0].text)]
        following[0] = replace(following[0], text=first)
    alternatives = tuple(
        Alternative(
            _led(prefix, a.text, a.lexical.split(), display)[0],
            " ".join([*spoken, *a.lexical.split()]),
            a.score,
            a.confidence,
        )
        for a in result.alternatives
    )
    return Result(
        text,
        " ".join([*spoken, *(w.text for w in result.words)]),
        (*prefix.words, *result.words),
        (opening, *following),
        alternatives or (Alternative(text, " ".join(spoken), 0.0, sure),),
        result.confidence if result.words else sure,
        prefix.words[0].start,
        result.end,
        result.utterances,
    )


def _led(
    prefix: Prefix, text: str, words: Sequence[str], display: DisplayText | None
) -> tuple[str, str]:
    """The whole text, and how the prefix is written in it."""
    if display is None:
        lead = " ".join(word.text for word in prefix.words)
        return f"{lead} {text}".strip(), lead
    if not text:
        return f"{prefix.text}.", f"{prefix.text}."
    lead = f"{prefix.text},"
    return f"{lead} {_inside(text, words, display)}", lead


def _inside(text: str, words: Sequence[str], display: DisplayText) -> str:
    """`text` with its first letter as it is inside a sentence."""
    linked = display([_LINK, *words], [0.0] * (len(words) + 1))
    inside = next((token.text for token in linked.tokens if token.first == 1), "")
    return text[0].lower() + text[1:] if inside[:1] == text[0].lower() else text
