"""Pronouncing any word: from the lexicon, else from words in it, else by its letters."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass

from attune.lexicon.cmudict import is_normalised
from attune.lexicon.derive import Derivation, KnownWords, derive
from attune.lexicon.g2p import G2P
from attune.lexicon.pronunciation import Pronunciation

__all__ = ["Pronouncer", "Reading", "distinct_readings"]

_CANDIDATES = 5  # readings by letters that a compound may agree with
_SECOND = 0.3  # a second reading by letters is kept from this share of the first one's
_SHORT = 4  # letters; a shorter part makes a compound doubtful (person + age)


@dataclass(frozen=True)
class Reading:
    """How a word is said, and how that was found.

    `source`: `listed` (in the lexicon), `g2p` (by its letters), `spelled` (in the network's
    tokens), or the rule of a derivation.
    `pronunciations`: likeliest first, max-normalised (`log_prob` of the first is 0).
    """

    word: str
    source: str
    pronunciations: tuple[Pronunciation, ...]


class Pronouncer:
    """Finds pronunciations with a lexicon and a G2P model.

    `common`: words in common use, which may be parts of compounds and stems of rare affixes.
    """

    takes_phones = True

    def __init__(self, lexicon: KnownWords, g2p: G2P, common: Container[str] = ()) -> None:
        self._lexicon = lexicon
        self._g2p = g2p
        self._common = common

    def can_read(self, word: str) -> bool:
        """Whether `word` has only letters a-z and apostrophes."""
        return is_normalised(word)

    def read(self, word: str) -> Reading:
        """Pronounce `word`; it has only letters a-z and apostrophes (InputError otherwise).

        A compound that no reading by letters confirms stands beside the best of them, or gives way
        to it when one part is short.
        """
        return self.read_all([word])[0]

    def read_all(self, words: Sequence[str]) -> list[Reading]:
        """`read` for each of `words`, several times as fast as one by one."""
        known = [self._read_known(word) for word in words]
        doubtful = [
            word for word, found in zip(words, known, strict=True) if not isinstance(found, Reading)
        ]
        guessed = iter(self._g2p.pronounce_all(doubtful, _CANDIDATES))
        return [
            found if isinstance(found, Reading) else _weigh(word, found, next(guessed))
            for word, found in zip(words, known, strict=True)
        ]

    def _read_known(self, word: str) -> Reading | Derivation | None:
        """The reading if it is sure, a compound that is not, or None."""
        listed = self._lexicon.pronunciations(word)
        if listed:
            return Reading(word, "listed", listed)
        derivation = derive(word, self._lexicon, self._common)
        if derivation is None or derivation.rule == "compound":
            return derivation
        return Reading(word, derivation.rule, distinct_readings(derivation.pronunciations))


def _weigh(word: str, compound: Derivation | None, guesses: list[Pronunciation]) -> Reading:
    """The reading as a compound, by its letters, or both."""
    top = guesses[0].log_prob
    if compound is not None:
        spoken = compound.pronunciations
        if {item.phones for item in spoken} & {item.phones for item in guesses}:
            return Reading(word, compound.rule, distinct_readings(spoken))
        if _certain(compound):
            best = Pronunciation(guesses[0].phones, 0.0)
            return Reading(word, compound.rule, distinct_readings([*spoken, best]))
    likely = [
        Pronunciation(item.phones, item.log_prob - top)
        for item in guesses[:2]
        if item.log_prob - top >= math.log(_SECOND)
    ]
    return Reading(word, "g2p", tuple(likely))


def _certain(derivation: Derivation) -> bool:
    return min(len(stem) for stem in derivation.stems) >= _SHORT


def distinct_readings(readings: Sequence[Pronunciation]) -> tuple[Pronunciation, ...]:
    """Likeliest first, each phone sequence once, the first at log probability 0."""
    best: dict[tuple[str, ...], float] = {}
    for item in readings:
        best[item.phones] = max(item.log_prob, best.get(item.phones, -math.inf))
    top = max(best.values())
    ranked = sorted(best.items(), key=lambda item: -item[1])
    return tuple(Pronunciation(phones, log_prob - top) for phones, log_prob in ranked)
