"""The words that a language model knows, and their ids.

Ids are fixed by the file format: 0 `<unk>`, 1 `<s>`, 2 `</s>`, then the other words sorted by their
UTF-8 bytes (which is also the order of Python strings).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError

from .text_files import read_lines

__all__ = ["BEGIN", "END", "SPECIAL_WORDS", "UNKNOWN", "Vocabulary"]

UNKNOWN, BEGIN, END = 0, 1, 2
SPECIAL_WORDS = ("<unk>", "<s>", "</s>")


class Vocabulary:
    """An immutable list of words; `words[i]` is the word with id `i`."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take any words: specials, repeats and order do not matter."""
        ordinary = sorted(set(words).difference(SPECIAL_WORDS))
        for word in ordinary[:1]:
            if not word:
                raise InputError("A vocabulary word is empty: remove the empty entry.")
        self.words: Sequence[str] = (*SPECIAL_WORDS, *ordinary)

    @classmethod
    def from_sorted(cls, words: Sequence[str]) -> Vocabulary:
        """Take words that are already in id order (as stored in a model file), unchecked."""
        vocabulary = cls.__new__(cls)
        vocabulary.words = words
        return vocabulary

    @classmethod
    def read(cls, path: str | Path) -> Vocabulary:
        """Read a vocabulary file: the first column of each line is a word.

        Raises InputError when the file is missing, unreadable or empty.
        """
        words = [fields[0] for line in read_lines(path) if (fields := line.split(maxsplit=1))]
        if not words:
            raise InputError(f"{path}: no word in it; write one word a line.")
        return cls(words)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    def id(self, word: str) -> int:
        """The id of a word, 0 (`<unk>`) when it is not in the vocabulary."""
        return self._ids.get(word, UNKNOWN)

    def encode(self, words: Iterable[str]) -> NDArray[np.uint32]:
        """Ids of words, uint32 [word]; 0 for each word that is not in the vocabulary."""
        get = self._ids.get
        return np.fromiter((get(word, UNKNOWN) for word in words), np.uint32)

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self is other or tuple(self.words) == tuple(other.words)

    def __hash__(self) -> int:
        return hash(tuple(self.words))

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} words)"
