"""New data sets, and new versions of those there are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from attune.errors import InputError
from attune.service import audit
from attune.service.access import Principal, Scope
from attune.service.datasets.kinds import DatasetKind, dataset_kind
from attune.service.errors import Conflict, TooLarge
from attune.service.fields import (
    described,
    file_name,
    identifier,
    named,
    properties,
    same_language,
    web_address,
)
from attune.service.lookup import find
from attune.service.tables import Dataset, Project, Upload

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = ["check_size", "create", "finished_upload", "next_version"]


def create(
    service: Service,
    principal: Principal,
    project_id: str,
    *,
    name: str | None = None,
    kind: str | None = None,
    upload_id: str | None = None,
    transcript_upload_id: str | None = None,
    content: bytes | None = None,
    content_url: str | None = None,
    in_blocks: bool = False,
    source_name: str = "",
    language: str | None = None,
    series_id: str | None = None,
    description: str = "",
    custom: Mapping[str, str] | None = None,
) -> Dataset:
    """A data set from a finished upload, from `content`, or from an http(s) address; a job imports
    it (`activity.job_of`). With `in_blocks` it waits for its blocks (`put_block`).

    With `series_id` it is the next version of that series, whose name and kind it takes.
    `transcript_upload_id` is the table of what is said, where the archive holds none.

    Raises InputError for no or several sources, a kind that does not fit, a source that is too
    large; NotFound; Conflict for an upload that is not complete.
    """
    principal.require(Scope.MANAGE)
    sources = (upload_id is not None, content is not None, content_url is not None, in_blocks)
    if sum(sources) != 1:
        raise InputError("give one of an upload, an address, the content itself, and blocks")
    if content is not None and len(content) > service.settings.limits.body:
        raise TooLarge(
            f"content has {len(content)} bytes: upload what is larger than "
            f"{service.settings.limits.body}"
        )
    if content == b"":
        raise InputError("content is empty: give what the data set shall hold")
    # Before the transaction: blobs are recorded in one of their own.
    content_hash = None if content is None else service.store.put_bytes(content)
    with service.database.session() as session:
        project = find(session, Project, project_id, principal)
        same_language(language, project.language)
        dataset = next_version(session, project, series_id, name, kind)
        of_kind = dataset_kind(dataset)
        dataset.description = described(description)
        dataset.custom = properties(custom)
        dataset.source_name = file_name(source_name, of_kind.file)
        dataset.source_hash = content_hash
        if content_url is not None:
            dataset.source_url = web_address(content_url, "contentUrl")
            path = unquote(urlsplit(content_url).path)
            dataset.source_name = file_name(source_name or path, of_kind.file)
        if upload_id is not None:
            upload = finished_upload(session, principal, project.id, upload_id)
            dataset.source_hash = upload.blob_hash
            dataset.source_name = file_name(source_name or upload.name, of_kind.file)
            check_size(of_kind, upload.size)
        if transcript_upload_id is not None:
            if of_kind.name != "Acoustic":
                raise InputError(f"a data set of the kind {of_kind.name} has no transcripts")
            transcript = finished_upload(session, principal, project.id, transcript_upload_id)
            dataset.transcript_hash = transcript.blob_hash
        _check_suffix(of_kind, dataset)
        session.add(dataset)
        session.flush()
        if not in_blocks:
            service.jobs.submit(session, "import", "dataset", dataset.id, project.id)
        audit.record(
            session,
            principal,
            "create",
            "dataset",
            dataset.id,
            name=dataset.name,
            kind=dataset.kind,
            version=dataset.version,
        )
    return dataset


def next_version(
    session: Session, project: Project, series_id: str | None, name: str | None, kind: str | None
) -> Dataset:
    """A row for a new series, or the next version of one; not added to the session yet."""
    if series_id is None:
        if name is None or kind is None:
            raise InputError("a new data set needs displayName and kind")
        chosen_kind = dataset_kind(kind).name
        return Dataset(
            project_id=project.id,
            name=named(name),
            kind=chosen_kind,
            language=project.language,
            version=1,
        )
    series = identifier(series_id, "dataset")
    # Two who make a version at once take turns here.
    session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
    last = session.scalar(
        select(Dataset)
        .where(Dataset.series_id == series, Dataset.project_id == project.id)
        .order_by(Dataset.version.desc())
        .limit(1)
    )
    if last is None:
        raise InputError(f"there is no series {series} in this project: see `seriesId` of its sets")
    if kind is not None and dataset_kind(kind).name != last.kind:
        raise InputError(f"kind is {kind}, but the versions before are {last.kind}")
    newest = session.scalar(select(func.max(Dataset.version)).where(Dataset.series_id == series))
    return Dataset(
        project_id=project.id,
        name=last.name if name is None else named(name),
        kind=last.kind,
        language=last.language,
        series_id=series,
        version=(newest or 0) + 1,
    )


def finished_upload(
    session: Session, principal: Principal, project_id: str | None, id: str
) -> Upload:
    """The upload with this id, all of which has come; NotFound, Conflict."""
    upload = find(session, Upload, id, principal)
    if upload.project_id is not None and upload.project_id != project_id:
        raise InputError(f"the upload {upload.name!r} was made for another project: upload it here")
    if upload.blob_hash is None:
        raise Conflict(
            f"{upload.received} of {upload.size} bytes of {upload.name!r} have come: send the rest "
            "first"
        )
    return upload


def check_size(kind: DatasetKind, size: int) -> None:
    """TooLarge for a source that is larger than its kind may be."""
    if kind.bytes is not None and size > kind.bytes:
        raise TooLarge(
            f"{size} bytes, and a data set of the kind {kind.name} has at most {kind.bytes}: divide"
            " it"
        )


def _check_suffix(kind: DatasetKind, dataset: Dataset) -> None:
    """Recordings come as a zip; what is called otherwise would be refused after all the waiting."""
    suffix = PurePosixPath(dataset.source_name).suffix.lower()
    if kind.text is None and suffix != ".zip":
        raise InputError(
            f"{dataset.source_name!r}: recordings come as one .zip, with trans.txt (lines "
            "`file.wav<TAB>text`) for the kind Acoustic"
        )
    if kind.text is not None and suffix == ".zip":
        raise InputError(f"{dataset.source_name!r}: the kind {kind.name} is a text file, not a zip")
