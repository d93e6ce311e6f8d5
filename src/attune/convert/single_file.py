"""ONNX graphs in one file, with weights of eight bits if asked for."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attune.acoustic import open_graph
from attune.bundle.atomic import link_or_copy
from attune.errors import InputError

__all__ = ["as_single_file", "with_int8_weights"]

_INT8_ARITHMETIC = 4  # accuracy level of the MatMulNBits operator
_BLOCK = 32


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
    from onnxruntime.quantization import matmul_nbits_quantizer as nbits

    config = nbits.DefaultWeightOnlyQuantConfig(
        block_size=_BLOCK, is_symmetric=True, accuracy_level=_INT8_ARITHMETIC, bits=8
    )
    try:
        with _quiet(nbits.__name__):
            quantizer = nbits.MatMulNBitsQuantizer(onnx.load(str(source)), algo_config=config)
            quantizer.process()
            quantizer.model.save_model_to_file(str(target), False)
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


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    """The quantizer logs a line a node, at a level that it sets for the whole program."""
    level, own = logging.getLogger().level, logging.getLogger(name)
    before = own.level
    own.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logging.getLogger().setLevel(level)
        own.setLevel(before)
