"""Stage 3 of the keyword encoder: it learns on from speech in another order (see rearranged.py).

    torchrun --standalone --nproc-per-node 2 recipes/en-us-keyword/train_encoder.py

Begins with the checkpoint of stage 1 (`attune train acoustic recipes/en-us-keyword/encoder.yaml`)
and needs stage 2 (teacher_rows.py). One process a core; 6,900 steps of 100 seconds take 75 minutes
of two idle cores (150 to 250 times real time). Stopped and run again it goes on from the last
checkpoint (every 500 steps).
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from rearranged import HOP, Rearranged
from torch import Tensor
from torch.nn import functional

from attune.acoustic import FeatureParameters
from attune.train.acoustic.augment import mask_spectrogram
from attune.train.acoustic.batch_features import BatchFeatures
from attune.train.acoustic.checkpoint import load_checkpoint, save_checkpoint
from attune.train.acoustic.config import AcousticConfig, read_config
from attune.train.acoustic.corpus import load_corpus
from attune.train.acoustic.initial import read_keyword_start
from attune.train.acoustic.keyword_encoder import KeywordEncoder

CONFIG = Path("recipes/en-us-keyword/encoder.yaml")
TAUGHT = Path("exp/keyword/taught")
SPEEDS = ("1.0", "1.1")
LENGTHS = (75, 100, 125, 150, 200)
"""Rows of a batch's samples."""

BATCH_ROWS = 1250
"""Rows of a batch of one process: 50 seconds."""

WARMUP, DECAYED, LEAST_RATE = 200, 0.6, 0.01
CTC_WEIGHT = 0.3
ROWS_A_PHONE = 3.0
CLIP, AVERAGE = 2.0, 0.999


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--initial", type=Path, default=Path("exp/keyword-encoder/last.pt"))
    parser.add_argument("--work", type=Path, default=Path("exp/keyword-encoder-rearranged"))
    parser.add_argument("--steps", type=int, default=6900)
    parser.add_argument("--peak", type=float, default=0.002)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    run = Run(arguments.initial, arguments.work, arguments.steps, arguments.peak)
    run.train()


class Run:
    """The state of the training in one process."""

    def __init__(self, initial: Path, work: Path, steps: int, peak: float) -> None:
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        self.steps, self.peak = steps, peak
        self.start = read_keyword_start(initial)
        config = read_config(CONFIG)
        self.material = Material(config, self.start.features)
        self.model = KeywordEncoder(self.start.encoder)
        self.model.load_state_dict(self.start.weights)
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.step, self.last = 0, work / "last.pt"
        if self.last.exists():
            state = load_checkpoint(self.last)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average, self.step = state["average"], state["step"]

    def train(self) -> None:
        """Until the last step, with a checkpoint now and then."""
        self.model.train()
        told, losses = time.monotonic(), []
        while self.step < self.steps:
            for group in self.optimizer.param_groups:
                group["lr"] = self._rate()
            loss = self._loss()
            loss.backward()  # type: ignore[no-untyped-call]
            self._share_gradients()
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            decay = min(AVERAGE, (1 + self.step) / (20 + self.step))
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)
            self.step += 1
            losses.append(loss.item())
            if self.rank == 0 and self.step % 100 == 0:
                seconds = BATCH_ROWS * self.world * len(losses) / 25
                speed = seconds / (time.monotonic() - told)
                print(f"step {self.step}: loss {np.mean(losses):.3f}, {speed:.0f} x", flush=True)
                told, losses = time.monotonic(), []
            if self.rank == 0 and (self.step % 500 == 0 or self.step == self.steps):
                self._save()

    def _rate(self) -> float:
        left = 1 - self.step / self.steps
        return (
            self.peak
            * min(1.0, (self.step + 1) / WARMUP)
            * max(LEAST_RATE, min(1.0, left / DECAYED))
        )

    def _loss(self) -> Tensor:
        """Divergence from the teacher's posteriors, and CTC where the phones are known, a phone."""
        random = np.random.default_rng([17, self.rank, self.step])
        frames, taught, phones = self.material.batch(random)
        lengths = torch.full((len(frames),), frames.shape[1])
        log_probs = self.model(frames, lengths)[0]
        apart = functional.kl_div(log_probs, taught, reduction="sum", log_target=True)
        known = [i for i, said in enumerate(phones) if said]
        if known:
            counts = torch.tensor([len(phones[i] or ()) for i in known])
            apart = apart + CTC_WEIGHT * functional.ctc_loss(
                log_probs[known].transpose(0, 1),
                torch.tensor([code for i in known for code in phones[i] or ()]),
                torch.full((len(known),), log_probs.shape[1]),
                counts,
                reduction="sum",
                zero_infinity=True,
            )
        return apart / (taught.shape[0] * taught.shape[1] / ROWS_A_PHONE)

    def _share_gradients(self) -> None:
        """Their mean over the processes, clipped."""
        parameters = list(self.model.parameters())
        flat = torch.cat([p.grad.reshape(-1) for p in parameters if p.grad is not None])
        dist.all_reduce(flat)
        flat /= self.world
        sizes = [p.numel() for p in parameters]
        for p, piece in zip(parameters, torch.split(flat, sizes), strict=True):
            p.grad = piece.view_as(p)
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "keyword_encoder": asdict(self.start.encoder),
            "features": self.start.features.to_json(),
        }
        save_checkpoint(self.last, state)


class Material:
    """Batches of rearranged speech, in rooms and noise."""

    def __init__(self, config: AcousticConfig, parameters: FeatureParameters) -> None:
        self.features = BatchFeatures(parameters)
        config = replace(config, augment=replace(config.augment, room=0.35, padding=0.0))
        corpus = load_corpus(config, parameters, lambda text: print(text, file=sys.stderr))
        self.augmenter = corpus.augmenter
        self.speech = Rearranged(config, TAUGHT, SPEEDS)

    def batch(self, random: np.random.Generator) -> tuple[Tensor, Tensor, list[list[int] | None]]:
        """Frames [batch, time, bins], the teacher's log posteriors [batch, rows, symbols], and
        phones where they are known."""
        rows = int(random.choice(LENGTHS))
        frames, taught, phones = [], [], []
        for _ in range(max(2, BATCH_ROWS // rows)):
            samples, posteriors, said = self.speech.sample(random, rows)
            assert len(samples) == rows * HOP
            heard = self.features(self.augmenter.distort(samples, random))
            whole = np.zeros((4 * rows, heard.shape[1]), np.float32)
            whole[: len(heard)] = heard[: len(whole)]
            frames.append(mask_spectrogram(whole, self.augmenter.config, random))
            taught.append(posteriors)
            phones.append(said)
        together = torch.log_softmax(torch.from_numpy(np.stack(taught)), dim=-1)
        return torch.from_numpy(np.stack(frames)), together, phones


if __name__ == "__main__":
    main()
