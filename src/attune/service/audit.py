"""The audit log: who did what and when, kept when the thing is gone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from attune.service.access.principal import Principal
from attune.service.tables import AuditEntry

__all__ = ["record"]


def record(
    session: Session,
    principal: Principal | None,
    action: str,
    kind: str,
    id: str,
    /,
    **detail: object,
) -> None:
    """Note an action of `principal` (None: the service itself) on a thing, in the transaction of
    the action."""
    session.add(
        AuditEntry(
            actor="attune" if principal is None else f"{principal.name} ({principal.key_id[:8]})",
            action=action,
            subject_kind=kind,
            subject_id=id,
            detail=detail,
        )
    )
