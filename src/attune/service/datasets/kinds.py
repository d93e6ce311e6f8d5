"""The kinds of data sets, as clients call them."""

from __future__ import annotations

from dataclasses import dataclass

from attune.data import TEXT_KINDS
from attune.service.fields import chosen
from attune.service.tables import Dataset

__all__ = ["DATASET_KINDS", "MANIFEST", "DatasetKind", "dataset_kind"]

MANIFEST = "manifest.tsv"


@dataclass(frozen=True, slots=True)
class DatasetKind:
    """A kind: `text` is the kind of text in `attune.data` (None: recordings), `output` the file
    that an import writes into the content, `file` what content without a file name is called,
    `bytes` the largest source (None: as large as an upload may be)."""

    name: str
    what: str
    text: str | None
    output: str
    file: str
    bytes: int | None = None


def _of_text(name: str, text: str, file: str) -> DatasetKind:
    kind = next(each for each in TEXT_KINDS if each.name == text)
    return DatasetKind(name, kind.what, text, kind.output, file, kind.bytes)


DATASET_KINDS = {
    kind.name: kind
    for kind in (
        DatasetKind(
            "Acoustic",
            "recordings with transcripts: a zip with trans.txt inside or beside it",
            None,
            MANIFEST,
            "recordings.zip",
        ),
        DatasetKind("Audio", "recordings alone: a zip of them", None, MANIFEST, "recordings.zip"),
        _of_text("Language", "language", "sentences.txt"),
        _of_text("Pronunciation", "pronunciation", "pronunciations.txt"),
        _of_text("StructuredText", "structured", "structured.md"),
        _of_text("DisplayFormat", "display", "display.txt"),
    )
}


def dataset_kind(kind: str | Dataset) -> DatasetKind:
    """The kind called so, or of a data set; InputError for an unknown name."""
    name = kind.kind if isinstance(kind, Dataset) else chosen(kind, DATASET_KINDS, "kind")
    return DATASET_KINDS[name]
