"""Beam-search decoding of phone posteriors over a lexicon and an n-gram language model."""

from __future__ import annotations

from attune.decode.alignment import AlignedPhone, AlignedWord, Alignment, align
from attune.decode.bias import Bias, CompiledBias, Phrase
from attune.decode.decoder import Decoder, DecoderOptions
from attune.decode.graph import DecoderGraph, GraphStatistics
from attune.decode.greedy import greedy
from attune.decode.pronunciations import PronunciationTable
from attune.decode.results import (
    DecodedWord,
    DecodeResult,
    DecoderStatistics,
    Hypothesis,
    Lattice,
)
from attune.decode.spotting import PathScorer, SpotOptions

__all__ = [
    "AlignedPhone",
    "AlignedWord",
    "Alignment",
    "Bias",
    "CompiledBias",
    "DecodeResult",
    "DecodedWord",
    "Decoder",
    "DecoderGraph",
    "DecoderOptions",
    "DecoderStatistics",
    "GraphStatistics",
    "Hypothesis",
    "Lattice",
    "PathScorer",
    "Phrase",
    "PronunciationTable",
    "SpotOptions",
    "align",
    "greedy",
]
