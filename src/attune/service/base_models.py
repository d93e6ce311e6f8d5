"""The models that come with the package, as every project finds them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from attune.bundle import (
    description_to_json,
    shipped_bundle_path,
    shipped_keyword_base_path,
    shipped_languages,
    show_bundle,
)
from attune.errors import InputError
from attune.service.blobs import Store
from attune.service.database import Database
from attune.service.tables import Model, Status

__all__ = ["register_base_models"]


def register_base_models(database: Database, store: Store) -> None:
    """Add rows and blobs for the shipped bundles that have none yet.

    Earlier versions stay, for models were made from them; the newest of a language and kind is the
    one for new things.
    """
    for path in _shipped():
        summary = show_bundle(path)
        if _registered(database, summary.hash):
            continue
        blob = store.put_folder(path)
        described = summary.description
        model = Model(
            name=described.name,
            kind=described.kind,
            language=described.language,
            bundle_hash=blob,
            status=Status.SUCCEEDED,
            settings={"bundle": summary.hash, "version": described.version},
            card=description_to_json(described)["model_card"],
        )
        with database.session() as session:
            # Another process may have been quicker.
            found = select(Model).where(Model.project_id.is_(None), Model.bundle_hash == blob)
            if session.scalar(found) is None:
                session.add(model)


def _registered(database: Database, bundle: str) -> bool:
    with database.reading() as session:
        rows = session.scalars(select(Model).where(Model.project_id.is_(None)))
        return any(row.settings.get("bundle") == bundle for row in rows)


def _shipped() -> list[Path]:
    paths = []
    for language in shipped_languages():
        paths.append(shipped_bundle_path(language))
        try:
            paths.append(shipped_keyword_base_path(language))
        except InputError:
            continue  # Not every language has keywords.
    return paths
