"""Data sets: recordings and texts, their versions, reports and corrections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from attune.client.exchange import Exchange, Request, exchange, listing
from attune.client.management.details import Upload, Utterance
from attune.client.management.reading import OWN, V3, Identified, given, id_of, reference
from attune.client.management.records import Dataset
from attune.client.management.uploads import Content, Progress, uploaded
from attune.errors import InputError

__all__ = ["DatasetCalls", "DatasetKind", "TextKind"]

DatasetKind = Literal[
    "Acoustic", "Audio", "Language", "Pronunciation", "StructuredText", "DisplayFormat"
]
TextKind = Literal["Language", "Pronunciation", "StructuredText", "DisplayFormat"]


class DatasetCalls:
    """What can be done with data sets."""

    @exchange
    def create_dataset(
        self,
        project: Identified | str,
        name: str,
        kind: DatasetKind,
        content: Content | None = None,
        *,
        file_name: str | None = None,
        transcript: Content | None = None,
        upload: Upload | str | None = None,
        text: str | None = None,
        url: str | None = None,
        description: str = "",
        custom: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Exchange[Dataset]:
        """Make a data set of a file (`content`; for bytes `file_name` says of what kind), of a
        finished `upload`, of `text`, or of what lies at a `url`. Then `wait` for its import.

        `transcript` is a table of transcripts where the zip of recordings holds none; `progress`
        is told how far its upload has come. RefusedError, ApiError, Unreachable.
        """
        if sum(each is not None for each in (content, upload, text, url)) != 1:
            raise InputError("give one of content, upload, text and url")
        project_id = id_of(project)
        if url is not None:
            document = given(
                display_name=name,
                kind=kind,
                project=reference(project_id),
                content_url=url,
                description=description,
                custom_properties=custom,
            )
            answer = yield Request("POST", f"{V3}/datasets", json=document, repeatable=False)
            return Dataset.read(answer.json())
        if content is not None:
            upload = yield from uploaded(content, file_name, project_id, progress)
        return (
            yield from _created(
                project=reference(project_id),
                display_name=name,
                kind=kind,
                upload=reference(upload),
                transcript=(yield from _transcript(transcript, project_id)),
                text=text,
                description=description,
                custom_properties=custom,
            )
        )

    @exchange
    def add_version(
        self,
        dataset: Dataset,
        content: Content | None = None,
        *,
        file_name: str | None = None,
        transcript: Content | None = None,
        text: str | None = None,
        description: str = "",
        progress: Progress | None = None,
    ) -> Exchange[Dataset]:
        """Make the next version of a data set, of a file or of text; arguments as of
        `create_dataset`."""
        if (content is None) == (text is None):
            raise InputError("give one of content and text")
        upload = None
        if content is not None:
            upload = yield from uploaded(content, file_name, dataset.project_id, progress)
        return (
            yield from _created(
                project=reference(dataset.project_id),
                series_id=dataset.series_id,
                upload=reference(upload),
                transcript=(yield from _transcript(transcript, dataset.project_id)),
                text=text,
                description=description,
            )
        )

    @listing
    def datasets(
        self,
        project: Identified | str | None = None,
        *,
        latest: bool = True,
        filter: str | None = None,
        order: str | None = None,
    ) -> tuple[Request, Callable[[Any], Dataset]]:
        """The data sets of a project, or all; each in its newest version, or in all of them."""
        query = {
            "project": None if project is None else id_of(project),
            "latest": latest,
            "filter": filter,
            "orderby": order,
        }
        return Request("GET", f"{OWN}/datasets", query=query), Dataset.read

    @listing
    def dataset_versions(
        self, dataset: Identified | str
    ) -> tuple[Request, Callable[[Any], Dataset]]:
        """All versions of a data set, newest first."""
        return Request("GET", f"{OWN}/datasets/{id_of(dataset)}/versions"), Dataset.read

    @exchange
    def dataset(self, dataset: Identified | str) -> Exchange[Dataset]:
        """One data set, as it is now."""
        answer = yield Request("GET", f"{V3}/datasets/{id_of(dataset)}")
        return Dataset.read(answer.json())

    @exchange
    def update_dataset(
        self,
        dataset: Identified | str,
        *,
        name: str | None = None,
        description: str | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Dataset]:
        """Rename or describe a data set; what it holds never changes."""
        document = given(display_name=name, description=description, custom_properties=custom)
        answer = yield Request("PATCH", f"{V3}/datasets/{id_of(dataset)}", json=document)
        return Dataset.read(answer.json())

    @exchange
    def delete_dataset(self, dataset: Identified | str) -> Exchange[None]:
        """Remove a version; RefusedError (409) while it is imported or used."""
        yield Request("DELETE", f"{V3}/datasets/{id_of(dataset)}")

    @exchange
    def dataset_report(self, dataset: Identified | str) -> Exchange[Mapping[str, Any]]:
        """What the import kept and left out, with the reason, place and remedy of each."""
        answer = yield Request("GET", f"{OWN}/datasets/{id_of(dataset)}/report")
        return dict(answer.json())

    @exchange
    def download_dataset(self, dataset: Identified | str, to: str | Path) -> Exchange[Path]:
        """Save what can be used of a data set: a zip with its manifest, or the text."""
        yield Request("GET", f"{OWN}/datasets/{id_of(dataset)}/content", save_to=Path(to))
        return Path(to)

    @listing
    def utterances(
        self, dataset: Identified | str, *, text: str = ""
    ) -> tuple[Request, Callable[[Any], Utterance]]:
        """The recordings of a data set; those with `text` in their transcript or name."""
        path = f"{OWN}/datasets/{id_of(dataset)}/utterances"
        return Request("GET", path, query={"text": text or None}), Utterance.read

    @exchange
    def utterance_audio(
        self, dataset: Identified | str, number: int, to: str | Path
    ) -> Exchange[Path]:
        """Save one recording of a data set."""
        path = f"{OWN}/datasets/{id_of(dataset)}/utterances/{number}/audio"
        yield Request("GET", path, save_to=Path(to))
        return Path(to)

    @exchange
    def correct_utterances(
        self, dataset: Identified | str, texts: Mapping[int, str | None]
    ) -> Exchange[Dataset]:
        """Put transcripts right, by the recordings' numbers (None takes one out): a new version."""
        corrections = [{"number": number, "text": text} for number, text in texts.items()]
        path = f"{OWN}/datasets/{id_of(dataset)}/corrections"
        answer = yield Request("POST", path, json={"corrections": corrections}, repeatable=False)
        return Dataset.read(answer.json())

    @listing
    def dataset_lines(self, dataset: Identified | str) -> tuple[Request, Callable[[Any], str]]:
        """The lines that were kept of a text."""
        return Request("GET", f"{OWN}/datasets/{id_of(dataset)}/lines"), str

    @exchange
    def validate_text(
        self, kind: TextKind, text: str, language: str = "en-US"
    ) -> Exchange[Mapping[str, Any]]:
        """What an import would say of a text: `passed`, `failed`, `problems` by line, `notes`."""
        document = {"kind": kind, "text": text, "locale": language}
        answer = yield Request("POST", f"{OWN}/texts/validate", json=document)
        return dict(answer.json())

    @exchange
    def preview_text(
        self, kind: TextKind, text: str, language: str = "en-US", *, sample: str = "", top: int = 20
    ) -> Exchange[tuple[Mapping[str, Any], ...]]:
        """What is made of the first things of a text: `before`, `after`, `notes` of each.

        `sample` are spoken words, a line each, for display formats.
        """
        document = {"kind": kind, "text": text, "locale": language, "sample": sample, "top": top}
        answer = yield Request("POST", f"{OWN}/texts/preview", json=document)
        return tuple(answer.json()["values"])


def _created(**values: object) -> Exchange[Dataset]:
    answer = yield Request("POST", f"{OWN}/datasets", json=given(**values), repeatable=False)
    return Dataset.read(answer.json())


def _transcript(content: Content | None, project_id: str) -> Exchange[dict[str, str] | None]:
    if content is None:
        return None
    name = "trans.txt" if isinstance(content, bytes) else None
    return reference((yield from uploaded(content, name, project_id, None)))
