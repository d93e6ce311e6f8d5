"""What a decoder of arriving bytes offers, and decoding of a piece of a compressed stream."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Protocol

import soundfile

from attune.audio.pcm import Float32, check_rate
from attune.errors import InputError

__all__ = ["BLOCK_SECONDS", "PIECE_SECONDS", "Arrival", "FrameBlocks", "decode_piece"]

BLOCK_SECONDS = 2.0
"""About the longest block that is decoded at once."""
PIECE_SECONDS = 0.1
"""New audio for which it pays to open a decoder, before the end."""

FrameBlocks = Iterator[Float32]
"""Blocks of float32 [frame, channel]."""


class Arrival(Protocol):
    """A decoder that is given bytes as they come; `push` and `finish` are iterated to the end.

    `sample_rate` and `channels` are known by the time of the first block.
    """

    sample_rate: int
    channels: int

    def push(self, data: bytes) -> FrameBlocks:
        """What `data` completes."""
        ...

    def finish(self) -> FrameBlocks:
        """The rest."""
        ...


def decode_piece(data: bytes, most: int, name: str) -> tuple[Float32, int]:
    """A short stream that is complete in itself: float32 [frame, channel], and its rate in Hz.

    At most `most` frames of it. Raises `InputError`, which begins with `name`.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            check_rate(file.samplerate, name)
            frames = file.read(min(most, max(file.frames, 0)), dtype="float32", always_2d=True)
            return frames, file.samplerate
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"{name}: cannot be decoded ({error}). Send it again.") from error
