"""Keys, tokens and the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attune.client.exchange import Exchange, Request, exchange, listing
from attune.client.management.details import AuditEntry, Key, NewKey, Scope, Token
from attune.client.management.reading import OWN, Identified, given, id_of, reference

__all__ = ["KeyCalls"]


class KeyCalls:
    """What can be done with keys; all but `issue_token` needs one for everything (admin)."""

    @listing
    def keys(self) -> tuple[Request, Callable[[Any], Key]]:
        """All keys, newest first, without their secrets."""
        return Request("GET", f"{OWN}/keys"), Key.read

    @exchange
    def create_key(
        self,
        name: str,
        scope: Scope = "recognise",
        *,
        project: Identified | str | None = None,
        expires: datetime | None = None,
    ) -> Exchange[NewKey]:
        """Make a key; each scope includes those before it (recognise, manage, admin). `project` is
        the only one that it is for (None: all)."""
        document = given(
            name=name,
            scope=scope,
            project=reference(project),
            expires=None if expires is None else expires.isoformat(),
        )
        answer = yield Request("POST", f"{OWN}/keys", json=document, repeatable=False)
        value = answer.json()
        return NewKey(Key.read(value), value["key"])

    @exchange
    def revoke_key(self, key: Identified | str) -> Exchange[None]:
        """End a key at once, with its tokens and sessions."""
        yield Request("DELETE", f"{OWN}/keys/{id_of(key)}")

    @exchange
    def issue_token(self, seconds: int = 600) -> Exchange[Token]:
        """A short-lived token, for programs that shall not have the key: `token=` of a
        `Recognizer`."""
        answer = yield Request("POST", f"{OWN}/tokens", json={"seconds": seconds})
        value = answer.json()
        return Token(value["token"], value["expiresIn"])

    @listing
    def audit(
        self, *, subject: Identified | str | None = None
    ) -> tuple[Request, Callable[[Any], AuditEntry]]:
        """Who did what, newest first."""
        query = {"subject": None if subject is None else id_of(subject)}
        return Request("GET", f"{OWN}/audit", query=query), AuditEntry.read
