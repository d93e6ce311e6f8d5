"""A smaller encoder out of a large one: layers and units that give little are taken away.

Layers add small corrections to what they are given, so that an encoder works, if worse, without
some of them (Fan et al. 2020, "Reducing transformer depth on demand with structured dropout"); of
the units in its feed-forward networks those are kept that put out most. What is left is where
training goes on from, taught by the large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from attune.errors import InputError
from attune.train.acoustic.encoder import Encoder, FeedForward

__all__ = ["pruned_encoder"]


def pruned_encoder(
    whole: Encoder, layers: Sequence[int], feedforward: int, frames: Tensor, lengths: Tensor
) -> Encoder:
    """An encoder with those of the inner `layers` of `whole`, counted from 0, and feed-forward
    networks of `feedforward` times the dimension.

    Units are judged by what they put out for `frames` [batch, time, features], of `lengths`
    [batch]: its mean square, by the squared length of the vector that it is multiplied with.
    InputError for layers that are not there or out of order, and for more units than there are.
    """
    config = whole.config
    if not layers or list(layers) != sorted(set(layers) & set(range(config.inner_layers))):
        raise InputError(
            f"layers {list(layers)}: give some of 0 to {config.inner_layers - 1}, in order"
        )
    if not 2 <= feedforward <= config.feedforward:
        raise InputError(f"feedforward {feedforward}: give 2 to {config.feedforward}")
    networks = {
        name: module
        for name, module in whole.named_modules()
        if isinstance(module, FeedForward) and not name.startswith("front.")
    }
    worth = _worth(whole, networks, frames, lengths)
    weights = {name: value.detach().clone() for name, value in whole.state_dict().items()}
    for name, module in networks.items():
        times = feedforward // 2 if name.endswith(".first") else feedforward
        chosen = worth[name].argsort(descending=True)[: times * module.up.in_features]
        kept = chosen.sort().values
        weights[f"{name}.up.weight"] = weights[f"{name}.up.weight"][kept]
        weights[f"{name}.up.bias"] = weights[f"{name}.up.bias"][kept]
        weights[f"{name}.down.weight"] = weights[f"{name}.down.weight"][:, kept]
    small = Encoder(replace(config, inner_layers=len(layers), feedforward=feedforward))
    small.load_state_dict(_renumbered(weights, layers))
    return small.train(whole.training)


def _worth(
    whole: Encoder, networks: dict[str, FeedForward], frames: Tensor, lengths: Tensor
) -> dict[str, Tensor]:
    """How much each unit of the feed-forward networks gives, [units]."""
    heard: dict[str, Tensor] = {}

    def remember(name: str, given: Tensor) -> None:
        heard[name] = given

    hooks = [
        module.register_forward_pre_hook(lambda _, given, name=name: remember(name, given[0]))
        for name, module in networks.items()
    ]
    try:
        with torch.no_grad():
            whole(frames, lengths)
            return {
                name: functional.silu(module.up(module.norm(heard[name])))
                .flatten(0, -2)
                .square()
                .mean(0)
                * module.down.weight.square().sum(0)
                for name, module in networks.items()
            }
    finally:
        for hook in hooks:
            hook.remove()


def _renumbered(weights: dict[str, Tensor], layers: Sequence[int]) -> dict[str, Tensor]:
    """Weights without the inner layers that are taken away."""
    left = {}
    for name, value in weights.items():
        stage, _, rest = name.partition(".")
        number, _, rest = rest.partition(".")
        if stage != "inner":
            left[name] = value
        elif int(number) in layers:
            left[f"inner.{list(layers).index(int(number))}.{rest}"] = value
    return left
