"""New models: made of a base and data by a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from attune.errors import InputError
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.errors import TooLarge
from attune.service.fields import chosen, described, named, properties, same_language
from attune.service.lookup import find, require_ready
from attune.service.tables import Dataset, Model, ModelDataset, Project, Status

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["METHODS", "base_of", "chosen_datasets", "create"]

METHODS = ("auto", "adapters", "full")
"""What of the encoder is learnt from recordings: what suits their amount, adapters, all."""

_MOST_DATASETS = 50
_MOST_TEXT = 500_000


def create(
    service: Service,
    principal: Principal,
    project_id: str,
    *,
    name: str,
    base_id: str | None = None,
    dataset_ids: Sequence[str] = (),
    text: str = "",
    method: str = "auto",
    unsupervised: bool = False,
    language: str | None = None,
    description: str = "",
    custom: Mapping[str, str] | None = None,
) -> Model:
    """A recogniser made on `base_id` (default: the newest base model of the language) of data sets
    of any kinds and of `text` (sentences, a line each, at most 500 KB); a job makes it.

    `method` is one of METHODS, for recordings; `unsupervised` learns from what the base itself
    recognises in them, which recordings without transcripts need.

    Raises InputError for what does not fit together, NotFound, Conflict for what is not ready.
    """
    principal.require(Scope.MANAGE)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > _MOST_TEXT:
        raise TooLarge(f"text has {size} bytes, at most {_MOST_TEXT}: make a data set of it")
    if not text.strip() and not dataset_ids:
        raise InputError("give datasets, text or both: a model is made of something")
    settings = {
        "text": text.encode("utf-8", "replace").decode(),
        "method": chosen(method, METHODS, "method"),
        "unsupervised": unsupervised,
    }
    with service.database.session() as session:
        project = find(session, Project, project_id, principal)
        same_language(language, project.language)
        base = base_of(session, principal, project, base_id, "recognizer")
        datasets = chosen_datasets(session, principal, project, dataset_ids)
        _check_recordings(datasets, unsupervised)
        model = Model(
            project_id=project.id,
            kind="recognizer",
            language=project.language,
            name=named(name),
            description=described(description),
            custom=properties(custom),
            base_id=base.id,
            settings=settings,
            datasets=[ModelDataset(dataset_id=dataset.id) for dataset in datasets],
        )
        session.add(model)
        session.flush()
        hears = any(dataset.kind in ("Acoustic", "Audio") for dataset in datasets)
        cores = service.settings.workers if hears else 1
        service.jobs.submit(session, "adapt", "model", model.id, project.id, cores)
        audit.record(
            session,
            principal,
            "create",
            "model",
            model.id,
            name=model.name,
            base=base.name,
            datasets=[dataset.name for dataset in datasets],
        )
    return model


def base_of(
    session: Session, principal: Principal, project: Project, base_id: str | None, kind: str
) -> Model:
    """The model to start from; InputError for one that does not fit, Conflict for one that is not
    ready."""
    if base_id is None:
        base = session.scalar(
            select(Model)
            .where(
                Model.project_id.is_(None),
                Model.kind == kind,
                Model.language == project.language,
                Model.status == Status.SUCCEEDED,
            )
            .order_by(Model.created.desc())
            .limit(1)
        )
        if base is None:
            raise InputError(f"there is no base model for {project.language}: name one to start on")
        return base
    base = find(session, Model, base_id, principal)
    if base.project_id not in (None, project.id):
        raise InputError(f"baseModel: {base.name!r} belongs to another project")
    if base.kind != kind or (kind == "keyword" and base.project_id is not None):
        raise InputError(f"baseModel: {base.name!r} is no base of a {kind}: choose another")
    if base.language != project.language:
        raise InputError(f"baseModel: {base.name!r} is for {base.language}, not {project.language}")
    require_ready(base, "baseModel")
    return base


def chosen_datasets(
    session: Session, principal: Principal, project: Project, ids: Sequence[str]
) -> list[Dataset]:
    """Data sets of the project that are ready, each once, in order."""
    if len(ids) > _MOST_DATASETS:
        raise InputError(f"{len(ids)} datasets: use at most {_MOST_DATASETS}")
    datasets: dict[str, Dataset] = {}
    for id in ids:
        dataset = find(session, Dataset, id, principal)
        if dataset.project_id != project.id:
            raise InputError(f"datasets: {dataset.name!r} belongs to another project")
        require_ready(dataset, "datasets")
        datasets[dataset.id] = dataset
    return list(datasets.values())


def _check_recordings(datasets: Sequence[Dataset], unsupervised: bool) -> None:
    kinds = {dataset.kind for dataset in datasets}
    if "Audio" in kinds and not unsupervised:
        raise InputError(
            "datasets: recordings alone teach nothing by themselves: add transcripts, or ask for "
            "unsupervised learning"
        )
    if unsupervised and not kinds & {"Audio", "Acoustic"}:
        raise InputError("unsupervised learning needs recordings: add a data set of such")
