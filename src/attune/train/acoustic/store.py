"""Decoded audio of a manifest in one file: decoding happens once, not in every epoch.

The file lies in the run's work folder and is keyed by the manifest's rows, so an edited manifest
makes a new one. 13 hours take 1.5 GB.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.audio import read_audio
from attune.data import Utterance
from attune.errors import InputError

__all__ = ["AudioStore", "build_store"]


@dataclass(frozen=True)
class AudioStore:
    """Samples of utterance i: int16 `samples[offsets[i]:offsets[i + 1]]`.

    `failures` names the rows whose audio could not be read; they have no samples.
    """

    path: Path
    offsets: NDArray[np.int64]
    failures: tuple[str, ...]

    def read(self, index: int) -> NDArray[np.float32]:
        """Samples of one utterance: float32 [samples] in [-1, 1]."""
        start, end = int(self.offsets[index]), int(self.offsets[index + 1])
        with self.path.open("rb") as file:
            file.seek(2 * start)
            raw = np.frombuffer(file.read(2 * (end - start)), np.int16)
        return raw.astype(np.float32) / np.float32(32768.0)

    def seconds(self, index: int) -> float:
        """Length of one utterance."""
        return float(self.offsets[index + 1] - self.offsets[index]) / SAMPLE_RATE


def build_store(
    utterances: Sequence[Utterance],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> AudioStore:
    """Decode all utterances, or reuse what an earlier run decoded.

    An unreadable recording becomes a failure and an empty entry. Raises InputError if every one
    fails.
    """
    rows = [[str(u.path), u.seconds] for u in utterances]
    key = hashlib.sha256(json.dumps([SAMPLE_RATE, rows]).encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    data, index = folder / f"audio-{key}.s16", folder / f"audio-{key}.json"
    if data.exists() and index.exists():
        saved = json.loads(index.read_text("utf-8"))
        return AudioStore(data, np.array(saved["offsets"], np.int64), tuple(saved["failures"]))
    offsets, failures = [0], []
    partial = data.with_suffix(f".{os.getpid()}")
    with partial.open("wb") as file:
        for done, utterance in enumerate(utterances):
            try:
                samples = read_audio(utterance.path, sample_rate=SAMPLE_RATE)
            except InputError as error:
                failures.append(str(error))
                samples = np.zeros(0, np.float32)
            # Rounded like any 16-bit recorder; clipping beats wrapping around.
            file.write(np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16).tobytes())
            offsets.append(offsets[-1] + len(samples))
            progress(done + 1, len(utterances))
    if utterances and len(failures) == len(utterances):
        partial.unlink()
        raise InputError(f"no recording of the manifest could be read; the first: {failures[0]}")
    os.replace(partial, data)
    partial_index = index.with_suffix(f".{os.getpid()}")
    partial_index.write_text(json.dumps({"offsets": offsets, "failures": failures}), "utf-8")
    os.replace(partial_index, index)
    return AudioStore(data, np.array(offsets, np.int64), tuple(failures))
