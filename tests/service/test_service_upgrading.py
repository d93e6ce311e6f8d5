"""A database of the first version, brought to a further one: nothing of it is lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from revisions import FURTHER, first_revision, further_revision
from rows_of_0001 import ROWS, write_rows
from sqlalchemy import MetaData, event, inspect, select, text

from attune.errors import AttuneError, InputError
from attune.service import Service, Settings
from attune.service.database import Database
from attune.service.migrations import upgrade, upgrading
from attune.service.tables import Base, Project

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def further(tmp_path: Path) -> Path:
    """The revisions that a later version may have."""
    return further_revision(tmp_path)


@pytest.fixture
def old(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of the first version, with what somebody kept there."""
    database = Database(database_url, patience=5)
    with monkeypatch.context() as patch:
        patch.setattr(upgrading, "FOLDER", first_revision(tmp_path))
        upgrade(database)
    write_rows(database)
    yield database
    database.close()


def kept(database: Database) -> Rows:
    """Every row of every table."""
    tables = MetaData()
    with database.reading() as session:
        tables.reflect(session.connection())
        return {
            table.name: sorted(
                (dict(row) for row in session.execute(select(table)).mappings()), key=str
            )
            for table in tables.sorted_tables
        }


def foreign_keys(database: Database) -> set[tuple[str, str, str]]:
    looked = inspect(database.engine)
    return {
        (table, str(key["name"]), str(key["options"].get("ondelete")))
        for table in looked.get_table_names()
        for key in looked.get_foreign_keys(table)
    }


def indexes(database: Database) -> set[str]:
    looked = inspect(database.engine)
    return {
        str(one["name"]) for name in looked.get_table_names() for one in looked.get_indexes(name)
    }


def within(new: Rows, old: Rows) -> bool:
    """Whether the old tables' rows are all there, in their old columns as they were."""
    return all(
        sorted(({name: row[name] for name in before[0]} for row in new[table]), key=str) == before
        for table, before in old.items()
        if table != "alembic_version"
    )


def test_every_table_of_the_first_version_has_rows(old: Database) -> None:
    assert kept(old).keys() - {"alembic_version"} == ROWS.keys()
    assert {name: len(rows) for name, rows in kept(old).items() if name in ROWS} == {
        name: len(rows) for name, rows in ROWS.items()
    }


def test_what_the_first_version_kept_is_there_in_this_one(old: Database) -> None:
    before = kept(old)
    upgrade(old)
    assert within(kept(old), before)
    with old.reading() as session:
        for mapper in Base.registry.mappers:
            table = mapper.local_table.name  # type: ignore[attr-defined]
            assert len(session.scalars(select(mapper.class_)).all()) == len(ROWS[table])


def test_a_further_revision_keeps_every_row(
    old: Database, further: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(old)
    before, keys, names = kept(old), foreign_keys(old), indexes(old)
    monkeypatch.setattr(upgrading, "FOLDER", further)
    upgrade(old)
    after = kept(old)
    assert within(after, before)
    assert {row["team_id"] for row in after["projects"]} == {"everybody"}
    assert {row["stars"] for row in after["models"]} == {3}
    assert after["alembic_version"] == [{"version_num": "further"}]
    # Tables that were rebuilt have what they had.
    assert foreign_keys(old) == keys | {("projects", "fk_projects_team_id", "None")}
    assert indexes(old) == names | {"ix_projects_team_id"}
    upgrade(old)
    assert kept(old) == after


def test_foreign_keys_hold_again_afterwards(
    old: Database, further: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrading, "FOLDER", further)
    upgrade(old)
    with pytest.raises(AttuneError, match="just now"), old.session() as session:
        session.execute(text("UPDATE projects SET team_id = 'nobody'"))
    with old.session() as session:
        # With the project goes what only belongs to it, in the order that its keys ask for.
        for table in ("transcriptions", "evaluations", "endpoints", "models"):
            session.execute(text(f"DELETE FROM {table} WHERE project_id = 'zoo'"))
        session.delete(session.get_one(Project, "zoo"))
    assert [row["id"] for row in kept(old)["projects"]] == ["gate"]
    assert kept(old)["datasets"] == kept(old)["jobs"] == kept(old)["job_events"] == []


def test_a_revision_that_leaves_rows_without_what_they_refer_to_is_undone(
    old: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(old)
    before = kept(old)
    wrong = FURTHER + "    op.execute(\"DELETE FROM projects WHERE id = 'zoo'\")\n"
    monkeypatch.setattr(upgrading, "FOLDER", further_revision(tmp_path, wrong))
    with pytest.raises(AttuneError, match=r"cannot be upgraded: .* nothing was changed|just now"):
        upgrade(old)
    assert kept(old) == before


def test_a_revision_that_fails_is_undone(
    old: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(old)
    before = kept(old)
    wrong = FURTHER + '    raise ValueError("no such luck")\n'
    monkeypatch.setattr(upgrading, "FOLDER", further_revision(tmp_path, wrong))
    with pytest.raises(ValueError, match="luck"):
        upgrade(old)
    assert kept(old) == before


def _upgrade_and_die(url: str, folder: Path, moment: str) -> None:
    upgrading.FOLDER = folder  # type: ignore[misc]
    database = Database(url)

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def before(_: object, __: object, statement: str, *___: object) -> None:
        if moment in statement:
            die()

    event.listen(database.engine, "before_cursor_execute", before)
    if moment == "COMMIT":
        event.listen(database.engine, "commit", die)
    upgrade(database)


MOMENTS = (
    "INSERT INTO teams",
    "ALTER TABLE",
    "UPDATE projects",
    "UPDATE alembic_version",
    "COMMIT",
)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_in_the_middle_it_is_as_before_and_is_upgraded_next(
    old: Database, further: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    upgrade(old)
    before = kept(old)
    url = old.engine.url.set(drivername=old.engine.dialect.name).render_as_string(False)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_upgrade_and_die, args=(url, further, moment))
    process.start()
    process.join(timeout=60)
    assert process.exitcode == -9
    assert kept(old) == before
    monkeypatch.setattr(upgrading, "FOLDER", further)
    upgrade(old)
    assert within(kept(old), before)
    assert kept(old)["alembic_version"] == [{"version_num": "further"}]


@pytest.mark.parametrize("open_it", [Service.open, Service.open_for_work], ids=["server", "worker"])
def test_a_database_of_a_further_version_is_refused_untouched(
    old: Database,
    further: Path,
    database_url: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    open_it: Callable[[Settings], Service],
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(upgrading, "FOLDER", further)
        upgrade(old)
    before = kept(old)
    with pytest.raises(
        InputError, match=r"of revision further, but .* up to \d{4}: a newer Attune wrote it"
    ):
        open_it(replace(settings, database=database_url))
    assert kept(old) == before
