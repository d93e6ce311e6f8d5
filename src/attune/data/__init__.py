"""Recordings with transcripts: the manifest that every tool reads, and importers that make it."""

from .importing import KINDS, LAYOUTS, Layout, check_manifest, detect_layout, import_data
from .manifest import Manifest, ManifestCheck, Utterance, write_manifest
from .pronunciation_entries import PronunciationEntry, read_pronunciations
from .recordings import Purpose
from .report import Dropped, ImportReport, Problem, Reason
from .report_files import write_report
from .structured_parsing import read_structured_text
from .structured_text import ListUse, Sentence, StructuredText, TextList
from .text_importing import import_text
from .text_kinds import TEXT_KINDS, TextKind, find_text_kind

__all__ = [
    "KINDS",
    "LAYOUTS",
    "TEXT_KINDS",
    "Dropped",
    "ImportReport",
    "Layout",
    "ListUse",
    "Manifest",
    "ManifestCheck",
    "Problem",
    "PronunciationEntry",
    "Purpose",
    "Reason",
    "Sentence",
    "StructuredText",
    "TextKind",
    "TextList",
    "Utterance",
    "check_manifest",
    "detect_layout",
    "find_text_kind",
    "import_data",
    "import_text",
    "read_pronunciations",
    "read_structured_text",
    "write_manifest",
    "write_report",
]
