"""Pronunciations as the flat arrays that a decoder graph is built from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attune.decode.library import AttunePronunciations, address
from attune.errors import InputError
from attune.lexicon import PHONE_INDEX, Lexicon, Pronunciation

__all__ = ["PronunciationTable"]


@dataclass(frozen=True)
class PronunciationTable:
    """Pronunciation i of word `words[i]` is `phones[offsets[i]:offsets[i + 1]]`.

    phones: uint16 [total], columns of the network output (1 = first phone; 0, the blank, never);
    offsets: uint32 [count + 1]; words: uint32 [count], index into the graph's words; log_priors:
    float32 [count], natural logarithms. Raises InputError when the arrays do not fit together.
    """

    phones: npt.NDArray[np.uint16]
    offsets: npt.NDArray[np.uint32]
    words: npt.NDArray[np.uint32]
    log_priors: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        for name, kind in (("phones", "u2"), ("offsets", "u4"), ("words", "u4")):
            self._convert(name, kind)
        self._convert("log_priors", "f4")
        count = len(self.words)
        if len(self.offsets) != count + 1 or len(self.log_priors) != count:
            raise InputError(
                f"pronunciations: {count} words, {len(self.offsets)} offsets and "
                f"{len(self.log_priors)} priors do not fit together: one offset more than words"
            )
        offsets = self.offsets
        if offsets[0] != 0 or offsets[-1] != len(self.phones) or (offsets[1:] < offsets[:-1]).any():
            raise InputError("pronunciations: offsets must rise from 0 to the number of phones")

    def _convert(self, name: str, kind: str) -> None:
        array = np.asarray(getattr(self, name))
        if array.ndim != 1:
            raise InputError(f"pronunciations: {name} must be one-dimensional, not {array.ndim}")
        object.__setattr__(self, name, np.ascontiguousarray(array, dtype=kind))

    def __len__(self) -> int:
        return len(self.words)

    @classmethod
    def build(cls, entries: Iterable[tuple[int, Sequence[int], float]]) -> PronunciationTable:
        """From (word index, phone columns, natural-log prior) entries."""
        phones: list[int] = []
        offsets, words, priors = [0], [], []
        for word, codes, log_prior in entries:
            phones.extend(codes)
            offsets.append(len(phones))
            words.append(word)
            priors.append(log_prior)
        return cls(
            np.array(phones, np.uint16),
            np.array(offsets, np.uint32),
            np.array(words, np.uint32),
            np.array(priors, np.float32),
        )

    @classmethod
    def from_lexicon(
        cls, lexicon: Lexicon, words: Sequence[str] | None = None
    ) -> tuple[list[str], PronunciationTable]:
        """The words of a lexicon (sorted by UTF-8 bytes unless given) and their table."""
        if words is None:
            words = sorted(lexicon, key=str.encode)
        entries = (
            (index, phone_columns(pronunciation), pronunciation.log_prob)
            for index, word in enumerate(words)
            for pronunciation in lexicon.pronunciations(word)
        )
        return list(words), cls.build(entries)

    def of_word(self, word: int) -> list[tuple[npt.NDArray[np.uint16], float]]:
        """The (phones, log prior) of one word; searches the whole table."""
        return [
            (self.phones[self.offsets[i] : self.offsets[i + 1]], float(self.log_priors[i]))
            for i in np.flatnonzero(self.words == word)
        ]

    def native(self) -> AttunePronunciations:
        """This table for the library; valid as long as the table lives."""
        return AttunePronunciations(
            address(self.phones),
            address(self.offsets),
            address(self.words),
            address(self.log_priors),
            len(self.words),
        )


def phone_columns(
    pronunciation: Pronunciation, columns: Mapping[str, int] = PHONE_INDEX
) -> list[int]:
    """The network output columns of a pronunciation's phones; InputError for one without."""
    try:
        return [columns[phone] for phone in pronunciation.phones]
    except KeyError as error:
        raise InputError(f"{error.args[0]!r} is not a phone of the network output") from error
