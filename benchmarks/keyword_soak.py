"""What one spotter costs: its share of a core, and its memory over a day of audio.

    python benchmarks/keyword_soak.py hey.attune [--hours 24] [--manifest MANIFEST.tsv]

First the share: ten minutes of the manifest's recordings, one after the other, in blocks of 80 ms,
`--runs` times. It is the processor time of the process (what else runs on the machine is not in it,
though it slows the processor's caches: the lowest run is the figure), less that of the same loop
without a spotter, over the length of the audio.

Then the soak, as fast as it goes: the recordings are heard again and again in another order, each
at another level and with a pause behind it. Every hour heard: detections, share of a core, and
memory held (Linux: from /proc), which has to stay where it is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.data import Manifest
from attune.keyword import KeywordModel, load_keyword

RATE = 16_000
MEASURED_SECONDS = 600


def main() -> None:
    """Measure the share, then run the soak."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--hours", type=float, default=24.0, help="of the soak; 0: none")
    parser.add_argument("--runs", type=int, default=5, help="in which the share is measured")
    parser.add_argument("--block", type=int, default=80, help="milliseconds heard at a time")
    parser.add_argument("--manifest", type=Path, default=Path("../shared/corpus/dev-an4.tsv"))
    arguments = parser.parse_args()
    model = load_keyword(arguments.bundle)
    recordings = [read_audio(row.path) for row in Manifest(arguments.manifest)]
    block = RATE * arguments.block // 1000
    shares = [share_of_a_core(model, recordings, block) for _ in range(arguments.runs)]
    if shares:
        print(
            f"{len(model.phrases)} keywords, blocks of {arguments.block} ms: "
            f"{min(shares):.2%} of a core (median of {len(shares)} runs {median(shares):.2%}, "
            f"highest {max(shares):.2%})",
            flush=True,
        )
    soak(model, recordings, block, arguments.hours)


def share_of_a_core(
    model: KeywordModel, recordings: list[NDArray[np.float32]], block: int
) -> float:
    """Processor time of hearing `MEASURED_SECONDS` of the recordings, over their length."""
    audio = np.resize(np.concatenate(recordings), MEASURED_SECONDS * RATE)
    spotter = model.spotter()
    begun = time.process_time()
    for first in range(0, len(audio), block):
        spotter.accept(audio[first : first + block])
    heard = time.process_time()
    for first in range(0, len(audio), block):
        audio[first : first + block].any()
    return (2 * heard - begun - time.process_time()) / MEASURED_SECONDS


def soak(
    model: KeywordModel, recordings: list[NDArray[np.float32]], block: int, hours: float
) -> None:
    """Hear so many hours through one spotter, and tell of each."""
    spotter = model.spotter()
    detections, told, begun, first = 0, 1, time.process_time(), 0.0
    for piece in sound(recordings, block):
        if told > hours:
            return
        detections += len(spotter.accept(piece))
        if spotter.seconds < 3600 * told:
            continue
        used = time.process_time() - begun
        first = first or megabytes()
        print(
            f"{told} h: {detections} detections, {used / spotter.seconds:.2%} of a core, "
            f"{megabytes():.1f} MB ({megabytes() - first:+.1f} since the first hour)",
            flush=True,
        )
        told += 1


def sound(recordings: list[NDArray[np.float32]], block: int) -> Iterator[NDArray[np.float32]]:
    """Blocks without end."""
    random = np.random.default_rng(0)
    while True:
        for place in random.permutation(len(recordings)):
            level = np.float32(random.uniform(0.05, 1.0))
            pause = np.zeros(int(random.integers(0, 48000)), np.float32)
            whole = np.concatenate([level * recordings[place], pause])
            yield from (whole[i : i + block] for i in range(0, len(whole), block))


def megabytes() -> float:
    """Memory that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main()
