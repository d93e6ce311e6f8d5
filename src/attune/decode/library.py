"""The compiled decoder (native/attune_decode.h) as ctypes sees it.

The library has a plain C interface, so ctypes loads it on any Python and releases the interpreter
lock during every call.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import (
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_float,
    c_int,
    c_size_t,
    c_uint32,
    c_uint64,
)
from ctypes import c_void_p as c_pointer
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from attune.errors import AttuneError, InputError

__all__ = [
    "ALIGNED_SEGMENT",
    "DECODED_WORD",
    "FOUND_HYPOTHESIS",
    "LATTICE_ARC",
    "MOST_SYMBOLS",
    "NONE",
    "AttuneDecoderStats",
    "AttuneGraphInput",
    "AttuneGraphStats",
    "AttuneLattice",
    "AttuneNetworkShape",
    "AttuneOptions",
    "AttunePhrases",
    "AttunePronunciations",
    "AttuneQuery",
    "AttuneResult",
    "AttuneSpotOptions",
    "ConformerShape",
    "LogMelOptions",
    "address",
    "check",
    "library",
    "records",
]

ABI = 5
NONE = 0xFFFFFFFF
MOST_SYMBOLS = 32768

DECODED_WORD = np.dtype(
    [
        ("word", "u4"),
        ("pronunciation", "u4"),
        ("start", "u4"),
        ("end", "u4"),
        ("acoustic", "f4"),
        ("language", "f4"),
        ("posterior", "f4"),
        ("unused", "u4"),
    ]
)
FOUND_HYPOTHESIS = np.dtype([("score", "f8"), ("language", "f8"), ("first", "u4"), ("count", "u4")])
LATTICE_ARC = np.dtype([("from", "u4"), ("to", "u4"), ("word", DECODED_WORD), ("delta", "f4")])
ALIGNED_SEGMENT = np.dtype(
    [
        ("word", "u4"),
        ("variant", "u4"),
        ("start", "u4"),
        ("end", "u4"),
        ("score", "f4"),
        ("unused", "u4"),
    ]
)


class AttunePronunciations(Structure):
    _fields_: ClassVar[Any] = [
        ("phones", c_pointer),
        ("offsets", c_pointer),
        ("words", c_pointer),
        ("log_priors", c_pointer),
        ("count", c_uint32),
    ]


class AttuneGraphInput(Structure):
    _fields_: ClassVar[Any] = [
        ("pronunciations", AttunePronunciations),
        ("symbols", c_uint32),
        ("word_count", c_uint32),
        ("word_text", c_char_p),
        ("word_text_length", c_uint64),
        ("model", c_pointer),
        ("model_length", c_uint64),
    ]


class AttuneGraphStats(Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_uint32) for name in ("nodes", "leaves", "word_ends", "words", "words_in_model")),
        *((name, c_uint32) for name in ("symbols", "order", "unused")),
        *((name, c_uint64) for name in ("ngrams", "bytes")),
    ]


class AttuneOptions(Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_float) for name in ("beam", "word_beam", "lm_weight", "word_score")),
        *((name, c_float) for name in ("pronunciation_weight", "blank_skip", "lattice_beam")),
        *((name, c_float) for name in ("unfinished_penalty", "oov_log_prob")),
        *((name, c_uint32) for name in ("max_active", "max_alternates", "history_frames")),
        *((name, c_uint32) for name in ("history_limit", "log_add")),
        ("symbol_offsets", c_pointer),
    ]


class AttunePhrases(Structure):
    _fields_: ClassVar[Any] = [
        ("offsets", c_pointer),
        ("words", c_pointer),
        ("boosts", c_pointer),
        ("count", c_uint32),
        ("new_words", c_uint32),
        ("pronunciations", AttunePronunciations),
    ]


class AttuneQuery(Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_uint32) for name in ("final", "count", "unfinished")),
        ("posterior_scale", c_float),
    ]


class AttuneResult(Structure):
    _fields_: ClassVar[Any] = [
        ("hypotheses", c_pointer),
        ("words", c_pointer),
        *((name, c_uint32) for name in ("hypothesis_count", "word_count", "stable_words")),
        ("trailing_frames", c_uint32),
        ("completion_cost", c_float),
        *((name, c_uint32) for name in ("frames", "committed_words", "unused")),
    ]


class AttuneLattice(Structure):
    _fields_: ClassVar[Any] = [
        ("arcs", c_pointer),
        ("arc_count", c_uint32),
        ("node_count", c_uint32),
        ("final_scores", c_pointer),
    ]


class AttuneDecoderStats(Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_uint64) for name in ("frames", "skipped_frames", "expanded", "candidates")),
        *((name, c_uint64) for name in ("word_ends", "model_lookups", "model_misses")),
        *((name, c_uint64) for name in ("histories", "arcs", "collections", "bytes")),
        *((name, c_uint32) for name in ("active", "peak_active")),
    ]


class AttuneSpotOptions(Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_float) for name in ("relative", "phone_minimum", "blank_floor", "lowest")),
        ("mid_speech", c_float),
        *((name, c_uint32) for name in ("rows_a_phone", "rows_more", "pause_rows")),
    ]


class AttuneNetworkShape(Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_uint32) for name in ("features", "subsampling", "dim", "hidden", "kernel")),
        *((name, c_uint32) for name in ("phones", "delay", "blocks")),
        ("dilations", c_pointer),
    ]


class ConformerShape(Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_uint32) for name in ("features", "channels", "outer_dim", "outer_layers")),
        *((name, c_uint32) for name in ("inner_dim", "inner_layers", "heads", "feedforward")),
        *((name, c_uint32) for name in ("kernel", "lookahead", "lookbehind", "symbols")),
    ]


class LogMelOptions(Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_float) for name in ("sample_rate", "low_hz", "high_hz", "floor")),
        *((name, c_uint32) for name in ("length", "shift", "bins", "prior", "window")),
        *((name, c_pointer) for name in ("mean", "scale")),
    ]


_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "attune_graph_create": (
        c_int,
        [POINTER(AttuneGraphInput), POINTER(c_pointer), POINTER(c_uint64)],
    ),
    "attune_graph_stats": (None, [c_pointer, POINTER(AttuneGraphStats)]),
    "attune_graph_free": (None, [c_pointer]),
    "attune_decoder_create": (
        c_int,
        [c_pointer, POINTER(AttuneOptions), c_pointer, POINTER(c_pointer), POINTER(c_uint64)],
    ),
    "attune_decoder_reset": (c_int, [c_pointer, c_pointer, c_uint32]),
    "attune_decoder_advance": (c_int, [c_pointer, c_pointer, c_uint32, POINTER(c_uint64)]),
    "attune_decoder_close": (c_int, [c_pointer]),
    "attune_decoder_result": (c_int, [c_pointer, POINTER(AttuneQuery), POINTER(AttuneResult)]),
    "attune_decoder_lattice": (c_int, [c_pointer, POINTER(AttuneQuery), POINTER(AttuneLattice)]),
    "attune_decoder_stats": (None, [c_pointer, POINTER(AttuneDecoderStats)]),
    "attune_decoder_free": (None, [c_pointer]),
    "attune_align": (
        c_int,
        [
            *(c_pointer, c_uint32, c_uint32, POINTER(AttunePronunciations), c_pointer, c_uint32),
            *(c_pointer, c_pointer, POINTER(c_uint32), POINTER(c_double), POINTER(c_uint64)),
        ],
    ),
    "attune_spotter_create": (
        c_int,
        [
            *(POINTER(AttunePronunciations), c_uint32, c_uint32, POINTER(AttuneSpotOptions)),
            *(POINTER(c_pointer), POINTER(c_uint64)),
        ],
    ),
    "attune_spotter_advance": (
        c_int,
        [c_pointer, c_pointer, c_uint32, c_pointer, c_pointer, POINTER(c_uint64)],
    ),
    "attune_spotter_reset": (None, [c_pointer]),
    "attune_spotter_free": (None, [c_pointer]),
    "attune_network_run": (
        c_int,
        [
            *(POINTER(AttuneNetworkShape), c_pointer, c_pointer, c_uint32),
            *(c_pointer, c_pointer, c_pointer),
        ],
    ),
    "conformer_run": (
        c_int,
        [POINTER(ConformerShape), c_pointer, c_pointer, c_uint32, c_pointer],
    ),
    "logmel_create": (c_pointer, [POINTER(LogMelOptions)]),
    "logmel_ready": (c_size_t, [c_pointer, c_size_t]),
    "logmel_accept": (c_size_t, [c_pointer, c_pointer, c_size_t, c_pointer]),
    "logmel_free": (None, [c_pointer]),
}


@cache
def library() -> ctypes.CDLL:
    """The loaded library.

    Raises AttuneError when it is missing or older than this code, and says how to build it.
    """
    suffixes = {"win32": "attune_decode.dll", "darwin": "libattune_decode.dylib"}
    path = Path(__file__).with_name(suffixes.get(sys.platform, "libattune_decode.so"))
    build = "build it with `pip install .` (or `pip install -e .` in a checkout)"
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise AttuneError(f"{path}: cannot load the decoder ({error}): {build}") from error
    loaded.attune_decode_abi.restype = c_uint32
    if loaded.attune_decode_abi() != ABI:
        raise AttuneError(f"{path}: the compiled decoder is of another version: {build}")
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.restype = result
        function.argtypes = arguments
    return loaded


_MESSAGES = {
    1: (MemoryError, "not enough memory for decoding"),
    7: (InputError, "the utterance is finished: call reset() before the next frames"),
    8: (AttuneError, "decoding broke off for lack of memory: call reset() to go on"),
    9: (InputError, "too much for one decoder: use fewer frames, words or phrases"),
}
_MODEL_FAULTS = {
    1: "not an n-gram file of this version",
    2: "impossible n-gram counts",
    3: "a section is missing or cut short",
    4: "a damaged probability table",
    5: "a damaged vocabulary",
}


def check(status: int, detail: int = 0, **subjects: str) -> None:
    """Turn a status of the library into an exception.

    `subjects` name what the caller gave (`model`, `pronunciations`, `phrases`, `frames`,
    `options`) for messages about it. Raises InputError for wrong input, MemoryError when memory
    ran out.
    """
    if status == 0:
        return
    if status in _MESSAGES:
        kind, message = _MESSAGES[status]
        raise kind(message)
    if status == 2:
        what = subjects.get("pronunciations", "pronunciation")
        raise InputError(
            f"{what} {detail}: needs 1 to 65535 known phones, a known word and a finite prior"
        )
    if status == 3:
        fault = _MODEL_FAULTS.get(detail, "damaged")
        raise InputError(f"{subjects.get('model', 'language model')}: {fault}: make it again")
    if status == 4:
        raise InputError(f"frame {detail} has a NaN or infinite log posterior: check the encoder")
    if status == 6:
        raise InputError(f"phrase {detail}: needs 1 to 64 words and a boost between -1e4 and 1e4")
    raise InputError(f"{subjects.get('options', 'decoder options')}: a value is out of range")


def address(array: npt.NDArray[Any]) -> int:
    """Where an array's data lies; the array must be contiguous and outlive the use."""
    return int(array.ctypes.data)


def records(pointer: int | None, count: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """A copy of `count` records at `pointer`, as a structured array."""
    if not count or pointer is None:
        return np.empty(0, dtype)
    return np.frombuffer(ctypes.string_at(pointer, count * dtype.itemsize), dtype)
