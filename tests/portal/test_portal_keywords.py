"""A keyword: typed, judged, listened to, made, and heard through the microphone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from browsing import Browsing, Course
from playwright.sync_api import Playwright, expect
from running import RunningServer

from attune.audio import write_wav
from attune.train.synthesis import SAMPLE_RATE, available_voices, synthesize

pytestmark = pytest.mark.slow

PHRASE = "hey computerama"


def test_risky_phrases_are_told(browsing: Browsing, course: Course) -> None:
    with browsing.at(f"{course.root}/keywords/new") as page:
        page.locator("#phrase").press_sequentially("20 cats")
        page.locator("#guidance .notice.error").first.wait_for()
        page.locator("#phrase").fill("go")
        page.locator("#guidance .notice.warning").first.wait_for()


def test_a_keyword_is_made_and_heard(
    playwright: Playwright,
    portal_server: RunningServer,
    state: str,
    course: Course,
    tmp_path: Path,
) -> None:
    voices = [voice for voice in available_voices() if voice.name.startswith("flite:")]
    if not voices:
        pytest.skip("no speech synthesiser is installed (apt install flite)")
    said = synthesize(PHRASE, voices[0])
    pause = np.zeros(2 * SAMPLE_RATE, np.float32)
    write_wav(tmp_path / "said.wav", np.concatenate([pause, said, pause]), SAMPLE_RATE)
    browsing = Browsing(playwright, portal_server.url, state, tmp_path / "said.wav")
    try:
        with browsing.at(f"{course.root}/keywords/new") as page:
            page.locator("#phrase").press_sequentially(PHRASE)
            first = page.locator(".pronunciations li").first
            expect(first.get_by_role("checkbox")).to_be_checked()
            first.get_by_role("button", name="Listen to pronunciation").click()
            page.wait_for_function("!document.querySelector('[data-player] audio').paused")
            page.locator("#sensitivity").select_option("0.75")
            page.get_by_role("button", name="Create keyword").click()
            page.get_by_role("heading", name=PHRASE, exact=True, level=1).wait_for()
            # When it is made, the page turns to its figures by itself.
            page.get_by_role("heading", name="Misses against false accepts").wait_for()
            page.get_by_role("button", name="Listen").click()
            page.locator("[data-hits] rect").first.wait_for(state="attached")
            expect(page.locator("[data-state]")).to_contain_text(f"Heard “{PHRASE}”")
            points = page.locator("[data-line]").get_attribute("points") or ""
            assert len(points.split()) > 5
            page.get_by_role("button", name="Stop").click()
            with page.expect_download() as bundle:
                page.get_by_role("link", name="Download").click()
            assert bundle.value.suggested_filename.endswith(".attune.zip")
    finally:
        browsing.close()
