"""Checkpoints: written whole or not at all, so that a kill or a full disk leaves the last one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from attune.errors import AttuneError, InputError

__all__ = ["load_checkpoint", "load_matching", "save_checkpoint"]


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state`; AttuneError on a full disk, with the previous file still in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise AttuneError(
            f"{path}: the checkpoint could not be written ({error}); the one before is intact. "
            "Free some space and start the same command again: training resumes from it."
        ) from error


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; InputError if it is damaged or is something else."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such checkpoint") from error
    except Exception as error:
        raise InputError(f"{path}: not a checkpoint, or damaged ({error})") from error
    if not isinstance(state, dict) or "model" not in state:
        raise InputError(f"{path}: not an acoustic checkpoint")
    return state


def load_matching(
    model: torch.nn.Module, weights: dict[str, torch.Tensor], drop_layers: int = 0
) -> list[str]:
    """Copy the weights that fit, for fine-tuning with another symbol set.

    The `drop_layers` topmost layers keep their fresh initialisation (the output heads do so
    whenever their size differs). Returns the names that were left fresh.
    """
    after = getattr(model, "after", [])
    dropped = tuple(f"after.{len(after) - 1 - i}." for i in range(drop_layers))
    own = model.state_dict()
    fits = {
        name: value
        for name, value in weights.items()
        if name in own
        and own[name].shape == value.shape
        and not name.startswith(dropped or ("\0",))
    }
    model.load_state_dict(fits, strict=False)
    return sorted(set(own) - set(fits))
