"""Sessions of the portal: signing in with a key, staying signed in, and leaving."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, or_, select

from attune.service import audit
from attune.service.access.keys import hash_secret, principal_of
from attune.service.access.principal import Principal
from attune.service.database import Database
from attune.service.errors import Denied
from attune.service.tables import ApiKey, SignIn, now

__all__ = ["ABSOLUTE", "COOKIE", "IDLE", "SignIns", "SignedIn", "cookie_flags"]

COOKIE = "attune_session"
IDLE = timedelta(hours=12)
"""Unused for so long, a session ends."""
ABSOLUTE = timedelta(days=7)
"""However much it is used, a session ends then."""
_SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session: its secret id for the cookie, whose it is, and the token that every form must
    bring along."""

    id: str
    principal: Principal
    csrf: str

    def check(self, csrf: str) -> None:
        """Denied unless this is the session's token."""
        if not hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "replace")):
            raise Denied("this form is from another session: load the page again")


class SignIns:
    """The sessions of a database. Of each secret only its hash is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, principal: Principal, address: str) -> SignedIn:
        """A new session of the holder of a key."""
        secret = secrets.token_urlsafe(32)
        with self._database.session() as session:
            session.execute(
                delete(SignIn).where(
                    or_(SignIn.seen < now() - IDLE, SignIn.created < now() - ABSOLUTE)
                )
            )
            session.add(SignIn(hash=hash_secret(secret), key_id=principal.key_id))
            audit.record(session, principal, "sign in", "key", principal.key_id, address=address)
        return SignedIn(secret, principal, _csrf(secret))

    def find(self, secret: str) -> SignedIn:
        """The session with this secret; Denied where there is none, or it or its key has ended."""
        with self._database.reading() as session:
            row = session.execute(
                select(SignIn, ApiKey)
                .join(ApiKey, ApiKey.id == SignIn.key_id)
                .where(SignIn.hash == hash_secret(secret))
            ).first()
        if row is None or row[0].seen < now() - IDLE or row[0].created < now() - ABSOLUTE:
            raise Denied("nobody is signed in, or not any more: sign in with a key")
        sign_in, key = row
        principal = principal_of(key)
        if sign_in.seen < now() - _SEEN_STEP:
            with self._database.session() as session:
                again = session.get(SignIn, sign_in.hash)
                if again is not None:
                    again.seen = now()
        return SignedIn(secret, principal, _csrf(secret))

    def close(self, secret: str) -> None:
        """End a session; one that is not there is no error."""
        with self._database.session() as session:
            session.execute(delete(SignIn).where(SignIn.hash == hash_secret(secret)))


def _csrf(secret: str) -> str:
    """The token of a session's forms. Who reads it in a page cannot tell the secret from it."""
    return hmac.digest(secret.encode(), b"csrf", hashlib.sha256).hex()


def cookie_flags(*, secure: bool) -> dict[str, str | bool | int]:
    """The flags of the session's cookie; `secure` where the page came by https. (Browsers refuse
    secure cookies by http, and on this machine alone nobody listens.)"""
    return {
        "httponly": True,
        "samesite": "strict",
        "secure": secure,
        "path": "/",
        "max_age": int(ABSOLUTE.total_seconds()),
    }
