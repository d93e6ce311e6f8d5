"""Texts while somebody writes them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from attune.protocols.credentials import Managing
from attune.protocols.management.shapes import Shape, Text
from attune.service import texts

__all__ = ["router"]

router = APIRouter(tags=["Texts"])


class TextToCheck(Shape):
    """A text of one of the kinds of data sets, at most 1 MiB."""

    kind: Literal["Language", "Pronunciation", "StructuredText", "DisplayFormat"]
    text: Text = Field(examples=["turn on the extractor hood\nvisit www.example.com"])
    locale: Text = "en-US"


class TextToPreview(TextToCheck):
    """A text, and what is to be written with its display rules."""

    sample: Text = Field(default="", description="Spoken words, a line each, for DisplayFormat.")
    top: int = Field(default=20, ge=1, le=200)


class TextProblemDocument(Shape):
    """What is wrong in a line (null: in the whole)."""

    line: int | None
    severity: Literal["error", "warning"]
    reason: str
    detail: str
    advice: str


class TextCheckDocument(Shape):
    """What an import would say of a text."""

    passed: int
    failed: int
    problems: list[TextProblemDocument]
    notes: list[str]


class PreviewDocument(Shape):
    """Something in a text, and what is made of it."""

    before: str
    after: str
    notes: list[str]


class Previews(Shape):
    """The first things of a text."""

    values: list[PreviewDocument]


@router.post("/texts/validate", operation_id="Texts_Validate")
def validate(wanted: TextToCheck, principal: Managing) -> TextCheckDocument:
    """What is wrong with each line of a text, before it is made a data set."""
    found = texts.validate(wanted.kind, wanted.text, wanted.locale)
    return TextCheckDocument.model_validate(asdict(found))


@router.post("/texts/preview", operation_id="Texts_Preview")
def preview(wanted: TextToPreview, principal: Managing) -> Previews:
    """What is made of a text: words that are learnt, sounds, or written forms."""
    found = texts.preview(
        wanted.kind, wanted.text, wanted.locale, sample=wanted.sample, top=wanted.top
    )
    return Previews(values=[PreviewDocument.model_validate(asdict(each)) for each in found])
