"""Texts and models that several tests of language models share."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from attune.language import BackoffModel, count_ngrams, encode_text, estimate
from attune.language.scoring import score_tokens

LMPLZ = Path(__file__).parent / "lmplz"
"""Texts and what KenLM's lmplz makes of them (with --discount_fallback)."""

COMMANDS = (LMPLZ / "commands.txt").read_text().splitlines()


def zipf_text(sentences: int = 400, words: int = 600, seed: int = 7) -> list[str]:
    """Sentences with Zipf-distributed words and some fixed successions."""
    source = random.Random(seed)
    names = [f"w{i}" for i in range(words)]
    weights = [1 / (i + 1) for i in range(words)]
    text = []
    for _ in range(sentences):
        sentence: list[str] = []
        for _ in range(source.randrange(1, 9)):
            if sentence and source.random() < 0.4:
                sentence.append(names[(7 * int(sentence[-1][1:]) + 3) % words])
            else:
                sentence += source.choices(names, weights)
        text.append(" ".join(sentence))
    return text


def train(lines: Iterable[str], order: int = 3, prune: tuple[int, ...] = ()) -> BackoffModel:
    return estimate(count_ngrams(encode_text(lines), order), prune=prune).model


SENTENCES = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "d", "e'er"]), min_size=1, max_size=6).map(" ".join),
    min_size=1,
    max_size=12,
)


def assert_closed(model: BackoffModel) -> None:
    """Every n-gram's links lead to its context and its suffix; n-grams are sorted."""
    rows = word_rows(model)
    for k in range(2, model.order + 1):
        entries = model.orders[k - 1]
        assert [row[:-1] for row in rows[k - 1]] == [rows[k - 2][i] for i in entries.contexts]
        assert [row[1:] for row in rows[k - 1]] == [rows[k - 2][i] for i in entries.suffixes]
        assert rows[k - 1] == sorted(rows[k - 1])


def word_rows(model: BackoffModel) -> list[list[tuple[int, ...]]]:
    """The word ids of each n-gram of each order."""
    rows: list[list[tuple[int, ...]]] = [[(word,) for word in model.orders[0].words.tolist()]]
    for entries in model.orders[1:]:
        pairs = zip(entries.contexts.tolist(), entries.words.tolist(), strict=True)
        rows.append([(*rows[-1][context], word) for context, word in pairs])
    return rows


def entries_of(model: BackoffModel) -> dict[str, tuple[float, float]]:
    """n-gram -> (log10 P, log10 back-off weight)."""
    return {
        " ".join(model.vocabulary.words[i] for i in row): (float(prob), float(backoff))
        for rows, order in zip(word_rows(model), model.orders, strict=True)
        for row, prob, backoff in zip(rows, order.log_prob, order.backoff, strict=True)
    }


def context_sums(model: BackoffModel) -> NDArray[np.float64]:
    """Sum over the vocabulary of P(word | context), for every context of every order."""
    words = np.delete(np.arange(len(model.vocabulary), dtype=np.uint32), 1)
    sums = []
    contexts: list[tuple[int, ...]] = [()]
    for rows in word_rows(model)[:-1]:
        contexts += [row for row in rows if row[-1] not in (0, 2)]
    for context in contexts:
        # No n-gram goes on after </s> (id 2): it parts the rows.
        block = np.array([[2, *context, word] for word in words], np.uint32)
        log_prob = score_tokens(model, block.ravel()).reshape(block.shape)
        sums.append(np.power(10.0, log_prob[:, -1].astype(np.float64)).sum())
    return np.array(sums)
