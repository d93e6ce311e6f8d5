"""What a spotter tells: a keyword was said, where, how surely, and the audio of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Detection"]


@dataclass(frozen=True)
class Detection:
    """A keyword heard in a stream; times in seconds since the stream began.

    `keyword` is the phrase's text, `start` to `end` where it was said, `time` how much audio had
    been heard when it was told, `score` how well it fitted by then (comparable over phrases, see
    `attune.keyword.scoring`). `audio` is the pre-roll and everything up to `time`: float32
    [samples], 16 kHz, in [-1, 1].
    """

    keyword: str
    start: float
    end: float
    score: float
    time: float
    audio: NDArray[np.float32] = field(repr=False, compare=False)
