"""From an endpoint, a model or a language to the bundle that recognises."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from attune.errors import InputError
from attune.service.access import Principal
from attune.service.database import Database
from attune.service.errors import Conflict, NotFound, Unavailable
from attune.service.fields import identifier
from attune.service.tables import Endpoint, EndpointModel, Model, Status

__all__ = ["Router", "ServedModel", "Shares", "Target"]

_FRESH_SECONDS = 1.0
_STALE_SECONDS = 300.0
"""How long the last state known serves while the database is away."""
_DEFAULT_LANGUAGE = "en-us"
_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Target:
    """A model that recognises, and the endpoint behind which it does (None: without one)."""

    model_id: str
    model_name: str
    kind: str
    language: str
    bundle_hash: str
    project_id: str | None
    endpoint_id: str | None = None
    max_streams: int | None = None
    logging: bool = False


@dataclass(frozen=True, slots=True)
class Shares:
    """What is behind an endpoint: targets and their shares, which need not add up to anything."""

    targets: tuple[Target, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ServedModel:
    """Something that can be recognised with: an endpoint, or a model without one."""

    id: str
    kind: str
    """endpoint, recognizer or keyword."""
    name: str
    language: str
    project_id: str | None
    created: datetime
    bundle_hash: str | None = None
    """Of a model."""


class Router:
    """Reads from the database what recognises, and remembers it for a second.

    Every process reads for itself, so a swap is seen by all. Where an endpoint has several models
    they take turns by their weights, evenly: of any n streams each gets its share within one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str], tuple[float, Shares]] = {}
        self._credit: dict[str, dict[str, float]] = {}
        self._lock = threading.Lock()

    def target(
        self,
        principal: Principal,
        *,
        endpoint_id: str | None = None,
        model_id: str | None = None,
        language: str | None = None,
        kind: str = "recognizer",
    ) -> Target:
        """What recognises for this key: the endpoint's next, the model, or the base of the
        language. NotFound, also for what the key may not touch; Conflict for what is not ready."""
        if endpoint_id is not None:
            what, name = "endpoint", identifier(endpoint_id, "endpoint")
        elif model_id is not None:
            what, name = "model", identifier(model_id, "model")
        else:
            what, name = "language", (language or _DEFAULT_LANGUAGE).lower()
        shares = self._shares(what, name)
        principal.reach(shares.targets[0].project_id, what)
        target = shares.targets[0]
        if target.kind != kind:
            raise InputError(f"the model {target.model_name!r} is a {target.kind}, not a {kind}")
        return target if endpoint_id is None else self._turn(name, shares)

    def served(self, principal: Principal) -> list[ServedModel]:
        """What this key may recognise with: its endpoints, models and keywords, base models last.

        An endpoint that hears nothing yet is left out.
        """
        mine = principal.project_id
        with self._database.reading() as session:
            endpoints = session.scalars(
                select(Endpoint)
                .where(Endpoint.status == Status.SUCCEEDED, Endpoint.models.any())
                .order_by(Endpoint.created)
            )
            served = [
                ServedModel(e.id, "endpoint", e.name, e.language, e.project_id, e.created)
                for e in endpoints
                if mine in (None, e.project_id)
            ]
            models = session.scalars(
                select(Model)
                .where(Model.status == Status.SUCCEEDED, Model.bundle_hash.is_not(None))
                .order_by(Model.project_id.is_(None), Model.created)
            )
            served += [
                ServedModel(
                    m.id, m.kind, m.name, m.language, m.project_id, m.created, m.bundle_hash
                )
                for m in models
                if m.project_id is None or mine in (None, m.project_id)
            ]
        return served

    def _shares(self, what: str, name: str) -> Shares:
        now = time.monotonic()
        with self._lock:
            read, known = self._known.get((what, name), (0.0, None))
        if known is not None and now - read < _FRESH_SECONDS:
            return known
        try:
            with self._database.reading() as session:
                shares = _read(session, what, name)
        except Unavailable:
            if known is not None and now - read < _STALE_SECONDS:
                return known
            raise
        with self._lock:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
                self._credit.clear()
            self._known[what, name] = (now, shares)
        return shares

    def _turn(self, endpoint_id: str, shares: Shares) -> Target:
        """Whose turn it is: everybody gets credit by weight, who has most pays for the round."""
        with self._lock:
            before = self._credit.get(endpoint_id, {})
            credit = {
                target.model_id: before.get(target.model_id, 0.0) + weight
                for target, weight in zip(shares.targets, shares.weights, strict=True)
            }
            chosen = max(shares.targets, key=lambda target: credit[target.model_id])
            credit[chosen.model_id] -= sum(shares.weights)
            self._credit[endpoint_id] = credit
        return chosen


def _read(session: Session, what: str, name: str) -> Shares:
    if what == "endpoint":
        return _endpoint(session, name)
    if what == "model":
        model = session.get(Model, name)
        if model is None:
            raise NotFound("there is no model with this id")
        return Shares((_ready(model),), (1.0,))
    bases = session.scalars(
        select(Model)
        .where(
            Model.project_id.is_(None), Model.kind == "recognizer", Model.status == Status.SUCCEEDED
        )
        .order_by(Model.created.desc())
    ).all()
    return Shares((_ready(_base(bases, name)),), (1.0,))


def _base(bases: Sequence[Model], language: str) -> Model:
    for model in bases:
        if model.language.lower() == language:
            return model
    known = ", ".join(sorted({model.language for model in bases})) or "none"
    raise NotFound(f"there is no base model for the language {language!r}: there is {known}")


def _endpoint(session: Session, name: str) -> Shares:
    endpoint = session.get(Endpoint, name, options=[selectinload(Endpoint.models)])
    if endpoint is None:
        raise NotFound("there is no endpoint with this id")
    behind: list[EndpointModel] = [share for share in endpoint.models if share.weight > 0]
    if not behind:
        raise Conflict(f"the endpoint {endpoint.name!r} has no model: deploy one")
    models = {
        m.id: m
        for m in session.scalars(
            select(Model).where(Model.id.in_([share.model_id for share in behind]))
        )
    }
    targets = tuple(
        replace(
            _ready(models[share.model_id]),
            project_id=endpoint.project_id,
            endpoint_id=endpoint.id,
            max_streams=endpoint.max_streams,
            logging=endpoint.logging,
        )
        for share in behind
    )
    return Shares(targets, tuple(share.weight for share in behind))


def _ready(model: Model) -> Target:
    if model.status != Status.SUCCEEDED or model.bundle_hash is None:
        raise Conflict(f"the model {model.name!r} is not ready: it is {model.status}")
    return Target(
        model.id, model.name, model.kind, model.language, model.bundle_hash, model.project_id
    )
