"""A keyword bundle, opened: its phrases, their operating curves, streams that listen for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import as_float
from attune.bundle import Bundle, ModelCard
from attune.errors import InputError
from attune.keyword.calibration import (
    KeywordCalibration,
    false_accepts_per_hour,
)
from attune.keyword.candidates import CandidateStream
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.encoder_stream import KeywordEncoder
from attune.keyword.keyword_graph import read_graph
from attune.keyword.scoring import SYMBOLS
from attune.keyword.second_pass import SecondLook, read_second_pass
from attune.keyword.spotter import Spotter

__all__ = ["KeywordModel", "load_keyword"]

_DEFAULT_PRE_ROLL = 1.0


class KeywordModel:
    """Keywords to listen for and the network that hears them. Threads may share one.

    `phrases` are what is listened for, `graph` says how, `curves` are their operating curves in the
    same order, `sensitivity` is the bundle's own, `second_pass` what scores candidates anew (None:
    their paths alone count). InputError for another kind of bundle or damaged parts.
    """

    def __init__(self, bundle: Bundle) -> None:
        if bundle.description.kind != "keyword":
            raise InputError(
                f"{bundle.path} is a {bundle.description.kind} bundle: a keyword bundle is needed "
                "(`attune keyword create` makes one)"
            )
        self.bundle = bundle
        graph = read_graph(bundle.part_path("keyword_graph"))
        if not graph.phrases:
            raise InputError(
                f"{bundle.path} is the base that keywords are made from and holds none itself: "
                "make a keyword with `attune keyword create`"
            )
        self.graph, self.phrases = graph, graph.phrases
        self.encoder = KeywordEncoder(bundle)
        if self.encoder.symbols != SYMBOLS:
            raise InputError(
                f"{bundle.path}: the encoder has {self.encoder.symbols} symbols instead of "
                f"{SYMBOLS}: make the keyword again"
            )
        calibration = KeywordCalibration.read(bundle.part_path("calibration"))
        if len(calibration.curves) != len(self.phrases):
            raise InputError(
                f"{bundle.path}: {len(self.phrases)} phrases and {len(calibration.curves)} "
                "operating curves: make the keyword again"
            )
        self.curves = calibration.curves
        self.sensitivity = calibration.sensitivity
        self.second_pass: SecondLook | None = None
        if bundle.has("second_pass"):
            path = bundle.part_path("second_pass")
            classifiers = read_second_pass(path, self.phrases, self.encoder.width)
            self.second_pass = SecondLook(self.phrases, classifiers)

    @property
    def card(self) -> ModelCard:
        """What to know before relying on the keywords: what is expected of them, and why."""
        return self.bundle.description.model_card

    @property
    def row_seconds(self) -> float:
        """Seconds from one row of posteriors to the next."""
        return self.encoder.row_seconds

    def thresholds(self, sensitivity: float | None = None) -> tuple[float, ...]:
        """The score that each phrase has to reach; InputError for a sensitivity outside 0 to 1."""
        wanted = false_accepts_per_hour(self.sensitivity if sensitivity is None else sensitivity)
        return tuple(curve.threshold(wanted) for curve in self.curves)

    def candidates(self) -> CandidateStream:
        """A new stream of everything that may have been a keyword, before any threshold."""
        return CandidateStream(self.encoder, self.graph, self.second_pass)

    def spotter(
        self, *, sensitivity: float | None = None, pre_roll: float = _DEFAULT_PRE_ROLL
    ) -> Spotter:
        """A new stream of 16 kHz audio in which the keywords are listened for.

        `sensitivity` is 0 (strict) to 1 (lenient), see `false_accepts_per_hour`; `pre_roll` is how
        many seconds before the keyword a detection's audio begins. InputError for values out of
        range.
        """
        candidates = self.candidates()
        return Spotter(
            candidates,
            [phrase.text for phrase in self.phrases],
            self.thresholds(sensitivity),
            pre_roll,
            candidates.longest_seconds + 1.0,
        )

    def rows(self, samples: NDArray[Any]) -> EncodedRows:
        """Log-posteriors [rows, 40] and hidden activations [rows, D] of a recording of 16 kHz
        samples (float32 or int16), as a stream hears it, and what a closer encoder hears in it;
        row i is about the audio from `row_seconds` i on. InputError for samples that cannot be
        used."""
        return self.encoder.whole(as_float(samples))

    def posteriors(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Log-posteriors of a recording by all of the bundle's encoders, [rows, 40]; see `rows`."""
        return self.rows(samples).together()


def load_keyword(path: str | Path) -> KeywordModel:
    """Load a keyword bundle (folder or zip); InputError for one that is damaged or of another
    kind."""
    return KeywordModel(Bundle.open(path))
