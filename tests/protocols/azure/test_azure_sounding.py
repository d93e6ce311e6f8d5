"""What counts as sound: literal cases."""

from __future__ import annotations

import numpy as np
import pytest
from noises import pink_noise
from numpy.typing import NDArray

from attune.protocols.azure.sounding import Sounding

RATE = 16_000


def tone(seconds: float, level: float) -> NDArray[np.float32]:
    """A tone of a level in dB to full scale."""
    times = np.arange(round(seconds * RATE)) / RATE
    wave = np.sqrt(2) * 10 ** (level / 20) * np.sin(2 * np.pi * 400 * times)
    return wave.astype(np.float32)


def nothing(seconds: float, offset: float = 0.0) -> NDArray[np.float32]:
    return np.full(round(seconds * RATE), offset, np.float32)


CASES = {
    "digital silence": ([nothing(5)], False),
    "an offset": ([nothing(5, 0.3)], False),
    "a quiet room": ([pink_noise(5, -50)], False),
    "a loud room": ([pink_noise(5, -40)], True),
    "a faint tone": ([tone(5, -46)], False),
    "a tone": ([tone(5, -44)], True),
    "a door": ([nothing(3), pink_noise(0.5, -10), nothing(1.5)], False),
    "talk elsewhere": ([*(5 * [tone(0.5, -30), nothing(0.5)])], True),
    "no audio": ([], False),
}


@pytest.mark.parametrize(("parts", "babble"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("block", [100, 1280, 80_000])
def test_what_is_babble(parts: list[NDArray[np.float32]], babble: bool, block: int) -> None:
    audio = np.concatenate([nothing(0), *parts])
    sounding = Sounding()
    for first in range(0, len(audio), block):
        sounding = sounding.heard(audio[first : first + block])
    assert sounding.samples == len(audio)
    assert sounding.babble is babble
    assert sounding.status == ("BabbleTimeout" if babble else "InitialSilenceTimeout")
