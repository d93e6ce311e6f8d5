"""Mixing the language model of a base with that of a domain, by what held-out text asks for.

The weight of each model depends on the context (`attune.language.context_weights`): where the
domain's text has been often, it counts more; elsewhere the base does. The weights suit two texts
alike, the domain's held-out lines and sentences drawn from the base itself, so that a recogniser
made for one domain still understands everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune.customize.domain_text import DomainText
from attune.language import (
    BackoffModel,
    ContextWeights,
    EncodedText,
    Predictions,
    count_ngrams,
    encode_text,
    estimate,
    fit_context_weights,
    interpolate,
    measure_perplexity,
    observe_predictions,
    prune_to_size,
    sample_sentences,
    trie_size_of,
    with_expected_frequencies,
    with_words,
)

__all__ = ["DomainMixture", "mix_with_domain"]

_GENERAL_SENTENCES = 300
# How much more what the base understands counts than the domain's lines: little text gets most of
# what it could, while the base loses next to nothing.
_GENERAL_COUNTS = 30
# A text of a few lines says nothing about its other lines, yet its words are wanted.
_LEAST_SHARE = 0.02
# From this many words on, n-grams of three and more words that occur once are left out at once.
_LARGE = 3_000_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class DomainMixture:
    """The mixed model, its weights, and perplexities of base and mixture on two texts.

    The domain's are of its held-out lines (of a small text, each line by models of the other
    folds), the general ones of sentences drawn from the base; words unknown to both are left out.
    """

    model: BackoffModel
    weights: ContextWeights
    domain_before: float
    domain_after: float
    general_before: float
    general_after: float


def mix_with_domain(
    base: BackoffModel,
    text: DomainText,
    new_words: Sequence[str],
    *,
    max_bytes: int,
    say: Say = lambda message: None,
) -> DomainMixture:
    """Mix `base`, its vocabulary grown by `new_words`, with a model of `text`.

    The least important n-grams are dropped when the result would take more than `max_bytes` as an
    n-gram file. Raises InputError for text too poor to estimate anything from.
    """
    base = with_expected_frequencies(with_words(base, new_words))
    say("drawing sentences from the base")
    general = sample_sentences(base, _GENERAL_SENTENCES)
    say("choosing weights")
    observed: list[tuple[Predictions, Predictions]] = []
    whole = text.training.with_vocabulary(base.vocabulary)
    for training, held_out in text.folds():
        known = training is text.training
        domain = _estimate(whole if known else training.with_vocabulary(base.vocabulary), base)
        observed.append(
            (observe_predictions(base, held_out), observe_predictions(domain, held_out))
        )
    if text.held_out:
        whole = whole.joined(encode_text(text.held_out).with_vocabulary(base.vocabulary))
    domain = _estimate(whole, base)
    of_domain = [_joined([pair[i] for pair in observed]) for i in range(2)]
    of_general = [observe_predictions(model, general) for model in (base, domain)]
    weights = fit_context_weights(
        [of_domain, of_general], importance=(1, _GENERAL_COUNTS), least_share=_LEAST_SHARE
    )
    say("mixing")
    mixed = interpolate((base, domain), weights)
    mixed = _within(mixed, max_bytes, say)
    return DomainMixture(
        model=mixed,
        weights=weights,
        domain_before=_perplexity(of_domain[0].prob),
        domain_after=_perplexity(_mixed(of_domain, weights)),
        general_before=_perplexity(of_general[0].prob),
        general_after=measure_perplexity(mixed, general).perplexity_known,
    )


def _estimate(text: EncodedText, base: BackoffModel) -> BackoffModel:
    counts = count_ngrams(text, base.order)
    prune = (0, 0, 1, 1)[: base.order] if text.word_tokens > _LARGE else ()
    return estimate(counts, prune=prune).model


def _joined(parts: Sequence[Predictions]) -> Predictions:
    return Predictions(
        np.concatenate([part.prob for part in parts]),
        np.concatenate([part.frequency for part in parts], axis=1),
    )


def _mixed(models: Sequence[Predictions], weights: ContextWeights) -> NDArray[np.float64]:
    """The mixture's probability of each prediction, before pruning."""
    shape = (len(models), len(models[0].prob))
    after = np.broadcast_to(np.asarray(weights.shares)[:, None], shape)
    for length, inherited in enumerate(weights.inherited):
        frequency = np.stack([model.frequency[length] for model in models])
        scores = np.asarray(weights.scales)[:, None] * frequency + inherited * after
        after = scores / scores.sum(axis=0)
    return np.asarray((after * np.stack([model.prob for model in models])).sum(axis=0))


def _perplexity(prob: NDArray[np.float64]) -> float:
    return float(np.exp(-np.log(np.maximum(prob, 1e-99)).mean())) if len(prob) else float("nan")


def _within(model: BackoffModel, max_bytes: int, say: Say) -> BackoffModel:
    size_of = trie_size_of(model.vocabulary)
    if size_of(model.counts) <= max_bytes:
        return model
    say("pruning")
    return prune_to_size(model, max_bytes, size_of, progress=say)
