"""The explorer's scenes: what is drawn where, and that its numbers are the functions'."""

from __future__ import annotations

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from shared import ctc
from shared.alphabet import ASCII
from shared.explorer import build_scene, compute, explore, render_png
from shared.explorer.collapse_panel import runs
from shared.explorer.lattice_panel import window
from shared.explorer.replay_panel import chosen
from shared.explorer.scene import PANELS
from shared.explorer.searching import beam_steps
from shared.explorer.values import fold
from shared.tests.test_explorer import HELLO, LETTERS, hello_logits, long_explorer


def shown_texts(scene: dict) -> list[str]:
    return [line for mark in scene["marks"] if mark["kind"] == "text" for line in mark["texts"]]


def text_at(scene: dict, x: float, y: float) -> str:
    for mark in scene["marks"]:
        if mark["kind"] == "text":
            places = zip(mark["at"][::2], mark["at"][1::2], mark["texts"], strict=True)
            for px, py, line in places:
                if abs(px - x) < 0.02 and abs(py - y) < 0.02:
                    return line
    return ""


def heat_maps(scene: dict) -> list[dict]:
    return [mark for mark in scene["marks"] if mark["kind"] == "picture"]


def codes_of(picture: dict) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture["png"]))))


def lattice_of(scene: dict, num_frames: int, num_states: int) -> dict[str, float]:
    """Return where the nodes stand, from the rings at both starts and both ends."""
    rings = next(m for m in scene["marks"] if m["kind"] == "discs" and m["width"] == 1.6)["at"]
    (x, _, right, _), (y, _, _, bottom) = rings[::3], rings[1::3]
    dx, dy = (right - x) / (num_frames - 1), (bottom - y) / (num_states - 1)
    return {"x": x - dx / 2, "y": y - dy / 2, "dx": dx, "dy": dy, "bottom": bottom + dy / 2}


@pytest.mark.parametrize("view", PANELS)
def test_scene_is_json_and_the_same_each_time(view):
    first, second = long_explorer(view).scene(), long_explorer(view).scene()
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)
    assert render_png(first) == render_png(second)


def test_every_cell_shows_the_number_of_the_function():
    logits = hello_logits()
    scene = build_scene(logits, LETTERS, HELLO, view="gradient")
    numbers = compute(logits, HELLO)
    tables = {
        "emissions": np.exp(numbers.log_probs),
        "occupancy": numbers.occupancy,
        "gradient": numbers.gradient,
    }
    for picture, (kind, table) in zip(heat_maps(scene), tables.items(), strict=True):
        values = fold(table, scene["rows"])
        width, height = picture["w"] / values.shape[1], picture["h"] / len(values)
        for i in range(len(values)):
            for t in range(values.shape[1]):
                x, y = picture["x"] + (t + 0.5) * width, picture["y"] + (i + 0.5) * height
                shown = text_at(scene, x, y).replace("−", "-")
                assert abs(float(shown or 0) - values[i, t]) <= 0.0051, (kind, i, t)
                assert bool(shown) == (abs(values[i, t]) >= 0.005)


def test_heat_map_colors_are_the_probabilities():
    logits = hello_logits()
    scene = build_scene(logits, LETTERS, HELLO, view="emissions")
    codes = codes_of(heat_maps(scene)[0])
    expected = np.exp(compute(logits, HELLO).log_probs).T[list(scene["rows"])]
    np.testing.assert_allclose(codes / 255, expected, atol=0.5 / 255 + 1e-9)


def test_node_areas_are_the_posterior():
    logits = hello_logits()
    scene = build_scene(logits, LETTERS, HELLO, view="lattice")
    numbers = compute(logits, HELLO)
    panel = lattice_of(scene, *numbers.posterior.shape)
    largest = min(panel["dx"], panel["dy"]) * 0.47
    found = {}
    for mark in scene["marks"]:
        if mark["kind"] == "discs" and mark["stroke"] == "ink" and mark["fill"]:
            for x, y, r in zip(*[mark["at"][i::3] for i in range(3)], strict=True):
                t = round((x - panel["x"]) / panel["dx"] - 0.5)
                s = round((y - panel["y"]) / panel["dy"] - 0.5)
                found[t, s] = (r / largest) ** 2
    large = np.argwhere(numbers.posterior > (1.3 / largest) ** 2)
    assert len(large) > 10
    for t, s in large.tolist():
        assert found[t, s] == pytest.approx(numbers.posterior[t, s], abs=0.002)


