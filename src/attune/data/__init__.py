"""Recordings with transcripts: the manifest that every tool reads, and importers that make it."""

from .importing import LAYOUTS, Layout, check_manifest, detect_layout, import_data
from .manifest import Manifest, ManifestCheck, Utterance, write_manifest
from .report import Dropped, ImportReport, Problem, Reason

__all__ = [
    "LAYOUTS",
    "Dropped",
    "ImportReport",
    "Layout",
    "Manifest",
    "ManifestCheck",
    "Problem",
    "Reason",
    "Utterance",
    "check_manifest",
    "detect_layout",
    "import_data",
    "write_manifest",
]
