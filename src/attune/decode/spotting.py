"""How well pronunciations fit into a stream of posteriors, ending at each row."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from attune.decode.library import AttuneSpotOptions, address, check, library
from attune.decode.pronunciations import PronunciationTable
from attune.errors import InputError

__all__ = ["PathScorer", "SpotOptions"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpotOptions:
    """How rows are turned into scores.

    A row gives a phone its log posterior less `relative` times that of the row's best symbol; where
    that is less than `phone_minimum` the phone was not said, whatever the others say. It gives the
    blank its log posterior less the best symbol's, but at least `blank_floor`: what else may have
    been said there (an inserted phone) costs no more. A path is given up when it scores less than
    `lowest` for each of its phones, and after `rows_a_phone` rows a phone and `rows_more`. People
    pause before they speak to a device: a path that does not begin after `pause_rows` rows of blank
    begins with the score `mid_speech`.
    """

    relative: float = 0.4
    phone_minimum: float = -6.0
    blank_floor: float = -3.0
    lowest: float = -3.0
    mid_speech: float = -4.0
    rows_a_phone: int = 3
    rows_more: int = 6
    pause_rows: int = 10


class PathScorer:
    """Scores of several keywords in one stream; one thread at a time.

    `keywords` holds for each keyword its pronunciations, each a sequence of columns of the
    posteriors (1 and up). InputError for a keyword without one, or one that cannot be said.
    """

    def __init__(
        self,
        keywords: Sequence[Sequence[Sequence[int]]],
        symbols: int,
        options: SpotOptions | None = None,
    ) -> None:
        options = options or SpotOptions()
        if not keywords or not all(keywords):
            raise InputError("every keyword needs a pronunciation: give at least one")
        entries = [(i, codes, 0.0) for i, word in enumerate(keywords) for codes in word]
        self._keywords, self._symbols = len(keywords), symbols
        # Kept until the call returns: the native form only points into it.
        table = PronunciationTable.build(entries)
        handle, detail = ctypes.c_void_p(), ctypes.c_uint64()
        status = library().attune_spotter_create(
            table.native(),
            symbols,
            len(keywords),
            AttuneSpotOptions(**asdict(options)),
            handle,
            detail,
        )
        check(status, detail.value, options="spotting options")
        self._handle = handle
        weakref.finalize(self, library().attune_spotter_free, handle)

    def advance(self, log_probs: Floats) -> tuple[Floats, NDArray[np.uint32]]:
        """Hear log posteriors [rows, symbols], the blank first.

        Returns scores, float32 [rows, keywords], natural log a phone (-inf where no path can end),
        and lengths, uint32 [rows, keywords]: the rows that the path took, this one included.
        InputError for another shape, NaN or infinity.
        """
        rows = np.ascontiguousarray(log_probs, np.float32)
        if rows.ndim != 2 or rows.shape[1] != self._symbols:
            raise InputError(
                f"log posteriors of shape {rows.shape}: expected [rows, {self._symbols}]"
            )
        scores = np.empty((len(rows), self._keywords), np.float32)
        lengths = np.empty((len(rows), self._keywords), np.uint32)
        detail = ctypes.c_uint64()
        status = library().attune_spotter_advance(
            self._handle, address(rows), len(rows), address(scores), address(lengths), detail
        )
        check(status, detail.value)
        return scores, lengths

    def reset(self) -> None:
        """Forget every path: a new stream begins."""
        library().attune_spotter_reset(self._handle)
