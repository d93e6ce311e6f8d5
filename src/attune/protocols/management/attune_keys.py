"""API keys and short-lived tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field

from attune.protocols.credentials import Administering, Recognising, ServiceOf
from attune.protocols.management.addresses import Addresses, At, reference_id
from attune.protocols.management.shapes import Listed, Reference, Shape, Text
from attune.service.access import Scope
from attune.service.tables import ApiKey

__all__ = ["router"]

router = APIRouter(tags=["Keys"])

ScopeName = Literal["recognise", "manage", "admin"]


class NewKey(Shape):
    """A key to make."""

    name: Text = Field(examples=["Kitchen tablet"], max_length=200)
    scope: ScopeName = Field(
        default="recognise", description="Each scope includes those before it."
    )
    project: Reference | None = Field(default=None, description="The only one that it is for.")
    expires: datetime | None = None


class KeyDocument(Shape):
    """A key, without its secret."""

    address: str
    id: str
    name: str
    scope: ScopeName
    prefix: str
    project: Reference | None
    created_date_time: datetime
    used_date_time: datetime | None
    expires: datetime | None
    revoked: datetime | None


class NewKeyDocument(KeyDocument):
    """A new key, with its secret: it is shown this once."""

    key: str


class NewToken(Shape):
    """A token to issue."""

    seconds: int = Field(default=600, ge=1, le=86_400)


class TokenDocument(Shape):
    """A token that stands for the key; send it as `Authorization: Bearer TOKEN`."""

    token: str
    expires_in: int = Field(description="Seconds.")


def _document(key: ApiKey, at: Addresses) -> dict[str, object]:
    return {
        "address": at.attune("keys", key.id),
        "id": key.id,
        "name": key.name,
        "scope": key.scope,
        "prefix": key.prefix,
        "project": None if key.project_id is None else at.reference("projects", key.project_id),
        "created_date_time": key.created,
        "used_date_time": key.used,
        "expires": key.expires,
        "revoked": key.revoked,
    }


@router.get("/keys", operation_id="Keys_List")
def list_keys(service: ServiceOf, principal: Administering, at: At) -> Listed[KeyDocument]:
    """All keys, newest first, without their secrets."""
    found = service.access.keys(principal)
    return Listed(values=[KeyDocument.model_validate(_document(key, at)) for key in found])


@router.post("/keys", operation_id="Keys_Create", status_code=201)
def create_key(
    new: NewKey, response: Response, service: ServiceOf, principal: Administering, at: At
) -> NewKeyDocument:
    """Make a key. Its secret is shown this once."""
    expires = new.expires
    if expires is not None and expires.tzinfo is None:
        expires = expires.replace(tzinfo=UTC)
    key, secret = service.access.create_key(
        principal,
        new.name,
        Scope[new.scope.upper()],
        None if new.project is None else reference_id(new.project, "project"),
        expires,
    )
    response.headers["Location"] = at.attune("keys", key.id)
    return NewKeyDocument.model_validate({**_document(key, at), "key": secret})


@router.delete("/keys/{id}", operation_id="Keys_Revoke", status_code=204)
def revoke_key(id: str, service: ServiceOf, principal: Administering) -> None:
    """End a key at once, with its tokens and sessions."""
    service.access.revoke(principal, id)


@router.post("/tokens", operation_id="Tokens_Issue")
def issue_token(new: NewToken, service: ServiceOf, principal: Recognising) -> TokenDocument:
    """A short-lived token, for clients that shall not have the key."""
    token = service.access.issue_token(principal, new.seconds)
    return TokenDocument(token=token, expires_in=new.seconds)
