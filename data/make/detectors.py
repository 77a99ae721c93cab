"""Train the four toy detectors of Lab 6, each broken in one way.

A page is five short lines by a pen, sixteen pixels high each and thirteen apart. The detector
scores every pixel by a weighted sum of the ink around it and is trained in NumPy to mark the
baselines, one seeded fault at a time. All four take about a second; what the lab shows of them
goes to data/samples/detectors.npz.

Example:
  python data/make/detectors.py
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np

from shared.checks.answers import answer
from shared.ink import photograph
from shared.paths import DATA, write_atomically
from shared.pen import LINE_HEIGHT, Hand, draw, hands, write

#: What can be wrong
FAULTS = ("class imbalance", "ink inverted", "lines merged", "masks shifted")

NUM_LINES = 5
HEIGHT, WIDTH = 76, 128
_PITCH, _LINE_HEIGHT = 13, 16
_REACH, _BLUR = 7, 25  # Rows up and down, and columns, that the score of a pixel looks at
_UPDATES, _RATE, _PAGES = 40, 0.1, 4
_WORDS = ("quiet fog", "jam and tea", "eight keys", "paper boat", "my long day", "half past")


@dataclass(frozen=True, eq=False)
class ToyDetector:
    """What is left of a training run.

    Attributes:
        losses: Loss after each update, nats a pixel.
        page: The test page, uint8 (HEIGHT, WIDTH), as this run was shown it.
        truth: Pixels of the five baselines, bool (HEIGHT, WIDTH).
        probabilities: What the detector says of each pixel.
    """

    losses: list[float]
    page: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """Pixels that are called baseline: those with a probability above one half."""
        return self.probabilities > 0.5

    @property
    def pixel_accuracy(self) -> float:
        """Share of the pixels that are called what they are."""
        return float((self.mask == self.truth).mean())

    @property
    def lines(self) -> list[np.ndarray]:
        """Rows of the pixels of each piece that is at least sixteen pixels wide."""
        count, parts, stats, _ = cv2.connectedComponentsWithStats(self.mask.astype(np.uint8))
        wide = [k for k in range(1, count) if stats[k, cv2.CC_STAT_WIDTH] >= 16]
        return [np.nonzero(parts == k)[0] for k in wide]


def broken_detectors() -> list[ToyDetector]:
    """Return the runs A to D, each with the fault that the lab's answer names."""
    return [toy_detector(fault) for fault in answer("lab06.diagnose_detectors")().values()]


def toy_detector(fault: str | None = None, seed: int = 6) -> ToyDetector:
    """Train the toy with one fault, or with None as it should be.

    Raises:
        ValueError: The fault is none of the four.
    """
    if fault is not None and fault not in FAULTS:
        raise ValueError(
            f"No toy has the fault {fault!r}; use one of {', '.join(FAULTS)}, or None."
        )
    rng = np.random.default_rng(seed)
    writers = hands("train")
    pages = [write_toy_page(writers[k], rng) for k in range(_PAGES)]
    targets = [_target(baselines, fault) for _, baselines in pages]
    inputs = np.concatenate([features(ink) for ink, _ in pages])
    wanted = np.concatenate([target.ravel() for target in targets]).astype(np.float32)
    weight = np.ones_like(wanted)
    if fault != "class imbalance":  # Both classes weigh the same in the loss
        weight = np.where(wanted > 0, 0.5 / wanted.mean(), 0.5 / (1 - wanted.mean()))
    weights, losses = _train(inputs, wanted, weight)
    page, baselines = write_toy_page(hands("validation")[0], np.random.default_rng(seed + 1))
    shown = 255 - page if fault == "ink inverted" else page
    scores = (features(shown) @ weights).reshape(page.shape)
    probabilities = 1 / (1 + np.exp(-scores))
    return ToyDetector(losses, shown, _target(baselines, None), probabilities)


def write_toy_page(hand: Hand, rng: np.random.Generator) -> tuple[np.ndarray, list[tuple]]:
    """Return a page, ink 255, and for each line its baseline's row, first and last column."""
    page = np.zeros((HEIGHT, WIDTH), np.uint8)
    baselines = []
    for index in range(NUM_LINES):
        writing = write(str(rng.choice(_WORDS)), hand, rng)
        zoom = _LINE_HEIGHT / LINE_HEIGHT
        ink = photograph(draw(writing, _LINE_HEIGHT), hand, rng)[:, : WIDTH - 8]
        left = int(rng.integers(2, WIDTH - ink.shape[1] - 1))
        top = _PITCH * index + int(rng.integers(0, 3))
        place = page[top : top + _LINE_HEIGHT, left : left + ink.shape[1]]
        np.maximum(place, ink[: len(place)], out=place)
        columns = np.flatnonzero(ink.max(axis=0) > 90)
        row = top + round(writing.baseline * zoom)
        baselines.append((row, left + columns[0], left + columns[-1] + 1))
    return page, baselines


def _target(baselines: list[tuple], fault: str | None) -> np.ndarray:
    """Return the pixels of the baselines, one row thick, unless a fault says otherwise."""
    target = np.zeros((HEIGHT, WIDTH), bool)
    for row, left, right in baselines:
        row += 4 * (fault == "masks shifted")
        above, below = (9, 4) if fault == "lines merged" else (1, 0)
        target[max(0, row - above) : row + below, left:right] = True
    return target


def features(ink: np.ndarray) -> np.ndarray:
    """Return what the score of each pixel looks at, (pixels, features): the rows around it."""
    wide = cv2.blur(ink.astype(np.float32) / 255, (_BLUR, 1), borderType=cv2.BORDER_REPLICATE)
    padded = np.pad(wide, ((_REACH, _REACH), (0, 0)), mode="edge")
    rows = [padded[shift : shift + len(ink)].ravel() for shift in range(2 * _REACH + 1)]
    return np.stack([np.ones(ink.size, np.float32), *rows], axis=1)


def _train(inputs: np.ndarray, wanted: np.ndarray, weight: np.ndarray) -> tuple:
    """Return weights and losses of a logistic regression (Adam; Kingma and Ba, 2015)."""
    weights = np.zeros(inputs.shape[1], np.float32)
    first, second, losses = np.zeros_like(weights), np.zeros_like(weights), []
    for update in range(1, _UPDATES + 1):
        chances = 1 / (1 + np.exp(-inputs @ weights))
        said = np.where(wanted > 0, chances, 1 - chances)
        losses.append(float((-weight * np.log(said + 1e-12)).mean()))
        gradient = inputs.T @ (weight * (chances - wanted)) / len(wanted)
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        size = np.sqrt(second / (1 - 0.99**update)) + 1e-8
        weights -= _RATE * first / (1 - 0.9**update) / size
    return weights, losses


def records(runs: list[ToyDetector]) -> dict[str, np.ndarray]:
    """Return what the lab shows of some runs: an array for each name, one entry a run."""
    return {
        "losses": np.array([run.losses for run in runs]).round(4),
        "pages": np.stack([run.page for run in runs]),
        "truths": np.stack([run.truth for run in runs]),
        "masks": np.stack([run.mask for run in runs]),
    }


def main() -> None:
    """Train the four and write what the lab shows."""
    file = io.BytesIO()
    np.savez_compressed(file, **records(broken_detectors()))
    write_atomically(DATA / "samples" / "detectors.npz", file.getvalue())


if __name__ == "__main__":
    main()
