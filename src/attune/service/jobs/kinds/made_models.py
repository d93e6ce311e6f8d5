"""What jobs that make models have in common: the base to start from, and keeping what was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from attune.bundle import Bundle, description_to_json
from attune.service.errors import NotFound
from attune.service.jobs.context import JobContext
from attune.service.jobs.storable import storable
from attune.service.tables import Dataset, Model, ModelDataset

__all__ = ["Wanted", "keep_model", "wanted_model"]


class Wanted:
    """The model that is to be made, its base, and the data sets that it is made from."""

    def __init__(self, model: Model, base: Bundle, datasets: list[Dataset]) -> None:
        self.model, self.base, self.datasets = model, base, datasets

    def of_kind(self, *kinds: str) -> list[Dataset]:
        """The data sets of these kinds, in order of their creation."""
        return [dataset for dataset in self.datasets if dataset.kind in kinds]


def wanted_model(context: JobContext) -> Wanted:
    """What the job is for; NotFound when that, or the base, is gone."""
    with context.service.database.reading() as session:
        model = session.get(Model, context.job.subject_id)
        base = None if model is None or model.base_id is None else session.get(Model, model.base_id)
        if model is None or base is None or base.bundle_hash is None:
            raise NotFound("the model is gone, or its base")
        datasets = session.scalars(
            select(Dataset)
            .join(ModelDataset, ModelDataset.dataset_id == Dataset.id)
            .where(ModelDataset.model_id == model.id)
            .order_by(Dataset.created, Dataset.id)
        ).all()
    context.say("opening the base")
    return Wanted(model, Bundle.open(context.blob_folder(base.bundle_hash)), list(datasets))


def keep_model(context: JobContext, bundle: Path, told: dict[str, Any]) -> None:
    """Store the bundle that was made, with its card and what the making `told`."""
    context.progress(0.97, stage="storing the model")
    made = Bundle.open(bundle)
    blob = context.service.store.put_folder(bundle)
    card = description_to_json(made.description)["model_card"]
    assert isinstance(card, dict)

    def change(session: Session) -> None:
        model = session.get_one(Model, context.job.subject_id)
        model.bundle_hash = blob
        model.card = {**card, **storable(told)}
        model.settings = {**model.settings, "bundle": made.hash}

    context.save(change)
