"""The service's parts on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from postgresql import Cluster, running_cluster

from attune.service import Service, Settings
from attune.service.access import Principal, Scope
from attune.service.database import Database
from attune.service.migrations import upgrade


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A running PostgreSQL."""
    with running_cluster() as cluster:
        if cluster is None:
            pytest.skip("PostgreSQL is not installed: apt install postgresql")
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'attune.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgresql")
    url = cluster.new_database()
    yield url
    cluster.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with its tables, of each kind in turn."""
    database = Database(database_url, patience=5)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with SQLite in a temporary folder."""
    return Settings(data=tmp_path / "data", workers=1)


@pytest.fixture
def service(settings: Settings, database_url: str) -> Iterator[Service]:
    """A service on each kind of database in turn, without base models (they are 60 MB); jobs that
    are submitted stay in the queue."""
    service = Service.open_for_work(replace(settings, database=database_url))
    yield service
    service.close()


@pytest.fixture
def admin(service: Service) -> Principal:
    """The holder of a key for everything."""
    key, _ = service.access.create_key(None, "administrator", Scope.ADMIN)
    return Principal(key.id, key.name, Scope.ADMIN)
