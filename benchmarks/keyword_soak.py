"""A day of audio through one spotter, as fast as it goes: memory has to stay where it is.

    python benchmarks/keyword_soak.py hey.attune [--hours 24] [--manifest MANIFEST.tsv]

The recordings of the manifest are heard again and again, each at another level and with a pause
behind it, in blocks of 80 ms. Every hour heard: detections, processor seconds as a share of the
audio, and memory held (Linux: from /proc).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.data import Manifest
from attune.keyword import load_keyword

BLOCK = 1280


def main() -> None:
    """Run the soak."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--manifest", type=Path, default=Path("../shared/corpus/dev-an4.tsv"))
    arguments = parser.parse_args()
    spotter = load_keyword(arguments.bundle).spotter()
    detections, told, began, first = 0, 1, time.process_time(), 0.0
    for block in sound(arguments.manifest):
        detections += len(spotter.accept(block))
        if spotter.seconds < 3600 * told:
            continue
        used = time.process_time() - began
        first = first or megabytes()
        print(
            f"{told} h: {detections} detections, {used / spotter.seconds:.2%} of a core, "
            f"{megabytes():.1f} MB ({megabytes() - first:+.1f} since the first hour)",
            flush=True,
        )
        told += 1
        if told > arguments.hours:
            break


def sound(manifest: Path) -> Iterator[NDArray[np.float32]]:
    """Blocks without end."""
    recordings = [read_audio(row.path) for row in Manifest(manifest)]
    random = np.random.default_rng(0)
    while True:
        for place in random.permutation(len(recordings)):
            level = np.float32(random.uniform(0.05, 1.0))
            pause = np.zeros(int(random.integers(0, 48000)), np.float32)
            whole = np.concatenate([level * recordings[place], pause])
            yield from (whole[i : i + BLOCK] for i in range(0, len(whole), BLOCK))


def megabytes() -> float:
    """Memory that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main()
