"""The training loop: data parallel over processes, resumable at any checkpoint.

One process a GPU, or one a core: on CPUs a process with a single thread each beats one process
with several, because nothing waits inside an operation. Gradients are averaged once a step.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader

from attune.acoustic import FRAME_SHIFT, FeatureParameters
from attune.errors import AttuneError
from attune.train.acoustic.adapters import attach_adapters, is_adapter, merged_weights
from attune.train.acoustic.batches import Batch, Order, TrainingSet, plan_epoch
from attune.train.acoustic.checkpoint import load_checkpoint, load_matching, save_checkpoint
from attune.train.acoustic.config import AcousticConfig
from attune.train.acoustic.corpus import Corpus, load_corpus
from attune.train.acoustic.machine import has_bf16, join_processes, open_board
from attune.train.acoustic.networks import (
    Beginning,
    begin,
    make_network,
    make_teacher,
    network_sizes,
)
from attune.train.acoustic.objective import Objective
from attune.train.acoustic.optimizer import Anchor, make_optimizer
from attune.train.acoustic.schedule import learning_rate
from attune.train.acoustic.stopping import asked_to_stop, undisturbed
from attune.train.acoustic.validate import score_dev

__all__ = ["Progress", "train_acoustic"]


@dataclass(frozen=True)
class Progress:
    """What a run reports every few steps. `speed` is seconds of audio a second of wall time."""

    step: int
    steps: int
    epoch: int
    loss: float
    learning_rate: float
    speed: float
    eta_seconds: float
    message: str = ""


class _Stop(KeyboardInterrupt):
    """Asked to stop: save and leave."""


def train_acoustic(
    config: AcousticConfig, report: Callable[[Progress], None] = lambda progress: None
) -> Path:
    """Train until `steps`, early stop or a signal; returns the checkpoint to export.

    Under torchrun every process calls this. Raises InputError for unusable data and AttuneError
    when a checkpoint cannot be written; either way the last checkpoint stays valid.
    """
    rank, world = join_processes()
    if config.threads:
        torch.set_num_threads(config.threads)
    device = torch.device(f"cuda:{rank}") if torch.cuda.is_available() else torch.device("cpu")
    torch.manual_seed(config.seed + rank)
    config.work.mkdir(parents=True, exist_ok=True)
    beginning = begin(config)
    config = beginning.config
    corpus = _load(config, beginning.features, rank, world, report)
    run = _Run(beginning, corpus, device, rank, world, report)
    with asked_to_stop(run.ask_to_stop):
        try:
            run.resume()
            run.train()
        except KeyboardInterrupt as stop:
            with undisturbed():
                run.save("last")
            raise AttuneError(
                f"stopped at step {run.step}; the same command resumes from "
                f"{config.work / 'last.pt'}"
            ) from stop
        except (RuntimeError, OSError, EOFError) as error:
            # A signal to the whole process group ends the loader too, at any point of a transfer.
            if not run.stopping and "DataLoader worker" not in str(error):
                raise
            with undisturbed():
                run.save("last")
            raise AttuneError(
                f"the process that prepares batches was ended at step {run.step}; the same command "
                f"resumes from {config.work / 'last.pt'}"
            ) from error
        finally:
            if dist.is_initialized():
                dist.destroy_process_group()
    best = config.work / "best.pt"
    return best if best.exists() else config.work / "last.pt"


def _load(
    config: AcousticConfig,
    features: FeatureParameters | None,
    rank: int,
    world: int,
    report: Callable[[Progress], None],
) -> Corpus:
    """Process 0 prepares the work folder; the others then find everything in place."""
    if rank == 0:
        total = config.optimizer.steps
        corpus = load_corpus(
            config, features, lambda text: report(Progress(0, total, 0, 0, 0, 0, 0, text))
        )
    if world > 1:
        dist.barrier()
    if rank > 0:
        corpus = load_corpus(config, features, lambda text: None)
    return corpus


class _Run:
    """The state of one training run in one process."""

    def __init__(
        self,
        beginning: Beginning,
        corpus: Corpus,
        device: torch.device,
        rank: int,
        world: int,
        report: Callable[[Progress], None],
    ) -> None:
        config, start = beginning.config, beginning.start
        self.config, self.start = config, start
        self.corpus, self.device = corpus, device
        self.rank, self.world, self.report = rank, world, report
        self.model = make_network(config).to(device)
        attach_adapters(self.model, config.adapters)
        self.teacher = make_teacher(beginning, corpus.parameters, device)
        self.objective = Objective(config.optimizer, corpus, config.encoder.phones)
        self.optimizer = make_optimizer(self.model, config.optimizer)
        starts = start.weights if start is not None else {}
        self.anchor = Anchor(self.model, starts, config.optimizer.anchor)
        self.average = {k: v.clone() for k, v in merged_weights(self.model).items()}
        self.step = self.epoch = self.batch = 0
        self.best = math.inf
        self.best_is_sequence = False
        self.stopping = False
        self.stale = 0
        self.recent: list[float] = []
        self.audio, self.clock = 0.0, time.monotonic()
        self.log = config.work / "log.jsonl"
        self.bf16 = config.precision == "bf16" or (config.precision == "auto" and has_bf16(device))
        # Where a GPU works in 32 bits, its tensor cores may round the factors of products.
        torch.set_float32_matmul_precision("high")
        self.board = open_board(config.work) if rank == 0 else None

    def ask_to_stop(self, *_: object) -> None:
        """Stop after this step; asked again, at once."""
        if self.stopping:
            raise KeyboardInterrupt
        self.stopping = True

    def resume(self) -> None:
        """Continue from last.pt, else start from `initial`."""
        last = self.config.work / "last.pt"
        if last.exists():
            state = load_checkpoint(last)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average = {k: v.to(self.device) for k, v in state["average"].items()}
            self.step, self.epoch, self.batch = state["step"], state["epoch"], state["batch"]
            self.best, self.stale = state["best"], state["stale"]
            self.best_is_sequence = state.get("best_is_sequence", False)
        elif self.start is not None:
            fresh = load_matching(self.model, self.start.weights, self.config.drop_layers)
            self.average = {k: v.clone() for k, v in merged_weights(self.model).items()}
            fresh = [name for name in fresh if not is_adapter(name)]
            if fresh and self.rank == 0:
                self._say(f"started fresh: {', '.join(fresh)}")
        # Layer drop and dropout go on differently after a resume unless they are reseeded.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step * 17 + self.rank)

    def save(self, name: str) -> None:
        if self.rank:
            return
        save_checkpoint(
            self.config.work / f"{name}.pt",
            {
                "model": self.model.state_dict(),
                "average": self.average,
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "epoch": self.epoch,
                "batch": self.batch,
                "best": self.best,
                "best_is_sequence": self.best_is_sequence,
                "stale": self.stale,
                **network_sizes(self.config),
                "features": self.corpus.parameters.to_json(),
            },
        )

    def train(self) -> None:
        optimizer = self.config.optimizer
        for batch in self._batches():
            if self.step >= optimizer.steps:
                break
            self.epoch, self.batch = batch.planned.epoch, batch.planned.number + 1
            self.recent.append(self._train_step(batch))
            self.audio += float(batch.lengths.sum()) * FRAME_SHIFT
            self.step += 1
            if self.stopping:
                raise _Stop
            if self.step % 25 == 0:
                self._progress()
            if self.step % self.config.checkpoint_steps == 0:
                self.save("last")
            if self.step in self.config.keep:
                self.save(f"step-{self.step}")
            if self.step % self.config.evaluate_steps == 0 and self._evaluate():
                return
        self.save("last")
        self._evaluate()

    def _batches(self) -> DataLoader[Batch]:
        """This process's batches from here on, over all epochs: workers start once."""
        corpus, config = self.corpus, self.config
        order = Order(self._plan, self.epoch, self.batch, self.step)
        return DataLoader(
            TrainingSet(
                corpus.store,
                corpus.targets,
                corpus.parameters,
                corpus.augmenter,
                alignments=corpus.alignments,
                seed=config.seed,
                views=self.objective.views,
                clean=self.teacher is not None,
            ),
            sampler=order,
            batch_size=None,
            num_workers=config.workers,
            prefetch_factor=4,
            pin_memory=self.device.type == "cuda",
        )

    def _plan(self, epoch: int, begin: int) -> list[tuple[int, ...]]:
        """This process's batches of the epoch that begins at step `begin`."""
        corpus, config = self.corpus, self.config
        plan = plan_epoch(
            corpus.seconds,
            corpus.aligned_weights if begin < config.optimizer.flat_start else corpus.weights,
            batch_seconds=config.optimizer.batch_seconds / self.objective.views,
            seed=config.seed,
            epoch=epoch,
            processes=self.world,
            short_first=epoch == 0 and config.initial is None and not corpus.aligned,
        )
        return plan[self.rank :: self.world]

    def _chunks(self, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The chunk of each row of this step's batch, and how many before it are seen."""
        chunks = self.config.chunks
        random = np.random.default_rng([self.config.seed, self.step, 3, self.rank])
        sizes = random.choice(chunks.sizes, rows)
        full = random.random(rows) < chunks.full
        left = np.maximum(1, chunks.left_frames // sizes)
        return (
            torch.from_numpy(np.where(full, 0, sizes)),
            torch.from_numpy(np.where(full, -1, left)),
        )

    def _train_step(self, batch: Batch) -> float:
        self.model.train()
        config = self.config.optimizer
        rate = learning_rate(self.step, config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self._loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        # Asked of the device once a step, and late, for every answer waits for its work.
        value, norm = torch.stack([loss.detach(), self._share_gradients()]).tolist()
        if not math.isfinite(value):
            names = self.corpus.name(batch.planned.utterances)
            self._say(f"step {self.step}: loss is {value}; skipped {names}")
        if math.isfinite(norm):
            self.optimizer.step()
            self.anchor.pull(rate)
        self.optimizer.zero_grad(set_to_none=True)
        # A young average follows faster.
        decay = min(config.average, (1 + self.step) / (20 + self.step))
        own = merged_weights(self.model)
        torch._foreach_lerp_(list(self.average.values()), list(own.values()), 1 - decay)
        return float(value)

    def _loss(self, batch: Batch) -> torch.Tensor:
        batch = batch.map(lambda tensor: tensor.to(self.device, non_blocking=True))
        chunks = (limit.to(self.device) for limit in self._chunks(len(batch.frames)))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            posteriors = self.model(batch.frames, batch.lengths, *chunks)
            taught = None
            if self.teacher is not None:
                with torch.no_grad():
                    taught = self.teacher(batch.clean, batch.lengths)[0]
        return self.objective.loss(posteriors, batch, self.step, taught)

    def _share_gradients(self) -> torch.Tensor:
        """Average over processes, clip; the norm before clipping, not finite if any loss is not."""
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        if self.world > 1:
            # A dropped layer has no gradient in one process and has one in another.
            flat = torch.cat(
                [
                    (p.grad if p.grad is not None else torch.zeros_like(p)).reshape(-1)
                    for p in parameters
                ]
            )
            dist.all_reduce(flat)
            flat /= self.world
            pieces = torch.split(flat, [p.numel() for p in parameters])
            for p, piece in zip(parameters, pieces, strict=True):
                p.grad = piece.view_as(p)
        return torch.nn.utils.clip_grad_norm_(parameters, self.config.optimizer.clip)

    def _progress(self) -> None:
        """Report and log the last steps (their mean loss, and speed over all processes)."""
        if self.rank:
            return
        elapsed = time.monotonic() - self.clock
        steps = self.config.optimizer.steps
        progress = Progress(
            self.step,
            steps,
            self.epoch,
            float(np.nanmean(self.recent)),
            learning_rate(self.step, self.config.optimizer),
            self.audio * self.world / elapsed,
            (steps - self.step) * elapsed / len(self.recent),
        )
        self.report(progress)
        self._log(asdict(progress))
        if self.board is not None:
            self.board.add_scalar("train/loss", progress.loss, self.step)
            self.board.add_scalar("train/speed", progress.speed, self.step)
        self.recent, self.audio, self.clock = [], 0.0, time.monotonic()

    def _evaluate(self) -> bool:
        """Score the dev sets with the averaged weights; true if patience has run out.

        Process 0 scores and tells the others, so that all stop together.
        """
        verdict = torch.zeros(1)
        if self.rank == 0 and self.corpus.dev:
            model = make_network(self.config).to(self.device)
            model.load_state_dict(self.average)
            others = self.objective.others(self.step)
            scores = [
                score_dev(model, dev, self.corpus.parameters, others) for dev in self.corpus.dev
            ]
            if (others is not None) != self.best_is_sequence:
                # Losses with and without the denominator do not compare.
                self.best, self.stale = math.inf, 0
                self.best_is_sequence = others is not None
            for score in scores:
                self._log({"step": self.step, **asdict(score)})
                self._say(f"step {self.step}: {score}")
                if self.board is not None:
                    self.board.add_scalar(f"dev/{score.name}", score.phone_error, self.step)
            loss = float(np.mean([s.loss for s in scores]))
            self.stale = 0 if loss < self.best else self.stale + 1
            if loss < self.best:
                self.best = loss
                self.save("best")
            patience = self.config.optimizer.patience
            verdict[0] = float(0 < patience <= self.stale)
        if self.world > 1:
            verdict = verdict.to(self.device)
            dist.broadcast(verdict, 0)
        self.recent, self.audio, self.clock = [], 0.0, time.monotonic()
        return bool(verdict.item())

    def _say(self, message: str) -> None:
        self.report(
            Progress(self.step, self.config.optimizer.steps, self.epoch, 0, 0, 0, 0, message)
        )

    def _log(self, values: dict[str, Any]) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")
