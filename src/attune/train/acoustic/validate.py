"""Scores on development sets while training: the loss of the step and greedy phone error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from attune.acoustic import FeatureParameters, extract
from attune.decode import greedy
from attune.train.acoustic.batches import Planned, collate
from attune.train.acoustic.corpus import DevSet
from attune.train.acoustic.denominator import PhoneTrigram, denominator
from attune.train.acoustic.encoder import Encoder
from attune.train.acoustic.keyword_encoder import KeywordEncoder
from attune.train.acoustic.losses import ctc

__all__ = ["DevScore", "score_dev"]

_BATCH = 16
_STREAM_CHUNK, _STREAM_LEFT = 8, 8


@dataclass(frozen=True)
class DevScore:
    """`loss` a phone; phone error with full attention and in chunks of 0.32 s (ratios)."""

    name: str
    loss: float
    phone_error: float
    stream_phone_error: float

    def __str__(self) -> str:
        return (
            f"{self.name}: loss {self.loss:.3f}, phone error {self.phone_error:.1%}, "
            f"streaming {self.stream_phone_error:.1%}"
        )


def score_dev(
    model: Encoder | KeywordEncoder,
    dev: DevSet,
    parameters: FeatureParameters,
    others: tuple[PhoneTrigram, float] | None = None,
) -> DevScore:
    """Score `model` on a dev set without augmentation.

    The loss is CTC, and with `others` (the denominator's trigram and weight) that of
    sequence-discriminative training: CTC alone rises there while words get better.
    """
    model.eval()
    device = next(model.parameters()).device
    rows = sorted(dev.rows, key=dev.store.seconds)
    loss, phones, errors, stream_errors = 0.0, 0, 0, 0
    with torch.inference_mode():
        for start in range(0, len(rows), _BATCH):
            part = tuple(rows[start : start + _BATCH])
            frames = [extract(dev.store.read(i), parameters) for i in part]
            planned = Planned(0, start, part)
            batch = collate(frames, [dev.targets[i] for i in part], planned).map(
                lambda tensor: tensor.to(device)
            )
            full = model(batch.frames, batch.lengths)
            chunked = model(batch.frames, batch.lengths, _STREAM_CHUNK, _STREAM_LEFT)
            loss += float(ctc(full[0], full[3], batch.phones, batch.phone_lengths).sum())
            if others is not None:
                trigram, weight = others
                loss += weight * float(denominator(full[0], full[3], trigram).sum())
            for row, i in enumerate(part):
                reference = dev.targets[i].phones
                n = int(full[3][row])
                phones += len(reference)
                errors += _distance(greedy(full[0][row, :n].cpu().numpy()), reference)
                stream_errors += _distance(greedy(chunked[0][row, :n].cpu().numpy()), reference)
    phones = max(1, phones)
    return DevScore(dev.name, loss / phones, errors / phones, stream_errors / phones)


def _distance(hypothesis: NDArray[np.int64], reference: NDArray[np.int32]) -> int:
    """Levenshtein distance, a row at a time."""
    columns = np.arange(len(reference) + 1)
    row = columns.copy()
    for symbol in hypothesis:
        best = np.minimum(row[:-1] + (reference != symbol), row[1:] + 1)
        # Insertions run along the row: a running minimum of value minus column.
        full = np.concatenate([[row[0] + 1], best])
        row = np.minimum.accumulate(full - columns) + columns
    return int(row[-1])
