"""Five toy training runs of Lab 3, each broken in one way.

A linear model is trained by CTC in NumPy, one fault planted at a time, and what comes out is
what the exercise shows. Letters are fixed patterns of eight numbers, three to six columns wide,
with noise, a gap after each, and paper at the end of the line. `frames_of` averages columns as
a stride would; the model sees three frames at a time.

`python -m shared.checks.lab03_runs` repeats the runs (a minute) and prints `_RECORDS`, which is
stored so that every learner reads the same five runs; a test repeats their beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.ctc import collapse, log_softmax, loss_and_grad

#: The faults of the runs, in the order in which the lab explains them
FAULTS = ("padding", "double softmax", "blank", "stride", "plateau")

#: Which fault the runs A to E have
_ORDER = ("blank", "plateau", "double softmax", "padding", "stride")

#: Class 0 is the blank; the last class, the tilde, stands in no text
CHARACTERS = "abcdefgh~"
#: Updates whose losses are averaged to one number of a curve
UPDATES_PER_POINT = 6

_LAST = len(CHARACTERS)
_UPDATES, _BATCH, _SEED = 240, 4, 3
_RATE, _SMALL_RATE = 0.3, 0.02
_STRIDE, _WIDE_STRIDE = 1, 7
_PADDED_LENGTH = 6  # Letters that labels are padded to; a text has three to five


@dataclass(frozen=True)
class ToyRun:
    """What is left of a training run.

    Attributes:
        name: "A" to "E".
        losses: Mean loss of a line, each over `UPDATES_PER_POINT` updates; a line that does not
            fit counts 0.
        targets: Texts of the test lines.
        texts: What greedy decoding reads from them after the last update.
        confidence: Mean over the frames of the largest probability that the loss sees.
    """

    name: str
    losses: np.ndarray
    targets: tuple[str, ...]
    texts: tuple[str, ...]
    confidence: float


def broken_runs() -> tuple[ToyRun, ...]:
    """Return the five runs as they were recorded."""
    return tuple(
        ToyRun(name, np.array(losses), tuple(targets), tuple(texts), confidence)
        for name, (losses, targets, texts, confidence) in zip("ABCDE", _RECORDS, strict=True)
    )


def toy_run(
    fault: str | None = None, name: str = "", updates: int = _UPDATES, seed: int = _SEED
) -> ToyRun:
    """Train the toy with one fault, or with None as it should be.

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
    return ToyRun(name, curve, tuple(targets), tuple(texts), float(np.mean(confidences)))


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


def _record(run: ToyRun) -> tuple:
    rounded = [round(float(loss), 2) for loss in run.losses]
    return rounded, list(run.targets), list(run.texts), round(run.confidence, 2)


#: Losses, targets, texts and confidence of the runs A to E
# fmt: off
_RECORDS: tuple = (
    (
        [
            26.23, 11.2, 10.75, 9.0, 6.71, 4.61, 3.87, 2.74, 1.92, 1.57, 1.06, 0.81, 0.71, 0.69,
            0.6, 0.39, 0.37, 0.34, 0.29, 0.34, 0.33, 0.27, 0.29, 0.27, 0.22, 0.21, 0.18, 0.18,
            0.2, 0.19, 0.17, 0.14, 0.21, 0.19, 0.16, 0.14, 0.1, 0.13, 0.12, 0.11,
        ],
        ["cbhbc", "efbaf", "effb", "fdece", "addf"],
        ["c~b~h~b~c~", "e~f~b~a~f~", "e~f~f~b~", "f~d~e~c~e~", "a~d~d~f~"],
        0.94,
    ),
    (
        [
            49.7, 47.64, 41.48, 35.47, 30.61, 25.15, 20.49, 19.36, 16.82, 16.26, 13.11, 11.56,
            11.45, 10.96, 11.13, 9.66, 10.35, 9.44, 9.96, 9.55, 9.64, 9.27, 9.48, 9.01, 8.47,
            8.96, 8.47, 7.69, 8.8, 8.01, 8.32, 8.36, 7.38, 7.48, 7.22, 6.99, 6.69, 6.42, 6.67,
            6.04,
        ],
        ["cbhbc", "efbaf", "effb", "fdece", "addf"],
        ["", "", "", "", ""],
        0.8,
    ),
    (
        [
            46.0, 39.03, 37.39, 37.28, 37.74, 36.26, 34.97, 37.42, 37.02, 37.95, 35.01, 33.62,
            35.28, 35.72, 37.86, 33.7, 35.66, 33.24, 35.86, 36.08, 37.19, 36.63, 36.83, 37.1,
            35.54, 36.79, 36.61, 33.58, 38.63, 36.68, 36.67, 39.36, 36.74, 40.02, 37.3, 36.03,
            36.91, 35.03, 38.17, 35.02,
        ],
        ["cbhbc", "efbaf", "effb", "fdece", "addf"],
        ["", "", "", "", ""],
        0.23,
    ),
    (
        [
            25.74, 13.24, 10.85, 7.75, 5.6, 4.56, 4.2, 3.23, 2.9, 2.74, 2.7, 2.47, 2.37, 2.37,
            2.06, 2.33, 1.89, 2.16, 1.98, 1.9, 1.93, 1.91, 1.69, 1.94, 1.7, 1.78, 1.82, 1.76,
            1.61, 1.77, 1.59, 1.51, 1.7, 1.59, 1.39, 1.41, 1.42, 1.88, 1.59, 1.73,
        ],
        ["cbhbc", "efbaf", "effb", "fdece", "addf"],
        ["cbhbc~", "efbaf~", "effb~", "fdece~", "addf~~"],
        0.9,
    ),
    (
        [
            5.82, 6.3, 5.45, 5.95, 5.14, 4.1, 4.01, 5.64, 4.98, 4.74, 3.05, 4.72, 4.74, 3.4, 4.26,
            4.4, 5.32, 2.59, 4.07, 4.22, 5.3, 3.15, 4.89, 3.78, 3.34, 5.02, 6.02, 3.65, 3.97,
            4.56, 4.36, 4.9, 4.69, 3.74, 4.65, 5.05, 4.44, 4.37, 5.44, 3.66,
        ],
        ["cbhbc", "efbaf", "effb", "fdece", "addf"],
        ["cdbc", "ef", "efb", "fdce", "adf"],
        0.55,
    ),
)
# fmt: on

if __name__ == "__main__":
    for fault in _ORDER:
        print(f"{_record(toy_run(fault))},")
