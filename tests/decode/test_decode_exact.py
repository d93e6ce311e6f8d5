"""Without pruning the decoder must find exactly what enumeration finds."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from decoding_reference import Ngrams, ReferenceDecoder, ReferenceModel
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.decode import Bias, Decoder, DecoderGraph, DecoderOptions, Phrase, PronunciationTable
from attune.lexicon import PHONES, Pronunciation

SYMBOLS = 4
WORDS = ["a", "b", "cab", "d"]
EXACT = {
    "beam": math.inf,
    "word_beam": math.inf,
    "max_active": 1_000_000,
    "blank_skip": 1.0,
    "max_alternates": 4000,
    "lattice_beam": math.inf,
    "unfinished_penalty": math.inf,
}

# Steps of 1/64 are exact in float32, so that ties are ties on both sides.
log_prob = st.integers(-400, 0).map(lambda n: n / 64)


@st.composite
def posteriors(draw: st.DrawFn, longest: int = 5) -> np.ndarray:
    frames = draw(st.integers(0, longest))
    rows = draw(st.lists(st.tuples(*[log_prob] * SYMBOLS), min_size=frames, max_size=frames))
    return np.array(rows, np.float32).reshape(frames, SYMBOLS)


phones = st.lists(st.integers(1, SYMBOLS - 1), min_size=1, max_size=3).map(tuple)


@st.composite
def lexicons(draw: st.DrawFn) -> list[tuple[int, tuple[int, ...], float]]:
    entries = draw(
        st.lists(
            st.tuples(st.integers(0, len(WORDS) - 1), phones, log_prob),
            max_size=6,
            unique_by=lambda entry: entry[:2],
        )
    )
    return entries


@st.composite
def models(draw: st.DrawFn) -> ReferenceModel:
    """Any n-grams at all; `d` is sometimes not in the vocabulary."""
    known = WORDS if draw(st.booleans()) else WORDS[:-1]
    order = draw(st.integers(1, 4))
    value, backoff = st.integers(-200, -1), st.integers(-60, 30)
    ngrams: Ngrams = {}

    def put(words: tuple[str, ...]) -> None:
        ngrams[words] = (draw(value) / 64, draw(backoff) / 64)

    for word in ("<unk>", "<s>", "</s>", *known):
        put((word,))
    # Code books hold 256 values, and these models stay below that by their size.
    contexts = [(word,) for word in ("<unk>", "<s>", *known)]
    for _ in range(2, order + 1):
        level = []
        for context in contexts:
            followers = draw(st.sets(st.sampled_from(["<unk>", "</s>", *known]), max_size=2))
            for word in sorted(followers):
                put((*context, word))
                if word != "</s>":
                    level.append((*context, word))
        contexts = level[:12]
    return ReferenceModel(order, ngrams)


def graph_of(
    lexicon: list[tuple[int, tuple[int, ...], float]],
    model: ReferenceModel | None = None,
    folder: Path | None = None,
) -> DecoderGraph:
    path = None
    if model is not None and folder is not None:
        path = folder / "model.ngram"
        model.write(path)
    return DecoderGraph(WORDS, PronunciationTable.build(lexicon), path, symbols=SYMBOLS)


def check_against(reference: ReferenceDecoder, decoder: Decoder, log_probs: np.ndarray) -> None:
    expected = reference.scores(log_probs)
    decoder.advance(log_probs)
    found = decoder.n_best(200)
    texts = [tuple(word.text for word in item.words) for item in found]
    assert len(set(texts)) == len(texts)
    assert len(texts) == min(200, len(expected))
    for text, item in zip(texts, found, strict=True):
        assert item.score == pytest.approx(expected[text], abs=2e-3)
    ranked = sorted(expected.values(), reverse=True)[: len(found)]
    assert [item.score for item in found] == pytest.approx(ranked, abs=2e-3)
    assert [item.score for item in found] == sorted((i.score for i in found), reverse=True)
    final = decoder.finish().hypothesis
    # Of several pronunciations and places that score alike, either may be found.
    assert final.score == pytest.approx(found[0].score, abs=2e-3)
    said = tuple(word.text for word in final.words)
    assert expected[said] == pytest.approx(found[0].score, abs=2e-3)


@settings(max_examples=60)
@given(lexicon=lexicons(), log_probs=posteriors(6))
def test_without_a_language_model(lexicon, log_probs) -> None:
    reference = ReferenceDecoder(WORDS, lexicon, word_score=0.5)
    options = DecoderOptions(word_score=0.5, **EXACT)
    check_against(reference, Decoder(graph_of(lexicon), options), log_probs)


@settings(max_examples=60)
@given(
    lexicon=lexicons(),
    model=models(),
    log_probs=posteriors(),
    weight=st.integers(0, 8).map(lambda n: n / 4),
    context=st.lists(st.sampled_from(WORDS), max_size=3).map(tuple),
)
def test_with_a_language_model(tmp_path, lexicon, model, log_probs, weight, context) -> None:
    graph = graph_of(lexicon, model, tmp_path)
    reference = ReferenceDecoder(
        WORDS, lexicon, model, lm_weight=weight, word_score=-0.25, context=context
    )
    decoder = Decoder(graph, DecoderOptions(lm_weight=weight, word_score=-0.25, **EXACT))
    decoder.reset(context)
    check_against(reference, decoder, log_probs)


@settings(max_examples=60)
@given(
    lexicon=lexicons(),
    model=models(),
    log_probs=posteriors(),
    boosts=st.lists(
        st.tuples(
            st.lists(st.sampled_from([*WORDS[:3], "new"]), min_size=1, max_size=3).map(tuple),
            st.integers(-256, 256).map(lambda n: n / 64),
        ),
        max_size=4,
        unique_by=lambda item: item[0],
    ),
    own=st.lists(phones, min_size=1, max_size=2, unique=True),
)
def test_with_boosted_phrases(tmp_path, lexicon, model, log_probs, boosts, own) -> None:
    graph = graph_of(lexicon, model, tmp_path)
    given_pronunciations = {
        "new": [Pronunciation(tuple(PHONES[p - 1] for p in phones), -0.25) for phones in own]
    }
    bias = Bias(tuple(Phrase(words, boost) for words, boost in boosts), given_pronunciations)
    reference = ReferenceDecoder(
        [*WORDS, "new"],
        lexicon + [(len(WORDS), phones, -0.25) for phones in own],
        model,
        lm_weight=0.75,
        oov_log_prob=-1.5,
        phrases=dict(boosts),
        new_words=frozenset({"new"}),
    )
    options = DecoderOptions(lm_weight=0.75, oov_log_prob=-1.5, **EXACT)
    check_against(reference, Decoder(graph, options, bias), log_probs)


REPEATS = ReferenceModel(
    4,
    {
        ("<unk>",): (-2.0, 0.0),
        ("<s>",): (-9.0, -0.25),
        ("</s>",): (-1.0, 0.0),
        ("a",): (-0.5, -0.5),
        ("<s>", "a"): (-0.25, -0.125),
        ("a", "a"): (-0.75, -0.5),
        ("<s>", "a", "a"): (-0.5, -0.25),
        ("a", "a", "a"): (-1.0, -0.5),
        ("<s>", "a", "a", "a"): (-0.25, 0.0),
    },
)
"""Every number of repeats up to three is a context of its own, so nothing ever meets."""


@settings(max_examples=60)
@given(log_probs=posteriors(5), own=st.lists(phones, min_size=1, max_size=3, unique=True))
def test_sum_over_all_alignments(tmp_path, log_probs, own) -> None:
    lexicon = [(0, codes, 0.0) for codes in own]
    reference = ReferenceDecoder(WORDS, lexicon, REPEATS, log_add=True)
    graph = graph_of(lexicon, REPEATS, tmp_path)
    options = DecoderOptions(lm_weight=1.0, log_add=True, **EXACT)
    expected = reference.scores(log_probs)
    # Five phones that alternate could be five words, more than the model tells apart.
    if max(map(len, expected), default=0) <= 3:
        check_against(reference, Decoder(graph, options), log_probs)


@settings(max_examples=60)
@given(lexicon=lexicons(), model=models(), log_probs=posteriors())
def test_sums_lie_between_the_best_path_and_all_paths(tmp_path, lexicon, model, log_probs) -> None:
    graph = graph_of(lexicon, model, tmp_path)
    low = ReferenceDecoder(WORDS, lexicon, model).scores(log_probs)
    high = ReferenceDecoder(WORDS, lexicon, model, log_add=True).scores(log_probs)
    decoder = Decoder(graph, DecoderOptions(lm_weight=1.0, log_add=True, **EXACT))
    decoder.advance(log_probs)
    for item in decoder.n_best(50):
        words = tuple(word.text for word in item.words)
        assert low[words] - 2e-3 <= item.score <= high[words] + 2e-3
