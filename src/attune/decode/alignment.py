"""Forced alignment: where known words lie in the posteriors."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attune.decode.library import ALIGNED_SEGMENT, MOST_SYMBOLS, address, check, library
from attune.decode.pronunciations import PronunciationTable
from attune.errors import InputError

__all__ = ["AlignedPhone", "AlignedWord", "Alignment", "align"]

_TOO_SHORT, _NO_PATH, _TOO_LARGE, _BAD_PRONUNCIATION = 10, 11, 9, 2


@dataclass(frozen=True, slots=True)
class AlignedPhone:
    """Frames that emit a phone, half open; score: sum of their log posteriors."""

    phone: int
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """Frames from a word's first phone to its last, half open; blanks between phones included.

    pronunciation: which of the given ones fits best; score: sum of the path's log posteriors.
    """

    pronunciation: int
    start: int
    end: int
    score: float
    phones: tuple[AlignedPhone, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best path: its log probability (priors included) and its words."""

    words: tuple[AlignedWord, ...]
    score: float


def align(
    log_probs: npt.NDArray[np.float32],
    pronunciations: Sequence[Sequence[Sequence[int]]],
    log_priors: Sequence[Sequence[float]] | None = None,
) -> Alignment:
    """Align words with posteriors by the Viterbi path through CTC (Graves et al. 2006).

    log_probs: natural-log posteriors, float32 [frame, symbol], symbol 0 the blank;
    pronunciations: for each word its alternatives, each a sequence of symbols; log_priors: for
    each alternative (0 when not given). Raises InputError when the words do not fit into the
    frames (naming how many they need), when every path has probability zero, and for NaN.
    """
    frames = np.ascontiguousarray(log_probs, np.float32)
    if frames.ndim != 2 or not 2 <= frames.shape[1] <= MOST_SYMBOLS:
        raise InputError(
            f"log posteriors of shape {frames.shape}: expected [frame, 2 to {MOST_SYMBOLS}]"
        )
    table = _table(pronunciations, log_priors)
    variants = np.cumsum([0, *(len(word) for word in pronunciations)], dtype=np.uint32)
    room = sum(max((len(phones) for phones in word), default=0) for word in pronunciations)
    words = np.zeros(len(pronunciations) + 1, ALIGNED_SEGMENT)
    phones = np.zeros(room + 1, ALIGNED_SEGMENT)
    count, score, detail = ctypes.c_uint32(), ctypes.c_double(), ctypes.c_uint64()
    status = library().attune_align(
        address(frames),
        *frames.shape,
        table.native(),
        address(variants),
        len(pronunciations),
        address(words),
        address(phones),
        count,
        score,
        detail,
    )
    if status == _TOO_SHORT:
        raise InputError(
            f"alignment is impossible: the words need at least {detail.value} frames, "
            f"there are {len(frames)}: check the transcript"
        )
    if status == _NO_PATH:
        raise InputError("alignment is impossible: the words have probability zero")
    if status == _BAD_PRONUNCIATION:
        raise InputError(
            f"word {detail.value}: give 1 to 250 pronunciations of phones from 1 to "
            f"{frames.shape[1] - 1}"
        )
    if status == _TOO_LARGE:
        raise InputError("too long to align in one piece: split the audio and its transcript")
    check(status, detail.value)
    found = phones[: count.value]
    of_word = np.searchsorted(found["word"], np.arange(len(pronunciations) + 1))
    aligned = []
    for index, (_, variant, start, end, total, _) in enumerate(words[:-1].tolist()):
        parts = found[of_word[index] : of_word[index + 1]].tolist()
        codes = pronunciations[index][variant]
        segments = tuple(
            AlignedPhone(int(codes[place]), begin, stop, value)
            for _, place, begin, stop, value, _ in parts
        )
        aligned.append(AlignedWord(variant, start, end, total, segments))
    return Alignment(tuple(aligned), score.value)


def _table(
    pronunciations: Sequence[Sequence[Sequence[int]]], log_priors: Sequence[Sequence[float]] | None
) -> PronunciationTable:
    shape = [len(word) for word in pronunciations]
    if log_priors is not None and [len(word) for word in log_priors] != shape:
        raise InputError("log_priors: give one for each pronunciation of each word")
    entries = []
    for index, word in enumerate(pronunciations):
        for variant, codes in enumerate(word):
            if len(codes) == 0 or not all(0 < code < MOST_SYMBOLS for code in codes):
                raise InputError(f"word {index}: a pronunciation needs phones from 1 up")
            prior = 0.0 if log_priors is None else log_priors[index][variant]
            entries.append((index, codes, prior))
    return PronunciationTable.build(entries)
