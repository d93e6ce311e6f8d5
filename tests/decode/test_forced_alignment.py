"""Forced alignment against enumeration, and what it refuses."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attune.decode import Alignment, align
from attune.errors import InputError

SYMBOLS = 4
phones = st.lists(st.integers(1, SYMBOLS - 1), min_size=1, max_size=3).map(tuple)
log_prob = st.integers(-400, 0).map(lambda n: n / 64)


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol)


def best_by_enumeration(log_probs: np.ndarray, words: list, priors: list) -> float:
    best = -math.inf
    for choice in itertools.product(*(range(len(word)) for word in words)):
        prior = sum(priors[w][v] for w, v in enumerate(choice))
        string = tuple(itertools.chain(*(words[w][v] for w, v in enumerate(choice))))
        for path in itertools.product(range(SYMBOLS), repeat=len(log_probs)):
            if collapse(path) == string:
                acoustic = sum(float(log_probs[t, s]) for t, s in enumerate(path))
                best = max(best, acoustic + prior)
    return best


def path_of(alignment: Alignment, frames: int) -> list[int]:
    path = [0] * frames
    for word in alignment.words:
        for phone in word.phones:
            path[phone.start : phone.end] = [phone.phone] * (phone.end - phone.start)
    return path


@settings(max_examples=80)
@given(
    data=st.data(),
    words=st.lists(st.lists(phones, min_size=1, max_size=3), max_size=3),
    frames=st.integers(0, 5),
)
def test_finds_the_best_path(data, words, frames) -> None:
    rows = st.lists(st.tuples(*[log_prob] * SYMBOLS), min_size=frames, max_size=frames)
    log_probs = np.array(data.draw(rows), np.float32).reshape(frames, SYMBOLS)
    priors = [[data.draw(log_prob) for _ in word] for word in words]
    expected = best_by_enumeration(log_probs, words, priors)
    if expected == -math.inf:
        with pytest.raises(InputError, match="need at least"):
            align(log_probs, words, priors)
        return
    alignment = align(log_probs, words, priors)
    assert alignment.score == pytest.approx(expected, abs=1e-4)
    path = path_of(alignment, frames)
    chosen = [words[w][word.pronunciation] for w, word in enumerate(alignment.words)]
    assert collapse(tuple(path)) == tuple(itertools.chain(*chosen))
    acoustic = sum(float(log_probs[t, s]) for t, s in enumerate(path))
    prior = sum(priors[w][word.pronunciation] for w, word in enumerate(alignment.words))
    assert acoustic + prior == pytest.approx(expected, abs=1e-4)
    for word in alignment.words:
        assert (word.start, word.end) == (word.phones[0].start, word.phones[-1].end)
        inside = sum(float(log_probs[t, path[t]]) for t in range(word.start, word.end))
        assert word.score == pytest.approx(inside, abs=1e-4)
        for phone in word.phones:
            emitted = log_probs[phone.start : phone.end, phone.phone].sum()
            assert phone.score == pytest.approx(float(emitted), abs=1e-4)


@settings(max_examples=200)
@given(words=st.lists(st.lists(phones, min_size=1, max_size=3), min_size=1, max_size=6))
def test_states_how_many_frames_it_needs(words) -> None:
    def needed(choice: tuple) -> int:
        string = list(itertools.chain(*choice))
        return len(string) + sum(a == b for a, b in itertools.pairwise(string))

    least = min(needed(choice) for choice in itertools.product(*words))
    assert len(align(np.zeros((least, SYMBOLS), np.float32), words).words) == len(words)
    with pytest.raises(InputError, match=f"at least {least} frames, there are {least - 1}"):
        align(np.zeros((least - 1, SYMBOLS), np.float32), words)


def test_chooses_the_pronunciation_that_was_spoken() -> None:
    log_probs = np.full((6, SYMBOLS), -9.0, np.float32)
    for frame, symbol in enumerate([0, 3, 0, 2, 2, 0]):
        log_probs[frame, symbol] = -0.1
    words = [[(1, 2), (3, 2), (3,)]]
    alignment = align(log_probs, words)
    assert alignment.words[0].pronunciation == 1
    assert [(p.phone, p.start, p.end) for p in alignment.words[0].phones] == [(3, 1, 2), (2, 3, 5)]


def test_nothing_to_align() -> None:
    log_probs = np.log(np.full((3, SYMBOLS), 0.25, np.float32))
    assert align(log_probs, []) == Alignment((), pytest.approx(3 * math.log(0.25)))
    assert align(np.empty((0, SYMBOLS), np.float32), []).score == 0.0


def test_probability_zero_is_impossible() -> None:
    log_probs = np.zeros((4, SYMBOLS), np.float32)
    log_probs[:, 2] = -np.inf
    with pytest.raises(InputError, match="probability zero"):
        align(log_probs, [[(1, 2)]])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_frames_that_are_no_probabilities(value: float) -> None:
    log_probs = np.zeros((4, SYMBOLS), np.float32)
    log_probs[2, 3] = value
    with pytest.raises(InputError, match="frame 2 "):
        align(log_probs, [[(1,)]])


@pytest.mark.parametrize(
    "words", [[[]], [[(1,)], [()]], [[(0,)]], [[(SYMBOLS,)]], [[(300,)]], [[(1,)] * 251]]
)
def test_pronunciations_that_cannot_be(words: list) -> None:
    with pytest.raises(InputError, match=r"word [01]: "):
        align(np.zeros((9, SYMBOLS), np.float32), words)


def test_shapes_are_checked() -> None:
    with pytest.raises(InputError, match="shape"):
        align(np.zeros(4, np.float32), [])
    with pytest.raises(InputError, match="log_priors"):
        align(np.zeros((4, SYMBOLS), np.float32), [[(1,)]], [[0.0, 0.0]])


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32 - 1), frames=st.integers(1, 60), count=st.integers(1, 12))
def test_long_random_words(seed, frames, count) -> None:
    random = np.random.default_rng(seed)
    rows = random.normal(0.0, 5.0, (frames, SYMBOLS)).astype(np.float32)
    rows[random.random(rows.shape) < 0.02] = -np.inf
    words = [
        [
            tuple(random.integers(1, SYMBOLS, random.integers(1, 5)).tolist())
            for _ in range(random.integers(1, 4))
        ]
        for _ in range(count)
    ]
    try:
        alignment = align(rows, words)
    except InputError:
        assume(False)
    ends = [0, *(phone.end for word in alignment.words for phone in word.phones)]
    starts = [phone.start for word in alignment.words for phone in word.phones]
    assert all(end <= start for end, start in zip(ends, starts, strict=False))
