"""What the machine offers a training process: its place among others, number formats, a board."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

__all__ = ["has_bf16", "join_processes", "open_board"]


def join_processes() -> tuple[int, int]:
    """Join the process group that torchrun describes, if there is one."""
    if "RANK" not in os.environ:
        return 0, 1
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return dist.get_rank(), dist.get_world_size()


def has_bf16(device: torch.device) -> bool:
    """Whether bf16 is the faster type here: on CPUs only with instructions for it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def open_board(folder: Path) -> Any:
    """A TensorBoard writer, or None without the package."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))
