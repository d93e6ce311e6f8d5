"""What Alembic runs around revisions: they happen in the transaction of whoever upgrades."""

from typing import Any, Literal

from alembic import context

from attune.service.tables import Base, UtcTime

__all__ = ["written"]


def written(kind: str, value: Any, _: object) -> str | Literal[False]:
    """How a revision writes our own type: as what the database has."""
    if kind == "type" and isinstance(value, UtcTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=written,
    # New revisions are written so that SQLite, which changes no column in place, rebuilds a table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
