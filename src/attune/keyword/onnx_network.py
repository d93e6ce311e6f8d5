"""A keyword encoder that only ONNX Runtime can compute: any graph with the same inputs and outputs.

The graph takes `frames` [batch, 4 n, bins] and `state` [batch, S], and gives `log_posteriors`
[batch, n, symbols], `hidden` [batch, n, D] and `next_state`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.acoustic.graphs import open_graph
from attune.errors import InputError

__all__ = ["OnnxNetwork"]

Floats = NDArray[np.float32]

_INPUTS = {"frames", "state"}
_OUTPUTS = ["log_posteriors", "hidden", "next_state"]


class OnnxNetwork:
    """A loaded graph; threads may share it. InputError for one that is no keyword encoder."""

    def __init__(self, path: Path) -> None:
        self._session = open_graph(path)
        inputs = {one.name: one.shape for one in self._session.get_inputs()}
        outputs = {one.name: one.shape for one in self._session.get_outputs()}
        if set(inputs) != _INPUTS or not set(_OUTPUTS) <= set(outputs):
            raise InputError(
                f"{path}: not a keyword encoder (inputs: {', '.join(inputs)}; outputs: "
                f"{', '.join(outputs)}): use the encoder of a keyword bundle"
            )
        self.symbols = int(outputs["log_posteriors"][2])
        self.width = int(outputs["hidden"][2])
        self.state_size = int(inputs["state"][1])

    def step(self, frames: Floats, state: Floats) -> tuple[Floats, Floats, Floats]:
        """Log posteriors [n, symbols], hidden activations [n, width] and the next state from
        frames [4 n, bins] and state [1, state_size]."""
        rows, hidden, following = self._session.run(
            _OUTPUTS, {"frames": frames[None], "state": state}
        )
        return rows[0], hidden[0], following
