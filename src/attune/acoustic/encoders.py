"""The two kinds of encoder behind one face: samples in, log-posteriors out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attune.acoustic.feature_parameters import FRAME_SHIFT, FeatureParameters
from attune.acoustic.features import extract
from attune.acoustic.front_ends import front_end_from_json
from attune.acoustic.sessions import SUBSAMPLING, EncoderGeometry, EncoderSession, EncoderStream
from attune.acoustic.utterances import GraphLayout, UtteranceEncoder
from attune.bundle import Bundle, Settings
from attune.errors import InputError

__all__ = ["AcousticEncoder", "PosteriorStream", "StreamingEncoder", "open_encoder"]

Floats = NDArray[np.float32]


class PosteriorStream(Protocol):
    """Log-posteriors of one live stream; one thread at a time.

    `chunk_rows` is how many rows are best decoded at a time.
    """

    chunk_rows: int

    def push(self, samples: Floats) -> None:
        """Hear `samples`: float32, 16 kHz."""
        ...

    def take(self, *, brisk: bool = False) -> Floats:
        """The next rows that can be computed: [rows, symbols], none until more has been heard.

        `brisk`: sooner and fewer at a time, where that is possible.
        """
        ...

    def finish(self) -> Floats:
        """The last rows. The stream is used up afterwards."""
        ...


class AcousticEncoder(Protocol):
    """A network from sound to log-posteriors; threads may share it.

    `symbols` are the columns, the blank first; `row_seconds` lie between rows.
    """

    symbols: int
    row_seconds: float

    def whole(self, samples: Floats) -> Floats:
        """Log-posteriors of an utterance of up to a minute: [rows, symbols]."""
        ...

    def stream(self, chunk_seconds: float) -> PosteriorStream:
        """The rows of one live stream, about `chunk_seconds` computed at a time."""
        ...


class StreamingEncoder:
    """Attune's own network, which keeps state from chunk to chunk, and its features."""

    def __init__(self, session: EncoderSession, parameters: FeatureParameters) -> None:
        self._session, self._parameters = session, parameters
        self.symbols = session.symbols
        self.row_seconds = SUBSAMPLING * FRAME_SHIFT

    def whole(self, samples: Floats) -> Floats:
        """Log-posteriors of an utterance, full attention: [rows, symbols]."""
        return self._session.whole(extract(samples, self._parameters))

    def stream(self, chunk_seconds: float) -> EncoderStream:
        """The rows of one live stream; chunks have an even number of rows."""
        rows = max(2, 2 * round(chunk_seconds / (2 * self.row_seconds)))
        return EncoderStream(self._session, self._parameters, rows)


def open_encoder(bundle: Bundle, *, threads: int = 1) -> AcousticEncoder:
    """The encoder of a bundle: its own kind, or one made elsewhere if `encoder` settings say so.

    `threads` are those of one inference. InputError for a network or settings that cannot be used.
    """
    path = bundle.part_path("encoder")
    chunking = bundle.setting_group("chunking")
    features: dict[str, object] = dict(bundle.setting_group("features"))
    if bundle.setting_group("encoder"):
        return _utterance_encoder(path, bundle.settings, threads)
    return StreamingEncoder(
        EncoderSession(path, EncoderGeometry.from_settings(chunking), threads=threads),
        FeatureParameters.from_json(features),
    )


def _utterance_encoder(path: Path, settings: Settings, threads: int) -> UtteranceEncoder:
    sides = {}
    for name in ("left_seconds", "right_seconds"):
        value = settings.get("chunking", {}).get(name)
        if value is not None:
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or not 0 <= value <= 60
            ):
                raise InputError(f"chunking settings: {name} {value!r} is not in 0 to 60 seconds")
            sides[name] = float(value)
    return UtteranceEncoder(
        path,
        GraphLayout.from_json(settings["encoder"]),
        front_end_from_json(settings.get("features", {})),
        threads=threads,
        **sides,
    )
