"""The decoder's language model scores are those of attune.language for the same file."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from spoken_posteriors import SYMBOLS, WORDS, model, speak, table

from attune.decode import Decoder, DecoderGraph
from attune.language import NgramModel, count_ngrams, encode_text, estimate, write_trie_file


@pytest.fixture(scope="module")
def estimated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trigram model estimated from random sentences, quantised and written by the product."""
    random = np.random.default_rng(1)
    known = [word for word in WORDS if word != "tree"]
    sentences = [" ".join(random.choice(known, random.integers(1, 9))) for _ in range(400)]
    path: Path = tmp_path_factory.mktemp("model") / "estimated.ngram"
    write_trie_file(estimate(count_ngrams(encode_text(sentences), 3)).model, path)
    return path


@pytest.mark.parametrize("sentence", ["one two three", "ten tree seven two", "seven"])
def test_scores_agree(estimated: Path, sentence: str) -> None:
    graph = DecoderGraph(WORDS, table(), estimated, symbols=SYMBOLS)
    decoder = Decoder(graph)
    decoder.advance(speak(sentence))
    scored = NgramModel.open(estimated)
    found = decoder.n_best(20)
    assert len(found) > 5
    for item in found:
        # log10 inside the model, natural logarithms in the decoder.
        assert item.language_score / math.log(10) == pytest.approx(
            scored.score(item.text), abs=1e-4
        )


def test_the_reference_writer_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "model.ngram"
    model().write(path)
    read = NgramModel.open(path)
    for words in (("one", "two"), ("three", "to", "unheard"), ("ten",)):
        expected = sum(model().sentence(words)) / math.log(10)
        assert read.score(" ".join(words)) == pytest.approx(expected, abs=1e-5)
