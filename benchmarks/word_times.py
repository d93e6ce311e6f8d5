"""Word times of a bundle against PocketSphinx's forced alignment of the transcripts.

    python benchmarks/word_times.py [--model BUNDLE] [--limit N] [--fit]

Words that were recognised are compared with the aligner's, which knows the transcript and another
acoustic model. --fit finds the constant shifts of starts and ends that a bundle's calibration
should have, on every second word, and reports on the others. Needs the corpus (ATTUNE_CORPUS,
default ../shared/corpus) and the `dev` extra.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import attune
from attune.audio import read_audio
from attune.data import Manifest
from attune.evaluate import Edit, align_words
from attune.text import normalize

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SETS = ("dev-librispeech", "dev-commonvoice1", "dev-an4", "dev-speechocean")

Times = list[tuple[str, float, float]]


def aligner() -> Any:
    """PocketSphinx with its own lexicon."""
    from pocketsphinx import Decoder

    return Decoder(lm=None, bestpath=False, loglevel="FATAL", samprate=16000)


def aligned(decoder: Any, samples: np.ndarray, words: list[str]) -> Times:
    """Words with start and end in seconds; none if the aligner cannot."""
    if not words or any(decoder.lookup_word(word) is None for word in words):
        return []
    pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16).tobytes()
    try:
        decoder.set_align_text(" ".join(words))
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
    except RuntimeError:
        return []
    segments = [s for s in decoder.seg() or () if not s.word.startswith(("<", "["))]
    if len(segments) != len(words):
        return []
    return [
        (word, s.start_frame / 100, (s.end_frame + 1) / 100)
        for word, s in zip(words, segments, strict=True)
    ]


def differences(model: attune.Model, decoder: Any, path: Path, limit: int) -> np.ndarray:
    """Ours minus the aligner's, float64 [word, 2] for starts and ends of words both have."""
    rows = list(Manifest(path))
    found = []
    for row in rows[:: max(1, len(rows) // limit)]:
        samples = read_audio(row.path)
        reference = aligned(decoder, samples, normalize(row.text).split())
        if not reference:
            continue
        ours = model.transcribe(samples).words
        columns = align_words([w for w, _, _ in reference], [w.text for w in ours])
        theirs, own = iter(reference), iter(ours)
        for column in columns:
            expected = next(theirs) if column.reference is not None else None
            got = next(own) if column.hypothesis is not None else None
            if expected and got and column.edit is Edit.CORRECT:
                found.append((got.start - expected[1], got.end - expected[2]))
    return np.array(found, np.float64).reshape(-1, 2)


def main() -> int:
    """Print mean and median absolute differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--limit", type=int, default=60, help="about so many utterances a set")
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    if not CORPUS.is_dir():
        print(f"{CORPUS} is absent: set ATTUNE_CORPUS to the corpus folder", file=sys.stderr)
        return 2
    model, decoder = attune.load(arguments.model), aligner()
    print("| set | words | mean error of starts | of ends | median of both |")
    print("|---|---|---|---|---|", flush=True)
    every = []
    for name in SETS:
        found = differences(model, decoder, CORPUS / f"{name}.tsv", arguments.limit)
        every.append(found)
        size = np.abs(found)
        start, end = 1000 * size.mean(0)
        print(
            f"| {name} | {len(found)} | {start:.0f} ms | {end:.0f} ms "
            f"| {1000 * np.median(size):.0f} ms |",
            flush=True,
        )
    if arguments.fit:
        shift = -np.median(np.concatenate([e[::2] for e in every]), axis=0)
        rest = np.abs(np.concatenate([e[1::2] for e in every]) + shift)
        print(
            json.dumps(
                {
                    "start_shift": round(float(shift[0]), 3),
                    "end_shift": round(float(shift[1]), 3),
                    "mean_error_of_others": [round(float(x), 4) for x in rest.mean(0)],
                }
            )
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
