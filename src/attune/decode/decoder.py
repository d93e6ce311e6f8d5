"""The streaming beam-search decoder: posteriors in, words out."""

from __future__ import annotations

import ctypes
import math
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attune.decode.bias import Bias, CompiledBias
from attune.decode.graph import DecoderGraph
from attune.decode.library import (
    DECODED_WORD,
    FOUND_HYPOTHESIS,
    LATTICE_ARC,
    NONE,
    AttuneDecoderStats,
    AttuneLattice,
    AttuneOptions,
    AttuneQuery,
    AttuneResult,
    address,
    check,
    library,
    records,
)
from attune.decode.results import (
    DecodedWord,
    DecodeResult,
    DecoderStatistics,
    Hypothesis,
    Lattice,
    decoded_word,
)
from attune.errors import InputError

__all__ = ["Decoder", "DecoderOptions"]


@dataclass(frozen=True, kw_only=True)
class DecoderOptions:
    """How to search. Scores and beams are in natural-log units.

    beam: hypotheses within this of the best stay; word_beam: the same for hypotheses that have
    just ended a word; max_active: at most this many stay. lm_weight: of the language model's
    log probabilities; word_score: added for each word; pronunciation_weight: of the log priors.
    blank_skip: frames whose blank probability exceeds this are taken for blank in one cheap step
    (1 or more: none). blank_scale: power of the blank's prior that its posterior is divided by,
    likewise phone_scale for the phones; they need `priors`, probabilities [symbol].
    max_alternates, lattice_beam: word sequences kept where hypotheses meet, and their greatest
    loss. unfinished_penalty: what each missing phone costs a last word that the audio cuts off;
    infinity allows such words only when nothing else is left. oov_log_prob: ln P(word | <unk>) of
    phrase words outside the lexicon. history_frames, history_limit: when more than `limit`
    histories are alive, alternates older than so many frames are given up. log_add: score word
    sequences by the sum over their alignments rather than by the best one.
    """

    beam: float = 13.0
    word_beam: float = 13.0
    max_active: int = 1000
    lm_weight: float = 0.8
    word_score: float = 0.0
    pronunciation_weight: float = 1.0
    blank_skip: float = 0.999
    blank_scale: float = 0.0
    phone_scale: float = 0.0
    priors: tuple[float, ...] | None = None
    max_alternates: int = 12
    lattice_beam: float = 10.0
    unfinished_penalty: float = 10.0
    oov_log_prob: float = -7.0
    history_frames: int = 1500
    history_limit: int = 100_000
    log_add: bool = False

    def __post_init__(self) -> None:
        bounds: dict[str, tuple[float, float]] = {
            "beam": (1e-6, math.inf),
            "word_beam": (1e-6, math.inf),
            "max_active": (1, 1_000_000),
            "lm_weight": (0.0, 1e3),
            "word_score": (-1e3, 1e3),
            "pronunciation_weight": (0.0, 1e3),
            "blank_skip": (0.0, math.inf),
            "blank_scale": (-10.0, 10.0),
            "phone_scale": (-10.0, 10.0),
            "max_alternates": (1, 65535),
            "lattice_beam": (0.0, math.inf),
            "unfinished_penalty": (0.0, math.inf),
            "oov_log_prob": (-1e3, 0.0),
            "history_frames": (1, 2**31),
            "history_limit": (1, 2**31),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"decoder option {name}: {value} is not within {low} to {high}")
        if self.priors is None and (self.blank_scale or self.phone_scale):
            raise InputError("decoder options blank_scale and phone_scale need priors")

    def symbol_offsets(self, symbols: int) -> npt.NDArray[np.float32]:
        """What to add to the log posteriors: float32 [symbols]."""
        offsets = np.zeros(symbols, np.float32)
        if self.priors is None:
            return offsets
        priors = np.asarray(self.priors, np.float64)
        if priors.shape != (symbols,) or not (priors > 0.0).all() or not (priors <= 1.0).all():
            raise InputError(f"decoder option priors: give {symbols} probabilities above 0")
        offsets[0] = -self.blank_scale * np.log(priors[0])
        offsets[1:] = -self.phone_scale * np.log(priors[1:])
        return offsets


