"""How long after a keyword ends it is told.

    python benchmarks/keyword_latency.py KEYWORDS [--block 320] [--sensitivity 0.5]

KEYWORDS is a keyword bundle (benchmarks/keyword_models.py makes one of all fourteen keywords). Each
recording of one of its phrases in keyword-mycroft that is quiet around the speech is heard between
two seconds of faint noise, in blocks of so many samples, as a microphone gives them. The keyword
ends with the last 10 ms whose level is within 30 dB of the loudest and 10 dB above the noise. Only
recordings in which it is told once count. Needs the corpus (ATTUNE_CORPUS, default
../shared/corpus).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import keyword_sets as sets
import numpy as np
from numpy.typing import NDArray

import attune
from attune.audio import read_audio
from attune.data import Manifest

RATE = 16_000
FRAME = RATE // 100
QUIET = 25.0  # decibels that the loudest frames are above the softest
LOUDEST, ABOVE_NOISE = 30.0, 10.0

Floats = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keywords", type=Path)
    parser.add_argument("--block", type=int, default=320)
    parser.add_argument("--sensitivity", type=float)
    arguments = parser.parse_args()
    model = attune.load_keyword(arguments.keywords)
    late: dict[str, list[float]] = {phrase.text: [] for phrase in model.phrases}
    for row in Manifest(sets.CORPUS / "keyword-mycroft.tsv"):
        samples = read_audio(row.path)
        ended = end_of_speech(samples)
        if row.text not in late or ended is None:
            continue
        spotter = model.spotter(sensitivity=arguments.sensitivity)
        told = []
        whole = sets.between_noise(samples)
        for first in range(0, len(whole), arguments.block):
            told += spotter.accept(whole[first : first + arguments.block])
        told = [one for one in told if one.keyword == row.text]
        if len(told) == 1:
            late[row.text].append(told[0].time - 2.0 - ended)
    print("| phrase | recordings | median | 90 % within |\n|---|---|---|---|")
    for text, times in [*late.items(), ("all", [t for every in late.values() for t in every])]:
        if times:
            median, most = np.percentile(times, [50, 90])
            print(f"| {text} | {len(times)} | {1000 * median:.0f} ms | {1000 * most:.0f} ms |")


def end_of_speech(samples: Floats) -> float | None:
    """Seconds; None where the recording is too noisy, or speech goes on to its end."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    level = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-10)
    softest, loudest = np.percentile(level, [10, 99])
    if loudest - softest < QUIET:
        return None
    spoken = np.flatnonzero(level > max(loudest - LOUDEST, softest + ABOVE_NOISE))
    if spoken[-1] >= len(level) - 2:
        return None
    return float((spoken[-1] + 1) * FRAME / RATE)


if __name__ == "__main__":
    main()
