"""From an upload to recognised speech, as somebody does it in a browser."""

from __future__ import annotations

import io
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browsing import Browsing, Course
from playwright.sync_api import Page, Playwright, expect
from running import RunningServer

from attune.audio import read_audio, write_wav
from attune.portal.pages.first_steps import SAMPLES

pytestmark = pytest.mark.slow

RATE = 16_000
TERRARIUM = "Clean the terrarium of the tuatara before..."


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the microphone hears again and again: a note, then silence.

    The browser starts it at any sample of the encoder's rows, which decides between words that are
    nearly as likely: note 3's "agkistrodon" is heard at 7 of 10 starts, from a file as well. Note 1
    is heard at every one, and by the base at none ("The axle adelaide, said Knight.").
    """
    folder = tmp_path_factory.mktemp("microphone")
    with zipfile.ZipFile(SAMPLES / "recordings.zip") as archive:
        note = Path(archive.extract("note-01.ogg", folder))
    samples = read_audio(note)
    path = folder / "microphone.wav"
    pause = np.zeros(2 * RATE, np.float32)
    write_wav(path, np.concatenate([pause, samples, pause]), RATE)
    return path


@pytest.fixture(scope="module")
def speaking(
    playwright: Playwright, portal_server: RunningServer, state: str, spoken: Path
) -> Iterator[Browsing]:
    """A browser with somebody before its microphone."""
    browsing = Browsing(playwright, portal_server.url, state, spoken)
    yield browsing
    browsing.close()


def tone(seconds: float) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(b"\x00\x10" * int(seconds * RATE))
    return content.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two recordings that can be used, and two that cannot."""
    path = tmp_path / "night-shift.zip"
    with zipfile.ZipFile(SAMPLES / "recordings.zip") as notes, zipfile.ZipFile(path, "w") as made:
        for name in ("note-01.ogg", "note-05.ogg"):
            made.writestr(name, notes.read(name))
        made.writestr("broken.wav", b"RIFF, but nothing more")
        made.writestr(
            "trans.txt",
            "note-01.ogg\tThe axolotl eats at night.\nnote-05.ogg\tHas anybody fed the chuckwala?\n"
            "broken.wav\tnothing to hear\nlost.wav\tnot in the zip\n",
        )
    return path


def test_recordings_come_in_are_judged_and_are_put_right(
    browsing: Browsing, course: Course, archive: Path
) -> None:
    with browsing.at(f"{course.root}/speech") as page:
        page.set_input_files("#files", archive)
        name = page.get_by_role("textbox", name="Name of the data set")
        expect(name).to_have_value("night-shift")
        name.fill("Night shift")
        page.get_by_role("button", name="Import").click()
        # Live: the page turns from progress to report by itself.
        report = page.get_by_role("region", name="Import report")
        report.wait_for()
        for summary in report.locator("summary").all():
            summary.click()
        for words in ("broken.wav", "lost.wav"):
            assert words in report.inner_text()
        content = page.get_by_role("region", name="What is said")
        content.wait_for()
        assert "chuckwala" in content.inner_text()
        content.get_by_role("button", name="Play recording 2").click()
        page.wait_for_function("!document.querySelector('[data-player] audio').paused")
        page.get_by_role("button", name="Correct the transcript of recording 2").click()
        page.get_by_label("What is said in recording 2").fill("Has anybody fed the chuckwalla?")
        page.get_by_role("button", name="Save as a new version").click()
        page.get_by_text("Saved as version 2").wait_for()
        assert "fed the chuckwalla" in page.get_by_role("region", name="What is said").inner_text()


def test_a_text_is_judged_while_it_is_written(browsing: Browsing, course: Course) -> None:
    with browsing.at(f"{course.root}/texts/Pronunciation") as page:
        page.locator("#text").fill("RTH\tr t h\nno tab here\naxolotl/AE K S AH L AA T AH L")
        page.get_by_text("1 left out").wait_for()
        preview = page.get_by_role("region", name="Preview")
        assert "RTH" in preview.inner_text()
        page.get_by_role("button", name="Line 2").click()
        assert page.evaluate("getSelection().toString()") == "no tab here"
        page.locator("#text").fill("RTH\tr t h\n")
        page.get_by_text("1 left out").wait_for(state="detached")
        page.locator("#name").fill("House")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("heading", name="House").wait_for()


def test_rules_are_tried_on_spoken_words(browsing: Browsing, course: Course) -> None:
    with browsing.at(f"{course.root}/texts/DisplayFormat") as page:
        page.locator("#text").fill("#rewrite\nreptile house\tReptile House\n")
        page.locator("#sample").fill("open the reptile house")
        expect(page.locator("[data-checked]")).to_contain_text("Reptile House")


