"""What a step minimises: it changes as training goes on, from alignments to whole sequences.

First cross entropy against an alignment, then CTC whose expected alignment is levelled by label
priors, then CTC, and in the last steps CTC against the denominator.
"""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor

from attune.train.acoustic.batches import Batch
from attune.train.acoustic.config import OptimizerConfig
from attune.train.acoustic.corpus import Corpus
from attune.train.acoustic.denominator import PhoneTrigram, denominator
from attune.train.acoustic.denominator_graph import RecordedDenominator
from attune.train.acoustic.frame_labels import NO_LABEL
from attune.train.acoustic.losses import (
    consistency,
    ctc,
    ctc_with_priors,
    divergence,
    frame_cross_entropy,
    uniform_labels,
)
from attune.train.acoustic.schedule import prior_scale

__all__ = ["Objective"]


class Objective:
    """The loss of a batch at a step."""

    def __init__(self, config: OptimizerConfig, corpus: Corpus, phones: int) -> None:
        self.config = config
        self.aligned = corpus.aligned
        self.trigram: PhoneTrigram | None = None
        self.recorded: RecordedDenominator | None = None
        if config.sequence_steps:
            used = zip(corpus.targets, corpus.weights, strict=True)
            spoken = (target.phones for target, weight in used if weight > 0)
            self.trigram = PhoneTrigram(chain(spoken, corpus.sentences), phones)
            self.recorded = RecordedDenominator(self.trigram)

    @property
    def views(self) -> int:
        """How many masked copies of each utterance a batch holds."""
        return 2 if self.config.consistency_weight > 0 else 1

    def others(self, step: int) -> tuple[PhoneTrigram, float] | None:
        """The denominator's trigram and weight at a step; None before sequence training."""
        if self.trigram is None or step < self.config.steps - self.config.sequence_steps:
            return None
        return self.trigram, self.config.sequence_weight

    def loss(
        self,
        posteriors: tuple[Tensor, Tensor, Tensor, Tensor],
        batch: Batch,
        step: int,
        teacher: Tensor | None = None,
    ) -> Tensor:
        """A scalar, the mean over phones (over frames while alignments are learnt).

        `posteriors` is what the encoder returns for `batch`, which is on the same device, and
        `teacher` the log-posteriors of its clean frames, [batch, n, phones].
        """
        phones, characters, middle, outputs = posteriors
        config = self.config
        targets, lengths = batch.phones, batch.phone_lengths
        if step < config.flat_start:
            labels = (
                batch.labels
                if self.aligned
                else uniform_labels(outputs, targets, lengths, batch.frames)
            )
            first, second = (frame_cross_entropy(p, labels) for p in (phones, middle))
            return (first + second) / (labels != NO_LABEL).sum().clamp(min=1)
        scale = prior_scale(step, config)
        total = torch.zeros((), device=phones.device)
        for log_probs, weight in ((phones, config.ctc_weight), (middle, config.middle_weight)):
            if weight == 0.0:
                continue
            loss = (
                ctc_with_priors(log_probs, outputs, targets, lengths, scale)
                if scale > 0
                else ctc(log_probs, outputs, targets, lengths)
            )
            total = total + weight * loss.sum()
        if config.character_weight > 0:
            written = batch.characters, batch.character_lengths
            total = total + config.character_weight * ctc(characters, outputs, *written).sum()
        if self.views == 2:
            total = total + config.consistency_weight * consistency(phones, outputs)
        if teacher is not None:
            total = total + config.teacher_weight * divergence(
                phones, teacher, outputs, batch.silent
            )
        others = self.others(step)
        if others is not None:
            trigram, weight = others
            rest = (
                self.recorded(phones, outputs)
                if self.recorded is not None and phones.is_cuda
                else denominator(phones, outputs, trigram)
            )
            total = total + weight * torch.where(lengths > 0, rest, 0.0).sum()
        count = lengths.sum().clamp(min=1)
        if teacher is not None:
            # A batch of noise alone has no phones.
            count = torch.maximum(count, torch.div(outputs.sum(), 16, rounding_mode="floor"))
        return total / count
