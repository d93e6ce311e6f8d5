"""The denominator against a sum over every phone sequence."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from attune.train.acoustic.denominator import PhoneTrigram, denominator  # noqa: E402
from attune.train.acoustic.denominator_graph import RecordedDenominator  # noqa: E402
from attune.train.acoustic.losses import ctc  # noqa: E402

SEQUENCES = [np.array(s, np.int32) for s in ([1, 2], [1, 2, 2], [1], [2, 1, 1, 2])]


@pytest.fixture
def trigram() -> PhoneTrigram:
    return PhoneTrigram(SEQUENCES, 3)


def test_probabilities_sum_to_one(trigram: PhoneTrigram) -> None:
    total = trigram.next.sum(-1) + trigram.end
    assert torch.allclose(total, torch.ones(3, 3))
    assert (trigram.next[:, :, 1:] > 0).all()


def test_frequent_phones_are_likelier(trigram: PhoneTrigram) -> None:
    assert trigram.next[0, 0, 1] > trigram.next[0, 0, 2] > trigram.end[0, 0]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_equals_the_sum_over_all_sequences(trigram: PhoneTrigram, frames: int) -> None:
    torch.manual_seed(frames)
    log_probs = torch.randn(1, frames + 2, 3).log_softmax(-1)
    outputs = torch.tensor([frames])
    terms = []
    for length in range(frames + 1):
        for phones in itertools.product([1, 2], repeat=length):
            history = [0, 0, *phones]
            prior = float(trigram.end[history[-2], history[-1]])
            for a, b, c in zip(history, history[1:], phones, strict=False):
                prior *= float(trigram.next[a, b, c])
            if length:
                targets, lengths = torch.tensor([phones]), torch.tensor([length])
                score = -float(ctc(log_probs, outputs, targets, lengths))
            else:
                score = float(log_probs[0, :frames, 0].sum())
            terms.append(score + np.log(prior))
    expected = np.logaddexp.reduce(terms)
    assert float(denominator(log_probs, outputs, trigram)) == pytest.approx(expected, abs=1e-4)


def test_gradient_is_the_posterior_of_symbols(trigram: PhoneTrigram) -> None:
    log_probs = torch.randn(2, 6, 3).log_softmax(-1).requires_grad_(True)
    denominator(log_probs, torch.tensor([6, 4]), trigram).sum().backward()
    occupancy = log_probs.grad.sum(-1)
    assert torch.allclose(occupancy[0], torch.ones(6), atol=1e-4)
    assert torch.allclose(occupancy[1], torch.tensor([1.0, 1, 1, 1, 0, 0]), atol=1e-4)


def test_long_silence_does_not_underflow(trigram: PhoneTrigram) -> None:
    log_probs = torch.full((1, 2000, 3), -20.0)
    log_probs[:, :, 0] = 0.0
    found = denominator(log_probs, torch.tensor([2000]), trigram)
    assert torch.isfinite(found).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("shape", [(2, 6), (40, 70)])
def test_a_recording_equals_the_recursion(trigram: PhoneTrigram, shape: tuple[int, int]) -> None:
    recorded = RecordedDenominator(trigram)
    for seed in range(2):
        torch.manual_seed(seed)
        log_probs = torch.randn(*shape, 3, device="cuda").log_softmax(-1).requires_grad_(True)
        outputs = torch.randint(1, shape[1] + 1, shape[:1], device="cuda")
        expected = denominator(log_probs, outputs, trigram)
        (slope,) = torch.autograd.grad(expected.sum(), log_probs)
        found = recorded(log_probs, outputs)
        found.sum().backward()
        assert torch.allclose(found, expected, atol=1e-3)
        assert torch.allclose(log_probs.grad, slope, atol=1e-3)
