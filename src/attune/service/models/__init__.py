"""Models: those that come with the service, and those that projects make of them."""

from attune.service.models.catalogue import (
    base_models,
    children,
    curve,
    delete,
    get,
    lineage,
    listing,
    update,
)
from attune.service.models.creating import METHODS, create
from attune.service.models.files import BundleFile, bundle_files, download, manifest

__all__ = [
    "METHODS",
    "BundleFile",
    "base_models",
    "bundle_files",
    "children",
    "create",
    "curve",
    "delete",
    "download",
    "get",
    "lineage",
    "listing",
    "manifest",
    "update",
]
