"""The line detector: a page goes in, lines with baselines come out, in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.networks import MAP_STEP, PAGE_MULTIPLE, line_detector_network
from shared.pages.line import Line
from shared.pages.preparation import PreparedPage, prepare_page
from shared.pages.tracing import lines_from_classes, lines_from_maps
from shared.recognizer import compile_inference, load_network, save_network

if TYPE_CHECKING:
    import keras

X_HEIGHT = 8.0  # Height of small letters, in working pixels, that the detector is trained on
SIZE_TOLERANCE = 1.35  # Letters within this factor of X_HEIGHT need no pass at another scale
MAX_PASSES = 3
CONFIDENT = 0.6  # Lines above this say how large the letters are, and which ink is covered
ENOUGH_INK = 0.7  # Share of the ink inside lines from which on a pass is believed
RETRY_SCALES = (0.8, 1.25)  # Scales tried when the first pass is unsure
MIN_GAIN = 0.1  # By how much more of the ink one of them must cover
MAX_AREA = 1_500_000  # Working pixels of a pass: bounds time and memory
DISTANCE = 16.0  # The maps hold distances in this many working pixels


@dataclass(frozen=True, eq=False)
class PageMaps:
    """What the network says about a page.

    Attributes:
        maps: float32 (height, width, 3). From a baseline network: probability of the core band,
            distance up and distance down in map pixels. From a three-class network:
            probabilities of background, odd and even line.
        kind: `"baseline"` or `"classes"`.
        page: The page as the network saw it.
    """

    maps: np.ndarray
    kind: str
    page: PreparedPage

    @property
    def scale(self) -> float:
        """Map pixels per pixel of the image that was given."""
        return self.page.scale / MAP_STEP

    def lines(self, threshold: float = 0.5) -> list[Line]:
        """Return the lines in these maps, in pixels of the image that was given."""
        if self.kind == "classes":
            found = lines_from_classes(self.maps)
        else:
            found = lines_from_maps(self.maps, threshold)
        return [line.scaled(1 / self.scale) for line in found]


class LineDetector:
    """Finds the lines of a handwritten page.

    Example:
        >>> detector = LineDetector.load()  # doctest: +SKIP
        >>> detector.detect(image)[0].baseline  # doctest: +SKIP
        array([[ 61.2,  35.8], [ 74.1,  36.0], ...
    """

    def __init__(
        self, network: keras.Model, kind: str = "baseline", card: dict[str, Any] | None = None
    ) -> None:
        if kind not in ("baseline", "classes"):
            raise ValueError(f"The kind {kind!r} is unknown; use 'baseline' or 'classes'.")
        self.network = network
        self.kind = kind
        self.card = card or {}
        self._infer = None

    @classmethod
    def load(cls, name: str = "detector_small") -> LineDetector:
        """Load a model by its name in `data/models`, or by the path of its weights.

        Raises:
            FileNotFoundError: There is no such model.
            DamagedModelError: The weights or the card are damaged.
        """
        network, card = load_network(name, line_detector_network)
        return cls(network, card.get("kind", "baseline"), card)

    def save(self, weights: Path | str, card: dict[str, Any] | None = None) -> Path:
        """Write weights and card, each atomically; `load` takes the path returned."""
        return save_network(self.network, weights, {"kind": self.kind, **self.card, **(card or {})})

    def detect(self, image: np.ndarray, threshold: float = 0.5) -> list[Line]:
        """Return the lines of a page in reading order; none where there is no text.

        Args:
            image: One page of any size; see `preparation.prepare_page`.
            threshold: Least probability of a line's band; see `PageMaps.lines`.
        """
        return self.maps(image).lines(threshold)

    def maps(self, image: np.ndarray | PreparedPage) -> PageMaps:
        """Return what the network says about a page at the scale it knows best.

        The first pass is coarse; the letters it finds say how large the page should be.
        """
        page = image if isinstance(image, PreparedPage) else prepare_page(image)
        best = self.predict(page)
        x_height, evidence = _letters(best)
        if not evidence:  # Letters far too large or too small show at another scale
            others = [self._rescaled(page, page.scale * factor) for factor in (0.5, 0.25, 2.0)]
            tried = [(one, *_letters(one)) for one in (best, *others)]
            best, x_height, evidence = max(tried, key=lambda one: one[2])
        for _ in range(MAX_PASSES - 1):
            if not evidence or 1 / SIZE_TOLERANCE <= x_height / X_HEIGHT <= SIZE_TOLERANCE:
                break
            other = self._rescaled(page, best.page.scale * X_HEIGHT / x_height)
            if abs(other.page.scale / best.page.scale - 1) < 0.02:  # The scale is at its maximum
                break
            other_height, evidence = _letters(other)
            if evidence:  # Otherwise the pass before stands
                best, x_height = other, other_height
        return self._covering(page, best)

    def _covering(self, page: PreparedPage, best: PageMaps) -> PageMaps:
        """Return a pass, or one at a scale near it whose lines cover more of the ink.

        A network may see a line only in part at one scale, and whole at scales around it.
        """
        share = _ink_share(best)
        if share >= ENOUGH_INK:
            return best
        others = [self._rescaled(page, best.page.scale * factor) for factor in RETRY_SCALES]
        shares = [_ink_share(other) for other in others]
        most = int(np.argmax(shares))
        return others[most] if shares[most] > share + MIN_GAIN else best

    def _rescaled(self, page: PreparedPage, scale: float) -> PageMaps:
        """Return a pass over the page at another scale, or at the largest one allowed."""
        largest = (MAX_AREA / page.gray.size) ** 0.5 * page.gray_scale
        return self.predict(page.at_scale(min(scale, largest)))

    def predict(self, page: PreparedPage) -> PageMaps:
        """Return what the network says about a page at the scale it was prepared at."""
        if self._infer is None:
            self._infer = compile_inference(self.network, (None, None, 1))
        height, width = page.ink.shape
        padded = np.pad(page.ink, [(0, -size % PAGE_MULTIPLE) for size in (height, width)])
        maps = np.asarray(self._infer(padded[None, ..., None]))[0]
        maps = maps[: -(-height // MAP_STEP), : -(-width // MAP_STEP)]
        return PageMaps(activate(maps, self.kind), self.kind, page)


def activate(maps: np.ndarray, kind: str) -> np.ndarray:
    """Turn the network's numbers into probabilities, and into distances in map pixels."""
    if kind == "classes":
        powers = np.exp(maps - maps.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)
    core = 1 / (1 + np.exp(-np.clip(maps[..., :1], -30, 30)))
    distances = np.maximum(maps[..., 1:], 0) * (DISTANCE / MAP_STEP)
    return np.concatenate([core, distances], axis=-1)


def _confident_lines(maps: PageMaps) -> list[Line]:
    return [line for line in maps.lines() if line.confidence > CONFIDENT]


def _ink_share(maps: PageMaps) -> float:
    """Return the share of the ink that lies inside confident lines; 1 on a page without ink."""
    import cv2

    strong = maps.page.ink > 127
    inside = np.zeros(strong.shape, np.uint8)
    for line in _confident_lines(maps):
        cv2.fillPoly(inside, [np.rint(line.polygon * maps.page.scale).astype(np.int32)], 1)
    return float((strong & (inside > 0)).sum() / strong.sum()) if strong.any() else 1.0


def _letters(maps: PageMaps) -> tuple[float, float]:
    """Return the x-height in working pixels, and how many of them the lines are long in all."""
    lines = _confident_lines(maps)
    if not lines:
        return X_HEIGHT, 0.0
    heights = np.array([line.x_height for line in lines]) * maps.page.scale
    lengths = np.array([np.ptp(line.baseline[:, 0]) for line in lines]) * maps.page.scale
    middle = np.quantile(heights, 0.5, weights=lengths, method="inverted_cdf")
    return float(middle), float((lengths / heights).sum())
