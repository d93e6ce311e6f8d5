"""ONNX graphs in one file, with weights of eight bits if asked for."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from attune.acoustic import open_graph
from attune.acoustic.rounded_weights import with_rounded_matrices
from attune.bundle.atomic import link_or_copy
from attune.errors import InputError

__all__ = ["as_single_file", "with_int8_weights"]


def as_single_file(source: Path, target: Path) -> None:
    """Put the graph at `source` into the one file `target`, in a folder of its own.

    InputError when weights that lie in other files are missing, do not fit (2 GB), or cannot be
    taken in because the package onnx is missing.
    """
    link_or_copy(source, target)
    try:
        open_graph(target)
        return
    except InputError:
        pass  # its weights lie in other files beside `source`
    target.unlink()
    onnx = _package("onnx")
    try:
        onnx.save(onnx.load(str(source)), str(target))
    except ValueError as error:
        raise InputError(
            f"{source}: its weights do not fit one ONNX file of 2 GB: add --int8"
        ) from error
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{source}: its weights cannot be read ({reason})") from error


def with_int8_weights(source: Path, target: Path) -> None:
    """Write the graph with eight-bit weights of its matrix products, in blocks of 32 with a scale
    each; everything else stays as it is.

    InputError when the package onnx is missing or the graph cannot be rounded.
    """
    onnx = _package("onnx")
    try:
        onnx.save(with_rounded_matrices(onnx.load(str(source))), str(target))
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{source}: cannot be rounded to int8 ({reason}): leave out --int8") from (
            error
        )


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"this needs {name}: pip install 'attune[import]'") from error
