"""Looking at an ONNX graph: how it is fed, what comes out, and how many rows a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import (
    SAMPLE_RATE,
    FrontEnd,
    GraphLayout,
    InputAxes,
    UtteranceEncoder,
    WaveformFrontEnd,
    open_graph,
)
from attune.convert.families import with_bins
from attune.errors import AttuneError, InputError

__all__ = [
    "GraphPort",
    "GraphPorts",
    "Measured",
    "feeding",
    "measure",
    "read_ports",
    "settled",
    "trial_sound",
]

_OUTPUTS = ("logprobs", "log_probs", "ctc_log_probs", "logits", "ctc_logits", "probs", "output")
_BINS_FIRST = ("audio_signal", "processed_signal")
_SHORT_SECONDS, _LONG_SECONDS = 1.6, 4.8
_PROVISIONAL = (0, 1)


@dataclass(frozen=True)
class GraphPort:
    """An input or output: its axes are numbers, or None where the size is free."""

    name: str
    type: str
    axes: tuple[int | None, ...]

    @property
    def is_float(self) -> bool:
        """Whether it holds floating point numbers."""
        return self.type in ("tensor(float)", "tensor(float16)")

    def __str__(self) -> str:
        sizes = ", ".join("?" if size is None else str(size) for size in self.axes)
        return f"{self.name} {self.type.removeprefix('tensor')}[{sizes}]"


@dataclass(frozen=True)
class GraphPorts:
    """Inputs, outputs and metadata of a graph."""

    inputs: tuple[GraphPort, ...]
    outputs: tuple[GraphPort, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Measured:
    """What a trial run showed: columns of the output, samples a row, and what the scores are."""

    columns: int
    row_samples: int
    probabilities: bool


def read_ports(path: Path) -> GraphPorts:
    """Load a graph and describe it; InputError when it is no ONNX file that can be loaded."""
    try:
        session = open_graph(path)
    except InputError as error:
        if "PROTOBUF" in str(error).upper() or "no graph" in str(error).lower():
            raise InputError(
                f"{path} is not an ONNX file: give the .onnx that the toolkit's export wrote"
            ) from error
        raise
    return GraphPorts(
        tuple(_port(port) for port in session.get_inputs()),
        tuple(_port(port) for port in session.get_outputs()),
        dict(session.get_modelmeta().custom_metadata_map),
    )


def _port(port: Any) -> GraphPort:
    axes = tuple(size if isinstance(size, int) and size > 0 else None for size in port.shape)
    return GraphPort(port.name, port.type, axes)


def feeding(
    ports: GraphPorts, front_end: FrontEnd, symbols: int, where: str
) -> tuple[GraphLayout, FrontEnd]:
    """How the graph is fed with the features and which output is read; columns are provisional.

    The front end comes back with as many channels as the graph wants. InputError for a graph with
    inputs or outputs that are none of a CTC network's.
    """
    sound = [port for port in ports.inputs if port.is_float]
    others = [port for port in ports.inputs if not port.is_float]
    listed = "; ".join(map(str, ports.inputs))
    if len(sound) != 1 or any("cache" in port.name or "state" in port.name for port in others):
        raise InputError(
            f"{where}: inputs {listed}: expected one of features or samples. A streaming export "
            "(with caches or states) cannot be used: export the network for whole utterances"
        )
    axes, front_end = _axes(sound[0], front_end, where)
    lengths = [port for port in others if len(port.axes) == 1]
    masks = [port for port in others if len(port.axes) == 2]
    if len(lengths) > 1 or len(masks) > 1 or len(lengths) + len(masks) < len(others):
        raise InputError(
            f"{where}: inputs {listed}: besides the sound only its length [batch] and a mask "
            "[batch, time] are understood: export the network without the others"
        )
    layout = GraphLayout(
        input=sound[0].name,
        axes=axes,
        output=_output(ports.outputs, symbols, where),
        columns=_PROVISIONAL,
        row_samples=SAMPLE_RATE // 25,
        lengths=lengths[0].name if lengths else "",
        mask=masks[0].name if masks else "",
    )
    return layout, front_end


def _axes(port: GraphPort, front_end: FrontEnd, where: str) -> tuple[InputAxes, FrontEnd]:
    if isinstance(front_end, WaveformFrontEnd):
        if len(port.axes) != 2:
            raise InputError(
                f"{where}: input {port}: not samples [batch, samples]: choose other --features"
            )
        return "samples", front_end
    if len(port.axes) != 3:
        raise InputError(
            f"{where}: input {port}: not features [batch, time, channels]: choose other --features"
            " (waveform for samples)"
        )
    _, middle, last = port.axes
    if middle is None and last is None:
        return ("bins,time" if port.name in _BINS_FIRST else "time,bins"), front_end
    bins_last = last is not None and (middle is None or last == front_end.bins)
    bins = last if bins_last else middle
    assert bins is not None
    if middle is not None and last is not None:
        raise InputError(
            f"{where}: input {port}: its length is fixed: export the network with a free time axis"
        )
    return ("time,bins" if bins_last else "bins,time"), with_bins(front_end, bins)


def _output(ports: Sequence[GraphPort], symbols: int, where: str) -> str:
    rows = [port for port in ports if port.is_float and len(port.axes) == 3]
    sized = [port for port in rows if port.axes[2] in (symbols, symbols + 1)]
    named = [port for name in _OUTPUTS for port in rows if port.name == name]
    for choice in (named, sized):
        if choice:
            return choice[0].name
    if len(rows) == 1:
        return rows[0].name
    raise InputError(
        f"{where}: outputs {'; '.join(map(str, ports))}: none is log-probabilities of CTC [batch, "
        f"row, symbol], called one of {', '.join(_OUTPUTS)}: export the CTC head"
    )


def measure(path: Path, layout: GraphLayout, front_end: FrontEnd) -> Measured:
    """Run the graph on test sounds of two lengths; InputError when that fails."""
    encoder = UtteranceEncoder(path, layout, front_end)
    try:
        short, long = (
            encoder.scores(front_end.compute(trial_sound(seconds)))
            for seconds in (_SHORT_SECONDS, _LONG_SECONDS)
        )
    except InputError:
        raise
    except AttuneError as error:
        raise InputError(f"{error}: are --features those that the network was trained with?") from (
            error
        )
    if short.ndim != 2 or not np.isfinite(long).all():
        raise InputError(f"{path}: output {layout.output}: not finite numbers [batch, row, symbol]")
    rows = len(long) - len(short)
    step = 1 if isinstance(front_end, WaveformFrontEnd) else SAMPLE_RATE // 100
    samples = (_LONG_SECONDS - _SHORT_SECONDS) * SAMPLE_RATE / rows if rows > 0 else 0.0
    unit = 40 if step == 1 else step
    row_samples = unit * round(samples / unit)
    if not 80 <= row_samples <= SAMPLE_RATE // 2:
        raise InputError(
            f"{path}: output {layout.output}: {len(short)} and {len(long)} rows for "
            f"{_SHORT_SECONDS} and {_LONG_SECONDS} s of sound are not rows in time: export the "
            "network with a free time axis"
        )
    sums = long.sum(-1)
    probabilities = bool(long.min() >= 0.0 and np.abs(sums - 1.0).max() < 1e-2)
    return Measured(long.shape[1], row_samples, probabilities)


def settled(layout: GraphLayout, found: Measured, columns: tuple[int, ...]) -> GraphLayout:
    """The layout with what was measured."""
    return replace(
        layout,
        columns=columns,
        row_samples=found.row_samples,
        scores="probabilities" if found.probabilities else "logits",
    )


def trial_sound(seconds: float) -> NDArray[np.float32]:
    """Noise that swells and fades like syllables, over a gliding tone; always the same.

    float32 [samples], 16 kHz.
    """
    random = np.random.default_rng(7)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 3.1 * time)
    tone = np.sin(2 * np.pi * (180.0 * time + 60.0 * np.sin(2 * np.pi * 0.7 * time)))
    noise = random.standard_normal(len(time))
    return (0.1 * swell * (tone + 0.4 * noise) + 0.001 * noise).astype(np.float32)
