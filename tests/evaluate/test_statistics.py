from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.errors import InputError
from attune.evaluate import (
    Evaluation,
    align_words,
    bootstrap_interval,
    matched_pairs_test,
    measure_calibration,
)
from attune.evaluate import significance as significance_module
from attune.evaluate.bootstrap import group_blocks
from attune.evaluate.significance import matched_segments, permutation_p_value

MakeEvaluation = Callable[..., Evaluation]


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, np.float64)


def test_the_interval_is_the_same_each_time_and_holds_the_rate() -> None:
    draw = np.random.default_rng(0)
    words = draw.integers(5, 30, 400).astype(np.float64)
    errors = draw.binomial(words.astype(np.int64), 0.2).astype(np.float64)
    interval = bootstrap_interval(errors, words, "utterance")
    assert interval is not None
    assert interval == bootstrap_interval(errors, words, "utterance")
    rate = errors.sum() / words.sum()
    assert interval.low < rate < interval.high
    # The errors are independent, so theory knows the width: 2 x 1.96 x sqrt(p q / n).
    expected = 2 * 1.96 * np.sqrt(rate * (1 - rate) / words.sum())
    assert interval.high - interval.low == pytest.approx(expected, rel=0.12)
    assert (interval.level, interval.unit, interval.blocks) == (0.95, "utterance", 400)


def test_the_interval_covers_the_truth_about_19_times_in_20() -> None:
    draw = np.random.default_rng(1)
    covered = 0
    for _ in range(40):
        words = np.full(60, 10.0)
        errors = draw.binomial(10, 0.3, 60).astype(np.float64)
        interval = bootstrap_interval(errors, words, "utterance")
        assert interval is not None
        covered += interval.low <= 0.3 <= interval.high
    assert covered >= 34


def test_one_block_has_no_interval() -> None:
    assert bootstrap_interval(floats(1), floats(5), "utterance") is None


def test_blocks_without_words_do_no_harm() -> None:
    interval = bootstrap_interval(floats(1, 0), floats(2, 0), "utterance")
    assert interval is not None
    assert (interval.low, interval.high) == (0.5, 0.5)


SPEAKERS = [
    (["", "", ""], "utterance", [0, 1, 2]),
    (["anne", "anne", "anne"], "utterance", [0, 1, 2]),
    (["anne", "bob", "anne"], "speaker", [0, 1, 0]),
    (["anne", "", "bob", "", "anne"], "speaker", [0, 1, 2, 3, 0]),
]


@pytest.mark.parametrize(("speakers", "unit", "index"), SPEAKERS)
def test_blocks(
    speakers: list[str], unit: str, index: list[int], make_evaluation: MakeEvaluation
) -> None:
    blocks = group_blocks(
        make_evaluation(*[("a", "a", speaker) for speaker in speakers]).utterances
    )
    assert (blocks.unit, blocks.index.tolist()) == (unit, index)


def test_speakers_that_differ_widen_the_interval(make_evaluation: MakeEvaluation) -> None:
    rows = [("a b", "a b" if speaker % 2 else "x y", str(speaker)) for speaker in range(10)] * 20
    known = make_evaluation(*rows).interval
    unknown = make_evaluation(*[row[:2] for row in rows]).interval
    assert known is not None and unknown is not None
    assert known.high - known.low > 3 * (unknown.high - unknown.low)


# Each: reference, first hypothesis, second hypothesis, errors by segment.
SEGMENTS = [
    ("a b c d", "a b c d", "a b c d", []),
    ("a b c d", "x b c d", "a b c d", [(1, 0)]),
    # Two words right in both part two segments, one word does not.
    ("a b c d", "x b c x", "a b c d", [(1, 0), (1, 0)]),
    ("a b c", "x b x", "a b c", [(2, 0)]),
    ("a b c d e", "x b c d e", "a b c d x", [(1, 0), (0, 1)]),
    # Right in one model only does not part.
    ("a b c d", "x b c x", "a x x d", [(2, 2)]),
    # An insertion between two right words joins.
    ("a b c d", "x b i c x", "a b c d", [(3, 0)]),
    ("a b", "i a b", "a b i", [(1, 0), (0, 1)]),
    ("", "i", "", [(1, 0)]),
]


@pytest.mark.parametrize(("reference", "first", "second", "segments"), SEGMENTS)
def test_segments(reference: str, first: str, second: str, segments: list[tuple[int, int]]) -> None:
    said = reference.split()
    found = matched_segments(align_words(said, first.split()), align_words(said, second.split()))
    assert list(found) == segments


TEXTS = st.lists(st.sampled_from("abcd"), max_size=12)


