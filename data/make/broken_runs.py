"""Repeat the five broken training runs of Lab 3; keep them in data/samples/broken_runs.json.

A linear model is trained by CTC in NumPy, one fault planted at a time, and what comes out is
what the exercise shows. Letters are fixed patterns of eight numbers, three to six columns wide,
with noise, a gap after each, and paper at the end of the line. `frames_of` averages columns as
a stride would; the model sees three frames at a time. It takes a minute.

Example:
  python data/make/broken_runs.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from records import write_sample

from shared.checks.answers import answer
from shared.ctc import collapse, log_softmax, loss_and_grad

#: The faults of the runs, in the order in which the lab explains them
FAULTS = ("padding", "double softmax", "blank", "stride", "plateau")

#: Class 0 is the blank; the last class, the tilde, stands in no text
CHARACTERS = "abcdefgh~"
#: Updates whose losses are averaged to one number of a curve
UPDATES_PER_POINT = 6

_LAST = len(CHARACTERS)
_UPDATES, _BATCH, _SEED = 240, 4, 3
_RATE, _SMALL_RATE = 0.3, 0.02
_STRIDE, _WIDE_STRIDE = 1, 7
_PADDED_LENGTH = 6  # Letters that labels are padded to; a text has three to five


def toy_run(fault: str | None = None, updates: int = _UPDATES, seed: int = _SEED) -> dict[str, Any]:
    """Train the toy with one fault, or with None as it should be.

    Returns:
        `losses`, mean loss of a line, each over `UPDATES_PER_POINT` updates, where a line that does
        not fit counts 0; `targets`, the texts of five test lines; `texts`, what greedy decoding
        reads from them after the last update; `confidence`, the mean over the frames of the largest
        probability that the loss sees.

    Raises:
        ValueError: The fault has no such name.
    """
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"There is no fault {fault!r}; use one of {', '.join(FAULTS)}, or None.")
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(_LAST, 8))
    stride = _WIDE_STRIDE if fault == "stride" else _STRIDE
    rate = _SMALL_RATE if fault == "plateau" else _RATE
    weights = np.zeros((3 * 8 + 1, _LAST + 1))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    losses = []
    for update in range(1, updates + 1):
        gradient, loss = np.zeros_like(weights), 0.0
        for _ in range(_BATCH):
            label = _sample_label(rng)
            inputs = frames_of(_columns(label, patterns, rng), stride)
            line_loss, line_gradient = _loss(inputs @ weights, label, fault)
            loss += line_loss / _BATCH
            gradient += inputs.T @ line_gradient / _BATCH
        losses.append(loss)
        first = 0.9 * first + 0.1 * gradient  # Adam, Kingma and Ba (2015), algorithm 1
        second = 0.99 * second + 0.01 * gradient**2
        size = np.sqrt(second / (1 - 0.99**update)) + 1e-8
        weights -= rate * first / (1 - 0.9**update) / size
    tests = np.random.default_rng(seed + 5)  # The same five lines for every run
    targets, texts, confidences = [], [], []
    for _ in range(5):
        label = _sample_label(tests)
        logits = frames_of(_columns(label, patterns, tests), stride) @ weights
        targets.append(_text(label))
        texts.append(_text(collapse(logits.argmax(axis=1), blank=0)))
        outputs = np.exp(log_softmax(logits))
        seen = np.exp(log_softmax(outputs)) if fault == "double softmax" else outputs
        confidences.append(seen.max(axis=1).mean())
    curve = np.reshape(losses, (-1, UPDATES_PER_POINT)).mean(axis=1)
    return {
        "losses": [round(float(loss), 2) for loss in curve],
        "targets": targets,
        "texts": texts,
        "confidence": round(float(np.mean(confidences)), 2),
    }


def frames_of(columns: np.ndarray, stride: int) -> np.ndarray:
    """Average columns (width, 8) to frames, and add each frame's neighbors and a constant.

    Returns:
        (ceil(width / stride), 25).
    """
    starts = range(0, len(columns), stride)
    frames = np.array([columns[start : start + stride].mean(axis=0) for start in starts])
    padded = np.pad(frames, ((1, 1), (0, 0)))
    seen = np.hstack([padded[:-2], frames, padded[2:]])
    return np.hstack([0.1 * seen, np.ones((len(frames), 1))])  # Faint: the bias learns first


def _sample_label(rng: np.random.Generator) -> list[int]:
    """Return three to five letters, with doubles here and there; never the tilde."""
    label = rng.integers(1, _LAST, rng.integers(3, 6))
    if rng.random() < 0.4:
        place = rng.integers(1, len(label))
        label[place] = label[place - 1]
    return label.tolist()


def _columns(label: list[int], patterns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    pieces = []
    for symbol in label:
        pieces.append(np.tile(patterns[symbol - 1], (int(rng.integers(3, 7)), 1)))
        pieces.append(np.zeros((int(rng.integers(1, 3)), 8)))
    columns = np.vstack([*pieces, np.zeros((6, 8))])
    return columns + rng.normal(scale=0.15, size=columns.shape)


def _loss(logits: np.ndarray, label: list[int], fault: str | None) -> tuple[float, np.ndarray]:
    """Return the loss of a line and its derivative by the logits, with the fault in between."""
    blank = _LAST if fault == "blank" else 0
    if fault == "padding":  # Padding with -1; a negative index means the last class
        label = label + [_LAST] * (_PADDED_LENGTH - len(label))
    if fault == "double softmax":
        once = np.exp(log_softmax(logits))
        loss, twice, _ = loss_and_grad(once, label, blank)
        gradient = once * (twice - (once * twice).sum(axis=1, keepdims=True))
    else:
        loss, gradient, _ = loss_and_grad(logits, label, blank)
    return (loss if np.isfinite(loss) else 0.0), gradient


def _text(label: list[int]) -> str:
    return "".join(CHARACTERS[symbol - 1] for symbol in label)


def main() -> None:
    """Repeat the five runs and write them."""
    faults = dict(zip("ABCDE", answer("lab03.diagnose_loss")(), strict=True))
    write_sample("broken_runs", {run: toy_run(fault) for run, fault in faults.items()})


if __name__ == "__main__":
    main()
