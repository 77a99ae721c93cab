"""How soon the explorer's page shows what a hand does, in a real browser.

Run `python .ci/bench/bench_browser.py` with playwright installed; `--busy 1` trains beside it.
Milliseconds from a pointer's event to the painted picture, half of them and 19 of 20.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FRAMES = {30: 10, 150: 40}  # And the letters of the target
BUSY = "import numpy as np\na = np.random.rand(400, 400)\nwhile True: a = np.tanh(a @ a)"
#: From the event's own time to the first task after the frame in which it was drawn
LISTEN = """
window.taken = [];
const painted = (event) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => window.taken.push(performance.now() - event.timeStamp);
  channel.port2.postMessage(0);
});
for (const kind of ["pointermove", "pointerdown", "input", "click"]) {
  addEventListener(kind, painted, { capture: true });
}
"""


def save(frames: int, path: Path) -> None:
    """Save the page of a made-up line: all of ASCII, blanks in front, an image below it."""
    from shared.alphabet import ASCII
    from shared.explorer import Explorer

    rng = np.random.default_rng(0)
    label = rng.integers(34, 60, FRAMES[frames])
    logits = rng.normal(size=(frames, ASCII.num_classes))
    logits[:, 0] += 3
    logits[np.linspace(1, frames - 2, len(label)).astype(int), label] += 7
    image = rng.integers(0, 80, (32, 4 * frames), dtype=np.uint8)
    Explorer(logits, ASCII, ASCII.decode(label.tolist()), image).save_html(path)


def quantiles(page) -> str:
    """Take what was measured since the last call: the middle, 95 %, and how often."""
    page.wait_for_timeout(600)
    taken = page.evaluate("(() => { const t = window.taken; window.taken = []; return t; })()")
    return f"{np.median(taken):7.0f} {np.quantile(taken, 0.95):7.0f} {len(taken):5}"


def drag(page, moves: int) -> None:
    """Drag a bar up and down: a move every 40 ms, less often than a mouse."""
    zone = page.locator('.ctcx-zone[data-kind="emissions"]').bounding_box()
    x, y = zone["x"] + 0.5 * zone["width"], zone["y"] + 0.4 * zone["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.taken = []")
    for i in range(moves):
        page.mouse.move(x, y - 60 * np.sin(i / 8))
        page.wait_for_timeout(40)
    page.mouse.up()


def measure(browser, frames: int, moves: int) -> None:
    """Print a row for each level: drags, and the gestures of its own."""
    with tempfile.TemporaryDirectory() as folder:
        save(frames, Path(folder) / "line.html")
        page = browser.new_page(viewport={"width": 1180, "height": 742})
        page.add_init_script(LISTEN)
        page.goto((Path(folder) / "line.html").as_uri())
        page.wait_for_selector(".ctcx-zone")
        first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        print(f"{frames:6} first picture {first:19.0f}")
        views = ("collapse", "lattice", "lattice gradient", "lattice posterior", "beam")
        for level, *mode in map(str.split, views):
            page.click(f'.ctcx-levels button[data-value="{level}"]')
            if mode:
                page.select_option('[name="mode"]', mode[0])
            page.wait_for_timeout(300)
            drag(page, moves)
            print(f"{frames:6} {' '.join([level, *mode]):18} drag   {quantiles(page)}", flush=True)
            if level == "lattice":
                page.focus('[name="target"]')
                for letter in "abcdefgh":
                    page.keyboard.type(letter, delay=90)
                print(f"{frames:6} {level:18} target {quantiles(page)}", flush=True)
                for _ in "abcdefgh":
                    page.keyboard.press("Backspace")
                quantiles(page)
            if level == "beam":
                for _ in range(10):
                    page.click('[name="next"]')
                    page.wait_for_timeout(40)
                print(f"{frames:6} {level:18} step   {quantiles(page)}", flush=True)
        page.close()


def main() -> None:
    """Print the table."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python .ci/bench/bench_browser.py", description=__doc__)
    parser.add_argument("--busy", type=int, default=0, help="processes that compute beside it")
    parser.add_argument("--moves", type=int, default=60, help="moves of a drag")
    parser.add_argument("--frames", type=int, nargs="*", default=list(FRAMES))
    given = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(given.busy)]
    print(f"frames {'':18} {'':6} {'median':>7} {'p95':>7} {'n':>5}   (ms to pixels)")
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for frames in given.frames:
                measure(browser, frames, given.moves)
            browser.close()
    finally:
        for process in busy:
            process.kill()


if __name__ == "__main__":
    main()
