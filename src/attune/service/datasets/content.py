"""What data sets hold, read a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attune.data import Manifest, Utterance, write_manifest
from attune.data.lines import read_lines
from attune.errors import InputError
from attune.service.access import Principal
from attune.service.datasets.catalogue import get
from attune.service.datasets.kinds import MANIFEST, dataset_kind
from attune.service.downloads import Download, file_download, folder_download, path_download
from attune.service.errors import Conflict, NotFound, TooLarge
from attune.service.listing import Page, cut
from attune.service.tables import Dataset

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = [
    "DatasetUtterance",
    "audio",
    "content_folder",
    "download",
    "lines",
    "manifest",
    "report_page",
    "rows",
    "source",
    "source_text",
    "utterances",
]

_MOST_EDITED = 2 * 2**20


@dataclass(frozen=True, slots=True)
class DatasetUtterance:
    """A recording of a data set: its `number` (from 1), file `name`, length and what is said."""

    number: int
    name: str
    seconds: float
    speaker: str
    text: str


def content_folder(service: Service, dataset: Dataset) -> Path:
    """The folder that the import wrote, read-only; Conflict when there is none yet."""
    if dataset.content_hash is None:
        state = "could not be imported" if dataset.reason else "is not imported yet"
        raise Conflict(f"the data set {dataset.name!r} {state}: see its status and report")
    return service.store.folder(dataset.content_hash)


def rows(service: Service, dataset: Dataset) -> Iterator[Utterance]:
    """The recordings in order, for data sets that hold such; InputError for texts."""
    if dataset_kind(dataset).text is not None:
        raise InputError(f"a data set of the kind {dataset.kind} holds no recordings")
    folder = content_folder(service, dataset)
    if dataset.manifest_hash is None:
        yield from Manifest(folder / MANIFEST)
        return
    table = service.store.path(dataset.manifest_hash)
    for row in Manifest(table):
        yield replace(row, path=folder / row.path.relative_to(table.parent))


def manifest(service: Service, dataset: Dataset, folder: Path) -> Path:
    """The table of recordings as a file, for tools; that of a corrected version is written into
    `folder`. Errors as of `utterances`."""
    if dataset.manifest_hash is None and dataset_kind(dataset).text is None:
        return content_folder(service, dataset) / MANIFEST
    path = folder / f"{dataset.id}.tsv"
    write_manifest(path, rows(service, dataset))
    return path


def utterances(
    service: Service,
    principal: Principal,
    id: str,
    *,
    skip: int = 0,
    top: int = 100,
    text: str = "",
) -> Page[DatasetUtterance]:
    """A page of the recordings, with `text` those alone whose transcript or name has it.

    NotFound; InputError for a data set without recordings; Conflict before it is imported.
    """
    dataset = get(service, principal, id)
    wanted = text.casefold()
    listed = (
        _listed(number, row)
        for number, row in enumerate(rows(service, dataset), start=1)
        if not wanted or wanted in row.text.casefold() or wanted in row.path.name.casefold()
    )
    return cut(listed, skip, top)


def _listed(number: int, row: Utterance) -> DatasetUtterance:
    return DatasetUtterance(number, row.path.name, row.seconds, row.speaker, row.text)


def audio(service: Service, principal: Principal, id: str, number: int) -> Download:
    """The recording with this number; NotFound when there are fewer."""
    dataset = get(service, principal, id)
    for place, row in enumerate(rows(service, dataset), start=1):
        if place == number:
            return path_download(row.path.name, row.path)
    raise NotFound(f"the data set has no recording {number}")


def lines(
    service: Service, principal: Principal, id: str, *, skip: int = 0, top: int = 100
) -> Page[str]:
    """A page of the lines that were kept of a text; InputError for recordings."""
    dataset = get(service, principal, id)
    kind = dataset_kind(dataset)
    if kind.text is None:
        raise InputError(f"a data set of the kind {dataset.kind} holds no text: see its utterances")
    path = content_folder(service, dataset) / kind.output
    return cut((line for _, line in read_lines(path)), skip, top)


def source(
    service: Service, principal: Principal, id: str, *, transcript: bool = False
) -> Download:
    """What was uploaded, as it came; NotFound when there is nothing such."""
    dataset = get(service, principal, id)
    hash = dataset.transcript_hash if transcript else dataset.source_hash
    if hash is None:
        raise NotFound("this version was not uploaded: download its content")
    name = "trans.txt" if transcript else dataset.source_name
    return file_download(name, service.store.open(hash), service.store.size(hash))


def source_text(service: Service, principal: Principal, id: str) -> str:
    """The text as it was given, to be edited; InputError for recordings, TooLarge for texts that
    nobody edits in a browser."""
    dataset = get(service, principal, id)
    if dataset_kind(dataset).text is None:
        raise InputError(f"a data set of the kind {dataset.kind} holds no text to edit")
    if dataset.source_hash is None:
        raise NotFound("this data set has no source")
    size = service.store.size(dataset.source_hash)
    if size > _MOST_EDITED:
        raise TooLarge(f"the text has {size} bytes: download it, edit it and upload a new version")
    with service.store.open(dataset.source_hash) as stream:
        return stream.read().decode("utf-8-sig", "replace")


def report_page(service: Service, principal: Principal, id: str) -> Download:
    """The report of the import as an HTML page; NotFound before there is one."""
    dataset = get(service, principal, id)
    hash = dataset.report_hash
    if hash is None:
        raise NotFound("there is no report yet")
    return file_download("report.html", service.store.open(hash), service.store.size(hash))


def download(service: Service, principal: Principal, id: str) -> Download:
    """What can be used of a data set: a zip with manifest and recordings, or the text.

    Conflict before it is imported.
    """
    dataset = get(service, principal, id)
    kind = dataset_kind(dataset)
    folder = content_folder(service, dataset)
    stem = f"{file_stem(dataset.name)}-v{dataset.version}"
    if kind.text is None:
        table = dataset.manifest_hash and service.store.path(dataset.manifest_hash)
        return folder_download(f"{stem}.zip", folder, {MANIFEST: table} if table else {})
    return path_download(f"{stem}{Path(kind.output).suffix}", folder / kind.output)


def file_stem(name: str) -> str:
    """A thing's name as a file's."""
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    return kept.strip("-")[:80] or "download"
