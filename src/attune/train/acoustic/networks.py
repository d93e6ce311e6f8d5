"""Which network a run trains, where it starts from, and who teaches it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from attune.acoustic import FeatureParameters
from attune.errors import InputError
from attune.train.acoustic.config import AcousticConfig
from attune.train.acoustic.encoder import Encoder
from attune.train.acoustic.initial import (
    KeywordStart,
    Start,
    fitted,
    read_keyword_start,
    read_start,
)
from attune.train.acoustic.keyword_encoder import KeywordEncoder

__all__ = ["begin", "make_network", "network_sizes", "read_teacher"]


def begin(
    config: AcousticConfig,
) -> tuple[AcousticConfig, Start | KeywordStart | None, FeatureParameters | None]:
    """The configuration fitted to what `initial` names, that start, and the features to hear.

    Features are the start's, else the teacher's, else None: to be estimated. InputError if a file
    cannot be used.
    """
    if config.initial is None:
        features = read_start(config.teacher).features if config.teacher is not None else None
        return config, None, features
    if config.keyword_encoder is not None:
        small = read_keyword_start(config.initial)
        return config, small, small.features
    start = read_start(config.initial)
    return fitted(config, start), start, start.features


def make_network(config: AcousticConfig) -> Encoder | KeywordEncoder:
    """The network of a configuration, with random weights."""
    small = config.keyword_encoder
    return Encoder(config.encoder) if small is None else KeywordEncoder(small)


def network_sizes(config: AcousticConfig) -> dict[str, Any]:
    """What a checkpoint says of the network that its weights belong to."""
    small = config.keyword_encoder
    if small is None:
        return {"encoder": asdict(config.encoder)}
    return {"keyword_encoder": asdict(small)}


def read_teacher(config: AcousticConfig, features: FeatureParameters) -> Encoder | None:
    """The teaching encoder, in evaluation mode; InputError if it hears other features."""
    if config.teacher is None:
        return None
    start = read_start(config.teacher)
    if start.features != features:
        raise InputError(
            f"teacher {config.teacher}: it hears other features than the network that it is to "
            "teach: train from scratch in a new work folder, which then takes the teacher's"
        )
    teacher = Encoder(start.encoder)
    # A bundle lacks the heads that only training has.
    teacher.load_state_dict(start.weights, strict=False)
    return teacher.eval()
