"""What the JSON documents of the API have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "Change",
    "CustomProperties",
    "ErrorDocument",
    "FileDocument",
    "FileLinks",
    "FileProperties",
    "Listed",
    "Problem",
    "Reference",
    "Shape",
    "StatusName",
    "Text",
    "Thing",
    "Value",
]

Value = TypeVar("Value")


def _whole(text: str) -> str:
    """Refuse halves of surrogate pairs, which JSON can write and no database holds."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character (a lone surrogate): leave it out") from error
    return text


Text = Annotated[str, AfterValidator(_whole)]
"""Text that can be stored."""
StatusName = Literal["NotStarted", "Running", "Succeeded", "Failed"]
CustomProperties = Annotated[
    dict[Text, Text], Field(description="Properties of your own: at most 50 texts.")
]


_WRITTEN = {"address": "self", "next_link": "@nextLink"}


def _written(name: str) -> str:
    return _WRITTEN.get(name) or to_camel(name)


class Shape(BaseModel):
    """A document whose names are written like `displayName`; `address` is `self`."""

    model_config = ConfigDict(
        alias_generator=_written, populate_by_name=True, serialize_by_alias=True
    )


class Reference(Shape):
    """Another thing, by its address (or its id alone, in requests)."""

    address: Text = Field(
        examples=["http://localhost:8090/speechtotext/v3.2/projects/3fa85f64-5717-4562-b3fc-2c96"],
    )


class Problem(Shape):
    """Why something failed."""

    code: str
    message: str


class Thing(Shape):
    """What everything has that the API manages."""

    address: str = Field(description="Where it is.")
    display_name: str
    description: str | None = None
    locale: str = Field(description="Its language.", examples=["en-US"])
    created_date_time: datetime
    last_action_date_time: datetime
    status: StatusName
    custom_properties: dict[str, str] | None = None


class Change(Shape):
    """What of anything can be changed; what is left out stays as it is."""

    display_name: Text | None = Field(default=None, examples=["Kitchen assistant"])
    description: Text | None = None
    custom_properties: CustomProperties | None = None


class Listed(Shape, Generic[Value]):
    """A page of a list, and where the next one is."""

    values: list[Value]
    next_link: str | None = None


class FileLinks(Shape):
    """Where a file's content is; send your key there as well."""

    content_url: str


class FileProperties(Shape):
    """About a file's content."""

    size: int | None = Field(default=None, description="Bytes.")


class FileDocument(Shape):
    """A file that belongs to something."""

    address: str
    name: str
    kind: str
    created_date_time: datetime
    properties: FileProperties
    links: FileLinks


class ErrorDocument(Shape):
    """What went wrong: a code for programs, a message for people."""

    code: str = Field(examples=["NotFound"])
    message: str = Field(examples=["there is no dataset with this id"])
    inner_error: dict[str, Any] | None = None
