"""Every page: without errors, without requests to elsewhere, for every screen and for everybody."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browsing import NARROW, WIDE, Browsing, Course
from playwright.sync_api import Page

SERVICE_PAGES = ("/start", "/projects", "/jobs", "/keys", "/help", "/help/keywords", "/help/cli")
PROJECT_PAGES = (
    "",
    "/speech",
    "/datasets/{recordings}",
    "/datasets/{notes}",
    "/texts/Language",
    "/texts/Language?dataset={notes}",
    "/texts/Pronunciation",
    "/texts/StructuredText",
    "/texts/DisplayFormat",
    "/models",
    "/models/new",
    "/models/{model}",
    "/tests",
    "/tests/new",
    "/tests/{test}",
    "/tests/{test}?substitution=1&order=errors",
    "/keywords",
    "/keywords/new",
    "/endpoints",
    "/endpoints/new",
    "/endpoints/{endpoint}",
    "/try",
    "/logs",
)
PAGES = (*SERVICE_PAGES, *(f"{{root}}{page}" for page in PROJECT_PAGES))


def address(page: str, course: Course) -> str:
    return page.format(root=course.root, **vars(course))


def serious_issues(page: Page, *rules: str) -> list[str]:
    """What axe finds that keeps people out, by all rules or by those given."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("(options) => axe.run(options)", options)
    return [
        f"{each['id']}: {each['nodes'][0]['html']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def settle(page: Page) -> None:
    """Wait for what a page fetches of its own accord."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(50)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_for_everybody(path: str, browsing: Browsing, course: Course) -> None:
    with browsing.at(address(path, course)) as page:
        settle(page)
        assert page.locator("h1").count() == 1
        assert page.title().endswith("Attune")
        assert not serious_issues(page)
        page.emulate_media(color_scheme="dark")
        assert not serious_issues(page, "color-contrast")
        page.set_viewport_size({"width": NARROW, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW
        assert not serious_issues(page, "link-name", "button-name", "scrollable-region-focusable")


def test_the_door_is_for_everybody(browsing: Browsing) -> None:
    for width in (NARROW, WIDE):
        for dark in (False, True):
            with browsing.at("/sign-in", width=width, dark=dark, signed_in=False) as page:
                assert not serious_issues(page)
                assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_first_page_is_light_and_quick(browsing: Browsing, course: Course) -> None:
    with browsing.at("/projects") as page:
        settle(page)
        sizes = page.evaluate(
            "[...performance.getEntriesByType('navigation'),"
            " ...performance.getEntriesByType('resource')].map((each) => each.transferSize)"
        )
        assert 10_000 < sum(sizes) <= 150_000
        quickest = min(
            page.evaluate(
                "fetch('/projects').then((answer) => answer.text())"
                ".then(() => performance.getEntriesByType('resource').at(-1).duration)"
            )
            for _ in range(5)
        )
        assert quickest <= 200


def test_the_menu_opens_by_keyboard(browsing: Browsing, course: Course) -> None:
    with browsing.at(course.root, width=NARROW) as page:
        assert not page.get_by_role("link", name="Speech data").is_visible()
        page.get_by_role("button", name="Menu").press("Enter")
        page.get_by_role("link", name="Speech data").wait_for()
        page.keyboard.press("Escape")
        assert not page.get_by_role("link", name="Speech data").is_visible()
        assert page.evaluate("document.activeElement.hasAttribute('data-menu')")


def test_the_first_tab_leads_past_the_navigation(browsing: Browsing, course: Course) -> None:
    with browsing.at(course.root) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_light_and_dark_are_remembered(browsing: Browsing, course: Course) -> None:
    with browsing.at("/projects") as page:
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("button", name="Light or dark").click()
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert dark != light
        page.goto("/jobs")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
