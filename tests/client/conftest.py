"""One server process for all tests of clients, and recordings with known words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from keyword_speech import ATLAS, COMPUTER
from server_processes import DroppingProxy, ServerProcess

from attune.keyword import KeywordModel, create_basic, load_keyword


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A running server. Tests make projects of their own."""
    process = ServerProcess(tmp_path_factory.mktemp("client") / "data")
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def keywords(tmp_path_factory: pytest.TempPathFactory) -> KeywordModel:
    """Two keywords in one bundle, made of their phrases alone."""
    path = tmp_path_factory.mktemp("keywords") / "two"
    create_basic([ATLAS, COMPUTER], path)
    return load_keyword(path)


@pytest.fixture
def proxy(server: ServerProcess) -> Iterator[DroppingProxy]:
    between = DroppingProxy(server.port)
    yield between
    between.close()