def test_errors_are_shown_word_by_word_and_chosen(browsing: Browsing, course: Course) -> None:
    with browsing.at(f"{course.root}/tests/{course.test}") as page:
        rows = page.locator(".utterance")
        before = rows.count()
        assert before == 12
        assert page.locator(".aligned .s").count() > 5
        next_steps = page.locator(".card", has=page.get_by_role("heading", name="What to do next"))
        expect(next_steps).to_contain_text("errors")
        page.get_by_role("checkbox", name="Insertions").check()
        expect(rows).not_to_have_count(before)
        assert 0 < rows.count() < before
        with page.expect_download() as csv:
            page.get_by_role("link", name="CSV").click()
        assert csv.value.suggested_filename.endswith(".csv")


def hear(page: Page) -> str:
    page.locator("[data-wave-box]").wait_for()
    return page.locator("[data-heard]").inner_text()


def test_words_appear_as_they_are_spoken(speaking: Browsing, course: Course) -> None:
    with speaking.at(f"{course.root}/try?with=endpoint:{course.endpoint}") as page:
        page.get_by_role("button", name="Speak").click()
        page.locator("[data-heard] .word").nth(3).wait_for()
        page.get_by_role("button", name="Stop").click()
        assert "The axolotl eats at night" in hear(page)
        assert page.locator("[data-alternatives] li").count() >= 1
        assert page.locator("[data-wave] .word-edge").count() >= 8
        # The endpoint's page tells of it.
        page.goto(f"{course.root}/endpoints/{course.endpoint}")
        seen = page.locator("#traffic dd").all_inner_texts()
        assert int(seen[1]) >= 1
        assert "ms" in seen[4]


def test_a_recording_is_heard_with_phrases(browsing: Browsing, course: Course) -> None:
    with browsing.at(f"{course.root}/try?with=endpoint:{course.endpoint}") as page:
        page.locator("#phrases").fill("axolotl\nagkistrodon")
        page.locator("[data-sample]").select_option(label=TERRARIUM)
        assert "Clean the terrarium of the tuatara" in hear(page)
        # Each word has its own times, and its own place under the waveform.
        edges = page.locator("[data-wave] .word-edge").evaluate_all(
            "lines => lines.map(line => Number(line.getAttribute('x1')))"
        )
        assert len(edges) >= 10 and edges == sorted(edges)
        page.locator("[data-heard] .word").first.click()
        page.wait_for_function("!document.querySelector('[data-audio]').paused")


def test_no_audio_is_told(browsing: Browsing, course: Course, tmp_path: Path) -> None:
    path = tmp_path / "text.wav"
    path.write_text("this is no recording")
    with browsing.at(f"{course.root}/try") as page:
        page.set_input_files("[data-file]", path)
        page.get_by_text("no audio that the browser can read").wait_for()


def test_what_was_logged_is_corrected_and_learnt_from(
    speaking: Browsing, browsing: Browsing, course: Course
) -> None:
    with browsing.at(f"{course.root}/endpoints/{course.endpoint}") as page:
        page.get_by_role("checkbox", name="Content logging").check()
        page.get_by_role("region", name="Settings").get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
    with browsing.at(f"{course.root}/try?with=endpoint:{course.endpoint}") as page:
        page.wait_for_timeout(1500)  # Every process learns of a change within a second.
        page.locator("[data-sample]").select_option(index=1)
        hear(page)
    with browsing.at(f"{course.root}/logs?endpoint={course.endpoint}") as page:
        entry = page.locator(".utterance").first
        for _ in range(50):
            if entry.count():
                break
            page.wait_for_timeout(200)
            page.reload()
        entry.get_by_role("button", name="Correct").click()
        page.get_by_label("What was really said").fill("The axolotl eats at night")
        page.get_by_role("button", name="Save").click()
        page.locator(".utterance .pill", has_text="corrected").wait_for()
        page.get_by_role("textbox", name="Name of the data set").fill("From the log")
        page.get_by_role("button", name="Make a data set").click()
        page.get_by_role("heading", name="From the log").wait_for()
        page.get_by_role("region", name="What is said").wait_for()


def test_a_model_is_made_of_words_given_with_it_and_is_swapped_in(
    browsing: Browsing, course: Course
) -> None:
    with browsing.at(f"{course.root}/models/new") as page:
        page.locator("#name").fill("With a zorgon")
        page.locator("#text").fill("Feed the zorgon.\nWeigh the zorgon.")
        page.get_by_role("button", name="Create model").click()
        page.get_by_role("heading", name="With a zorgon").wait_for()
        page.get_by_role("heading", name="Model card").wait_for()
        page.goto(f"{course.root}/endpoints/{course.endpoint}")
        page.locator("#model1").select_option(label="With a zorgon")
        page.locator("#weight1").fill("25")
        page.get_by_role("button", name="Deploy this").click()
        page.get_by_text("New streams get it").wait_for()
        assert page.locator("#weight1").input_value() in ("20", "80")
