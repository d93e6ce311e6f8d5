"""The denominator of sequence-discriminative training: all that could have been said.

Lattice-free maximum mutual information (Povey et al., "Purely sequence-trained neural networks for
ASR based on lattice-free MMI", Interspeech 2016) with the CTC topology (Xiang and Ou, "CRF-based
single-stage acoustic modeling with CTC topology", ICASSP 2019): a transcript's score is its CTC
probability times that of its phones under a phone trigram, and training raises its share of the sum
over all phone sequences. Plain CTC is the same with a phone language model that likes all sequences
alike, so it spends its capacity on what the language model of the search knows anyway.

With 39 phones a trigram has 1,600 histories: small enough for a dense forward recursion in the
probability domain, scaled every few frames.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["PhoneTrigram", "denominator"]

_SCALE_EVERY = 4  # frames between scalings: a frame takes a factor of 1e-7 at the very worst


class PhoneTrigram:
    """Trigram probabilities of phones, Witten-Bell smoothed (Witten and Bell 1991).

    `next` float32 [before, last, phone]: probability of a phone after two others; `end` float32
    [before, last]: that nothing more follows. Index 0 stands for the beginning.
    """

    def __init__(self, sequences: Iterable[NDArray[np.int32]], symbols: int) -> None:
        """Count `sequences` of phones in 1..`symbols` - 1. Column 0 of the counts is the end."""
        counts = np.zeros((symbols, symbols, symbols))
        for phones in sequences:
            padded = np.concatenate([[0, 0], phones, [0]])
            np.add.at(counts, (padded[:-2], padded[1:-1], padded[2:]), 1)
        lower = np.full(symbols, 1.0 / symbols)
        lower = _witten_bell(counts.sum((0, 1)), lower)
        lower = _witten_bell(counts.sum(0), lower)
        table = torch.from_numpy(_witten_bell(counts, lower).astype(np.float32))
        self.end = table[:, :, 0].clone()
        self.next = table
        self.next[:, :, 0] = 0.0
        self._steps: dict[torch.device, tuple[Tensor, Tensor]] = {}

    def steps(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """What a frame multiplies by, and the end, on a device.

        float32 [last, kind of state and before, phone]: from the phone `last` itself (first half)
        no step leads to the same phone, from the blank after it any; `end` is [last, before].
        """
        if device not in self._steps:
            self._steps[device] = self._steps_on(device)
        return self._steps[device]

    def _steps_on(self, device: torch.device) -> tuple[Tensor, Tensor]:
        following = self.next.to(device)
        direct = following.clone()
        index = torch.arange(len(direct), device=device)
        direct[:, index, index] = 0.0
        both = torch.cat([direct, following]).transpose(0, 1).contiguous()
        return both, self.end.T.to(device).contiguous()


def _witten_bell(counts: NDArray[np.float64], lower: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts [..., phone] mixed with the lower order by the number of different successors."""
    kinds = (counts > 0).sum(-1, keepdims=True)
    total = counts.sum(-1, keepdims=True) + kinds
    mixed: NDArray[np.float64] = np.where(
        total > 0, (counts + kinds * lower) / np.maximum(total, 1), lower
    )
    return mixed


def denominator(log_probs: Tensor, outputs: Tensor, trigram: PhoneTrigram) -> Tensor:
    """Log sum over all phone sequences of CTC probability times trigram probability: [batch].

    `log_probs` [batch, frame, symbol], symbol 0 the blank; `outputs` [batch] frames that count.
    """
    batch, _, symbols = log_probs.shape
    # Past its end an utterance goes on in blanks of probability 1, which change no mass: a test of
    # every frame would cost more than the frame.
    live = torch.arange(log_probs.shape[1], device=log_probs.device)[None] < outputs[:, None]
    silent = torch.zeros(symbols, device=log_probs.device).index_fill(0, outputs.new_zeros(1), 1.0)
    probs = torch.where(live[:, :, None], log_probs.float().exp(), silent)
    step, end = trigram.steps(probs.device)
    # Mass by (last, batch, before): in the phone `last`, and in the blank after it.
    inside = probs.new_zeros(symbols, batch, symbols)
    after = probs.new_zeros(symbols, batch, symbols)
    after[0, :, 0] = 1.0
    total = probs.new_zeros(batch)
    by_frame = probs.permute(1, 2, 0).unsqueeze(-1).unbind(0)
    for frame, now in enumerate(by_frame):
        entered = torch.cat([inside, after], dim=2) @ step
        inside, after = (inside + entered.permute(2, 1, 0)) * now, (inside + after) * now[0]
        if frame % _SCALE_EVERY == _SCALE_EVERY - 1:
            scale = (inside + after).sum((0, 2)).clamp(min=1e-30)
            inside, after = inside / scale[:, None], after / scale[:, None]
            total = total + scale.log()
    return total + ((inside + after) * end[:, None, :]).sum((0, 2)).clamp(min=1e-30).log()
