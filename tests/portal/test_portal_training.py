"""What takes long, watched in a browser: a training curve that grows, a job that is cancelled."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from browsing import Browsing, Course
from playwright.sync_api import Page, expect
from running import RunningServer
from whistlers import record, sentences, whistling_base

from attune.data import Manifest
from attune.service.tables import Job, Model, Project, Status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

LONG = 600_000.0
"""Milliseconds for a training, on a machine that is busy with much else."""


@pytest.fixture(scope="module")
def root(portal_server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A project with a base of its own that learns quickly: it hears whistled words."""
    service = portal_server.service
    with pytest.MonkeyPatch.context() as patch:
        # So that the training leaves a core to the browser.
        patch.setenv("OMP_NUM_THREADS", "1")
        bundle = whistling_base(tmp_path_factory.mktemp("whistles"))
        stored = service.store.put_folder(bundle)
        with service.database.session() as session:
            project = Project(name="Whistlers", language="en-US")
            session.add(project)
            session.flush()
            session.add(
                Model(
                    name="Whistles",
                    kind="recognizer",
                    language="en-US",
                    project_id=project.id,
                    bundle_hash=stored,
                    status=Status.SUCCEEDED,
                )
            )
        yield f"/projects/{project.id}"


@pytest.fixture
def high(tmp_path: Path) -> Path:
    """A zip of somebody who whistles a semitone too high."""
    rows = list(Manifest(record(tmp_path / "high", sentences(36, 1), pitch=1.06)))
    path = tmp_path / "high-whistles.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for row in rows:
            archive.write(row.path, row.path.name)
        archive.writestr("trans.txt", "".join(f"{row.path.name}\t{row.text}\n" for row in rows))
    return path


def points(page: Page) -> int:
    """Of the line of the first figure, the loss on recordings that are held out."""
    line = page.locator("#state svg polyline").first
    return len((line.get_attribute("points") or "").split())


def test_a_training_curve_grows_while_a_model_learns(
    browsing: Browsing, root: str, high: Path
) -> None:
    with browsing.at(f"{root}/speech") as page:
        page.set_input_files("#files", high)
        page.get_by_role("button", name="Import").click()
        page.get_by_role("region", name="What is said").wait_for()
        page.goto(f"{root}/models/new")
        page.locator("#name").fill("High whistles")
        page.locator("#base").select_option(label="Whistles")
        page.get_by_role("checkbox", name="high-whistles").check()
        page.get_by_role("button", name="Create model").click()
        page.get_by_role("heading", name="High whistles", level=1).wait_for()
        page.evaluate("window.stayed = true")
        curve = page.get_by_role("img", name="Training curve: loss, held-out")
        curve.wait_for(timeout=LONG)
        expect(page.locator("#state .pill")).to_have_text("Processing")
        expect(page.locator("#state .progress")).to_contain_text("training")
        first = points(page)
        page.wait_for_function(
            "(first) => document.querySelector('#state svg polyline').points.length > first + 1",
            arg=first,
            timeout=LONG,
        )
        # The line grew in its place; the page was not loaded anew.
        assert page.evaluate("window.stayed")
        page.get_by_role("heading", name="Model card").wait_for(timeout=LONG)
        expect(curve).to_be_visible()
        assert points(page) > first
        expect(page.get_by_role("region", name="Where it comes from")).to_contain_text("Whistles")


def test_a_running_job_is_cancelled_from_the_list(
    browsing: Browsing, portal_server: RunningServer, course: Course
) -> None:
    with browsing.at(f"{course.root}/keywords/new") as page:
        page.locator("#phrase").press_sequentially("hey salamander")
        page.locator(".pronunciations li").first.wait_for()
        page.get_by_role("radio", name="Advanced").check()
        page.get_by_role("button", name="Create keyword").click()
        page.get_by_role("heading", name="hey salamander", level=1).wait_for()
        page.goto("/jobs")
        row = page.locator("#jobs tbody tr").first
        expect(row).to_contain_text("Making of a keyword")
        expect(row.locator(".pill")).to_have_text("Processing")
        dialog = page.get_by_role("dialog")
        row.get_by_role("button", name="Cancel").click()
        dialog.get_by_role("button", name="No").click()
        expect(row.locator(".pill")).to_have_text("Processing")
        row.get_by_role("button", name="Cancel").click()
        expect(dialog).to_contain_text("Cancel this job?")
        dialog.get_by_role("button", name="Yes").click()
        page.get_by_text("The job is asked to end.").wait_for()
        expect(page.locator("#job .pill")).to_have_text("Cancelled")
        expect(page.locator("#job")).to_contain_text("Somebody cancelled this")
        page.get_by_role("link", name="← Jobs").click()
        expect(row.locator(".pill")).to_have_text("Cancelled")
        expect(row.get_by_role("button", name="Cancel")).to_have_count(0)
        row.get_by_role("link", name="see what it makes").click()
        expect(page.locator("#state")).to_contain_text("Somebody cancelled this")
    with portal_server.service.database.reading() as session:
        job = session.query(Job).order_by(Job.created.desc()).first()
    assert job is not None
    assert (job.kind, job.status, job.reason) == ("keyword", Status.FAILED, "cancelled")
