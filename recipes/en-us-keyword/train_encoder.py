"""An encoder of keywords learns on from speech in another order (see rearranged.py).

    torchrun --standalone --nproc-per-node 2 recipes/en-us-keyword/train_encoder.py
    torchrun --standalone --nproc-per-node 2 recipes/en-us-keyword/train_encoder.py --closer

Begins with the checkpoint of `attune train acoustic recipes/en-us-keyword/encoder.yaml`, or for the
encoder that looks closer with that of prune_encoder.py, and needs teacher_rows.py. One process a
core; 6,900 steps of 100 seconds take 75 minutes of two idle cores (150 to 250 times real time).
Stopped and run again it goes on from the last checkpoint (every 500 steps). With --rounded it hears
with its weights in four bits, as they will be stored, and learns what makes up for that.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from rearranged import HOP, Rearranged
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from attune.acoustic import FeatureParameters
from attune.acoustic.rounded_weights import INT4, restored, rounded
from attune.train.acoustic.augment import mask_spectrogram
from attune.train.acoustic.batch_features import BatchFeatures
from attune.train.acoustic.checkpoint import load_checkpoint, save_checkpoint
from attune.train.acoustic.config import AcousticConfig, read_config
from attune.train.acoustic.corpus import load_corpus
from attune.train.acoustic.encoder import Encoder
from attune.train.acoustic.initial import KeywordStart, Start, read_keyword_start, read_start
from attune.train.acoustic.keyword_encoder import KeywordEncoder

CONFIG = Path("recipes/en-us-keyword/encoder.yaml")
TAUGHT = Path("exp/keyword/taught")


@dataclass(frozen=True)
class Lesson:
    """How an encoder is taught: where it begins and its training is kept, the `peak` of the
    learning rate, the rows of a batch's samples, the share of `whole` utterances, rows that are
    `cut` off samples, so that they begin and end anywhere, and the weight of the phones."""

    initial: Path
    work: Path
    peak: float
    lengths: tuple[int, ...]
    whole: float
    cut: int
    ctc_weight: float


LISTENING = Lesson(
    Path("exp/keyword-encoder/last.pt"),
    Path("exp/keyword-encoder-rearranged"),
    peak=0.002,
    lengths=(75, 100, 125, 150, 200),
    whole=0.25,
    cut=0,
    ctc_weight=0.3,
)
# A look takes in a few seconds, which begin and end where they may.
CLOSER = Lesson(
    Path("exp/keyword-closer/initial.pt"),
    Path("exp/keyword-closer"),
    peak=0.001,
    lengths=(50, 76, 100, 126, 150),
    whole=0.5,
    cut=24,
    ctc_weight=0.0,
)

BATCH_ROWS = 1250
"""Rows of a batch of one process: 50 seconds."""

WARMUP, DECAYED, LEAST_RATE = 200, 0.6, 0.01
ROWS_A_PHONE = 3.0
CLIP, AVERAGE = 2.0, 0.999


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--closer", action="store_true", help="the encoder that looks closer")
    parser.add_argument("--steps", type=int, default=6900)
    parser.add_argument(
        "--initial", type=Path, help="begin with this checkpoint or keyword bundle instead"
    )
    parser.add_argument("--peak", type=float, help="the highest learning rate")
    parser.add_argument("--work", type=Path, help="where the training is kept")
    parser.add_argument("--rounded", action="store_true", help="with the weights in four bits")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    lesson = CLOSER if arguments.closer else LISTENING
    given = {name: vars(arguments)[name] for name in ("initial", "peak", "work")}
    lesson = replace(lesson, **{name: value for name, value in given.items() if value is not None})
    Run(lesson, arguments.steps, closer=arguments.closer, four_bits=arguments.rounded).train()


class Run:
    """The state of the training in one process."""

    def __init__(self, lesson: Lesson, steps: int, *, closer: bool, four_bits: bool) -> None:
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        self.lesson, self.steps, self.closer, self.four_bits = lesson, steps, closer, four_bits
        self.start: Start | KeywordStart
        self.model: Encoder | KeywordEncoder
        if closer:
            self.start = read_start(lesson.initial)
            self.model = Encoder(self.start.encoder)
        else:
            self.start = read_keyword_start(lesson.initial)
            self.model = KeywordEncoder(self.start.encoder)
        self.model.load_state_dict(self.start.weights, strict=False)
        self.material = Material(read_config(CONFIG), self.start.features, lesson)
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            self._learning(), lr=lesson.peak, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.step, self.last = 0, lesson.work / "last.pt"
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
            self.lesson.peak
            * min(1.0, (self.step + 1) / WARMUP)
            * max(LEAST_RATE, min(1.0, left / DECAYED))
        )

    def _loss(self) -> Tensor:
        """Divergence from the teacher's posteriors, and CTC where the phones are known, a phone."""
        random = np.random.default_rng([17, self.rank, self.step])
        frames, taught, phones = self.material.batch(random)
        lengths = torch.full((len(frames),), frames.shape[1])
        stored = stored_weights(self.model) if self.four_bits else {}
        log_probs = functional_call(self.model, stored, (frames, lengths))[0]
        log_probs = log_probs[:, : taught.shape[1]]
        apart = functional.kl_div(log_probs, taught, reduction="sum", log_target=True)
        known = [i for i, said in enumerate(phones) if said]
        if known and self.lesson.ctc_weight:
            counts = torch.tensor([len(phones[i] or ()) for i in known])
            apart = apart + self.lesson.ctc_weight * functional.ctc_loss(
                log_probs[known].transpose(0, 1),
                torch.tensor([code for i in known for code in phones[i] or ()]),
                torch.full((len(known),), log_probs.shape[1]),
                counts,
                reduction="sum",
                zero_infinity=True,
            )
        return apart / (taught.shape[0] * taught.shape[1] / ROWS_A_PHONE)

    def _learning(self) -> list[torch.nn.Parameter]:
        """What is learnt: all but heads that only the recogniser's training has."""
        return [
            p
            for name, p in self.model.named_parameters()
            if not name.startswith(("middle_", "character_"))
        ]

    def _share_gradients(self) -> None:
        """Their mean over the processes, clipped."""
        parameters = self._learning()
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
            "encoder" if self.closer else "keyword_encoder": asdict(self.start.encoder),
            "features": self.start.features.to_json(),
        }
        save_checkpoint(self.last, state)


