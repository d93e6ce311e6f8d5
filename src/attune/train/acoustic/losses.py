"""Training objectives over a batch of frame log-posteriors."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from attune.train.acoustic.frame_labels import NO_LABEL

__all__ = [
    "consistency",
    "ctc",
    "ctc_with_priors",
    "divergence",
    "frame_cross_entropy",
    "uniform_labels",
]


def ctc(log_probs: Tensor, outputs: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """CTC loss of each utterance (Graves et al. 2006): float32 [batch], 0 where the length is 0.

    `log_probs` [batch, frame, symbol]; impossible paths come with length 0 and must not be hidden
    by infinities turned to zero.
    """
    live = lengths > 0
    loss = functional.ctc_loss(
        log_probs.transpose(0, 1), targets, outputs, lengths, reduction="none"
    )
    return torch.where(live, loss, torch.zeros_like(loss))


def ctc_with_priors(
    log_probs: Tensor, outputs: Tensor, targets: Tensor, lengths: Tensor, scale: float
) -> Tensor:
    """Cross entropy against the alignment that CTC expects of scaled likelihoods: float32 [batch].

    Plain CTC on an untrained network expects blanks nearly everywhere, learns them, and can stay
    there for thousands of steps. As in hybrid models, and for CTC in Huang et al. (2024, "Less
    peaky and more accurate CTC forced alignment by label priors"), the expectation is computed
    from posteriors divided by priors^scale, priors being the mean posteriors of the batch, so that
    no symbol gains by being frequent. With scale 0 the gradient is that of CTC.
    """
    live = torch.arange(log_probs.shape[1], device=log_probs.device)[None] < outputs[:, None]
    live = (live & (lengths[:, None] > 0))[:, :, None]
    shifted = log_probs.detach()
    priors = torch.where(live, shifted.exp(), torch.zeros_like(shifted)).sum((0, 1))
    priors = (priors / live.sum().clamp(min=1)).clamp(min=1e-4)
    shifted = (shifted - scale * priors.log()).requires_grad_(True)
    with torch.enable_grad():
        loss = ctc(shifted, outputs, targets, lengths).sum()
        (slope,) = torch.autograd.grad(loss, shifted)
    # The library returns the gradient with respect to logits: exp(log_probs) - expectation.
    expected = (shifted.detach().exp() - slope).clamp(0.0, 1.0)
    return -torch.where(live, expected * log_probs, torch.zeros_like(log_probs)).sum((1, 2))


def consistency(log_probs: Tensor, outputs: Tensor) -> Tensor:
    """Sum over frames of the symmetric KL between two views of the same utterances.

    The first half of the batch holds one view, the second half the other, each the other's teacher
    without gradient (CR-CTC, Yao et al. 2024). A scalar.
    """
    first, second = log_probs.chunk(2)
    keep = torch.arange(first.shape[1], device=first.device)[None] < outputs[: len(first), None]
    apart = functional.kl_div(
        first, second.detach(), reduction="none", log_target=True
    ) + functional.kl_div(second, first.detach(), reduction="none", log_target=True)
    return (apart.sum(-1) * keep).sum() / 2


def divergence(log_probs: Tensor, teacher: Tensor, outputs: Tensor, silent: Tensor) -> Tensor:
    """Sum over frames of KL(teacher || student) (Hinton et al. 2015, "Distilling the knowledge in a
    neural network"). A scalar. Both [batch, frame, symbol]; the teacher's may have a frame more.

    Where nothing is said (`silent`, bool [batch]) the blank is taught: a recogniser that never had
    to be silent about noise hears a bit of everything in it.
    """
    n = log_probs.shape[1]
    keep = torch.arange(n, device=log_probs.device)[None] < outputs[:, None]
    apart = functional.kl_div(log_probs, teacher[:, :n], reduction="none", log_target=True).sum(-1)
    apart = torch.where(silent[:, None], -log_probs[:, :, 0], apart)
    return (apart * keep).sum()


def frame_cross_entropy(log_probs: Tensor, labels: Tensor) -> Tensor:
    """Sum over frames against known phones; NO_LABEL frames do not count. A scalar.

    `log_probs` [batch, frame, symbol]; `labels` int64 [batch, frame], perhaps a frame shorter.
    """
    return functional.nll_loss(
        log_probs[:, : labels.shape[1]].transpose(1, 2),
        labels,
        ignore_index=NO_LABEL,
        reduction="sum",
    )


def uniform_labels(outputs: Tensor, targets: Tensor, lengths: Tensor, frames: Tensor) -> Tensor:
    """A uniform alignment, for the first steps: int64 [batch, output].

    CTC from random weights spends hundreds of steps predicting blanks only. As the flat start of
    hidden Markov models (Young et al., The HTK Book), each utterance's phones are spread evenly
    over its loud frames and the quiet frames are blank: wrong in detail, right enough to tell
    vowels from noise. `frames` float32 [batch, time, bins] are the input, four to an output.
    """
    count = int(outputs.max())
    energy = functional.pad(frames.mean(-1), (0, max(0, 4 * count - frames.shape[1])))
    energy = energy[:, : 4 * count].reshape(len(energy), count, 4).mean(-1)
    live = torch.arange(count, device=energy.device)[None] < outputs[:, None]
    energy = torch.where(live, energy, torch.nan)
    low, high = energy.nanquantile(0.1, 1, keepdim=True), energy.nanquantile(0.95, 1, keepdim=True)
    loud = live & (energy > low + 0.35 * (high - low))
    position = loud.cumsum(1) - 1
    total = loud.sum(1, keepdim=True).clamp(min=1)
    index = torch.div(position * lengths[:, None], total, rounding_mode="floor")
    symbol = targets.gather(1, index.clamp(0, targets.shape[1] - 1))
    symbol = torch.where(loud, symbol, torch.zeros_like(symbol))
    return torch.where(live & (lengths[:, None] > 0), symbol, torch.full_like(symbol, NO_LABEL))
