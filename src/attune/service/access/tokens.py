"""Short-lived signed tokens (JSON web tokens with HMAC-SHA-256), and the secret they are signed
with."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from attune.errors import AttuneError
from attune.service.access.principal import Scope
from attune.service.errors import Denied

__all__ = ["Token", "TokenSigner", "read_secret", "write_private"]

_SECRET_BYTES = 32
_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: the key that it was issued for, the scope, and until when (seconds since
    1970)."""

    key_id: str
    scope: Scope
    expires: float


class TokenSigner:
    """Writes and reads tokens."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def write(self, token: Token) -> str:
        """The token as text."""
        claims = {"sub": token.key_id, "scope": token.scope.name.lower(), "exp": token.expires}
        body = _HEADER + b"." + _encode(json.dumps(claims).encode("ascii"))
        return (body + b"." + _encode(self._sign(body))).decode("ascii")

    def read(self, text: str) -> Token:
        """What a token says; Denied for one that is not ours or has expired."""
        try:
            body, _, signature = text.encode("ascii").rpartition(b".")
            if not hmac.compare_digest(_encode(self._sign(body)), signature):
                raise Denied("the token is not one of this server: ask for a new one")
            claims = json.loads(_decode(body.split(b".")[1]))
            token = Token(claims["sub"], Scope[claims["scope"].upper()], float(claims["exp"]))
        except (ValueError, KeyError, IndexError, TypeError, binascii.Error) as error:
            raise Denied("the token cannot be read: ask for a new one") from error
        if token.expires < time.time():
            raise Denied("the token has expired: ask for a new one")
        return token

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, hashlib.sha256)


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decode(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def read_secret(path: Path) -> bytes:
    """The secret that a file holds; a new one is written where there is none. AttuneError."""
    with contextlib.suppress(FileExistsError):
        if not path.exists():
            write_private(path, secrets.token_bytes(_SECRET_BYTES))
    secret = path.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise AttuneError(f"{path} is damaged: remove it, and sign in again everywhere")
    return secret


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read, whole or not at all; FileExistsError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    finally:
        temporary.unlink()
