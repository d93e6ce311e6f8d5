"""Recordings as the bytes of files, for tests."""

from __future__ import annotations

import io
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import soundfile

COMPRESSED = {
    "flac": {"format": "FLAC"},
    "vorbis": {"format": "OGG", "subtype": "VORBIS"},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3", "bitrate_mode": "CONSTANT"},
}


def encoded(samples: np.ndarray, sample_rate: int, **form: Any) -> bytes:
    """`samples` [frame] or [frame, channel] as libsndfile writes them."""
    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, **form)
    return file.getvalue()


def wav(
    data: bytes,
    *,
    sample_rate: int = 16_000,
    channels: int = 1,
    bits: int = 16,
    tag: int = 1,
    data_bytes: int | None = None,
    riff_bytes: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A WAV file whose lengths may be stated wrongly; `before` and `after` are other chunks."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, sample_rate, sample_rate * frame, frame, bits)
    size = len(data) if data_bytes is None else data_bytes
    body = b"WAVE" + chunk(b"fmt ", form) + before + b"data" + struct.pack("<I", size) + data
    body += after
    return b"RIFF" + struct.pack("<I", len(body) if riff_bytes is None else riff_bytes) + body


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a RIFF file, padded to an even length."""
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def without_xing(mp3: bytes) -> bytes:
    """An MP3 without its first frame, which holds the length and no sound."""
    kilobits = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160][mp3[2] >> 4]
    assert mp3[:2] == b"\xff\xf3", "MPEG-2 layer III is expected"
    sample_rate = (22_050, 24_000, 16_000)[mp3[2] >> 2 & 3]
    return mp3[72_000 * kilobits // sample_rate + (mp3[2] >> 1 & 1) :]


def without_length(flac: bytes) -> bytes:
    """A FLAC file as an encoder writes it that cannot go back: the number of samples is 0."""
    patched = bytearray(flac)
    patched[21] &= 0xF0
    patched[22:26] = bytes(4)
    return bytes(patched)


@contextmanager
def pipe(data: bytes) -> Iterator[BinaryIO]:
    """The read end of a pipe through which `data` comes, in small pieces."""
    receive, send = os.pipe()

    def feed() -> None:
        with open(send, "wb", buffering=0) as file:
            for at in range(0, len(data), 1000):
                try:
                    file.write(data[at : at + 1000])
                except BrokenPipeError:
                    return

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        with open(receive, "rb", buffering=0) as file:
            yield file
    finally:
        feeder.join()
