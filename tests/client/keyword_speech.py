"""Keywords, and what is said after them by a synthesiser."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from speech import silence

from attune.keyword import KeywordPhrase
from attune.train.synthesis import available_voices, find_voice, synthesize

ATLAS = KeywordPhrase("hey atlas", (("HH", "EY", "AE", "T", "L", "AH", "S"),))
COMPUTER = KeywordPhrase(
    "okay computer", (("OW", "K", "EY", "K", "AH", "M", "P", "Y", "UW", "T", "ER"),)
)
LIGHT = "hey atlas turn on the light in the kitchen"
HANDSHAKE = 2000  # bytes of a connection's opening, at most


@cache
def say(text: str, voice: str = "flite:slt") -> NDArray[np.float32]:
    """Speech of a synthesiser that is installed."""
    if voice not in {one.name for one in available_voices()}:
        pytest.skip("no speech synthesiser: install flite")
    return synthesize(text, find_voice(voice))


def near_miss() -> NDArray[np.float32]:
    """What the lenient spotter takes for "hey atlas", and the second look does not."""
    return np.concatenate([silence(1.5), say("hey at lunch", "flite:rms"), silence(4.0)])


def spoken(*texts: str, before: float = 1.5, after: float = 2.0) -> NDArray[np.float32]:
    """Texts, each between pauses."""
    parts = [part for text in texts for part in (silence(before), say(text), silence(after))]
    return np.concatenate(parts)


def kinds(events: list[Any]) -> list[str]:
    """The kinds of events in order, the same ones in a row once."""
    names = [type(event).__name__ for event in events]
    return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]
