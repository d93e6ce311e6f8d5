"""A small made-up language and posteriors of someone speaking it, clearly or not."""

from __future__ import annotations

import numpy as np
from decoding_reference import ReferenceModel

from attune.decode import DecoderGraph, PronunciationTable

SYMBOLS = 8
LEXICON = {
    "one": [(1, 2)],
    "two": [(3, 4)],
    "to": [(3, 4)],
    "three": [(5, 6, 7)],
    "tree": [(3, 6, 7)],
    "onto": [(1, 6, 3, 4)],
    "seven": [(2, 4, 2, 4), (2, 4)],
    "ten": [(7, 7, 1)],
}
WORDS = list(LEXICON)


def table() -> PronunciationTable:
    """The pronunciations of LEXICON; second ones have a prior of a half."""
    return PronunciationTable.build(
        (index, phones, -0.6931 * place)
        for index, word in enumerate(WORDS)
        for place, phones in enumerate(LEXICON[word])
    )


def model() -> ReferenceModel:
    """A bigram model in which `two` follows `one`, and `to` follows `three`."""
    ngrams = {("<unk>",): (-3.0, 0.0), ("<s>",): (-9.0, -0.3), ("</s>",): (-1.0, 0.0)}
    ngrams |= {(word,): (-0.9, -0.2) for word in WORDS}
    ngrams |= {("one", "two"): (-0.1, 0.0), ("three", "to"): (-0.1, 0.0)}
    ngrams |= {("<s>", "one"): (-0.3, 0.0), ("two", "three"): (-0.3, 0.0)}
    return ReferenceModel(2, ngrams)


def graph() -> DecoderGraph:
    """Without a language model."""
    return DecoderGraph(WORDS, table(), symbols=SYMBOLS)


def speak(words: str, *, noise: float = 0.0, seed: int = 0, pause: int = 1) -> np.ndarray:
    """Log posteriors, float32 [frame, symbol]: each phone one frame, then `pause` blanks."""
    symbols = [0]
    for word in words.split():
        for phone in LEXICON[word][0]:
            symbols += [phone, *[0] * pause]
    random = np.random.default_rng(seed)
    logits = random.normal(0.0, noise, (len(symbols), SYMBOLS))
    logits[np.arange(len(symbols)), symbols] += 8.0
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
