"""Evaluations beyond REST v3: every utterance, aligned."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import Addresses, At, Paging
from attune.protocols.management.sending import FILE_RESPONSE, send
from attune.protocols.management.shapes import Listed, Shape
from attune.service import evaluations
from attune.service.evaluations import TestedUtterance

__all__ = ["router"]

router = APIRouter(tags=["Evaluations"])

EditName = Literal["substitution", "deletion", "insertion"]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class AlignedWord(Shape):
    """A column of an alignment: what was said (null: inserted) and what was heard (null:
    deleted)."""

    reference: str | None
    hypothesis: str | None
    edit: str


class ModelResultDocument(Shape):
    """What a model made of an utterance."""

    lexical: str
    display: str | None
    confidence: float | None
    wer: float | None
    substitutions: int
    deletions: int
    insertions: int
    alignment: list[AlignedWord]


class TestedDocument(Shape):
    """A recording, and what each model made of it."""

    number: int
    name: str
    speaker: str
    seconds: float
    reference: str | None
    models: list[ModelResultDocument]
    audio_url: str


def _document(id: str, each: TestedUtterance, at: Addresses) -> TestedDocument:
    return TestedDocument(
        number=each.number,
        name=each.name,
        speaker=each.speaker,
        seconds=each.seconds,
        reference=each.reference,
        models=[
            ModelResultDocument(
                lexical=one.lexical,
                display=one.display,
                confidence=one.confidence,
                wer=one.wer,
                substitutions=one.substitutions,
                deletions=one.deletions,
                insertions=one.insertions,
                alignment=[
                    AlignedWord(reference=said, hypothesis=heard, edit=edit)
                    for said, heard, edit in one.alignment
                ],
            )
            for one in each.models
        ],
        audio_url=at.attune("evaluations", id, "utterances", str(each.number), "audio"),
    )


@router.get("/evaluations/{id}/utterances", operation_id="Tests_Utterances")
def list_utterances(
    id: str,
    service: ServiceOf,
    principal: Managing,
    at: At,
    paging: Paging,
    edit: Annotated[
        list[EditName] | None, Query(max_length=3, description="Only those with such an error.")
    ] = None,
    model: Annotated[
        int | None, Query(ge=1, le=2, description="Whose errors: of model 1 or 2; either.")
    ] = None,
    text: Annotated[str, Query(max_length=200, description="In a transcript or name.")] = "",
    sort: Annotated[
        Literal["number", "errors", "wer", "seconds", "difference"],
        Query(description="By number; worst, longest or most different first."),
    ] = "number",
) -> Listed[TestedDocument]:
    """Every utterance with its alignment. 409 before the evaluation is done."""
    page = evaluations.utterances(
        service,
        principal,
        id,
        edits=edit or (),
        model=model,
        text=text,
        order=sort,
        skip=paging.skip,
        top=paging.top,
    )
    return paging.listed(page, [_document(id, each, at) for each in page.values])


@router.get("/evaluations/{id}/utterances/{number}", operation_id="Tests_Utterance")
def get_utterance(
    id: str, number: Number, service: ServiceOf, principal: Managing, at: At
) -> TestedDocument:
    """One utterance with its alignment."""
    return _document(id, evaluations.utterance(service, principal, id, number), at)


@router.get(
    "/evaluations/{id}/utterances/{number}/audio",
    operation_id="Tests_Audio",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def get_audio(
    id: str, number: Number, request: Request, service: ServiceOf, principal: Managing
) -> Response:
    """The recording of an utterance."""
    return send(request, evaluations.audio(service, principal, id, number), inline=True)


@router.get(
    "/evaluations/{id}/export",
    operation_id="Tests_Export",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def export(
    id: str,
    request: Request,
    service: ServiceOf,
    principal: Managing,
    format: Literal["json", "csv"] = "json",
) -> Response:
    """All results as JSON, or as a CSV table with a row an utterance."""
    return send(request, evaluations.export(service, principal, id, format))
