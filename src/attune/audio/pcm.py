"""Uncompressed samples: their encodings, and how their bytes become float32."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attune.errors import InputError

__all__ = ["ENCODINGS", "RawFormat", "check_rate"]

Float32 = npt.NDArray[np.float32]

_WIDTHS = {
    "u8": 1,
    "s8": 1,
    "s16le": 2,
    "s24le": 3,
    "s32le": 4,
    "f32le": 4,
    "f64le": 8,
    "mulaw": 1,
    "alaw": 1,
}
ENCODINGS = tuple(_WIDTHS)
_RATES = range(1_000, 768_001)


def check_rate(sample_rate: int, name: str) -> None:
    """Raise `InputError`, which begins with `name`, unless the rate in Hz is one that sound has."""
    if sample_rate not in _RATES:
        raise InputError(
            f"{name}: a sample rate of {sample_rate} Hz is outside {_RATES[0]} to {_RATES[-1]} Hz. "
            "Check the stated format, or convert the recording to 16000 Hz."
        )


@dataclass(frozen=True)
class RawFormat:
    """The format of PCM without a header; channels are interleaved.

    `encoding` is one of `ENCODINGS`: signed (s), unsigned (u) or floating point (f) with its bits,
    little endian; or G.711 `mulaw` and `alaw`. Raises `InputError` for values that cannot be.
    """

    sample_rate: int
    channels: int = 1
    encoding: str = "s16le"

    def __post_init__(self) -> None:
        check_rate(self.sample_rate, "raw format")
        if not 1 <= self.channels <= 65_535:
            raise InputError(
                f"raw format: {self.channels} channels. Give 1 for mono or 2 for stereo."
            )
        if self.encoding not in _WIDTHS:
            raise InputError(
                f"raw format: unknown encoding {self.encoding!r}. Give one of {', '.join(_WIDTHS)}."
            )

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return _WIDTHS[self.encoding] * self.channels

    def decode(self, data: bytes) -> Float32:
        """The samples in `data`, whole frames, as float32 [frame, channel]; full scale is 1."""
        return _decode(data, self.encoding).reshape(-1, self.channels)


def _decode(data: bytes, encoding: str) -> Float32:
    match encoding:
        case "u8":
            return _scaled(np.frombuffer(data, np.uint8).astype(np.int16) - 128, 2**7)
        case "s8":
            return _scaled(np.frombuffer(data, np.int8), 2**7)
        case "s16le":
            return _scaled(np.frombuffer(data, "<i2"), 2**15)
        case "s24le":
            # Each sample becomes the upper three bytes of a 32-bit one.
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            return _scaled(wide.view("<i4")[:, 0], 2**31)
        case "s32le":
            return _scaled(np.frombuffer(data, "<i4"), 2**31)
        case "f32le" | "f64le":
            # What float32 cannot hold becomes infinite, which the reader refuses.
            with np.errstate(over="ignore", invalid="ignore"):
                return np.frombuffer(data, f"<f{_WIDTHS[encoding]}").astype(np.float32)
        case "mulaw":
            return _MULAW[np.frombuffer(data, np.uint8)]
        case "alaw":
            return _ALAW[np.frombuffer(data, np.uint8)]
    raise AssertionError(encoding)


def _scaled(values: npt.NDArray[np.integer], full_scale: int) -> Float32:
    return values.astype(np.float32) / np.float32(full_scale)


def _mulaw_table() -> Float32:
    """ITU-T G.711 mu-law: 14-bit values, the code inverted, 3 bits of segment and 4 of step."""
    code = ~np.arange(256, dtype=np.uint8)
    step, segment = (code & 15).astype(np.int32), (code >> 4 & 7).astype(np.int32)
    size = ((2 * step + 33) << segment) - 33
    return _scaled(np.where(code & 128, -size, size), 2**13)


def _alaw_table() -> Float32:
    """ITU-T G.711 A-law: 13-bit values, even bits of the code inverted."""
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    step, segment = (code & 15).astype(np.int32), (code >> 4 & 7).astype(np.int32)
    size = np.where(segment == 0, 2 * step + 1, (2 * step + 33) << np.maximum(segment - 1, 0))
    return _scaled(np.where(code & 128, size, -size), 2**12)


_MULAW = _mulaw_table()
_ALAW = _alaw_table()
