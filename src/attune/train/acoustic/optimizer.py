"""What is learnt and how fast, and what draws it back to where it started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from attune.train.acoustic.config import OptimizerConfig

__all__ = ["Anchor", "make_optimizer"]


def make_optimizer(model: nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """AdamW over what is not frozen; norms and biases do not decay."""
    learnt = [p for p in model.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in learnt if p.ndim > 1]},
        {"params": [p for p in learnt if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups,
        weight_decay=config.weight_decay,
        betas=(0.9, 0.98),
        fused=True,
    )


class Anchor:
    """Draws learnt weights back to where they started.

    Weight decay towards a pretrained network in place of 0 (L2-SP; Li, Grandvalet & Davoine 2018,
    "Explicit inductive bias for transfer learning"), decoupled from the gradient as in AdamW.
    """

    def __init__(self, model: nn.Module, starts: Mapping[str, Tensor], strength: float) -> None:
        self.strength = strength
        pairs = [
            (p.data, starts[name].to(p.device))
            for name, p in model.named_parameters()
            if p.requires_grad and name in starts and starts[name].shape == p.shape
        ]
        self._weights, self._starts = [w for w, _ in pairs], [s for _, s in pairs]

    def pull(self, rate: float) -> None:
        """One step at a learning rate."""
        if self.strength > 0 and self._weights:
            torch._foreach_lerp_(self._weights, self._starts, rate * self.strength)
