"""The explorer's still pictures, its state, and what a cell outputs."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from shared.alphabet import Alphabet, UnknownCharacterError
from shared.explorer import Explorer, explore, render_png
from shared.explorer.palette import CIVIDIS, DIVERGING, IS_LIGHT, THEMES, indexed_png, signed_codes
from shared.tests.conftest import rendered_images
from shared.tests.explorer_support import needs_node
from shared.tests.test_explorer import LETTERS, hello_logits


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


@needs_node
def test_bench_prints_a_row_for_each_size(capsys, monkeypatch):
    import bench_explorer as bench

    monkeypatch.setattr(bench, "SIZES", ((8, 2), (9, 3)))
    monkeypatch.setattr(bench, "matplotlib_redraw", lambda logits, label: b"")
    bench.main(["--runs", "1"])
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 3 and rows[1].strip().startswith("8, 2")
