"""Upgrading a database in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from attune.errors import AttuneError, InputError
from attune.service.database import Database

__all__ = ["configuration", "upgrade"]

FOLDER = Path(__file__).parent
_LOCK = 0x617474756E65
"""A number that other programs hardly use for their locks."""


def configuration() -> Config:
    """Alembic's configuration: where the revisions are."""
    config = Config()
    # Alembic reads options as templates, in which a percent sign stands doubled.
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; an empty database gets its tables.

    All of it happens in one transaction: killed in the middle, the database is as it was. Of two
    processes that start at once, the second waits and finds nothing to do. Raises InputError for
    a database that a newer Attune wrote, Unavailable when it cannot be reached.
    """
    config = configuration()
    revisions = ScriptDirectory.from_config(config)
    with database.rebuilding() as session:
        connection = session.connection()
        if not database.is_sqlite:  # There BEGIN IMMEDIATE has locked it.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = set(MigrationContext.configure(connection).get_current_heads())
        newest = set(revisions.get_heads())
        unknown = found - {each.revision for each in revisions.walk_revisions()}
        if unknown:
            raise InputError(
                f"the database is of revision {min(unknown)}, but this Attune knows them up to "
                f"{max(newest)}: a newer Attune wrote it. Start that one, or give a copy of "
                "the database from before; nothing was changed"
            )
        if found == newest:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if database.is_sqlite:
            broken = connection.execute(text("PRAGMA foreign_key_check")).first()
            if broken is not None:
                raise AttuneError(
                    f"the database cannot be upgraded: a row of {broken[0]} refers to one of "
                    f"{broken[2]} that is not there; nothing was changed"
                )
