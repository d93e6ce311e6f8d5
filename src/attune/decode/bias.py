"""Phrases that one decoder prefers (or avoids), words outside the lexicon included."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from attune.decode.graph import DecoderGraph
from attune.decode.library import AttunePhrases, address
from attune.decode.pronunciations import PronunciationTable, phone_columns
from attune.errors import InputError
from attune.lexicon import Pronunciation

__all__ = ["Bias", "CompiledBias", "Phrase"]

MAX_WORDS = 64
MAX_BOOST = 1e4


@dataclass(frozen=True)
class Phrase:
    """A word sequence, and what each occurrence of it adds to a hypothesis' score.

    boost: natural-log units, after the language model weight; negative makes the phrase less
    likely. Raises InputError for no or more than 64 words, or a boost that is not finite.
    """

    words: tuple[str, ...]
    boost: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))
        if not 1 <= len(self.words) <= MAX_WORDS or not all(self.words):
            raise InputError(f"phrase {' '.join(self.words)!r}: give 1 to {MAX_WORDS} words")
        if not math.isfinite(self.boost) or abs(self.boost) >= MAX_BOOST:
            raise InputError(f"phrase {' '.join(self.words)!r}: the boost must be a finite number")


@dataclass(frozen=True)
class Bias:
    """Phrases of one decoder, and pronunciations for words of theirs.

    pronunciations: for every phrase word that the graph does not know; for known words they are
    added to the graph's. Words given here but in no phrase become recognisable without a boost.
    """

    phrases: tuple[Phrase, ...] = ()
    pronunciations: Mapping[str, Sequence[Pronunciation]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "phrases", tuple(self.phrases))


class CompiledBias:
    """A bias over the words of one graph, as arrays; reusable for many decoders.

    Raises InputError naming a word that has no pronunciation.
    """

    def __init__(self, graph: DecoderGraph, bias: Bias) -> None:
        boosts = dict(_strongest(bias.phrases))
        named = {word for words in boosts for word in words}
        boosts.update({(word,): 0.0 for word in bias.pronunciations if word not in named})
        index = graph.word_index
        self.new_words: list[str] = []
        ids: dict[str, int] = {}
        for word in dict.fromkeys(word for words in boosts for word in words):
            if word not in index:
                if not bias.pronunciations.get(word):
                    raise InputError(f"{word!r} is not in the lexicon: give a pronunciation for it")
                self.new_words.append(word)
            ids[word] = index.get(word, len(graph.words) + len(self.new_words) - 1)
        self._offsets = np.cumsum([0, *(len(words) for words in boosts)], dtype=np.uint32)
        self._words = np.array([ids[word] for words in boosts for word in words], np.uint32)
        self._boosts = np.array(list(boosts.values()), np.float32)
        self._table = PronunciationTable.build(_entries(graph, ids, bias.pronunciations))

    def native(self) -> AttunePhrases:
        """The arrays for the library; valid as long as this object lives."""
        return AttunePhrases(
            address(self._offsets),
            address(self._words),
            address(self._boosts),
            len(self._boosts),
            len(self.new_words),
            self._table.native(),
        )


def _strongest(phrases: Iterable[Phrase]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Each word sequence once, with the boost of the greatest magnitude."""
    for phrase in sorted(phrases, key=lambda item: abs(item.boost)):
        yield phrase.words, phrase.boost


def _entries(
    graph: DecoderGraph, ids: Mapping[str, int], given: Mapping[str, Sequence[Pronunciation]]
) -> Iterator[tuple[int, Sequence[int], float]]:
    table = graph.pronunciations
    known = np.array(sorted(i for i in ids.values() if i < len(graph.words)), np.uint32)
    for row in np.flatnonzero(np.isin(table.words, known)):
        codes = table.phones[table.offsets[row] : table.offsets[row + 1]]
        yield int(table.words[row]), codes.tolist(), float(table.log_priors[row])
    for word, number in ids.items():
        for pronunciation in given.get(word, ()):
            yield number, phone_columns(pronunciation, graph.columns), pronunciation.log_prob
