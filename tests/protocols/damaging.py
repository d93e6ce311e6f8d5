"""Files damaged at random, and what a server may not keep of them."""

from __future__ import annotations

import gc
import io
import os
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import strategies as st
from running import RunningServer
from speaking import pcm

__all__ = ["DAMAGES", "Damage", "archives", "leaving_nothing", "recordings"]

_FORMATS = (
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAVEX", "PCM_24"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
)
_SPOOLED_BYTES = 2**20
"""Of a form's file that stay in memory."""


@cache
def recordings() -> tuple[bytes, ...]:
    """A second of speech in the formats that are read."""
    speech = np.frombuffer(pcm("weather.wav"), "<i2")[4_000:20_000] / np.float32(32768)
    files = []
    for kind, subtype in _FORMATS:
        file = io.BytesIO()
        soundfile.write(file, speech, 16_000, format=kind, subtype=subtype)
        files.append(file.getvalue())
    return tuple(files)


@cache
def archives() -> tuple[bytes, ...]:
    """Zips of them: with a table and with a manifest, and one too large to be kept in memory."""
    names = [f"{number}.{kind.lower()[:3]}" for number, (kind, _) in enumerate(_FORMATS)]
    files = dict(zip(names, recordings(), strict=True))
    table = "".join(f"{name}\twill it rain\n" for name in names).encode()
    manifest = "".join(f"{name}\t1.0\t\twill it rain\n" for name in names)
    with_table = {**files, "trans.txt": table}
    return (
        _zipped(with_table, zipfile.ZIP_DEFLATED),
        _zipped(
            {**with_table, "noise.bin": np.random.default_rng(0).bytes(_SPOOLED_BYTES)},
            zipfile.ZIP_STORED,
        ),
        _zipped(
            {**files, "manifest.tsv": f"path\tseconds\tspeaker\ttext\n{manifest}".encode()},
            zipfile.ZIP_DEFLATED,
        ),
    )


def _zipped(files: dict[str, bytes], method: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


@dataclass(frozen=True)
class Damage:
    """To one of several files: places, how many bytes go there, and which come."""

    number: int
    changes: Sequence[tuple[int, int, bytes]]

    def done_to(self, files: Sequence[bytes]) -> bytes:
        """The file that it is done to, afterwards."""
        data = bytearray(files[self.number % len(files)])
        for place, gone, come in self.changes:
            at = place % (len(data) + 1)
            data[at : at + gone] = come
        return bytes(data)


_places = st.integers(0, 120) | st.integers(-120, -1) | st.integers(0, 2**20)
_changes = st.one_of(
    st.tuples(_places, st.binary(min_size=1, max_size=4)).map(
        lambda other: (other[0], len(other[1]), other[1])
    ),
    st.tuples(_places, st.integers(1, 2000), st.just(b"")),
    st.tuples(_places, st.just(0), st.binary(min_size=1, max_size=50)),
)
DAMAGES = st.builds(Damage, st.integers(0, 20), st.lists(_changes, min_size=1, max_size=5))
"""Bytes that are others, gone or too many, mostly near either end."""


@contextmanager
def leaving_nothing(server: RunningServer) -> Iterator[None]:
    """Afterwards no stream is open, no temporary file is there and no file or connection is open
    that was not before."""
    incoming = server.service.settings.data / "incoming"
    before = _handles(server)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", folder)
        yield
        deadline = time.monotonic() + 15
        while (left := _left(server, before, Path(folder), incoming)) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.05)
        assert not left


def _left(
    server: RunningServer, before: Counter[str], folder: Path, incoming: Path
) -> dict[str, object]:
    """What is left, by its kind."""
    gc.collect()
    found: dict[str, object] = {
        "streams": server.service.recognition.traffic(None).streams,
        "handles": dict(_handles(server) - before),
        "files": [path for place in (folder, incoming) for path in place.glob("*")],
    }
    return {kind: what for kind, what in found.items() if what}


def _handles(server: RunningServer) -> Counter[str]:
    """What this process has open, but for the database, whose connections are kept."""
    found: Counter[str] = Counter()
    database = str(server.service.settings.data.resolve() / "attune.db")
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:  # That of the folder itself.
            continue
        if not target.startswith(database):
            found[target.partition(":[")[0]] += 1
    return found
