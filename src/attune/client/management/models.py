"""Recognisers: made of data sets and text on a base, described, taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from attune.client.exchange import Exchange, Request, exchange, listing
from attune.client.management.details import CurvePoint
from attune.client.management.reading import OWN, V3, Identified, given, id_of, reference
from attune.client.management.records import Model

__all__ = ["ModelCalls"]


class ModelCalls:
    """What can be done with recognisers."""

    @exchange
    def create_model(
        self,
        project: Identified | str,
        name: str,
        *,
        datasets: Sequence[Identified | str] = (),
        text: str = "",
        base: Identified | str | None = None,
        method: Literal["auto", "adapters", "full"] = "auto",
        unsupervised: bool = False,
        description: str = "",
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Model]:
        """Make a recogniser of any mix of data sets, of `text` (sentences, one a line), or of
        both. Then `wait` for it.

        `method` says how much of the encoder is learnt from recordings; `unsupervised` learns from
        what the base itself recognises in them. RefusedError, ApiError, Unreachable.
        """
        document = given(
            project=reference(project),
            display_name=name,
            datasets=[reference(each) for each in datasets],
            text=text,
            base_model=reference(base),
            properties={"method": method, "unsupervised": unsupervised},
            description=description,
            custom_properties=custom,
        )
        answer = yield Request("POST", f"{V3}/models", json=document, repeatable=False)
        return Model.read(answer.json())

    @listing
    def models(
        self,
        project: Identified | str | None = None,
        *,
        filter: str | None = None,
        order: str | None = None,
    ) -> tuple[Request, Callable[[Any], Model]]:
        """The recognisers that a project made, or all projects; newest first."""
        where = "" if project is None else f"/projects/{id_of(project)}"
        query = {"filter": filter, "orderby": order}
        return Request("GET", f"{V3}{where}/models", query=query), Model.read

    @listing
    def base_models(self) -> tuple[Request, Callable[[Any], Model]]:
        """The recognisers that come with the service."""
        return Request("GET", f"{V3}/models/base"), Model.read

    @exchange
    def model(self, model: Identified | str) -> Exchange[Model]:
        """One model, as it is now."""
        answer = yield Request("GET", f"{V3}/models/{id_of(model)}")
        return Model.read(answer.json())

    @exchange
    def update_model(
        self,
        model: Identified | str,
        *,
        name: str | None = None,
        description: str | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Model]:
        """Rename or describe a model; what it is never changes."""
        document = given(display_name=name, description=description, custom_properties=custom)
        answer = yield Request("PATCH", f"{V3}/models/{id_of(model)}", json=document)
        return Model.read(answer.json())

    @exchange
    def delete_model(self, model: Identified | str) -> Exchange[None]:
        """Remove a model; RefusedError (409) while it is made or used."""
        yield Request("DELETE", f"{V3}/models/{id_of(model)}")

    @exchange
    def model_manifest(self, model: Identified | str) -> Exchange[Mapping[str, Any]]:
        """What the bundle says of itself: its parts, settings, lineage and card."""
        answer = yield Request("GET", f"{V3}/models/{id_of(model)}/manifest")
        return dict(answer.json())

    @listing
    def model_lineage(self, model: Identified | str) -> tuple[Request, Callable[[Any], Model]]:
        """The model that this one was made on, the one before it, and so on to the base."""
        return Request("GET", f"{OWN}/models/{id_of(model)}/lineage"), Model.read

    @listing
    def model_children(self, model: Identified | str) -> tuple[Request, Callable[[Any], Model]]:
        """The models that were made on this one, newest first."""
        return Request("GET", f"{OWN}/models/{id_of(model)}/children"), Model.read

    @listing
    def training_curve(
        self, model: Identified | str
    ) -> tuple[Request, Callable[[Any], CurvePoint]]:
        """The training curve so far, of a model that learns from recordings."""
        return Request("GET", f"{OWN}/models/{id_of(model)}/curve"), CurvePoint.read

    @exchange
    def download_model(self, model: Identified | str, to: str | Path) -> Exchange[Path]:
        """Save the bundle, a zip that `attune.load` opens."""
        yield Request("GET", f"{OWN}/models/{id_of(model)}/bundle", save_to=Path(to))
        return Path(to)
