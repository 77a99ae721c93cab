"""The labeling widget in a real JupyterLab: mouse, keyboard, a killed kernel, a closed tab."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress

import nbformat
import numpy as np
import pytest
from PIL import Image

from shared.labeling import LabeledLine, label_set, page_of, read_labels, write_labels
from shared.service.server import listen

CHROMIUM = next(
    (c for c in ("chromium", "chromium-browser", "google-chrome") if shutil.which(c)), ""
)
CELL = "from shared.labeling.widget import label_pages\nlabel_pages('labels.json')"
WORDS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture
def folder(tmp_path):
    """A page with three proposed lines, and a notebook that labels it."""
    image = np.full((480, 400), 230, np.uint8)  # About the shape of the stage
    for top in (40, 90, 140):
        image[top : top + 18, 40:300:9] = 60
    Image.fromarray(image).save(tmp_path / "page.png")
    lines = tuple(
        LabeledLine(f"l{k}", (30, 30 + 50 * k, 310, 66 + 50 * k), f"line {k}", "proposed")
        for k in range(3)
    )
    labels = label_set([page_of(tmp_path / "page.png", tmp_path, "ann", lines)])
    write_labels(tmp_path / "labels.json", labels)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(CELL)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "label.ipynb")
    return tmp_path


@contextmanager
def jupyter(folder):
    """Run JupyterLab on this machine alone, with settings of its own; yields its address."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", f"--ServerApp.root_dir={folder}"]
    command += ["--IdentityProvider.token=", "--LabApp.news_url="]
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    with open(folder / "jupyter.log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **own})
    address = f"http://127.0.0.1:{port}/"
    try:
        _wait(lambda: _ask(address + "api/status") is not None, 60, "JupyterLab did not start")
        yield address
    finally:
        server.terminate()  # It ends its kernels, too
        server.wait(30)


def _ask(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def _wait(until, seconds, what):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def _open(context, address, timed_out):
    page = context.new_page()
    page.goto(f"{address}lab/tree/label.ipynb?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=60_000)
    page.click(".jp-Notebook .jp-CodeCell .jp-InputArea-editor")
    for _ in range(4):  # A kernel that is not connected yet takes no orders
        page.keyboard.press("Control+Enter")
        with suppress(timed_out):
            page.wait_for_selector(".hwl-stage", timeout=20_000)
            break
    page.wait_for_selector(".hwl-progress:has-text('saved')", timeout=30_000)
    return page


@pytest.mark.nightly
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_labels_survive_a_person_a_kill_and_a_closed_tab(folder):
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("No Chromium is installed")

    def lines():
        return read_labels(folder / "labels.json").pages[0].lines

    with jupyter(folder) as address, playwright.sync_playwright() as one:
        browser = one.chromium.launch(executable_path=shutil.which(CHROMIUM), args=WORDS)
        context = browser.new_context(viewport={"width": 1300, "height": 950})
        page = _open(context, address, playwright.TimeoutError)
        texts = page.locator(".hwl-rows textarea")
        texts.nth(0).fill("the first line")
        texts.nth(0).press("Enter")  # Accepts, and goes on to the next
        page.keyboard.press("Control+A")
        page.keyboard.type("the second")
        _wait(lambda: lines()[1].text == "the second", 20, "what was typed is not on disk")
        assert lines()[0].text == "the first line" and lines()[0].status == "labeled"

        stage = page.locator(".hwl-stage")
        stage.focus()
        page.keyboard.press("n")
        box = stage.bounding_box()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.7 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
        page.mouse.up()
        _wait(lambda: len(lines()) == 4, 20, "the box that was drawn is not on disk")
        stage.focus()
        page.keyboard.press("Control+z")
        _wait(lambda: len(lines()) == 3, 20, "undo did not reach the disk")
        page.keyboard.press("Control+y")
        _wait(lambda: len(lines()) == 4, 20, "redo did not reach the disk")

        texts.nth(2).fill("na\u00efve")
        page.wait_for_selector(".hwl-warning:has-text('No model here can write \u00ef;')")
        texts.nth(2).fill("naive")
        page.wait_for_selector(".hwl-warning", state="hidden")
        (kernel,) = _ask(address + "api/kernels")
        os.kill(_process_of(kernel["id"]), signal.SIGKILL)
        texts.nth(2).fill("typed when nobody listened")
        page.wait_for_selector(".hwl-banner:has-text('kept in this browser')", timeout=30_000)
        page.close()
        page = _open(context, address, playwright.TimeoutError)
        _wait(lambda: lines()[2].text == "typed when nobody listened", 30, "what was typed is lost")
        assert len(lines()) == 4
        assert page.locator(".hwl-rows textarea").nth(2).input_value() == lines()[2].text
        browser.close()


def _process_of(kernel):
    import psutil

    for process in psutil.process_iter(["cmdline"]):
        if any(kernel in word for word in process.info["cmdline"] or []):
            return process.pid
    raise AssertionError(f"No process runs the kernel {kernel}")
