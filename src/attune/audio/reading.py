"""Recordings of every kind as mono float32 at one rate, whole or in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from attune.audio.decoders import Decoder, open_decoder
from attune.audio.pcm import Float32, RawFormat
from attune.audio.resampling import Resampler
from attune.audio.source import AudioSource, open_source
from attune.errors import InputError

__all__ = [
    "BLOCK_SAMPLES",
    "AudioInfo",
    "check_samples",
    "one_channel",
    "probe_audio",
    "read_audio",
    "stream_audio",
]

BLOCK_SAMPLES = 1 << 22  # At most this many, over all channels, are decoded at once.
_LOUDEST = 64.0  # Floating point audio may exceed 1 by some decibels; integers cast exceed this.


@dataclass(frozen=True)
class AudioInfo:
    """What a recording is: `container` "wav", "flac", "ogg", "mp3" or "raw"; length in seconds."""

    path: str
    container: str
    codec: str
    sample_rate: int
    channels: int
    seconds: float


def read_audio(
    source: AudioSource,
    *,
    sample_rate: int = 16_000,
    channel: int | None = None,
    raw: RawFormat | None = None,
) -> Float32:
    """A whole recording as float32 [sample], -1 to 1: the concatenation of `stream_audio`.

    Raises `InputError` as `stream_audio` does.
    """
    blocks = stream_audio(source, sample_rate=sample_rate, channel=channel, raw=raw)
    return np.concatenate(list(blocks))


def stream_audio(
    source: AudioSource,
    *,
    sample_rate: int = 16_000,
    channel: int | None = None,
    raw: RawFormat | None = None,
    block_seconds: float = 1.0,
) -> Iterator[Float32]:
    """Blocks of a recording as float32 [sample], -1 to 1, in memory that its length does not need.

    `source` is a path, the bytes of a file, or a binary file object, which is read from where it
    stands and may be a pipe. WAV and raw PCM come through a pipe as they arrive; FLAC, Ogg and MP3
    are first copied from it to a temporary file. `channel` counts from 0; None mixes all into one.
    `raw` states the format of PCM without a header. The samples do not depend on `block_seconds`,
    which blocks have approximately.

    Raises `InputError` while iterating, saying what to do: no such file, a folder, no audio in it,
    an unknown format, a recording that is cut short (after the blocks that can be read, if its end
    was not to be known before), samples that are no numbers, a channel that is not there.
    """
    with open_source(source) as reader, open_decoder(reader, raw) as decoder:
        resampler = Resampler(decoder.sample_rate, sample_rate)
        step = round(block_seconds * decoder.sample_rate)
        step = max(1, min(step, BLOCK_SAMPLES // decoder.channels))
        given = 0
        while len(frames := decoder.read(step)):
            mono = one_channel(frames, channel, reader.name)
            check_samples(mono, reader.name)
            block = resampler.accept(mono)
            given += len(block)
            if len(block):
                yield np.clip(block, -1, 1)
        block = resampler.finish()
        if len(block):
            yield np.clip(block, -1, 1)
        if given + len(block) == 0:
            raise InputError(f"{reader.name}: holds no audio. Record it again.")


def probe_audio(source: AudioSource, *, raw: RawFormat | None = None) -> AudioInfo:
    """What `source` is, from its header where that tells; a pipe is read to its end.

    Raises `InputError` as `stream_audio` does, but FLAC and MP3 that are cut short show only when
    they are read.
    """
    with open_source(source) as reader, open_decoder(reader, raw) as decoder:
        frames = _count(decoder) if decoder.frames is None else decoder.frames
        return AudioInfo(
            path=reader.name,
            container=decoder.container,
            codec=decoder.codec,
            sample_rate=decoder.sample_rate,
            channels=decoder.channels,
            seconds=frames / decoder.sample_rate,
        )


def _count(decoder: Decoder) -> int:
    step = max(1, min(decoder.sample_rate, BLOCK_SAMPLES // decoder.channels))
    return sum(iter(lambda: len(decoder.read(step)), 0))


def one_channel(frames: Float32, channel: int | None, name: str) -> Float32:
    """One channel of float32 [frame, channel], or the mean of all, as float32 [frame]."""
    channels = frames.shape[1]
    if channel is None:
        with np.errstate(over="ignore", invalid="ignore"):
            return frames.mean(axis=1) if channels > 1 else frames[:, 0]
    if not 0 <= channel < channels:
        raise InputError(
            f"{name}: there is no channel {channel}; it has {channels}, counted from 0. "
            "Give one of them, or none to mix them."
        )
    return np.ascontiguousarray(frames[:, channel])


def check_samples(samples: Float32, name: str) -> None:
    """Raise `InputError`, which begins with `name`, for samples that are no sound."""
    peak = float(np.abs(samples).max())
    if not np.isfinite(peak):
        raise InputError(
            f"{name}: holds samples that are not numbers. Save it again as 16-bit PCM, or check "
            "the stated format."
        )
    if peak > _LOUDEST:
        raise InputError(
            f"{name}: a floating point sample of {peak:g}, where full scale is 1. Divide the "
            "samples by their full scale, or check the stated format."
        )