class Decoder:
    """Decodes one utterance at a time over a shared graph.

    Holds all state of its own; give each stream its own decoder. Calls from several threads are
    taken one after the other.
    """

    def __init__(
        self,
        graph: DecoderGraph,
        options: DecoderOptions | None = None,
        bias: Bias | CompiledBias | None = None,
    ) -> None:
        self.graph = graph
        self.options = options or DecoderOptions()
        if isinstance(bias, Bias):
            bias = CompiledBias(graph, bias)
        self._new_words = bias.new_words if bias else []
        self._lock = threading.Lock()
        phrases = bias.native() if bias else None
        handle, detail = ctypes.c_void_p(), ctypes.c_uint64()
        offsets = self.options.symbol_offsets(graph.symbols)
        status = library().attune_decoder_create(
            graph.handle,
            _native(self.options, offsets),
            ctypes.addressof(phrases) if phrases else None,
            handle,
            detail,
        )
        check(status, detail.value, pronunciations="pronunciation of a phrase word")
        self._handle = handle
        # The graph is an argument so that it outlives the decoder.
        self._finalizer = weakref.finalize(self, _free, handle, graph)

    def reset(self, context: Sequence[str] = ()) -> None:
        """Begin the next utterance; `context` words stand before it for the language model."""
        unknown = len(self.graph.words)
        index = self.graph.word_index if context else {}
        ids = np.array([index.get(word, unknown) for word in context], np.uint32)
        with self._lock:
            check(library().attune_decoder_reset(self._handle, address(ids), len(ids)))

    def advance(self, log_probs: npt.NDArray[np.float32]) -> None:
        """Decode more frames: natural-log posteriors, float32 [frame, symbol].

        Raises InputError for a wrong shape and for NaN or +infinity (naming the frame; nothing of
        the call is decoded then), and after finish().
        """
        frames = np.asarray(log_probs)
        if frames.ndim != 2 or frames.shape[1] != self.graph.symbols:
            raise InputError(
                f"log posteriors of shape {frames.shape} do not fit: "
                f"expected [frame, {self.graph.symbols}]"
            )
        frames = np.ascontiguousarray(_without(self.graph.silent, frames), np.float32)
        detail = ctypes.c_uint64()
        with self._lock:
            status = library().attune_decoder_advance(
                self._handle, address(frames), len(frames), detail
            )
        check(status, detail.value)

    def best(
        self,
        final: bool = False,
        *,
        unfinished: bool = False,
        posterior_scale: float | None = None,
    ) -> DecodeResult:
        """The best hypothesis now.

        final: as if the utterance ended here (complete words, end-of-sentence score); decoding
        can go on. unfinished: also the likeliest word of those being spoken (partial results).
        posterior_scale: also word posteriors, from scores scaled by this.
        """
        query = AttuneQuery(int(final), 1, int(unfinished), posterior_scale or 0.0)
        with self._lock:
            result, hypotheses = self._query(query)
        return DecodeResult(
            hypotheses[0],
            result.stable_words,
            result.trailing_frames,
            result.completion_cost,
            result.frames,
        )

    def finish(self, *, posterior_scale: float | None = None) -> DecodeResult:
        """The final result; no more frames are taken until reset()."""
        result = self.best(final=True, posterior_scale=posterior_scale)
        with self._lock:
            check(library().attune_decoder_close(self._handle))
        return result

    def n_best(
        self, count: int, final: bool = True, *, posterior_scale: float | None = None
    ) -> list[Hypothesis]:
        """Up to `count` (1 to 10000) distinct word sequences, best first.

        Word posteriors, when asked for, are those of the first.
        """
        if not 1 <= count <= 10_000:
            raise InputError(f"{count} hypotheses: ask for 1 to 10000")
        with self._lock:
            return self._query(AttuneQuery(int(final), count, 0, posterior_scale or 0.0))[1]

    def lattice(self, final: bool = True, *, posterior_scale: float = 1.0) -> Lattice:
        """All alternates that the search has kept, with posteriors of scaled scores."""
        if not 0.0 < posterior_scale < math.inf:
            raise InputError(f"posterior_scale {posterior_scale}: give a positive number")
        found = AttuneLattice()
        with self._lock:
            query = AttuneQuery(int(final), 1, 0, posterior_scale)
            check(library().attune_decoder_lattice(self._handle, query, found))
            arcs = records(found.arcs, found.arc_count, LATTICE_ARC)
            scores = records(found.final_scores, found.node_count, np.dtype("f8"))
        word = arcs["word"]
        return Lattice(
            arcs["from"],
            arcs["to"],
            tuple(None if i == NONE else self._text(i) for i in word["word"].tolist()),
            word["start"],
            word["end"],
            word["acoustic"],
            word["language"],
            word["posterior"],
            arcs["delta"],
            scores,
        )

    def statistics(self) -> DecoderStatistics:
        """Work done since reset, and memory held."""
        found = AttuneDecoderStats()
        with self._lock:
            library().attune_decoder_stats(self._handle, found)
        return DecoderStatistics(
            **{name: getattr(found, name) for name in DecoderStatistics.__dataclass_fields__}
        )

    def _text(self, word: int) -> str:
        known = self.graph.words
        return known[word] if word < len(known) else self._new_words[word - len(known)]

    def _query(self, query: AttuneQuery) -> tuple[AttuneResult, list[Hypothesis]]:
        """Ask the library; what it returns is only valid until the next call, so copy here."""
        result = AttuneResult()
        check(library().attune_decoder_result(self._handle, query, result), options="result query")
        raw: list[Any] = records(result.words, result.word_count, DECODED_WORD).tolist()
        words: list[DecodedWord] = [
            decoded_word(fields, self._text(fields[0]), NONE) for fields in raw
        ]
        found = records(result.hypotheses, result.hypothesis_count, FOUND_HYPOTHESIS)
        return result, [
            Hypothesis(tuple(words[first : first + count]), score, language)
            for score, language, first, count in found.tolist()
        ]


def _without(
    silent: npt.NDArray[np.int64], frames: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """The frames with the probability of `silent` columns added to the blank's."""
    if not len(silent):
        return frames
    blank = np.logaddexp.reduce(frames[:, [0, *silent]], axis=1)
    frames = frames.copy()
    frames[:, silent] = -np.inf
    frames[:, 0] = blank
    return frames


def _free(handle: ctypes.c_void_p, graph: DecoderGraph) -> None:
    library().attune_decoder_free(handle)


def _native(options: DecoderOptions, offsets: npt.NDArray[np.float32]) -> AttuneOptions:
    shared = {
        name: getattr(options, name)
        for name in DecoderOptions.__dataclass_fields__
        if name not in ("blank_skip", "blank_scale", "phone_scale", "priors", "log_add")
    }
    skip = 1.0 if options.blank_skip >= 1.0 else math.log(max(options.blank_skip, 1e-30))
    return AttuneOptions(
        **shared,
        blank_skip=skip,
        log_add=int(options.log_add),
        symbol_offsets=address(offsets),
    )
