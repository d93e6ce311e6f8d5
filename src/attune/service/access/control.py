"""Who may come in: keys, tokens and sessions, and how often each may ask."""

from __future__ import annotations

import contextlib
import time
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from attune.service.access.keys import Keys, new_secret
from attune.service.access.principal import Principal, Scope
from attune.service.access.rates import Rates
from attune.service.access.sign_ins import SignedIn, SignIns
from attune.service.access.tokens import Token, TokenSigner, read_secret, write_private
from attune.service.access.watch import KeyWatch, Told
from attune.service.database import Database
from attune.service.errors import Denied
from attune.service.settings import Limits
from attune.service.tables import ApiKey

__all__ = ["Access"]

_FAILURES = 10
_FAILURE_RATE = 1 / 6
"""A second: of wrong keys from one address, after the first ten."""
_LONGEST_CREDENTIAL = 4096
_TOKEN_SECONDS = 600.0
_LONGEST_TOKEN_SECONDS = 24 * 3600.0


class Access:
    """The keys of a service and everything that they open. May be used by all threads."""

    def __init__(self, database: Database, folder: Path, limits: Limits) -> None:
        self._keys = Keys(database)
        self._watch = KeyWatch(self._keys)
        self._sign_ins = SignIns(database)
        self._signer = TokenSigner(read_secret(folder / "secret"))
        self._failures = Rates(_FAILURE_RATE, _FAILURES)
        self._requests = Rates(limits.requests, 2 * limits.requests)

    def create_key(
        self,
        principal: Principal | None,
        name: str,
        scope: Scope,
        project_id: str | None = None,
        expires: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is told this once; `principal` None is the service.

        A key bound to a project makes keys of that project only. InputError, Forbidden, NotFound.
        """
        return self._keys.create(principal, name, scope, project_id, expires)

    def keys(self, principal: Principal) -> list[ApiKey]:
        """All keys, also those that have ended, the newest first; Forbidden."""
        return self._keys.listing(principal)

    def revoke(self, principal: Principal, key_id: str) -> ApiKey:
        """End a key at once, with its tokens, sessions and streams. Forbidden, NotFound."""
        key = self._keys.revoke(principal, key_id)
        self._watch.tell(key.id, Denied("this key was revoked"))
        return key

    def watching(self, principal: Principal, told: Told) -> AbstractContextManager[None]:
        """While this is entered, `told` hears of the end of the principal's key: at once where it
        is revoked here, at the next `look_at_keys` where that happens elsewhere."""
        return self._watch.watching(principal.key_id, told)

    def look_at_keys(self) -> None:
        """Tell those who watch a key that has ended; every few seconds. Unavailable."""
        self._watch.look()

    def authenticate(self, credential: str, address: str = "", *, tokens: bool = True) -> Principal:
        """The holder of an API key or, with `tokens`, of a token; Denied.

        After ten failures from an `address` the next ones are Busy for a while; what is right
        comes through all the same, for others may share the address.
        """
        try:
            if not 0 < len(credential) <= _LONGEST_CREDENTIAL:
                raise Denied("give an API key or a token")
            if not tokens or credential.count(".") != 2:
                return self._keys.by_secret(credential)
            token = self._signer.read(credential)
            holder = self._keys.by_id(token.key_id)
        except Denied:
            self._failures.take(f"api {address}", "too many wrong keys: wait a little")
            raise
        scope = min(holder.scope, token.scope)
        return Principal(holder.key_id, holder.name, scope, holder.project_id)

    def issue_token(self, principal: Principal, seconds: float = _TOKEN_SECONDS) -> str:
        """A token that stands for the principal for so long, and at most as long as its key."""
        seconds = min(max(seconds, 1.0), _LONGEST_TOKEN_SECONDS)
        return self._signer.write(Token(principal.key_id, principal.scope, time.time() + seconds))

    def sign_in(self, key: str, address: str = "") -> SignedIn:
        """A session of the portal for the holder of a key; Denied.

        After ten failures from an `address` nobody can sign in from there for a while: Busy.
        """
        message = "too many wrong keys: wait a little, then try again"
        self._failures.check(f"portal {address}", message)
        try:
            principal = self._keys.by_secret(key.strip()[:_LONGEST_CREDENTIAL])
        except Denied:
            self._failures.take(f"portal {address}", message)
            raise
        return self._sign_ins.open(principal, address)

    def session(self, id: str) -> SignedIn:
        """The session with the id that a cookie brought; Denied where it has ended."""
        return self._sign_ins.find(id[:_LONGEST_CREDENTIAL])

    def sign_out(self, id: str) -> None:
        """End a session."""
        self._sign_ins.close(id)

    def limit(self, principal: Principal) -> None:
        """Count a request of a key; Busy over the limit of requests a second."""
        self._requests.take(principal.key_id, "too many requests with this key: slow down")

    def save_use(self) -> None:
        """Write down when keys were last used. Unavailable."""
        self._keys.save_use()

    def first_key(self, path: Path) -> bool:
        """Make an administrator's key where none is valid, and write it to `path` for its owner
        alone; whether it was made. OSError.

        The file comes first: after a kill in between, the next start makes the key that it names.
        A key in the file that was revoked stays so: remove the file for a new one.
        """
        if self._keys.has_admin():
            return False
        with contextlib.suppress(FileExistsError):
            if not path.exists():
                write_private(path, (new_secret() + "\n").encode("ascii"))
        return self._keys.adopt(path.read_text("utf-8").strip(), "first administrator")
