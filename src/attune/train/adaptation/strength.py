"""How far to go: all the way to what was learnt, or only part of it.

On the straight line between the weights of the base and those that were learnt lie encoders that
keep more of the base and still have most of the gain (Wortsman et al. 2022, "Robust fine-tuning of
zero-shot models"). Words decide which is taken: those of the held-out recordings and of the general
set, recognised with lexicon and language model. The general set may be small (a few minutes come
with a base), so what it loses counts only as far as chance does not explain it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attune.acoustic import FeatureParameters, extract
from attune.audio import read_audio
from attune.data import Manifest
from attune.recognize import Model
from attune.text import normalize
from attune.train.acoustic.encoder import Encoder
from attune.train.acoustic.initial import Start
from attune.train.tuning import HeldOut, word_errors

__all__ = ["UNMEASURED", "Choice", "Trial", "best_trial", "blend", "choose_strength"]

STRENGTHS = (1.0, 0.85, 0.7, 0.55, 0.4)
UNMEASURED = 0.7
"""The strength where nothing can be measured."""

# Word error that the general set may lose before it counts, and standard errors of the difference.
_ALLOWED, _BY_CHANCE = 0.004, 1.0
_PRICE = 3.0  # points on the held-out part that a further point lost in general costs
_MOST_SECONDS = 600.0


@dataclass(frozen=True)
class Trial:
    """Word errors with one strength; None where there is nothing to measure. `doubt` is the
    standard error of what the general set's word error differs by from the base's."""

    strength: float
    held_out: float | None
    general: float | None
    doubt: float = 0.0


@dataclass(frozen=True)
class Choice:
    """The strength taken, and all that were tried, 0 (the base) first."""

    strength: float
    trials: tuple[Trial, ...]


def choose_strength(
    model: Model,
    start: Start,
    learnt: Mapping[str, Tensor],
    held_out: Path | None,
    general: Path | None,
    progress: Callable[[float], None] = lambda share: None,
) -> Choice:
    """Try strengths on up to ten minutes of each set, spaced evenly; the fewest errors win.

    `model` is the base, whose search is used.
    """
    if held_out is None:
        return Choice(UNMEASURED, ())
    language = model.bundle.description.language
    own, others = _Set(held_out, language), None if general is None else _Set(general, language)
    trials: list[Trial] = []
    before: NDArray[np.int64] | None = None
    for number, strength in enumerate((0.0, *STRENGTHS)):
        encoder = Encoder(start.encoder)
        encoder.load_state_dict(blend(start.weights, learnt, strength), strict=False)
        trial = Trial(strength, own.share(own.errors(model, encoder, start.features)), None)
        if others is not None:
            lost = others.errors(model, encoder, start.features)
            before = lost if before is None else before
            trial = replace(trial, general=others.share(lost), doubt=others.doubt(lost - before))
        trials.append(trial)
        progress((number + 1) / (1 + len(STRENGTHS)))
    return Choice(best_trial(trials).strength, tuple(trials))


def best_trial(trials: Sequence[Trial]) -> Trial:
    """The one to take, of the base's and those of strengths to choose from: few errors on what was
    held out, and none lost in general that chance does not explain; the stronger of two equals."""
    before = trials[0].general or 0.0
    return min(trials[1:], key=lambda trial: (_cost(trial, before), -trial.strength))


def _cost(trial: Trial, before: float) -> float:
    explained = max(_ALLOWED, _BY_CHANCE * trial.doubt)
    lost = max(0.0, (trial.general or 0.0) - before - explained)
    return (trial.held_out or 0.0) + _PRICE * lost


def blend(
    start: Mapping[str, Tensor], learnt: Mapping[str, Tensor], strength: float
) -> dict[str, Tensor]:
    """Weights between those of the start (0) and those learnt (1); others as they were learnt."""
    return {
        name: torch.lerp(start[name], value.float(), strength) if name in start else value
        for name, value in learnt.items()
    }


class _Set:
    """Decoded recordings of a set with their transcripts."""

    def __init__(self, manifest: Path, language: str) -> None:
        rows = list(Manifest(manifest))
        total = sum(row.seconds for row in rows)
        rows = rows[:: max(1, -(-int(total) // int(_MOST_SECONDS)))]
        self.name = manifest.stem
        self.samples = [read_audio(row.path) for row in rows]
        self.transcripts = tuple(tuple(normalize(row.text, language).split()) for row in rows)
        self.words = sum(map(len, self.transcripts))

    def errors(
        self, model: Model, encoder: Encoder, features: FeatureParameters
    ) -> NDArray[np.int64]:
        """Wrong words of each utterance."""
        return word_errors(model, self._heard(encoder, features), model.options)

    def share(self, errors: NDArray[np.int64]) -> float:
        """The word error."""
        return int(errors.sum()) / max(1, self.words)

    def doubt(self, changes: NDArray[np.int64]) -> float:
        """The standard error of what word error changes by: utterances are independent of each
        other, their words are not."""
        return float(changes.std() * np.sqrt(len(changes))) / max(1, self.words)

    def _heard(self, encoder: Encoder, features: FeatureParameters) -> HeldOut:
        encoder.eval()
        found = []
        with torch.inference_mode():
            for samples in self.samples:
                frames = torch.from_numpy(extract(samples, features))[None]
                phones, _, _, outputs = encoder(frames, torch.tensor([frames.shape[1]]))
                found.append(np.ascontiguousarray(phones[0, : int(outputs[0])].numpy()))
        return HeldOut(self.name, tuple(found), self.transcripts)
