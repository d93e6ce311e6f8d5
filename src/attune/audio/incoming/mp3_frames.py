"""Frames of MPEG audio, layer III (ISO/IEC 11172-3 and 13818-3)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EncoderDelay", "Mp3Frame", "Mp3Header", "encoder_delay", "info_frame"]

_BIT_RATES = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MONO = 3
_INFO_BIT_RATE = 5  # 64 or 40 kbit/s: a frame that holds an Info tag.
_DECODER_DELAY = 529


@dataclass(frozen=True, slots=True)
class Mp3Header:
    """The first four bytes of a frame. `version`: 3 for MPEG 1, 2 for MPEG 2, 0 for 2.5."""

    data: bytes
    version: int
    sample_rate: int
    channels: int
    size: int

    @classmethod
    def read(cls, data: bytes | bytearray) -> Mp3Header | None:
        """The header, or None for what is none of layer III with a stated bit rate."""
        bits = int.from_bytes(data, "big")
        version, layer = bits >> 19 & 3, bits >> 17 & 3
        rate, sampling = bits >> 12 & 15, bits >> 10 & 3
        if bits >> 21 != 0x7FF or layer != 1 or version == 1 or rate in (0, 15) or sampling == 3:
            return None
        sample_rate = _RATES[version][sampling]
        bit_rate = _BIT_RATES[1 if version == 3 else 2][rate] * 1000
        size = (144 if version == 3 else 72) * bit_rate // sample_rate + (bits >> 9 & 1)
        return cls(bytes(data), version, sample_rate, 1 if bits >> 6 & 3 == _MONO else 2, size)

    @property
    def samples(self) -> int:
        """Of each channel."""
        return 1152 if self.version == 3 else 576

    @property
    def most_borrowed(self) -> int:
        """Bytes that a frame may take from those before it."""
        return 511 if self.version == 3 else 255

    @property
    def side_bytes(self) -> int:
        """Side information, behind the header and its checksum."""
        sizes = {(3, 1): 17, (3, 2): 32}
        return sizes.get((self.version, self.channels), 9 if self.channels == 1 else 17)

    @property
    def side_at(self) -> int:
        """Where the side information begins."""
        return 4 if self.data[1] & 1 else 6

    def continues(self, first: Mp3Header) -> bool:
        """Whether this may be a later frame of the stream that `first` began."""
        alike = (self.version, self.sample_rate, self.channels)
        return alike == (first.version, first.sample_rate, first.channels)


@dataclass(frozen=True, slots=True)
class Mp3Frame:
    """A frame. What its sound is coded in may begin in frames before it."""

    header: Mp3Header
    data: bytes

    @property
    def borrowed(self) -> int:
        """Bytes that it takes from the frames before."""
        begin = self.data[self.header.side_at : self.header.side_at + 2].ljust(2, b"\0")
        word = int.from_bytes(begin, "big")
        return word >> 7 if self.header.version == 3 else word >> 8

    @property
    def main_bytes(self) -> int:
        """Bytes behind the side information, for this frame's sound and those after it."""
        return max(0, self.header.size - self.header.side_at - self.header.side_bytes)

    def silent(self, borrowed: int) -> bytes:
        """The frame without sound, which still lends its bytes to those after it, and with them
        those that it is said to borrow itself."""
        header = self.header
        at, end = header.side_at, min(header.side_at + header.side_bytes, len(self.data))
        begin = borrowed << (7 if header.version == 3 else 8)
        side = begin.to_bytes(2, "big").ljust(end - at, b"\0")[: end - at]
        return self.data[:at] + side + self.data[end:]


@dataclass(frozen=True, slots=True)
class EncoderDelay:
    """What an Info tag says: samples that were added before the sound, and the sound's (None:
    unknown)."""

    begin: int
    samples: int | None


def encoder_delay(frame: Mp3Frame) -> EncoderDelay | None:
    """What the first frame says of those after it, or None where it is one of sound itself."""
    at = frame.header.side_at + frame.header.side_bytes
    data = frame.data
    if data[36:40] == b"VBRI":
        return EncoderDelay(0, None)
    if data[at : at + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(data[at + 4 : at + 8], "big")
    frames = int.from_bytes(data[at + 8 : at + 12], "big") if flags & 1 else 0
    tag = at + 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    if len(data) < tag + 24 or not data[tag : tag + 4].strip(b"\0"):
        return EncoderDelay(0, None)
    packed = int.from_bytes(data[tag + 21 : tag + 24], "big")
    delay, padding = packed >> 12, packed & 0xFFF
    total = frames * frame.header.samples - delay - padding
    return EncoderDelay(delay + _DECODER_DELAY, total if frames and total > 0 else None)


def info_frame(like: Mp3Header, frames: int) -> bytes:
    """A first frame that says how many follow, so that a decoder need not guess."""
    bits = int.from_bytes(like.data, "big") & ~(0xF << 12 | 1 << 9) | _INFO_BIT_RATE << 12 | 1 << 16
    header = Mp3Header.read(bits.to_bytes(4, "big"))
    assert header is not None
    tag = b"Info" + (1).to_bytes(4, "big") + frames.to_bytes(4, "big")
    return (header.data + bytes(header.side_bytes) + tag).ljust(header.size, b"\0")
