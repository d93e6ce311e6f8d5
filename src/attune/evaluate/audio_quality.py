"""How loud and how noisy a recording is, from its samples alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.audio import stream_audio

__all__ = ["AudioQuality", "measure_quality", "recording_quality"]

SAMPLE_RATE = 16_000
FRAME = 320
"""Samples of a frame, 20 ms: shorter than the pauses between syllables."""

FEWEST_FRAMES = 25
"""Half a second: with less there is hardly a pause to hear the noise in."""

NOISE_PERCENTILE, SPEECH_PERCENTILE = 10.0, 90.0
LOWEST_LEVEL = -90.0
LIMITS = -10.0, 60.0


@dataclass(frozen=True, slots=True)
class AudioQuality:
    """Levels of a recording in dB relative to full scale (a mean square of 1 is 0 dB), and the
    estimated signal-to-noise ratio in dB."""

    speech_level: float
    noise_level: float
    snr: float


def measure_quality(blocks: Iterable[NDArray[np.float32]]) -> AudioQuality | None:
    """Measure 16 kHz audio, float32 [sample] in blocks; None for less than half a second of sound.

    The noise is the 10th percentile of the energies of 20 ms frames, which a recording with pauses
    has from them, the noisy speech the 90th; the ratio is (speech - noise) / noise in powers, held
    within -10 and 60 dB. It ranks recordings and sorts them into bands; it is no measuring
    instrument. Speech without any pause reads too noisy, and where the recorder has suppressed the
    pauses it reads too clean. Frames of nothing but zeros, as padding has, are left out. (For this
    family of estimators see NIST's `stnr`; Kim and Stern, "Robust signal-to-noise ratio estimation
    based on waveform amplitude distribution analysis", Interspeech 2008, compare it.)
    """
    energies: list[NDArray[np.float64]] = []
    rest = np.zeros(0, np.float32)
    for block in blocks:
        samples = np.concatenate([rest, block])
        whole = len(samples) // FRAME * FRAME
        frames = samples[:whole].reshape(-1, FRAME).astype(np.float64)
        rest = samples[whole:]
        energies.append((frames**2).mean(axis=1))
    found = np.concatenate(energies) if energies else np.zeros(0)
    found = found[found > 0]
    if len(found) < FEWEST_FRAMES:
        return None
    floor = 10 ** (LOWEST_LEVEL / 10)
    noise, loud = np.maximum(np.percentile(found, [NOISE_PERCENTILE, SPEECH_PERCENTILE]), floor)
    low, high = LIMITS
    ratio = decibels(max((loud - noise) / noise, 10 ** (low / 10)))
    return AudioQuality(decibels(loud), decibels(noise), min(ratio, high))


def recording_quality(path: Path) -> AudioQuality | None:
    """Measure the recording at `path`, block by block; InputError when it cannot be read."""
    return measure_quality(stream_audio(path, sample_rate=SAMPLE_RATE))


def decibels(power: float) -> float:
    """A power as dB."""
    return float(10 * np.log10(power))
