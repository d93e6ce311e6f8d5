"""What a recording is and how it sounds, from one pass over it in bounded memory."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from attune.audio.decoders import open_decoder
from attune.audio.pcm import Float32
from attune.audio.reading import BLOCK_SAMPLES, AudioInfo, check_samples
from attune.audio.source import AudioSource, open_source
from attune.errors import InputError

__all__ = ["AudioMeasure", "measure_audio"]

_FRAMES_A_SECOND = 40  # Levels are those of frames of 25 ms: shorter than a syllable.
_FRAMES = 40  # That are decoded at once.
_CLIPPED = 0.95  # Of full scale: the loudest code of mu-law is 0.98.
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class AudioMeasure:
    """How a recording sounds; `info` has its true length, for it was read to its end.

    `peak` is the largest sample of any channel, 1 being full scale. `loudest` is the level of the
    loudest 25 ms of all channels mixed, in dB to full scale, without any constant offset; -inf for
    digital silence. `clipped` is the share of samples, 0 to 1, inside a flat top: three or more
    equal ones in a row near full scale. `digest` is the same for recordings with the same samples
    at the same rate, whatever their container; of identical channels it sees one.
    """

    info: AudioInfo
    peak: float
    loudest: float
    clipped: float
    digest: bytes


def measure_audio(source: AudioSource) -> AudioMeasure:
    """Read `source` once, block by block. Raises `InputError` as `stream_audio` does."""
    with open_source(source) as reader, open_decoder(reader) as decoder:
        rate, channels = decoder.sample_rate, decoder.channels
        frame = max(1, rate // _FRAMES_A_SECOND)
        step = frame * max(1, min(_FRAMES, BLOCK_SAMPLES // (frame * channels)))
        content = hashlib.blake2b(f"{rate}:".encode(), digest_size=_DIGEST_BYTES)
        last = np.zeros((0, channels), np.float32)
        count, flat, peak, power = 0, 0, 0.0, 0.0
        while len(samples := decoder.read(step)):
            check_samples(samples, reader.name)
            count += len(samples)
            mix = samples.mean(axis=1) if channels > 1 else samples[:, 0]
            content.update((mix + np.float32(0)).astype("<f4").tobytes())  # -0 becomes 0.
            power = max(power, _loudest(mix, frame))
            highest = float(np.abs(samples).max())
            peak = max(peak, highest)
            # What lies beyond full scale is cut off when the recording is read.
            held = np.clip(np.concatenate([last, samples]), -1, 1)
            if highest >= _CLIPPED:
                flat += _flat_tops(held)
            last = held[-2:]
        if not count:
            raise InputError(f"{reader.name}: holds no audio. Record it again.")
        info = AudioInfo(
            path=reader.name,
            container=decoder.container,
            codec=decoder.codec,
            sample_rate=rate,
            channels=channels,
            seconds=count / rate,
        )
    loudest = 10 * math.log10(power) if power > 0 else -math.inf
    return AudioMeasure(info, peak, loudest, flat / (count * channels), content.digest())


def _loudest(samples: Float32, frame: int) -> float:
    """The greatest power of the frames of float32 [sample], each without its mean."""
    whole = len(samples) // frame * frame
    frames = samples[:whole].reshape(-1, frame).var(axis=1, dtype=np.float64)
    rest = samples[whole:].var(dtype=np.float64) if whole < len(samples) else 0.0
    return float(max(frames.max(initial=0.0), rest))


def _flat_tops(samples: Float32) -> int:
    """How many samples of float32 [frame, channel] equal both their neighbours near full scale."""
    same = samples[1:] == samples[:-1]
    middle = same[1:] & same[:-1] & (np.abs(samples[1:-1]) >= _CLIPPED)
    return int(np.count_nonzero(middle))
