"""The shipped explorer in a real browser, from a file and without network."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from shared.paths import DATA
from shared.tests.test_labeling_browser import CHROMIUM, WORDS

PAGE = (DATA / "samples" / "explorer.html").resolve()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=shutil.which(CHROMIUM), args=WORDS)


@pytest.fixture
def opened(browser):
    """Return what opens the page with a fragment; no fault of its script may go unseen."""
    faults, contexts = [], []

    def open_page(fragment="", width=1180):
        context = browser.new_context(viewport={"width": width, "height": 742}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{PAGE.as_uri()}{fragment}")
        page.wait_for_selector(".ctcx-zone")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


@pytest.mark.nightly
def test_typed_line_is_read_and_goes_into_the_link(opened):
    page = opened()
    page.focus('[name="own"]')
    page.keyboard.press("Enter")
    page.fill('[name="typed"]', "moon")
    page.keyboard.press("Enter")
    page.locator(".ctcx-result", has_text="moon").wait_for()
    page.wait_for_url(re.compile("typed=moon"))
    again = opened("#" + page.url.split("#")[1])
    assert "moon" in again.inner_text(".ctcx-result")


@pytest.mark.nightly
def test_drawn_line_is_read_and_stays_on_the_device(opened):
    page = opened()
    sent = re.search(r'<script id="line"[^>]*>(.*?)</script>', PAGE.read_text("utf-8"), re.DOTALL)
    glyphs = json.loads(sent[1])["hand"]["glyphs"]
    page.click('[name="own"]')
    box = page.locator(".ctcx-paper").bounding_box()
    unit = 50 * box["width"] / 1000  # An x-height of the paper's guides
    left, base = box["x"] + 60, box["y"] + 115 * box["width"] / 1000
    for character in "tea":
        glyph = glyphs[character]
        for points in glyph["lines"]:
            for i, (x, y) in enumerate(points):
                page.mouse.move(left + unit * (x - glyph["left"]), base - unit * y)
                if i == 0:
                    page.mouse.down()
            page.mouse.up()
        left += unit * (glyph["right"] - glyph["left"] + 0.35)
    page.locator(".ctcx-told", has_text="tea").wait_for()
    assert page.is_hidden('[name="link"]') and "typed" not in page.url


@pytest.mark.nightly
def test_puzzle_opens_by_link_and_is_solved_by_the_keyboard(opened):
    page = opened("#puzzle=3")
    assert page.get_attribute(".ctcx", "data-level") == "beam"
    page.focus('.ctcx-zone[data-kind="emissions"]')
    for key in ("Home", "ArrowRight"):
        page.keyboard.press(key)
    while "frame 1, a" not in page.inner_text(".ctcx-status"):
        page.keyboard.press("ArrowDown")
    page.fill('[name="logit"]', "-0.45")
    page.wait_for_selector(".ctcx-solved")


@pytest.mark.nightly
@pytest.mark.parametrize("width", [390, 590])  # A phone, and a window at 200 %
def test_narrow_page_does_not_scroll_sideways(opened, width):
    page = opened("#level=lattice", width)
    page.click('[name="own"]')
    assert page.evaluate("document.documentElement.scrollWidth") <= width
