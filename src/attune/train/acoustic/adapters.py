"""Low-rank adapters: little data changes an encoder in few directions.

Beside each frozen matrix W of a layer a product of two thin matrices is learnt, so that the layer
computes W + scale * up @ down (LoRA, Hu et al. 2021, "LoRA: Low-rank adaptation of large language
models"). Norms and biases are learnt with them. At the end the products are added to the matrices:
an adapted encoder is no larger and no slower.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from attune.train.acoustic.config import AdapterConfig
from attune.train.acoustic.encoder import Layer

__all__ = ["AdaptedLinear", "attach_adapters", "is_adapter", "merged_weights"]

_DOWN, _UP = "adapter_down", "adapter_up"


class AdaptedLinear(nn.Linear):
    """A linear layer with an adapter, which adds nothing at first."""

    def __init__(self, inputs: int, outputs: int, config: AdapterConfig) -> None:
        super().__init__(inputs, outputs)
        self.scale = config.scale
        self.adapter_down = nn.Parameter(torch.empty(config.rank, inputs))
        self.adapter_up = nn.Parameter(torch.zeros(outputs, config.rank))
        nn.init.kaiming_uniform_(self.adapter_down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        thin = functional.linear(x, self.adapter_down)
        return super().forward(x) + self.scale * functional.linear(thin, self.adapter_up)


def attach_adapters(model: nn.Module, config: AdapterConfig) -> None:
    """Put adapters beside the matrices of all layers, and freeze everything but them, the norms
    and the biases. With rank 0 nothing happens."""
    if config.rank == 0:
        return
    for layer in [module for module in model.modules() if isinstance(module, Layer)]:
        for parent in list(layer.modules()):
            for name, linear in list(parent.named_children()):
                if isinstance(linear, nn.Linear):
                    adapted = AdaptedLinear(linear.in_features, linear.out_features, config)
                    adapted.load_state_dict(linear.state_dict(), strict=False)
                    setattr(parent, name, adapted.to(linear.weight.device))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(is_adapter(name) or parameter.ndim <= 1)


def is_adapter(name: str) -> bool:
    """Whether a parameter's name is that of an adapter."""
    return name.endswith((_DOWN, _UP))


def merged_weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights as a plain encoder has them, adapters added to their matrices; no gradients."""
    state: dict[str, Tensor] = model.state_dict()
    found = {name: value for name, value in state.items() if not is_adapter(name)}
    for name, module in model.named_modules():
        if isinstance(module, AdaptedLinear):
            change = module.adapter_up.detach() @ module.adapter_down.detach()
            found[f"{name}.weight"] = module.weight.detach() + module.scale * change
    return found
