"""Transcripts as CTC targets: phone and character indices, and whether a path can exist."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.data.lines import read_lines
from attune.errors import InputError
from attune.lexicon import PHONE_INDEX, Lexicon

__all__ = ["CHARACTERS", "Targets", "encode", "frames_needed", "read_sentences", "read_spoken"]

CHARACTERS = " 'abcdefghijklmnopqrstuvwxyz"
"""Symbols of the character head, from index 1; 0 is the blank."""

_CHARACTER_INDEX = {character: i + 1 for i, character in enumerate(CHARACTERS)}


@dataclass(frozen=True)
class Targets:
    """`phones` and `characters`: int32 [length], blank-free; `characters` may not be known."""

    phones: NDArray[np.int32]
    characters: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))


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
        PHONE_INDEX[phone]
        for word, pick in zip(words, picks, strict=True)
        for phone in lexicon.pronunciations(word)[pick].phones
    ]
    return Targets(
        np.array(phones, np.int32), np.array([_CHARACTER_INDEX[c] for c in text], np.int32)
    )


def read_spoken(path: Path) -> dict[str, NDArray[np.int32]]:
    """Phones of recordings, int32 [length] each, by the recording's real path.

    The file is UTF-8 text: the header `path<TAB>phones`, then a recording a line, its path absolute
    or relative to the file. InputError names the line that is wrong.
    """
    lines = read_lines(path)
    number, header = next(lines, (1, ""))
    if header != "path\tphones":
        raise InputError(f"{path}:{number}: the first line must be path<TAB>phones")
    found = {}
    for number, line in lines:
        name, tab, phones = line.partition("\t")
        strange = [phone for phone in phones.split() if phone not in PHONE_INDEX]
        if not tab or strange:
            what = f"{strange[0]!r} is not a phone" if strange else "expected path<TAB>phones"
            raise InputError(f"{path}:{number}: {what}")
        codes = [PHONE_INDEX[phone] for phone in phones.split()]
        found[os.path.realpath(path.parent / name)] = np.array(codes, np.int32)
    return found


def read_sentences(path: Path, lexicon: Lexicon) -> tuple[NDArray[np.int32], ...]:
    """Phones of the sentences in a file, int32 [length] each, by each word's first pronunciation.

    UTF-8, a normalised sentence a line. Those with a word that the lexicon lacks are left out.
    """
    found = []
    for _, line in read_lines(path):
        readings = [lexicon.pronunciations(word) for word in line.split()]
        if readings and all(readings):
            codes = [PHONE_INDEX[phone] for known in readings for phone in known[0].phones]
            found.append(np.array(codes, np.int32))
    return tuple(found)


def frames_needed(targets: NDArray[np.int32]) -> int:
    """Least number of output frames of a CTC path: one a symbol, and a blank between repeats."""
    return len(targets) + int(np.count_nonzero(targets[1:] == targets[:-1]))
