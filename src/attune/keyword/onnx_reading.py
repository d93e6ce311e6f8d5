"""What a keyword encoder's ONNX file holds, read without ONNX: tensors, nodes, metadata.

A protocol buffer is a sequence of numbered fields (Google, "Protocol Buffers: Encoding"); the
numbers are those of onnx.proto (ONNX IR version 3 and later). Listening devices have neither the
`onnx` package nor a reason to load a run-time for one small network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Node", "OnnxFile", "read_onnx"]

_TYPES: Mapping[int, str] = {1: "<f4", 2: "u1", 3: "i1", 7: "<i8"}  # TensorProto.DataType
_INT4 = 22


@dataclass(frozen=True)
class Node:
    """One operation: its type, and the names of what goes in and comes out."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class OnnxFile:
    """`tensors` by their names, `nodes` in order of computation, the `metadata` entries."""

    tensors: Mapping[str, NDArray[np.generic]]
    nodes: tuple[Node, ...]
    metadata: Mapping[str, str]


def read_onnx(path: Path) -> OnnxFile:
    """The file at `path`, whose tensors lie inside it; ValueError when it is no such file."""
    tensors, nodes, metadata = {}, [], {}
    for number, value in _fields(memoryview(path.read_bytes())):
        if number == 14:  # ModelProto.metadata_props
            entry = dict(_fields(_bytes(value)))
            metadata[_text(entry.get(1, b""))] = _text(entry.get(2, b""))
        elif number == 7:  # ModelProto.graph
            for inner, part in _fields(_bytes(value)):
                if inner == 1:  # GraphProto.node
                    nodes.append(_node(_bytes(part)))
                elif inner == 5:  # GraphProto.initializer
                    name, tensor = _tensor(_bytes(part))
                    tensors[name] = tensor
    return OnnxFile(tensors, tuple(nodes), metadata)


def _node(data: memoryview) -> Node:
    kind, inputs, outputs = "", [], []
    for number, value in _fields(data):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 4:
            kind = _text(value)
    return Node(kind, tuple(inputs), tuple(outputs))


def _tensor(data: memoryview) -> tuple[str, NDArray[np.generic]]:
    """Its name and values; no values when it keeps them in another way than as raw bytes. Those of
    four bits, two in a byte and the first one low, become int8."""
    shape: list[int] = []
    kind, name, raw = 0, "", memoryview(b"")
    for number, value in _fields(data):
        if number == 1:  # dims, packed or one by one
            shape += [value] if isinstance(value, int) else _integers(value)
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = _bytes(value)
    values: NDArray[np.generic] = np.frombuffer(raw, _TYPES.get(kind, "u1"))
    size = int(np.prod(shape, dtype=int))
    if kind == _INT4:
        packed = np.frombuffer(raw, np.uint8)
        pairs = np.stack([packed & 15, packed >> 4], axis=1).astype(np.int8)
        values = ((pairs ^ 8) - 8).ravel()[:size]
    return name, values.reshape(shape) if values.size == size else values[:0]


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) of every field of a message, in order."""
    at = 0
    while at < len(data):
        key, at = _integer(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _integer(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            length, at = _integer(data, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of type {kind}")
        if at + length > len(data):
            raise ValueError("the file is cut short")
        yield key >> 3, data[at : at + length]
        at += length


def _integer(data: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("the file is cut short or damaged")


def _integers(data: memoryview) -> list[int]:
    values, at = [], 0
    while at < len(data):
        value, at = _integer(data, at)
        values.append(value)
    return values


def _bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where a message belongs")
    return value


def _text(value: int | memoryview | bytes) -> str:
    if isinstance(value, int):
        raise ValueError("a number where a text belongs")
    return bytes(value).decode("utf-8")
