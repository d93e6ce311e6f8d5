"""API keys: making, finding, revoking and checking them."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from attune.errors import InputError
from attune.service import audit
from attune.service.access.principal import Principal, Scope
from attune.service.database import Database
from attune.service.errors import Conflict, Denied, NotFound
from attune.service.tables import ApiKey, Project, SignIn, now

__all__ = ["Keys", "hash_secret", "new_secret", "principal_of"]

_PREFIX = "att_"
_NAME_LENGTH = 200
_ASKED_TOGETHER = 500  # keys in one question; databases have a limit


def new_secret() -> str:
    """A new key: 256 random bits, so that a fast hash of it is as good as a slow one."""
    return _PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def principal_of(key: ApiKey | None) -> Principal:
    """The holder of a key; Denied where there is none, or it is revoked or expired."""
    if key is None:
        raise Denied("this key is not known here")
    if key.revoked is not None:
        raise Denied("this key was revoked")
    if key.expires is not None and key.expires <= now():
        raise Denied("this key has expired")
    return Principal(key.id, key.name, Scope[key.scope.upper()], key.project_id)


def _row(secret: str, name: str, scope: Scope) -> ApiKey:
    return ApiKey(name=name, hash=hash_secret(secret), prefix=secret[:12], scope=scope.name.lower())


class Keys:
    """The keys of a database. When each was last used is noted now and then (`save_use`)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def create(
        self,
        principal: Principal | None,
        name: str,
        scope: Scope,
        project_id: str | None = None,
        expires: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is told this once; `principal` None is the service
        itself. InputError, Forbidden, NotFound."""
        if principal is not None:
            principal.require(Scope.ADMIN)
            principal.reach(project_id, "project")
            if principal.project_id is not None:
                project_id = principal.project_id
        if not name.strip() or len(name) > _NAME_LENGTH:
            raise InputError(f"name: give the key a name of 1 to {_NAME_LENGTH} characters")
        if expires is not None and expires <= now():
            raise InputError("expires: this moment is past")
        secret = new_secret()
        key = _row(secret, name.strip(), scope)
        key.project_id, key.expires = project_id, expires
        with self._database.session() as session:
            if project_id is not None and session.get(Project, project_id) is None:
                raise NotFound("there is no project with this id")
            session.add(key)
            session.flush()
            audit.record(
                session, principal, "create", "key", key.id, name=key.name, scope=key.scope
            )
        return key, secret

    def has_admin(self) -> bool:
        """Whether a valid key administers everything."""
        with self._database.reading() as session:
            found = session.scalars(
                select(ApiKey).where(
                    ApiKey.scope == Scope.ADMIN.name.lower(),
                    ApiKey.project_id.is_(None),
                    ApiKey.revoked.is_(None),
                )
            )
            return any(key.expires is None or key.expires > now() for key in found)

    def adopt(self, secret: str, name: str) -> bool:
        """Make `secret` an administrator's key, unless it is or was a key; whether it was made."""
        with contextlib.suppress(Conflict), self._database.session() as session:
            if session.scalar(select(ApiKey).where(ApiKey.hash == hash_secret(secret))) is None:
                key = _row(secret, name, Scope.ADMIN)
                session.add(key)
                session.flush()
                audit.record(session, None, "create", "key", key.id, name=name, scope=key.scope)
                return True
        return False

    def listing(self, principal: Principal) -> list[ApiKey]:
        """All keys that the principal may see, the newest first; Forbidden."""
        principal.require(Scope.ADMIN)
        chosen = select(ApiKey).order_by(ApiKey.created.desc(), ApiKey.id)
        if principal.project_id is not None:
            chosen = chosen.where(ApiKey.project_id == principal.project_id)
        with self._database.reading() as session:
            return list(session.scalars(chosen))

    def revoke(self, principal: Principal, key_id: str) -> ApiKey:
        """End a key at once, with its tokens and sign-ins; again does nothing. Forbidden,
        NotFound."""
        principal.require(Scope.ADMIN)
        with self._database.session() as session:
            key = session.get(ApiKey, key_id)
            if key is None or principal.project_id not in (None, key.project_id):
                raise NotFound("there is no key with this id")
            if key.revoked is None:
                key.revoked = now()
                audit.record(session, principal, "revoke", "key", key.id, name=key.name)
            for sign_in in session.scalars(select(SignIn).where(SignIn.key_id == key.id)):
                session.delete(sign_in)
        return key

    def by_secret(self, secret: str) -> Principal:
        """The holder of a key; Denied."""
        with self._database.reading() as session:
            key = session.scalar(select(ApiKey).where(ApiKey.hash == hash_secret(secret)))
        return self._noted(principal_of(key))

    def by_id(self, key_id: str) -> Principal:
        """The holder of the key with an id; Denied."""
        with self._database.reading() as session:
            key = session.get(ApiKey, key_id)
        return self._noted(principal_of(key))

    def ended(self, key_ids: Sequence[str]) -> dict[str, Denied]:
        """Those of these keys that open nothing any more, and how they ended. Unavailable."""
        found: dict[str, ApiKey] = {}
        with self._database.reading() as session:
            for first in range(0, len(key_ids), _ASKED_TOGETHER):
                some = key_ids[first : first + _ASKED_TOGETHER]
                rows = session.scalars(select(ApiKey).where(ApiKey.id.in_(some)))
                found |= {key.id: key for key in rows}
        over = {}
        for key_id in key_ids:
            try:
                principal_of(found.get(key_id))
            except Denied as error:
                over[key_id] = error
        return over

    def save_use(self) -> None:
        """Write down when keys were used, which would cost each request a write. Unavailable."""
        with self._lock:
            used, self._used = self._used, {}
        if used:
            with self._database.session() as session:
                for key_id, time in used.items():
                    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used=time))

    def _noted(self, principal: Principal) -> Principal:
        with self._lock:
            self._used[principal.key_id] = now()
        return principal
