"""What else people say that sounds like a pronunciation: words and short phrases of a lexicon.

The pronunciation is laid against every frequent word and phrase of two or three words, and may
begin and end anywhere in them, since a spotter listens in the middle of speech: the cheapest
alignment (Sellers, "The theory and computation of evolutionary distances: pattern recognition",
Journal of Algorithms 1(4), 1980) over distances of phones (`phone_distance`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.keyword.guidance.phone_distance import skip_costs, substitution_costs
from attune.keyword.guidance.speech_frequency import SpeechFrequency
from attune.lexicon import PHONE_INDEX, PHONES, CompiledLexicon

__all__ = ["Neighbour", "Neighbourhood", "SpokenPhrases"]

_LEAST_PER_HOUR = 0.01  # rarer phrases are said less than once in four days
_MOST_WORDS = 3
_MOST_PHONES = 24  # of a word or phrase that are looked at
_UNIT = 100  # distances are whole hundredths of a phone while they are compared
_FAR = 100 * _UNIT
_BLOCK = 16_384  # rows compared at once: what a processor's cache holds
_LOOKED_THROUGH = 500  # of the nearest rows, when there are few that differ


@dataclass(frozen=True)
class Neighbour:
    """Something people say that sounds like the phrase.

    `phones`: ARPAbet without stress; `distance`: 0 (the same sound somewhere in it) to 1 (nothing
    in common), per phone of the phrase; `per_hour`: occurrences in an hour of speech.
    """

    text: str
    phones: tuple[str, ...]
    distance: float
    per_hour: float


class SpokenPhrases:
    """The frequent words and short phrases of a language, ready to be compared.

    A row is a pronunciation of a word, or a phrase in the usual pronunciation of its words:
    `words`: int32 [row, 3], numbers in the lexicon, -1 after the last; `per_hour`: float64 [row];
    `codes`: uint8 [row, 24], columns of the network output, 0 after the last.
    """

    def __init__(self, lexicon: CompiledLexicon, frequency: SpeechFrequency) -> None:
        self.lexicon = lexicon
        ids = frequency.model.vocabulary.encode(lexicon)
        numbers = np.full(len(frequency.per_hour), -1, np.int32)
        numbers[ids] = np.arange(len(lexicon), dtype=np.int32)
        numbers[0] = -1
        usual = lexicon.pronunciation_offsets.astype(np.int64)
        parts: list[NDArray[np.int32]] = []
        rates: list[NDArray[np.float64]] = []
        readings = np.zeros(0, np.int64)
        for phrases in frequency.frequent(_LEAST_PER_HOUR):
            known = numbers[phrases.words]
            kept = (known >= 0).all(axis=1)
            words, rate = known[kept], phrases.per_hour[kept]
            if not parts:
                # Every pronunciation of a word is a row of its own.
                first, count = usual[words[:, 0]], np.diff(usual)[words[:, 0]]
                begins = np.cumsum(count) - count
                readings = np.repeat(first - begins, count) + np.arange(count.sum())
                words, rate = np.repeat(words, count, axis=0), np.repeat(rate, count)
            parts.append(_widened(words))
            rates.append(rate)
        self.words = np.concatenate(parts)
        self.per_hour = np.concatenate(rates)
        self._begins = np.cumsum([0, *map(len, parts)]).tolist()
        self.codes = self._spell(readings)
        self._by_length = np.argsort((self.codes > 0).sum(axis=1), kind="stable")

    def around(self, pronunciations: Sequence[Sequence[str]]) -> Neighbourhood:
        """How far everything is from the nearest of the pronunciations of one phrase (ARPAbet
        without stress)."""
        nearest = np.full(len(self.codes), np.inf, np.float32)
        for phones in pronunciations:
            codes = [PHONE_INDEX[phone] for phone in phones]
            far = self._distances(np.array(codes)) / np.float32(_UNIT * len(codes))
            np.minimum(nearest, far, out=nearest)
        return Neighbourhood(self, nearest, self._parts(nearest))

    def _spell(self, readings: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The codes of all rows, of which the first are these pronunciations of the lexicon."""
        begins = self.lexicon.phone_offsets.astype(np.int64)
        flat = np.append(self.lexicon.phone_codes, 0).astype(np.uint8)
        usual = self.lexicon.pronunciation_offsets.astype(np.int64)
        codes = np.zeros((len(self.words), _MOST_PHONES), np.uint8)
        at = np.zeros(len(self.words), np.int64)
        for column in range(_MOST_WORDS):
            rows = np.flatnonzero(self.words[:, column] >= 0)
            reading = usual[self.words[rows, column]]
            if column == 0:
                reading[: len(readings)] = readings
            begin, size = begins[reading], begins[reading + 1] - begins[reading]
            for step in range(int(size.max(initial=0))):
                fits = np.flatnonzero((step < size) & (at[rows] + step < _MOST_PHONES))
                codes[rows[fits], at[rows[fits]] + step] = flat[begin[fits] + step]
            at[rows] += size
        return codes

    def _distances(self, phrase: NDArray[np.int64]) -> NDArray[np.int16]:
        """The cost of the best place of `phrase` in each row: int16 [row], in units."""
        costs = np.rint(substitution_costs()[phrase] * _UNIT).astype(np.int16)
        costs[:, 0] = _FAR
        skips = np.rint(skip_costs() * _UNIT).astype(np.int16)
        found = np.empty(len(self.codes), np.int16)
        for begin in range(0, len(found), _BLOCK):
            rows = self._by_length[begin : begin + _BLOCK]
            longest = int((self.codes[rows[-1]] > 0).sum())
            found[rows] = _best_place(costs, skips, phrase, self.codes[rows, :longest].T)
        return found

    def _parts(self, nearest: NDArray[np.float32]) -> NDArray[np.float32]:
        """The distance of the nearest proper part of each row, float32 [row]; words have none."""
        alone = self._begins[1]
        of_word = np.full(len(self.lexicon) + 1, np.inf, np.float32)
        np.minimum.at(of_word, self.words[:alone, 0], nearest[:alone])
        parts: NDArray[np.float32] = of_word[self.words].min(axis=1)
        parts[:alone] = np.inf
        if len(self._begins) > 3 and self._begins[1] < self._begins[2]:
            begin, middle, end = self._begins[1:4]
            pairs = self._pair(self.words[begin:middle, :2])
            order = np.argsort(pairs)
            for columns in (slice(0, 2), slice(1, 3)):
                wanted = self._pair(self.words[middle:end, columns])
                place = np.minimum(np.searchsorted(pairs, wanted, sorter=order), len(pairs) - 1)
                row = order[place]
                there = np.where(pairs[row] == wanted, nearest[begin + row], np.inf)
                parts[middle:end] = np.minimum(parts[middle:end], there)
        return parts

    def _pair(self, words: NDArray[np.int32]) -> NDArray[np.int64]:
        return words[:, 0].astype(np.int64) * len(self.lexicon) + words[:, 1]


