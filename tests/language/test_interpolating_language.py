"""Mixtures of models and their weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from texts import COMMANDS, SENTENCES, assert_closed, context_sums, entries_of, zipf_text

from attune.errors import InputError
from attune.language import (
    BackoffModel,
    ContextWeights,
    Vocabulary,
    count_ngrams,
    encode_text,
    estimate,
    fit_weights,
    interpolate,
    measure_perplexity,
    read_arpa,
    tune_context_weights,
    tune_weights,
    write_arpa,
)
from attune.language.context_weights import _gradient
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
    weights = fit_weights([np.concatenate([first, second])])
    assert weights == pytest.approx([0.75, 0.25], abs=1e-3)


def test_every_held_out_text_counts_the_same() -> None:
    long, short = np.array([[0.5] * 90, [1e-9] * 90]), np.array([[1e-9] * 10, [0.5] * 10])
    assert fit_weights([long, short]) == pytest.approx([0.5, 0.5], abs=1e-3)


def test_tuned_weights_beat_even_ones() -> None:
    vocabulary = Vocabulary(" ".join([*COMMANDS, *zipf_text()]).split())
    models = [train(COMMANDS, vocabulary), train(zipf_text(), vocabulary)]
    held_out = ["turn on the music", "what is the volume", "play w0 w3"]
    tuned = interpolate(models, tune_weights(models, [held_out]))
    even = interpolate(models, [1, 1])
    assert tune_weights(models, [held_out])[0] > 0.6
    assert (
        measure_perplexity(tuned, held_out).perplexity
        < measure_perplexity(even, held_out).perplexity
    )


CONTEXT_WEIGHTS = st.builds(
    ContextWeights,
    shares=st.floats(0.05, 0.95).map(lambda share: (share, 1 - share)),
    scales=st.tuples(st.floats(1e-3, 10), st.floats(1e-3, 10)),
    inherited=st.tuples(st.floats(1e-3, 10), st.floats(1e-3, 10)),
)


@given(SENTENCES, SENTENCES, CONTEXT_WEIGHTS)
def test_mixtures_by_context_are_closed_and_sum_to_one(
    one: list[str], other: list[str], weights: ContextWeights
) -> None:
    mixture = interpolate([train(one, LETTERS), train(other, LETTERS)], weights)
    assert_closed(mixture)
    np.testing.assert_allclose(context_sums(mixture), 1.0, atol=1e-4)


def test_a_context_that_one_model_alone_knows_is_left_to_it() -> None:
    models = [train(["a b", "a b", "a c"], LETTERS, 2), train(["d c", "d b", "c d"], LETTERS, 2)]
    mixture = interpolate(models, ContextWeights((0.5, 0.5), (1.0, 1.0), (1e-6,)))
    mixed, first, second = (entries_of(model) for model in (mixture, *models))
    assert mixed["a b"][0] == pytest.approx(first["a b"][0], abs=1e-4)
    assert mixed["d c"][0] == pytest.approx(second["d c"][0], abs=1e-4)
    # Both begin sentences equally often.
    expected = (10 ** first["<s> a"][0] + 10 ** score(models[1], "<s> a")) / 2
    assert 10 ** mixed["<s> a"][0] == pytest.approx(expected, rel=1e-4)


def score(model: BackoffModel, ngram: str) -> float:
    """log10 P of the last word after the others."""
    return float(score_tokens(model, model.vocabulary.encode(["</s>", *ngram.split()]))[-1])


def test_gradient_of_context_weights() -> None:
    source = np.random.default_rng(3)
    shares, logs = np.array([0.2, 0.3, 0.5]), source.normal(size=5)
    prob, frequency = source.uniform(0.01, 1, (3, 40)), source.uniform(0, 5, (2, 3, 40))
    frequency[:, :, :5] = 0.0  # contexts that no model has

    def mean_log_prob(at: NDArray[np.float64]) -> float:
        scales, inherited = np.exp(at[:3]), np.exp(at[3:])
        weights = np.repeat(shares[:, None], 40, axis=1)
        for length in (1, 2):
            weights = scales[:, None] * frequency[length - 1] + inherited[length - 1] * weights
            weights /= weights.sum(axis=0)
        return float(np.log((weights * prob).sum(axis=0)).mean())

    steps = 1e-5 * np.eye(5)
    numeric = [(mean_log_prob(logs + d) - mean_log_prob(logs - d)) / 2e-5 for d in steps]
    np.testing.assert_allclose(_gradient(logs, shares, prob, frequency), numeric, atol=1e-7)


def test_weights_by_context_beat_plain_ones_on_text_of_several_kinds() -> None:
    text = zipf_text(1000, 200)
    vocabulary = Vocabulary(" ".join([*COMMANDS, *text]).split())
    models = [train(COMMANDS, vocabulary), train(text, vocabulary)]
    held_out = [["turn on the music", "what is the volume"], zipf_text(100, 200, seed=11)]
    plain = interpolate(models, tune_weights(models, held_out))
    by_context = interpolate(models, tune_context_weights(models, held_out))
    for lines in held_out:
        figures = [measure_perplexity(model, lines).perplexity for model in (by_context, plain)]
        assert figures[0] < figures[1]


def test_no_share_falls_below_the_least() -> None:
    vocabulary = Vocabulary(" ".join([*COMMANDS, *zipf_text()]).split())
    models = [train(COMMANDS, vocabulary), train(zipf_text(), vocabulary)]
    weights = tune_context_weights(models, [["turn it on"]], least_share=0.2)
    assert sum(weights.shares) == pytest.approx(1.0)
    assert weights.shares[1] == pytest.approx(0.2 / 1.2, abs=0.02)


def test_wrong_mixtures_by_context_are_refused(tmp_path: Path) -> None:
    model = train(["a b"], LETTERS)
    write_arpa(model, tmp_path / "m.arpa")
    with pytest.raises(InputError, match="other models"):
        interpolate([model, model], ContextWeights((0.5, 0.5), (1, 1), (1,)))
    with pytest.raises(InputError, match="contexts' frequencies"):
        tune_context_weights([read_arpa(tmp_path / "m.arpa")], [["a"]])
    with pytest.raises(InputError, match="same order"):
        tune_context_weights([model, train(["a b"], LETTERS, 2)], [["a"]])
    with pytest.raises(InputError, match="held-out text is empty"):
        tune_context_weights([model, model], [[""]])


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
