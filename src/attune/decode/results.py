"""What a decoder returns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DecodeResult", "DecodedWord", "DecoderStatistics", "Hypothesis", "Lattice"]


@dataclass(frozen=True, slots=True)
class DecodedWord:
    """A recognised word.

    start, end: frames, half open, from the frame that enters the first phone to behind the frame
    that enters the last; acoustic_score: ln P of these frames along the path; language_score:
    ln P(word | words before), unweighted; posterior: probability among the alternates, None when
    not asked for; pronunciation: row of the graph's PronunciationTable (of the bias' own for words
    of phrases), None for a word that is still being spoken.
    """

    text: str
    start: int
    end: int
    acoustic_score: float
    language_score: float
    posterior: float | None
    pronunciation: int | None


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A word sequence with its score.

    score: natural log, all weights included; language_score: sum of ln P(word | before),
    unweighted, end of sentence included in final results.
    """

    words: tuple[DecodedWord, ...]
    score: float
    language_score: float

    @property
    def text(self) -> str:
        """The words, separated by spaces."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class DecodeResult:
    """The best hypothesis so far, and how settled it is.

    stable_words: leading words that no later result can change; trailing_frames: frames since the
    best hypothesis' last phone; completion_cost: what the best hypothesis that could end here
    loses against the best one (infinity: none could); frames: decoded since reset.
    """

    hypothesis: Hypothesis
    stable_words: int
    trailing_frames: int
    completion_cost: float
    frames: int

    @property
    def words(self) -> tuple[DecodedWord, ...]:
        """The words of the hypothesis."""
        return self.hypothesis.words

    @property
    def text(self) -> str:
        """The words of the hypothesis, separated by spaces."""
        return self.hypothesis.text


@dataclass(frozen=True, slots=True)
class Lattice:
    """Alternates as a directed acyclic graph; node 0 is the beginning, arcs lead upwards.

    sources, targets, starts, ends: int [arc]; words: one for each arc, None for an arc without a
    word; acoustic_scores, language_scores, posteriors, losses: float [arc], losses against the
    best way into the target; final_scores: float [node], loss of ending there, -inf: impossible.
    """

    sources: npt.NDArray[np.uint32]
    targets: npt.NDArray[np.uint32]
    words: tuple[str | None, ...]
    starts: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint32]
    acoustic_scores: npt.NDArray[np.float32]
    language_scores: npt.NDArray[np.float32]
    posteriors: npt.NDArray[np.float32]
    losses: npt.NDArray[np.float32]
    final_scores: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DecoderStatistics:
    """Work done since reset, and memory held (bytes) now."""

    frames: int
    skipped_frames: int
    expanded: int
    candidates: int
    word_ends: int
    model_lookups: int
    model_misses: int
    histories: int
    arcs: int
    collections: int
    bytes: int
    active: int
    peak_active: int


def decoded_word(fields: tuple[Any, ...], text: str, none: int) -> DecodedWord:
    """From one library.DECODED_WORD record."""
    _, pronunciation, start, end, acoustic, language, posterior, _ = fields
    return DecodedWord(
        text,
        start,
        end,
        acoustic,
        language,
        None if math.isnan(posterior) else posterior,
        None if pronunciation == none else pronunciation,
    )
