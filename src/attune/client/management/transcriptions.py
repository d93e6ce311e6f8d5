"""Batches: many recordings, transcribed in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from attune.client.exchange import Exchange, Request, exchange, listing
from attune.client.management.details import ResultFile, Upload
from attune.client.management.reading import V3, Identified, given, id_of, reference
from attune.client.management.records import Transcription
from attune.client.management.uploads import Progress, uploaded

__all__ = ["TranscriptionCalls"]


class TranscriptionCalls:
    """What can be done with batch transcriptions."""

    @exchange
    def create_transcription(
        self,
        name: str,
        files: Sequence[str | Path] = (),
        *,
        urls: Sequence[str] = (),
        container: str | None = None,
        uploads: Sequence[Upload | str] = (),
        project: Identified | str | None = None,
        model: Identified | str | None = None,
        language: str | None = None,
        word_times: bool = False,
        channels: Sequence[int] | None = None,
        punctuation: Literal["None", "Dictated", "Automatic", "DictatedAndAutomatic"] | None = None,
        profanity: Literal["None", "Masked", "Removed", "Tags"] | None = None,
        keep_hours: int | None = None,
        description: str = "",
        custom: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Exchange[Transcription]:
        """Transcribe many recordings: files here, addresses, a container that can be listed, and
        finished uploads; zips of recordings among them. Then `wait`, and read its files.

        `model` None is the base model of `language`; results are deleted `keep_hours` after the
        end (None: kept). `progress` is told about each file that is sent.
        """
        sent = []
        for file in files:
            sent.append((yield from uploaded(file, None, project, progress)))
        document = given(
            display_name=name,
            content_urls=list(urls),
            content_container_url=container,
            uploads=[reference(each) for each in (*sent, *uploads)],
            project=reference(project),
            model=reference(model),
            locale=language,
            properties=given(
                word_level_timestamps_enabled=word_times,
                channels=None if channels is None else list(channels),
                punctuation_mode=punctuation,
                profanity_filter_mode=profanity,
                time_to_live=None if keep_hours is None else f"PT{keep_hours}H",
            ),
            description=description,
            custom_properties=custom,
        )
        answer = yield Request("POST", f"{V3}/transcriptions", json=document, repeatable=False)
        return Transcription.read(answer.json())

    @listing
    def transcriptions(
        self,
        project: Identified | str | None = None,
        *,
        filter: str | None = None,
        order: str | None = None,
    ) -> tuple[Request, Callable[[Any], Transcription]]:
        """The batches of a project, or all, newest first."""
        where = "" if project is None else f"/projects/{id_of(project)}"
        query = {"filter": filter, "orderby": order}
        return Request("GET", f"{V3}{where}/transcriptions", query=query), Transcription.read

    @exchange
    def transcription(self, transcription: Identified | str) -> Exchange[Transcription]:
        """One batch, as it is now."""
        answer = yield Request("GET", f"{V3}/transcriptions/{id_of(transcription)}")
        return Transcription.read(answer.json())

    @exchange
    def update_transcription(
        self,
        transcription: Identified | str,
        *,
        name: str | None = None,
        description: str | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Transcription]:
        """Rename or describe a batch."""
        document = given(display_name=name, description=description, custom_properties=custom)
        path = f"{V3}/transcriptions/{id_of(transcription)}"
        answer = yield Request("PATCH", path, json=document)
        return Transcription.read(answer.json())

    @exchange
    def delete_transcription(self, transcription: Identified | str) -> Exchange[None]:
        """Remove a batch and its results; RefusedError (409) while it runs."""
        yield Request("DELETE", f"{V3}/transcriptions/{id_of(transcription)}")

    @listing
    def transcription_files(
        self, transcription: Identified | str
    ) -> tuple[Request, Callable[[Any], ResultFile]]:
        """The results: one of the kind Transcription for each recording, and at the end the
        TranscriptionReport."""
        path = f"{V3}/transcriptions/{id_of(transcription)}/files"
        return Request("GET", path), ResultFile.read

    @exchange
    def transcription_result(self, file: ResultFile) -> Exchange[Mapping[str, Any]]:
        """What a result says: the JSON that Speech-to-text publishes, times in ticks of 100 ns."""
        return dict((yield Request("GET", file.path)).json())
