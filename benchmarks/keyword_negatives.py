"""Hours of synthesised speech without any keyword, for counting false accepts.

    nice -n 19 python benchmarks/keyword_negatives.py [--hours 9] [--out exp/keyword/negatives]
    nice -n 19 python benchmarks/keyword_negatives.py --fast [--hours 12]

Lines of the corpus text, half of them books and half spoken language, by every voice at hand:
mostly the few recorded speakers of flite and Festival, some of espeak-ng's many timbres. --fast
takes other lines and the voices that cost little, nearly all of them espeak-ng's, for another ten
hours in a quarter of an hour (exp/keyword/negatives-fast). Stopped and run again it goes on where
it was. One line in sixteen, chosen by its hash, is for measuring; of these the lines that hold a
keyword, or a word that sounds like one, are left out, and those that the recogniser was trained on
(exp/synthetic/manifest.tsv, by recipes/en-us/synthesize.py). Needs the corpus (ATTUNE_CORPUS,
default ../shared/corpus).
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import os
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np

from attune.data import Manifest
from attune.text import normalize
from attune.train.synthesis import (
    CorpusProgress,
    Variation,
    available_voices,
    is_fast,
    synthesize_corpus,
)

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
WORDS = (8, 40)
LINES = 10_000  # of each text, first for all voices, then for the fast ones
SHARE = 16
ENGINE_WEIGHTS = {"flite": 4.0, "festival": 1.0, "espeak": 3.0}
FAST_WEIGHTS = {"flite": 1.0, "espeak": 3.0}
# The keywords of the corpus and what sounds like them.
KEYWORDS = frozenset(
    {
        *("go", "no", "know", "off", "on", "left", "right", "write", "wright", "rite", "stop"),
        *("up", "down", "yes", "athena", "amelia", "savant", "savants", "chatterbox"),
    }
)


def is_for_measuring(line: str) -> bool:
    """Whether a line of text is reserved for measuring: one in sixteen is, by its MD5."""
    return hashlib.md5(line.strip().encode("utf-8")).digest()[0] % SHARE == 7


def holds_keyword(text: str) -> bool:
    """Whether a keyword, or its possessive, is among the words of normalised text."""
    return any(word.removesuffix("'s") in KEYWORDS for word in text.split())


def prompts(name: str, first: int) -> Iterator[str]:
    """Usable lines of one text, normalised, in a random order that is always the same, from the
    `first` on."""
    with lzma.open(CORPUS / "text" / f"{name}.txt.xz", "rt", encoding="utf-8") as lines:
        reserved = [
            line
            for line in lines
            if WORDS[0] <= len(line.split()) <= WORDS[1] and is_for_measuring(line)
        ]
    trained = Path("exp/synthetic/manifest.tsv")
    known = {row.text for row in Manifest(trained)} if trained.exists() else set()
    found = 0
    for index in np.random.default_rng(11).permutation(len(reserved)):
        text = normalize(reserved[index])
        if not text or text in known or holds_keyword(text):
            continue
        found += 1
        if found > first + LINES:
            return
        if found > first:
            yield text


def show(progress: CorpusProgress) -> None:
    if progress.utterances % 500 == 0:
        print(f"{progress.utterances} utterances, {progress.seconds / 3600:.2f} h", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--hours", type=float)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    fast = arguments.fast
    first = LINES if fast else 0
    both = zip_longest(prompts("spoken", first), prompts("books", first))
    voices = available_voices()
    corpus = synthesize_corpus(
        (text for pair in both for text in pair if text),
        [voice for voice in voices if is_fast(voice)] if fast else voices,
        arguments.out or Path("exp/keyword/negatives-fast" if fast else "exp/keyword/negatives"),
        seed=12 if fast else 11,
        hours=arguments.hours or (12.0 if fast else 9.0),
        variation=Variation(engine_weights=FAST_WEIGHTS if fast else ENGINE_WEIGHTS),
        audio_format="flac",
        workers=arguments.workers,
        progress=show,
    )
    print(f"{corpus.manifest}: {corpus.utterances} utterances, {corpus.seconds / 3600:.2f} h")


if __name__ == "__main__":
    main()
