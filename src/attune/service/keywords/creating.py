"""New keyword models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attune.errors import InputError
from attune.keyword.creation import MOST_PHRASES
from attune.keyword.guidance import Advice, advise_together, require_usable
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.fields import chosen, described, named, properties
from attune.service.keywords.guiding import guidance
from attune.service.lookup import find
from attune.service.models.creating import base_of, chosen_datasets
from attune.service.projects import get as get_project
from attune.service.tables import Dataset, Model, ModelDataset, Project

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["TYPES", "WantedPhrase", "create"]

TYPES = ("basic", "advanced")
"""basic: seconds, from pronunciations alone; advanced: minutes, with simulated speech as well."""


@dataclass(frozen=True, slots=True)
class WantedPhrase:
    """A phrase to listen for, and the pronunciations to take: ids of its guidance, or phones; none
    for the likeliest."""

    text: str
    pronunciations: tuple[str, ...] = ()


def create(
    service: Service,
    principal: Principal,
    project_id: str,
    *,
    phrases: Sequence[WantedPhrase],
    name: str | None = None,
    type: str = "basic",
    sensitivity: float = 0.5,
    recording_ids: Sequence[str] = (),
    negative_ids: Sequence[str] = (),
    description: str = "",
    custom: Mapping[str, str] | None = None,
) -> Model:
    """A keyword model for one phrase or several; a job makes it.

    `sensitivity` runs from 0 (strict) to 1. For the type advanced, `recording_ids` are data sets
    of people who say the phrases, `negative_ids` of speech and noise without them; neither is
    needed. Raises InputError for phrases that make no keyword (their guidance says why).
    """
    principal.require(Scope.MANAGE)
    kind = chosen(type, TYPES, "type")
    if not 1 <= len(phrases) <= MOST_PHRASES:
        raise InputError(f"{len(phrases)} phrases: give 1 to {MOST_PHRASES}")
    if not 0.0 <= sensitivity <= 1.0:
        raise InputError(f"sensitivity is {sensitivity}: give a number from 0 (strict) to 1")
    if kind == "basic" and (recording_ids or negative_ids):
        raise InputError("recordings are for keywords of the type advanced: leave them out")
    # Before the transaction, for it takes its time.
    language = get_project(service, principal, project_id).language
    advices = [
        guidance(service, principal, one.text, language=language, pronunciations=one.pronunciations)
        for one in phrases
    ]
    _require_usable(advices)
    settings = {
        "type": kind,
        "sensitivity": sensitivity,
        "phrases": [
            {"text": advice.text, "pronunciations": [str(each) for each in advice.chosen]}
            for advice in advices
        ],
    }
    with service.database.session() as session:
        project = find(session, Project, project_id, principal)
        base = base_of(session, principal, project, None, "keyword")
        positives = chosen_datasets(session, principal, project, recording_ids)
        negatives = chosen_datasets(session, principal, project, negative_ids)
        _check_recordings(positives, negatives)
        settings["negatives"] = [dataset.id for dataset in negatives]
        model = Model(
            project_id=project.id,
            kind="keyword",
            language=project.language,
            name=named(name or ", ".join(advice.text for advice in advices)),
            description=described(description),
            custom=properties(custom),
            base_id=base.id,
            settings=settings,
            datasets=[ModelDataset(dataset_id=each.id) for each in (*positives, *negatives)],
        )
        session.add(model)
        session.flush()
        cores = service.settings.workers if kind == "advanced" else 1
        service.jobs.submit(session, "keyword", "model", model.id, project.id, cores)
        audit.record(
            session,
            principal,
            "create",
            "model",
            model.id,
            name=model.name,
            phrases=[advice.text for advice in advices],
            type=kind,
        )
    return model


def _require_usable(advices: Sequence[Advice]) -> None:
    for advice in advices:
        require_usable(advice.findings)
        if not advice.chosen:
            raise InputError(f"{advice.phrase!r} has no pronunciation: give its phones")
    require_usable(advise_together(advices))


def _check_recordings(positives: Sequence[Dataset], negatives: Sequence[Dataset]) -> None:
    for dataset in positives:
        if dataset.kind != "Acoustic":
            raise InputError(
                f"recordings: {dataset.name!r} has no transcripts that say which phrase is said"
            )
    for dataset in negatives:
        if dataset.kind not in ("Acoustic", "Audio"):
            raise InputError(f"negatives: {dataset.name!r} holds no recordings")
    both = {each.id for each in positives} & {each.id for each in negatives}
    if both:
        raise InputError("a data set is given as recordings and as negatives: it is one of them")
