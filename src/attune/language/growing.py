"""Preparing a stored model to be mixed with one of new text: more words, context frequencies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .backoff_model import BackoffModel, NgramOrder, power10
from .entropy_pruning import context_probability
from .vocabulary import UNKNOWN, Vocabulary

__all__ = ["with_expected_frequencies", "with_words"]


def with_words(model: BackoffModel, words: Iterable[str]) -> BackoffModel:
    """The model with more words in its vocabulary.

    What the model leaves for unknown words is shared evenly by the new ones and `<unk>`; nothing
    else changes. Words that it has already are left as they are.
    """
    old = model.vocabulary
    vocabulary = Vocabulary([*old.words, *words])
    added = len(vocabulary) - len(old)
    if not added:
        return model
    # Ids follow the order of the words, so old words keep theirs among each other, and n-grams
    # sorted by old ids are sorted by new ones.
    new_ids = vocabulary.encode(old.words)
    first = model.orders[0]
    share = np.log10(power10(first.log_prob[UNKNOWN : UNKNOWN + 1])[0] / (added + 1))
    log_prob = np.full(len(vocabulary), share, np.float32)
    log_prob[new_ids] = first.log_prob
    log_prob[UNKNOWN] = share
    nothing = np.zeros(len(vocabulary), np.uint32)
    unigrams = NgramOrder(
        words=np.arange(len(vocabulary), dtype=np.uint32),
        contexts=nothing,
        suffixes=nothing,
        log_prob=log_prob,
        backoff=_spread(first.backoff, new_ids, len(vocabulary)),
        frequency=None
        if first.frequency is None
        else _spread(first.frequency, new_ids, len(vocabulary)),
    )
    orders = [unigrams]
    for k, order in enumerate(model.orders[1:], start=2):
        moved = replace(order, words=new_ids[order.words])
        if k == 2:
            moved = replace(
                moved, contexts=new_ids[order.contexts], suffixes=new_ids[order.suffixes]
            )
        orders.append(moved)
    return BackoffModel(vocabulary, tuple(orders))


def with_expected_frequencies(model: BackoffModel) -> BackoffModel:
    """The model with its own chain of probabilities for the frequency of each context.

    A stored model no longer knows how often its text had each context; what it expects of text
    like its own stands in, so that it can be mixed by context.
    """
    orders = tuple(
        replace(order, frequency=context_probability(model, k).astype(np.float32))
        for k, order in enumerate(model.orders, start=1)
    )
    return BackoffModel(model.vocabulary, orders)


def _spread(
    values: NDArray[np.float32], places: NDArray[np.uint32], size: int
) -> NDArray[np.float32]:
    spread = np.zeros(size, np.float32)
    spread[places] = values
    return spread
