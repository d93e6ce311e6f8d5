"""Projects, models and endpoints made for tests, and recognition of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import delete, select

from attune.bundle import Bundle, derive, shipped_bundle_path
from attune.service.access import Principal, Scope
from attune.service.base_models import register_base_models
from attune.service.blobs import Store
from attune.service.database import Database
from attune.service.metrics import Metrics
from attune.service.migrations import upgrade
from attune.service.recognition import Recognition, RecognitionRequest
from attune.service.settings import Limits
from attune.service.tables import Endpoint, EndpointModel, Model, Project, Status

ANYBODY = Principal("key", "test", Scope.RECOGNISE)


@dataclass
class Ground:
    """Database and store with the base models in them."""

    folder: Path
    database: Database
    store: Store
    metrics: Metrics
    opened: list[Recognition] = field(default_factory=list)

    def recognition(self, **limits: object) -> Recognition:
        """Recognition of its own, with these limits."""
        made = Recognition(
            self.database,
            self.store,
            self.metrics,
            replace(Limits(), **limits),  # type: ignore[arg-type]
        )
        self.opened.append(made)
        return made

    @property
    def base(self) -> Model:
        with self.database.reading() as session:
            found = session.scalars(
                select(Model).where(Model.project_id.is_(None), Model.kind == "recognizer")
            )
            return found.one()

    def project(self) -> str:
        with self.database.session() as session:
            made = Project(name="test", language="en-US")
            session.add(made)
            session.flush()
            return made.id

    def model(self, project_id: str, **fields: object) -> str:
        """A model with the base's bundle, or the `fields`."""
        base = self.base
        given: dict[str, object] = {
            "name": "model",
            "kind": "recognizer",
            "language": "en-US",
            "bundle_hash": base.bundle_hash,
            "status": Status.SUCCEEDED,
        }
        with self.database.session() as session:
            made = Model(project_id=project_id, **(given | fields))
            session.add(made)
            session.flush()
            return made.id

    def endpoint(self, project_id: str, weights: Mapping[str, float], **fields: object) -> str:
        """An endpoint with models and their shares."""
        given: dict[str, object] = {"name": "endpoint", "language": "en-US"}
        with self.database.session() as session:
            made = Endpoint(project_id=project_id, status=Status.SUCCEEDED, **(given | fields))
            made.models = [EndpointModel(model_id=m, weight=w) for m, w in weights.items()]
            session.add(made)
            session.flush()
            return made.id

    def swap(self, endpoint_id: str, weights: Mapping[str, float]) -> None:
        """Deploy other models behind an endpoint."""
        with self.database.session() as session:
            session.execute(delete(EndpointModel).where(EndpointModel.endpoint_id == endpoint_id))
            for model_id, weight in weights.items():
                session.add(
                    EndpointModel(endpoint_id=endpoint_id, model_id=model_id, weight=weight)
                )

    def other_bundle(self, name: str) -> str:
        """The hash of a bundle that recognises as the base does and is another."""
        base = Bundle.open(shipped_bundle_path("en-US"))
        made = derive(base, self.folder / name, name=name, lineage=base.description.lineage)
        return self.store.put_folder(made.path)


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """All of it in `folder`, closed at the end of the block."""
    database = Database(f"sqlite:///{folder / 'attune.db'}")
    upgrade(database)
    store = Store(str(folder / "blobs"), folder / "cache", database, 20 * 2**30)
    register_base_models(database, store)
    made = Ground(folder, database, store, Metrics(database))
    try:
        yield made
    finally:
        for recognition in made.opened:
            recognition.close()
        database.close()


def asked(endpoint_id: str | None = None, **fields: object) -> RecognitionRequest:
    """A request by anybody."""
    request = RecognitionRequest(ANYBODY, endpoint_id)
    return replace(request, **fields)  # type: ignore[arg-type]
