"""The page: nothing from elsewhere, nothing inline, and in a browser everything it promises."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from shared.service.acceptance import REASONS
from shared.service.application import EDITOR, PAGE
from shared.service.local import LocalService
from shared.tests.service_support import encoded, written_page

NODE = shutil.which("node")
HTML = ("index.html", "interface.html")
SCRIPTS = tuple(sorted(path.name for path in PAGE.glob("*.js")))
EDITING = ("edits.js", "stage.js", "rows.js", "editor.js", "editor.css")


class Tags(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, name):
        super().__init__()
        self.tags = []
        self.feed((PAGE / name).read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


@pytest.mark.parametrize("name", HTML)
def test_nothing_stands_inline_and_addresses_are_relative(name):
    tags = Tags(name).tags
    for tag, attributes in tags:
        assert "style" not in attributes and not [a for a in attributes if a.startswith("on")]
        assert tag != "style" and (tag != "script" or attributes.get("src"))
        for key in ("src", "href"):
            address = attributes.get(key, "")
            assert not re.match(r"(?:[a-z]+:|/)", address), address
    (html,) = [attributes for tag, attributes in tags if tag == "html"]
    assert html["lang"] == "en"


@pytest.mark.parametrize("name", [*SCRIPTS, "page.css", *(f"editor/{one}" for one in EDITING)])
def test_no_file_names_another_host(name):
    text = served(name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|//[a-z]+\.|eval\(|innerHTML|document\.write", text)


def test_every_file_that_is_named_is_there():
    for name in HTML:
        for _, attributes in Tags(name).tags:
            for key in ("src", "href"):
                if attributes.get(key, "").startswith("page/"):
                    assert served(attributes[key].removeprefix("page/")).is_file()
    for folder, script in [(PAGE, one) for one in SCRIPTS] + [(EDITOR, one) for one in EDITING]:
        for other in re.findall(r'from "\./(.+?)"', (folder / script).read_text(encoding="utf-8")):
            assert (folder / other if folder == EDITOR else served(other)).is_file()


def served(name: str) -> Path:
    """Return the file that the service shows at page/NAME; the editor is the labeling widget's."""
    inside = name.startswith("editor/")
    return EDITOR / name.removeprefix("editor/") if inside else PAGE / name


def test_every_control_has_a_name_and_every_id_is_there():
    tags = Tags("index.html").tags
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    source = (PAGE / "page.js").read_text(encoding="utf-8")
    assert set(re.findall(r'find\("([\w-]+)"\)', source)) <= ids
    labels = {attributes.get("for") for tag, attributes in tags if tag == "label"}
    for tag, attributes in tags:
        if tag == "input" and attributes["type"] == "file":
            assert attributes["id"] in labels
        for key in ("aria-labelledby", "aria-controls", "aria-describedby"):
            assert set(attributes.get(key, "").split()) <= ids
        if attributes.get("role") == "img":
            assert attributes["aria-label"]
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))


