"""Confidence: from search scores to probabilities of being right, by what a bundle measured."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attune.decode import DecodedWord, Hypothesis
from attune.errors import InputError

__all__ = ["Calibration", "utterance_features", "word_features"]


@dataclass(frozen=True)
class Calibration:
    """What was measured with a bundle's own search on held-out speech.

    `posterior_scale` flattens scores before word posteriors are computed. `word` and `utterance`
    are logistic models (Platt scaling): a bias, then a weight for each feature. `start_shift` and
    `end_shift` in seconds are added to word times, because CTC peaks lie inside phones. `priors`
    are the mean posteriors of the symbols.
    """

    posterior_scale: float = 0.5
    word: tuple[float, ...] = (0.0, 1.0, 0.0, 0.0)
    utterance: tuple[float, ...] = (0.0, 1.0, 0.0)
    start_shift: float = 0.0
    end_shift: float = 0.0
    priors: tuple[float, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """From a bundle's JSON part; InputError names the field that cannot be used."""
        try:
            values = json.loads(path.read_text("utf-8"))
            plain = {
                k: tuple(float(x) for x in v) if isinstance(v, list) else float(v)
                for k, v in values.items()
            }
            return cls(**plain)  # type: ignore[arg-type]
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise InputError(f"{path}: the calibration cannot be read ({error})") from error

    def word_confidence(self, word: DecodedWord) -> float:
        """Probability that a word is right."""
        return _logistic(self.word, word_features(word))

    def utterance_confidence(self, words: Sequence[float], margin: float) -> float:
        """Probability that every word is right, from the words' confidences.

        `margin` is the score of the best reading over the second.
        """
        return _logistic(self.utterance, utterance_features(words, margin)) if words else 0.0


def _logistic(weights: Sequence[float], features: Sequence[float]) -> float:
    total = weights[0] + sum(w * f for w, f in zip(weights[1:], features, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def _logit(probability: float) -> float:
    bounded = min(1 - 1e-4, max(1e-4, probability))
    return math.log(bounded / (1 - bounded))


def word_features(word: DecodedWord) -> tuple[float, float, float]:
    """Log odds of the lattice posterior, acoustic log score a frame, language log score / 10."""
    frames = max(1, word.end - word.start)
    posterior = 0.5 if word.posterior is None else word.posterior
    return _logit(posterior), word.acoustic_score / frames, word.language_score / 10


def utterance_features(words: Sequence[float], margin: float) -> tuple[float, float]:
    """Log odds of all words being right were they independent, and the margin (at most 20) / 10."""
    together = math.exp(sum(math.log(max(w, 1e-4)) for w in words))
    return _logit(together), min(20.0, margin) / 10


def margin_of(hypotheses: Sequence[Hypothesis]) -> float:
    """Score of the best reading over the second; 20 without a second."""
    return hypotheses[0].score - hypotheses[1].score if len(hypotheses) > 1 else 20.0
