"""Pruning by relative entropy against its definition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from texts import (
    COMMANDS,
    SENTENCES,
    assert_closed,
    context_sums,
    entries_of,
    train,
    word_rows,
    zipf_text,
)

from attune.errors import InputError
from attune.language import (
    BackoffModel,
    measure_perplexity,
    prune_to_counts,
    prune_to_size,
    prune_to_threshold,
)
from attune.language.entropy_pruning import pruning_losses
from attune.language.scoring import score_tokens


def distribution(model: BackoffModel, context: Sequence[int]) -> NDArray[np.float64]:
    """P(word | context), float64 [word]."""
    rows = np.array([[2, *context, word] for word in range(len(model.vocabulary))], np.uint32)
    log_prob = score_tokens(model, rows.ravel()).reshape(rows.shape)[:, -1]
    prob = np.power(10.0, log_prob.astype(np.float64))
    prob[1] = 0.0  # <s> is never predicted
    return prob


def without(model: BackoffModel, entry: int) -> BackoffModel:
    """The model less one n-gram of the highest order."""
    keep = np.arange(model.counts[-1]) != entry
    return replace(
        model, orders=(*model.orders[:-1], model.orders[-1].select(keep, None))
    ).renormalized()


def test_loss_is_the_divergence_of_the_model_without_the_ngram() -> None:
    model = train(COMMANDS, order=3)
    losses = pruning_losses(model, 3)
    frequency = model.orders[1].frequency
    assert frequency is not None
    for entry, row in enumerate(word_rows(model)[2]):
        before = distribution(model, row[:-1])
        after = distribution(without(model, entry), row[:-1])
        possible = before > 0
        divergence = np.sum(before[possible] * np.log(before[possible] / after[possible]))
        context = int(model.orders[2].contexts[entry])
        assert losses[entry] == pytest.approx(frequency[context] * divergence, abs=2e-6)


def test_contexts_of_unknown_frequency_are_weighted_by_the_model_itself() -> None:
    model = train(COMMANDS, order=2)
    chained = replace(model, orders=tuple(replace(order, frequency=None) for order in model.orders))
    frequency = model.orders[0].frequency
    assert frequency is not None
    known, own = pruning_losses(model, 2), pruning_losses(chained, 2)
    at = int(np.flatnonzero(model.orders[1].contexts > 2)[0])
    context = int(model.orders[1].contexts[at])
    share = math.pow(10.0, model.orders[0].log_prob[context])
    assert own[at] / known[at] == pytest.approx(share / frequency[context], rel=1e-5)


@given(SENTENCES, st.floats(1e-5, 1.0))
def test_pruned_models_are_closed_and_sum_to_one(lines: list[str], threshold: float) -> None:
    pruned = prune_to_threshold(train(lines), threshold)
    assert_closed(pruned)
    np.testing.assert_allclose(context_sums(pruned), 1.0, atol=1e-5)


def test_a_threshold_of_zero_keeps_the_model() -> None:
    model = train(COMMANDS)
    kept = prune_to_threshold(model, -1.0)
    assert entries_of(kept).keys() == entries_of(model).keys()
    for ngram, figures in entries_of(model).items():
        assert entries_of(kept)[ngram] == pytest.approx(figures, abs=1e-4), ngram


def test_a_large_threshold_leaves_the_words() -> None:
    assert prune_to_threshold(train(COMMANDS), 100.0).counts == (23, 0, 0)


def test_costs_spare_cheap_orders() -> None:
    model = train(zipf_text())
    even = prune_to_threshold(model, 1e-5)
    tilted = prune_to_threshold(model, 1e-5, costs=(1.0, 1.0, 0.1))
    assert tilted.counts[2] > even.counts[2]


def test_target_counts() -> None:
    model = train(zipf_text())
    pruned = prune_to_counts(model, (None, 300, 100))
    assert pruned.counts[0] == model.counts[0]
    assert 300 <= pruned.counts[1] < 400  # more stay where trigrams need them
    assert pruned.counts[2] == 100
    assert prune_to_counts(model, (None, None, None)).counts == model.counts
    with pytest.raises(InputError, match="2 target counts"):
        prune_to_counts(model, (None, 5))


def test_target_size_is_met_from_below_and_nearly_used() -> None:
    model = train(zipf_text())
    pruned = prune_to_size(model, 1000, sum)
    assert 980 <= sum(pruned.counts) <= 1000
    assert_closed(pruned)
    with pytest.raises(InputError, match="smaller vocabulary"):
        prune_to_size(model, 300, sum)
    assert prune_to_size(model, 10**6, sum) is model


def test_what_dropped_ngrams_foretold_is_handed_down() -> None:
    # "francisco" follows one word only, so that its Kneser-Ney unigram is small.
    model = train([*zipf_text(), *["san francisco"] * 200], order=2)
    events = 400 + 200 * 3 + sum(len(line.split()) for line in zipf_text())
    whole = entries_of(model)
    assert 10 ** whole["francisco"][0] < 0.1 * 200 / events
    pruned = entries_of(prune_to_counts(model, (None, 0)))
    assert 10 ** pruned["francisco"][0] == pytest.approx(200 / events, rel=0.05)
    # Where the n-gram stays, nothing is handed down.
    kept = entries_of(prune_to_counts(model, (None, 1)))
    assert "san francisco" in kept
    assert 10 ** kept["francisco"][0] < 0.15 * 200 / events


def test_what_is_kept_is_worth_more_than_what_a_count_threshold_keeps() -> None:
    text, held_out = zipf_text(4000, 200), zipf_text(400, 200, seed=8)
    by_count = train(text, prune=(0, 1))
    by_entropy = prune_to_size(train(text), sum(by_count.counts), sum)
    figures = [measure_perplexity(model, held_out) for model in (by_entropy, by_count)]
    assert figures[0].perplexity < figures[1].perplexity
