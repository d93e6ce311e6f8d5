"""How far to go: all the way to what was learnt, or only part of it.

On the straight line between the weights of the base and those that were learnt lie encoders that
keep more of the base and still have most of the gain (Wortsman et al. 2022, "Robust fine-tuning of
zero-shot models"). Words decide which is taken: those of the held-out recordings and of the general
set, recognised with lexicon and language model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from attune.acoustic import FeatureParameters, extract
from attune.audio import read_audio
from attune.data import Manifest
from attune.recognize import Model
from attune.text import normalize
from attune.train.acoustic.encoder import Encoder
from attune.train.acoustic.initial import Start
from attune.train.tuning import HeldOut, word_error

__all__ = ["UNMEASURED", "Choice", "Trial", "blend", "choose_strength"]

STRENGTHS = (1.0, 0.85, 0.7, 0.55, 0.4)
UNMEASURED = 0.7
"""The strength where nothing can be measured."""

_ALLOWED = 0.004  # word error that the general set may lose before it counts
_PRICE = 3.0  # points on the held-out part that a further point lost in general costs
_MOST_SECONDS = 600.0


@dataclass(frozen=True)
class Trial:
    """Word errors with one strength; None where there is nothing to measure."""

    strength: float
    held_out: float | None
    general: float | None


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
    sets = [None if path is None else _Set(path, language) for path in (held_out, general)]
    trials = []
    for number, strength in enumerate((0.0, *STRENGTHS)):
        encoder = Encoder(start.encoder)
        encoder.load_state_dict(blend(start.weights, learnt, strength), strict=False)
        errors = [
            None
            if s is None
            else word_error(model, s.heard(encoder, start.features), model.options)
            for s in sets
        ]
        trials.append(Trial(strength, *errors))
        progress((number + 1) / (1 + len(STRENGTHS)))
    before = trials[0].general or 0.0
    best = min(trials[1:], key=lambda t: (_cost(t, before), -t.strength))
    return Choice(best.strength, tuple(trials))


def _cost(trial: Trial, before: float) -> float:
    lost = max(0.0, (trial.general or 0.0) - before - _ALLOWED)
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

    def heard(self, encoder: Encoder, features: FeatureParameters) -> HeldOut:
        encoder.eval()
        found = []
        with torch.inference_mode():
            for samples in self.samples:
                frames = torch.from_numpy(extract(samples, features))[None]
                phones, _, _, outputs = encoder(frames, torch.tensor([frames.shape[1]]))
                found.append(np.ascontiguousarray(phones[0, : int(outputs[0])].numpy()))
        return HeldOut(self.name, tuple(found), self.transcripts)
