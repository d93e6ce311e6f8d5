"""A running server, somebody signed in at it, and browsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import CHROMIUM, Browsing, Course, first_steps, signed_in_state
from playwright.sync_api import Playwright, sync_playwright
from running import RunningServer, running_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that need a browser are left out where there is none."""
    if CHROMIUM is None:
        skip = pytest.mark.skip(reason="no chromium is installed")
        for item in items:
            if "browsing" in getattr(item, "fixturenames", ()):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def portal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("portal") / "data") as server:
        yield server


# Not for the whole session: Playwright keeps an event loop in this thread, beside which others
# could not run theirs.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browsing(
    playwright: Playwright, portal_server: RunningServer, state: str
) -> Iterator[Browsing]:
    browsing = Browsing(playwright, portal_server.url, state)
    yield browsing
    browsing.close()


@pytest.fixture(scope="session")
def state(portal_server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The cookies of somebody who is signed in, as a file."""
    path = tmp_path_factory.mktemp("cookies") / "state.json"
    path.write_text(signed_in_state(portal_server), "utf-8")
    return str(path)


@pytest.fixture(scope="session")
def course(portal_server: RunningServer, state: str) -> Course:
    """The sample project, made by taking the first steps once for all tests."""
    return first_steps(portal_server)
