"""Spoken prompts as a device would hear them: silence around, rooms, noise, codecs, levels.

Each draw comes from a generator seeded by (seed, prompt, copy), so that a resumed run hears what an
uninterrupted one would have heard.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import soundfile
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.train.acoustic.augment import AugmentConfig, Augmenter

__all__ = ["Degrader"]

Floats = NDArray[np.float32]

_CONFIG = AugmentConfig(
    speeds=(0.85, 0.92, 1.0, 1.0, 1.08, 1.18),
    noise=0.6,
    noise_snr=(5.0, 30.0),
    room=0.5,
    band=0.15,
    gain=(-20.0, 6.0),
    padding=0.0,
    rooms=24,
)
_LEAD_SECONDS = (0.4, 1.2)
_CODEC = 0.25
_CODECS = (("OGG", "OPUS"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"))
_FAINT = (-75.0, -50.0)  # dBFS of the noise that every microphone has
_TALKERS = 4  # that make one babble
_BABBLE_SECONDS = 6.0


class Degrader:
    """Makes copies of clean speech; `noises` (float32 at 16 kHz) join the noises that are made."""

    def __init__(self, noises: Sequence[Floats], talkers: Sequence[Floats], seed: int) -> None:
        self._seed = seed
        self._augmenter = Augmenter(_CONFIG, [*noises, *_babble(talkers, seed)], [], seed)

    def copy(self, samples: Floats, number: int, copy: int) -> Floats:
        """Copy number `copy` of prompt `number`: float32 [samples], with silence around it."""
        random = np.random.default_rng([self._seed, number, copy, 0xDE6])
        paced, _ = self._augmenter.pace(samples, self._augmenter.speed(random), random)
        lead, tail = (random.uniform(*_LEAD_SECONDS, 2) * SAMPLE_RATE).astype(int)
        padded = np.pad(paced, (lead, tail))
        heard = self._augmenter.distort(padded, random)
        if random.random() < _CODEC:
            heard = _coded(heard, *_CODECS[random.integers(len(_CODECS))])
        faint = np.float32(10 ** (random.uniform(*_FAINT) / 20))
        hiss = random.standard_normal(len(heard), dtype=np.float32)
        return np.clip(heard + faint * hiss, -1.0, 1.0)


def _babble(talkers: Sequence[Floats], seed: int) -> list[Floats]:
    """Several people talking at once, a few times."""
    if len(talkers) < _TALKERS:
        return []
    random = np.random.default_rng([seed, 0xBAB])
    length = round(_BABBLE_SECONDS * SAMPLE_RATE)
    made = []
    for _ in range(8):
        mixed = np.zeros(length, np.float32)
        for place in random.choice(len(talkers), _TALKERS, replace=False).tolist():
            one = np.resize(np.roll(talkers[place], -int(random.integers(length))), length)
            mixed += one / np.float32(np.sqrt(np.mean(np.square(one))) + 1e-6)
        made.append(mixed)
    return made


def _coded(samples: Floats, container: str, subtype: str) -> Floats:
    """What is left after a codec of telephony or music; as long. Unchanged where there is none."""
    coded = io.BytesIO()
    try:
        soundfile.write(coded, samples, SAMPLE_RATE, format=container, subtype=subtype)
        coded.seek(0)
        heard, _ = soundfile.read(coded, dtype="float32")
    except (soundfile.LibsndfileError, ValueError, TypeError):
        return samples
    padded: Floats = np.pad(heard, (0, max(0, len(samples) - len(heard))))[: len(samples)]
    return padded.astype(np.float32)
