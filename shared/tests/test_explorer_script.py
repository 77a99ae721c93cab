"""The explorer's script computes what `shared.ctc` computes, on the same vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shared import ctc
from shared.explorer import searching
from shared.tests.explorer_support import needs_node, run_javascript

pytestmark = needs_node

#: Frames, classes, label, seed: repeats, empty, infeasible, one frame, long, all classes equal
CASES = {
    "hello": (12, 5, [2, 1, 3, 3, 4], 0),
    "repeats": (7, 3, [1, 1, 1], 1),
    "just fits": (5, 3, [1, 1, 1], 2),
    "empty": (4, 3, [], 3),
    "one frame": (1, 3, [2], 4),
    "infeasible": (4, 3, [1, 1, 2, 2], 5),
    "long": (150, 96, list(range(1, 41)), 6),
    "peaked": (30, 96, [8, 5, 12, 12, 15], 7),
}
COMPUTE = """
const safe = (value) => JSON.parse(JSON.stringify(value, (_, v) =>
  v === Infinity ? "inf" : v === -Infinity ? "-inf" : typeof v === "bigint" ? String(v) : v));
const logits = data.logits.map((row) => row.map(Number));
const { logProbs, path, trace, greedy, greedyLogP, states, canSkip, alpha, beta, logP,
  status, posterior, occupancy, gradient, alignment } = compute(logits, data.label);
return safe({ logProbs, path, trace, greedy, greedyLogP, states, canSkip, alpha, beta, logP, status,
  posterior, occupancy, gradient, alignment, count: countAlignments(logits.length, data.label),
  best: bestPaths(logProbs, data.label, 5) });
"""


def vector(name: str) -> tuple[np.ndarray, list[int]]:
    frames, classes, label, seed = CASES[name]
    scale = 6 if name == "peaked" else 1.5
    return np.random.default_rng(seed).normal(size=(frames, classes)) * scale, label


def as_text(logits: np.ndarray) -> list[list[str]]:
    return [[repr(float(v)).replace("inf", "Infinity") for v in row] for row in logits]


def computed(logits: np.ndarray, label: list[int]) -> dict:
    return run_javascript(("ctc.js",), COMPUTE, {"logits": as_text(logits), "label": label})


def numbers(rows: object) -> np.ndarray:
    return np.vectorize(float, otypes=[float])(np.array(rows, dtype=object))


def check(logits: np.ndarray, label: list[int]) -> dict:
    found = computed(logits, label)
    log_probs = ctc.log_softmax(logits)
    path, greedy, greedy_log_p = ctc.greedy(log_probs)
    states, can_skip = ctc.extend_label(label)
    alpha, log_p = ctc.forward(log_probs, label)
    close = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(numbers(found["logProbs"]), log_probs, **close)
    assert found["path"] == path.tolist() and found["greedy"] == greedy
    assert found["trace"] == ctc.collapse_trace(path)
    assert found["greedyLogP"] == pytest.approx(greedy_log_p, rel=1e-12)
    assert found["states"] == states.tolist() and found["canSkip"] == can_skip.tolist()
    np.testing.assert_allclose(numbers(found["alpha"]), alpha, **close)
    np.testing.assert_allclose(numbers(found["beta"]), ctc.backward(log_probs, label), **close)
    assert float(found["logP"]) == pytest.approx(log_p, rel=1e-12)
    result = ctc.loss_and_grad(logits, label)
    np.testing.assert_allclose(numbers(found["gradient"]), result.grad, rtol=1e-8, atol=1e-11)
    assert int(found["count"]) == searching.count_alignments(len(logits), label)
    assert bool(found["status"]) == (result.status != "ok")
    if result.status == "ok":
        posteriors = ctc.posteriors(log_probs, label)
        np.testing.assert_allclose(numbers(found["posterior"]), posteriors.state, atol=1e-11)
        np.testing.assert_allclose(numbers(found["occupancy"]), posteriors.symbol, atol=1e-11)
        aligned = searching.forced_align(log_probs, label)
        assert found["alignment"] == aligned.states.tolist()
    return found


@pytest.mark.parametrize("name", CASES)
def test_script_computes_what_python_computes(name):
    logits, label = vector(name)
    found = check(logits, label)
    if name in ("hello", "repeats", "just fits", "empty", "one frame"):
        ranked = searching.alignments(ctc.log_softmax(logits), label, 5)
        assert [tuple(one["path"]) for one in found["best"]] == [path for path, _ in ranked]
        np.testing.assert_allclose([one["logP"] for one in found["best"]], [p for _, p in ranked])


def test_a_probability_of_zero_is_no_number_and_no_crash():
    logits, label = vector("hello")
    logits[3, 3] = logits[5, 0] = -np.inf
    check(logits, label)
    logits[:, label[0]] = -np.inf
    found = check(logits, label)
    assert found["logP"] == "-inf" and "probability zero" in found["status"]


def test_infeasible_target_says_how_many_frames_are_missing():
    logits, label = vector("infeasible")
    said = computed(logits, label)["status"]
    assert said == "The target needs 2 more time steps: 6 at least, and there are 4."


@pytest.mark.parametrize("width", [1, 2, 4, 30])
@pytest.mark.parametrize("name", ["hello", "repeats", "one frame", "peaked"])
def test_beam_is_that_of_python_step_by_step(name, width):
    logits, _ = vector(name)
    log_probs = ctc.log_softmax(logits)
    found = run_javascript(
        ("ctc.js",),
        "return beamSteps(data.logProbs, data.width, (prefix, k) => 0.3 * k, -9)"
        ".map(({ kept, dropped }) => ({ kept: kept.map((one) => ({ ...one, blank: one.blank ==="
        " -Infinity ? null : one.blank, letter: one.letter === -Infinity ? null : one.letter })),"
        " dropped: dropped.map((one) => one.prefix) }));",
        {"logProbs": log_probs.tolist(), "width": width},
    )
    steps = searching.beam_steps(
        log_probs, width, bonus=lambda prefix, k: 0.3 * k, symbol_floor=-9.0
    )
    for mine, step in zip(found, steps, strict=True):
        assert [tuple(one["prefix"]) for one in mine["kept"]] == [one.prefix for one in step.kept]
        assert [tuple(prefix) for prefix in mine["dropped"]] == [one.prefix for one in step.dropped]
        for one, kept in zip(mine["kept"], step.kept, strict=True):
            assert one["score"] == pytest.approx(kept.score, rel=1e-10)
            assert (one["blank"] is None) == math.isinf(kept.log_p_blank)
            assert {tuple(p) for p in one["parents"]} == set(kept.parents)
