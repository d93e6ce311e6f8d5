"""Which network a run trains, where it starts from, and who teaches it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

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

__all__ = ["Beginning", "begin", "make_network", "make_teacher", "network_sizes"]


@dataclass(frozen=True)
class Beginning:
    """What a run begins with: its configuration, fitted to the `start` that `initial` names, and
    its `teacher`; None where there is none."""

    config: AcousticConfig
    start: Start | KeywordStart | None
    teacher: Start | None

    @property
    def features(self) -> FeatureParameters | None:
        """Those of the start, else of the teacher, else None: to be estimated."""
        known = self.start or self.teacher
        return None if known is None else known.features


def begin(config: AcousticConfig) -> Beginning:
    """Read what a run begins with. InputError if a file cannot be used."""
    teacher = read_start(config.teacher) if config.teacher is not None else None
    if config.initial is None:
        return Beginning(config, None, teacher)
    if config.keyword_encoder is not None:
        return Beginning(config, read_keyword_start(config.initial), teacher)
    start = read_start(config.initial)
    return Beginning(fitted(config, start), start, teacher)


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


def make_teacher(
    beginning: Beginning, features: FeatureParameters, device: torch.device
) -> Encoder | None:
    """The teaching encoder, in evaluation mode; InputError if it hears other features."""
    start = beginning.teacher
    if start is None:
        return None
    if start.features != features:
        raise InputError(
            f"teacher {beginning.config.teacher}: it hears other features than the network that it "
            "is to teach: train from scratch in a new work folder, which then takes the teacher's"
        )
    teacher = Encoder(start.encoder)
    # A bundle lacks the heads that only training has.
    teacher.load_state_dict(start.weights, strict=False)
    return teacher.to(device).eval()
