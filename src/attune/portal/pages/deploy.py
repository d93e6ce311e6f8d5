"""Deploy: endpoints, what stands behind them, how clients reach them, what goes through them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

from attune.errors import InputError
from attune.portal.routing import Pages
from attune.portal.snippets import snippets
from attune.portal.visits import Visit
from attune.service import endpoints, models
from attune.service.recognition import EndpointTraffic
from attune.service.tables import Endpoint, Model

__all__ = ["pages"]

pages = Pages()


@pages.get("/projects/{project}/endpoints")
def show(visit: Visit) -> Response:
    """The endpoints of a project."""
    service, principal = visit.service, visit.principal
    found = endpoints.listing(
        service, principal, project_id=visit.project.id, skip=visit.place(), top=50
    )
    return visit.page(
        "endpoints.html",
        section="deploy",
        page=found,
        names=_names(visit, found.values),
        traffic={one.id: endpoints.traffic(service, principal, one.id) for one in found.values},
    )


@pages.get("/projects/{project}/endpoints/new")
def ask(visit: Visit) -> Response:
    """The form for a new endpoint."""
    return visit.page(
        "endpoint_new.html",
        section="deploy",
        choices=_choices(visit),
        chosen=visit.query.get("model", ""),
    )


@pages.post("/projects/{project}/endpoints")
def create(visit: Visit) -> Response:
    """Deploy a model."""
    model = visit.text("model")
    if not model:
        raise InputError("choose a model to deploy")
    made = endpoints.create(
        visit.service,
        visit.principal,
        visit.project.id,
        name=visit.text("name"),
        description=visit.text("description"),
        shares={model: 1.0},
        max_streams=int(visit.number("max_streams", 20)),
        logging=bool(visit.text("logging")),
        retention_days=int(visit.number("retention_days", 30)),
    )
    return visit.go(_page(visit, made), f"{made.name} is deployed and answers at once.")


@pages.get("/projects/{project}/endpoints/{endpoint}")
def show_endpoint(visit: Visit) -> Response:
    """An endpoint; a script asks for the traffic again and again."""
    service, principal = visit.service, visit.principal
    endpoint = endpoints.get(service, principal, visit.path["endpoint"])
    traffic = endpoints.traffic(service, principal, endpoint.id)
    values: dict[str, Any] = {
        "section": "deploy",
        "endpoint": endpoint,
        "traffic": traffic,
        "minutes": minutes_of(traffic),
    }
    if visit.is_part:
        return visit.part("parts/traffic.html", **values)
    names = _names(visit, [endpoint])
    address = str(visit.request.base_url).rstrip("/")
    return visit.page(
        "endpoint.html",
        names=names,
        choices=_choices(visit),
        snippets=snippets(address, endpoint),
        **values,
    )


@pages.post("/projects/{project}/endpoints/{endpoint}/deploy")
def deploy(visit: Visit) -> Response:
    """Put models behind an endpoint, each with its share of the traffic."""
    shares: dict[str, float] = {}
    for number, id in enumerate(visit.form.getlist("model")):
        if isinstance(id, str) and id:
            weight = visit.number(f"weight{number}", 100.0)
            if weight:
                shares[id] = shares.get(id, 0.0) + weight
    endpoint = endpoints.deploy(visit.service, visit.principal, visit.path["endpoint"], shares)
    return visit.go(
        _page(visit, endpoint), "Done. New streams get it; those that run end as they began."
    )


@pages.post("/projects/{project}/endpoints/{endpoint}")
def change(visit: Visit) -> Response:
    """Name, limits and logging of an endpoint."""
    endpoint = endpoints.update(
        visit.service,
        visit.principal,
        visit.path["endpoint"],
        name=visit.text("name"),
        max_streams=int(visit.number("max_streams", 20)),
        logging=bool(visit.text("logging")),
        retention_days=int(visit.number("retention_days", 30)),
    )
    return visit.go(_page(visit, endpoint), "Saved.")


@pages.post("/projects/{project}/endpoints/{endpoint}/delete")
def remove(visit: Visit) -> Response:
    """Take an endpoint away."""
    endpoint = endpoints.get(visit.service, visit.principal, visit.path["endpoint"])
    endpoints.delete(visit.service, visit.principal, endpoint.id)
    return visit.go(f"/projects/{visit.project.id}/endpoints", f"{endpoint.name} is gone.")


def minutes_of(traffic: EndpointTraffic) -> list[float]:
    """Seconds of audio in each of the last 60 minutes, idle ones among them."""
    if not traffic.minutes:
        return []
    heard = {minute.began: minute.audio for minute in traffic.minutes}
    last = traffic.minutes[-1].began
    return [heard.get(last - 60 * back, 0.0) for back in range(59, -1, -1)]


def _page(visit: Visit, endpoint: Endpoint) -> str:
    return f"/projects/{visit.project.id}/endpoints/{endpoint.id}"


def _choices(visit: Visit) -> list[Model]:
    """The models that may be deployed: recognisers of the project, then the bases of its language,
    then its keywords."""
    ready = "status eq 'Succeeded'"
    own = models.listing(
        visit.service, visit.principal, project_id=visit.project.id, filter=ready, top=200
    )
    bases = models.base_models(visit.service, visit.principal, kind="recognizer")
    language = visit.project.language
    found = [*own.values, *(one for one in bases.values if one.language == language)]
    return sorted(found, key=lambda one: one.kind == "keyword")


def _names(visit: Visit, shown: Iterable[Endpoint]) -> Mapping[str, str]:
    """The names of the models behind endpoints by their ids."""
    ids = {share.model_id for endpoint in shown for share in endpoint.models}
    return {id: models.get(visit.service, visit.principal, id).name for id in ids}
