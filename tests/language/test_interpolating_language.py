"""Mixtures of models and their weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import COMMANDS, SENTENCES, assert_closed, context_sums, entries_of, zipf_text

from attune.errors import InputError
from attune.language import (
    BackoffModel,
    Vocabulary,
    count_ngrams,
    encode_text,
    estimate,
    fit_weights,
    interpolate,
    measure_perplexity,
    tune_weights,
)
from attune.language.scoring import encode_sentences, score_tokens

LETTERS = Vocabulary(["a", "b", "c", "d", "e'er"])


def train(lines: list[str], vocabulary: Vocabulary, order: int = 3) -> BackoffModel:
    text = encode_text(lines).with_vocabulary(vocabulary)
    return estimate(count_ngrams(text, order)).model


@given(SENTENCES, SENTENCES, st.floats(0.05, 0.95))
def test_mixtures_are_closed_and_sum_to_one(
    one: list[str], other: list[str], weight: float
) -> None:
    models = [train(one, LETTERS), train(other, LETTERS, order=2)]
    mixture = interpolate(models, [weight, 1 - weight])
    assert_closed(mixture)
    np.testing.assert_allclose(context_sums(mixture), 1.0, atol=1e-4)


@given(SENTENCES, SENTENCES, st.floats(0.05, 0.95))
def test_ngrams_of_a_mixture_have_the_mean_probability(
    one: list[str], other: list[str], weight: float
) -> None:
    models = [train(one, LETTERS), train(other, LETTERS)]
    mixture = interpolate(models, [weight, 1 - weight])
    for ngram, (log_prob, _) in entries_of(mixture).items():
        tokens = np.append(np.uint32(2), LETTERS.encode(ngram.split()))
        if tokens[-1] == 1:
            continue
        parts = [10.0 ** float(score_tokens(model, tokens)[-1]) for model in models]
        expected = weight * parts[0] + (1 - weight) * parts[1]
        assert 10.0**log_prob == pytest.approx(expected, rel=1e-4), ngram


def test_a_model_mixed_with_itself_is_itself() -> None:
    model = train(COMMANDS, Vocabulary(" ".join(COMMANDS).split()))
    mixture = interpolate([model, model], [3, 1])
    for ngram, figures in entries_of(model).items():
        assert entries_of(mixture)[ngram] == pytest.approx(figures, abs=1e-4), ngram


def test_weights_recover_the_shares_of_a_mixed_text() -> None:
    # Two sources that never share a word: the best weight is the share of each.
    first, second = np.array([[0.5] * 30 + [1e-9] * 10]), np.array([[1e-9] * 30 + [0.5] * 10])
    weights = fit_weights([np.log10(np.concatenate([first, second])).astype(np.float32)])
    assert weights == pytest.approx([0.75, 0.25], abs=1e-3)


def test_every_held_out_text_counts_the_same() -> None:
    long = np.log10(np.array([[0.5] * 90, [1e-9] * 90])).astype(np.float32)
    short = np.log10(np.array([[1e-9] * 10, [0.5] * 10])).astype(np.float32)
    assert fit_weights([long, short]) == pytest.approx([0.5, 0.5], abs=1e-3)


def test_tuned_weights_beat_even_ones() -> None:
    vocabulary = Vocabulary(" ".join([*COMMANDS, *zipf_text()]).split())
    models = [train(COMMANDS, vocabulary), train(zipf_text(), vocabulary)]
    held_out = ["turn on the music", "what is the volume", "play w0 w3"]
    tuned = interpolate(models, tune_weights(models, [held_out]).tolist())
    even = interpolate(models, [1, 1])
    assert tune_weights(models, [held_out])[0] > 0.6
    assert (
        measure_perplexity(tuned, held_out).perplexity
        < measure_perplexity(even, held_out).perplexity
    )


def test_wrong_mixtures_are_refused() -> None:
    model = train(["a b"], LETTERS)
    other = train(["a b"], Vocabulary(["a", "b"]))
    with pytest.raises(InputError, match="same vocabulary"):
        interpolate([model, other], [1, 1])
    with pytest.raises(InputError, match="same vocabulary"):
        tune_weights([], [])
    for weights in ([1.0], [1.0, -1.0], [0.0, 0.0]):
        with pytest.raises(InputError, match="weight"):
            interpolate([model, model], weights)
    with pytest.raises(InputError, match="held-out text is empty"):
        tune_weights([model, model], [[""]])


def test_scores_ignore_what_precedes_a_sentence() -> None:
    model = train(COMMANDS, Vocabulary(" ".join(COMMANDS).split()))
    both = encode_sentences(model.vocabulary, COMMANDS[:2])
    apart = [encode_sentences(model.vocabulary, [line]) for line in COMMANDS[:2]]
    expected = np.concatenate([score_tokens(model, tokens) for tokens in apart])
    np.testing.assert_array_equal(score_tokens(model, both), expected)
