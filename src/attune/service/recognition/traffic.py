"""What endpoints do now and did in the last hour: streams, audio, latency."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from attune.service.metrics import Metrics

__all__ = ["EndpointTraffic", "Minute", "TrafficBook"]

_MINUTES = 60
_LATENCIES = 500
_NONE = ""  # the label of streams without an endpoint


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of an endpoint: when it began (Unix seconds), streams opened and refused, seconds
    of audio, final results."""

    began: int
    opened: int
    refused: int
    audio: float
    finals: int


@dataclass(frozen=True, slots=True)
class EndpointTraffic:
    """An endpoint in this process: streams now; streams, audio (seconds) and final results since
    the process began; the latency in seconds of its last results (None: none yet), half of them and
    95 of 100 are faster; and the last hour by minutes, oldest first, idle ones left out."""

    streams: int
    opened: int
    refused: int
    audio: float
    finals: int
    latency_half: float | None
    latency_95: float | None
    minutes: tuple[Minute, ...]


@dataclass
class _Tally:
    began: int
    opened: int = 0
    refused: int = 0
    audio: float = 0.0
    finals: int = 0


@dataclass
class _Counts:
    streams: int = 0
    total: _Tally = field(default_factory=lambda: _Tally(0))
    minutes: deque[_Tally] = field(default_factory=lambda: deque(maxlen=_MINUTES))
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCIES))

    def tallies(self) -> tuple[_Tally, _Tally]:
        """The sum, and this minute's."""
        began = int(time.time()) // 60 * 60
        if not self.minutes or self.minutes[-1].began != began:
            self.minutes.append(_Tally(began))
        return self.total, self.minutes[-1]


class TrafficBook:
    """Keeps the figures and metrics of every endpoint. Threads may share one.

    Streams without an endpoint are counted under None.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._counts: dict[str | None, _Counts] = {}
        self._lock = threading.Lock()

    def opened(self, endpoint_id: str | None) -> None:
        """A stream begins."""
        with self._lock:
            counts = self._at(endpoint_id)
            counts.streams += 1
            for tally in counts.tallies():
                tally.opened += 1
        self._metrics.streams.labels(endpoint_id or _NONE).inc()

    def closed(self, endpoint_id: str | None) -> None:
        """A stream has ended."""
        with self._lock:
            self._at(endpoint_id).streams -= 1
        self._metrics.streams.labels(endpoint_id or _NONE).dec()

    def refused(self, endpoint_id: str | None) -> None:
        """A stream found no place."""
        with self._lock:
            for tally in self._at(endpoint_id).tallies():
                tally.refused += 1
        self._metrics.refused_streams.labels(endpoint_id or _NONE).inc()

    def heard(self, endpoint_id: str | None, seconds: float) -> None:
        """So much audio was recognised."""
        with self._lock:
            for tally in self._at(endpoint_id).tallies():
                tally.audio += seconds
        self._metrics.audio_seconds.labels(endpoint_id or _NONE).inc(seconds)

    def final(self, endpoint_id: str | None, latency: float) -> None:
        """A final result came `latency` seconds after the audio that completed it."""
        with self._lock:
            counts = self._at(endpoint_id)
            counts.latencies.append(latency)
            for tally in counts.tallies():
                tally.finals += 1
        self._metrics.final_seconds.labels(endpoint_id or _NONE).observe(latency)

    def of(self, endpoint_id: str | None) -> EndpointTraffic:
        """The figures of an endpoint."""
        since = int(time.time()) - 60 * _MINUTES
        with self._lock:
            counts = self._counts.get(endpoint_id) or _Counts()
            latencies = np.array(counts.latencies)
            minutes = tuple(
                Minute(m.began, m.opened, m.refused, round(m.audio, 2), m.finals)
                for m in counts.minutes
                if m.began >= since
            )
            total = counts.total
            return EndpointTraffic(
                counts.streams,
                total.opened,
                total.refused,
                round(total.audio, 2),
                total.finals,
                float(np.median(latencies)) if len(latencies) else None,
                float(np.percentile(latencies, 95)) if len(latencies) else None,
                minutes,
            )

    def _at(self, endpoint_id: str | None) -> _Counts:
        return self._counts.setdefault(endpoint_id, _Counts())
