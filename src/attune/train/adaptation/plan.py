"""How to train, by how much there is to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from attune.errors import InputError
from attune.train.acoustic.augment import AugmentConfig
from attune.train.acoustic.config import (
    AcousticConfig,
    AdapterConfig,
    ChunkConfig,
    EncoderConfig,
    OptimizerConfig,
    Source,
)

__all__ = [
    "LEAST_SECONDS",
    "Material",
    "Method",
    "Plan",
    "make_plan",
    "require_speech",
    "training_config",
]

LEAST_SECONDS = 60.0
"""Seconds of usable speech to learn from: with less, only single sounds would be learnt."""

# On half an hour adapters keep general speech where it was, and all weights forget some of it.
_FULL_FROM = 3600.0
_BATCH_SECONDS = 48.0
_REPLAY_SHARE = 0.25
_EVALUATIONS = 6
_STANDARD_SECONDS, _STANDARD_PASSES, _GROWTH = 7200.0, 8.0, 0.6
_MOST_PASSES = 30.0
_ANCHOR = 10.0


class Method(StrEnum):
    """What of the encoder is learnt."""

    AUTO = "auto"
    ADAPTERS = "adapters"
    FULL = "full"


@dataclass(frozen=True)
class Plan:
    """`passes` over the user's speech; `replay_weight`: passes over the replay set for each of
    them; `steps` of the optimizer."""

    method: Method
    passes: float
    replay_weight: float
    steps: int


@dataclass(frozen=True)
class Material:
    """The files that a training run reads, all of them in its folder.

    `speech` and `replay` are manifests, `dev` those that early stopping watches, `spoken` the
    phones of all recordings, `lexicon` and `sentences` make the phone sequences that compete;
    `noise` and `rooms` are the user's surroundings, `snr` in dB how far speech is above them.
    """

    speech: Path
    replay: Path | None
    dev: tuple[Path, ...]
    spoken: Path
    lexicon: Path
    sentences: Path
    noise: Path | None
    rooms: Path | None
    snr: float | None


def require_speech(seconds: float) -> None:
    """InputError for less of the user's speech than `LEAST_SECONDS`."""
    if seconds < LEAST_SECONDS:
        raise InputError(
            f"only {seconds:.0f} s of speech can be learnt from: give {LEAST_SECONDS:.0f} s or more"
        )


def make_plan(seconds: float, replay_seconds: float, method: Method) -> Plan:
    """A plan for so much of the user's speech, and so much of the base's.

    InputError for less speech than `LEAST_SECONDS`. Passes become fewer as the data grow, so that
    the time grows with its 0.6th power: 8 passes over 2 hours, 18 over half an hour. A quarter of
    what is heard is replayed.
    """
    require_speech(seconds)
    passes = _STANDARD_PASSES * (seconds / _STANDARD_SECONDS) ** (_GROWTH - 1)
    passes = min(passes, _MOST_PASSES)
    replayed = passes * seconds * _REPLAY_SHARE / (1 - _REPLAY_SHARE) if replay_seconds else 0.0
    if method is Method.AUTO:
        method = Method.FULL if seconds >= _FULL_FROM else Method.ADAPTERS
    return Plan(
        method,
        passes,
        replayed / passes / replay_seconds if replay_seconds else 0.0,
        max(1, round((passes * seconds + replayed) / _BATCH_SECONDS)),
    )


def training_config(plan: Plan, material: Material, base: Path, work: Path) -> AcousticConfig:
    """The training run of a plan: from `base`, in `work`, as the shipped base's last stage."""
    sources = [Source(material.speech)]
    if material.replay is not None:
        sources.append(Source(material.replay, plan.replay_weight))
    adapters = plan.method is Method.ADAPTERS
    low = 8.0 if material.snr is None else min(15.0, max(3.0, material.snr - 10.0))
    return AcousticConfig(
        train=tuple(sources),
        dev=material.dev,
        lexicon=material.lexicon,
        work=work,
        noise=() if material.noise is None else (material.noise,),
        rooms=material.rooms,
        spoken=material.spoken,
        text=material.sentences,
        initial=base,
        checkpoint_steps=min(40, max(1, plan.steps // 4)),
        evaluate_steps=max(1, plan.steps // _EVALUATIONS),
        dev_utterances=80,
        encoder=EncoderConfig(dropout=0.08, layer_drop=0.0),
        augment=AugmentConfig(
            noise=0.3,
            noise_snr=(low, low + 20.0),
            room=0.15 if material.rooms is not None else 0.0,
            band=0.0,
            gain=(-9.0, 6.0),
            padding=0.1,
            frequency_masks=2,
            time_masks=0.3,
            rooms=0,
        ),
        optimizer=OptimizerConfig(
            steps=plan.steps,
            warmup=max(1, plan.steps // 20),
            # A plateau would undo what the base's own slow end has settled: the rate falls at once.
            decay=plan.steps,
            peak=1e-3 if adapters else 2e-4,
            weight_decay=0.0,
            anchor=_ANCHOR if material.replay is None and not adapters else 0.0,
            batch_seconds=_BATCH_SECONDS,
            average=0.99,
            middle_weight=0.0,
            character_weight=0.0,
            sequence_steps=plan.steps,
            patience=3,
        ),
        chunks=ChunkConfig(full=0.4),
        adapters=AdapterConfig(rank=16 if adapters else 0, scale=1.0),
    )
