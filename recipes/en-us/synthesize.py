"""Stage: synthesised speech beside the real recordings.

    python recipes/en-us/synthesize.py [--fast] [--hours 0.68] [--out exp/synthetic]

Sentences of the spoken text that the training lexicon can pronounce, by every voice at hand: mostly
the few recorded speakers of flite and Festival, some of espeak-ng's many timbres. --fast takes
other sentences and the voices that cost little. Reads exp/lexicon.tsv and the corpus
(ATTUNE_CORPUS, default ../shared/corpus); stopped and run again it goes on where it was.
"""

from __future__ import annotations

import argparse
import lzma
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from attune.lexicon import Lexicon
from attune.text import normalize
from attune.train.synthesis import Variation, available_voices, is_fast, synthesize_corpus

_ROOT = Path(__file__).resolve().parents[2]
_CORPUS = Path(os.environ.get("ATTUNE_CORPUS", _ROOT.parent / "shared" / "corpus"))
_WORK = _ROOT / "exp"
_WORDS = (4, 24)
_CANDIDATES = 20_000
_ENGINE_WEIGHTS = {"flite": 4.0, "festival": 2.0, "espeak": 2.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--hours", type=float, default=0.68)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=_WORK / "synthetic")
    arguments = parser.parse_args()
    fast, voices = arguments.fast, available_voices()
    corpus = synthesize_corpus(
        prompts(Lexicon.read(_WORK / "lexicon.tsv"), 8 if fast else 7),
        [voice for voice in voices if is_fast(voice)] if fast else voices,
        arguments.out,
        seed=8 if fast else 7,
        hours=arguments.hours,
        variation=Variation(engine_weights=_ENGINE_WEIGHTS),
        audio_format="opus",
        workers=arguments.workers,
    )
    print(f"{corpus.manifest}: {corpus.utterances} utterances, {corpus.seconds / 3600:.2f} h")


def prompts(lexicon: Lexicon, seed: int) -> Iterator[str]:
    """Sentences of usable length in which every word has a pronunciation, in a random order."""
    with lzma.open(_CORPUS / "text" / "spoken.txt.xz", "rt", encoding="utf-8") as lines:
        every = [line for line in lines if _WORDS[0] <= len(line.split()) <= _WORDS[1]]
    order = np.random.default_rng(seed).permutation(len(every))[:_CANDIDATES]
    for index in order:
        text = normalize(every[index])
        if text and all(lexicon.pronunciations(word) for word in text.split()):
            yield text


if __name__ == "__main__":
    main()
