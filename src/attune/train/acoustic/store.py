"""Decoded audio, a file for each manifest: decoding happens once, not in every epoch.

The files lie in the run's work folder and are keyed by the manifest's rows, so an edited manifest
makes a new one. 13 hours take 1.5 GB.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.audio import read_audio
from attune.data import Utterance
from attune.errors import InputError

__all__ = ["AudioStore", "build_store", "join_stores"]

_TOGETHER = 256  # recordings decoded at once, which bounds the memory they take


@dataclass(frozen=True)
class AudioStore:
    """Decoded utterances: int16 samples, in file `paths[files[i]]` from sample `starts[i]`.

    `files`, `starts` and `lengths` are int64 [utterance]. `failures` names the rows whose audio
    could not be read; they have no samples.
    """

    paths: tuple[Path, ...]
    files: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    failures: tuple[str, ...]

    def read(self, index: int) -> NDArray[np.float32]:
        """Samples of one utterance: float32 [samples] in [-1, 1]."""
        with self.paths[int(self.files[index])].open("rb") as file:
            file.seek(2 * int(self.starts[index]))
            raw = np.frombuffer(file.read(2 * int(self.lengths[index])), np.int16)
        return raw.astype(np.float32) / np.float32(32768.0)

    def seconds(self, index: int) -> float:
        """Length of one utterance."""
        return float(self.lengths[index]) / SAMPLE_RATE


def join_stores(stores: Sequence[AudioStore]) -> AudioStore:
    """Several manifests' recordings one after the other."""
    first = np.cumsum([0, *(len(store.paths) for store in stores)])
    return AudioStore(
        tuple(path for store in stores for path in store.paths),
        np.concatenate([store.files + n for store, n in zip(stores, first, strict=False)]),
        np.concatenate([store.starts for store in stores]),
        np.concatenate([store.lengths for store in stores]),
        tuple(failure for store in stores for failure in store.failures),
    )


def _store(path: Path, offsets: Sequence[int], failures: Sequence[str]) -> AudioStore:
    bounds = np.array(offsets, np.int64)
    none = np.zeros(len(bounds) - 1, np.int64)
    return AudioStore((path,), none, bounds[:-1], np.diff(bounds), tuple(failures))


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
        return _store(data, saved["offsets"], saved["failures"])
    offsets, failures = [0], []
    partial = data.with_suffix(f".{os.getpid()}")
    with partial.open("wb") as file, ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(utterances), _TOGETHER):
            part = utterances[start : start + _TOGETHER]
            for samples, failure in pool.map(_decode, part):
                if failure:
                    failures.append(failure)
                file.write(samples.tobytes())
                offsets.append(offsets[-1] + len(samples))
            progress(len(offsets) - 1, len(utterances))
    if utterances and len(failures) == len(utterances):
        partial.unlink()
        raise InputError(f"no recording of the manifest could be read; the first: {failures[0]}")
    os.replace(partial, data)
    partial_index = index.with_suffix(f".{os.getpid()}")
    partial_index.write_text(json.dumps({"offsets": offsets, "failures": failures}), "utf-8")
    os.replace(partial_index, index)
    return _store(data, offsets, failures)


def _decode(utterance: Utterance) -> tuple[NDArray[np.int16], str]:
    """Samples int16 [samples], or none and why."""
    try:
        samples = read_audio(utterance.path, sample_rate=SAMPLE_RATE)
    except InputError as error:
        return np.zeros(0, np.int16), str(error)
    # Rounded like any 16-bit recorder; clipping beats wrapping around.
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16), ""