def stored_weights(model: nn.Module) -> dict[str, Tensor]:
    """The matrices as `export_encoder.py` stores them, in four bits; gradients go through to the
    whole ones (the straight-through estimator of Bengio et al. 2013, arXiv:1308.3432)."""
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            whole = module.weight
            stored = restored(*rounded(whole.detach().numpy().T, INT4), INT4).T
            found[f"{name}.weight"] = whole + (torch.from_numpy(stored) - whole).detach()
    return found


def taught_speeds() -> tuple[str, ...]:
    """The speeds at which the teacher has heard everything."""
    return tuple(sorted({path.name.split("-")[0] for path in TAUGHT.glob("*.npz")}))


class Material:
    """Batches of rearranged speech, in rooms and noise."""

    def __init__(
        self, config: AcousticConfig, parameters: FeatureParameters, lesson: Lesson
    ) -> None:
        self.features, self.lesson = BatchFeatures(parameters), lesson
        config = replace(config, augment=replace(config.augment, room=0.35, padding=0.0))
        corpus = load_corpus(config, parameters, lambda text: print(text, file=sys.stderr))
        self.augmenter = corpus.augmenter
        self.speech = Rearranged(config, TAUGHT, taught_speeds(), lesson.whole)

    def batch(self, random: np.random.Generator) -> tuple[Tensor, Tensor, list[list[int] | None]]:
        """Frames [batch, time, bins], the teacher's log posteriors [batch, rows, symbols], and
        phones where they are known."""
        rows, cut = int(random.choice(self.lesson.lengths)), self.lesson.cut
        frames, taught, phones = [], [], []
        for _ in range(max(2, BATCH_ROWS // rows)):
            samples, posteriors, said = self.speech.sample(random, rows + cut)
            assert len(samples) == (rows + cut) * HOP
            heard = self.features(self.augmenter.distort(samples, random))
            first = int(random.integers(cut + 1))
            heard = heard[4 * first : 4 * (first + rows)]
            whole = np.zeros((4 * rows, heard.shape[1]), np.float32)
            whole[: len(heard)] = heard
            frames.append(mask_spectrogram(whole, self.augmenter.config, random))
            taught.append(posteriors[first : first + rows])
            phones.append(said)
        together = torch.log_softmax(torch.from_numpy(np.stack(taught)), dim=-1)
        return torch.from_numpy(np.stack(frames)), together, phones


if __name__ == "__main__":
    main()
