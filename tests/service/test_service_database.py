"""Sessions: writers one after another, readers beside them, databases that are away."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from postgresql import Cluster
from sqlalchemy import inspect, select, text

from attune.errors import AttuneError, InputError
from attune.service.database import Database
from attune.service.errors import Conflict, StorageFull, Unavailable
from attune.service.migrations import upgrade
from attune.service.tables import ApiKey, Base, Blob, Project, Upload


def add_project(database: Database, name: str = "a") -> None:
    with database.session() as session:
        session.add(Project(name=name, language="en-US"))


def project_names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Project.name).order_by(Project.name)))


def test_a_session_is_kept_whole_or_not_at_all(database: Database) -> None:
    add_project(database)
    with pytest.raises(KeyError), database.session() as session:
        session.add(Project(name="b", language="en-US"))
        session.flush()
        raise KeyError
    assert project_names(database) == ["a"]


def test_readers_do_not_wait_for_a_writer_and_cannot_write(database: Database) -> None:
    add_project(database)
    begun = time.monotonic()
    with database.session() as session:
        session.add(Project(name="b", language="en-US"))
        session.flush()
        assert project_names(database) == ["a"]
    assert time.monotonic() - begun < 2
    with pytest.raises(Exception, match=r"read.?only"), database.reading() as session:
        session.execute(text("DELETE FROM projects"))
    add_project(database, "c")
    assert project_names(database) == ["a", "b", "c"]


def test_writers_wait_for_each_other(database: Database) -> None:
    with database.session() as session:
        session.add(Blob(hash="0" * 64, size=0))

    def count() -> None:
        for _ in range(20):
            with database.session() as session:
                session.get_one(Blob, "0" * 64, with_for_update=True).size += 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Blob, "0" * 64).size == 80


def test_times_keep_their_zone(database: Database) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    with database.session() as session:
        session.add(ApiKey(id="k", name="", hash="h", prefix="p", scope="admin", expires=moment))
    with database.reading() as session:
        found = session.get_one(ApiKey, "k").expires
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize("value", ["nul \0", "half a \ud800 pair"])
def test_text_that_cannot_be_stored_is_the_senders_fault(database: Database, value: str) -> None:
    kept = []
    try:
        add_project(database, value)
        kept = [value]  # As SQLite does with NUL.
    except InputError as error:
        assert "cannot be stored" in str(error)
    assert project_names(database) == kept


def test_a_number_that_cannot_be_stored_is_the_senders_fault(database: Database) -> None:
    with pytest.raises(InputError, match="cannot be stored"), database.session() as session:
        session.add(Blob(hash="0" * 64, size=10**30))


def test_what_crosses_with_another_request_is_a_conflict(database: Database) -> None:
    with database.session() as session:
        session.add(Blob(hash="0" * 64, size=1))
    with pytest.raises(Conflict, match="just now"), database.session() as session:
        session.add(Blob(hash="0" * 64, size=1))
    with pytest.raises(Conflict, match="just now"), database.session() as session:
        session.add(Upload(project_id=None, name="a", size=1, blob_hash="1" * 64))


def test_a_locked_database_is_waited_for_and_then_unavailable(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'attune.db'}"
    database = Database(url, patience=0.5)
    upgrade(database)
    other = sqlite3.connect(tmp_path / "attune.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        add_project(database)
    other.rollback()
    other.close()
    add_project(database)
    database.close()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'attune.db'}")
    upgrade(database)
    add_project(database, "kept")
    with pytest.raises(StorageFull), database.session() as session:
        session.execute(text("PRAGMA max_page_count = 1"))
        for _ in range(500):
            session.add(Project(name="x" * 1000, language="en-US"))
        session.flush()
    assert project_names(database) == ["kept"]
    database.close()


def test_a_database_that_is_away_for_a_while_is_waited_for(postgresql: Cluster) -> None:
    database = Database(postgresql.new_database(), patience=10)
    upgrade(database)
    add_project(database, "before")
    postgresql.stop()
    threading.Timer(2, postgresql.start).start()
    begun = time.monotonic()
    add_project(database, "meanwhile")
    assert 1 < time.monotonic() - begun < 10
    assert project_names(database) == ["before", "meanwhile"]
    database.close()


def test_a_database_that_stays_away_is_unavailable_also_in_the_middle(postgresql: Cluster) -> None:
    database = Database(postgresql.new_database(), patience=0.5)
    upgrade(database)
    try:
        with pytest.raises(Unavailable), database.session() as session:
            session.add(Project(name="lost", language="en-US"))
            session.flush()
            postgresql.stop()
        with pytest.raises(Unavailable):
            project_names(database)
        with pytest.raises(Unavailable):
            database.check()
    finally:
        postgresql.start()
    assert project_names(database) == []
    database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://a/b", "oracle:thing://x"])
def test_other_databases_are_refused_in_words(url: str) -> None:
    with pytest.raises(InputError, match="postgresql://USER"):
        Database(url)


def test_migrations_lead_to_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    inspector = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        # Later revisions can change only what they can name.
        named = {key["name"] for key in inspector.get_foreign_keys(table.name)}
        assert named == {f"fk_{table.name}_{column.parent.name}" for column in table.foreign_keys}


def test_upgrading_again_changes_nothing(database: Database) -> None:
    add_project(database)
    upgrade(database)
    assert project_names(database) == ["a"]


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(AttuneError, match="newer Attune"):
        upgrade(database)


def _upgrade_when_told(url: str, barrier: object) -> None:
    database = Database(url)
    barrier.wait(timeout=60)  # type: ignore[attr-defined]
    upgrade(database)
    database.close()


@pytest.mark.slow
def test_processes_that_start_at_once_upgrade_once(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    starting = [
        context.Process(target=_upgrade_when_told, args=(database_url, barrier)) for _ in range(3)
    ]
    for process in starting:
        process.start()
    for process in starting:
        process.join(timeout=60)
    assert [process.exitcode for process in starting] == [0, 0, 0]


def _upgrade_and_die(url: str) -> None:
    import os
    import signal

    from sqlalchemy import event

    database = Database(url)

    def die(_: object, __: object, statement: str, *___: object) -> None:
        if "CREATE TABLE jobs" in statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", die)
    upgrade(database)


def test_killed_in_the_middle_an_upgrade_can_begin_again(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_upgrade_and_die, args=(database_url,))
    process.start()
    process.join(timeout=60)
    assert process.exitcode == -9
    database = Database(database_url)
    upgrade(database)
    add_project(database)
    database.close()
