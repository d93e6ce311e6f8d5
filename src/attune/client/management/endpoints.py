"""Endpoints: models that serve, and what they heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attune.client.exchange import Exchange, Request, exchange, listing
from attune.client.management.details import LogEntry
from attune.client.management.reading import OWN, V3, Identified, given, id_of, reference
from attune.client.management.records import Dataset, Endpoint

__all__ = ["EndpointCalls", "LogCalls"]


class EndpointCalls:
    """What can be done with endpoints."""

    @exchange
    def create_endpoint(
        self,
        project: Identified | str,
        name: str,
        model: Identified | str,
        *,
        max_streams: int | None = None,
        logging: bool = False,
        retention_days: int | None = None,
        description: str = "",
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Endpoint]:
        """Deploy a model: the endpoint serves at once. More than `max_streams` at a time are
        refused with 429; with `logging` what it hears is kept for `retention_days`."""
        document = given(
            project=reference(project),
            display_name=name,
            model=reference(model),
            properties=given(
                max_streams=max_streams, logging_enabled=logging, retention_days=retention_days
            ),
            description=description,
            custom_properties=custom,
        )
        answer = yield Request("POST", f"{V3}/endpoints", json=document, repeatable=False)
        return Endpoint.read(answer.json())

    @listing
    def endpoints(
        self,
        project: Identified | str | None = None,
        *,
        filter: str | None = None,
        order: str | None = None,
    ) -> tuple[Request, Callable[[Any], Endpoint]]:
        """The endpoints of a project, or all that the key may use, newest first."""
        where = "" if project is None else f"/projects/{id_of(project)}"
        query = {"filter": filter, "orderby": order}
        return Request("GET", f"{V3}{where}/endpoints", query=query), Endpoint.read

    @exchange
    def endpoint(self, endpoint: Identified | str) -> Exchange[Endpoint]:
        """One endpoint, as it is now."""
        answer = yield Request("GET", f"{V3}/endpoints/{id_of(endpoint)}")
        return Endpoint.read(answer.json())

    @exchange
    def update_endpoint(
        self,
        endpoint: Identified | str,
        *,
        model: Identified | str | None = None,
        name: str | None = None,
        description: str | None = None,
        max_streams: int | None = None,
        logging: bool | None = None,
        retention_days: int | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Endpoint]:
        """Swap the model without dropping a stream, or change how an endpoint serves; what is None
        stays as it is."""
        document = given(
            model=reference(model),
            display_name=name,
            description=description,
            properties=given(
                max_streams=max_streams, logging_enabled=logging, retention_days=retention_days
            ),
            custom_properties=custom,
        )
        answer = yield Request("PATCH", f"{V3}/endpoints/{id_of(endpoint)}", json=document)
        return Endpoint.read(answer.json())

    @exchange
    def split_endpoint(
        self, endpoint: Identified | str, shares: Mapping[str, float]
    ) -> Exchange[Endpoint]:
        """Give several models, by their ids, shares of an endpoint's traffic."""
        models = [{"model": reference(id), "weight": weight} for id, weight in shares.items()]
        path = f"{OWN}/endpoints/{id_of(endpoint)}/models"
        answer = yield Request("PUT", path, json={"models": models})
        return Endpoint.read(answer.json())

    @exchange
    def endpoint_traffic(self, endpoint: Identified | str) -> Exchange[Mapping[str, Any]]:
        """What goes through an endpoint now, and went in the last hour: `streams`, `opened`,
        `refused`, `audio` (seconds), `latencyHalf`, `latency95` (seconds), `minutes`."""
        answer = yield Request("GET", f"{OWN}/endpoints/{id_of(endpoint)}/traffic")
        return dict(answer.json())

    @exchange
    def delete_endpoint(self, endpoint: Identified | str) -> Exchange[None]:
        """Take an endpoint away, with all that it logged."""
        yield Request("DELETE", f"{V3}/endpoints/{id_of(endpoint)}")


class LogCalls:
    """What can be done with what endpoints heard."""

    @listing
    def logs(
        self,
        endpoint: Identified | str,
        *,
        corrected: bool | None = None,
        text: str = "",
        confidence: float | None = None,
    ) -> tuple[Request, Callable[[Any], LogEntry]]:
        """What an endpoint heard and wrote, newest first: only what was (not) corrected, has
        `text` in it, and was no surer than `confidence`."""
        query = {"corrected": corrected, "text": text or None, "confidence": confidence}
        path = f"{OWN}/endpoints/{id_of(endpoint)}/logs"
        return Request("GET", path, query=query), LogEntry.read

    @exchange
    def log(self, log: Identified | str) -> Exchange[LogEntry]:
        """One entry, as it is now."""
        answer = yield Request("GET", f"{OWN}/logs/{id_of(log)}")
        return LogEntry.read(answer.json())

    @exchange
    def correct_log(self, log: Identified | str, text: str | None) -> Exchange[LogEntry]:
        """Write down what was really said; None takes a correction back."""
        path = f"{OWN}/logs/{id_of(log)}"
        answer = yield Request("PATCH", path, json={"corrected": text})
        return LogEntry.read(answer.json())

    @exchange
    def log_audio(self, log: Identified | str, to: str | Path) -> Exchange[Path]:
        """Save what was heard."""
        yield Request("GET", f"{OWN}/logs/{id_of(log)}/audio", save_to=Path(to))
        return Path(to)

    @exchange
    def delete_log(self, log: Identified | str) -> Exchange[None]:
        """Forget an entry, its audio included."""
        yield Request("DELETE", f"{OWN}/logs/{id_of(log)}")

    @exchange
    def delete_logs(self, endpoint: Identified | str) -> Exchange[None]:
        """Forget everything that an endpoint kept."""
        yield Request("DELETE", f"{V3}/endpoints/{id_of(endpoint)}/files/logs")

    @exchange
    def dataset_of_logs(
        self,
        endpoint: Identified | str,
        name: str | None = None,
        *,
        version_of: Dataset | None = None,
        logs: Sequence[Identified | str] | None = None,
        uncorrected: bool = False,
        description: str = "",
    ) -> Exchange[Dataset]:
        """Make a data set, or the next version of one, of what was logged and corrected.

        `logs` chooses entries (None: all that were corrected); `uncorrected` takes those that
        nobody corrected as they were recognised.
        """
        document = given(
            display_name=name,
            series_id=None if version_of is None else version_of.series_id,
            logs=None if logs is None else [id_of(each) for each in logs],
            uncorrected=uncorrected,
            description=description,
        )
        path = f"{OWN}/endpoints/{id_of(endpoint)}/logs/dataset"
        answer = yield Request("POST", path, json=document, repeatable=False)
        return Dataset.read(answer.json())
