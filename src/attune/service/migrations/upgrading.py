"""Upgrading a database in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text

from attune.errors import AttuneError
from attune.service.database import Database

__all__ = ["configuration", "upgrade"]

_FOLDER = Path(__file__).parent
_LOCK = 0x617474756E65
"""A number that other programs hardly use for their locks."""


def configuration() -> Config:
    """Alembic's configuration: where the revisions are."""
    config = Config()
    # Alembic reads options as templates, in which a percent sign stands doubled.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; an empty database gets its tables.

    All of it happens in one transaction: killed in the middle, the database is as it was. Of two
    processes that start at once, the second waits and finds nothing to do. Raises AttuneError for
    a database that a newer Attune wrote, Unavailable when it cannot be reached.
    """
    config = configuration()
    with database.session() as session:
        connection = session.connection()
        if not database.is_sqlite:  # There BEGIN IMMEDIATE has locked it.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise AttuneError(
                f"the database cannot be upgraded ({error}): was it written by a newer Attune?"
            ) from error