def test_lattice_draws_legal_edges_only_and_crosses_forbidden_skips():
    scene = build_scene(hello_logits(), LETTERS, HELLO, view="lattice")
    _, can_skip = ctc.extend_label(HELLO)
    panel = lattice_of(scene, len(hello_logits()), len(can_skip))
    count = 0
    for mark in scene["marks"]:
        if mark["kind"] != "segments" or mark["stroke"] not in ("faint", "flow"):
            continue
        for x0, y0, x1, y1 in zip(*[mark["at"][i::4] for i in range(4)], strict=True):
            if y0 < panel["y"] or y1 > panel["bottom"]:
                continue
            count += 1
            move = round((y1 - y0) / panel["dy"])
            target = round((y1 - panel["y"]) / panel["dy"] - 0.5)
            assert round((x1 - x0) / panel["dx"]) == 1
            assert move in (0, 1) or (move == 2 and can_skip[target])
    assert count > 100
    assert any(mark["kind"] == "segments" and mark["stroke"] == "warn" for mark in scene["marks"])
    without = build_scene(hello_logits(), LETTERS, [2, 1, 3, 4], view="lattice")
    assert not any(m["kind"] == "segments" and m["stroke"] == "warn" for m in without["marks"])


def test_selection_is_explained_with_the_numbers():
    numbers = compute(hello_logits(), HELLO)
    scene = build_scene(hello_logits(), LETTERS, HELLO, view="lattice", select=(8, 7))
    said = " ".join(shown_texts(scene))
    assert f"Frame 8, state 7 (l): posterior {numbers.posterior[8, 7]:.3f}" in said
    assert f"ln α = {numbers.alpha[8, 7]:.2f}".replace("-", "−") in said
    for kind, before, share in numbers.arrivals(8, 7):
        assert re.search(rf"{kind} (in|from) . \({before}\) {share:.2f}", said)
    assert "Skip forbidden: the letter before is also l" in said


def test_collapse_shows_path_runs_and_text():
    logits = hello_logits()
    scene = build_scene(logits, LETTERS, HELLO, view="greedy")
    numbers = compute(logits, HELLO)
    names = ["ϵ", *LETTERS]
    rows: dict[float, list[str]] = {}
    for mark in scene["marks"]:
        if mark["kind"] == "text" and mark["anchor"] == "middle" and mark["size"] >= 13:
            rows.setdefault(mark["at"][1], []).extend(mark["texts"])
    path, merged, dropped, text = (rows[y] for y in sorted(rows))
    assert path == [names[k] for k in numbers.path]
    assert merged == [names[k] for k, _, _ in runs(numbers.path)]
    assert dropped == text == [names[k] for k in ctc.collapse(numbers.path)]


def test_long_line_has_an_overview_and_a_readable_lens():
    scene = long_explorer("lattice").scene()
    whole = heat_maps(scene)[-1]
    assert len(codes_of(whole)) == 2 * 27 + 1
    said = next(line for line in shown_texts(scene) if line.startswith("Lens"))
    first, last, lowest, highest = map(int, re.findall(r"\d+", said))
    assert whole["w"] / (last - first + 1) >= 40
    discs = [mark for mark in scene["marks"] if mark["kind"] == "discs"]
    (selected,) = [mark for mark in discs if mark["stroke"] == "select"]
    assert selected["at"][2] >= 14
    t, s = scene["select"]
    assert first <= t <= last and lowest <= s <= highest
    assert window(0, 5, 100) == (0, 5) and window(99, 5, 100) == (95, 100)


def test_replay_says_the_numbers_of_each_snapshot():
    explorer = long_explorer("replay")
    lines = [line for line in shown_texts(explorer.scene()) if line.startswith("update ")]
    said = {line.split(" ·")[0]: line for line in lines if "·" in line}
    for i in chosen(len(explorer.snapshots)):
        snapshot = explorer.snapshots[i]
        log_probs = ctc.log_softmax(snapshot["logits"])
        line = said[f"update {snapshot['update']:,}"]
        assert f"loss {snapshot['loss']:.4g} " in line
        assert f"mean p(blank) {np.exp(log_probs[:, 0]).mean():.3f}" in line
        text = ASCII.decode(ctc.greedy(log_probs)[1]).replace(" ", "␣")
        expected = text[: 47 if len(text) > 48 else 48] or "(empty)"
        assert line.split("reads ")[1].removesuffix("…") == expected
    assert chosen(5) == [0, 1, 3, 4] and chosen(1) == [0]


def test_alt_text_describes_the_picture():
    scene = build_scene(hello_logits(), LETTERS, HELLO, view="lattice")
    numbers = compute(hello_logits(), HELLO)
    last = beam_steps(numbers.log_probs, 2_000, symbol_floor=-40.0)[-1]
    table = [(one.prefix, one.log_p) for one in last.kept[:3]]
    for part in ("12 frames", "Target: hello", f"Loss {numbers.loss:.4g} nats", "Greedy text"):
        assert part in scene["alt"]
    for label, log_p in table:
        assert f"{''.join(LETTERS[k - 1] for k in label)} {np.exp(log_p):.3g}" in scene["alt"]


@pytest.mark.parametrize(
    "logits, letters, target",
    [
        (np.zeros((1, 2)), "a", "a"),
        (np.zeros((6, 4)), "abc", None),
        (np.zeros((4, 4)), "abc", "aabb"),
        (np.zeros((5, 4)), "abc", ""),
    ],
)
def test_edge_cases_draw(logits, letters, target):
    scene = explore(logits, letters, target).scene()
    assert scene["alt"] and scene["loss"] != float("inf")
    assert render_png(scene).startswith(b"\x89PNG")
