"""Transcripts as CTC targets: phone and character indices, and whether a path can exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError
from attune.lexicon import PHONES, Lexicon

__all__ = ["CHARACTERS", "Targets", "encode", "frames_needed"]

CHARACTERS = " 'abcdefghijklmnopqrstuvwxyz"
"""Symbols of the character head, from index 1; 0 is the blank."""

_PHONE_INDEX = {phone: i + 1 for i, phone in enumerate(PHONES)}
_CHARACTER_INDEX = {character: i + 1 for i, character in enumerate(CHARACTERS)}


@dataclass(frozen=True)
class Targets:
    """`phones` and `characters`: int32 [length], blank-free."""

    phones: NDArray[np.int32]
    characters: NDArray[np.int32]


def encode(text: str, lexicon: Lexicon, choice: Sequence[int] | None = None) -> Targets:
    """Targets of a normalised transcript.

    `choice` names the pronunciation of each word (default: the first). InputError names the words
    without a pronunciation, or characters outside the symbol set.
    """
    words = text.split()
    missing = sorted({w for w in words if not lexicon.pronunciations(w)})
    if missing:
        raise InputError(
            f"no pronunciation for {', '.join(missing)}: add them to the lexicon "
            "(attune train g2p makes candidates)"
        )
    strange = sorted({c for c in text if c not in _CHARACTER_INDEX})
    if strange:
        raise InputError(f"characters outside the symbol set: {' '.join(map(repr, strange))}")
    picks = choice if choice is not None else [0] * len(words)
    phones = [
        _PHONE_INDEX[phone]
        for word, pick in zip(words, picks, strict=True)
        for phone in lexicon.pronunciations(word)[pick].phones
    ]
    return Targets(
        np.array(phones, np.int32), np.array([_CHARACTER_INDEX[c] for c in text], np.int32)
    )


def frames_needed(targets: NDArray[np.int32]) -> int:
    """Least number of output frames of a CTC path: one a symbol, and a blank between repeats."""
    return len(targets) + int(np.count_nonzero(targets[1:] == targets[:-1]))
