"""What the service counts and measures, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from attune.service.database import Database
from attune.service.errors import Unavailable
from attune.service.tables import Job, Status

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 15.0, 60.0)


class Metrics:
    """The service's counters, each a metric of Prometheus with labels as told here."""

    def __init__(self, database: Database) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "attune_requests",
            "HTTP requests that were answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.request_seconds = Histogram(
            "attune_request_seconds",
            "From a request to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.streams = Gauge(
            "attune_streams",
            "Recognition streams that are open.",
            ["endpoint"],
            registry=self._registry,
        )
        self.refused_streams = Counter(
            "attune_refused_streams",
            "Recognition streams refused because too many were open.",
            ["endpoint"],
            registry=self._registry,
        )
        self.audio_seconds = Counter(
            "attune_audio_seconds",
            "Seconds of audio recognised.",
            ["endpoint"],
            registry=self._registry,
        )
        self.final_seconds = Histogram(
            "attune_final_seconds",
            "From the last audio of an utterance's turn to its final result.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_Jobs(database))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class _Jobs(Collector):
    """Jobs by status, counted when somebody asks: other processes work on them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The metric without its figures, which registering asks for."""
        yield GaugeMetricFamily("attune_jobs", "Jobs.", labels=["status"])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The metric; without figures where the database cannot be reached."""
        family = GaugeMetricFamily("attune_jobs", "Jobs.", labels=["status"])
        try:
            with self._database.reading() as session:
                found = session.execute(select(Job.status, func.count()).group_by(Job.status))
                counts = {str(status): count for status, count in found}
        except Unavailable:
            counts = {}
        for status in Status:
            if counts or status not in counts:
                family.add_metric([status.value], counts.get(status.value, 0))
        yield family
