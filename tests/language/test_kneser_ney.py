"""The estimator against KenLM's lmplz, and the laws of probability."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from texts import (
    COMMANDS,
    LMPLZ,
    SENTENCES,
    assert_closed,
    context_sums,
    entries_of,
    train,
    zipf_text,
)

from attune.errors import InputError
from attune.language import Vocabulary, count_ngrams, encode_text, estimate, read_arpa


@pytest.mark.parametrize(
    ("name", "lines", "order", "prune"),
    [
        ("commands", COMMANDS, 3, ()),
        ("commands-pruned", COMMANDS, 3, (0, 0, 1)),
        ("repeated", ["a b"] * 3, 2, ()),
    ],
)
def test_every_figure_is_that_of_lmplz(
    name: str, lines: list[str], order: int, prune: tuple[int, ...]
) -> None:
    ours = entries_of(train(lines, order, prune))
    theirs = entries_of(read_arpa(LMPLZ / f"{name}.arpa"))
    assert ours.keys() == theirs.keys()
    # lmplz gives <s> the probability 1, which nobody asks for.
    theirs["<s>"] = (-99.0, theirs["<s>"][1])
    for ngram, figures in theirs.items():
        assert ours[ngram] == pytest.approx(figures, abs=2e-6), ngram


def test_counts_and_discounts_are_those_of_lmplz() -> None:
    result = estimate(count_ngrams(encode_text(zipf_text()), 4), prune=(0, 0, 1))
    assert result.counts == (407, 1281, 1501, 1314)
    assert result.model.counts == (407, 1281, 111, 35)
    assert result.fallback_orders == ()
    figures = [(d.one, d.two, d.three) for d in result.discounts]
    assert figures == [
        pytest.approx((0.512195, 1.52366, 1.34776), abs=1e-5),
        pytest.approx((0.83179, 1.08427, 1.58596), abs=1e-5),
        pytest.approx((0.918795, 1.46651, 0.243615), abs=1e-5),
        pytest.approx((0.95949, 1.46695, 2.23241), abs=1e-5),
    ]


def test_fallback_discounts_are_used_where_the_closed_form_fails() -> None:
    counts = count_ngrams(encode_text(["a b"] * 3), 2)
    assert estimate(counts).fallback_orders == (1, 2)
    with pytest.raises(InputError, match="1-grams allow no Kneser-Ney discounts"):
        estimate(counts, fallback=None)


@given(SENTENCES)
def test_probabilities_of_each_context_sum_to_one(lines: list[str]) -> None:
    np.testing.assert_allclose(context_sums(train(lines)), 1.0, atol=1e-5)


@given(SENTENCES)
def test_pruned_and_limited_models_still_sum_to_one(lines: list[str]) -> None:
    text = encode_text(lines).with_vocabulary(Vocabulary(["a", "c", "never"]))
    model = estimate(count_ngrams(text, 3), prune=(0, 0, 1)).model
    np.testing.assert_allclose(context_sums(model), 1.0, atol=1e-5)
    assert_closed(model)


@given(SENTENCES)
def test_ngrams_are_linked(lines: list[str]) -> None:
    assert_closed(train(lines, order=4))


def test_words_outside_the_vocabulary_become_unknown() -> None:
    text = encode_text(["a b", "a c", "a d", "b a"])
    small = estimate(count_ngrams(text.with_vocabulary(Vocabulary(["a", "b"])), 2)).model
    whole = entries_of(estimate(count_ngrams(text, 2)).model)
    entries = entries_of(small)
    assert {"<unk>", "<s>", "</s>", "a", "b"} == {e for e in entries if " " not in e}
    assert not any("<unk>" in ngram for ngram in entries if " " in ngram)
    # <unk> takes over the probabilities of c and d; the shares of nothing seen stay small.
    gained = 10 ** entries["<unk>"][0]
    assert gained > 10 ** whole["c"][0]


def test_unseen_words_of_the_vocabulary_get_what_unknown_gets() -> None:
    text = encode_text(COMMANDS)
    vocabulary = Vocabulary([*text.words, "unseen"])
    entries = entries_of(estimate(count_ngrams(text.with_vocabulary(vocabulary), 2)).model)
    assert entries["unseen"][0] == pytest.approx(entries["<unk>"][0])


@pytest.mark.parametrize("prune", [(1,), (0, -1), (0, 2, 1), (0, 0, 0, 0)])
def test_impossible_thresholds_are_refused(prune: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="threshold"):
        train(COMMANDS, 3, prune)


def test_empty_text_and_impossible_orders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        train([""])
    for order in (0, 7):
        with pytest.raises(InputError, match="order from 1 to 6"):
            train(COMMANDS, order)


def test_order_one_and_six() -> None:
    for order in (1, 6):
        model = train(COMMANDS, order)
        assert model.order == order
        np.testing.assert_allclose(context_sums(model), 1.0, atol=1e-5)
