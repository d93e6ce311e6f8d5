"""Audio that a server has not settled yet, kept so that it can be sent again."""

from __future__ import annotations

__all__ = ["Unacknowledged"]

_WIDTH = 2  # bytes of a sample


class Unacknowledged:
    """The end of a stream of int16 samples: those from `start` on, at most `capacity` of them."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept = bytearray()
        self.start = 0
        """The first sample that is kept, counted from the stream's beginning."""

    @property
    def end(self) -> int:
        """How many samples the stream has had so far."""
        return self.start + len(self._kept) // _WIDTH

    @property
    def room(self) -> int:
        """How many more samples can be kept."""
        return self._capacity - len(self._kept) // _WIDTH

    def append(self, pcm: bytes) -> None:
        """Keep more samples; there must be room for them."""
        assert len(pcm) <= self.room * _WIDTH
        self._kept += pcm

    def acknowledge(self, sample: int) -> None:
        """Nothing before `sample` will be needed again."""
        settled = max(0, min(sample, self.end) - self.start)
        del self._kept[: settled * _WIDTH]
        self.start += settled

    def take(self, sample: int, most: int) -> bytes:
        """A copy of at most `most` samples from `sample` on."""
        first = (sample - self.start) * _WIDTH
        return bytes(self._kept[first : first + most * _WIDTH])
