"""Networks of pieces have thousands of symbols: nothing may depend on which numbers they have."""

from __future__ import annotations

import numpy as np
import pytest
from spoken_posteriors import LEXICON, SYMBOLS, WORDS, speak, table

from attune.decode import Decoder, DecoderGraph, DecoderOptions, PronunciationTable, align, greedy

MANY = 3000
SPREAD = np.array([0, 1, 255, 256, 257, 511, 1024, 2999])
"""Symbol of the small network -> symbol of the large one."""


def spread(log_probs: np.ndarray) -> np.ndarray:
    """The same posteriors in the large network, whose other symbols are very unlikely."""
    wide = np.full((len(log_probs), MANY), -1e3, np.float32)
    wide[:, SPREAD] = log_probs
    return wide


def wide_graph() -> DecoderGraph:
    small = table()
    codes = SPREAD[small.phones]
    wide = PronunciationTable(codes, small.offsets, small.words, small.log_priors)
    return DecoderGraph(WORDS, wide, symbols=MANY)


@pytest.mark.parametrize("noise", [0.0, 3.0, 5.0])
@pytest.mark.parametrize("words", ["one two three", "ten seven onto to", "tree"])
def test_numbers_of_symbols_do_not_matter(words: str, noise: float) -> None:
    assert len(SPREAD) == SYMBOLS
    frames = speak(words, noise=noise)
    small = Decoder(DecoderGraph(WORDS, table(), symbols=SYMBOLS))
    large = Decoder(wide_graph())
    small.advance(frames)
    large.advance(spread(frames))
    assert small.n_best(5) == large.n_best(5)


def test_every_word_of_a_large_lexicon_is_found() -> None:
    # More than 256 children of the root: they are sorted by both bytes of their symbol.
    random = np.random.default_rng(3)
    spelled = {tuple(random.integers(1, MANY, random.integers(1, 4)).tolist()) for _ in range(4000)}
    entries = [(number, codes, 0.0) for number, codes in enumerate(sorted(spelled))]
    graph = DecoderGraph(
        [f"w{number}" for number, _, _ in entries],
        PronunciationTable.build(entries),
        symbols=MANY,
    )
    decoder = Decoder(graph, DecoderOptions(beam=30.0, word_beam=30.0, word_score=-1.0))
    for number, codes, _ in entries[::97]:
        rows = [symbol for code in codes for symbol in (code, 0)]
        frames = np.full((len(rows), MANY), -20.0, np.float32)
        frames[np.arange(len(rows)), rows] = 0.0
        decoder.reset()
        decoder.advance(frames)
        assert decoder.best(final=True).text == f"w{number}"


def test_alignment_with_many_symbols() -> None:
    frames = spread(speak("one three"))
    codes = [[SPREAD[list(LEXICON[word][0])].tolist()] for word in ("one", "three")]
    found = align(frames, codes)
    heard = [phone.phone for word in found.words for phone in word.phones]
    assert heard == greedy(frames).tolist()


def test_silent_symbols_count_as_blank() -> None:
    frames = speak("one three", noise=2.0)
    # The blank's probability is divided between the blank and two marks of punctuation.
    parts = np.log(np.array([0.2, 0.5, 0.3], np.float32))
    wide = np.concatenate([frames[:, :1] + parts[0], frames[:, 1:], frames[:, :1] + parts[1:]], 1)
    graph = DecoderGraph(WORDS, table(), symbols=SYMBOLS + 2, silent=[SYMBOLS, SYMBOLS + 1])
    plain, folded = Decoder(DecoderGraph(WORDS, table(), symbols=SYMBOLS)), Decoder(graph)
    plain.advance(frames)
    folded.advance(wide)
    assert folded.best(final=True).text == "one three"
    assert [h.text for h in folded.n_best(5)] == [h.text for h in plain.n_best(5)]
    assert folded.n_best(1)[0].score == pytest.approx(plain.n_best(1)[0].score, abs=1e-3)
