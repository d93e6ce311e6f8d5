"""Recordings and archives that are damaged, or made to do harm."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Mapping

import numpy as np
from mortal_server import SAMPLES

__all__ = ["ARCHIVES", "RECORDINGS", "zipped"]

_TABLE = b"a.wav\tone two three\n"
_WEATHER = (SAMPLES / "weather.wav").read_bytes()
_FLAC = (SAMPLES / "command.flac").read_bytes()
_OGG = (SAMPLES / "question.ogg").read_bytes()
_MP3 = (SAMPLES / "digits.mp3").read_bytes()


def zipped(files: Mapping[str, bytes] | None = None) -> bytes:
    """A zip; by default of a recording and its transcript."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (files or {"a.wav": _WEATHER, "trans.txt": _TABLE}).items():
            archive.writestr(name, data)
    return content.getvalue()


def _changed(content: bytes, sign: bytes, offset: int, value: bytes) -> bytes:
    """With `value` in the last header that begins with `sign`."""
    place = content.rfind(sign) + offset
    return content[:place] + value + content[place + len(value) :]


def _noisy(content: bytes, seed: int) -> bytes:
    """With one byte in fifty another."""
    chance = np.random.default_rng(seed)
    data = np.frombuffer(content, np.uint8).copy()
    places = chance.integers(0, len(data), len(data) // 50)
    data[places] = chance.integers(0, 256, len(places))
    return data.tobytes()


def _link() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        info = zipfile.ZipInfo("a.wav")
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("trans.txt", _TABLE)
    return content.getvalue()


def _wav(**fields: int) -> bytes:
    """A header that may lie, and a second of noughts."""
    value = {"tag": 1, "channels": 1, "rate": 16_000, "bits": 16, "size": 32_000} | fields
    head = struct.pack(
        "<HHIIHH",
        value["tag"],
        value["channels"],
        value["rate"],
        32_000,
        2,
        value["bits"],
    )
    return (
        b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0"
        + head
        + b"data"
        + struct.pack("<I", value["size"])
        + bytes(32_000)
    )


RECORDINGS: dict[str, bytes] = {
    "one byte": b"\0",
    "text": b"hello world, this is no sound",
    "noughts": bytes(5000),
    "a page": b"<!DOCTYPE html><html><script>alert(1)</script>",
    "an archive": zipped(),
    "half a header": _WEATHER[:20],
    "half a recording": _WEATHER[: len(_WEATHER) // 2],
    "half a flac": _FLAC[: len(_FLAC) // 2],
    "half an ogg": _OGG[: len(_OGG) // 2],
    "half an mp3": _MP3[:500],
    "noisy flac": _noisy(_FLAC, 1),
    "noisy ogg": _noisy(_OGG, 2),
    "noisy mp3": _noisy(_MP3, 3),
    "no channels": _wav(channels=0),
    "65,535 channels": _wav(channels=65_535),
    "no rate": _wav(rate=0),
    "4 GHz": _wav(rate=2**32 - 1),
    "no bits": _wav(bits=0),
    "a codec that is none": _wav(tag=0x1234),
    "4 GB announced": _wav(size=2**32 - 2),
    "not a number": _wav(tag=3, bits=32, size=64_000) + b"\0\0\xc0\x7f" * 8000,
}

_GOOD = zipped()
_CENTRAL, _END = b"PK\x01\x02", b"PK\x05\x06"
ARCHIVES: dict[str, bytes] = {
    "no archive": b"PK\x03\x04" + bytes(100),
    "half an archive": _GOOD[: len(_GOOD) // 2],
    "an archive of nothing": zipped({"trans.txt": b""}),
    "a bomb by its own account": _changed(_GOOD, _CENTRAL, 24, struct.pack("<I", 2**31)),
    "a bomb": zipped({"a.wav": bytes(200 * 2**20), "trans.txt": _TABLE}),
    "more than it says": _changed(_GOOD, _CENTRAL, 24, struct.pack("<I", 10)),
    "encrypted": _changed(_GOOD, _CENTRAL, 8, b"\x01\x00"),
    "a method that is none": _changed(_GOOD, _CENTRAL, 10, b"\x63\x00"),
    "65,535 entries by its own account": _changed(_GOOD, _END, 8, b"\xff\xff\xff\xff"),
    "a contents table elsewhere": _changed(_GOOD, _END, 16, b"\xff\xff\xff\x7f"),
    "upwards": zipped({"../../../etc/evil.wav": _WEATHER, "trans.txt": _TABLE}),
    "from the root": zipped({"/etc/evil.wav": _WEATHER, "trans.txt": _TABLE}),
    "a link": _link(),
    "an archive in an archive": zipped({"b.zip": _GOOD, "trans.txt": b"b.zip\tone\n"}),
    "a table of noughts": zipped({"a.wav": _WEATHER, "trans.txt": bytes(1000)}),
    "a table in no encoding": zipped({"a.wav": _WEATHER, "trans.txt": b"a.wav\t\xff\xfe\x80\n"}),
    "a line of a megabyte": zipped({"a.wav": _WEATHER, "trans.txt": b"a.wav\t" + b"x" * 2**20}),
    "damaged": _noisy(_GOOD, 4),
    "recordings": zipped(
        {f"{number}.wav": data for number, data in enumerate(RECORDINGS.values())}
        | {
            "trans.txt": b"".join(b"%d.wav\tone two three\n" % n for n in range(len(RECORDINGS))),
        }
    ),
}
