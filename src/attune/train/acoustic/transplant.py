"""New weights in an old graph: an adapted encoder computes as its base does, with other numbers.

Exporting again would take a minute and could give another graph; here only initializers change.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from attune.acoustic.rounded_weights import levels_tensor, rounded
from attune.bundle.atomic import name_beside, write_errors
from attune.errors import AttuneError
from attune.train.acoustic.config import EncoderConfig
from attune.train.acoustic.encoder import Encoder
from attune.train.acoustic.export import MOST_ROUNDING, rounding_difference
from attune.train.acoustic.initial import packed_matrices

__all__ = ["transplant"]

_PREFIX = "encoder."


def transplant(
    graph: Path, weights: Mapping[str, Tensor], encoder: EncoderConfig, path: Path
) -> float:
    """Write the exported `graph` with other `weights`, rounded as its own are, to `path`.

    Returns the mean distance of the posteriors that rounding costs. AttuneError when it is above
    MOST_ROUNDING: then the graph is not that of the encoder.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(graph))
    values = {name: value.detach().float().numpy() for name, value in weights.items()}
    new: dict[str, Any] = {}
    matrices = list(packed_matrices(model))
    for matrix in matrices:
        levels, scales = rounded(values[matrix.name].T, matrix.rounding)
        new[matrix.levels] = levels_tensor(levels, matrix.levels, matrix.rounding)
        new[matrix.scales] = numpy_helper.from_array(scales, matrix.scales)
    for stored in model.graph.initializer:
        name = stored.name.removeprefix(_PREFIX)
        if stored.name in new:
            stored.CopyFrom(new[stored.name])
        elif stored.name.startswith(_PREFIX) and name in values:
            stored.CopyFrom(numpy_helper.from_array(values[name], stored.name))
    temporary = name_beside(path)
    try:
        with write_errors(path):
            onnx.save(model, str(temporary))
        reference = Encoder(encoder)
        reference.load_state_dict(dict(weights), strict=False)
        difference = rounding_difference(reference.eval(), temporary)
        if difference > max(MOST_ROUNDING[matrix.rounding.bits] for matrix in matrices):
            raise AttuneError(
                f"{graph}: with the new weights it disagrees with PyTorch by {difference:.3f}"
            )
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return difference
