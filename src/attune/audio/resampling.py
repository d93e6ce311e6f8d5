"""Sample rate conversion of a stream."""

from __future__ import annotations

import numpy as np

from attune.audio.pcm import Float32, check_rate

__all__ = ["Resampler"]


class Resampler:
    """Converts mono float32 [sample] blocks from one rate in Hz to another (soxr, quality HQ).

    The concatenated result does not depend on how the input is cut into blocks, and its delay is
    taken out. Raises `InputError` for rates that sound does not have.
    """

    def __init__(self, from_rate: int, to_rate: int = 16_000) -> None:
        for rate in (from_rate, to_rate):
            check_rate(rate, "resampling")
        self._stream = None
        if from_rate != to_rate:
            import soxr

            self._stream = soxr.ResampleStream(from_rate, to_rate, 1)

    def accept(self, samples: Float32) -> Float32:
        """The samples that are now complete, perhaps none."""
        return samples if self._stream is None else self._convert(samples, last=False)

    def finish(self) -> Float32:
        """The rest, after which the resampler is spent."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._stream is None else self._convert(nothing, last=True)

    def _convert(self, samples: Float32, *, last: bool) -> Float32:
        assert self._stream is not None
        converted: Float32 = self._stream.resample_chunk(samples, last=last)
        return converted
