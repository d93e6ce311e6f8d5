"""Keys, tokens, sign-ins, and how often each may ask."""

from attune.service.access.control import Access
from attune.service.access.principal import Principal, Scope
from attune.service.access.sign_ins import COOKIE, SignedIn, cookie_flags

__all__ = ["COOKIE", "Access", "Principal", "Scope", "SignedIn", "cookie_flags"]
