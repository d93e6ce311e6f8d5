"""The header of a WAV file, read forwards so that it may come through a pipe."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from attune.audio.pcm import RawFormat, check_rate
from attune.audio.source import ByteReader, Truncated
from attune.errors import InputError

__all__ = ["WavHeader", "read_wav_header"]

_INTEGER = {1: "u8", 2: "s16le", 3: "s24le", 4: "s32le"}
_FLOAT = {4: "f32le", 8: "f64le"}
_ENCODINGS = {1: _INTEGER, 3: _FLOAT, 6: {1: "alaw"}, 7: {1: "mulaw"}}
_EXTENSIBLE = 0xFFFE
_OTHER_CODECS = {
    2: "Microsoft ADPCM",
    0x11: "IMA ADPCM",
    0x31: "GSM 6.10",
    0x50: "MPEG",
    0x55: "MP3",
    0xFF: "AAC",
}


@dataclass(frozen=True)
class WavHeader:
    """The samples' format, and how many bytes of them the header promises.

    `data_bytes` is None where the writer could not know: it streamed, and the samples go on to the
    end of the file.
    """

    format: RawFormat
    data_bytes: int | None


def read_wav_header(reader: ByteReader) -> WavHeader:
    """Read up to the first sample of a RIFF, RF64 or BW64 file (EBU Tech 3306).

    Raises `InputError` for a damaged header and for codecs other than PCM, floating point and
    G.711.
    """
    riff, riff_bytes, _ = struct.unpack("<4sI4s", _exactly(reader, 12))
    long_sizes: tuple[int, int] | None = None
    form: RawFormat | None = None
    while True:
        chunk, size = struct.unpack("<4sI", _exactly(reader, 8))
        if chunk == b"data":
            break
        body = _exactly(reader, size) if chunk in (b"fmt ", b"ds64") and size < 1 << 16 else b""
        if chunk == b"fmt ":
            form = _format(body, reader.name)
        elif chunk == b"ds64" and size >= 16:
            long_sizes = struct.unpack_from("<QQ", body)
        reader.skip(size - len(body) + size % 2)
    if form is None:
        raise InputError(f"{reader.name}: a WAV file without a format. Save it again as WAV.")
    if riff != b"RIFF" and long_sizes is not None and size == 0xFFFFFFFF:
        riff_bytes, size = long_sizes
        return WavHeader(form, size if 0 < size < 1 << 62 else None)
    if size == 0 and not _is_placeholder(riff_bytes) and riff_bytes + 8 > reader.position:
        following = reader.peek(4)
        if following.isascii() and following.decode().isprintable():
            return WavHeader(form, 0)  # Really empty: another chunk follows.
    return WavHeader(form, None if _is_placeholder(size) else size)


def _is_placeholder(size: int) -> bool:
    """Whether a streaming writer left this length: none, the greatest, or about 2 GiB.

    0 (many), 0xFFFFFFFF (FFmpeg), 0x7FFFF000 (SoX), 0x80000000 (arecord), and a little less or
    more, as writers add and subtract headers.
    """
    return size == 0 or size >= 0xFFFF0000 or abs(size - (1 << 31)) <= 1 << 16


def _format(body: bytes, name: str) -> RawFormat:
    if len(body) < 16:
        raise Truncated(name, 0)
    tag, channels, sample_rate, _, frame_bytes, _ = struct.unpack_from("<HHIIHH", body)
    if tag == _EXTENSIBLE and len(body) >= 26:
        (tag,) = struct.unpack_from("<H", body, 24)
    check_rate(sample_rate, name)
    if channels == 0 or frame_bytes % channels:
        raise InputError(f"{name}: the WAV header is damaged ({channels} channels). Save it again.")
    # Samples fill their containers from the top, so 20 bits in 3 bytes read as 24.
    width = frame_bytes // channels
    encoding = _ENCODINGS.get(tag, {}).get(width)
    if encoding is None:
        codec = _OTHER_CODECS.get(tag, f"codec {tag:#06x} with {8 * width} bits")
        raise InputError(f"{name}: WAV holding {codec}. Convert it to 16-bit PCM WAV or FLAC.")
    return RawFormat(sample_rate, channels, encoding)


def _exactly(reader: ByteReader, count: int) -> bytes:
    data = reader.read(count)
    if len(data) < count:
        raise Truncated(reader.name, 0)
    return data
