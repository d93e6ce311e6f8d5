"""The denominator on a GPU, as recorded CUDA graphs.

Its recursion is thousands of tiny kernels, one after the other, which take Python ten times as long
to start as the GPU to run. Recorded once for each shape of batch, with their gradient, they are
started together (PyTorch's CUDA graphs). Shapes are rounded up, so that few are recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from attune.train.acoustic.denominator import PhoneTrigram, denominator

__all__ = ["RecordedDenominator"]

_FRAMES, _FEW, _MANY = 32, 32, 64


@dataclass(frozen=True)
class _Recording:
    """A graph and the memory it reads (`log_probs`, `outputs`) and writes (`total`, `slope`)."""

    graph: torch.cuda.CUDAGraph
    log_probs: Tensor
    outputs: Tensor
    total: Tensor
    slope: Tensor


class RecordedDenominator:
    """`denominator` with a trigram, for CUDA tensors: log_probs, outputs to [batch]."""

    def __init__(self, trigram: PhoneTrigram) -> None:
        self.trigram = trigram
        self._recordings: dict[tuple[int, int], _Recording] = {}
        self._pool: Any = None

    def __call__(self, log_probs: Tensor, outputs: Tensor) -> Tensor:
        total: Tensor = _Replay.apply(log_probs, outputs, self)  # type: ignore[no-untyped-call]
        return total

    def replay(self, log_probs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """The denominator of each row and its gradient with respect to `log_probs`."""
        batch, frames, symbols = log_probs.shape
        rows = _FEW if batch <= 4 * _FEW else _MANY
        shape = (-(-batch // rows) * rows, -(-frames // _FRAMES) * _FRAMES)
        recording = self._recordings.get(shape)
        if recording is None:
            recording = self._recordings[shape] = self._record(*shape, symbols, log_probs.device)
        # What is left of another batch stands in rows and frames that do not count.
        recording.log_probs[:batch, :frames].copy_(log_probs)
        recording.outputs.zero_()
        recording.outputs[:batch].copy_(outputs)
        recording.graph.replay()
        return recording.total[:batch].clone(), recording.slope[:batch, :frames].clone()

    def _record(self, batch: int, frames: int, symbols: int, device: torch.device) -> _Recording:
        log_probs = torch.zeros(batch, frames, symbols, device=device)
        outputs = torch.zeros(batch, dtype=torch.int64, device=device)

        def run() -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                leaf = log_probs.detach().requires_grad_(True)
                total = denominator(leaf, outputs, self.trigram)
                (slope,) = torch.autograd.grad(total.sum(), leaf)
            return total.detach(), slope

        # Rounded factors would add up over hundreds of frames.
        precision = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("highest")
        # A first run apart lets libraries set themselves up, which a recording must not contain.
        aside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(aside):
            run()
        torch.cuda.current_stream(device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        # The thread that pins batches works on meanwhile.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            total, slope = run()
        torch.set_float32_matmul_precision(precision)
        self._pool = graph.pool()
        return _Recording(graph, log_probs, outputs, total, slope)


class _Replay(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, log_probs: Tensor, outputs: Tensor, recorded: RecordedDenominator
    ) -> Tensor:
        total, slope = recorded.replay(log_probs, outputs)
        ctx.save_for_backward(slope)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (slope,) = ctx.saved_tensors
        return slope * grads[0][:, None, None], None, None
