"""Keywords, for which Azure has no API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from attune.keyword.calibration import SaidBy
from attune.protocols.credentials import Managing, ServiceOf
from attune.protocols.management.addresses import (
    Addresses,
    At,
    Paging,
    project_of,
    reference_ids,
)
from attune.protocols.management.describing import changes, common, failure
from attune.protocols.management.sending import FILE_RESPONSE, send
from attune.protocols.management.shapes import (
    Change,
    CustomProperties,
    Listed,
    Problem,
    Reference,
    Shape,
    Text,
    Thing,
)
from attune.service import keywords, models
from attune.service.access import Principal
from attune.service.errors import NotFound
from attune.service.keywords import WantedPhrase
from attune.service.service import Service
from attune.service.tables import Model

__all__ = ["router"]

router = APIRouter(tags=["Keywords"])

Phrase = Annotated[
    str, Query(max_length=200, description="As somebody types it.", examples=["hey attune"])
]
Locale = Annotated[str, Query(max_length=20, examples=["en-US"])]


class PhraseDocument(Shape):
    """A phrase, and how it is said: ids of its guidance, or phones; none for the likeliest."""

    text: Text = Field(examples=["hey attune"], max_length=200)
    pronunciations: list[Text] = Field(default_factory=list, max_length=20, examples=[["1"]])


class NewKeyword(Shape):
    """A keyword model to make."""

    project: Reference | None = Field(default=None, description="A key of one needs none.")
    phrases: list[PhraseDocument] = Field(min_length=1, max_length=64)
    display_name: Text | None = None
    type: Literal["basic", "advanced"] = Field(
        default="basic",
        description="basic takes seconds; advanced minutes: it learns from simulated speech and "
        "hears better.",
    )
    sensitivity: float = Field(default=0.5, ge=0, le=1, description="0 is strict.")
    recordings: list[Reference] = Field(
        default_factory=list,
        max_length=50,
        description="advanced: data sets of people who say the phrases. Not needed.",
    )
    negatives: list[Reference] = Field(
        default_factory=list,
        max_length=50,
        description="advanced: data sets of speech and noise without them. Not needed.",
    )
    description: Text = ""
    custom_properties: CustomProperties | None = None


class KeywordLinks(Shape):
    """Where a keyword's curve and bundle are."""

    curve: str
    bundle: str


class KeywordProperties(Shape):
    """How a keyword was made, and its card."""

    phrases: list[PhraseDocument]
    type: str
    sensitivity: float
    card: dict[str, Any] | None = None
    error: Problem | None = None


class KeywordDocument(Thing):
    """A model that listens for phrases."""

    project: Reference
    links: KeywordLinks
    properties: KeywordProperties


class CurvePointDocument(Shape):
    """What a sensitivity means."""

    sensitivity: float
    threshold: float
    false_accepts_per_hour: float
    correct_accepts: float | None


class PositivesDocument(Shape):
    """What the share that is heard is a share of: people in recordings that were given, synthesised
    voices, or people who said other words of the phrase's length."""

    said_by: SaidBy
    count: int


class PhraseCurveDocument(Shape):
    """How a phrase trades false accepts for missed ones, and what was measured."""

    phrase: str
    sensitivity: float
    hours: float
    positives: PositivesDocument | None
    points: list[CurvePointDocument]
    measured: list[dict[str, Any]]


def _document(model: Model, at: Addresses) -> KeywordDocument:
    address = at.attune("keywords", model.id)
    settings = model.settings
    return KeywordDocument(
        **common(model, address),
        project=at.reference("projects", model.project_id or ""),
        links=KeywordLinks(curve=f"{address}/curve", bundle=f"{address}/bundle"),
        properties=KeywordProperties(
            phrases=[PhraseDocument(**phrase) for phrase in settings.get("phrases", [])],
            type=settings.get("type", "basic"),
            sensitivity=settings.get("sensitivity", 0.5),
            card=model.card or None,
            error=failure(model),
        ),
    )


def _keyword(service: Service, principal: Principal, id: str) -> Model:
    model = models.get(service, principal, id)
    if model.kind != "keyword" or model.project_id is None:
        raise NotFound("there is no keyword with this id")
    return model


