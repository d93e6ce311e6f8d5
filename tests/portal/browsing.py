"""What the portal's tests do in browsers, and beside them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, Playwright, expect
from running import RunningServer
from waiting import eventually

from attune.service.access.sign_ins import COOKIE
from attune.service.tables import Dataset, Endpoint, Evaluation, Model, Project, Status

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDE, NARROW = 1440, 360
PATIENCE = 120.0
"""Seconds that a job may take on a machine that is busy with much else."""


expect.set_options(timeout=PATIENCE * 1000)


@dataclass(frozen=True)
class Course:
    """The sample project when its first steps are taken."""

    project: str
    recordings: str
    notes: str
    model: str
    test: str
    endpoint: str

    @property
    def root(self) -> str:
        return f"/projects/{self.project}"


def signed_in_state(server: RunningServer) -> str:
    """A browser's cookies after signing in, as Playwright reads them."""
    answer = httpx.post(f"{server.url}/sign-in", data={"key": server.key}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    cookie = {
        "name": COOKIE,
        "value": answer.cookies[COOKIE],
        "domain": urlsplit(server.url).hostname,
        "path": "/",
        "expires": -1,
        "httpOnly": True,
        "secure": False,
        "sameSite": "Strict",
    }
    return json.dumps({"cookies": [cookie], "origins": []})


def signed_in_client(server: RunningServer) -> httpx.Client:
    """A client of somebody who is signed in, which sends the token of its session along."""
    session = server.service.access.sign_in(server.key)
    return httpx.Client(
        base_url=server.url,
        cookies={COOKIE: session.id},
        headers={"X-CSRF-Token": session.csrf},
        timeout=60,
    )


def first_steps(server: RunningServer) -> Course:
    """Take the first steps as the page's buttons do, and wait for each."""
    with signed_in_client(server) as client:
        for step in ("data", "model", "test", "endpoint"):
            answer = client.post(f"/start/{step}")
            assert answer.status_code == 303, answer.text
            eventually(lambda: settled(server), PATIENCE, f"the step {step} to end")
    with server.service.database.reading() as session:
        project = session.query(Project).filter_by(name="Reptile house").one()
        sets = {one.kind: one.id for one in session.query(Dataset).filter_by(project_id=project.id)}
        model = session.query(Model).filter_by(project_id=project.id, kind="recognizer").one()
        test = session.query(Evaluation).filter_by(project_id=project.id).one()
        endpoint = session.query(Endpoint).filter_by(project_id=project.id).one()
    return Course(project.id, sets["Acoustic"], sets["Language"], model.id, test.id, endpoint.id)


def settled(server: RunningServer) -> bool:
    """Whether all that jobs make is made; fails where one has failed."""
    waiting = False
    with server.service.database.reading() as session:
        for table in (Dataset, Model, Evaluation):
            for row in session.query(table):
                assert row.status != Status.FAILED, row.reason
                waiting |= row.status != Status.SUCCEEDED
    return not waiting


class Browsing:
    """Pages in a browser. What goes wrong in one that nobody sees is collected, and asked for
    with `faults`: messages of the console, exceptions, requests to elsewhere."""

    def __init__(
        self, playwright: Playwright, url: str, state: str | None, speech: Path | None = None
    ) -> None:
        arguments = [
            "--no-sandbox",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ]
        if speech is not None:
            arguments.append(f"--use-file-for-fake-audio-capture={speech}")
        self._browser: Browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=arguments
        )
        self.url = url
        self._state = state
        self.faults: list[str] = []
        self.transferred = 0

    def close(self) -> None:
        self._browser.close()

    @contextmanager
    def at(
        self, path: str, *, width: int = WIDE, dark: bool = False, signed_in: bool = True
    ) -> Iterator[Page]:
        """A new window at a page, closed at the end; then no fault must have come."""
        context = self._browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            storage_state=self._state if signed_in else None,
            permissions=["clipboard-read", "clipboard-write", "microphone"],
        )
        self.faults = []
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", lambda said: self._note(said.type in ("error", "warning"), said.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", lambda asked: self._note(not self._is_own(asked.url), asked.url))
        try:
            page.goto(path)
            yield page
            assert not self.faults
        finally:
            context.close()

    def _is_own(self, url: str) -> bool:
        return url.startswith((self.url, "blob:", "data:"))

    def _note(self, is_fault: bool, what: str) -> None:
        if is_fault:
            self.faults.append(what)
