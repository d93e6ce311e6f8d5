"""Networks as they are loaded: ONNX graphs on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from attune.errors import InputError

__all__ = ["open_graph", "session_options"]


def session_options(threads: int = 1) -> onnxruntime.SessionOptions:
    """How Attune has every graph computed, with so many threads for one inference."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # The arena keeps the largest utterance or batch ever seen: memory would be lost for good.
    options.enable_cpu_mem_arena = False
    # Weights that are stored as int8 become floats once, while loading. Left alone, ONNX Runtime
    # fuses them with their products and rounds each row of activations: less exact, and slower on
    # processors without instructions for sums of int8 products.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    return options


def open_graph(path: Path | str, threads: int = 1) -> onnxruntime.InferenceSession:
    """Load an ONNX graph; InputError when it cannot be."""
    try:
        return onnxruntime.InferenceSession(
            str(path), session_options(threads), providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{path}: the network cannot be loaded ({reason})") from error
