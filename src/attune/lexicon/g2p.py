"""Grapheme to phoneme: pronouncing words that no dictionary has, likeliest reading first.

A joint-sequence model (Bisani and Ney, "Joint-sequence models for grapheme-to-phoneme
conversion", Speech Communication 50(5), 2008): a back-off n-gram over graphones, which pair one or
two letters with up to two phones. Decoding is a beam search over the letters, of many words at
once; hypotheses that speak the same phones are added up, so that a probability belongs to a
pronunciation. Several models, which cut words into different graphones, are averaged.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from attune.errors import InputError
from attune.lexicon.g2p_model import GraphoneModel, load_models, spell
from attune.lexicon.g2p_search import Spoken, search
from attune.lexicon.phones import PHONES
from attune.lexicon.pronunciation import Pronunciation

__all__ = ["G2P"]

_TOGETHER = 64  # words searched at once: enough to make NumPy's cost a small part


class G2P:
    """Pronounces any word of the letters a to z and the apostrophe.

    `beam`: hypotheses kept for each word and letter; `margin`: nats behind the best of them at
    which one is given up.
    """

    def __init__(
        self, models: Sequence[GraphoneModel], beam: int = 32, margin: float = 12.0
    ) -> None:
        self._models = models
        self._beam = beam
        self._margin = margin

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
        return self.pronounce_all([word], n)[0]

    def pronounce_all(self, words: Sequence[str], n: int = 5) -> list[list[Pronunciation]]:
        """`pronounce` for each of `words`, several times as fast as one by one."""
        if n < 1:
            raise InputError(f"{n} pronunciations of a word were asked for: ask for 1 or more")
        spelled = [_letters(word) for word in words]
        found: list[list[Pronunciation]] = []
        for begin in range(0, len(words), _TOGETHER):
            part = slice(begin, begin + _TOGETHER)
            shares = self._shares(spelled[part])
            for word, readings in zip(words[part], shares, strict=True):
                if not readings:
                    raise InputError(f"{word!r} has no sound: write how it is said, in letters")
                ranked = sorted(readings.items(), key=lambda item: (-item[1], item[0]))
                found.append(
                    [
                        Pronunciation(tuple(PHONES[p - 1] for p in spoken), math.log(share))
                        for spoken, share in ranked[:n]
                    ]
                )
        return found

    def _shares(self, words: list[list[int]]) -> list[dict[Spoken, float]]:
        """The probability of each reading of each word, without the reading "nothing"."""
        shares: list[dict[Spoken, float]] = [defaultdict(float) for _ in words]
        for model in self._models:
            for readings, hypotheses in zip(
                shares, search(model, words, self._beam, self._margin), strict=True
            ):
                scores = np.array([score for _, score in hypotheses])
                weights = np.exp(scores - scores.max())
                weights /= weights.sum() * len(self._models)
                for (spoken, _), weight in zip(hypotheses, weights.tolist(), strict=True):
                    if spoken and weight > 0:
                        readings[spoken] += weight
        return shares


def _letters(word: str) -> list[int]:
    letters = spell(word)
    if letters is None:
        raise InputError(
            f"{word!r} cannot be pronounced: use only the letters a-z and the apostrophe,"
            " with numbers and symbols written out as words"
        )
    return letters
