"""Whole labs with a part of somebody's handwriting: the stand-in's is never called theirs."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image

from shared import pen
from shared.course import notebooks
from shared.course.outline import this_course
from shared.course.running import small_parameters
from shared.pages import compose_pages

HAND = pen.hands("test")[3]


def _page(folder):
    (page,) = compose_pages(1, "regular", "test", 5, [HAND], zoom=2.0)
    folder.mkdir(parents=True)
    Image.fromarray(page.image).save(folder / "Page.JPG")


def _lines(folder):
    folder = folder / "lines"
    folder.mkdir(parents=True)
    texts = {f"line_{k}.png": f"line {k} of my own" for k in range(6)}
    for name, text in texts.items():
        written = pen.write_line(text, HAND, np.random.default_rng(0)).image
        Image.fromarray(255 - written).resize((3 * written.shape[1], 96)).save(folder / name)
    (folder / "lines.json").write_text(json.dumps(texts), encoding="utf-8")


CASES = [
    (_page, 1, "CER of the page: unknown", "CER on 10 single lines, stand-in"),
    (_page, 6, r"CER unknown, your lines are missing \(yours\)"),
    (_page, 7, "the page Page.JPG"),
    (lambda folder: None, 7, "This is a stand-in"),
    (_page, 9, "CER of the page: unknown", "the lines used are the stand-in's"),
    (_lines, 2, "letters and digits, source: stand-in", "line: yours"),
    (_lines, 3, "CER on 6 lines, yours", "letters and lines: stand-in"),
    (_lines, 5, f"^{pen.hands('test')[0].name}: learn from"),
]


@pytest.mark.nightly
@pytest.mark.notebooks
@pytest.mark.parametrize(("give", "number", "said"), [(g, n, said) for g, n, *said in CASES])
def test_a_lab_says_whose_handwriting_it_shows(tmp_path, monkeypatch, give, number, said):
    import papermill

    give(tmp_path / "my" / "handwriting")
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    (lab,) = this_course().find([str(number)])
    source = this_course().labs / lab.notebook
    papermill.execute_notebook(
        str(source), str(tmp_path / "done.ipynb"), small_parameters(notebooks.load(source)),
        kernel_name="python3", cwd=str(tmp_path), progress_bar=False,
    )  # fmt: skip
    cells = notebooks.load(tmp_path / "done.ipynb")["cells"]
    printed = "".join("".join(o.get("text", "")) for cell in cells for o in cell.get("outputs", ()))
    for words in said:
        assert re.search(words, printed, re.MULTILINE), (words, printed)
    for path in (tmp_path / "my" / "labels").rglob("labels.json"):
        if path.parent.name in ("yours", "stand-in"):
            writers = [page["writer"] for page in json.loads(path.read_text("utf-8"))["pages"]]
            assert writers == ["you" if path.parent.name == "yours" else pen.hands("test")[0].name]
