"""A model's bundle, to be looked into and taken away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from attune.bundle import description_to_json, export_bundle, show_bundle
from attune.service.access import Principal, Scope
from attune.service.datasets.content import file_stem
from attune.service.downloads import Download, path_download
from attune.service.errors import Conflict
from attune.service.models.catalogue import get
from attune.service.tables import Model

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["BundleFile", "bundle_files", "bundle_folder", "download", "manifest"]


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A part of a bundle: what it is for (`role`), its file, size in bytes and SHA-256."""

    role: str
    name: str
    size: int
    sha256: str


def bundle_folder(service: Service, model: Model) -> Path:
    """The bundle as a folder, read-only; Conflict before there is one."""
    if model.bundle_hash is None:
        raise Conflict(f"the model {model.name!r} is not ready: see its status")
    return service.store.folder(model.bundle_hash)


def bundle_files(service: Service, principal: Principal, id: str) -> tuple[BundleFile, ...]:
    """The parts of a model's bundle."""
    principal.require(Scope.MANAGE)
    summary = show_bundle(bundle_folder(service, get(service, principal, id)))
    return tuple(
        BundleFile(role, part.file, part.bytes, part.sha256)
        for role, part in summary.description.parts.items()
    )


def manifest(service: Service, principal: Principal, id: str) -> dict[str, Any]:
    """What the bundle says of itself: parts, settings, lineage and card, as in bundle.json."""
    principal.require(Scope.MANAGE)
    summary = show_bundle(bundle_folder(service, get(service, principal, id)))
    return {"hash": summary.hash, **description_to_json(summary.description)}


def download(service: Service, principal: Principal, id: str) -> Download:
    """The bundle as one zip, which every part of Attune opens; Conflict before it is made."""
    principal.require(Scope.MANAGE)
    model = get(service, principal, id)
    folder = bundle_folder(service, model)
    with TemporaryDirectory() as place:
        path = Path(place, "bundle.attune")
        export_bundle(folder, path)
        # The open file stays readable when its name is gone.
        sent = path_download(f"{file_stem(model.name)}.attune.zip", path)
    return sent
