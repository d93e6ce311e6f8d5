"""The networks that keywords share, by themselves, for whoever holds no keyword bundle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import as_float
from attune.bundle import Bundle
from attune.errors import InputError
from attune.keyword.base import base_bundle
from attune.keyword.encoder_stream import KeywordEncoder

__all__ = ["BaseEncoder"]


class BaseEncoder:
    """What the base of keywords hears in audio; threads may share it.

    A `PosteriorSource`. InputError for a base whose networks cannot be used.
    """

    def __init__(self, base: Bundle) -> None:
        self._encoder = KeywordEncoder(base)

    @classmethod
    def shipped(cls, language: str) -> BaseEncoder | None:
        """That of the base which comes with the package; None where there is none for `language`
        ("en-US")."""
        try:
            base = base_bundle(language)
        except InputError:
            return None
        return cls(base)

    @property
    def row_seconds(self) -> float:
        """Seconds from one row of posteriors to the next."""
        return self._encoder.row_seconds

    def posteriors(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Log-posteriors [rows, symbols] of 16 kHz samples (float32 or int16), the blank first, by
        both networks where there are two. InputError for samples that cannot be used."""
        return self._encoder.whole(as_float(samples)).together()
