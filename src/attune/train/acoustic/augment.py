"""Waveform and spectrogram augmentation, drawn anew for every utterance of every epoch.

Each draw comes from a generator seeded by (seed, epoch, utterance), so a resumed run hears exactly
what an uninterrupted one would have heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE

__all__ = ["AugmentConfig", "Augmenter", "mask_spectrogram", "simulate_room"]

Floats = NDArray[np.float32]
_SOUND_SPEED = 343.0


@dataclass(frozen=True)
class AugmentConfig:
    """How often and how strongly. Probabilities in 0..1, ratios in dB, padding in seconds."""

    speeds: tuple[float, ...] = (0.9, 1.0, 1.1)
    noise: float = 0.5
    noise_snr: tuple[float, float] = (5.0, 25.0)
    room: float = 0.3
    band: float = 0.15
    gain: tuple[float, float] = (-18.0, 6.0)
    padding: float = 0.3
    padding_seconds: float = 0.6
    frequency_masks: int = 2
    frequency_width: int = 18
    time_masks: float = 1.0
    time_width: int = 25
    rooms: int = 64


def simulate_room(random: np.random.Generator, seconds: float = 0.35) -> Floats:
    """Impulse response of a random shoebox room, unit energy: float32 [samples].

    Image-source method (Allen & Berkley 1979) with one reflection coefficient for all walls and
    sources snapped to samples; source and microphone are at least 0.3 m from the walls.
    """
    size = random.uniform((2.5, 2.5, 2.2), (9.0, 7.0, 3.5))
    source = random.uniform(0.3, size - 0.3)
    microphone = random.uniform(0.3, size - 0.3)
    reflection = random.uniform(0.3, 0.9)
    reach = seconds * _SOUND_SPEED
    axes = []
    for extent, s, m in zip(size, source, microphone, strict=True):
        order = np.arange(-int(reach / (2 * extent)) - 1, int(reach / (2 * extent)) + 2)
        offset = np.concatenate([2 * order * extent + s, 2 * order * extent - s]) - m
        bounces = np.concatenate([np.abs(2 * order), np.abs(order) + np.abs(order - 1)])
        axes.append((offset**2, bounces))
    squared = (
        axes[0][0][:, None, None] + axes[1][0][None, :, None] + axes[2][0][None, None, :]
    ).ravel()
    bounces = (
        axes[0][1][:, None, None] + axes[1][1][None, :, None] + axes[2][1][None, None, :]
    ).ravel()
    near = squared < reach**2
    distance = np.sqrt(squared[near])
    amplitude = reflection ** bounces[near] / np.maximum(distance, 0.1)
    direct = distance.min()
    delay = ((distance - direct) / _SOUND_SPEED * SAMPLE_RATE).astype(np.int64)
    response = np.bincount(delay, amplitude).astype(np.float32)
    unit: Floats = (response / np.sqrt(np.sum(response**2))).astype(np.float32)
    return unit


class Augmenter:
    """Applies an AugmentConfig with the given noises and room responses (float32, 16 kHz)."""

    def __init__(
        self, config: AugmentConfig, noises: Sequence[Floats], rooms: Sequence[Floats], seed: int
    ) -> None:
        self.config = config
        self.noises = list(noises)
        random = np.random.default_rng([seed, 0x0A11])
        simulated = [simulate_room(random) for _ in range(config.rooms)]
        self.rooms = simulated + [r / np.sqrt(np.sum(r**2)) for r in rooms]

    def speed(self, random: np.random.Generator) -> float:
        """The speed factor of a batch: drawn apart, because it decides the length."""
        return float(random.choice(self.config.speeds))

    def pace(
        self, samples: Floats, speed: float, random: np.random.Generator
    ) -> tuple[Floats, float]:
        """float32 `samples` at another speed, and the seconds of silence put before them."""
        config = self.config
        delay = 0.0
        if speed != 1.0:
            samples = soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE / speed, "MQ")
        if random.random() < config.padding:
            before, after = (random.uniform(0, config.padding_seconds, 2) * SAMPLE_RATE).astype(int)
            samples = np.pad(samples, (before, after))
            delay = before / SAMPLE_RATE
        return samples, delay

    def distort(self, samples: Floats, random: np.random.Generator) -> Floats:
        """A copy of float32 `samples` in a room, with noise, through a channel; as long."""
        config = self.config
        if self.rooms and random.random() < config.room:
            samples = _convolve(samples, self.rooms[random.integers(len(self.rooms))])
        if random.random() < config.noise:
            snr = random.uniform(*config.noise_snr)
            noise = self._noise(len(samples), random)
            samples = (samples + noise * _level(samples, snr)).astype(np.float32)
        if random.random() < config.band:
            samples = _band_limit(samples, random)
        gain = 10 ** (random.uniform(*config.gain) / 20)
        loud: Floats = np.clip(samples * np.float32(gain), -1.0, 1.0).astype(np.float32)
        return loud

    def _noise(self, length: int, random: np.random.Generator) -> Floats:
        """Unit-power noise: a piece of a recording, or coloured Gaussian noise."""
        if self.noises and random.random() < 0.8:
            noise = self.noises[random.integers(len(self.noises))]
            start = int(random.integers(len(noise)))
            piece: NDArray[np.floating] = np.resize(np.roll(noise, -start), length)
        else:
            spectrum = np.fft.rfft(random.standard_normal(length, dtype=np.float32))
            tilt = np.maximum(np.arange(len(spectrum)), 1.0) ** -random.uniform(0, 0.8)
            piece = np.fft.irfft(spectrum * tilt, length)
        power = np.sqrt(np.mean(np.square(piece))) + 1e-7
        unit: Floats = (piece / power).astype(np.float32)
        return unit


def _level(samples: Floats, snr: float) -> np.float32:
    power = np.sqrt(np.mean(np.square(samples)) + 1e-10)
    return np.float32(power * 10 ** (-snr / 20))


def _convolve(samples: Floats, response: Floats) -> Floats:
    """Convolution cut to the input's length, level kept."""
    size = 1 << int(np.ceil(np.log2(len(samples) + len(response))))
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    wet = wet[: len(samples)].astype(np.float32)
    scale = np.sqrt(np.mean(np.square(samples)) / (np.mean(np.square(wet)) + 1e-12))
    return (wet * np.float32(scale)).astype(np.float32)


