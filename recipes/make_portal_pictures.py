"""Make the pictures of the portal in docs/portal/ again.

    attune serve --data FOLDER                     # then take the first steps in the portal
    python recipes/make_portal_pictures.py URL KEY [FOLDER]

Needs Playwright, Pillow and a Chromium (Debian: apt install chromium). Pages are pictured as they
are in the sample project, with whatever was made there besides.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "portal"
WIDE, NARROW = 1440, 360
TALLEST = 1100
COLOURS = 200


@dataclass(frozen=True)
class Picture:
    """A page of the project (`{root}`) or of the service; `link` is what to follow from there."""

    name: str
    path: str
    link: str = ""
    width: int = WIDE
    dark: bool = False
    signed_in: bool = True
    before: Callable[[Page], None] | None = None


def type_phrase(page: Page) -> None:
    """Let the portal judge a phrase."""
    page.locator("#phrase").press_sequentially("hey computerama")
    page.locator(".pronunciations").wait_for()


def hear_recording(page: Page) -> None:
    """Have a recording of the project recognised."""
    page.locator("[data-sample]").select_option(index=2)
    page.locator("[data-wave-box]").wait_for()


def write_example(page: Page) -> None:
    """Let the portal judge an editor's example."""
    page.locator("[data-example]").click()
    page.locator(".pill", has_text="usable").wait_for()


def write_display(page: Page) -> None:
    """Let the portal judge rules, one of them wrong."""
    page.locator("#name").fill("Codes and names")
    page.locator("[data-example]").click()
    page.locator("#text").press_sequentially("\n#rewrite\nno tab here")
    page.locator("#sample").fill("open the reptile house")
    page.locator(".problems").wait_for()


PICTURES = (
    Picture("sign-in", "/sign-in", signed_in=False),
    Picture("start", "/start"),
    Picture("projects", "/projects"),
    Picture("overview", "{root}"),
    Picture("overview-dark", "{root}", dark=True),
    Picture("overview-narrow", "{root}", width=NARROW),
    Picture("speech", "{root}/speech"),
    Picture("dataset", "{root}/speech", "#sets td a"),
    Picture("language", "{root}/texts/Language", before=write_example),
    Picture("pronunciation", "{root}/texts/Pronunciation", before=write_example),
    Picture("structured", "{root}/texts/StructuredText", before=write_example),
    Picture("display", "{root}/texts/DisplayFormat", before=write_display),
    Picture("models", "{root}/models"),
    Picture("model", "{root}/models", "#models td a"),
    Picture("model-new", "{root}/models/new"),
    Picture("tests", "{root}/tests"),
    Picture("test-new", "{root}/tests/new"),
    Picture("test", "{root}/tests", "#tests td a"),
    Picture("test-dark", "{root}/tests", "#tests td a", dark=True),
    Picture("test-narrow", "{root}/tests", "#tests td a", width=NARROW),
    Picture("endpoints", "{root}/endpoints"),
    Picture("endpoint", "{root}/endpoints", "main td a"),
    Picture("endpoint-new", "{root}/endpoints/new"),
    Picture("try", "{root}/try", before=hear_recording),
    Picture("keywords", "{root}/keywords"),
    Picture("keyword-new", "{root}/keywords/new", before=type_phrase),
    Picture("keyword-dark", "{root}/keywords", "#keywords td a", dark=True),
    Picture("logs", "{root}/logs"),
    Picture("keys", "/keys"),
    Picture("jobs", "/jobs"),
    Picture("help", "/help"),
    Picture("help-page", "/help/keywords"),
)


def sign_in(browser: Browser, url: str, key: str) -> tuple[str, str]:
    """The cookies of a session as a file's content, and the sample project's page."""
    page = browser.new_page()
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{url}/projects")
    root = page.get_by_role("link", name="Reptile house").get_attribute("href") or ""
    return page.context.storage_state(), root  # type: ignore[return-value]


def save(picture: bytes, path: Path) -> None:
    """Write a picture with few colours, which a page of text does not miss."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Make every picture."""
    url, key = sys.argv[1].rstrip("/"), sys.argv[2]
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        state, root = sign_in(browser, url, key)
        for picture in PICTURES:
            context = browser.new_context(
                base_url=url,
                viewport={"width": picture.width, "height": 900},
                color_scheme="dark" if picture.dark else "light",
                storage_state=state if picture.signed_in else None,
            )
            page = context.new_page()
            page.goto(picture.path.format(root=root))
            if picture.link:
                page.goto(page.locator(picture.link).first.get_attribute("href") or "")
            if picture.before is not None:
                picture.before(page)
            page.wait_for_timeout(500)
            save(page.screenshot(full_page=True), folder / f"{picture.name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
