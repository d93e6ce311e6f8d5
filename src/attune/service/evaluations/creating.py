"""New evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from attune.errors import InputError
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.fields import chosen, described, named, properties, same_language
from attune.service.lookup import find, require_ready
from attune.service.tables import Dataset, Evaluation, Model, Project

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["KINDS", "create"]

KINDS = ("Evaluation", "Inspection")


def create(
    service: Service,
    principal: Principal,
    project_id: str,
    *,
    name: str,
    dataset_id: str,
    model1_id: str,
    model2_id: str | None = None,
    kind: str = "Evaluation",
    language: str | None = None,
    description: str = "",
    custom: Mapping[str, str] | None = None,
) -> Evaluation:
    """One model or two on a data set of recordings; a job does it.

    `kind` Evaluation needs transcripts and counts errors, Inspection shows what each model hears.
    Raises InputError for what does not fit together, NotFound, Conflict for what is not ready.
    """
    principal.require(Scope.MANAGE)
    testing = chosen(kind, KINDS, "testingKind")
    with service.database.session() as session:
        project = find(session, Project, project_id, principal)
        same_language(language, project.language)
        dataset = find(session, Dataset, dataset_id, principal)
        if dataset.project_id != project.id:
            raise InputError(f"dataset: {dataset.name!r} belongs to another project")
        if dataset.kind not in ("Acoustic", "Audio"):
            raise InputError(f"dataset: {dataset.name!r} holds no recordings: choose another")
        if dataset.kind == "Audio" and testing == "Evaluation":
            raise InputError(
                f"dataset: {dataset.name!r} has no transcripts to compare with: add them, or ask "
                "for testingKind Inspection"
            )
        require_ready(dataset, "dataset")
        first = _model(session, principal, project, model1_id, "model1")
        second = None
        if model2_id is not None:
            second = _model(session, principal, project, model2_id, "model2")
            if second is first:
                raise InputError("model2 is model1: choose another, or leave it out")
        evaluation = Evaluation(
            project_id=project.id,
            name=named(name),
            description=described(description),
            custom=properties(custom),
            kind=testing,
            language=project.language,
            dataset_id=dataset.id,
            model1_id=first.id,
            model2_id=None if second is None else second.id,
        )
        session.add(evaluation)
        session.flush()
        service.jobs.submit(session, "evaluate", "evaluation", evaluation.id, project.id)
        audit.record(
            session, principal, "create", "evaluation", evaluation.id, name=evaluation.name
        )
    return evaluation


def _model(session: Session, principal: Principal, project: Project, id: str, field: str) -> Model:
    model = find(session, Model, id, principal)
    if model.project_id not in (None, project.id):
        raise InputError(f"{field}: {model.name!r} belongs to another project")
    if model.kind != "recognizer":
        raise InputError(f"{field}: {model.name!r} is a keyword: choose a recogniser")
    if model.language != project.language:
        raise InputError(f"{field}: {model.name!r} is for {model.language}")
    require_ready(model, field)
    return model
