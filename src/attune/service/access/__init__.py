"""Keys, tokens, sign-ins and the audit log."""

from attune.service.access.principal import Principal, Scope

__all__ = ["Principal", "Scope"]