def test_the_page_has_a_sentence_for_every_reason_and_no_chance_for_a_line():
    source = (PAGE / "answer.js").read_text(encoding="utf-8")
    (look,) = re.findall(r"const LOOK = {(.+?)};", source, re.DOTALL)
    assert set(re.findall(r'"([\w-]+)":', look)) == set(REASONS) - {"sure"}
    # A chance that a whole line is right contradicts what accepting promises
    assert "chance" not in source and "meter" not in source


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_a_line_and_a_page_become_the_same_kind_of_lines(tmp_path):
    for name in ("answer.js", "alignment.js"):
        shutil.copy(PAGE / name, tmp_path / name)
    shutil.copytree(EDITOR, tmp_path / "editor")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "run.js").write_text(
        'import { linesOf } from "./answer.js";'
        'const said = {text: "a", image: {width: 50, height: 20}, confidence: 1,'
        ' characters: [{character: "a", start: 3, stop: 9, probability: 1}]};'
        'const [one] = linesOf(said, "line");'
        "console.log(JSON.stringify([one.box, one.characters[0].start, one.id]));"
    )
    done = subprocess.run([NODE, tmp_path / "run.js"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[[0,0,50,20],[3,14],"line-001"]'


CHROMIUM = next(
    (c for c in ("chromium", "chromium-browser", "google-chrome") if shutil.which(c)), ""
)


@pytest.mark.nightly
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_in_a_browser(tmp_path, width, scheme):
    """Draw, read, upload, mend, keep, and go through it by keyboard."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("No Chromium is installed")
    from shared.labeling import read_labels

    picture = tmp_path / "page.png"
    picture.write_bytes(encoded(written_page().image))
    words = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with LocalService(tmp_path) as child, playwright.sync_playwright() as one:
        here = f"http://127.0.0.1:{child.port}/"
        browser = one.chromium.launch(executable_path=shutil.which(CHROMIUM), args=words)
        page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
        outside, said = [], []
        page.on("request", lambda r: outside.append(r.url) if not _own(r.url, here) else None)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(here)
        page.wait_for_selector("#model:has-text('Model reader')")
        _draw(page)
        page.click("#read-drawing")
        page.wait_for_selector("#status:has-text('1 line read')")
        assert "at most 2 of 100 characters" in page.inner_text("#promise")
        page.click("#tab-picture")
        page.set_input_files("#file", str(picture))
        page.wait_for_selector("#status:has-text('3 lines read')")
        rows, texts = page.locator(".hwl-row"), page.locator(".hwl-row textarea")
        assert rows.count() == 3 and page.locator(".hwl-box").count() == 3
        assert page.locator(".strip .letter").count() >= 10
        accepted = page.locator(".hwl-state:has-text('accepted')").count()
        assert accepted == page.locator(".hwl-stage .hwl-labeled").count()
        assert page.locator(".hwl-state:has-text('please look')").count() == 3 - accepted
        assert page.locator("main").bounding_box()["width"] <= width  # Nothing scrolls sideways
        assert _width(page, "#editor") <= width
        texts.nth(1).fill("and the \u201csecond\u201d below it")
        page.wait_for_selector(".hwl-warning:has-text('No model here can write')")
        texts.nth(1).fill("and the second below it")
        page.wait_for_selector(".hwl-warning", state="hidden")
        texts.nth(1).press("Enter")  # By keyboard alone
        page.wait_for_selector("#status:has-text('Kept')")
        read = [texts.nth(k).input_value() for k in (0, 2)]
        texts.nth(2).fill("x")
        for _ in range(9):  # Farther than anything was done
            page.keyboard.press("Control+z")
        assert [texts.nth(k).input_value() for k in (0, 2)] == read  # It ends at what was read
        rows.nth(2).get_by_role("button", name="Nobody can read").click()
        page.wait_for_selector(".hwl-row:nth-child(3) .hwl-state:has-text('kept as unreadable')")
        blank = encoded(np.full((300, 400), 240, np.uint8))
        page.set_input_files("#file", {"name": "b.png", "mimeType": "image/png", "buffer": blank})
        page.wait_for_selector("#status:has-text('the page is empty')")
        page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"no"})
        page.wait_for_selector("#problem:visible")
        page.screenshot(path=str(tmp_path / "page-of-the-service.png"), full_page=True)
        browser.close()
    assert not outside
    assert not [line for line in said if "415" not in line], said
    (kept,) = read_labels(tmp_path / "corrections").pages
    assert [line.text for line in kept.lines] == ["and the second below it", None]
    assert [line.status for line in kept.lines] == ["labeled", "unreadable"]
    assert kept.lines[0].baseline and kept.lines[0].proposal


def _own(address: str, here: str) -> bool:
    return address.startswith((here, "blob:", "data:"))


def _width(page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"]


def _draw(page) -> None:
    box = page.locator("#pad").bounding_box()

    def place(x: float, y: float) -> tuple[float, float]:
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    for x in (0.15, 0.2, 0.25, 0.3):
        page.mouse.move(*place(x, 0.25))
        page.mouse.down()
        page.mouse.move(*place(x, 0.65), steps=6)
        page.mouse.up()


def test_the_interface_is_described_without_other_hosts():
    text = Path(PAGE / "interface.js").read_text(encoding="utf-8")
    assert 'fetch("openapi.json")' in text
