"""Batch transcriptions: many recordings at once, a file of results for each, and a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from attune.errors import InputError
from attune.service import audit, projects
from attune.service.access import Principal, Scope
from attune.service.datasets.creating import finished_upload
from attune.service.downloads import Download, file_download
from attune.service.errors import Forbidden, NotFound
from attune.service.fields import (
    chosen,
    described,
    identifier,
    known_language,
    named,
    properties,
    web_address,
)
from attune.service.listing import Page, cut, select_page
from attune.service.lookup import find, require_idle, require_ready, within
from attune.service.tables import (
    Model,
    Project,
    Status,
    Transcription,
    TranscriptionFile,
    TranscriptionSource,
)

if TYPE_CHECKING:
    from attune.service.service import Service

__all__ = [
    "MOST_SOURCES",
    "Output",
    "create",
    "delete",
    "download",
    "file",
    "files",
    "get",
    "listing",
    "update",
]

PUNCTUATION = ("None", "Dictated", "Automatic", "DictatedAndAutomatic")
PROFANITY = ("None", "Masked", "Removed", "Tags")
MOST_SOURCES = 1_000
_MOST_CHANNELS = 8
_LONGEST_LIFE = 31 * 24 * 3600
_SHORTEST_LIFE = 60


@dataclass(frozen=True, slots=True)
class Output:
    """What the results shall hold: times of words (`word_times`) and of written words
    (`display_times`), these `channels` (None: 0 and 1), punctuation and profanity by the modes
    above; they are deleted `time_to_live` seconds after the end (None: never)."""

    word_times: bool = False
    display_times: bool = False
    channels: tuple[int, ...] | None = None
    punctuation: str = "DictatedAndAutomatic"
    profanity: str = "Masked"
    time_to_live: int | None = None

    def settings(self) -> dict[str, Any]:
        """For the job, named as the API names them; InputError for modes, channels and times that
        cannot be."""
        channels = self.channels
        if channels is not None:
            in_range = all(0 <= channel < _MOST_CHANNELS for channel in channels)
            if not channels or len(set(channels)) < len(channels) or not in_range:
                raise InputError("channels: give different numbers from 0 to 7")
        life = self.time_to_live
        if life is not None and not _SHORTEST_LIFE <= life <= _LONGEST_LIFE:
            raise InputError("timeToLive: give a time from PT1M to P31D")
        named = {
            "wordLevelTimestampsEnabled": self.word_times,
            "displayFormWordLevelTimestampsEnabled": self.display_times,
            "channels": list(channels or (0, 1)),
            "punctuationMode": chosen(self.punctuation, PUNCTUATION, "punctuationMode"),
            "profanityFilterMode": chosen(self.profanity, PROFANITY, "profanityFilterMode"),
        }
        return named if life is None else {**named, "timeToLive": f"PT{life}S"}


def create(
    service: Service,
    principal: Principal,
    *,
    name: str,
    language: str | None = None,
    project_id: str | None = None,
    model_id: str | None = None,
    content_urls: Sequence[str] = (),
    container_urls: Sequence[str] = (),
    upload_ids: Sequence[str] = (),
    output: Output | None = None,
    description: str = "",
    custom: Mapping[str, str] | None = None,
) -> Transcription:
    """A batch of recordings at http(s) addresses, in containers that can be listed (Azure, S3) and
    of uploads (a zip is a container, too), transcribed by a job.

    `model_id` defaults to the newest base model of the language, `language` to the project's.
    Raises InputError for what does not fit, NotFound, Conflict for what is not ready.
    """
    principal.require(Scope.MANAGE)
    settings = (output or Output()).settings()
    _check_sources((*content_urls, *container_urls), upload_ids)
    if project_id is None and principal.project_id is not None:
        project_id = principal.project_id
    with service.database.session() as session:
        project = None if project_id is None else find(session, Project, project_id, principal)
        wanted = None if language is None else known_language(language)
        model = _model(session, principal, project, wanted, model_id)
        transcription = Transcription(
            project_id=None if project is None else project.id,
            language=model.language,
            name=named(name),
            description=described(description),
            custom=properties(custom),
            model_id=model.id,
            settings=settings,
        )
        sources: list[dict[str, str]] = [{"url": url} for url in content_urls]
        sources += [{"container": url} for url in container_urls]
        kept: dict[str, TranscriptionSource] = {}
        for id in upload_ids:
            upload = finished_upload(session, principal, transcription.project_id, id)
            assert upload.blob_hash is not None
            sources.append({"upload": upload.id, "hash": upload.blob_hash, "name": upload.name})
            kept[upload.blob_hash] = TranscriptionSource(blob_hash=upload.blob_hash)
        transcription.sources = sources
        transcription.kept = list(kept.values())
        session.add(transcription)
        session.flush()
        service.jobs.submit(
            session, "transcribe", "transcription", transcription.id, transcription.project_id
        )
        audit.record(
            session,
            principal,
            "create",
            "transcription",
            transcription.id,
            name=transcription.name,
            sources=len(sources),
        )
    return transcription


def get(service: Service, principal: Principal, id: str) -> Transcription:
    """The transcription with this id; NotFound."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        return find(session, Transcription, id, principal)


