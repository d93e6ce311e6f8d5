"""One decoder for each container: it is known by its first bytes, never by the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from attune.audio.pcm import Float32, RawFormat
from attune.audio.riff import read_wav_header
from attune.audio.source import ByteReader, Truncated
from attune.errors import InputError

__all__ = ["Decoder", "container_of", "open_decoder"]

# A header's length may count bytes of the header too.
_SLACK_SECONDS = 0.01

_FOREIGN = (
    (0, b"FORM", "AIFF"),
    (0, b".snd", "Sun AU"),
    (0, b"caff", "Core Audio Format"),
    (0, b"riff", "Sony Wave64"),
    (0, b"RIFX", "big-endian WAV"),
    (0, b"NIST_1A", "NIST SPHERE"),
    (0, b"#!AMR", "AMR"),
    (0, b"\x30\x26\xb2\x75", "Windows Media"),
    (0, b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (0, b"\xff\xf1", "AAC"),
    (0, b"\xff\xf9", "AAC"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (4, b"ftyp", "MPEG-4 (AAC)"),
)


class Decoder(Protocol):
    """Samples of one recording, in order. `frames` is None where only reading to the end tells."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    frames: int | None

    def read(self, frames: int) -> Float32:
        """The next samples, float32 [frame, channel]; fewer than asked only at the end.

        Raises `Truncated` at the point where a damaged recording stops being readable.
        """
        ...


@contextmanager
def open_decoder(reader: ByteReader, raw: RawFormat | None = None) -> Iterator[Decoder]:
    """The decoder for what `reader` holds, raw PCM if its format is given."""
    if raw is not None:
        yield _PcmDecoder(reader, raw, container="raw", promised=reader.size)
        return
    head = reader.peek(12)
    if not head:
        raise InputError(f"{reader.name}: empty. Record or copy it again.")
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and b"WAVE".startswith(head[8:]):
        header = read_wav_header(reader)
        yield _PcmDecoder(reader, header.format, container="wav", promised=header.data_bytes)
        return
    container = container_of(head, reader.name)
    # libsndfile is loaded for what needs it: WAV does not.
    from attune.audio.compressed import open_compressed

    with reader.seekable() as file, open_compressed(file, container, reader.name) as decoder:
        yield decoder


def container_of(head: bytes, name: str) -> str:
    """The compressed format ("flac", "ogg", "mp3") of what begins with `head`, 12 bytes of it.

    Raises `InputError`, which begins with `name`, for any other.
    """
    if head.startswith(b"fLaC"):
        return "flac"
    if head.startswith(b"OggS"):
        return "ogg"
    for offset, magic, known_as in _FOREIGN:
        if head.startswith(magic, offset):
            raise InputError(f"{name}: is {known_as}. Convert it to WAV, FLAC, Ogg or MP3.")
    if head.startswith(b"ID3") or (len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    raise InputError(
        f"{name}: not a recording that can be read (WAV, FLAC, Ogg Vorbis, Ogg Opus, MP3). "
        "Convert it, or state the format if it is raw PCM."
    )


class _PcmDecoder:
    """Raw PCM and the samples of a WAV file, from a pipe as well as from a file."""

    def __init__(
        self, reader: ByteReader, form: RawFormat, *, container: str, promised: int | None
    ) -> None:
        self.container, self.codec = container, form.encoding
        self.sample_rate, self.channels = form.sample_rate, form.channels
        self._reader, self._format, self._promised = reader, form, promised
        self._begin = reader.position
        self.frames: int | None = None
        if reader.size is not None:
            # Known beforehand, so a recording that is cut short is refused before it is worked on.
            present = reader.size - self._begin
            self._check_end(present)
            present = present if promised is None else min(present, promised)
            self.frames = present // form.frame_bytes

    def read(self, frames: int) -> Float32:
        wanted = frames * self._format.frame_bytes
        if self._promised is not None:
            wanted = min(wanted, self._promised - (self._reader.position - self._begin))
        data = self._reader.read(wanted)
        if len(data) < wanted:
            self._check_end(self._reader.position - self._begin)
        whole = len(data) - len(data) % self._format.frame_bytes
        return self._format.decode(data[:whole])

    def _check_end(self, present: int) -> None:
        """Whether it may end after so many bytes of samples."""
        frame, rate = self._format.frame_bytes, self.sample_rate
        if self.container == "raw" and present % frame:
            raise InputError(
                f"{self._reader.name}: {present} bytes are no whole number of samples of "
                f"{frame} bytes. Check the encoding and the channels that were stated."
            )
        if self._promised is not None and self._promised - present > _SLACK_SECONDS * rate * frame:
            raise Truncated(
                self._reader.name, present // frame / rate, self._promised / frame / rate
            )
