"""Who a request comes from, and what that allows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from attune.service.errors import Forbidden, NotFound

__all__ = ["Principal", "Scope"]


class Scope(IntEnum):
    """What a key is for; each scope includes those below it."""

    RECOGNISE = 1
    MANAGE = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a key: its id, name and scope, and the only project that it may touch (None:
    all)."""

    key_id: str
    name: str
    scope: Scope
    project_id: str | None = None

    def require(self, scope: Scope) -> None:
        """Forbidden unless the key is for `scope`."""
        if self.scope < scope:
            raise Forbidden(
                f"the key {self.name!r} is for {self.scope.name.lower()}: this needs one for "
                f"{scope.name.lower()}"
            )

    def reach(self, project_id: str | None, what: str = "it") -> None:
        """NotFound unless the key may touch things of `project_id` (None: of everybody)."""
        if project_id is not None and self.project_id not in (None, project_id):
            raise NotFound(f"there is no {what} with this id")
