"""Grapheme to phoneme: pronouncing words that no dictionary has, likeliest reading first.

A joint-sequence model (Bisani and Ney, "Joint-sequence models for grapheme-to-phoneme
conversion", Speech Communication 50(5), 2008): a back-off n-gram over graphones, which pair one or
two letters with up to two phones. Decoding is a beam search over the letters; hypotheses that
speak the same phones are added up, so that a probability belongs to a pronunciation. Several
models, which cut words into different graphones, are averaged.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from attune.errors import InputError
from attune.lexicon.g2p_model import END, GraphoneModel, load_models, spell
from attune.lexicon.phones import PHONES
from attune.lexicon.pronunciation import Pronunciation

__all__ = ["G2P"]

Spoken = tuple[int, ...]


@dataclass(frozen=True)
class _Beam:
    """Hypotheses that have spelled equally many letters, best first.

    `scores`: float64 [hypothesis], natural log; `states`: int64 [hypothesis, order - 1];
    `spoken`: the phone numbers of each.
    """

    scores: npt.NDArray[np.float64]
    states: npt.NDArray[np.int64]
    spoken: list[Spoken]


class G2P:
    """Pronounces any word of the letters a to z and the apostrophe."""

    def __init__(self, models: Sequence[GraphoneModel], beam: int = 32) -> None:
        self._models = models
        self._width = beam

    @classmethod
    def load(cls, path: str | Path) -> G2P:
        """Read what `attune train g2p` wrote; InputError when it is damaged or not a G2P model."""
        return cls(load_models(path))

    def pronounce(self, word: str, n: int = 5) -> list[Pronunciation]:
        """Up to `n` pronunciations of `word`, likeliest first; at least one.

        `log_prob` is the natural log of the reading's share of all readings in the beam, averaged
        over the models. Raises InputError when `word` is empty or has other characters than a-z
        and apostrophes (write numbers and abbreviations as they are spoken first), and when n is
        below 1.
        """
        if n < 1:
            raise InputError(f"{n} pronunciations of {word!r} were asked for: ask for 1 or more")
        letters = spell(word)
        if letters is None:
            raise InputError(
                f"{word!r} cannot be pronounced: use only the letters a-z and the apostrophe,"
                " with numbers and symbols written out as words"
            )
        shares: dict[Spoken, float] = defaultdict(float)
        for model in self._models:
            beam = self._search(model, letters)
            weights = np.exp(beam.scores - beam.scores.max())
            weights /= weights.sum() * len(self._models)
            for spoken, weight in zip(beam.spoken, weights.tolist(), strict=True):
                if spoken:
                    shares[spoken] += weight
        if not shares:
            raise InputError(f"{word!r} has no sound: write how it is said, in letters")
        ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
        return [
            Pronunciation(tuple(PHONES[phone - 1] for phone in spoken), math.log(share))
            for spoken, share in ranked[:n]
        ]

    def _search(self, model: GraphoneModel, letters: list[int]) -> _Beam:
        """The complete hypotheses for `letters`, with their joint log probabilities."""
        start = _Beam(np.zeros(1), model.start(), [()])
        arriving: list[list[_Beam]] = [[start], *([] for _ in letters)]
        for at, letter in enumerate(letters):
            if not arriving[at]:
                continue
            beam = _merge(arriving[at], self._width)
            single, double = model.candidates(letter, (*letters, 0)[at + 1])
            symbols = np.concatenate([single, double])
            scores, states = model.extend(beam.states, symbols)
            scores += beam.scores[:, None]
            for ahead, part in ((1, slice(0, len(single))), (2, slice(len(single), None))):
                if len(symbols[part]):
                    arriving[at + ahead].append(
                        self._grow(model, beam, symbols[part], scores[:, part], states[:, part])
                    )
        beam = _merge(arriving[-1], self._width)
        scores, states = model.extend(beam.states, np.array([END]))
        return _Beam(beam.scores + scores[:, 0], states[:, 0], beam.spoken)

    def _grow(
        self,
        model: GraphoneModel,
        beam: _Beam,
        symbols: npt.NDArray[np.int64],
        scores: npt.NDArray[np.float64],
        states: npt.NDArray[np.int64],
    ) -> _Beam:
        """The best continuations of `beam` by one of `symbols` (scores [hypothesis, symbol])."""
        best = _best(scores.ravel(), self._width)
        row, column = np.divmod(best, len(symbols))
        spoken = [
            beam.spoken[parent] + model.spoken[symbol]
            for parent, symbol in zip(row.tolist(), symbols[column].tolist(), strict=True)
        ]
        return _Beam(scores[row, column], states[row, column], spoken)


def _merge(beams: list[_Beam], width: int) -> _Beam:
    """The `width` best hypotheses of several beams."""
    scores = np.concatenate([beam.scores for beam in beams])
    states = np.concatenate([beam.states for beam in beams])
    spoken = [phones for beam in beams for phones in beam.spoken]
    best = _best(scores, width)
    return _Beam(scores[best], states[best], [spoken[index] for index in best.tolist()])


def _best(scores: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    """Indices of the `count` highest scores, ties by position."""
    if len(scores) > count:
        chosen = np.sort(np.argpartition(-scores, count - 1)[:count])
        return chosen[np.argsort(-scores[chosen], kind="stable")]
    return np.argsort(-scores, kind="stable")
