"""Whether nothing was heard or only noise: what tells a silence from babble when no words come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import float32
from numpy.typing import NDArray

__all__ = ["Sounding"]

_FRAME = 400
"""Samples whose power is taken together: 25 ms of 16 kHz, shorter than a syllable."""
_LOUD = 10.0 ** (-45.0 / 10.0)
"""-45 dB to full scale. Microphones in quiet rooms stay below; talk at their far end does not."""
_SHARE = 1 / 3
"""Of the time: people who talk are silent half of it, and a door that slams is no babble."""


@dataclass(frozen=True, slots=True)
class Sounding:
    """How much of the audio so far was loud, in samples of 16 kHz."""

    samples: int = 0
    loud: int = 0

    def heard(self, block: NDArray[float32]) -> Sounding:
        """This and another block, [samples]."""
        whole = len(block) // _FRAME * _FRAME
        # Without its mean: an offset of the sound card is no sound.
        power = block[:whole].reshape(-1, _FRAME).var(axis=1)
        loud = _FRAME * int(np.count_nonzero(power > _LOUD))
        rest = block[whole:]
        if len(rest) and rest.var() > _LOUD:
            loud += len(rest)
        return Sounding(self.samples + len(block), self.loud + loud)

    @property
    def babble(self) -> bool:
        """Whether there was sound for a good part of the time."""
        return self.loud > _SHARE * self.samples

    @property
    def status(self) -> str:
        """What Azure calls the end of the patience with it."""
        return "BabbleTimeout" if self.babble else "InitialSilenceTimeout"
