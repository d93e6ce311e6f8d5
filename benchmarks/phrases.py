"""Phrase lists: word error on listed terms and on all other words, with 0 to 1,000 distractors.

    python benchmarks/phrases.py [--model BUNDLE] [--boosts 1,2,3] [--sets NAME ...] [--tune]

Each utterance comes with a list of its own: the rare words that are said in it (beyond the 5,000
most frequent of the language model; neighbouring ones as one phrase) and N distractors, rare words
and pairs that are not said. This is the protocol of Le et al., "Contextualized streaming
end-to-end speech recognition with trie-based deep biasing and shallow fusion", Interspeech 2021.
--tune works on the even utterances; without it the odd ones are reported. Decoding time is
compared with that of the same posteriors without phrases, the list's compilation counted apart.
Needs the corpus (ATTUNE_CORPUS, default ../shared/corpus).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import attune
from attune.audio import read_audio
from attune.data import Manifest
from attune.evaluate import Alignment, EditCounts, align_words, term_scores
from attune.language import NgramModel
from attune.text import normalize

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SETS = ("dev-librispeech", "dev-commonvoice1", "dev-speechocean")
COMMON = 5_000
RAREST = 60_000  # distractors are words that do occur
DISTRACTORS = (0, 100, 1000)


@dataclass(frozen=True)
class Heard:
    """An utterance: posteriors, what is said, and the terms among it."""

    posteriors: NDArray[np.float32]
    words: tuple[str, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """Errors on listed and other words, and seconds of decoding and of compiling lists."""

    listed: EditCounts
    others: EditCounts
    decoding: float
    compiling: float


def ranked_words(model: attune.Model) -> list[str]:
    """The language model's words, the most frequent first."""
    language = NgramModel.open(model.bundle.part_path("language_model"))
    order = np.argsort(-language.log_prob_of(1, np.arange(len(language.vocabulary))))
    words = language.vocabulary.words
    return [words[i] for i in order if not words[i].startswith("<")]


def terms_of(words: Sequence[str], common: set[str]) -> tuple[str, ...]:
    """Runs of rare words, each run one term."""
    runs: list[list[str]] = [[]]
    for word in words:
        if word in common:
            runs.append([])
        else:
            runs[-1].append(word)
    return tuple(dict.fromkeys(" ".join(run) for run in runs if run))


def hear(model: attune.Model, name: str, common: set[str], odd: bool, limit: int) -> list[Heard]:
    rows = list(Manifest(CORPUS / f"{name}.tsv"))[1 if odd else 0 :: 2][:limit]
    found = []
    for row in rows:
        words = tuple(normalize(row.text).split())
        found.append(Heard(model.posteriors(read_audio(row.path)), words, terms_of(words, common)))
    return found


def run(
    model: attune.Model,
    heard: Sequence[Heard],
    pool: Sequence[str],
    count: int | None,
    boost: float,
) -> Outcome:
    """Decode with lists of `count` distractors, or without lists (None)."""
    random = np.random.default_rng(1)
    options = replace(model.options, phrase_boost=boost)
    alignments: list[tuple[Alignment, tuple[str, ...]]] = []
    decoding = compiling = 0.0
    for item in heard:
        phrases: list[str] = []
        if count is not None:
            said = set(item.words)
            phrases = [*item.terms]
            while len(phrases) < len(item.terms) + count:
                words = random.choice(len(pool), 1 if random.random() < 0.6 else 2)
                phrase = [pool[i] for i in words]
                if not said.intersection(phrase):
                    phrases.append(" ".join(phrase))
        began = time.perf_counter()
        decoder = model.decode(item.posteriors[:0], phrases=phrases, options=options)
        compiled = time.perf_counter()
        decoder.advance(item.posteriors)
        found = decoder.best(final=True)
        decoding += time.perf_counter() - compiled
        compiling += compiled - began
        hypothesis = [word.text for word in found.words]
        alignments.append((align_words(item.words, hypothesis), item.terms))
    listed, others = EditCounts(), EditCounts()
    for alignment, terms in alignments:
        scores = term_scores([alignment], terms)
        listed, others = listed + scores.listed, others + scores.others
    return Outcome(listed, others, decoding, compiling)


def error_rate(counts: EditCounts) -> float:
    return counts.errors / max(1, counts.words)


def row(name: str, outcome: Outcome, plain: Outcome, utterances: int) -> dict[str, Any]:
    others = error_rate(outcome.others)
    return {
        "list": name,
        "listed": round(error_rate(outcome.listed), 4),
        "others": round(others, 4),
        "listed_relative": round(outcome.listed.errors / max(1, plain.listed.errors) - 1, 3),
        "others_points": round(100 * (others - error_rate(plain.others)), 2),
        "decoding_ratio": round(outcome.decoding / plain.decoding, 3),
        "compiling_ms": round(1000 * outcome.compiling / utterances, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--boosts", help="comma-separated; default: the bundle's own")
    parser.add_argument("--distractors", default=",".join(map(str, DISTRACTORS)))
    parser.add_argument("--tune", action="store_true", help="on the even utterances")
    parser.add_argument("--limit", type=int, default=100_000, help="utterances a set at most")
    arguments = parser.parse_args()
    model = attune.load(arguments.model)
    ranked = ranked_words(model)
    common, pool = set(ranked[:COMMON]), ranked[COMMON:RAREST]
    boosts = [float(b) for b in (arguments.boosts or str(model.options.phrase_boost)).split(",")]
    for name in arguments.sets:
        heard = hear(model, name, common, not arguments.tune, arguments.limit)
        plain = run(model, heard, pool, None, 0.0)
        listed = plain.listed
        print(
            json.dumps(
                {
                    "set": name,
                    "utterances": len(heard),
                    "listed_words": listed.words,
                    "other_words": plain.others.words,
                    **row("none", plain, plain, len(heard)),
                }
            ),
            flush=True,
        )
        for boost in boosts:
            for count in map(int, arguments.distractors.split(",")):
                outcome = run(model, heard, pool, count, boost)
                shown = {"boost": boost, **row(f"{count} distractors", outcome, plain, len(heard))}
                print(json.dumps({"set": name, **shown}), flush=True)


if __name__ == "__main__":
    main()
