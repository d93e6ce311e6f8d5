"""The bundle: a model as one immutable folder (or one zip of it) that says what it is.

`Bundle.open` checks and opens one, `BundleWriter` and `derive` make them, `shipped_bundle_path`
finds the one that comes with the package. docs/bundle.md describes the format.
"""

from __future__ import annotations

from attune.bundle.cache import cache_folder
from attune.bundle.description import (
    FORMAT_VERSION,
    KINDS,
    ROLES,
    SETTING_GROUPS,
    BundleDescription,
    BundleKind,
    DataSet,
    Lineage,
    Measurement,
    ModelCard,
    Part,
    Settings,
    TrainingSet,
    description_to_json,
)
from attune.bundle.hashing import file_sha256
from attune.bundle.inspection import (
    BundleSummary,
    ExportResult,
    PartCheck,
    VerifyResult,
    export_bundle,
    show_bundle,
    verify_bundle,
)
from attune.bundle.opening import Bundle, Verify
from attune.bundle.shipped import (
    shipped_bundle_path,
    shipped_keyword_base_path,
    shipped_languages,
)
from attune.bundle.writing import BundleForm, BundleWriter, NewPart, check_free, derive

__all__ = [
    "FORMAT_VERSION",
    "KINDS",
    "ROLES",
    "SETTING_GROUPS",
    "Bundle",
    "BundleDescription",
    "BundleForm",
    "BundleKind",
    "BundleSummary",
    "BundleWriter",
    "DataSet",
    "ExportResult",
    "Lineage",
    "Measurement",
    "ModelCard",
    "NewPart",
    "Part",
    "PartCheck",
    "Settings",
    "TrainingSet",
    "Verify",
    "VerifyResult",
    "cache_folder",
    "check_free",
    "derive",
    "description_to_json",
    "export_bundle",
    "file_sha256",
    "shipped_bundle_path",
    "shipped_keyword_base_path",
    "shipped_languages",
    "show_bundle",
    "verify_bundle",
]