def listing(
    service: Service,
    principal: Principal,
    *,
    project_id: str | None = None,
    skip: int = 0,
    top: int = 100,
    filter: str = "",
    order: str = "",
) -> Page[Transcription]:
    """The transcriptions that the key may see, of a project or all."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        where = within(Transcription, principal, project_id)
        return select_page(
            session, Transcription, where, skip=skip, top=top, filter=filter, order=order
        )


def files(
    service: Service, principal: Principal, id: str, *, skip: int = 0, top: int = 100
) -> Page[TranscriptionFile]:
    """The results so far: one of the kind Transcription for each recording, and at the end the
    TranscriptionReport."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        with_files = (selectinload(Transcription.files),)
        return cut(find(session, Transcription, id, principal, options=with_files).files, skip, top)


def file(service: Service, principal: Principal, id: str, file_id: str) -> TranscriptionFile:
    """One result; NotFound."""
    principal.require(Scope.MANAGE)
    with service.database.reading() as session:
        transcription = find(session, Transcription, id, principal)
        found = session.scalar(
            select(TranscriptionFile).where(
                TranscriptionFile.id == identifier(file_id, "file"),
                TranscriptionFile.transcription_id == transcription.id,
            )
        )
    if found is None:
        raise NotFound("there is no file with this id")
    return found


def download(service: Service, principal: Principal, id: str, file_id: str) -> Download:
    """The JSON of a result; NotFound."""
    found = file(service, principal, id, file_id)
    return file_download(found.name, service.store.open(found.blob_hash), found.size)


def update(
    service: Service,
    principal: Principal,
    id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    custom: Mapping[str, str] | None = None,
) -> Transcription:
    """Change what is given (None: leave it)."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        transcription = find(session, Transcription, id, principal)
        changed = projects.rename(transcription, name, description, custom)
        audit.record(
            session, principal, "update", "transcription", transcription.id, fields=changed
        )
    return transcription


def delete(service: Service, principal: Principal, id: str) -> None:
    """Remove a transcription and its results; Conflict while a job is at work on it."""
    principal.require(Scope.MANAGE)
    with service.database.session() as session:
        transcription = find(session, Transcription, id, principal)
        require_idle(session, transcription.id, "transcription")
        audit.record(
            session, principal, "delete", "transcription", transcription.id, name=transcription.name
        )
        session.delete(transcription)


def _check_sources(urls: Sequence[str], uploads: Sequence[str]) -> None:
    if not 1 <= len(urls) + len(uploads) <= MOST_SOURCES:
        raise InputError(
            f"{len(urls) + len(uploads)} recordings: give 1 to {MOST_SOURCES} as contentUrls or "
            "uploads; a zip of many counts as one"
        )
    for url in urls:
        web_address(url, "contentUrls")


def _model(
    session: Session,
    principal: Principal,
    project: Project | None,
    language: str | None,
    model_id: str | None,
) -> Model:
    wanted = language or (None if project is None else project.language)
    if model_id is None:
        if wanted is None:
            raise InputError("locale is missing: give the language, a project or a model")
        model = session.scalar(
            select(Model)
            .where(
                Model.project_id.is_(None),
                Model.kind == "recognizer",
                Model.language == wanted,
                Model.status == Status.SUCCEEDED,
            )
            .order_by(Model.created.desc())
            .limit(1)
        )
        if model is None:
            raise InputError(f"locale: there is no base model for {wanted}: name a model")
        return model
    model = find(session, Model, model_id, principal)
    if model.kind != "recognizer":
        raise InputError(f"model: {model.name!r} is a keyword: choose a recogniser")
    if wanted is not None and model.language != wanted:
        raise InputError(f"model: {model.name!r} is for {model.language}, not {wanted}")
    if project is not None and model.project_id not in (None, project.id):
        raise Forbidden(f"model: {model.name!r} belongs to another project")
    require_ready(model, "model")
    return model
