"""What the encoders hear: rows of 40 ms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EncodedRows", "joined_rows", "mean_rows"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class EncodedRows:
    """Rows in order of time: `log_posteriors` [rows, symbols], `hidden` [rows, D].

    `closer` [rows, symbols] are the log posteriors of the closer encoder, None where it was not
    asked.
    """

    log_posteriors: Floats
    hidden: Floats
    closer: Floats | None = None

    def together(self, share: float = 0.5) -> Floats:
        """Log posteriors of the mean of what both encoders hear, [rows, symbols], the closer one's
        counting `share`; of the one alone where the closer was not asked."""
        if self.closer is None:
            return self.log_posteriors
        return mean_rows(self.log_posteriors, self.closer, share)

    def part(self, rows: slice) -> EncodedRows:
        """Some of the rows."""
        closer = None if self.closer is None else self.closer[rows]
        return EncodedRows(self.log_posteriors[rows], self.hidden[rows], closer)


def joined_rows(parts: Sequence[EncodedRows]) -> EncodedRows:
    """All rows of `parts`, at least one, in order, without what the closer encoder hears."""
    return EncodedRows(
        np.concatenate([part.log_posteriors for part in parts]),
        np.concatenate([part.hidden for part in parts]),
    )


def mean_rows(one: Floats, other: Floats, share: float = 0.5) -> Floats:
    """Log posteriors of the mean of two encoders' posteriors, [rows, symbols] all; the other's
    counts `share` of it."""
    mean: Floats = np.logaddexp(
        one + np.float32(np.log(1.0 - share)), other + np.float32(np.log(share))
    )
    return mean