@dataclass(frozen=True)
class Neighbourhood:
    """How far every row of `phrases` is from one phrase, and the nearest part of every row.

    Both float32 [row], 0 to 1 per phone of the phrase; rows of one word have no part (infinite).
    """

    phrases: SpokenPhrases
    distances: NDArray[np.float32]
    parts: NDArray[np.float32]

    def nearest(self, count: int, farthest: float, but: str = "") -> list[Neighbour]:
        """The `count` nearest, up to a distance: nearest first, of equals the most frequent first.

        What contains a nearer one (`collections` after `collection`) is left out, as is `but`,
        the phrase itself.
        """
        near = np.flatnonzero((self.distances <= farthest) & (self.distances < self.parts))
        ranked = np.lexsort((-self.phrases.per_hour[near], self.distances[near]))
        found: list[Neighbour] = []
        for row in near[ranked[:_LOOKED_THROUGH]].tolist():
            neighbour = self._neighbour(row)
            if neighbour.text != but and not any(_holds(neighbour, shown) for shown in found):
                found.append(neighbour)
            if len(found) == count:
                break
        return found

    def per_hour(self, distance: float) -> float:
        """How often an hour something is said that is as near as `distance`."""
        near = (self.distances <= distance) & (self.parts > distance)
        _, rows = np.unique(self.phrases.words[near], axis=0, return_index=True)
        return float(self.phrases.per_hour[near][rows].sum())

    def _neighbour(self, row: int) -> Neighbour:
        words = self.phrases.words[row]
        return Neighbour(
            " ".join(self.phrases.lexicon.word(word) for word in words[words >= 0].tolist()),
            tuple(PHONES[code - 1] for code in self.phrases.codes[row].tolist() if code),
            round(float(self.distances[row]), 3),
            float(self.phrases.per_hour[row]),
        )


def _holds(new: Neighbour, shown: Neighbour) -> bool:
    """Whether all of what is shown sounds in the new one, or is the same word again."""
    size = len(shown.phones)
    return new.text == shown.text or any(
        new.phones[begin : begin + size] == shown.phones
        for begin in range(len(new.phones) - size + 1)
    )


def _widened(words: NDArray[np.int32]) -> NDArray[np.int32]:
    wide = np.full((len(words), _MOST_WORDS), -1, np.int32)
    wide[:, : words.shape[1]] = words
    return wide


def _best_place(
    costs: NDArray[np.int16],
    skips: NDArray[np.int16],
    phrase: NDArray[np.int64],
    texts: NDArray[np.uint8],
) -> NDArray[np.int16]:
    """The cheapest alignment of `phrase` with a part of each text: int16 [text].

    `costs`: of each phone of the phrase, int16 [phone, code]; `skips`: int16 [code]; `texts`: uint8
    [place, text].
    """
    left_out = skips[phrase]
    column = [np.full(texts.shape[1], cost, np.int16) for cost in (0, *np.cumsum(left_out))]
    best = column[-1].copy()
    for codes in texts:
        added = skips[codes]
        diagonal = column[0]
        for place in range(1, len(column)):
            cost = np.minimum(diagonal + costs[place - 1][codes], column[place] + added)
            np.minimum(cost, column[place - 1] + left_out[place - 1], out=cost)
            diagonal, column[place] = column[place], cost
        np.minimum(best, column[-1], out=best)
    return best
