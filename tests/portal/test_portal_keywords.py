"""A keyword: typed, judged, listened to, made, and heard through the microphone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from browsing import Browsing, Course
from playwright.sync_api import Locator, Page, Playwright, expect
from running import RunningServer
from sqlalchemy import event

from attune.audio import write_wav
from attune.service.tables import Model
from attune.train.synthesis import SAMPLE_RATE, available_voices, synthesize

pytestmark = pytest.mark.slow

PHRASE = "hey computerama"
STAGES = re.compile(r"(positives|negatives|augment|adapt|calibrate|evaluate) · \d+ %")


def test_risky_phrases_are_told(browsing: Browsing, course: Course) -> None:
    with browsing.at(f"{course.root}/keywords/new") as page:
        page.locator("#phrase").press_sequentially("20 cats")
        page.locator("#guidance .notice.error").first.wait_for()
        page.locator("#phrase").fill("go")
        page.locator("#guidance .notice.warning").first.wait_for()


@pytest.fixture(scope="module")
def saying(
    playwright: Playwright,
    portal_server: RunningServer,
    state: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browsing]:
    """A browser with somebody before its microphone who says the phrase again and again."""
    voices = [voice for voice in available_voices() if voice.name.startswith("flite:")]
    if not voices:
        pytest.skip("no speech synthesiser is installed (apt install flite)")
    said = synthesize(PHRASE, voices[0])
    pause = np.zeros(2 * SAMPLE_RATE, np.float32)
    path = tmp_path_factory.mktemp("said") / "said.wav"
    write_wav(path, np.concatenate([pause, said, pause]), SAMPLE_RATE)
    browsing = Browsing(playwright, portal_server.url, state, path)
    yield browsing
    browsing.close()


@pytest.fixture
def few_prompts() -> Iterator[None]:
    """Advanced keywords are simulated in a minute, not ten: with few voices."""

    def fewer(_: object, __: object, made: Model) -> None:
        if made.settings.get("type") == "advanced":
            counts = {"positives": 16, "near_misses": 8, "speech": 4}
            made.settings = {**made.settings, "prompts": counts}

    event.listen(Model, "before_insert", fewer)
    yield
    event.remove(Model, "before_insert", fewer)


def create(page: Page, kind: str) -> None:
    """Fill in the form, and go to see the keyword being made."""
    page.locator("#phrase").press_sequentially(PHRASE)
    expect(page.locator(".pronunciations li").first.get_by_role("checkbox")).to_be_checked()
    page.get_by_role("radio", name=kind).check()
    page.locator("#sensitivity").select_option("0.75")
    page.get_by_role("button", name="Create keyword").click()
    page.get_by_role("heading", name=PHRASE, exact=True, level=1).wait_for()


def det(page: Page) -> Locator:
    """The card with the curve of misses against false accepts."""
    return page.get_by_role("region", name="Misses against false accepts")


def speak(page: Page) -> None:
    """Say it into the microphone, and watch the score cross its threshold."""
    page.get_by_role("button", name="Listen").click()
    page.locator("[data-hits] rect").first.wait_for(state="attached")
    expect(page.locator("[data-state]")).to_contain_text(f"Heard “{PHRASE}”")
    points = page.locator("[data-line]").get_attribute("points") or ""
    assert len(points.split()) > 5
    page.get_by_role("button", name="Stop").click()


def test_a_keyword_is_made_and_heard(saying: Browsing, course: Course) -> None:
    with saying.at(f"{course.root}/keywords/new") as page:
        page.locator("#phrase").press_sequentially(PHRASE)
        first = page.locator(".pronunciations li").first
        first.get_by_role("button", name="Listen to pronunciation").click()
        page.wait_for_function("!document.querySelector('[data-player] audio').paused")
        page.reload()
        create(page, "Basic")
        # When it is made, the page turns to its figures by itself.
        page.get_by_role("heading", name="Misses against false accepts").wait_for()
        expect(det(page)).to_contain_text("other words of its length")
        speak(page)
        with page.expect_download() as bundle:
            page.get_by_role("link", name="Download").click()
        assert bundle.value.suggested_filename.endswith(".attune.zip")
        # It may stand behind an endpoint, but is not what most people deploy.
        page.goto(f"{course.root}/endpoints/new")
        choices = page.locator("#model option")
        expect(choices.last).to_have_text(f"{PHRASE} (keyword)")
        expect(choices.first).not_to_contain_text("keyword")


@pytest.mark.timeout(1200)
def test_an_advanced_keyword_is_made_and_heard(
    saying: Browsing, course: Course, few_prompts: None
) -> None:
    pytest.importorskip("torch")
    with saying.at(f"{course.root}/keywords/new") as page:
        create(page, "Advanced")
        expect(page.locator("#state .pill")).to_have_text("Processing")
        # Its stages are told while they are at work.
        expect(page.locator("#state .progress")).to_contain_text(STAGES)
        page.get_by_role("heading", name="To be expected").wait_for(timeout=300_000)
        expect(page.get_by_text("Advanced keyword", exact=True)).to_be_visible()
        expect(page.get_by_role("heading", name="Measured")).to_be_visible()
        expect(det(page)).to_contain_text("synthesised voices, which said it 48 times")
        line = det(page).locator("polyline.line").get_attribute("points") or ""
        heights = {point.split(",")[1] for point in line.split()}
        assert len(line.split()) == 41 and len(heights) > 2
        expect(det(page).locator("circle.point")).to_be_visible()
        speak(page)
