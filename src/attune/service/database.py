"""The database: SQLite in a file, or PostgreSQL by its URL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from attune.errors import InputError
from attune.service.errors import Conflict, StorageFull, Unavailable

__all__ = ["Database"]

_PATIENCE_SECONDS = 15.0
"""How long a request waits for a database that is gone or locked by another."""
_RETRY_SECONDS = 0.25
_FULL = ("disk is full", "No space left on device")
_POSTGRES_FULL = "53100"


class Database:
    """Sessions with a database. May be used by all threads.

    Every session may raise Unavailable (nothing was committed) and StorageFull; what a client sent
    and the database cannot hold, such as a number of 30 digits, is an InputError, and what crosses
    with another request, such as a second row of the same key, a Conflict.
    """

    def __init__(self, url: str, patience: float = _PATIENCE_SECONDS) -> None:
        self.engine = _engine(url, patience)
        self.patience = patience
        event.listen(self.engine, "handle_error", _translate)
        self._writers = sessionmaker(self.engine, expire_on_commit=False)
        reading = self.engine.execution_options(reading=True, postgresql_readonly=True)
        self._readers = sessionmaker(reading, expire_on_commit=False)
        rebuilding = self.engine.execution_options(rebuilding=True)
        self._rebuilders = sessionmaker(rebuilding, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back on an exception.

        With SQLite one such session runs at a time: keep it short, and take `reading` for what
        only reads.
        """
        with self._written(self._writers) as session:
            yield session

    @contextmanager
    def rebuilding(self) -> Iterator[Session]:
        """A session like that of `session` in which tables may be dropped and put in place anew.

        SQLite knows no other way to change a column, and would remove with the table all that
        refers to it; so it heeds no foreign keys here, and whoever calls checks them.
        """
        with self._written(self._rebuilders) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and cannot write; it waits for nobody."""
        with self._readers() as session:
            self._connect(session)
            yield session

    def check(self) -> None:
        """Raise Unavailable unless the database answers at once."""
        with self._readers() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextmanager
    def _written(self, sessions: sessionmaker[Session]) -> Iterator[Session]:
        with sessions() as session:
            self._connect(session)
            yield session
            session.commit()

    def _connect(self, session: Session) -> None:
        """Begin the transaction, and wait for a database that is away."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                session.connection()
                return
            except PoolTimeout as error:
                raise Unavailable("the database is too busy: try again soon") from error
            except Unavailable:
                session.rollback()
                if time.monotonic() + _RETRY_SECONDS > deadline:
                    raise
                time.sleep(_RETRY_SECONDS)


def _engine(url: str, patience: float) -> Engine:
    try:
        address = make_url(url)
        if address.get_backend_name() == "postgresql":
            return create_engine(
                address.set(drivername="postgresql+psycopg"),
                pool_size=10,
                max_overflow=20,
                pool_pre_ping=True,
                pool_timeout=patience,
                # A server that vanished without a word is noticed, too.
                connect_args={"connect_timeout": 5, "tcp_user_timeout": 15_000},
            )
        if address.get_backend_name() != "sqlite":
            raise InputError(
                f"database {address.render_as_string()}: use sqlite:///FILE or "
                "postgresql://USER:PASSWORD@HOST/NAME"
            )
        engine = create_engine(address, connect_args={"timeout": patience})
    except (ArgumentError, NoSuchModuleError) as error:
        raise InputError(
            "the database's URL cannot be read: use sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN, see below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Writers wait for each other at the beginning, not in the middle, where SQLite refuses those
    # whose state is no longer the newest. Readers see the state of their first look and wait for
    # nobody; that they do not write is enforced, since they could not always.
    options = connection.get_execution_options()
    reading, rebuilding = bool(options.get("reading")), bool(options.get("rebuilding"))
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    # In a transaction it could not be set.
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'OFF' if rebuilding else 'ON'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _translate(context: ExceptionContext) -> Exception | None:
    """What to raise instead of a database's own exception, if anything."""
    error: Any = context.original_exception
    if context.is_pre_ping:
        return None
    if isinstance(error, OverflowError | UnicodeEncodeError):
        return InputError(f"a value cannot be stored: {error}")
    raised = context.sqlalchemy_exception
    if isinstance(raised, DataError):
        return InputError(f"a value cannot be stored: {str(error).splitlines()[0]}")
    if isinstance(raised, IntegrityError):
        return Conflict(
            "something that this refers to was removed, or taken into use, just now: look again"
        )
    full = any(words in str(error) for words in _FULL)
    if full or getattr(error, "sqlstate", None) == _POSTGRES_FULL:
        return StorageFull("the database's disk is full: nothing was kept; free some space")
    gone = isinstance(raised, OperationalError | InterfaceError) or context.is_disconnect
    if gone and not _is_mistake(error):
        return Unavailable("the database cannot be reached or is busy: try again soon")
    return None


def _is_mistake(error: Exception) -> bool:
    """Whether it is our statement that is wrong, which SQLite calls operational as well."""
    words = str(error)
    return isinstance(error, sqlite3.OperationalError) and any(
        sign in words
        for sign in (
            "no such",
            "has no column",
            "syntax error",
            "already exists",
            "readonly database",
        )
    )