def _band_limit(samples: Floats, random: np.random.Generator) -> Floats:
    """A telephone (8 kHz, mu-law of ITU-T G.711) or a low-pass between 3 and 7 kHz."""
    telephone = random.random() < 0.5
    rate = 8000.0 if telephone else 2 * random.uniform(3000, 7000)
    narrow = soxr.resample(samples, SAMPLE_RATE, rate, "MQ")
    if telephone:
        peak = np.max(np.abs(narrow)) + 1e-6
        companded = np.sign(narrow) * np.log1p(255 * np.abs(narrow / peak)) / np.log(256)
        companded = np.round(companded * 127) / 127
        narrow = np.sign(companded) * (256 ** np.abs(companded) - 1) / 255 * peak
    wide: Floats = soxr.resample(narrow.astype(np.float32), rate, SAMPLE_RATE, "MQ")
    padded: Floats = np.pad(wide, (0, max(0, len(samples) - len(wide))))[: len(samples)]
    return padded


def mask_spectrogram(frames: Floats, config: AugmentConfig, random: np.random.Generator) -> Floats:
    """SpecAugment (Park et al. 2019) without warping: zeroes bands and stretches of [time, bins].

    `time_masks` is the mean number of time masks a second of audio.
    """
    frames = frames.copy()
    time, bins = frames.shape
    for _ in range(config.frequency_masks):
        width = int(random.integers(0, config.frequency_width + 1))
        start = int(random.integers(0, bins - width + 1))
        frames[:, start : start + width] = 0.0
    for _ in range(random.poisson(config.time_masks * time / 100)):
        width = min(int(random.integers(0, config.time_width + 1)), time // 3)
        start = int(random.integers(0, time - width + 1))
        frames[start : start + width] = 0.0
    return frames
