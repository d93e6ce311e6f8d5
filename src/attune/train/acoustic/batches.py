"""Length-bucketed batches in an order that depends only on (seed, epoch)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from attune.acoustic import SUBSAMPLING, FeatureParameters
from attune.train.acoustic.augment import Augmenter, mask_spectrogram
from attune.train.acoustic.batch_features import BatchFeatures
from attune.train.acoustic.frame_labels import NO_LABEL, Alignment, frame_labels
from attune.train.acoustic.store import AudioStore
from attune.train.acoustic.targets import Targets, frames_needed

__all__ = ["Batch", "Order", "Planned", "TrainingSet", "plan_epoch"]


@dataclass(frozen=True)
class Planned:
    """Which utterances make the batch that is `number` in its epoch."""

    epoch: int
    number: int
    utterances: tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """One step's input for one process.

    `frames` float32 [batch, time, bins], `lengths` int64 [batch]; targets int64 [batch, longest]
    with their lengths; `labels` int64 [batch, output] are the phones of known alignments (NO_LABEL
    where there is none, and past the ends); `clean` [batch, time, bins] are the frames without
    noise, rooms and masks if a teacher is to hear them, else [0]; `silent` bool [batch] are
    recordings in which nothing is said; `planned` says which utterances.
    An utterance whose character (phone) path is impossible has `character_lengths`
    (`phone_lengths`) 0 and is left out of that loss.
    """

    frames: Tensor
    lengths: Tensor
    phones: Tensor
    phone_lengths: Tensor
    characters: Tensor
    character_lengths: Tensor
    labels: Tensor
    clean: Tensor
    silent: Tensor
    planned: Planned

    def map(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with every tensor changed."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "planned"}
        return Batch(
            **{name: change(value) for name, value in values.items()}, planned=self.planned
        )

    def pin_memory(self) -> Batch:
        """The batch in page-locked memory; the loader calls this where there is a GPU."""
        return self.map(lambda tensor: tensor.pin_memory())


def plan_epoch(
    seconds: Sequence[float],
    weights: Sequence[float],
    *,
    batch_seconds: float,
    seed: int,
    epoch: int,
    processes: int = 1,
    short_first: bool = False,
) -> list[tuple[int, ...]]:
    """Batches of one epoch: each at most `batch_seconds` long with padding counted.

    An utterance of weight w is drawn floor(w) times and once more with probability w - floor(w).
    The count is a multiple of `processes`, which take turns. `short_first` sorts by length (a
    curriculum for the first epoch); otherwise batches are shuffled.
    """
    random = np.random.default_rng([seed, epoch])
    weight = np.asarray(weights, np.float64)
    copies = np.floor(weight).astype(int) + (random.random(len(weight)) < weight % 1.0)
    chosen = np.repeat(np.arange(len(weight)), copies)
    length = np.asarray(seconds, np.float64)[chosen]
    # Jitter, so that neighbours differ from epoch to epoch.
    order = np.argsort(length * random.uniform(0.9, 1.1, len(length)), kind="stable")
    batches: list[tuple[int, ...]] = []
    current: list[int] = []
    longest = 0.0
    for position in order:
        longest_then = max(longest, length[position])
        if current and longest_then * (len(current) + 1) > batch_seconds:
            batches.append(tuple(current))
            current, longest_then = [], length[position]
        current.append(int(chosen[position]))
        longest = longest_then
    if current:
        batches.append(tuple(current))
    batches = batches[: len(batches) - len(batches) % processes] or batches * processes
    if not short_first:
        # Shuffle groups of `processes` neighbours, so that processes get batches of like length.
        groups = [batches[i : i + processes] for i in range(0, len(batches), processes)]
        batches = [batch for i in random.permutation(len(groups)) for batch in groups[i]]
    return batches


class Order(Sampler[Planned]):
    """One process's batches from batch `number` of epoch `epoch` on, which is step `step`.

    There is no end. `plan` gives this process's batches of an epoch that begins at a step.
    """

    def __init__(
        self,
        plan: Callable[[int, int], Sequence[tuple[int, ...]]],
        epoch: int,
        number: int,
        step: int,
    ) -> None:
        self.plan, self.epoch, self.number, self.step = plan, epoch, number, step

    def __iter__(self) -> Iterator[Planned]:
        epoch, number, begin = self.epoch, self.number, self.step - self.number
        while True:
            batches = self.plan(epoch, begin)
            for i in range(number, len(batches)):
                yield Planned(epoch, i, batches[i])
            epoch, number, begin = epoch + 1, 0, begin + len(batches)


class TrainingSet(Dataset[Batch]):
    """Planned batches, augmented and padded."""

    def __init__(
        self,
        store: AudioStore,
        targets: Sequence[Targets],
        parameters: FeatureParameters,
        augmenter: Augmenter,
        *,
        alignments: Sequence[Alignment | None],
        seed: int,
        views: int = 1,
        clean: bool = False,
    ) -> None:
        self.store, self.targets, self.features = store, targets, BatchFeatures(parameters)
        self.augmenter, self.alignments = augmenter, alignments
        self.seed, self.views, self.clean = seed, views, clean

    def __getitem__(self, planned: Planned) -> Batch:
        views: list[list[np.ndarray]] = [[] for _ in range(self.views)]
        targets = [self.targets[i] for i in planned.utterances]
        labels = []
        clean = []
        # One speed for all: lengths that stay alike need little padding.
        draw = np.random.default_rng([self.seed, planned.epoch, planned.utterances[0], 1])
        speed = self.augmenter.speed(draw)
        for index in planned.utterances:
            samples = self.store.read(index)
            random = np.random.default_rng([self.seed, planned.epoch, index])
            samples, delay = self.augmenter.pace(samples, speed, random)
            if self.clean:
                clean.append(self.features(samples))
            frames = self.features(self.augmenter.distort(samples, random))
            labels.append(
                frame_labels(self.alignments[index], len(frames), speed=speed, delay=delay)
            )
            for view in views:
                view.append(mask_spectrogram(frames, self.augmenter.config, random))
        return collate(
            [f for view in views for f in view],
            targets * self.views,
            planned,
            labels * self.views,
            clean * self.views,
        )


def collate(
    frames: Sequence[np.ndarray],
    targets: Sequence[Targets],
    planned: Planned,
    labels: Sequence[np.ndarray] = (),
    clean: Sequence[np.ndarray] = (),
) -> Batch:
    """Pad with zeros, which is the mean frame, and mark impossible paths with length 0."""
    lengths = [len(f) for f in frames]
    padded = _padded(frames)

    def pad(kind: str) -> tuple[Tensor, Tensor]:
        rows = [getattr(t, kind) for t in targets]
        fits = [
            len(r) if frames_needed(r) <= -(-n // SUBSAMPLING) else 0
            for r, n in zip(rows, lengths, strict=True)
        ]
        table = np.zeros((len(rows), max(1, *(len(r) for r in rows))), np.int64)
        for line, r in zip(table, rows, strict=True):
            line[: len(r)] = r
        return torch.from_numpy(table), torch.tensor(fits)

    outputs = -(-padded.shape[1] // SUBSAMPLING)
    known = np.full((len(frames), outputs), NO_LABEL, np.int64)
    for line, r in zip(known, labels, strict=False):
        line[: len(r)] = r
    phones, phone_lengths = pad("phones")
    characters, character_lengths = pad("characters")
    return Batch(
        torch.from_numpy(padded),
        torch.tensor(lengths),
        phones,
        phone_lengths,
        characters,
        character_lengths,
        torch.from_numpy(known),
        torch.from_numpy(_padded(clean) if clean else np.zeros(0, np.float32)),
        torch.tensor([len(target.phones) == 0 for target in targets]),
        planned,
    )


def _padded(frames: Sequence[np.ndarray]) -> np.ndarray:
    padded = np.zeros((len(frames), max(len(f) for f in frames), frames[0].shape[1]), np.float32)
    for row, f in zip(padded, frames, strict=True):
        row[: len(f)] = f
    return padded