@router.get("/keywords/guidance", operation_id="Keywords_Guidance")
def get_guidance(
    service: ServiceOf,
    principal: Managing,
    phrase: Phrase,
    locale: Locale = "en-US",
    pronunciation: Annotated[
        list[str] | None, Query(max_length=20, description="Judge these: ids, or phones.")
    ] = None,
) -> dict[str, Any]:
    """What to know of a phrase before a keyword is made of it: whether it can be used, its
    pronunciations with their ids, what sounds like it, and how often that is said."""
    found = keywords.guidance(
        service, principal, phrase, language=locale, pronunciations=pronunciation or ()
    )
    return found.to_json()


@router.get("/keywords/voices", operation_id="Keywords_Voices")
def list_voices(principal: Managing) -> Listed[str]:
    """The voices of the server that can speak pronunciations."""
    return Listed(values=list(keywords.voices()))


@router.get(
    "/keywords/say",
    operation_id="Keywords_Say",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def say(
    request: Request,
    service: ServiceOf,
    principal: Managing,
    phrase: Phrase,
    pronunciation: Annotated[str, Query(max_length=300, description="Its id, or phones.")] = "1",
    locale: Locale = "en-US",
    voice: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """A pronunciation as a WAV, spoken by a voice of the server. 409 when it has none."""
    spoken = keywords.say(service, principal, phrase, pronunciation, language=locale, voice=voice)
    return send(request, spoken, inline=True)


@router.get("/keywords", operation_id="Keywords_List", response_model_exclude_none=True)
def list_keywords(
    service: ServiceOf,
    principal: Managing,
    at: At,
    paging: Paging,
    project: Annotated[str | None, Query(description="The id of a project.")] = None,
) -> Listed[KeywordDocument]:
    """The keywords of a project, or all, newest first."""
    page = models.listing(
        service, principal, project_id=project, kind="keyword", **paging.arguments
    )
    return paging.listed(page, [_document(model, at) for model in page.values])


@router.post(
    "/keywords", operation_id="Keywords_Create", status_code=201, response_model_exclude_none=True
)
def create_keyword(
    new: NewKeyword, response: Response, service: ServiceOf, principal: Managing, at: At
) -> KeywordDocument:
    """Make a keyword of one phrase or several, from text alone. Then watch its `status`."""
    model = keywords.create(
        service,
        principal,
        project_of(new.project, principal),
        phrases=[WantedPhrase(one.text, tuple(one.pronunciations)) for one in new.phrases],
        name=new.display_name,
        type=new.type,
        sensitivity=new.sensitivity,
        recording_ids=reference_ids(new.recordings, "recordings"),
        negative_ids=reference_ids(new.negatives, "negatives"),
        description=new.description,
        custom=new.custom_properties,
    )
    response.headers["Location"] = at.attune("keywords", model.id)
    return _document(model, at)


@router.get("/keywords/{id}", operation_id="Keywords_Get", response_model_exclude_none=True)
def get_keyword(id: str, service: ServiceOf, principal: Managing, at: At) -> KeywordDocument:
    """One keyword."""
    return _document(_keyword(service, principal, id), at)


@router.patch("/keywords/{id}", operation_id="Keywords_Update", response_model_exclude_none=True)
def update_keyword(
    id: str, change: Change, service: ServiceOf, principal: Managing, at: At
) -> KeywordDocument:
    """Rename or describe a keyword."""
    model = _keyword(service, principal, id)
    return _document(models.update(service, principal, model.id, **changes(change)), at)


@router.delete("/keywords/{id}", operation_id="Keywords_Delete", status_code=204)
def delete_keyword(id: str, service: ServiceOf, principal: Managing) -> None:
    """Remove a keyword. 409 while it is made, or an endpoint needs it."""
    models.delete(service, principal, _keyword(service, principal, id).id)


@router.get("/keywords/{id}/curve", operation_id="Keywords_Curve")
def get_curve(id: str, service: ServiceOf, principal: Managing) -> Listed[PhraseCurveDocument]:
    """How each phrase trades false accepts for missed ones. 409 before the keyword is made."""
    found = keywords.curves(service, principal, _keyword(service, principal, id).id)
    return Listed(values=[PhraseCurveDocument.model_validate(asdict(each)) for each in found])


@router.get(
    "/keywords/{id}/bundle",
    operation_id="Keywords_Bundle",
    response_class=Response,
    responses=FILE_RESPONSE,
)
def get_bundle(id: str, request: Request, service: ServiceOf, principal: Managing) -> Response:
    """The keyword as one zip, for devices."""
    return send(request, models.download(service, principal, _keyword(service, principal, id).id))
