"""The small reader in the explorer's page: its network, its ink, and what it makes of a text."""

from __future__ import annotations

import json
import re
import string

import numpy as np
import pytest

from shared import ink as ink_of_lines
from shared.ink import core_band
from shared.lines import frozen_lines
from shared.paths import DATA
from shared.pen import draw, hands, write
from shared.preparation import prepare_line
from shared.tests.explorer_support import needs_node, run_javascript

pytestmark = needs_node
SCRIPTS = ("ctc.js", "draw.js", "network.js", "ink.js")
READ = """
const reader = unpackReader(data.reader);
const named = (k) => data.reader.characters[k - 1];
const path = ({ ink, width }) => readLine(reader, ink, width).map(argmax);
const text = (line) => collapse(path(line)).map(named).join("");
const drawn = (line) => ({ ink: drawStrokes(line), width: line.width });
"""


@pytest.fixture(scope="module")
def shipped():
    """Return the reader and the hand of the shipped page."""
    html = (DATA / "samples" / "explorer.html").read_text(encoding="utf-8")
    assert len(html.encode()) < 3_000_000
    sent = re.search(r'<script id="line"[^>]*>(.*?)</script>', html, re.DOTALL)[1]
    data = json.loads(sent)
    return {"reader": data["reader"], "hand": data["hand"]}


def test_network_computes_what_onnx_runtime_computes(shipped, tmp_path):
    from shared.recognizer import LineTextRecognizer
    from shared.service.exporting.conversion import convert_line
    from shared.service.exporting.runtime import OnnxLineTextRecognizer

    file = tmp_path / "small.onnx"
    file.write_bytes(convert_line(LineTextRecognizer.load("line_small"), "line_small"))
    runtime = OnnxLineTextRecognizer.load(file)
    lines = [runtime.preparation.prepare(image) for image in frozen_lines().images[:12]]
    lines = [line[:, :width] for line, width in zip(lines, (33, 64, 61, *[None] * 9), strict=True)]
    given = [{"ink": line.ravel().tolist(), "width": line.shape[1]} for line in lines]
    found = run_javascript(
        SCRIPTS,
        READ + "return data.lines.map(({ ink, width }) => readLine(reader, ink, width));",
        {**shipped, "lines": given},
    )
    for mine, theirs in zip(found, runtime.logits_many(lines), strict=True):
        assert np.shape(mine) == theirs.shape
        np.testing.assert_allclose(mine, theirs, atol=0.15)  # Its weights have 11 bits here
        assert np.mean(np.argmax(mine, axis=1) == theirs.argmax(axis=1)) > 0.97


def test_reader_reads_what_the_hand_writes(shipped):
    texts = ["hello", "banana bread", "Tea for two", "The quick brown fox", "moon", "x", "-"]
    found = run_javascript(
        SCRIPTS,
        READ
        + """
        return data.texts.map((given) => {
          const line = drawn(writeText(given, data.hand));
          const again = drawn(writeText(given, data.hand)).ink;
          const large = writeText(given, data.hand).strokes
            .map((points) => points.map(([x, y]) => [9 * x + 40, 9 * y + 7]));
          const placed = drawn(placeStrokes(large, { baseline: 205, xHeight: 92 }));
          return [text(line), line.width, [...line.ink.slice(0, line.width)],
            again.every((v, i) => v === line.ink[i]), text(placed)];
        });
        """,
        {**shipped, "texts": texts},
    )
    for given, (_, width, first, repeats, _) in zip(texts, found, strict=True):
        assert width % 4 == 0 and max(first) == 0 and repeats, given
    for which in (0, 4):  # Written, and the same strokes drawn large
        assert [one[which] for one in found[:5]] == texts[:5]


def test_hand_writes_every_character(shipped):
    found = run_javascript(
        SCRIPTS,
        "return [...data.all].map((c) => drawStrokes(writeText(c, data.hand))"
        ".reduce((sum, v) => sum + v, 0));",
        {**shipped, "all": string.printable[:94]},
    )
    assert min(found) > 400


def test_picture_is_prepared_as_in_python(monkeypatch):
    """Level lines on even paper; shade, slope and specks are left to Python."""
    monkeypatch.setattr(ink_of_lines, "undo_slope", lambda ink: ink)
    rng = np.random.default_rng(0)
    lines = [
        draw(write(text, hand, rng), 96)
        for text, hand in zip(
            ("Tea for two", "banana bread", "MOON", "yes"), hands("test"), strict=False
        )
    ]
    pictures = [(235 - 0.8 * line).astype(np.uint8) for line in lines]
    pictures.append(255 - pictures[0])
    found = run_javascript(
        SCRIPTS,
        """
        return data.map(({ gray, width }) => {
          const line = prepareGray(Uint8Array.from(gray), width);
          const dark = Uint8Array.from(gray, (v) => 255 - v);
          return [line.width, [...line.ink], coreBand(dark, width)];
        });
        """,
        [{"gray": one.ravel().tolist(), "width": one.shape[1]} for one in pictures],
    )
    for picture, (width, ink, band) in zip(pictures, found, strict=True):
        assert tuple(band) == core_band(255 - picture)
        mine, theirs = np.reshape(ink, (32, width)), prepare_line(picture)
        both = min(width, theirs.shape[1])
        assert abs(width - theirs.shape[1]) < 8
        assert np.corrcoef(mine[:, :both].ravel(), theirs[:, :both].ravel())[0, 1] > 0.7
    blank = run_javascript(SCRIPTS, "return prepareGray(new Uint8Array(800).fill(9), 40);", None)
    assert blank is None
