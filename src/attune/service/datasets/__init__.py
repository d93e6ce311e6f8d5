"""Data sets: recordings with or without transcripts, and texts of four kinds, in versions.

A version never changes: correcting a transcript or uploading anew makes the next one of its series.
"""

from attune.service.datasets.blocks import Block, blocks, commit_blocks, put_block
from attune.service.datasets.catalogue import delete, get, listing, update, versions
from attune.service.datasets.content import (
    DatasetUtterance,
    audio,
    download,
    lines,
    manifest,
    report_page,
    source,
    source_text,
    utterances,
)
from attune.service.datasets.correcting import correct
from attune.service.datasets.creating import create
from attune.service.datasets.kinds import DATASET_KINDS, DatasetKind, dataset_kind

__all__ = [
    "DATASET_KINDS",
    "Block",
    "DatasetKind",
    "DatasetUtterance",
    "audio",
    "blocks",
    "commit_blocks",
    "correct",
    "create",
    "dataset_kind",
    "delete",
    "download",
    "get",
    "lines",
    "listing",
    "manifest",
    "put_block",
    "report_page",
    "source",
    "source_text",
    "update",
    "utterances",
    "versions",
]
