"""The explorer's still pictures, its state, and what a cell outputs."""

from __future__ import annotations

import io
import re
import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from shared import ctc
from shared.alphabet import Alphabet, UnknownCharacterError
from shared.explorer import Explorer, Options, explore, render_png, render_svg
from shared.explorer.palette import CIVIDIS, DIVERGING, IS_LIGHT, THEMES, indexed_png, signed_codes
from shared.explorer.values import effective_logits
from shared.tests.conftest import rendered_images
from shared.tests.test_explorer import LETTERS, hello_logits, long_explorer

SVG = "{http://www.w3.org/2000/svg}"


def test_svg_is_well_formed_and_labeled():
    svg = render_svg(long_explorer().scene())
    root = ET.fromstring(svg)
    assert root.get("role") == "img" and len(root.get("aria-label")) > 40
    assert root.find(f"{SVG}title") is not None and root.find(f"{SVG}desc").text
    assert "http" not in svg.replace("http://www.w3.org", "") and "script" not in svg
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)]
    assert min(sizes) >= 12
    numbers = re.findall(r'[ "](\d+\.\d+)', re.sub(r"base64,[^\"]*", "", svg))
    assert all(len(n.replace(".", "").strip("0")) <= 6 for n in numbers)
    assert len(svg) < 400_000


def test_svg_draws_each_mark_of_the_stage():
    explorer = Explorer(hello_logits(), LETTERS, "hello", view="greedy")
    full = render_svg(explorer.scene())
    explorer.apply({"options": {"stage": 0}})
    assert len(render_svg(explorer.scene())) < len(full)


def test_png_twin_has_the_size_of_the_scene():
    scene = Explorer(hello_logits(), LETTERS, "hello").scene()
    width, height = struct.unpack(">II", render_png(scene)[16:24])
    assert (width, height) == (round(2 * scene["width"]), round(2 * scene["height"]))


def test_indexed_png_is_read_back():
    codes = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    image = Image.open(io.BytesIO(indexed_png(codes, "cividis"))).convert("RGB")
    np.testing.assert_array_equal(np.asarray(image), CIVIDIS[codes])


def test_color_maps():
    matplotlib = pytest.importorskip("matplotlib")
    reference = matplotlib.colormaps["cividis"](np.arange(256))[:, :3] * 255
    assert np.abs(CIVIDIS - reference).max() <= 8
    assert signed_codes(np.zeros(1))[0] == 128
    assert DIVERGING[128].tolist() == [255, 255, 255]
    assert DIVERGING[1][2] > DIVERGING[1][0] and DIVERGING[255][0] > DIVERGING[255][2]
    assert IS_LIGHT["cividis"][255] and not IS_LIGHT["cividis"][0]


@pytest.mark.parametrize("theme", THEMES)
def test_text_contrast(theme):
    def luminance(color: str) -> float:
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    colors = THEMES[theme]
    paper = luminance(colors["paper"])
    for role in ("ink", "muted", "warn", "loss"):
        light, dark = sorted((luminance(colors[role]), paper), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, role


def test_refusals_are_sentences():
    logits = hello_logits()
    with pytest.raises(ValueError, match="7 classes, the alphabet has 3 characters"):
        Explorer(logits, "abc")
    with pytest.raises(ValueError, match=r"From a batch, take one"):
        Explorer(logits[None], LETTERS)
    with pytest.raises(UnknownCharacterError, match="'x' at position 1"):
        Explorer(logits, LETTERS, "hx")
    with pytest.raises(ValueError, match="no view 'beams'"):
        Explorer(logits, LETTERS, view="beams")
    with pytest.raises(ValueError, match="needs snapshots"):
        Explorer(logits, LETTERS, view="replay")
    with pytest.raises(ValueError, match="lacks update"):
        Explorer(logits, LETTERS, snapshots=[{"logits": logits}])
    with pytest.raises(ValueError, match="same line"):
        Explorer(logits, LETTERS, snapshots=[{"update": 1, "logits": logits[1:]}])
    with pytest.raises(ValueError, match="one gray line"):
        Explorer(logits, LETTERS, image=np.zeros((3, 4, 5)))
    with pytest.raises(ValueError, match="NaN"):
        Explorer(np.full((3, 4), np.nan), "abc")


def test_changes_are_applied_and_reset():
    logits = hello_logits()
    explorer = Explorer(logits, LETTERS, "hello")
    start = explorer.loss
    explorer.apply({"edits": [[4, 3, 9.0], [5, 0, -1]], "options": {"blank_bias": 1.5}})
    assert explorer.logits[4, 3] == 9 and explorer.logits[5, 0] == -1
    assert explorer.numbers.log_probs[0, 0] == pytest.approx(
        ctc.log_softmax(effective_logits(explorer.logits, Options(blank_bias=1.5), 0))[0, 0]
    )
    before = explorer.loss
    explorer.apply({"steps": 3, "rate": 0.5})
    assert explorer.loss < before
    explorer.apply({"target": "helo"})
    assert explorer.target == "helo" and explorer.scene()["target"] == "helo"
    explorer.apply({"reset": True})
    assert explorer.target == "hello" and explorer.loss == start
    np.testing.assert_array_equal(logits, hello_logits())  # The caller's array is untouched


def test_a_refused_change_changes_nothing():
    explorer = Explorer(hello_logits(), LETTERS, "hello")
    start = explorer.scene(moving=True)
    for change in (
        {"edits": [[0, 0, 5.0], [99, 0, 1.0]]},
        {"edits": [[0, 0, float("nan")]]},
        {"edits": [[0, 0, 5.0]], "target": "hxllo"},
        {"target": "lo", "options": {"temperature": 0}},
        {"options": {"quantity": "gamma"}},
        {"view": "unknown"},
    ):
        with pytest.raises(ValueError):
            explorer.apply(change)
        assert explorer.scene(moving=True) == start


def test_target_defaults_to_the_greedy_text():
    explorer = explore(hello_logits(), Alphabet(LETTERS))
    assert explorer.target == explorer.greedy_text
    assert "no target was given" in explorer.scene()["summary"]


def test_cell_output_is_picture_first_with_alt_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: shown.append((a, k)))
    explorer = Explorer(hello_logits(), LETTERS, "hello")
    monkeypatch.setenv("HANDWRITING_STATIC", "1")
    explorer._ipython_display_()
    assert len(shown) == 1
    data = shown[0][0][0]
    (image,) = rendered_images(data)
    assert image["alt"] == data["text/plain"] == explorer.scene()["alt"]
    assert int(image["width"]) == round(explorer.scene()["width"])
    monkeypatch.setenv("HANDWRITING_STATIC", "0")
    explorer._ipython_display_()
    assert len(shown) == 3 and type(shown[2][0][0]).__name__ == "ExplorerWidget"


def test_bench_prints_a_row_for_each_size(capsys, monkeypatch):
    import bench_explorer as bench

    monkeypatch.setattr(bench, "SIZES", ((8, 2), (9, 3)))
    monkeypatch.setattr(bench, "matplotlib_redraw", lambda explorer: explorer.loss)
    bench.main(["--runs", "1"])
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 3 and rows[1].strip().startswith("8, 2")