@given(TEXTS, TEXTS, TEXTS)
def test_segments_hold_every_error(said: list[str], one: list[str], other: list[str]) -> None:
    first, second = align_words(said, one), align_words(said, other)
    segments = list(matched_segments(first, second))
    assert sum(errors for errors, _ in segments) == first.counts.errors
    assert sum(errors for _, errors in segments) == second.counts.errors
    assert all(any(segment) for segment in segments)


@given(st.lists(st.integers(-4, 4), max_size=10))
def test_the_p_value_is_that_of_all_sign_patterns(differences: list[int]) -> None:
    observed = abs(sum(differences))
    sums = [
        sum(sign * size for sign, size in zip(signs, differences, strict=True))
        for signs in itertools.product((-1, 1), repeat=len(differences))
    ]
    wanted = sum(abs(total) >= observed for total in sums) / len(sums)
    assert permutation_p_value(np.array(differences, np.int64)) == pytest.approx(wanted)


def test_far_out_the_normal_approximation_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(3).integers(-2, 4, 2000)
    differences[::3] = -1
    exact = permutation_p_value(differences)
    monkeypatch.setattr(significance_module, "EXACT_SEGMENTS", 10)
    assert 0.001 < exact < 0.9
    assert permutation_p_value(differences) == pytest.approx(exact, rel=0.05)


def test_two_models(make_evaluation: MakeEvaluation) -> None:
    said = "one two three four five six seven eight"
    worse = said.replace("three", "tree").replace("six", "sick")
    first = make_evaluation(*[(said, worse)] * 10)
    second = make_evaluation(*[(said, said)] * 9, (said, worse))
    outcome = matched_pairs_test(first.utterances, second.utterances)
    assert (outcome.segments, outcome.first_better, outcome.second_better) == (20, 0, 18)
    assert outcome.difference == pytest.approx(-18 / 80)
    assert outcome.p_value == pytest.approx(2 * 0.5**18)
    assert outcome.significant
    assert outcome.interval is not None
    assert outcome.interval.low < -18 / 80 < outcome.interval.high <= 0
    same = matched_pairs_test(first.utterances, first.utterances)
    assert (same.p_value, same.significant, same.difference) == (1.0, False, 0.0)


@given(st.integers(0, 1000))
def test_equal_models_are_seldom_called_different(seed: int) -> None:
    draw = random.Random(seed)
    differences = [draw.choice((-1, 0, 1)) for _ in range(200)]
    flipped = [-value for value in differences]
    p_value = permutation_p_value(np.array(differences, np.int64))
    assert p_value == pytest.approx(permutation_p_value(np.array(flipped, np.int64)))
    assert 0 < p_value <= 1


def test_calibration() -> None:
    pairs = [(0.95, True)] * 9 + [(0.95, False)] + [(0.25, True)] * 1 + [(0.25, False)] * 4
    found = measure_calibration(pairs)
    assert found is not None
    # Bins: 10 words, 0.95 against 0.9; 5 words, 0.25 against 0.2.
    assert found.expected_error == pytest.approx(0.05)
    assert (found.words, len(found.bins)) == (15, 10)
    last = found.bins[-1]
    assert (last.low, last.high, last.words) == (0.9, 1.0, 10)
    assert last.confidence == pytest.approx(0.95)
    assert last.accuracy == 0.9
    assert (found.bins[2].words, found.bins[0].accuracy) == (5, None)


EDGES = [(0.0, 0), (0.1, 0), (0.1000001, 1), (0.3, 2), (0.7, 6), (1.0, 9)]


@pytest.mark.parametrize(("confidence", "number"), EDGES)
def test_the_bins_of_edges(confidence: float, number: int) -> None:
    found = measure_calibration([(confidence, True)])
    assert found is not None
    assert [item.words for item in found.bins].index(1) == number


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1), st.integers(1, 20))
def test_calibration_error_is_a_mean_of_distances(
    pairs: list[tuple[float, bool]], bins: int
) -> None:
    found = measure_calibration(pairs, bins)
    assert found is not None
    assert 0 <= found.expected_error <= 1
    assert sum(item.words for item in found.bins) == len(pairs)
    if bins == 1:
        mean = sum(confidence for confidence, _ in pairs) / len(pairs)
        right = sum(right for _, right in pairs) / len(pairs)
        assert found.expected_error == pytest.approx(abs(mean - right))


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_confidences_that_are_none(confidence: float) -> None:
    with pytest.raises(InputError, match="must give numbers from 0 to 1"):
        measure_calibration([(0.5, True), (confidence, True)])
    assert measure_calibration([]) is None
