"""A signal with the level, rhythm and spectrum of speech, for tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from attune.audio.pcm import Float32

Float64 = npt.NDArray[np.float64]

SAMPLE_RATE = 16_000
_FORMANTS = np.array([[700, 1200, 2600], [300, 2200, 2900], [350, 800, 2400], [550, 1800, 2500]])


def speech_like(seconds: float, *, seed: int = 0, peak: float = 0.3) -> Float32:
    """Syllables without a pause from the first sample to the last, float32 [sample] at 16 kHz.

    Each is a fricative and a gliding vowel of three formants, 0.15 to 0.3 s long, that falls by
    20 dB to its end; some begin with a closure of 40 ms.
    """
    random = np.random.default_rng(seed)
    syllables: list[Float64] = []
    while sum(map(len, syllables)) < seconds * SAMPLE_RATE:
        closure = np.zeros(640 if syllables and random.random() < 0.3 else 0)
        syllables += [closure, _syllable(random)]
    sound = np.concatenate(syllables)[: round(seconds * SAMPLE_RATE)]
    scale: float = peak / np.abs(sound).max()
    return (sound * scale).astype(np.float32)


def noise(seconds: float, decibels: float, *, seed: int = 0) -> Float32:
    """White noise of this level to full scale, float32 [sample] at 16 kHz."""
    samples = np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE))
    return (samples * 10 ** (decibels / 20)).astype(np.float32)


def silence(seconds: float) -> Float32:
    """Digital silence, float32 [sample] at 16 kHz."""
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def _syllable(random: np.random.Generator) -> Float64:
    count = int(random.uniform(0.15, 0.3) * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    pitch = random.uniform(95, 140)
    phase = 2 * np.pi * pitch * (time + random.uniform(-0.4, 0.4) * time**2)
    harmonics = np.arange(1, 30)
    formants = _FORMANTS[random.integers(len(_FORMANTS))]
    away = (harmonics[:, None] * pitch - formants) / np.array([80, 120, 180])
    strength = (np.array([1, 0.5, 0.25]) / (1 + away**2)).sum(axis=1)
    vowel: Float64 = strength @ np.sin(harmonics[:, None] * phase)
    vowel *= np.exp(-2.3 * time / time[-1]) * np.minimum(1, time / 0.01)
    fricative = np.diff(random.standard_normal(count + 1)) * np.exp(-time / 0.03)
    syllable: Float64 = vowel / np.abs(vowel).max() + 0.15 * fricative
    return syllable
